"""Judging exported models on held-out data: what `maskwatch evaluate` and the quality tests do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maskwatch.classifiers.maskwatch import MaskwatchClassifier, MaskwatchClassifierConfig
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.detectors.rescoring import rescoring_of
from maskwatch.errors import DataSetError
from maskwatch.modelfiles import read_card
from maskwatch.training import classifier_training, detector_training
from maskwatch.training.classifier_report import (
    comparison_row,
    milliseconds_a_face,
    report_classifier,
    second_opinion_figures,
)
from maskwatch.training.clips import clip_figures
from maskwatch.training.datasets import data_root
from maskwatch.training.detector_report import SIZES_JUDGED, report_detector, side_by_side, side_by_side_on
from maskwatch.training.teacher import TEACHER, teacher_from


def evaluate_detector(
    onnx_file: Path, data: Path | None, out: Path, *, sizes: Sequence[int] = SIZES_JUDGED
) -> dict[str, Any]:
    """All figures of a detector; curves and a gallery of mistakes go to `out / detector`.

    Raises:
        DataSetError, ModelError: data or model are missing or make no sense.
    """
    root = data_root(data)
    teacher = root / TEACHER
    sets = detector_training.held_out(root, out / "cache", lambda: teacher_from(teacher, size=1280, min_score=0.3))
    named = rescoring_of(onnx_file)
    shipped_score = named.min_score if named is not None else read_card(onnx_file).get("min_score")
    figures = report_detector(onnx_file, sets, root, out / "detector", sizes=sizes, min_score=shipped_score)
    figures["time on one thread, beside YuNet"] = side_by_side(onnx_file, teacher, sizes=sizes)
    figures["time on held-out scenes, beside YuNet"] = side_by_side_on(sets.scenes, onnx_file, teacher)
    return figures


def evaluate_classifier(onnx_file: Path, data: Path | None, out: Path) -> dict[str, Any]:
    """All figures of a classifier; confusion matrix, curves and a gallery of mistakes go to `out / classifier`.

    Raises:
        DataSetError, ModelError: data or model are missing or make no sense.
    """
    root = data_root(data)
    sets = classifier_training.held_out(
        root, out / "cache", lambda: teacher_from(root / TEACHER, size=320, min_score=0.5)
    )
    templates = root / "mask_templates"
    figures = report_classifier(onnx_file, sets, templates, out / "classifier")
    figures |= second_opinion_figures(onnx_file, sets.held_out, templates)
    detector = MaskwatchDetector(MaskwatchDetectorConfig())
    classifier = MaskwatchClassifier(MaskwatchClassifierConfig(model=onnx_file))
    figures["clips without masks"] = clip_figures(root / "clips", detector, classifier)
    figures["time on one thread"] = [milliseconds_a_face(onnx_file)]
    return figures


def evaluate_clips(folder: Path, detector_file: Path, classifier_file: Path) -> list[dict[str, Any]]:
    """What both models make of the recordings in `folder`, on none of which anybody wears a mask; see `clip_figures`.

    Raises:
        DataSetError: there are no recordings in the folder.
        ModelError, SourceError: a model or a recording is damaged.
    """
    if not any(folder.glob("*.mp4")):
        raise DataSetError(f"There are no recordings (.mp4) in {folder}.", remedy="Name a folder that has some.")
    detector = MaskwatchDetector(MaskwatchDetectorConfig(model=detector_file))
    return clip_figures(folder, detector, MaskwatchClassifier(MaskwatchClassifierConfig(model=classifier_file)))


def compare_classifiers(onnx_files: Sequence[Path], data: Path | None, out: Path) -> list[dict[str, Any]]:
    """One row a classifier, judged on the same held-out faces by whether mask or no mask is told right.

    Raises:
        DataSetError, ModelError: data or a model are missing or make no sense.
    """
    root = data_root(data)
    sets = classifier_training.held_out(
        root, out / "cache", lambda: teacher_from(root / TEACHER, size=320, min_score=0.5)
    )
    return [comparison_row(file, sets.held_out, root / "mask_templates") for file in onnx_files]
