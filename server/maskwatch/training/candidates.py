"""What a detector finds or suspects in the scenes, each cut out once: what a rescorer learns to tell faces from.

A candidate is a face if it matches a label, or if the teacher sees a face there at 1280 px; it is none if neither is
anywhere near. In between nobody knows, and nothing is learned from it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.crops import square_crop
from maskwatch.core.geometry import intersection_over_union
from maskwatch.core.ports import FaceDetector
from maskwatch.core.types import Face, Image
from maskwatch.training.datasets import Scene, read_picture
from maskwatch.training.detector_evaluation import MATCH, TEACHER_SCORE, match

MARGIN = 0.5
"""Context kept around a candidate, as a share of its longer side, on each side: what is shown, and room to shift it."""
SIDE = 112
"""Pixels of a cut-out."""
MIN_SCORE = 0.12
"""What the detector suspects less is not looked at."""
_NEAR = 0.3  # what overlaps a face, or what the teacher half believes, by so much is no face for certain
_MOST = 60  # a picture


CutOut = tuple[Image, float, float, float, bool]
"""A crop, the detector's score, size in its pixels, truth, and whether the scene shows no face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Cut-outs (n x SIDE x SIDE x 3, uint8); the detector's score, size in its pixels, and truth (1, 0 or NaN) of each.

    `empty` says of each that its scene shows no face at all.
    """

    crops: NDArray[np.uint8]
    scores: NDArray[np.float32]
    sizes: NDArray[np.float32]
    truths: NDArray[np.float32]
    empty: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.scores)


def cut(
    scenes: Sequence[Scene], detectors: Sequence[tuple[int, FaceDetector]], teacher: FaceDetector
) -> Iterator[CutOut]:
    """The fields of `Candidates`, one by one; `detectors` are named by the size that they scale pictures to."""
    for scene in scenes:
        image = read_picture(scene.path)
        known = teacher.detect([image])[0]
        for size, detector in detectors:
            found = detector.detect([image])[0]
            left_over = match(scene, found)[1]
            scale = size / max(image.shape[:2])
            for position, face in enumerate(found[:_MOST]):
                truth = _truth(face, scene, known, matched=position not in left_over)
                yield _cut_out(image, face), face.score, face.box.longer_side * scale, truth, not scene.faces


def _cut_out(image: Image, face: Face) -> Image:
    crop = np.ascontiguousarray(square_crop(image, face.box, MARGIN))
    how = cv2.INTER_AREA if crop.shape[0] > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=how), np.uint8)


def _truth(face: Face, scene: Scene, known: Sequence[Face], *, matched: bool) -> float:
    seen = max((other.score for other in known if intersection_over_union(other.box, face.box) >= MATCH), default=0.0)
    labels = [(intersection_over_union(other.box, face.box), other.score) for other in scene.faces]
    if matched and max((score for overlap, score in labels if overlap >= MATCH), default=0.0) >= TEACHER_SCORE:
        return 1.0
    if matched:
        return float("nan")  # a teacher's guess stands for a label here, and it was not sure
    if seen >= TEACHER_SCORE:
        return 1.0
    return 0.0 if seen < _NEAR and max((overlap for overlap, _ in labels), default=0.0) < _NEAR else float("nan")


def collect(cut_outs: Iterable[CutOut], target: Path) -> None:
    """Write cut-outs as they come (they are gigabytes): the crops to `target`, the rest to a .npz file beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[float, float, float, bool]] = []
    with target.open("wb") as file:
        for crop, score, size, truth, empty in cut_outs:
            file.write(crop.tobytes())
            rows.append((score, size, truth, empty))
    names = ("scores", "sizes", "truths", "empty")
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    kinds = (np.float32, np.float32, np.float32, bool)
    made = {name: np.array(list(column), kind) for name, column, kind in zip(names, columns, kinds, strict=True)}
    np.savez(target.with_suffix(".npz"), allow_pickle=False, **made)


def load(source: Path) -> Candidates:
    """Read what `collect` wrote; the crops stay on disk."""
    with np.load(source.with_suffix(".npz")) as stored:
        fields = {name: stored[name] for name in stored.files}
    shape = (len(fields["scores"]), SIDE, SIDE, 3)
    crops = np.memmap(source, np.uint8, "r", shape=shape) if shape[0] else np.zeros(shape, np.uint8)
    return Candidates(crops=crops, **fields)
