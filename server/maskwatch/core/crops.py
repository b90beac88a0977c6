"""Cutting faces out of pictures: the first half of the classifier's pre-processing, the same in training and live."""

import numpy as np

from maskwatch.core.types import Box, Image


def square_crop(image: Image, box: Box, margin: float) -> Image:
    """The square around `box` with `margin` (a share of the box's longer side) of context on each side.

    Where the square reaches beyond the picture, the picture's edge is repeated. The result is uint8 RGB, side x side
    x 3 with side >= 1, in the picture's own resolution; it is a view of `image` where nothing had to be repeated.
    """
    side = max(1, round(box.longer_side * (1 + 2 * margin)))
    center_x, center_y = box.center
    left, top = round(center_x - side / 2), round(center_y - side / 2)
    height, width = image.shape[:2]
    if left >= 0 and top >= 0 and left + side <= width and top + side <= height:
        return image[top : top + side, left : left + side]
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    return image[rows[:, None], columns]
