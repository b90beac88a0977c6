"""From pictures to observations: detect, classify, weigh. The same for the live worker and for a replay."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from maskwatch.core.crops import cut_out, square_crop
from maskwatch.core.detail import Part, joined
from maskwatch.core.ports import FaceDetector, MaskClassifier, ScalingClassifier, ScalingDetector
from maskwatch.core.quality import assess
from maskwatch.core.types import Face, Image, MaskLabel, MaskVerdict, Observation, Picture
from maskwatch.pipeline.telemetry import Telemetry

ChoosePart = Callable[[Picture, int], Part | None]
"""Which part of a picture a detector that sees so many pixels is to look at closer, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture, and the `image` (uint8 RGB) made of it for the detector: smaller than it, or just as large.

    `part`, cut out as `closer`, is looked at too.
    """

    picture: Picture
    image: Image
    part: Part | None = None
    closer: Image | None = None

    def faces(self, answers: Iterator[Sequence[Face]]) -> list[Face]:
        """What the detector found in `images`, in order, in pixels of the picture."""
        height, width = self.image.shape[:2]
        x, y = self.picture.width / width, self.picture.height / height
        found = [face if x == y == 1 else face.scaled(x, y) for face in next(answers)]
        part = self.part
        if part is None:
            return found
        closer = [face.moved(part.left, part.top) for face in next(answers)]
        return joined(found, closer, part, self.picture.width, self.picture.height)

    @property
    def images(self) -> list[Image]:
        """What the detector is to look at."""
        return [self.image] if self.closer is None else [self.image, self.closer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Finds and judges every face of a batch of pictures. Belongs to one thread, as its models do."""

    detector: FaceDetector
    classifier: MaskClassifier
    telemetry: Telemetry

    def view(self, picture: Picture, choose_part: ChoosePart | None = None) -> View:
        """Convert `picture` to what the detector wants: the size it looks at, where it has one, else all of it.

        Raises:
            ValueError, OSError: the pixels can't be converted.
        """
        detector, longer_px = self.detector, max(picture.width, picture.height)
        if not isinstance(detector, ScalingDetector) or detector.input_px >= longer_px:
            return View(picture=picture, image=picture.rgb())
        scale = detector.input_px / longer_px
        image = picture.scaled(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        part = choose_part(picture, detector.input_px) if choose_part is not None else None
        closer = picture.crop(part.left, part.top, part.width, part.height) if part is not None else None
        return View(picture=picture, image=image, part=part, closer=closer)

    def look(self, views: Sequence[View]) -> list[list[Observation]]:
        """The observations of each picture (of any sizes), every face that is found being judged."""
        with self.timed("detect"):
            answers = iter(self.detector.detect([image for view in views for image in view.images]))
            found = [view.faces(answers) for view in views]
        margin = self.classifier.crop_margin
        with self.timed("crop"):
            parts = [
                [cut_out(view.picture, face, margin, enough_px=self._enough_px) for face in faces]
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

    @property
    def _enough_px(self) -> int | None:
        """Side of a crop from which a face is cut out smaller than the camera shows it: the classifier sees no more."""
        classifier = self.classifier
        return classifier.input_px if isinstance(classifier, ScalingClassifier) else None

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Report how long the block took as a pass of `stage`."""
        started_s = time.perf_counter()
        yield
        self.telemetry.stage_seconds(stage, time.perf_counter() - started_s)


def _observe(face: Face, verdict: MaskVerdict, part: Image, face_there: Face) -> Observation:
    """What was seen of `face`, which is `face_there` in the `part` that was cut out for it."""
    shrunk = face.box.longer_side / max(face_there.box.longer_side, 1e-6)
    quality = assess(part, face_there, shrunk=shrunk)
    return doubtful(Observation(face=face, verdict=verdict, quality=quality), min_face_px=0.0)


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
