"""The detector whose finds help to label: YuNet, or a detector of ours trained before."""

from pathlib import Path

from maskwatch.core.ports import FaceDetector
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.detectors.yunet import YunetConfig, YunetDetector

TEACHER = Path("teacher") / "yunet_n_dynamic.onnx"
"""Where the teacher lies in the training data."""
_OUR_LARGEST = 960


def teacher_from(path: Path, *, size: int, min_score: float) -> FaceDetector:
    """YuNet from an .onnx file, our own detector from a .keras file.

    Raises:
        ModelError: the file is missing or something else.
    """
    if path.suffix == ".keras":
        size = min(size, _OUR_LARGEST)
        return MaskwatchDetector(MaskwatchDetectorConfig(model=path, size=size, min_score=min_score))
    return YunetDetector(YunetConfig(model=path, size=size, min_score=min_score))
