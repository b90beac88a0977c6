"""dlib's detectors through the `face_recognition` package: HOG (fast, frontal bare faces) or CNN (slow, better)."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from maskwatch.core.types import Box, Face, Image
from maskwatch.detectors.anchor_free import check_images
from maskwatch.plugins import Plugin


class FaceRecognitionConfig(BaseModel):
    """Settings of dlib's detectors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["face_recognition"] = "face_recognition"
    model: Literal["hog", "cnn"] = Field(default="hog", description="hog is fast; cnn finds more, at 300 ms a frame.")
    upsample: int = Field(
        default=0, ge=0, le=2, description="How often to double the picture first, to find smaller faces."
    )


class FaceRecognitionDetector:
    """Finds faces with dlib. It gives no score, so each face has 1.0, and the largest face comes first."""

    def __init__(self, config: FaceRecognitionConfig) -> None:
        import face_recognition  # noqa: PLC0415 - heavy, and an extra

        self._find = face_recognition.face_locations
        self._config = config
        self.model_version = f"face_recognition-{config.model}@{face_recognition.__version__}"

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        """One list of faces a picture; pictures (uint8 RGB) may differ in size."""
        check_images(images)
        return [self._detect_one(image) for image in images]

    def _detect_one(self, image: Image) -> list[Face]:
        height, width = image.shape[:2]
        # dlib misses faces by chance in a picture that is a part of another and lies in memory as such.
        found = self._find(
            np.ascontiguousarray(image), number_of_times_to_upsample=self._config.upsample, model=self._config.model
        )
        boxes = [
            Box(float(max(0, left)), float(max(0, top)), float(min(width, right)), float(min(height, bottom)))
            for top, right, bottom, left in found
        ]
        boxes.sort(key=lambda box: box.area, reverse=True)
        return [Face(box=box, score=1.0) for box in boxes if box.area > 0]


PLUGIN = Plugin(
    type="face_recognition",
    config=FaceRecognitionConfig,
    create=FaceRecognitionDetector,
    extra="face-recognition",
)
