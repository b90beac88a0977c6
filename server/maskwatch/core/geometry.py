"""Boxes and crops. Pixels of the picture in, pixels out; nothing here knows what a face is."""

import numpy as np

from maskwatch.core.types import Box, Image


def intersection_over_union(first: Box, second: Box) -> float:
    """Shared area over joint area, 0..1."""
    width = min(first.x2, second.x2) - max(first.x1, second.x1)
    height = min(first.y2, second.y2) - max(first.y1, second.y1)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (first.area + second.area - shared)


def clip(box: Box, width: int, height: int) -> Box:
    """`box` cut to a picture of `width` x `height` pixels."""
    return Box(
        min(max(box.x1, 0.0), width), min(max(box.y1, 0.0), height),
        min(max(box.x2, 0.0), width), min(max(box.y2, 0.0), height),
    )  # fmt: skip


def square_around(box: Box, margin: float) -> Box:
    """The square around the centre of `box` whose side is its longer side plus `margin` of it on each side."""
    center_x, center_y = box.center
    half = box.longer_side * (0.5 + margin)
    return Box(center_x - half, center_y - half, center_x + half, center_y + half)


def square_crop(image: Image, box: Box, margin: float) -> Image:
    """Cut the square around `box` out of `image` (height x width x 3); what lies outside the picture is black.

    Returns a square of at least 1 x 1 pixel, a view into `image` where it lies wholly inside. The same function cuts
    the faces for training and for serving, so that both see the same context.
    """
    height, width = image.shape[:2]
    square = square_around(box, margin)
    side = max(1, round(square.width))
    left, top = round(square.x1), round(square.y1)
    inside = image[max(0, top) : max(0, min(height, top + side)), max(0, left) : max(0, min(width, left + side))]
    if inside.shape[0] == side and inside.shape[1] == side:
        return inside
    crop = np.zeros((side, side, 3), dtype=np.uint8)
    if inside.size:
        y, x = max(0, -top), max(0, -left)
        crop[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return crop
