"""A camera's newest picture as JPEG: where WebRTC can't be had, and as the first thing a page shows."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2

from maskwatch.core.ports import RawFrame
from maskwatch.errors import NotFoundError

WIDTHS = (160, 320, 480, 640, 960, 1280, 1920)
"""Widths that pictures come in; a wanted one is rounded up, so that many pages share few encodings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A JPEG picture and what frame it shows."""

    jpeg: bytes
    sequence: int
    captured_utc: datetime
    age_s: float
    media_ticks: int


@dataclass(slots=True)
class _Encoding:
    captured_s: float
    jpeg: "asyncio.Task[bytes]"


class Stills:
    """Makes them, once for each frame and width, however many ask. `latest` gives a camera's newest frame."""

    def __init__(self, latest: Callable[[str], RawFrame | None], *, quality: int = 75) -> None:
        self._latest = latest
        self._quality = quality
        self._encodings: dict[tuple[str, int], _Encoding] = {}

    async def newest(self, camera: str, width: int | None = None) -> Still:
        """The newest picture of `camera`, not much wider than `width` pixels.

        Raises:
            NotFoundError: there is none (yet), or it is damaged.
        """
        frame = self._latest(camera)
        if frame is None:
            self.forget(camera)
            raise NotFoundError(
                "This camera has no picture yet.", remedy="See its state in the list of cameras.", code="no_picture"
            )
        target = next((known for known in WIDTHS if width is not None and known >= width), 0)
        encoding = self._encodings.get((camera, target))
        if encoding is None or encoding.captured_s != frame.captured_monotonic_s:
            encoded = asyncio.create_task(asyncio.to_thread(_encode, frame, target, self._quality))
            encoding = _Encoding(frame.captured_monotonic_s, encoded)
            self._encodings[camera, target] = encoding
        try:
            jpeg = await asyncio.shield(encoding.jpeg)
        except ValueError:
            raise NotFoundError(
                "This camera's newest picture is damaged.", remedy="Ask for the next one.", code="no_picture"
            ) from None
        return Still(
            jpeg=jpeg,
            sequence=frame.sequence,
            captured_utc=frame.captured_utc,
            age_s=max(0.0, time.monotonic() - frame.captured_monotonic_s),
            media_ticks=frame.live_ticks,
        )

    def forget(self, camera: str) -> None:
        """Let go of what is kept of `camera`."""
        for key in [key for key in self._encodings if key[0] == camera]:
            del self._encodings[key]


def _encode(frame: RawFrame, width: int, quality: int) -> bytes:
    # OpenCV takes pictures as BGR.
    image = cv2.cvtColor(frame.to_rgb(), cv2.COLOR_RGB2BGR)
    if 0 < width < image.shape[1]:
        height = max(1, math.ceil(image.shape[0] * width / image.shape[1]))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(jpeg)
