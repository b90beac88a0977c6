"""What each part of the classifier's training pictures is worth: the same short training, with one part more each time.

Every variant begins with the same random weights and sees as many pictures; only what is on them differs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from maskwatch.core.types import MaskLabel
from maskwatch.training import classifier_training
from maskwatch.training.classifier_data import DEFAULT_MIX, LOOKS, ClassifierData
from maskwatch.training.classifier_evaluation import accuracy, mask_or_not, slices, summary
from maskwatch.training.classifier_model import build_compact
from maskwatch.training.classifier_training import ClassifierPlan, PatchSets, predict
from maskwatch.training.datasets import data_root
from maskwatch.training.loop import set_seed
from maskwatch.training.masks import Look, MaskKit, load_kit
from maskwatch.training.report import plot_bars
from maskwatch.training.teacher import TEACHER, teacher_from

REAL = ("mask", "no_mask", "incorrect")
_PLAIN_LOOKS = ((Look.OWN, 0.5), (Look.PLAIN, 0.5))
_WIDTH = 32  # a smaller network than the one that ships: six trainings in the time of one
SHOWN = (
    "16 to 32 px",
    "skin-coloured masks",
    "patterned masks",
    "masks under the nose",
    "masks under the chin",
    "hands over the mouth",
    "cups before the mouth",
    "motion blur",
    "low light",
    "heavy JPEG",
)
"""Slices that the table shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A way to make training pictures: which parts of `DEFAULT_MIX`, which looks of drawn masks, camera faults."""

    name: str
    parts: Sequence[str]
    camera_faults: bool = True
    looks: Sequence[tuple[Look, float]] = LOOKS

    @property
    def mix(self) -> dict[str, float]:
        """Shares of the parts in a batch."""
        return {part: share for part, share in DEFAULT_MIX.items() if part in self.parts}


VARIANTS: tuple[Variant, ...] = (
    Variant(name="real faces", parts=REAL, camera_faults=False),
    Variant(name="+ camera faults", parts=REAL),
    Variant(name="+ drawn masks", parts=(*REAL, "drawn_mask"), looks=_PLAIN_LOOKS),
    Variant(name="+ skin colour and patterns", parts=(*REAL, "drawn_mask")),
    Variant(name="+ drawn wrong", parts=(*REAL, "drawn_mask", "drawn_incorrect")),
    Variant(name="+ hands and cups", parts=tuple(DEFAULT_MIX)),
)
"""Each one has everything of the one before, and a part more."""

Report = Callable[[int, int, int, int, float], None]


def ablate(
    data: Path | None,
    out: Path,
    plan: ClassifierPlan,
    *,
    threads: int = 2,
    variants: Sequence[Variant] = VARIANTS,
    report: Report | None = None,
) -> list[dict[str, Any]]:
    """Train and judge every variant; one row each. Writes `ablation.png` and a run's folder each to `out`.

    Raises:
        DataSetError: data are missing, mislabelled or unreadable.
    """
    root = data_root(data)
    sets = classifier_training.prepare(
        root, out / "cache", lambda: teacher_from(root / TEACHER, size=320, min_score=0.5)
    )
    kit = load_kit(root / "mask_templates")
    rows = []
    for index, variant in enumerate(variants):
        set_seed(plan.seed, threads=threads)
        model = build_compact(width=_WIDTH)
        batches = ClassifierData(
            patches=sets.train,
            kit=kit,
            size=model.input_shape[1],
            batch=plan.batch,
            seed=plan.seed,
            mix=variant.mix,
            looks=variant.looks,
            camera_faults=variant.camera_faults,
        )
        folder = out / variant.name.strip("+ ").replace(" ", "_")
        progress = _progress(report, index, len(variants), plan)
        classifier_training.train(model, batches, sets.held_out, folder, plan, report=progress)
        rows.append({"training pictures": variant.name, **dict(_judged(model, sets, kit))})
    plot_bars(rows, out / "ablation.png")
    return rows


def _judged(model: keras.Model, sets: PatchSets, kit: MaskKit) -> Iterator[tuple[str, float]]:
    for part in slices(sets.held_out, kit, size=model.input_shape[1]):
        if not part.labels:
            continue
        answers = predict(model, part.pictures)
        if part.name == "from 32 px":
            figures = summary(answers, part.labels)
            yield "from 32 px", figures["mask_or_not"]
            yield "incorrect recall", figures["incorrect_recall"]
        elif part.name in SHOWN:
            all_incorrect = set(part.labels) == {MaskLabel.INCORRECT}
            yield part.name, (accuracy if all_incorrect else mask_or_not)(answers, part.labels)


def _progress(
    report: Report | None, index: int, variants: int, plan: ClassifierPlan
) -> Callable[[int, int, float], None] | None:
    if report is None:
        return None
    epochs = variants * plan.epochs
    return lambda epoch, step, loss: report(index * plan.epochs + epoch, epochs, step, plan.steps, loss)
