"""A picture that is there as RGB already: of a file, of a test, of a source with no cheaper way."""

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Grey, Image


def shrunk(pixels: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """A picture or one plane of it, so many times smaller each way; rows and columns that are left over are cut off.

    By a whole number, averaging costs a thirtieth of what it costs by others.
    """
    rows, columns = (max(1, side // times) for side in pixels.shape[:2])
    if times <= 1:
        return pixels
    whole = pixels[: rows * times, : columns * times]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def fit_square(crop: Image, side: int) -> Image:
    """Scale a square to `side` pixels: averaged by a whole number first, so that nothing aliases, and then linear."""
    times = crop.shape[0] // side
    if times > 1:
        crop = shrunk(crop, times)
    if crop.shape[:2] == (side, side):
        return crop
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)


class RgbPicture:
    """Implements `core.types.Picture` on an array of uint8 RGB, height x width x 3."""

    def __init__(self, image: Image) -> None:
        self._image = image

    @property
    def width(self) -> int:
        """See `Picture`."""
        return int(self._image.shape[1])

    @property
    def height(self) -> int:
        """See `Picture`."""
        return int(self._image.shape[0])

    def rgb(self) -> Image:
        """See `Picture`."""
        return self._image

    def scaled(self, width: int, height: int) -> Image:
        """See `Picture`."""
        if (width, height) == (self.width, self.height):
            return self._image
        # Area averaging keeps small faces from aliasing away; it makes no sense for enlarging.
        how = cv2.INTER_AREA if width < self.width else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(self._image, (width, height), interpolation=how), np.uint8)

    def crop(self, left: int, top: int, width: int, height: int, *, shrink: int = 1) -> Image:
        """See `Picture`."""
        return shrunk(self._image[top : top + height, left : left + width], shrink)

    def luma(self, width: int, height: int) -> Grey:
        """See `Picture`."""
        return np.asarray(cv2.cvtColor(self.scaled(width, height), cv2.COLOR_RGB2GRAY), np.uint8)
