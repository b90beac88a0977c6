"""dlib's 128 numbers for a face, through the `face_recognition` package."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from maskwatch.core.ports import Encoding
from maskwatch.core.types import Face, Image
from maskwatch.plugins import Plugin


class FaceRecognitionEncoderConfig(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["face_recognition"] = "face_recognition"


class FaceRecognitionEncoder:
    """See `core.ports.FaceEncoder`. Trained on bare faces: a mask hides much of what it goes by."""

    same_within = 0.45
    """Stricter than the package's 0.6: taking two people for one can cost an alert. See docs/identity.md."""

    def __init__(self, config: FaceRecognitionEncoderConfig) -> None:
        del config
        try:
            import face_recognition  # noqa: PLC0415 - heavy, and an extra
        except SystemExit:  # what the package does where its models are not installed
            raise ImportError(name="face_recognition_models") from None
        self._encode = face_recognition.face_encodings

    def encode(self, image: Image, face: Face) -> Encoding | None:
        """128 numbers for `face` in `image` (uint8 RGB)."""
        box = face.box
        # dlib reads parts of other pictures wrongly by chance, unless they are copied.
        found = self._encode(
            np.ascontiguousarray(image), [(round(box.y1), round(box.x2), round(box.y2), round(box.x1))]
        )
        return np.asarray(found[0], np.float64) if found else None


PLUGIN = Plugin(
    type="face_recognition",
    config=FaceRecognitionEncoderConfig,
    create=FaceRecognitionEncoder,
    extra="face-recognition",
)
