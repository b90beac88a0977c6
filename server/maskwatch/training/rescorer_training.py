"""Training a rescorer for a detector, from what the detector finds in the data to the card that names both."""

import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.detectors.rescoring import CROP_MARGIN, FACE, RescoringCard, Weights, log_odds
from maskwatch.errors import ConfigError
from maskwatch.modelfiles import read_card, sha256_of
from maskwatch.resources import models_dir
from maskwatch.training import candidates, detector_training
from maskwatch.training.candidates import Candidates
from maskwatch.training.cards import DATA_ORIGINS, IMAGENET_ORIGIN, write_card
from maskwatch.training.classifier_training import ClassifierPlan, learn, predict
from maskwatch.training.datasets import Scene, data_root, load_scenes, pictures_in
from maskwatch.training.detector_report import judged_at, report_detector, side_by_side, side_by_side_on
from maskwatch.training.export import save
from maskwatch.training.loop import Row, set_seed
from maskwatch.training.recipes import Report, reporter
from maskwatch.training.report import plot_history
from maskwatch.training.rescorer_data import RescorerData, plain
from maskwatch.training.rescorer_model import build_large_rescorer, build_rescorer, take_features
from maskwatch.training.teacher import TEACHER, teacher_from

SIZES = (640, 448, 896)
"""Longer sides of the pictures in which candidates are found: as served, smaller and larger."""
LOWEST, HIGHEST = 0.4, 0.85
"""The detector's scores between which a face is looked at again."""
MIN_SCORE = 0.7
"""Where the scores are put at which few enough boxes match no face: what is likelier is taken for a face."""
_ROUNDS, _HOLD = 30, 1e-3  # of Newton's method for three numbers; a pull towards 0 keeps it from running away

Told = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RescorerRecipe:
    """What `maskwatch train rescorer` was asked for. None: as the shipped model was made."""

    data: Path | None = None
    detector: Path | None = None
    large: bool = False
    start: Path | None = None
    taught_by: Path | None = None
    out: Path
    epochs: int | None = None
    steps: int | None = None
    seed: int = 7
    threads: int = 2
    resume: bool = False


PLAN = ClassifierPlan(epochs=10, steps=500, batch=64, learning_rate=1.2e-3)
LARGE_PLAN = ClassifierPlan(epochs=3, steps=500, batch=48, learning_rate=8e-4)


def train_rescorer(recipe: RescorerRecipe, *, report: Report | None = None) -> Path:
    """Train a rescorer, export it, and judge the detector with it; returns the path of the detector's new card.

    Raises:
        DataSetError, ModelError, ConfigError: data or models are missing or make no sense.
    """
    set_seed(recipe.seed, threads=recipe.threads)
    root = data_root(recipe.data)
    detector = recipe.detector or models_dir() / "detector.onnx"
    learned, held_out = prepare(root, recipe.out / "cache", detector)
    if np.isnan(learned.truths).all():
        raise ConfigError(f"There is nothing to train on in {root}.")
    model = build_large_rescorer() if recipe.large else build_rescorer()
    take_features(model, recipe.start or recipe.taught_by or models_dir() / "classifier_large.keras")
    plan = _plan(recipe)
    data = RescorerData(
        candidates=learned,
        size=model.input_shape[1],
        batch=plan.batch,
        seed=plan.seed,
        told=None if recipe.taught_by is None else answers(keras.saving.load_model(recipe.taught_by), learned),
    )
    progress = reporter(report, plan.epochs, plan.steps)
    history = train(model, data, held_out, recipe.out, plan, report=progress)
    plot_history(history, recipe.out / "history.png")
    stem = "detector_rescorer_large" if recipe.large else "detector_rescorer"
    files = save(model, recipe.out, stem, half=True)
    figures = {"candidates in held-out scenes": figures_of(answers(model, held_out), held_out)}
    training = {name: value for name, value in asdict(plan).items() if name != "resume"} | {"examples": len(learned)}
    write_card(recipe.out, stem, _card(model, stem, files, figures, recipe, training))
    named = RescoringCard(
        model=f"{stem}.onnx",
        lowest=LOWEST,
        highest=HIGHEST,
        min_score=MIN_SCORE,
        weights=fit_weights(answers(model, held_out), held_out),
    )
    return attach(detector, named, root, recipe.out)


def attach(detector: Path, named: RescoringCard, root: Path, folder: Path) -> Path:
    """Put `detector` beside its rescorer in `folder`, with a card that names it and the figures of both together.

    Raises:
        DataSetError, ModelError: data or models are missing or make no sense.
    """
    for file in (detector.with_suffix(".onnx"), detector.with_suffix(".keras")):
        if file.is_file() and file.parent.resolve() != folder.resolve():
            shutil.copy(file, folder / file.name)
    sets = detector_training.held_out(
        root, folder / "cache", lambda: teacher_from(root / TEACHER, size=1280, min_score=0.3)
    )
    onnx_file = folder / f"{detector.stem}.onnx"
    card = read_card(detector) | {"rescorer": named.model_dump()}
    write_card(folder, detector.stem, card)  # what is judged next is what it names
    wanted = judged_at(onnx_file, sets, size=640).score_for(detector_training.ALLOWED_UNMATCHED)
    named = _moved(named, wanted)
    card |= {"rescorer": named.model_dump()}
    write_card(folder, detector.stem, card)
    figures = report_detector(onnx_file, sets, root, folder, min_score=named.min_score)
    figures["time on one thread, beside YuNet"] = side_by_side(onnx_file, root / TEACHER)
    figures["time on held-out scenes, beside YuNet"] = side_by_side_on(sets.scenes, onnx_file, root / TEACHER)
    return write_card(folder, detector.stem, card | {"figures": figures})


def _moved(named: RescoringCard, wanted: float) -> RescoringCard:
    """The same with scores moved so that what had `wanted` has `min_score`, a score that others know: the tracker."""
    bias = named.weights.bias + float(log_odds(np.array(named.min_score)) - log_odds(np.array(wanted)))
    bias = math.floor(bias * 1e4) / 1e4  # a card has four digits
    return named.model_copy(update={"weights": named.weights.model_copy(update={"bias": bias})})


def _plan(recipe: RescorerRecipe) -> ClassifierPlan:
    given = {"epochs": recipe.epochs, "steps": recipe.steps, "seed": recipe.seed, "resume": recipe.resume}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(LARGE_PLAN if recipe.large else PLAN, **chosen)


def prepare(root: Path, cache: Path, detector: Path) -> tuple[Candidates, Candidates]:
    """What `detector` takes for faces in the scenes it learned from, and in those to judge by.

    Raises:
        DataSetError, ModelError: data or the detector are missing or make no sense.
    """
    parts = {"train": detector_training.training_scenes(root), "held_out": _held_out_scenes(root)}
    for name, scenes in parts.items():
        if not (cache / f"candidates_{name}.npz").is_file():
            teacher = teacher_from(root / TEACHER, size=1280, min_score=0.3)
            sizes = SIZES if name == "train" else SIZES[:1]
            looks = [(size, _bare(detector, size)) for size in sizes]
            candidates.collect(candidates.cut(scenes, looks, teacher), cache / f"candidates_{name}.crops")
    learned, held_out = (candidates.load(cache / f"candidates_{name}.crops") for name in parts)
    return learned, held_out


def _held_out_scenes(root: Path) -> list[Scene]:
    empty = pictures_in(root / "backgrounds")[:: detector_training.BACKGROUNDS_HELD_OUT]
    return load_scenes(root / "scenes" / "val.json", root / "scenes" / "val") + [
        Scene(path=path, width=0, height=0, faces=()) for path in empty
    ]


def _bare(detector: Path, size: int) -> MaskwatchDetector:
    """The detector without a rescorer, and with all that it suspects."""
    settings = MaskwatchDetectorConfig(model=detector, size=size, min_score=candidates.MIN_SCORE, rescore=False)
    return MaskwatchDetector(settings)


def train(
    model: keras.Model,
    data: RescorerData,
    held_out: Candidates,
    folder: Path,
    plan: ClassifierPlan,
    *,
    report: Callable[[int, int, float], None] | None = None,
) -> list[Row]:
    """Train `model` in place, watched on `held_out`; returns the history."""
    return learn(
        model,
        data.batches,
        folder,
        plan,
        validate=lambda: figures_of(answers(model, held_out), held_out),
        watch="ranked",
        report=report,
    )


def answers(model: keras.Model, some: Candidates, *, batch: int = 256) -> Told:
    """How likely `model` holds each candidate to be a face."""
    parts = [
        predict(model, plain(_slice(some, start, start + batch), model.input_shape[1]))[:, FACE]
        for start in range(0, len(some), batch)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _slice(some: Candidates, start: int, end: int) -> Candidates:
    return Candidates(**{name: getattr(some, name)[start:end] for name in Candidates.__dataclass_fields__})


def figures_of(told: Told, some: Candidates) -> Row:
    """How often labelled candidates are told right, faces and others, and how well they are ranked.

    `ranked` is the share of pairs of a face and another in which the face is held likelier (the area under the ROC).
    """
    known = ~np.isnan(some.truths)
    face, says = some.truths[known] > 0.5, told[known]
    if not face.any() or face.all():
        return {"faces": 0.0, "others": 0.0, "ranked": 0.0}
    others = np.sort(says[~face])
    below = np.searchsorted(others, says[face], "left") + np.searchsorted(others, says[face], "right")
    return {
        "faces": float((says[face] > 0.5).mean()),
        "others": float((others <= 0.5).mean()),
        "ranked": float(below.mean() / 2 / len(others)),
    }


def fit_weights(told: Told, some: Candidates) -> Weights:
    """The weights that make the labels of candidates likeliest: a logistic regression of both networks' log-odds."""
    known = ~np.isnan(some.truths) & (some.scores >= LOWEST)
    rows = np.stack(
        [np.ones(int(known.sum())), log_odds(some.scores[known].astype(float)), log_odds(told[known].astype(float))], 1
    )
    wanted, weights = some.truths[known].astype(float), np.array([0.0, 1.0, 0.0])
    for _ in range(_ROUNDS):
        says = 1 / (1 + np.exp(-(rows @ weights)))
        slope = rows.T @ (says - wanted) + _HOLD * weights
        curve = (rows * (says * (1 - says))[:, None]).T @ rows + _HOLD * np.eye(3)
        weights -= np.linalg.solve(curve, slope)
    bias, detector, crop = (round(float(value), 4) for value in weights)
    sure = log_odds(told[(some.truths == 1) & (some.scores >= HIGHEST)].astype(float))
    return Weights(
        bias=bias,
        detector=max(detector, 1e-3),
        crop=max(crop, 0.0),
        sure=round(float(np.median(sure)), 4) if len(sure) else 3.0,
    )


def _card(
    model: keras.Model,
    stem: str,
    files: dict[str, str],
    figures: dict[str, Any],
    recipe: RescorerRecipe,
    training: dict[str, Any],
) -> dict[str, Any]:
    """What there is to say of a rescorer."""
    if recipe.taught_by is not None:
        training |= {"taught by": f"{recipe.taught_by.name}, SHA-256 {sha256_of(recipe.taught_by)}"}
    return {
        "name": stem,
        "task": "telling faces from what the detector takes for one",
        "description": "Looks from near at what the detector is not sure of, and says whether it is a face. Begun with "
        "EfficientNet-Lite0's weights (Apache License 2.0); see NOTICE.",
        "files": files,
        "input": {"size": int(model.input_shape[1]), "crop_margin": CROP_MARGIN, "pixel_range": "0..255"},
        "output": "batch x 2 probabilities: something else, a face",
        "architecture": {
            "design": "EfficientNet-Lite0" if recipe.large else "the first seven blocks of EfficientNet-Lite0",
            "parameters": int(model.count_params()),
        },
        "training": training,
        "origins": [list(row) for row in DATA_ORIGINS[:4]] + [list(DATA_ORIGINS[5]), list(IMAGENET_ORIGIN)],
        "figures": figures,
        "limits": [
            "Statues, dolls and faces on posters and screens count as faces.",
            "Faces seen from behind are not found, and are not meant to be.",
        ],
    }
