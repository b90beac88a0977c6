"""What anchor-free detectors share: fitting pictures to the network, decoding its answers, non-maximum suppression.

A network of this family looks at a grid of cells at strides 8, 16 and 32 and says for each cell how likely a face
is centred there, by how much the centre is off, how large the face is and where its five landmarks are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Box, Face, Image
from maskwatch.errors import ModelError

STRIDES = (8, 16, 32)
_BATCH = 1  # pictures a run: on a CPU more cost up to a fifth more each (they leave its caches), and memory
_MAX_CANDIDATES = 1000  # before suppression, best first: a crowd has a few hundred faces
_LARGEST_EXPONENT = 8.0  # e**8 strides is wider than any picture: keeps an untrained network from overflowing

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A picture scaled to the network: `canvas` padded with black at the right and the bottom to multiples of 32."""

    canvas: Image
    scale_x: float
    scale_y: float


def check_images(images: Sequence[Image]) -> None:
    """Refuse anything but RGB pictures.

    Raises:
        ValueError: a picture is not uint8 of height x width x 3, or is empty.
    """
    for index, image in enumerate(images):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise ValueError(f"picture {index}: expected uint8 height x width x 3, got {image.dtype} {image.shape}")


def fit(image: Image, *, size: int, square: bool = False) -> Fitted:
    """Scale `image` so that its longer side is `size` pixels, and pad it (to size x size if `square`)."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    new_height, new_width = max(1, round(height * scale)), max(1, round(width * scale))
    if (new_height, new_width) == (height, width):
        scaled: Image = image
    else:
        # Area averaging keeps small faces from aliasing away; it makes no sense for enlarging.
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(image, (new_width, new_height), interpolation=how), np.uint8)
    padded_height, padded_width = (size, size) if square else (_up_to_stride(new_height), _up_to_stride(new_width))
    canvas = scaled
    if (padded_height, padded_width) != (new_height, new_width):
        canvas = np.zeros((padded_height, padded_width, 3), np.uint8)
        canvas[:new_height, :new_width] = scaled
    return Fitted(canvas=canvas, scale_x=new_width / width, scale_y=new_height / height)


def in_batches(fitted: Sequence[Fitted], largest: int = _BATCH) -> Iterator[tuple[list[int], Image]]:
    """Group pictures of the same padded shape: their indices, and the batch (up to `largest` x height x width x 3)."""
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, one in enumerate(fitted):
        groups[one.canvas.shape].append(index)
    for members in groups.values():
        for start in range(0, len(members), largest):
            chunk = members[start : start + largest]
            yield chunk, np.stack([fitted[index].canvas for index in chunk])


@lru_cache(maxsize=64)
def grid(height: int, width: int) -> tuple[Floats, Floats]:
    """Cells of a padded picture, in the order of the network's answers: (x, y) in pixels (n x 2), and stride (n)."""
    points, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32) * stride
        points.append(cells)
        strides.append(np.full(len(cells), stride, np.float32))
    return np.concatenate(points), np.concatenate(strides)


def decode(
    scores: Floats, geometry: Floats, shape: tuple[int, int], *, min_score: float, max_overlap: float
) -> tuple[Floats, Floats, Floats]:
    """Faces of one picture, in pixels of the padded picture, best first.

    `scores` (n) in 0..1 and `geometry` (n x 14: centre offset, log size, five landmarks, all in strides) are the
    network's answers for the cells of a padded picture of `shape` (height, width).

    Returns boxes (k x 4: x1, y1, x2, y2), scores (k) and landmarks (k x 5 x 2).

    Raises:
        ModelError: the network gave another number of answers than the picture has cells.
    """
    points, strides = grid(*shape)
    if len(points) != len(scores):
        raise ModelError(f"The detector gave {len(scores)} answers for {len(points)} cells: its shape is wrong.")
    chosen = np.flatnonzero(scores >= min_score)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:_MAX_CANDIDATES]]
    cells, stride, raw = points[chosen], strides[chosen, None], geometry[chosen]
    centers = cells + raw[:, 0:2] * stride
    halves = np.exp(np.minimum(raw[:, 2:4], _LARGEST_EXPONENT)) * stride / 2
    boxes = np.concatenate([centers - halves, centers + halves], axis=1)
    landmarks = cells[:, None] + raw[:, 4:14].reshape(-1, 5, 2) * stride[:, None]
    kept = suppress(boxes, max_overlap=max_overlap)
    return boxes[kept], scores[chosen][kept], landmarks[kept]


def suppress(boxes: Floats, *, max_overlap: float) -> list[int]:
    """Greedy non-maximum suppression: indices of the boxes (best first) that overlap no better one by more (IoU)."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(boxes), bool)
    kept: list[int] = []
    for index in range(len(boxes)):
        if not alive[index]:
            continue
        kept.append(index)
        low = np.maximum(boxes[index, :2], boxes[index + 1 :, :2])
        high = np.minimum(boxes[index, 2:], boxes[index + 1 :, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        union = areas[index] + areas[index + 1 :] - shared
        alive[index + 1 :] &= shared <= max_overlap * union
    return kept


def to_faces(boxes: Floats, scores: Floats, landmarks: Floats | None, fitted: Fitted, image: Image) -> list[Face]:
    """Bring faces back to pixels of the picture they were found in, clipped to it; empty ones are dropped."""
    height, width = image.shape[:2]
    factor = np.array([fitted.scale_x, fitted.scale_y], np.float32)
    limits = np.array([width, height, width, height], np.float32)
    scaled = np.clip(boxes / np.tile(factor, 2), 0, limits)
    faces = []
    for index, (x1, y1, x2, y2) in enumerate(scaled.tolist()):
        if x2 - x1 < 1 or y2 - y1 < 1:
            continue
        points = None if landmarks is None else [(x, y) for x, y in (landmarks[index] / factor).tolist()]
        faces.append(
            Face(
                box=Box(x1, y1, x2, y2),
                score=float(min(1.0, scores[index])),
                landmarks=None if points is None else tuple(points),
            )
        )
    return faces


Answers = tuple[Floats, Floats]
"""Scores (batch x n) and geometry (batch x n x 14) of one batch."""


def detect_batched(
    images: Sequence[Image],
    network: Callable[[Image], Answers],
    *,
    size: int,
    min_score: float,
    max_overlap: float,
    square: bool = False,
) -> list[list[Face]]:
    """Run `network` over pictures of any sizes: one list of faces a picture, best first."""
    check_images(images)
    fitted = [fit(image, size=size, square=square) for image in images]
    found: list[list[Face]] = [[] for _ in images]
    for indices, batch in in_batches(fitted):
        scores, geometry = network(batch)
        for row, index in enumerate(indices):
            boxes, kept, landmarks = decode(
                scores[row], geometry[row], batch.shape[1:3], min_score=min_score, max_overlap=max_overlap
            )
            found[index] = to_faces(boxes, kept, landmarks, fitted[index], images[index])
    return found


def _up_to_stride(side: int) -> int:
    return -(-side // STRIDES[-1]) * STRIDES[-1]
