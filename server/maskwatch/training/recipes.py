"""The whole of a training run, from the data to the card: what `maskwatch train` does."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from maskwatch.core.types import LABELS
from maskwatch.errors import ConfigError, ModelError
from maskwatch.modelfiles import read_card, sha256_of
from maskwatch.training import classifier_training, detector_training
from maskwatch.training.calibration import fit_scaling, fold
from maskwatch.training.cards import DATA_ORIGINS, IMAGENET_ORIGIN, write_card
from maskwatch.training.classifier_data import MARGIN, ClassifierData, Teacher, plain
from maskwatch.training.classifier_model import build_compact, build_large
from maskwatch.training.classifier_report import milliseconds_a_face, report_classifier
from maskwatch.training.datasets import data_root
from maskwatch.training.detector_model import build_detector, port_yunet
from maskwatch.training.detector_report import default_score, report_detector, side_by_side
from maskwatch.training.export import save
from maskwatch.training.loop import set_seed
from maskwatch.training.masks import load_kit
from maskwatch.training.report import plot_history
from maskwatch.training.teacher import TEACHER, teacher_from

Report = Callable[[int, int, int, int, float], None]
"""Told of progress: epoch (from 0), epochs, step, steps, loss."""

FROM_RANDOM_RATE, FURTHER_RATE, LARGE_RATE = 2e-3, 1.2e-3, 5e-4
"""Peak learning rate of a classifier from random weights, of one that was trained before, and of the large one."""

LARGE_PLAN = {"epochs": 12, "steps": 200, "batch": 48}
"""How long the large one is trained."""

SURE_FROM = 0.9
"""Probability of the likeliest label below which a taught classifier asks who taught it: one face in eleven."""

DETECTOR_RATE, DETECTOR_FURTHER_RATE = 8e-4, 3e-4
"""Peak learning rate of a detector from the teacher's weights, and of one that was trained before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRecipe:
    """What `maskwatch train detector` was asked for. None: as the shipped model was made."""

    data: Path | None = None
    teacher: Path | None = None
    start: Path | None = None
    out: Path
    epochs: int | None = None
    steps: int | None = None
    seed: int = 7
    threads: int = 2
    resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierRecipe:
    """What `maskwatch train classifier` was asked for. None: as the shipped model was made."""

    data: Path | None = None
    folders: Path | None = None
    architecture: str = "compact"
    backbone: str = "MobileNetV2"
    weights: Path | None = None
    start: Path | None = None
    taught_by: Path | None = None
    out: Path
    epochs: int | None = None
    steps: int | None = None
    seed: int = 7
    threads: int = 2
    resume: bool = False

    @property
    def is_large(self) -> bool:
        """Whether the large classifier is to be trained, which may teach the one that ships."""
        return self.architecture == "large"


def train_detector(recipe: DetectorRecipe, *, report: Report | None = None) -> Path:
    """Train, export and judge the detector; returns the path of its card.

    Raises:
        DataSetError, ModelError: data or the teacher's weights are missing or make no sense.
    """
    set_seed(recipe.seed, threads=recipe.threads)
    root = data_root(recipe.data)
    teacher = recipe.teacher or root / TEACHER
    model = build_detector()
    start_from(model, recipe.start or teacher)
    begun_with = model.get_weights()
    sets = detector_training.prepare(
        root, recipe.out / "cache", lambda: teacher_from(teacher, size=1280, min_score=0.3)
    )
    plan = detector_training.DetectorPlan(
        seed=recipe.seed,
        resume=recipe.resume,
        learning_rate=DETECTOR_RATE if recipe.start is None else DETECTOR_FURTHER_RATE,
        **_given(epochs=recipe.epochs, steps=recipe.steps),
    )
    history = detector_training.train(model, sets, recipe.out, plan, report=reporter(report, plan.epochs, plan.steps))
    plot_history(history, recipe.out / "history.png")
    detector_training.blend(model, begun_with, share=plan.blend)
    files = save(model, recipe.out, "detector")
    onnx_file = recipe.out / "detector.onnx"
    figures = report_detector(onnx_file, sets, root, recipe.out)
    if teacher.suffix == ".onnx":
        figures["time on one thread, beside YuNet"] = side_by_side(onnx_file, teacher)
    return write_card(recipe.out, "detector", detector_card(model, files, figures, _training_of(plan, len(sets.train))))


def train_classifier(
    recipe: ClassifierRecipe, *, report: Report | None = None, say: Callable[[str], None] = lambda _text: None
) -> Path:
    """Train, calibrate, export and judge a classifier; returns the path of its card.

    Raises:
        DataSetError, ModelError, ConfigError: data or weights are missing, or the recipe makes no sense.
    """
    set_seed(recipe.seed, threads=recipe.threads)
    if recipe.architecture not in ("compact", "large") or recipe.folders is not None:
        from maskwatch.training.folder_training import train_on_folders  # noqa: PLC0415 - the other way to train

        return train_on_folders(recipe, report=report, say=say)
    root = data_root(recipe.data)
    sets = classifier_training.prepare(
        root, recipe.out / "cache", lambda: teacher_from(root / TEACHER, size=320, min_score=0.5)
    )
    if not sets.train:
        raise ConfigError(f"There is nothing to train on in {root}.")
    model, plan = _network(recipe), _plan(recipe)
    templates = root / "mask_templates"
    progress = reporter(report, plan.epochs, plan.steps)
    data = ClassifierData(
        patches=sets.train,
        kit=load_kit(templates),
        size=model.input_shape[1],
        batch=plan.batch,
        seed=plan.seed,
        teacher=Teacher(recipe.taught_by) if recipe.taught_by is not None else None,
    )
    history = classifier_training.train(model, data, sets.held_out, recipe.out, plan, report=progress)
    plot_history(history, recipe.out / "history.png")
    calibrate(model, sets)
    stem = "classifier_large" if recipe.is_large else "classifier"
    files = save(model, recipe.out, stem, half=recipe.is_large)
    onnx_file = recipe.out / f"{stem}.onnx"
    figures = report_classifier(onnx_file, sets, templates, recipe.out)
    figures["time on one thread"] = milliseconds_a_face(onnx_file)
    card = classifier_card(model, files, figures, recipe, _training_of(plan, len(sets.train)))
    if recipe.taught_by is not None:
        # Whoever taught it is asked where it is not sure; the path is as seen from here.
        card["second_opinion"] = {"model": os.path.relpath(recipe.taught_by, recipe.out), "below": SURE_FROM}
    return write_card(recipe.out, stem, card)


def _network(recipe: ClassifierRecipe) -> keras.Model:
    """What is to be trained, with the weights that it begins with."""
    model = build_large(weights=recipe.weights) if recipe.is_large else build_compact()
    if recipe.start is not None:
        take_weights(model, recipe.start)
    return model


def _plan(recipe: ClassifierRecipe) -> classifier_training.ClassifierPlan:
    rate = LARGE_RATE if recipe.is_large else FROM_RANDOM_RATE if recipe.start is None else FURTHER_RATE
    return classifier_training.ClassifierPlan(
        seed=recipe.seed,
        resume=recipe.resume,
        learning_rate=rate,
        **(LARGE_PLAN if recipe.is_large else {}) | _given(epochs=recipe.epochs, steps=recipe.steps),
    )


def calibrate(model: Any, sets: classifier_training.PatchSets) -> None:
    """Fit temperature and offsets on the faces kept for that, and fold them into the model."""
    if not sets.calibration:
        return
    told = classifier_training.predict(model, plain(sets.calibration, model.input_shape[1]))
    fold(model, *fit_scaling(told, [patch.label for patch in sets.calibration]))


def detector_card(
    model: Any, files: dict[str, str], figures: dict[str, Any], training: dict[str, Any]
) -> dict[str, Any]:
    """What there is to say of a detector."""
    return {
        "name": "detector",
        "task": "face detection",
        "description": "Finds faces, masked or bare, with five landmarks each. Initialised from YuNet's weights "
        "(yunet_n, ShiqiYu/libfacedetection.train, Apache License 2.0) and trained further; see NOTICE.",
        "files": files,
        "input": "uint8 RGB, batch x height x width x 3, sides multiples of 32; pixels 0..255, scaled in the model",
        "min_score": default_score(figures),
        "output": "batch x cells x 15: score, centre offset (2), log size (2), landmarks (10), in strides 8, 16, 32",
        "architecture": {"design": "YuNet, heads of a level joined", "parameters": int(model.count_params())},
        "training": training,
        "origins": [list(row) for row in DATA_ORIGINS[:4]] + [list(DATA_ORIGINS[5])],
        "figures": figures,
        "limits": [
            "Faces under 16 pixels are often missed.",
            "Faces seen from behind or fully covered are not found, and are not meant to be.",
            "The training scenes come from the web: some groups of people are rarer there than in the world.",
        ],
    }


def classifier_card(
    model: Any, files: dict[str, str], figures: dict[str, Any], recipe: ClassifierRecipe, training: dict[str, Any]
) -> dict[str, Any]:
    """What there is to say of a classifier."""
    large = recipe.is_large
    origins = [list(DATA_ORIGINS[index]) for index in (0, 1, 2, 3, 4, 6)]
    begun = "Trained from random weights" if recipe.start is None else f"Trained further from {recipe.start.name}"
    if recipe.weights is not None:
        begun = "Initialised from EfficientNet-Lite0's ImageNet weights (Apache License 2.0)"
        origins.append(list(IMAGENET_ORIGIN))
    if recipe.taught_by is not None:
        begun += ", taught by a larger classifier"
        training |= {"taught by": f"{recipe.taught_by.name}, SHA-256 {sha256_of(recipe.taught_by)}"}
        known = read_card(recipe.taught_by).get("origins", [])
        origins += [list(row) for row in known if list(row) not in origins]
    return {
        "name": "classifier_large" if large else "classifier",
        "task": "mask classification",
        "description": f"Says of a face: mask, no_mask, or incorrect (nose or chin out). {begun}.",
        "files": files,
        "labels": [label.value for label in LABELS],
        "input": {"size": int(model.input_shape[1]), "crop_margin": MARGIN, "pixel_range": "0..255"},
        "output": "batch x 3 probabilities, calibrated",
        "architecture": {
            "design": "EfficientNet-Lite0, its last features pooled place by place"
            if large
            else "small residual network",
            "parameters": int(model.count_params()),
        },
        "training": training,
        "origins": origins,
        "figures": figures,
        "limits": [
            "Nobody labelled beards, so how well they are judged is not measured.",
            "Figures on drawn masks, hands and cups tell of drawn ones only.",
            "Faces under 16 pixels: treat the verdict as a hint.",
        ],
    }


def start_from(model: keras.Model, teacher: Path) -> None:
    """Give a new detector the weights of YuNet (.onnx), or of a detector trained before (.keras).

    Raises:
        ModelError: the file is missing or of another architecture.
    """
    if teacher.suffix == ".keras":
        take_weights(model, teacher)
    else:
        port_yunet(model, teacher)


def take_weights(model: keras.Model, source: Path) -> None:
    """Give a new model the weights of one that was trained before: of the same architecture.

    Raises:
        ModelError: the file is missing or of another architecture.
    """
    try:
        model.set_weights(keras.saving.load_model(source, compile=False).get_weights())
    except (OSError, ValueError) as error:
        raise ModelError(f"The model {source} can't be trained further: {type(error).__name__}.") from None


def _given(**values: int | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _training_of(plan: Any, examples: int) -> dict[str, Any]:
    return {name: value for name, value in asdict(plan).items() if name != "resume"} | {"examples": examples}


def reporter(report: Report | None, epochs: int, steps: int) -> Callable[[int, int, float], None] | None:
    """`report` as a training run calls it: with epoch, step and loss."""
    if report is None:
        return None
    return lambda epoch, step, loss: report(epoch, epochs, step, steps, loss)
