"""Training the mask classifier: prepares the patches, trains, calibrates, and says how good it became."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.ports import FaceDetector
from maskwatch.core.types import LABELS, MaskLabel
from maskwatch.training.classifier_data import ClassifierData, plain
from maskwatch.training.datasets import load_faces, load_scenes
from maskwatch.training.loop import Batch, Row, Run, cosine
from maskwatch.training.patches import (
    Patch,
    from_faces,
    from_scenes,
    load_patches,
    save_patches,
    split_faces,
    with_landmarks,
)

HELD_OUT = 0.15
"""Share of the single faces, and a tenth of the unmasked scenes, that no training sees."""
_JUDGED = ("scenes", "faces", "unmasked")
_CALIBRATION = 12  # every twelfth training scene is kept for calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchSets:
    """Patches to train on, some to calibrate with, and three sets of patches to judge by. No face is in two of them."""

    train: list[Patch]
    calibration: list[Patch]
    scenes: list[Patch]
    faces: list[Patch]
    unmasked: list[Patch]

    @property
    def held_out(self) -> list[Patch]:
        """Everything that was never trained on."""
        return self.scenes + self.faces + self.unmasked


def prepare(root: Path, cache: Path, make_detector: Callable[[], FaceDetector]) -> PatchSets:
    """Cut the patches out of the data under `root`, or read them from `cache` where that was done before.

    Raises:
        DataSetError: data are missing, mislabelled or unreadable.
    """
    return PatchSets(**_cached(root, cache, make_detector, ("train", "calibration", *_JUDGED)))


def held_out(root: Path, cache: Path, make_detector: Callable[[], FaceDetector]) -> PatchSets:
    """Only the patches to judge by, as `prepare` gives them.

    Raises:
        DataSetError: data are missing, mislabelled or unreadable.
    """
    return PatchSets(train=[], calibration=[], **_cached(root, cache, make_detector, _JUDGED))


def _cached(
    root: Path, cache: Path, make_detector: Callable[[], FaceDetector], names: Sequence[str]
) -> dict[str, list[Patch]]:
    files = {name: cache / f"patches_{name}.npz" for name in names}
    missing = [name for name in names if not files[name].is_file()]
    if missing:
        detector, cut = make_detector(), _cutters(root)
        for name in missing:
            save_patches(with_landmarks(cut[name](), detector), files[name])
    return {name: load_patches(files[name]) for name in names}


def _cutters(root: Path) -> dict[str, Callable[[], list[Patch]]]:
    """How to cut each set."""
    single, held = split_faces(load_faces(root / "faces" / "faces.json"), held_out=HELD_OUT)
    scenes = load_scenes(root / "scenes" / "train.json", root / "scenes" / "train")
    unmasked = load_scenes(root / "scenes_unmasked.json", root / "scenes_unmasked")
    kept = [scene for index, scene in enumerate(unmasked) if index % 10]
    return {
        "train": lambda: (
            from_scenes([s for i, s in enumerate(scenes) if i % _CALIBRATION])
            + from_faces(single)
            + from_scenes(kept, lowest_score=0.6)
        ),
        "calibration": lambda: from_scenes(scenes[::_CALIBRATION]),
        "scenes": lambda: from_scenes(load_scenes(root / "scenes" / "val.json", root / "scenes" / "val")),
        "faces": lambda: from_faces(held),
        "unmasked": lambda: from_scenes(unmasked[::10], lowest_score=0.7),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierPlan:
    """What a training run is made of."""

    epochs: int = 36
    steps: int = 200
    batch: int = 64
    learning_rate: float = 2e-3
    seed: int = 7
    patience: int = 0
    resume: bool = False


def train(
    model: keras.Model,
    data: ClassifierData,
    held_out: Sequence[Patch],
    folder: Path,
    plan: ClassifierPlan,
    *,
    report: Callable[[int, int, float], None] | None = None,
) -> list[Row]:
    """Train `model` (uint8 pictures in, probabilities over `LABELS` out) in place, watched on `held_out`.

    Returns the history.
    """
    pictures, labels = plain(held_out, data.size), [patch.label for patch in held_out]
    return learn(
        model,
        data.batches,
        folder,
        plan,
        validate=lambda: figures(predict(model, pictures), labels),
        watch="balanced",
        report=report,
    )


def learn(
    model: keras.Model,
    batches: Callable[[int, int], Iterator[Batch]],
    folder: Path,
    plan: ClassifierPlan,
    *,
    validate: Callable[[], Row],
    watch: str,
    report: Callable[[int, int, float], None] | None = None,
) -> list[Row]:
    """Train any `model` that ends in probabilities, in place; `batches` takes an epoch and how many. See `loop.Run`."""
    model.compile(
        optimizer=keras.optimizers.AdamW(cosine(plan.learning_rate, plan.epochs * plan.steps), weight_decay=1e-2),
        loss=smoothed_loss,
    )
    run = Run(
        model=model,
        folder=folder,
        epochs=plan.epochs,
        steps=plan.steps,
        batches=lambda epoch: batches(epoch, plan.steps),
        validate=validate,
        watch=watch,
        patience=plan.patience,
    )
    if report is not None:
        run.report = report
    return run.go(resume=plan.resume)


def smoothed_loss(truth: Any, answers: Any) -> Any:
    """Cross-entropy against labels (n), or probabilities (n x classes), smoothed by 0.04: some labels are wrong."""
    classes = answers.shape[-1]
    wanted = truth
    if len(truth.shape) < 2 or truth.shape[-1] != classes:
        wanted = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(truth, (-1,)), "int32"), classes)
    wanted = wanted * (1 - 0.04) + 0.04 / classes
    return keras.losses.categorical_crossentropy(wanted, answers)


def predict(model: keras.Model, pictures: NDArray[np.uint8], *, batch: int = 128) -> NDArray[np.float32]:
    """Probabilities for many pictures, in batches."""
    parts = [
        np.asarray(model.predict_on_batch(pictures[start : start + batch])) for start in range(0, len(pictures), batch)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(LABELS)), np.float32)


def figures(probabilities: NDArray[np.float32], labels: Sequence[MaskLabel]) -> Row:
    """The figures watched while training: mask against no_mask, recall and precision of incorrect, their balance."""
    truth = np.array([LABELS.index(label) for label in labels])
    told = probabilities.argmax(axis=1)
    binary = truth < 2
    right = float((probabilities[binary, :2].argmax(axis=1) == truth[binary]).mean()) if binary.any() else 0.0
    hits = float(((told == 2) & (truth == 2)).sum())
    recall, precision = hits / max(1, (truth == 2).sum()), hits / max(1, (told == 2).sum())
    return {
        "accuracy": float((told == truth).mean()),
        "mask_or_not": right,
        "incorrect_recall": recall,
        "incorrect_precision": precision,
        "balanced": right + 0.25 * (recall + precision) / 2,
    }
