"""How good a classifier is: by size and by slice, with its confusion matrix and its calibration."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskwatch.core.crops import square_crop
from maskwatch.core.quality import assess
from maskwatch.core.types import LABELS, Face, MaskLabel
from maskwatch.pipeline.picture import fit_square
from maskwatch.training import augment
from maskwatch.training.augment import Rng
from maskwatch.training.classifier_data import MARGIN
from maskwatch.training.masks import Look, MaskKit, Wear, draw_cup, draw_hand, draw_mask, skin_tone
from maskwatch.training.patches import Patch

Probabilities = NDArray[np.float32]
Pictures = NDArray[np.uint8]
Predict = Callable[[Pictures], Probabilities]
"""From pictures (n x size x size x 3) to probabilities over `LABELS` (n x 3)."""

_BINS = 15
_DARK_ITA = 10.0  # individual typology angle in degrees; below: brown and dark skin
_PROFILE = 0.55  # frontality below which a face counts as turned away


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some faces that have something in common, as the classifier sees them, and what they truly wear."""

    name: str
    pictures: Pictures
    labels: list[MaskLabel]


def slices(patches: Sequence[Patch], kit: MaskKit, *, size: int, seed: int = 11) -> Iterator[Slice]:
    """Slices of held-out faces: by size, with masks, hands and cups drawn on, and made worse in the camera's ways.

    Those drawn are drawn on bare faces that no training saw. Beards have no label anywhere in the data, so there is no
    slice of them.
    """
    rng = np.random.default_rng(seed)
    for name, low, high in (("from 32 px", 32, np.inf), ("16 to 32 px", 16, 32), ("under 16 px", 0, 16)):
        yield _plain(name, [p for p in patches if low <= p.size_px < high], size)
    readable = [p for p in patches if p.size_px >= 32]
    bare = [p for p in readable if p.bare]
    for name, look in (
        ("skin-coloured masks", Look.SKIN),
        ("patterned masks", Look.PATTERN),
        ("plain masks", Look.PLAIN),
    ):
        yield _drawn(name, bare, size, MaskLabel.MASK, _masked(kit, rng, Wear.RIGHT, look))
    yield _drawn("masks under the nose", bare, size, MaskLabel.INCORRECT, _masked(kit, rng, Wear.NOSE_OUT, Look.OWN))
    yield _drawn("masks under the chin", bare, size, MaskLabel.INCORRECT, _masked(kit, rng, Wear.CHIN, Look.OWN))
    yield _drawn("hands over the mouth", bare, size, MaskLabel.NO_MASK, lambda p: draw_hand(*_parts(p), rng))
    yield _drawn("cups before the mouth", bare, size, MaskLabel.NO_MASK, lambda p: draw_cup(*_parts(p), rng))
    for name, chosen in (
        ("dark skin", [p for p in bare if p.landmarks is not None and skin_tone(*_parts(p)) < _DARK_ITA]),
        ("profile", [p for p in bare if _frontality(p) < _PROFILE]),
    ):
        masked = _drawn(name, chosen, size, MaskLabel.MASK, _masked(kit, rng, Wear.RIGHT, Look.OWN))
        uncovered = _plain(name, chosen, size)
        yield Slice(
            name=name,
            pictures=np.concatenate([masked.pictures, uncovered.pictures]),
            labels=masked.labels + uncovered.labels,
        )
    for name, change in (
        ("motion blur", augment.motion_blur),
        ("low light", augment.low_light),
        ("heavy JPEG", augment.heavy_jpeg),
    ):
        yield _changed(name, readable, size, change, rng)


def _parts(patch: Patch) -> tuple[Any, Any, Any]:
    return patch.image, patch.landmarks, patch.box


def _frontality(patch: Patch) -> float:
    points = None if patch.landmarks is None else tuple((float(x), float(y)) for x, y in patch.landmarks)
    return assess(patch.image, Face(box=patch.box, score=1.0, landmarks=points)).frontality


def _masked(kit: MaskKit, rng: Rng, wear: Wear, look: Look) -> Callable[[Patch], NDArray[np.uint8]]:
    return lambda patch: draw_mask(*_parts(patch), kit, rng, wear=wear, look=look)


def _plain(name: str, patches: Sequence[Patch], size: int) -> Slice:
    return _build(name, [(patch.image, patch) for patch in patches], size, [patch.label for patch in patches])


def _drawn(
    name: str, bare: Sequence[Patch], size: int, label: MaskLabel, draw: Callable[[Patch], NDArray[np.uint8]]
) -> Slice:
    return _build(name, [(draw(patch), patch) for patch in bare], size, [label] * len(bare))


def _changed(
    name: str, patches: Sequence[Patch], size: int, change: Callable[[Pictures, Rng], Pictures], rng: Rng
) -> Slice:
    crops = [fit_square(change(_crop(patch.image, patch), rng), size) for patch in patches]
    return Slice(name=name, pictures=_stack(crops, size), labels=[patch.label for patch in patches])


def _build(name: str, drawn: Sequence[tuple[Pictures, Patch]], size: int, labels: list[MaskLabel]) -> Slice:
    crops = [fit_square(_crop(image, patch), size) for image, patch in drawn]
    return Slice(name=name, pictures=_stack(crops, size), labels=labels)


def _crop(image: Pictures, patch: Patch) -> Pictures:
    return np.ascontiguousarray(square_crop(image, patch.box, MARGIN))


def _stack(crops: list[Pictures], size: int) -> Pictures:
    return np.stack(crops) if crops else np.zeros((0, size, size, 3), np.uint8)


def truth_of(labels: Sequence[MaskLabel]) -> NDArray[np.int64]:
    """Labels as indices into `LABELS`."""
    return np.array([LABELS.index(label) for label in labels], np.int64)


def mask_or_not(probabilities: Probabilities, labels: Sequence[MaskLabel]) -> float:
    """Share of the faces labelled mask or no_mask whose likelier of these two is right; not a number without any."""
    truth = truth_of(labels)
    chosen = truth < 2
    right = probabilities[chosen, :2].argmax(axis=1) == truth[chosen]
    return float(right.mean()) if len(right) else float("nan")


def accuracy(probabilities: Probabilities, labels: Sequence[MaskLabel]) -> float:
    """Share of the faces whose likeliest label is right."""
    right = probabilities.argmax(axis=1) == truth_of(labels)
    return float(right.mean()) if len(right) else float("nan")


def confusion(probabilities: Probabilities, labels: Sequence[MaskLabel]) -> NDArray[np.int64]:
    """Rows: what faces truly wear; columns: what is said of them; both in the order of `LABELS`."""
    table = np.zeros((len(LABELS), len(LABELS)), np.int64)
    np.add.at(table, (truth_of(labels), probabilities.argmax(axis=1)), 1)
    return table


def calibration_error(probabilities: Probabilities, labels: Sequence[MaskLabel]) -> float:
    """Expected calibration error of the likeliest label, over 15 bins of equal width."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth_of(labels)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for index in range(_BINS):
        chosen = bins == index
        if chosen.any():
            error += chosen.mean() * abs(float(right[chosen].mean()) - float(confidence[chosen].mean()))
    return error


def unjudged(patches: Sequence[Patch], probabilities: Probabilities, *, min_confidence: float) -> NDArray[np.bool_]:
    """Which faces get the verdict unknown: their quality says "can't tell", or no label is likely enough."""
    doubtful = [assess(p.image, Face(box=p.box, score=1.0)).weight == 0 for p in patches]
    tiny = [patch.size_px < 10 for patch in patches]
    unsure = probabilities.max(axis=1) < min_confidence
    return np.asarray(np.array(doubtful, bool) | np.array(tiny, bool) | unsure, np.bool_)


def summary(probabilities: Probabilities, labels: Sequence[MaskLabel]) -> dict[str, Any]:
    """Accuracy, recall and precision of `incorrect`, calibration and the confusion matrix of one set of faces."""
    table = confusion(probabilities, labels)
    wrong = LABELS.index(MaskLabel.INCORRECT)
    return {
        "faces": len(labels),
        "accuracy": accuracy(probabilities, labels),
        "mask_or_not": mask_or_not(probabilities, labels),
        "incorrect_recall": float(table[wrong, wrong] / max(1, table[wrong].sum())),
        "incorrect_precision": float(table[wrong, wrong] / max(1, table[:, wrong].sum())),
        "calibration_error": calibration_error(probabilities, labels),
        "confusion": table.tolist(),
    }
