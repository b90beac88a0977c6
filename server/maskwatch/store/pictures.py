"""The pictures of an alert, as JPEG: the face, the frame with boxes drawn, and what was before. Pure, takes a while."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.crops import FACE_CONTEXT
from maskwatch.core.geometry import clip
from maskwatch.core.types import AlertKind, Box, Image

FRAME_LONGEST_PX = 1280
FACE_LONGEST_PX = 640

_QUALITY = 88
_MARK_COLORS = {AlertKind.NO_MASK: (229, 72, 77), AlertKind.INCORRECT: (245, 166, 35)}
_OTHERS_COLOR = (200, 206, 214)
_MARK_OUTLINE = (20, 20, 20)


def face_jpeg(image: Image, box: Box) -> bytes:
    """The face in `box` with some context, cut at the picture's edge, never enlarged. Empty if it lies outside."""
    height, width = image.shape[:2]
    (center_x, center_y), half = box.center, box.longer_side * (0.5 + FACE_CONTEXT)
    around = clip(Box(center_x - half, center_y - half, center_x + half, center_y + half), width, height)
    crop = image[int(around.y1) : int(np.ceil(around.y2)), int(around.x1) : int(np.ceil(around.x2))]
    return plain_jpeg(crop, FACE_LONGEST_PX) if crop.size else b""


def plain_jpeg(image: Image, longest_px: int = FRAME_LONGEST_PX) -> bytes:
    """The picture as it is, its longest side at most `longest_px`."""
    return _jpeg(_shrunk(image, longest_px)[0])


def frame_jpeg(image: Image, box: Box | None, kind: AlertKind, others: Sequence[Box] = ()) -> bytes:
    """The whole picture, its longest side at most `FRAME_LONGEST_PX`, lines around `box` and, thinner, `others`."""
    small, scale = _shrunk(image, FRAME_LONGEST_PX)
    if box is None and not others:
        return _jpeg(small)
    marked = image.copy() if small is image else small
    line_px = max(2, round(max(marked.shape[:2]) / 500))
    for other in others:
        _outline(marked, other, scale, _OTHERS_COLOR, max(1, line_px // 2))
    if box is not None:
        _outline(marked, box, scale, _MARK_COLORS[kind], line_px)
    return _jpeg(marked)


def _outline(image: Image, box: Box, scale: float, color: tuple[int, int, int], line_px: int) -> None:
    # The line runs outside the box: it must not cover the face.
    margin = box.longer_side * scale * 0.08 + line_px
    first = (round(box.x1 * scale - margin), round(box.y1 * scale - margin))
    last = (round(box.x2 * scale + margin), round(box.y2 * scale + margin))
    cv2.rectangle(image, first, last, _MARK_OUTLINE, line_px + 2, cv2.LINE_AA)
    cv2.rectangle(image, first, last, color, line_px, cv2.LINE_AA)


def _shrunk(image: Image, longest_px: int) -> tuple[Image, float]:
    """`image` with its longest side at most `longest_px`, and by how much it was scaled."""
    if not image.size:
        msg = "an empty picture has no size"
        raise ValueError(msg)
    height, width = image.shape[:2]
    scale = min(1.0, longest_px / max(height, width))
    if scale == 1.0:
        return image, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), scale


def _jpeg(image: Image) -> bytes:
    swapped = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR)
    encoded: NDArray[np.uint8]
    ok, encoded = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not ok:
        msg = f"a picture of shape {image.shape} could not be encoded"
        raise ValueError(msg)
    return encoded.tobytes()
