"""A picture that is there as RGB already: of a file, of a test, of a source with no cheaper way."""

import cv2
import numpy as np

from maskwatch.core.types import Grey, Image


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

    def crop(self, left: int, top: int, width: int, height: int) -> Image:
        """See `Picture`."""
        return self._image[top : top + height, left : left + width]

    def luma(self, width: int, height: int) -> Grey:
        """See `Picture`."""
        return np.asarray(cv2.cvtColor(self.scaled(width, height), cv2.COLOR_RGB2GRAY), np.uint8)
