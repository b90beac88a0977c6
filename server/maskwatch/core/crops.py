"""Cutting faces out of pictures: the first half of the classifier's pre-processing, the same in training and live."""

import math

import numpy as np

from maskwatch.core.types import Box, Face, Image, Picture

FACE_CONTEXT = 0.5
"""Context around a face that is kept as a picture, as a share of its longer side: hair, chin, a hand at the mouth."""


def square_crop(image: Image, box: Box, margin: float) -> Image:
    """The square around `box` with `margin` (a share of the box's longer side) of context on each side.

    Where the square reaches beyond the picture, the picture's edge is repeated. The result is uint8 RGB, side x side
    x 3 with side >= 1, in the picture's own resolution; it is a view of `image` where nothing had to be repeated.
    """
    left, top, side = _square(box, margin)
    height, width = image.shape[:2]
    if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
        return image[top : top + side, left : left + side]
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return image[rows[:, None], columns]


def cut_out(picture: Picture, face: Face, margin: float, *, enough_px: int | None = None) -> tuple[Image, Face]:
    """The part of `picture` that `face` is judged by, uint8 RGB, and the face in pixels of that part.

    Holds the box and all of its `square_crop` that lies inside the picture, so that cropping from the part gives the
    same as cropping from the whole. A part of which less is enough is shrunk, by an even number, so that the square has
    still at least `enough_px`.
    """
    box = face.box
    left, top, side = _square(box, margin)
    right, bottom = max(left + side, math.ceil(box.x2)), max(top + side, math.ceil(box.y2))
    left, top = min(left, math.floor(box.x1)), min(top, math.floor(box.y1))
    left, top = min(max(left, 0), picture.width - 1), min(max(top, 0), picture.height - 1)
    right, bottom = min(max(right, left + 1), picture.width), min(max(bottom, top + 1), picture.height)
    shrink = side // enough_px // 2 * 2 if enough_px else 0
    if not 0 < shrink <= min(right - left, bottom - top):
        return picture.crop(left, top, right - left, bottom - top), face.moved(-left, -top)
    left, top = left // 2 * 2, top // 2 * 2  # where colours, of which cameras send a quarter, begin as well
    part = picture.crop(left, top, right - left, bottom - top, shrink=shrink)
    return part, face.moved(-left, -top).scaled(1 / shrink, 1 / shrink)


def _square(box: Box, margin: float) -> tuple[int, int, int]:
    """Left, top and side of the square that `square_crop` cuts."""
    side = max(1, round(box.longer_side * (1 + 2 * margin)))
    center_x, center_y = box.center
    return round(center_x - side / 2), round(center_y - side / 2), side
