"""From pictures to observations: detect, classify, weigh. The same for the live worker and for a replay."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from maskwatch.core.crops import cut_out, square_crop
from maskwatch.core.ports import FaceDetector, MaskClassifier, ScalingDetector
from maskwatch.core.quality import assess
from maskwatch.core.types import Face, Image, MaskLabel, MaskVerdict, Observation, Picture
from maskwatch.pipeline.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture, and the `image` (uint8 RGB) made of it for the detector: smaller than it, or just as large."""

    picture: Picture
    image: Image

    def in_full_size(self, faces: Sequence[Face]) -> list[Face]:
        """Faces found in `image`, in pixels of the picture."""
        height, width = self.image.shape[:2]
        x, y = self.picture.width / width, self.picture.height / height
        return list(faces) if x == y == 1 else [face.scaled(x, y) for face in faces]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Finds and judges every face of a batch of pictures. Belongs to one thread, as its models do."""

    detector: FaceDetector
    classifier: MaskClassifier
    telemetry: Telemetry

    def view(self, picture: Picture) -> View:
        """Convert `picture` to what the detector wants: the size it looks at, where it has one, else all of it.

        Raises:
            ValueError, OSError: the pixels can't be converted.
        """
        detector, longer_px = self.detector, max(picture.width, picture.height)
        if not isinstance(detector, ScalingDetector) or detector.input_px >= longer_px:
            return View(picture=picture, image=picture.rgb())
        scale = detector.input_px / longer_px
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        return View(picture=picture, image=picture.scaled(*size))

    def look(self, views: Sequence[View]) -> list[list[Observation]]:
        """The observations of each picture (of any sizes), every face that is found being judged."""
        with self.timed("detect"):
            answers = self.detector.detect([view.image for view in views])
            found = [view.in_full_size(faces) for view, faces in zip(views, answers, strict=True)]
        margin = self.classifier.crop_margin
        with self.timed("crop"):
            parts = [
                [cut_out(view.picture, face, margin) for face in faces]
                for view, faces in zip(views, found, strict=True)
            ]
        with self.timed("classify"):
            crops = [square_crop(part, face.box, margin) for cut in parts for part, face in cut]
            verdicts = iter(self.classifier.classify(crops) if crops else [])
        with self.timed("weigh"):
            return [
                [_observe(face, next(verdicts), *part) for face, part in zip(faces, cut, strict=True)]
                for faces, cut in zip(found, parts, strict=True)
            ]

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Report how long the block took as a pass of `stage`."""
        started_s = time.perf_counter()
        yield
        self.telemetry.stage_seconds(stage, time.perf_counter() - started_s)


def _observe(face: Face, verdict: MaskVerdict, part: Image, face_there: Face) -> Observation:
    """What was seen of `face`, which is `face_there` in the `part` that was cut out for it."""
    return doubtful(Observation(face=face, verdict=verdict, quality=assess(part, face_there)), min_face_px=0.0)


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
