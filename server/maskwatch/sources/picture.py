"""A decoded picture, converted only where and how somebody looks at it.

A detector wants the whole picture small, a classifier a face in full resolution, a motion gate a thumbnail in grey.
Converting all pixels to RGB first and scaling that costs ten times as much as asking the decoder's own scaler for the
small picture, and cutting the faces out of the decoder's planes.
"""

import threading
from collections.abc import Callable, Sequence
from functools import cache

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from maskwatch.core.types import Grey, Image
from maskwatch.pipeline.picture import shrunk

_HALVED = frozenset({"yuv420p", "yuvj420p", "nv12"})
"""Formats in which two by two pixels share their colour: in two planes, or in one by turns as hardware gives it."""
_FULL_RANGE = 2
_SIZES_KEPT = 8
Transform = NDArray[np.float32]


class Scaler:
    """One camera's converters, one for each size that is asked for. Callable from any thread, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reformatters: dict[tuple[str, int, int, int], VideoReformatter] = {}

    def rgb(self, frame: av.VideoFrame, width: int, height: int) -> Image:
        """`frame` (not turned upright) as RGB of this size."""
        with self._lock:
            if (width, height) != (frame.width, frame.height) and frame.format.name in _HALVED:
                # Scaled before its colours are converted it costs less than half: scalers do it the other way round.
                frame = self._convert(frame, "yuv420p", width, height)
            return self._pixels(frame, "rgb24", width, height)

    def grey(self, frame: av.VideoFrame, width: int, height: int) -> Grey:
        """`frame` (not turned upright) in grey of this size."""
        with self._lock:
            return self._pixels(frame, "gray", width, height)

    def _pixels(self, frame: av.VideoFrame, pixels: str, width: int, height: int) -> NDArray[np.uint8]:
        return self._convert(frame, pixels, width, height).to_ndarray().astype(np.uint8, copy=False)

    def _convert(self, frame: av.VideoFrame, pixels: str, width: int, height: int) -> av.VideoFrame:
        key = (pixels, frame.width, width, height)
        reformatter = self._reformatters.get(key)
        if reformatter is None:
            if len(self._reformatters) >= _SIZES_KEPT:
                self._reformatters.clear()
            reformatter = self._reformatters[key] = VideoReformatter()
        # One thread: several make no small picture sooner, and cost more processor time in all.
        return reformatter.reformat(
            frame, width=width, height=height, format=pixels, interpolation=Interpolation.AREA, threads=1
        )


class DecodedPicture:
    """Implements `core.types.Picture` on a frame of FFmpeg's decoders."""

    def __init__(self, frame: av.VideoFrame, scaler: Scaler) -> None:
        self._frame = frame
        self._scaler = scaler

    @property
    def _turns(self) -> int:
        """Quarter turns to the left that bring it upright."""
        return round(self._frame.rotation / 90) % 4

    @property
    def width(self) -> int:
        """See `Picture`."""
        return self._frame.height if self._turns % 2 else self._frame.width

    @property
    def height(self) -> int:
        """See `Picture`."""
        return self._frame.width if self._turns % 2 else self._frame.height

    def rgb(self) -> Image:
        """See `Picture`."""
        return self.scaled(self.width, self.height)

    def scaled(self, width: int, height: int) -> Image:
        """See `Picture`."""
        return self._upright(self._scaler.rgb, width, height)

    def luma(self, width: int, height: int) -> Grey:
        """See `Picture`."""
        return self._upright(self._scaler.grey, width, height)

    def crop(self, left: int, top: int, width: int, height: int, *, shrink: int = 1) -> Image:
        """See `Picture`."""
        if not (0 <= left < left + width <= self.width and 0 <= top < top + height <= self.height):
            raise ValueError(f"{width} x {height} pixels at {left}, {top} are not inside {self.width} x {self.height}")
        if self._turns or self._frame.format.name not in _HALVED:
            return np.ascontiguousarray(shrunk(self.rgb()[top : top + height, left : left + width], shrink))
        # Two by two pixels share their colour: cut on even places, then trim.
        x, y = left // 2, top // 2
        columns, rows = -(-(left + width) // 2) - x, -(-(top + height) // 2) - y
        luma, blue, red = _planes(self._frame)
        if shrink > 1 and min(width, height) >= shrink and not (shrink % 2 or left % 2 or top % 2):
            # Each plane is brought to the small size first: colours have half of it already.
            small = shrunk(luma[top : top + height, left : left + width], shrink)
            colours = (
                shrunk(plane[y : y + rows, x : x + columns], shrink // 2)[: small.shape[0], : small.shape[1]]
                for plane in (blue, red)
            )
            return np.asarray(cv2.transform(cv2.merge((small, *colours)), self._to_rgb()), np.uint8)
        planes = np.empty((2 * rows, 2 * columns, 3), np.uint8)
        whole = luma[2 * y : 2 * (y + rows), 2 * x : 2 * (x + columns)]
        planes[: whole.shape[0], : whole.shape[1], 0] = whole  # an odd side has no last row or column of its own
        for channel, part in ((1, blue), (2, red)):
            small = part[y : y + rows, x : x + columns]
            planes[..., channel] = cv2.resize(small, (2 * columns, 2 * rows), interpolation=cv2.INTER_NEAREST)
        inside = planes[top - 2 * y : top - 2 * y + height, left - 2 * x : left - 2 * x + width]
        return np.asarray(cv2.transform(shrunk(inside, shrink), self._to_rgb()), np.uint8)

    def _upright(
        self, convert: Callable[[av.VideoFrame, int, int], NDArray[np.uint8]], width: int, height: int
    ) -> NDArray[np.uint8]:
        turns = self._turns
        if not turns:
            return convert(self._frame, width, height)
        if turns % 2:
            width, height = height, width
        return np.ascontiguousarray(np.rot90(convert(self._frame, width, height), turns))

    def _to_rgb(self) -> Transform:
        frame = self._frame
        full = frame.format.name == "yuvj420p" or int(frame.color_range) == _FULL_RANGE
        return _matrix(int(frame.colorspace), full=full)


def _planes(frame: av.VideoFrame) -> Sequence[NDArray[np.uint8]]:
    """Luma (height x width), blue and red (half of both) of a frame in one of `_HALVED`."""
    if frame.format.name == "nv12":
        luma, colours = frame.planes
        both = _plane(colours, values=2)
        return _plane(luma), both[:, ::2], both[:, 1::2]
    return [_plane(plane) for plane in frame.planes]


def _plane(plane: "av.video.plane.VideoPlane", *, values: int = 1) -> NDArray[np.uint8]:
    """A plane with so many values a pixel, one beside the other."""
    pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.asarray(pixels[: plane.height, : plane.width * values], np.uint8)


@cache
def _matrix(colorspace: int, *, full: bool) -> Transform:
    """From (luma, blue difference, red difference) to RGB, as 3 x 4: what FFmpeg's scaler does, BT.601 by default."""
    red, blue = {int(Colorspace.ITU709): (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}.get(
        colorspace, (0.299, 0.114)
    )
    green = 1 - red - blue
    gain, chroma, black = (1.0, 1.0, 0.0) if full else (255 / 219, 255 / 224, 16.0)
    rows = np.array(
        [
            [gain, 0, 2 * (1 - red) * chroma],
            [gain, -2 * (1 - blue) * blue / green * chroma, -2 * (1 - red) * red / green * chroma],
            [gain, 2 * (1 - blue) * chroma, 0],
        ]
    )
    return np.asarray(np.hstack([rows, -rows @ [[black], [128.0], [128.0]]]), np.float32)
