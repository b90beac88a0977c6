"""How far one look at a face can be trusted: its size, its sharpness, and whether it faces the camera.

The thresholds were set on held-out faces so that hardly any face of 32 pixels that people can read is thrown out; see
docs/models.md for what share of the faces is not judged, by size.
"""

import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Face, Image, Quality

_SIDE = 24  # pixels a side that a face is scaled to before its sharpness is measured
_SIZE_NONE, _SIZE_FULL = 10.0, 40.0  # longer side in pixels: no trust below the first, full trust from the second on
_BLUR_NONE, _BLUR_FULL = 0.006, 0.05  # Laplacian's variance over the picture's own
_FLAT = 4.0  # variance (grey levels squared) below which there is nothing to be seen at all
_TURNED_NONE, _TURNED_LEAST = 0.05, 0.35  # frontality below the first: back of the head; the least weight of others

Grey = NDArray[np.float32]


def assess(image: Image, face: Face, *, shrunk: float = 1.0) -> Quality:
    """Quality of the look at `face` in `image` (uint8 RGB). Weight 0 means "can't tell": tiny, blurred, turned away.

    `shrunk` is how many times larger the picture was that the camera gave: what the face's size is counted in.
    """
    grey = _scaled_grey(image, face)
    frontality = _frontality(face)
    size_px = face.box.longer_side * shrunk
    if grey is None:
        return Quality(size_px=size_px, sharpness=0.0, frontality=frontality, weight=0.0)
    variance = float(grey.var())
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    sharpness = float(laplacian.var())
    weight = _ramp(size_px, _SIZE_NONE, _SIZE_FULL)
    weight *= _ramp(sharpness / max(variance, _FLAT), _BLUR_NONE, _BLUR_FULL) if variance > _FLAT else 0.0
    weight *= 0.0 if frontality < _TURNED_NONE else max(_TURNED_LEAST, frontality)
    return Quality(size_px=size_px, sharpness=sharpness, frontality=frontality, weight=weight)


def _scaled_grey(image: Image, face: Face) -> Grey | None:
    """The face (its green channel, nearest to grey) at `_SIDE` x `_SIDE`; None where its box is outside the picture."""
    height, width = image.shape[:2]
    box = face.box
    left, right = max(0, int(box.x1)), min(width, int(np.ceil(box.x2)))
    top, bottom = max(0, int(box.y1)), min(height, int(np.ceil(box.y2)))
    if right - left < 2 or bottom - top < 2:
        return None
    # Large faces: look at every n-th pixel only, two or three for each one kept.
    step = max(1, min(right - left, bottom - top) // (3 * _SIDE))
    grey = image[top:bottom:step, left:right:step, 1].astype(np.float32)
    return _resample(_resample(grey, axis=0), axis=1)


def _resample(grey: Grey, *, axis: int) -> Grey:
    """Bring one axis to `_SIDE`: means of neighbouring pixels where it is longer, interpolation where it is shorter."""
    length = grey.shape[axis]
    if length >= _SIDE:
        starts = np.arange(_SIDE) * length // _SIDE
        counts = np.diff(np.append(starts, length)).astype(np.float32)
        sums = np.add.reduceat(grey, starts, axis=axis)
        return np.asarray(sums / (counts[:, None] if axis == 0 else counts), np.float32)
    places = np.linspace(0, length - 1, _SIDE)
    low = np.minimum(places.astype(int), length - 2)
    part = (places - low).astype(np.float32)
    part = part[:, None] if axis == 0 else part
    return np.asarray(grey.take(low, axis) * (1 - part) + grey.take(low + 1, axis) * part, np.float32)


def _frontality(face: Face) -> float:
    """1 from the front; towards 0 as the eyes close up on each other and the nose leaves the middle between them."""
    if face.landmarks is None:
        return 1.0
    points = np.array(face.landmarks, np.float64)
    across = points[1] - points[0]
    down = points[3:].mean(axis=0) - points[:2].mean(axis=0)
    eyes, length = float(np.hypot(*across)), float(np.hypot(*down))
    if length < 1e-6 or eyes < 1e-6:
        return 0.0
    spread = min(1.0, eyes / (0.8 * length))
    nose = points[2] - points[:2].mean(axis=0)
    # Off the line from the eyes to the mouth, so that a tilted head does not count as a turned one.
    off = abs(float(nose[0] * down[1] - nose[1] * down[0])) / length
    lean = min(1.0, off / (0.6 * length))
    return float(np.clip(spread * (1 - lean**2), 0.0, 1.0))


def _ramp(value: float, none: float, full: float) -> float:
    return float(np.clip((value - none) / (full - none), 0.0, 1.0))
