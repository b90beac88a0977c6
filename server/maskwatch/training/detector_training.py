"""Training the face detector from the teacher's weights."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from maskwatch.core.ports import FaceDetector
from maskwatch.core.types import Box, Face, Image
from maskwatch.detectors.anchor_free import Answers, detect_batched
from maskwatch.training.datasets import Scene, load_scenes, pictures_in, read_picture
from maskwatch.training.detector_data import DetectorData, Example, examples
from maskwatch.training.detector_evaluation import SIZES, judge
from maskwatch.training.detector_loss import TRUTH_WIDTH, detector_loss
from maskwatch.training.detector_model import trainable_view
from maskwatch.training.loop import Row, Run, cosine

ALLOWED_UNMATCHED = 0.15
BACKGROUNDS_HELD_OUT = 5
"""Every fifth scene without faces is kept for judging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorPlan:
    """What a training run is made of."""

    epochs: int = 9
    steps: int = 200
    learning_rate: float = 8e-4
    seed: int = 7
    patience: int = 0
    resume: bool = False
    validate_size: int = 640
    blend: float = 0.7
    """Share of the trained weights in the result; the rest are the weights that training began with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSets:
    """Examples to train on; scenes to judge by, with what the teacher sees in them at 1280 px."""

    train: list[Example]
    scenes: list[Scene]
    teacher: list[list[Face]]


def prepare(root: Path, cache: Path, make_teacher: Callable[[], FaceDetector]) -> DetectorSets:
    """Let the teacher look at every scene (some minutes), or read from `cache` what it saw.

    Raises:
        DataSetError: data are missing, mislabelled or unreadable.
    """
    scenes = load_scenes(root / "scenes" / "val.json", root / "scenes" / "val")
    stored = cache / "detector_examples.npz"
    if not stored.is_file():
        teacher = make_teacher()
        train = list(examples(training_scenes(root), teacher))
        seen = [teacher.detect([read_picture(scene.path)])[0] for scene in scenes]
        cache.mkdir(parents=True, exist_ok=True)
        _save(stored, root, train, seen)
    train, seen = _load(stored, root)
    return DetectorSets(train=train, scenes=scenes, teacher=seen)


def held_out(root: Path, cache: Path, make_teacher: Callable[[], FaceDetector]) -> DetectorSets:
    """Only the scenes to judge by, as `prepare` gives them.

    Raises:
        DataSetError: data are missing, mislabelled or unreadable.
    """
    stored = cache / "detector_held_out.npz"
    scenes = load_scenes(root / "scenes" / "val.json", root / "scenes" / "val")
    if not stored.is_file():
        teacher = make_teacher()
        cache.mkdir(parents=True, exist_ok=True)
        _save(stored, root, [], [teacher.detect([read_picture(scene.path)])[0] for scene in scenes])
    return DetectorSets(train=[], scenes=scenes, teacher=_load(stored, root)[1])


def training_scenes(root: Path) -> list[Scene]:
    """All scenes that are learned from.

    Raises:
        DataSetError: data are missing, mislabelled or unreadable.
    """
    unmasked = load_scenes(root / "scenes_unmasked.json", root / "scenes_unmasked")
    empty = [
        Scene(path=path, width=0, height=0, faces=())
        for index, path in enumerate(pictures_in(root / "backgrounds"))
        if index % BACKGROUNDS_HELD_OUT
    ]
    labelled = load_scenes(root / "scenes" / "train.json", root / "scenes" / "train")
    return labelled + [scene for index, scene in enumerate(unmasked) if index % 10] + empty


def _save(target: Path, root: Path, train: Sequence[Example], seen: Sequence[Sequence[Face]]) -> None:
    np.savez(
        target,
        paths=np.array([str(example.path.relative_to(root)) for example in train], np.str_),
        counts=np.array([len(example.truth) for example in train], np.int64),
        truths=np.concatenate([np.zeros((0, TRUTH_WIDTH), np.float32), *(example.truth for example in train)]),
        seen_counts=np.array([len(faces) for faces in seen], np.int64),
        seen=np.array(
            [(f.box.x1, f.box.y1, f.box.x2, f.box.y2, f.score) for faces in seen for f in faces], np.float64
        ).reshape(-1, 5),
    )


def _load(source: Path, root: Path) -> tuple[list[Example], list[list[Face]]]:
    with np.load(source) as stored:
        truths = np.split(stored["truths"], np.cumsum(stored["counts"]))[:-1]  # the last part is empty
        train = [
            Example(path=root / str(path), truth=truth) for path, truth in zip(stored["paths"], truths, strict=True)
        ]
        rows = np.split(stored["seen"], np.cumsum(stored["seen_counts"]))[:-1]
    seen = [[Face(box=Box(*row[:4]), score=row[4]) for row in part.tolist()] for part in rows]
    return train, seen


def train(
    detector: keras.Model,
    sets: DetectorSets,
    folder: Path,
    plan: DetectorPlan,
    *,
    report: Callable[[int, int, float], None] | None = None,
) -> list[Row]:
    """Train `detector` in place; returns the history."""
    raw = trainable_view(detector)
    raw.compile(
        optimizer=keras.optimizers.AdamW(cosine(plan.learning_rate, plan.epochs * plan.steps), weight_decay=1e-3),
        loss=detector_loss,
    )
    data = DetectorData(examples=sets.train, seed=plan.seed)
    run = Run(
        model=raw,
        folder=folder,
        epochs=plan.epochs,
        steps=plan.steps,
        batches=lambda epoch: data.batches(epoch, plan.steps),
        validate=lambda: figures(detector, sets, size=plan.validate_size),
        watch="balanced",
        patience=plan.patience,
    )
    if report is not None:
        run.report = report
    return run.go(resume=plan.resume)


def blend(detector: keras.Model, begun_with: Sequence[np.ndarray], *, share: float) -> None:
    """Mix the trained weights with those it began with: keeps more of what the teacher had learned from more pictures.

    The idea is WiSE-FT (Wortsman et al., 2022); on held-out scenes it finds more than either of the two.
    """
    trained = detector.get_weights()
    mixed = [(1 - share) * old + share * new for old, new in zip(begun_with, trained, strict=True)]
    detector.set_weights(mixed)


def figures(detector: keras.Model, sets: DetectorSets, *, size: int) -> Row:
    """Recall by size where `ALLOWED_UNMATCHED` boxes a picture match no face, and the mean of the three."""
    found = list(detect_with(detector, sets.scenes, size=size))
    judged = judge(sets.scenes, found, sets.teacher)
    score = judged.score_for(ALLOWED_UNMATCHED)
    recalls = {f"recall_{name}": judged.recall(score, low, high) for name, low, high in SIZES}
    present = [value for value in recalls.values() if np.isfinite(value)]
    return {"min_score": score, **recalls, "balanced": float(np.mean(present)) if present else 0.0}


def detect_with(
    detector: keras.Model, scenes: Sequence[Scene], *, size: int, min_score: float = 0.05
) -> Iterator[list[Face]]:
    """What a Keras detector in memory finds, scene by scene."""

    def answers(batch: Image) -> Answers:
        told = np.asarray(detector.predict_on_batch(batch))
        return told[..., 0], told[..., 1:]

    for scene in scenes:
        yield detect_batched(
            [read_picture(scene.path)], answers, size=size, min_score=min_score, max_overlap=0.4, square=True
        )[0]
