"""Judging a classifier: real held-out faces, slices, what it does not judge, and how long it takes."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskwatch.classifiers.maskwatch import second_opinion_of
from maskwatch.core.types import LABELS, MaskLabel
from maskwatch.modelfiles import open_model, read_card
from maskwatch.training.classifier_data import plain
from maskwatch.training.classifier_evaluation import (
    Predict,
    accuracy,
    mask_or_not,
    slices,
    summary,
    unjudged,
)
from maskwatch.training.classifier_training import PatchSets
from maskwatch.training.masks import load_kit
from maskwatch.training.patches import Patch
from maskwatch.training.report import (
    classifier_curves,
    gallery,
    plot_confusion,
    plot_precision_recall,
    worst_faces,
)

MIN_CONFIDENCE = 0.5
"""Below this the plug-in says unknown, by default."""
_BATCH = 64


def report_classifier(onnx_file: Path, sets: PatchSets, templates: Path, out: Path) -> dict[str, Any]:
    """All figures of a classifier, for its card; curves, confusion matrix and a gallery of mistakes go to `out`."""
    size, predict = loaded(onnx_file)
    pictures = plain(sets.held_out, size)
    labels = [patch.label for patch in sets.held_out]
    told = predict(pictures)
    plot_confusion(told, labels, out / "confusion.png")
    plot_precision_recall(classifier_curves(told, labels), out / "precision_recall.png")
    gallery(worst_faces(pictures, told, labels), out / "mistakes.png")
    by_set = {"all": sets.held_out, "scenes": sets.scenes, "single faces": sets.faces, "unmasked scenes": sets.unmasked}
    return {
        "held-out faces": [
            {"set": name, **summary(predict(plain(group, size)), [p.label for p in group])}
            for name, group in by_set.items()
            if group
        ],
        "slices": slice_figures(sets.held_out, templates, size, predict),
        "not judged": unjudged_figures(sets.held_out, size, predict),
    }


def loaded(onnx_file: Path) -> tuple[int, Predict]:
    """Input size of an exported classifier, and a function that runs it in batches on one thread.

    A label that the model does not know, by the card beside it, has the probability 0.
    """
    runner = open_model(onnx_file)
    size = runner.input_shape[1] or 0
    known = read_card(onnx_file).get("labels") or [label.value for label in LABELS]
    columns = [LABELS.index(MaskLabel(name)) for name in known]

    def predict(pictures: Any) -> Any:
        told = np.zeros((len(pictures), len(LABELS)), np.float32)
        for start in range(0, len(pictures), _BATCH):
            told[start : start + _BATCH, columns] = runner(pictures[start : start + _BATCH])[0]
        return told

    return size, predict


def second_opinion_figures(onnx_file: Path, patches: Sequence[Patch], templates: Path) -> dict[str, Any]:
    """What `report_classifier` says, of a classifier and the larger one that is asked where it is not sure.

    `asked` is the share of the faces that the larger one was shown. Empty where the card names no larger one.
    """
    named = second_opinion_of(onnx_file)
    if named is None:
        return {}
    (size, predict), (larger_size, predict_larger) = loaded(onnx_file), loaded(named.model)

    def both(pictures: Any, larger: Any) -> tuple[Any, float]:
        told = predict(pictures)
        doubtful = told.max(axis=1) < named.below
        told[doubtful] = predict_larger(larger[doubtful])
        return told, float(doubtful.mean())

    labels = [patch.label for patch in patches]
    told, asked = both(plain(patches, size), plain(patches, larger_size))
    rows = []
    kit = load_kit(templates)
    for part, larger in zip(slices(patches, kit, size=size), slices(patches, kit, size=larger_size), strict=True):
        if part.labels:
            told_here, asked_here = both(part.pictures, larger.pictures)
            row = {"slice": part.name, "faces": len(part.labels), "mask_or_not": mask_or_not(told_here, part.labels)}
            rows.append(row | {"accuracy": accuracy(told_here, part.labels), "asked": asked_here})
    return {
        "held-out faces, with a second opinion": [{**summary(told, labels), "asked": asked}],
        "slices, with a second opinion": rows,
    }


def slice_figures(patches: Sequence[Patch], templates: Path, size: int, predict: Predict) -> list[dict[str, Any]]:
    """Accuracy by slice: `mask_or_not` counts only faces labelled mask or no_mask, `accuracy` all three labels."""
    rows = []
    for part in slices(patches, load_kit(templates), size=size):
        if not part.labels:
            continue
        told = predict(part.pictures)
        row = {"slice": part.name, "faces": len(part.labels), "mask_or_not": mask_or_not(told, part.labels)}
        rows.append(row | {"accuracy": accuracy(told, part.labels)})
    return rows


def unjudged_figures(patches: Sequence[Patch], size: int, predict: Predict) -> list[dict[str, Any]]:
    """What share of the faces gets the verdict unknown, by size."""
    told = predict(plain(patches, size))
    unknown = unjudged(patches, told, min_confidence=MIN_CONFIDENCE)
    sizes = np.array([patch.size_px for patch in patches])
    rows = []
    for name, low, high in (("from 32 px", 32, np.inf), ("16 to 32 px", 16, 32), ("under 16 px", 0, 16)):
        chosen = (sizes >= low) & (sizes < high)
        if chosen.any():
            rows.append({"size": name, "faces": int(chosen.sum()), "unknown": float(unknown[chosen].mean())})
    return rows


def milliseconds_a_face(onnx_file: Path, *, batch: int = 8, rounds: int = 80) -> dict[str, float]:
    """Milliseconds a face in batches, on one thread: the median and the least of `rounds`."""
    runner = open_model(onnx_file)
    size = runner.input_shape[1] or 0
    pictures = np.random.default_rng(1).integers(0, 256, (batch, size, size, 3), np.uint8)
    runner(pictures)
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        runner(pictures)
        taken.append((time.perf_counter() - started) / batch * 1e3)
    return {"batch": batch, "ms_a_face": float(np.median(taken)), "least_ms_a_face": min(taken)}


def comparison_row(onnx_file: Path, patches: Sequence[Patch], templates: Path) -> dict[str, Any]:
    """One row of a table of classifiers: size, speed, and how often mask or no mask is told right, by slice."""
    size, predict = loaded(onnx_file)
    binary = [patch for patch in patches if patch.label is not MaskLabel.INCORRECT]
    row: dict[str, Any] = {
        "model": onnx_file.stem,
        "parameters": read_card(onnx_file).get("architecture", {}).get("parameters", ""),
        "MB": onnx_file.stat().st_size / 1e6,
        "ms a face": milliseconds_a_face(onnx_file)["least_ms_a_face"],
        "all": mask_or_not(predict(plain(binary, size)), [patch.label for patch in binary]),
    }
    for part in slices(binary, load_kit(templates), size=size):
        if part.labels and set(part.labels) != {MaskLabel.INCORRECT}:
            row[part.name] = mask_or_not(predict(part.pictures), part.labels)
    return row
