"""Training batches for the detector: windows of scenes at many scales, with faces nobody labelled filled in.

About one scene in ten has a face without a label. A teacher looks at every scene at 1280 px: what it is sure of
becomes a face, what it half believes becomes a region that is neither rewarded nor punished. It lends its landmarks
to labelled faces as well.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.geometry import intersection_over_union
from maskwatch.core.ports import FaceDetector
from maskwatch.core.types import Face, Image
from maskwatch.training import augment
from maskwatch.training.augment import Rng
from maskwatch.training.datasets import Scene, read_picture
from maskwatch.training.detector_loss import FACE, IGNORED, TRUTH_WIDTH
from maskwatch.training.loop import Batch, prefetched

SURE, DOUBTFUL = 0.72, 0.3
"""The teacher's scores above which an unlabelled find is a face, and a region to be ignored."""
MOST_FACES = 64
_SMALLEST_PX = 7.0  # smaller faces in the training window are ignored, not learned
_LEAST_SEEN = 0.5  # faces cut by the window's edge to less than this share are ignored

# Windows: side in pixels, batch size (equal work), share of the batches. Large faces need large windows.
WINDOWS = ((320, 16, 0.6), (416, 9, 0.2), (640, 4, 0.2))

# Share of a batch by the folder of the picture: scenes that people labelled teach most.
_SHARES = {"train": 0.66, "scenes_unmasked": 0.2, "backgrounds": 0.14}

Truth = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A picture and its truth: faces x 16, as the loss wants it, in pixels of the picture."""

    path: Path
    truth: Truth


def examples(scenes: Sequence[Scene], teacher: FaceDetector) -> Iterator[Example]:
    """Scenes with the teacher's finds added; one by one, since each takes the teacher a while."""
    for scene in scenes:
        found = teacher.detect([read_picture(scene.path)])[0]
        yield Example(path=scene.path, truth=merged_truth(scene, found))


def merged_truth(scene: Scene, found: Sequence[Face]) -> Truth:
    """Labels of a scene, with landmarks where the teacher saw the same face, and what else the teacher saw."""
    rows = []
    free = list(found)
    for labelled in scene.faces:
        best = max(free, key=lambda face: intersection_over_union(face.box, labelled.box), default=None)
        if best is not None and intersection_over_union(best.box, labelled.box) < 0.5:
            best = None
        if best is not None:
            free.remove(best)
        kind = FACE if labelled.score >= SURE else IGNORED
        rows.append(_row(Face(box=labelled.box, score=1, landmarks=best.landmarks if best else None), kind))
    rows += [
        _row(face, FACE if face.score >= SURE else IGNORED)
        for face in free
        if all(intersection_over_union(face.box, labelled.box) < 0.35 for labelled in scene.faces)
    ]
    return np.array(rows, np.float32).reshape(-1, TRUTH_WIDTH)


def _row(face: Face, kind: int) -> list[float]:
    box = face.box
    points = [coordinate for point in face.landmarks or () for coordinate in point]
    return [box.x1, box.y1, box.x2, box.y2, kind, float(bool(points)), *(points or [0.0] * 10)]


@dataclass(slots=True, kw_only=True)
class DetectorData:
    """Draws training batches from examples. The same seed, epoch and step give the same batch."""

    examples: Sequence[Example]
    seed: int
    windows: Sequence[tuple[int, int, float]] = WINDOWS
    _groups: dict[str, list[Example]] = field(init=False)

    def __post_init__(self) -> None:
        self._groups = defaultdict(list)
        for example in self.examples:
            self._groups[example.path.parent.name].append(example)

    def batches(self, epoch: int, steps: int) -> Iterator[Batch]:
        """The batches of one epoch: pictures (n x side x side x 3, uint8) and truth (n x faces x 16)."""
        return prefetched(lambda step: self.make(epoch, step), steps)

    def make(self, epoch: int, step: int) -> Batch:
        """One batch."""
        rng = np.random.default_rng((self.seed, epoch, step))
        shares = np.array([share for _, _, share in self.windows])
        side, count, _ = self.windows[int(rng.choice(len(shares), p=shares / shares.sum()))]
        groups = list(self._groups.values())
        weights = np.array([_SHARES.get(folder, 1.0) for folder in self._groups])
        pictures = np.empty((count, side, side, 3), np.uint8)
        truths = np.zeros((count, MOST_FACES, TRUTH_WIDTH), np.float32)
        for row in range(count):
            group = groups[int(rng.choice(len(groups), p=weights / weights.sum()))]
            example = group[int(rng.integers(len(group)))]
            pictures[row], truth = window(read_picture(example.path), example.truth, side, rng)
            truths[row, : len(truth)] = truth[:MOST_FACES]
        most = max(1, int((truths[..., 4] > 0).sum(axis=1).max()))
        return pictures, truths[:, : -(-most // 8) * 8]  # steps of 8: fewer shapes to compile for


def window(image: Image, truth: Truth, side: int, rng: Rng) -> tuple[Image, Truth]:
    """A square window of `side` pixels on the picture at a random scale, often on a face, mirrored half the time."""
    natural = rng.random() < 0.4
    scale = float(np.exp(rng.normal(0, 0.06) if natural else rng.uniform(np.log(0.3), np.log(1.9))))
    if side >= 600:
        scale = min(scale, 1.3)
    left, top = _corner(image, truth, side, scale, rng)
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32)
    source = image
    if scale < 0.75:  # shrinking in one step by bilinear sampling would alias; inference averages areas
        small = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        source = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), np.uint8)
        matrix[:, :2] = np.eye(2)
    drawn = np.asarray(cv2.warpAffine(source, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)
    moved = truth.copy()
    offset = np.array([left, top], np.float32)
    moved[:, :4] = (truth[:, :4] - np.tile(offset, 2)) * scale
    moved[:, 6:] = (truth[:, 6:] - np.tile(offset, 5)) * scale
    moved = _seen(moved, side)
    if rng.random() < 0.5:
        drawn, moved = np.ascontiguousarray(drawn[:, ::-1]), mirrored(moved, side)
    return _degrade(drawn, rng), np.asarray(rng.permutation(moved), np.float32)


def _corner(image: Image, truth: Truth, side: int, scale: float, rng: Rng) -> tuple[float, float]:
    """The window's upper left corner, in pixels of the picture."""
    span = side / scale
    height, width = image.shape[:2]
    faces = truth[truth[:, 4] == FACE]
    if len(faces) and rng.random() < 0.7:
        box = faces[rng.integers(len(faces))]
        wanted = (box[:2] + box[2:4]) / 2 - rng.uniform(0.15, 0.85, 2) * span
    else:
        wanted = rng.uniform(
            (min(0, width - span), min(0, height - span)), (max(0, width - span), max(0, height - span))
        )
    # Keep the window on the picture where it fits; else keep the picture within the window.
    limits = np.array([[min(0, width - span), min(0, height - span)], [max(0, width - span), max(0, height - span)]])
    left, top = np.clip(wanted, limits[0], limits[1])
    return float(left), float(top)


def _seen(truth: Truth, side: int) -> Truth:
    """Clip to the window; drop what lies outside, and set aside what is cut too far or too small to learn."""
    clipped = np.clip(truth[:, :4], 0, side)
    whole = np.prod(truth[:, 2:4] - truth[:, :2], axis=1)
    part = np.prod(clipped[:, 2:4] - clipped[:, :2], axis=1)
    longer = (truth[:, 2:4] - truth[:, :2]).max(axis=1) if len(truth) else np.zeros(0)
    weak = (part < _LEAST_SEEN * whole) | (longer < _SMALLEST_PX)
    kept = truth.copy()
    kept[weak, 4] = IGNORED
    kept[:, :4] = clipped
    return np.asarray(kept[part > 0], np.float32)


def mirrored(truth: Truth, side: int) -> Truth:
    """The truth of a picture seen in a mirror: left and right landmarks change places."""
    flipped = truth.copy()
    flipped[:, [0, 2]] = side - truth[:, [2, 0]]
    points = truth[:, 6:].reshape(-1, 5, 2)[:, [1, 0, 2, 4, 3]]
    points[..., 0] = side - points[..., 0]
    flipped[:, 6:] = points.reshape(-1, 10)
    return flipped


_CHANGES = ((0.5, augment.light), (0.25, augment.colour_cast), (0.06, augment.low_light), (0.04, augment.grey))


def _degrade(image: Image, rng: Rng) -> Image:
    for chance, change in _CHANGES:
        if rng.random() < chance:
            image = change(image, rng)
    if rng.random() < 0.12:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.6)), np.uint8)
    if rng.random() < 0.25:
        image = augment.jpeg(image, rng)
    return image
