"""Training batches for the classifier: real faces, drawn masks worn right and wrong, hands and cups, all degraded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from maskwatch.core.crops import square_crop
from maskwatch.core.types import LABELS, Image, MaskLabel
from maskwatch.errors import ModelError
from maskwatch.modelfiles import open_model
from maskwatch.pipeline.picture import fit_square
from maskwatch.training.augment import Rng, degrade, jittered_crop, shrink
from maskwatch.training.loop import Batch, prefetched
from maskwatch.training.masks import Look, MaskKit, Wear, draw_cup, draw_hand, draw_mask
from maskwatch.training.patches import Patch

Choice = TypeVar("Choice")

MARGIN = 0.2
"""Context the classifier sees around a face, as a share of its longer side, on each side."""

PARTS = ("mask", "no_mask", "incorrect", "drawn_mask", "drawn_incorrect", "hand", "cup")
DEFAULT_MIX: dict[str, float] = {
    "mask": 0.25,
    "no_mask": 0.24,
    "incorrect": 0.09,
    "drawn_mask": 0.23,
    "drawn_incorrect": 0.11,
    "hand": 0.05,
    "cup": 0.03,
}
"""Share of each kind of picture in a batch."""
LOOKS = ((Look.OWN, 0.17), (Look.PLAIN, 0.2), (Look.SKIN, 0.38), (Look.PATTERN, 0.25))
_WRONG = ((Wear.NOSE_OUT, 0.55), (Wear.CHIN, 0.42), (Wear.OVER_EYES, 0.03))


class Teacher:
    """A classifier that was trained before and is better than the one that learns from it, being larger.

    What is to be learnt lies between its answer and the label: its doubts tell more than a label does, and where labels
    contradict each other it says so.
    """

    def __init__(self, model: Path, *, trust: float = 0.7) -> None:
        """`trust` is the share of its answer, the rest is the label's.

        Raises:
            ModelError: the file is missing or no classifier of `LABELS`.
        """
        self._run = open_model(model, threads=1)
        shape = self._run.input_shape
        if len(shape) != 4 or shape[1] is None or self._run.output_shapes[0][-1] != len(LABELS):
            raise ModelError(
                f"The model {model} can't teach: it takes {shape} and answers {self._run.output_shapes}.",
                remedy="Name the .onnx file of a classifier trained by `maskwatch train classifier`.",
            )
        self._side = shape[1]
        self._trust = trust

    def answers(self, crops: Sequence[Image], labels: NDArray[np.int32]) -> NDArray[np.float32]:
        """What is to be learnt of square crops of any size: probabilities, n x 3."""
        (told,) = self._run(np.stack([fit_square(crop, self._side) for crop in crops]))
        sure = np.eye(len(LABELS), dtype=np.float32)[labels]
        return np.asarray(self._trust * told + (1 - self._trust) * sure, np.float32)


@dataclass(slots=True, kw_only=True)
class ClassifierData:
    """Draws training batches from patches. The same seed, epoch and step give the same batch."""

    patches: Sequence[Patch]
    kit: MaskKit
    size: int
    batch: int
    seed: int
    classes: Sequence[MaskLabel] = LABELS
    mix: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_MIX))
    looks: Sequence[tuple[Look, float]] = LOOKS
    camera_faults: bool = True
    """Whether pictures are shrunk, blurred, darkened, discoloured and compressed."""
    teacher: Teacher | None = None
    """Who says what is to be learnt of each picture; without one, the label alone is."""
    _pools: dict[str, list[Patch]] = field(init=False)

    def __post_init__(self) -> None:
        by_label = {label: [patch for patch in self.patches if patch.label is label] for label in LABELS}
        bare = [patch for patch in self.patches if patch.bare and patch.size_px >= 24]
        self._pools = {label.value: pool for label, pool in by_label.items()}
        self._pools |= dict.fromkeys(("drawn_mask", "drawn_incorrect", "hand", "cup"), bare)

    def batches(self, epoch: int, steps: int) -> Iterator[Batch]:
        """The batches of one epoch: pictures (n x size x size x 3, uint8) and labels (n).

        With a teacher, probabilities (n x classes) take the place of the labels.
        """
        return prefetched(lambda step: self.make(epoch, step), steps)

    def make(self, epoch: int, step: int) -> Batch:
        """One batch."""
        rng = np.random.default_rng((self.seed, epoch, step))
        parts = [part for part in PARTS if self._pools[part] and self.mix.get(part, 0) > 0]
        weights = np.array([self.mix[part] for part in parts])
        pictures = np.empty((self.batch, self.size, self.size, 3), np.uint8)
        labels = np.empty(self.batch, np.int32)
        crops = []
        for row, choice in enumerate(rng.choice(len(parts), self.batch, p=weights / weights.sum())):
            pool = self._pools[parts[choice]]
            crop, label = self._one(parts[choice], pool[rng.integers(len(pool))], rng)
            pictures[row] = fit_square(crop, self.size)
            labels[row] = self.classes.index(label)
            crops.append(crop)
        return pictures, labels if self.teacher is None else self.teacher.answers(crops, labels)

    def _one(self, part: str, patch: Patch, rng: Rng) -> tuple[Image, MaskLabel]:
        """A square of any size, and what is worn on it."""
        image, label = self._drawn(part, patch, rng)
        side = patch.box.longer_side * (1 + 2 * MARGIN)
        crop = jittered_crop(image, patch.box.center, side, rng)
        if not self.camera_faults:
            return crop, label
        if rng.random() < 0.55:  # faces on cameras are small: from 12 px up, evenly by the logarithm
            face = np.exp(rng.uniform(np.log(12), np.log(64)))
            crop = shrink(crop, max(8, round(face * (1 + 2 * MARGIN))), rng)
        return degrade(crop, rng), label

    def _drawn(self, part: str, patch: Patch, rng: Rng) -> tuple[Image, MaskLabel]:
        if patch.landmarks is None or part in ("mask", "no_mask", "incorrect"):
            return patch.image, patch.label
        if part == "hand":
            return draw_hand(patch.image, patch.landmarks, patch.box, rng), MaskLabel.NO_MASK
        if part == "cup":
            return draw_cup(patch.image, patch.landmarks, patch.box, rng), MaskLabel.NO_MASK
        wear = Wear.RIGHT if part == "drawn_mask" else pick(_WRONG, rng)
        look = pick(self.looks, rng)
        return draw_mask(patch.image, patch.landmarks, patch.box, self.kit, rng, wear=wear, look=look), wear.label


def pick(choices: Sequence[tuple[Choice, float]], rng: Rng) -> Choice:
    """One of `choices`, each with its weight."""
    weights = np.array([weight for _, weight in choices])
    return choices[int(rng.choice(len(choices), p=weights / weights.sum()))][0]


def plain(patches: Sequence[Patch], size: int) -> NDArray[np.uint8]:
    """The patches as the classifier sees them, without augmentation: n x size x size x 3."""
    crops = [fit_square(square_crop(patch.image, patch.box, MARGIN), size) for patch in patches]
    return np.stack(crops) if crops else np.zeros((0, size, size, 3), np.uint8)
