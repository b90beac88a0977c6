"""From pictures to observations: detect, classify, weigh. The same for the live worker and for a replay."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from maskwatch.core.crops import square_crop
from maskwatch.core.ports import FaceDetector, MaskClassifier
from maskwatch.core.quality import assess
from maskwatch.core.types import Face, Image, MaskLabel, MaskVerdict, Observation
from maskwatch.pipeline.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Finds and judges every face of a batch of pictures. Belongs to one thread, as its models do."""

    detector: FaceDetector
    classifier: MaskClassifier
    telemetry: Telemetry

    def look(self, images: Sequence[Image]) -> list[list[Observation]]:
        """The observations of each picture (uint8 RGB, any sizes), every face that is found being judged."""
        with self.timed("detect"):
            found = self.detector.detect(images)
        with self.timed("classify"):
            judged = self._classify(images, found)
        with self.timed("weigh"):
            return [
                [_observe(image, face, verdict) for face, verdict in zip(faces, verdicts, strict=True)]
                for image, faces, verdicts in zip(images, found, judged, strict=True)
            ]

    def _classify(self, images: Sequence[Image], found: Sequence[Sequence[Face]]) -> list[list[MaskVerdict]]:
        """Judge every face of every picture in one batch; verdicts come back grouped by picture."""
        margin = self.classifier.crop_margin
        crops = [
            square_crop(image, face.box, margin) for image, faces in zip(images, found, strict=True) for face in faces
        ]
        verdicts = iter(self.classifier.classify(crops) if crops else [])
        return [[next(verdicts) for _ in faces] for faces in found]

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Report how long the block took as a pass of `stage`."""
        started_s = time.perf_counter()
        yield
        self.telemetry.stage_seconds(stage, time.perf_counter() - started_s)


def _observe(image: Image, face: Face, verdict: MaskVerdict) -> Observation:
    return doubtful(Observation(face=face, verdict=verdict, quality=assess(image, face)), min_face_px=0.0)


def doubtful(observation: Observation, *, min_face_px: float) -> Observation:
    """`observation`, saying "can't tell" if its face is smaller than `min_face_px` or can't be trusted at all."""
    quality = observation.quality
    if quality.weight > 0 and quality.size_px >= min_face_px:
        return observation
    return replace(
        observation,
        quality=replace(quality, weight=0.0),
        verdict=replace(observation.verdict, label=MaskLabel.UNKNOWN),
    )
