"""The detector that ships with maskwatch: a small anchor-free network, trained by `maskwatch train detector`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from maskwatch.core.types import Face, Image
from maskwatch.detectors.anchor_free import Answers, detect_batched
from maskwatch.detectors.rescoring import Rescorer, rescoring_of
from maskwatch.errors import ModelError
from maskwatch.modelfiles import RuntimeSettings, open_model, read_card, resolve, version_of
from maskwatch.plugins import Plugin
from maskwatch.resources import models_dir

ANSWER_WIDTH = 15
"""Numbers a cell: score, centre offset (2), log size (2), five landmarks (10)."""
_DEFAULT_SCORE = 0.5  # where no card says better


class MaskwatchDetectorConfig(RuntimeSettings):
    """Settings of the shipped detector."""

    type: Literal["maskwatch"] = "maskwatch"
    model: Path | None = Field(
        default=None, description="Model file (.onnx, .keras); by default the one that ships with maskwatch."
    )
    size: int = Field(
        default=640,
        ge=320,
        le=960,
        description="Longer side, in pixels, that pictures are scaled to: larger finds smaller faces and costs more.",
    )
    min_score: float | None = Field(
        default=None, gt=0, lt=1, description="Detections below this score are dropped; by default the card's figure."
    )
    max_overlap: float = Field(default=0.4, gt=0, lt=1, description="Two boxes that overlap more (IoU) are one face.")
    rescore: bool = Field(
        default=True,
        description="Whether a smaller model looks again, from near, at faces that the model is not sure of, where the "
        "card beside the model names one. The one that ships has one.",
    )


class MaskwatchDetector:
    """Finds faces, masked or not, with five landmarks each.

    A face that its model is not sure of is looked at again by a rescorer, where the model's card names one.
    """

    def __init__(self, config: MaskwatchDetectorConfig) -> None:
        path = resolve(config.model, models_dir() / "detector.onnx", config.runtime)
        self._runner = open_model(path, threads=config.threads, runtime=config.runtime, device=config.device)
        self._config = config
        named = rescoring_of(path) if config.rescore else None
        self._rescorer = Rescorer(named, path.parent, config) if named is not None else None
        usual = read_card(path).get("min_score", _DEFAULT_SCORE) if named is None else named.min_score
        self._min_score = float(config.min_score or usual)
        versions = [version_of(path)] + ([self._rescorer.model_version] if self._rescorer is not None else [])
        self.model_version = "+".join(versions)
        """Which models find the faces: `name@hash` of each."""
        if [shape[-1] for shape in self._runner.output_shapes] != [ANSWER_WIDTH]:
            raise ModelError(
                f"The model file {path} is no maskwatch detector: its outputs are {self._runner.output_shapes}.",
                remedy=f"Expected one output of batch x cells x {ANSWER_WIDTH}.",
            )

    @property
    def input_px(self) -> int:
        """See `ScalingDetector`."""
        return self._config.size

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        """One list of faces a picture, best first; pictures (uint8 RGB) may differ in size."""
        config, rescorer = self._config, self._rescorer
        lowest = self._min_score if rescorer is None else rescorer.lowest
        found = detect_batched(
            images, self._answers, size=config.size, min_score=lowest, max_overlap=config.max_overlap
        )
        if rescorer is None:
            return found
        return [
            [face for face in rescorer.rescore(image, faces) if face.score >= self._min_score]
            for image, faces in zip(images, found, strict=True)
        ]

    def _answers(self, batch: Image) -> Answers:
        (answers,) = self._runner(batch)
        return answers[..., 0], answers[..., 1:]


PLUGIN = Plugin(type="maskwatch", config=MaskwatchDetectorConfig, create=MaskwatchDetector)
