"""From the settings to the models that look: detector and classifier, by their plug-ins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2

import maskwatch.classifiers
import maskwatch.detectors
import maskwatch.encoders
from maskwatch.config import DetectionSettings
from maskwatch.core.ports import FaceDetector, FaceEncoder, MaskClassifier
from maskwatch.plugins import build, discover


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The models of one inference thread, and their versions for the evidence of alerts."""

    detector: FaceDetector
    classifier: MaskClassifier

    @property
    def versions(self) -> dict[str, str]:
        """File and hash of each model, by its role."""
        return {
            role: getattr(model, "model_version", type(model).__name__)
            for role, model in (("detector", self.detector), ("classifier", self.classifier))
        }


def load_models_once(plugins: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Models:
    """Detector and classifier as their settings say.

    Raises:
        ConfigError, PluginError, ModelError: a model is not what the settings or its card say.
    """
    detector, classifier = plugins
    return Models(
        detector=build(discover(maskwatch.detectors), detector),
        classifier=build(discover(maskwatch.classifiers), classifier),
    )


def load_models(settings: DetectionSettings) -> list[Models]:
    """The configured models, once for each inference thread: they are not shared between threads."""
    # OpenCV would share each small resizing among threads of its own: more processor time, and no sooner.
    cv2.setNumThreads(1)
    return [load_models_once(settings.plugins) for _ in range(settings.threads)]


def load_encoder() -> FaceEncoder:
    """The face encoder that `identity: true` asks for.

    Raises:
        PluginError: what it needs is not installed.
    """
    encoder: FaceEncoder = build(discover(maskwatch.encoders), {"type": "face_recognition"})
    return encoder
