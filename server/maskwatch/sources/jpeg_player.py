"""Delivers the pictures of a camera that sends JPEGs. Each is decoded only if somebody looks at it."""

import threading
import time
from datetime import UTC, datetime

import cv2
import numpy as np

from maskwatch.core.ports import RawFrame, SourceSink, StreamInfo
from maskwatch.core.types import Image
from maskwatch.errors import SourceError, SourceReason
from maskwatch.sources.jpegs import Jpeg, JpegSplitter

_NO_PICTURE_AFTER_S = 10.0
"""Bytes that keep coming without giving a picture for this long are none."""


class JpegPlayer:
    """Takes bytes as they come from one camera, in its thread, and delivers the pictures in them to a sink."""

    def __init__(self, sink: SourceSink, *, where: str, transport: str) -> None:
        self.pictures = 0
        self._sink = sink
        self._where = where
        self._transport = transport
        self._splitter = JpegSplitter()
        self._size: tuple[int, int] | None = None
        self._last_picture_s = time.monotonic()

    def feed(self, data: bytes) -> int:
        """Deliver what `data` completes; how many pictures.

        Raises:
            SourceError: no picture has been among the bytes for long.
        """
        found = self._splitter.feed(data)
        for jpeg in found:
            self._deliver(jpeg)
        if not found and time.monotonic() - self._last_picture_s > _NO_PICTURE_AFTER_S:
            raise self.undecodable()
        return len(found)

    def start_over(self) -> None:
        """What comes next is another answer: a picture that was cut off is over."""
        self._splitter = JpegSplitter()

    def undecodable(self) -> SourceError:
        """Why there is no picture although bytes come."""
        return SourceError(
            SourceReason.CORRUPT,
            f"What the camera at {self._where} sends holds no JPEG pictures.",
            remedy="Check the path of its MJPEG stream in its manual.",
        )

    def _deliver(self, jpeg: Jpeg) -> None:
        to_rgb = _DecodedOnce(jpeg)
        if self.pictures == 0:
            # The first one decides whether this is a camera at all; the others are decoded when they are looked at.
            try:
                to_rgb()
            except ValueError:
                return
        now_s = time.monotonic()
        self._last_picture_s = now_s
        if (jpeg.width, jpeg.height) != self._size:
            self._size = (jpeg.width, jpeg.height)
            self._sink.opened(
                StreamInfo(codec="mjpeg", width=jpeg.width, height=jpeg.height, transport=self._transport)
            )
        self.pictures += 1
        self._sink.frame(
            RawFrame(
                sequence=self.pictures,
                captured_monotonic_s=now_s,
                captured_utc=datetime.now(UTC),
                to_rgb=to_rgb,
            )
        )


class _DecodedOnce:
    """Decodes a JPEG when first asked, and lets go of its bytes. Callable from any thread."""

    def __init__(self, jpeg: Jpeg) -> None:
        self._jpeg: Jpeg | None = jpeg
        self._image: Image | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Image:
        """The picture, uint8 RGB.

        Raises:
            ValueError: it can't be decoded.
        """
        with self._lock:
            if self._image is None and self._jpeg is not None:
                self._image, self._jpeg = _decode(self._jpeg), None
            if self._image is None:
                raise ValueError("a JPEG can't be decoded")
            return self._image


def _decode(jpeg: Jpeg) -> Image | None:
    # Turned as the stream says its size, not as a note in the picture may want it.
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(jpeg.data, np.uint8), flags)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)
