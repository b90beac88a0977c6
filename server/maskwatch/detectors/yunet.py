"""YuNet, from the model file that the user brings (face_detection_yunet_*.onnx or yunet_n_*.onnx)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from maskwatch.core.types import Face, Image
from maskwatch.detectors.anchor_free import STRIDES, Answers, detect_batched
from maskwatch.errors import ModelError
from maskwatch.modelfiles import open_model, version_of
from maskwatch.plugins import Plugin

_WIDTHS = (1,) * 6 + (4,) * 3 + (10,) * 3  # cls, obj, bbox, kps at three strides each


class YunetConfig(BaseModel):
    """Settings of a YuNet detector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["yunet"] = "yunet"
    model: Path = Field(description="YuNet's ONNX file; maskwatch does not ship it.")
    size: int = Field(default=640, ge=160, le=1920, description="Longer side, in pixels, that pictures are scaled to.")
    min_score: float = Field(default=0.6, gt=0, lt=1, description="Detections below this score are dropped.")
    max_overlap: float = Field(default=0.4, gt=0, lt=1, description="Two boxes that overlap more (IoU) are one face.")
    threads: int = Field(default=1, ge=1, le=64, description="Threads that one run may use.")


class YunetDetector:
    """Finds faces with YuNet on ONNX Runtime. Files of a fixed input size are fed squares of that size."""

    def __init__(self, config: YunetConfig) -> None:
        self._runner = open_model(config.model, threads=config.threads)
        self._config = config
        self.model_version = version_of(config.model)
        shapes = self._runner.output_shapes
        if len(self._runner.input_shape) != 4 or tuple(shape[-1] for shape in shapes) != _WIDTHS:
            raise ModelError(
                f"The model file {config.model} is no YuNet detector: its outputs are {shapes}.",
                remedy="Expected cls, obj, bbox and kps at strides 8, 16 and 32.",
            )
        self._fixed = self._runner.input_shape[2]

    @property
    def input_px(self) -> int:
        """See `ScalingDetector`."""
        return self._fixed or self._config.size

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        """One list of faces a picture, best first; pictures (uint8 RGB) may differ in size."""
        return detect_batched(
            images,
            self._answers,
            size=self._fixed or self._config.size,
            min_score=self._config.min_score,
            max_overlap=self._config.max_overlap,
            square=self._fixed is not None,
        )

    def _answers(self, batch: Image) -> Answers:
        if self._fixed is not None and len(batch) > 1:
            parts = [self._answers(batch[index : index + 1]) for index in range(len(batch))]
            return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        bgr_planes = np.ascontiguousarray(batch[..., ::-1].transpose(0, 3, 1, 2), dtype=np.float32)
        outputs = self._runner(bgr_planes)
        levels = len(STRIDES)
        classes, objects, boxes, points = (
            np.concatenate(outputs[start : start + levels], axis=1) for start in range(0, len(outputs), levels)
        )
        scores = np.sqrt(np.clip(classes[..., 0], 0, 1) * np.clip(objects[..., 0], 0, 1))
        return scores, np.concatenate([boxes, points], axis=2)


PLUGIN = Plugin(type="yunet", config=YunetConfig, create=YunetDetector)
