"""Judging exported models on held-out data: what `maskwatch evaluate` and the quality tests do."""

from pathlib import Path
from typing import Any

from maskwatch.detectors.yunet import YunetConfig, YunetDetector
from maskwatch.training import classifier_training, detector_training
from maskwatch.training.classifier_report import milliseconds_a_face, report_classifier
from maskwatch.training.datasets import data_root
from maskwatch.training.detector_report import report_detector, side_by_side

_TEACHER = Path("teacher") / "yunet_n_dynamic.onnx"


def evaluate_detector(onnx_file: Path, data: Path | None, out: Path) -> dict[str, Any]:
    """All figures of a detector; curves and a gallery of mistakes go to `out / detector`.

    Raises:
        DataSetError, ModelError: data or model are missing or make no sense.
    """
    root = data_root(data)
    teacher = root / _TEACHER
    sets = detector_training.held_out(root, out / "cache", lambda: _teacher(teacher, 1280, 0.3))
    figures = report_detector(onnx_file, sets, root, out / "detector")
    figures["time on one thread, beside YuNet"] = side_by_side(onnx_file, teacher)
    return figures


def evaluate_classifier(onnx_file: Path, data: Path | None, out: Path) -> dict[str, Any]:
    """All figures of a classifier; confusion matrix, curves and a gallery of mistakes go to `out / classifier`.

    Raises:
        DataSetError, ModelError: data or model are missing or make no sense.
    """
    root = data_root(data)
    sets = classifier_training.held_out(root, out / "cache", lambda: _teacher(root / _TEACHER, 320, 0.5))
    figures = report_classifier(onnx_file, sets, root / "mask_templates", out / "classifier")
    figures["time on one thread"] = [milliseconds_a_face(onnx_file)]
    return figures


def _teacher(path: Path, size: int, min_score: float) -> YunetDetector:
    return YunetDetector(YunetConfig(model=path, size=size, min_score=min_score))
