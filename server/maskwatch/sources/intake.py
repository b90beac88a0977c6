"""Where a publisher's pictures cross from the loop to the thread of its camera's source."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import av
import numpy as np

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.core.types import Image

MAX_PACKETS = 300
"""Encoded pictures kept for a source that is slow to take them; 10 s of them are of no use to a live view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What has come since the last one: encoded pictures in order, and the newest decoded one if there is one.

    All of one publisher, whose number `publication` is.
    """

    publication: int
    packets: Sequence[EncodedPacket] = ()
    frame: RawFrame | None = None
    info: StreamInfo | None = None
    """What the stream of `frame` is."""


class Intake:
    """One camera's. Holds the newest decoded picture only, and a bounded number of encoded ones."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._publication = 0
        self._publishing = False
        self._sequence = 0
        self._packets: deque[EncodedPacket] = deque(maxlen=MAX_PACKETS)
        self._newest: tuple[RawFrame, StreamInfo] | None = None

    @property
    def publishing(self) -> bool:
        """Whether somebody is sending to this camera."""
        return self._publishing

    def begin(self) -> int:
        """A publisher came; its number, which it gives with all it brings."""
        with self._changed:
            self._publication += 1
            self._publishing = True
            self._empty()
            return self._publication

    def end(self, publication: int) -> None:
        """The publisher of this number has gone. Nothing happens if another took its place."""
        with self._changed:
            if publication == self._publication:
                self._publishing = False
                self._empty()
                self._changed.notify_all()

    def put_packet(self, publication: int, packet: EncodedPacket) -> None:
        """Bring an encoded picture."""
        with self._changed:
            if publication == self._publication and self._publishing:
                self._packets.append(packet)
                self._changed.notify_all()

    def put(self, publication: int, video: av.VideoFrame, info: StreamInfo, ticks: int) -> None:
        """Bring a decoded picture; it takes the place of one that nobody took."""
        with self._changed:
            if publication != self._publication or not self._publishing:
                return
            self._sequence += 1
            frame = RawFrame(
                sequence=self._sequence,
                captured_monotonic_s=time.monotonic(),
                captured_utc=datetime.now(UTC),
                to_rgb=_RgbOnce(video),
                media_ticks=ticks,
            )
            self._newest = (frame, info)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Delivery:
        """What has come; an empty delivery if nothing comes within the time or the publisher goes."""
        with self._changed:
            if self._newest is None and not self._packets:
                self._changed.wait(timeout_s)
            frame, info = self._newest or (None, None)
            delivery = Delivery(publication=self._publication, packets=tuple(self._packets), frame=frame, info=info)
            self._empty()
            return delivery

    def _empty(self) -> None:
        self._packets.clear()
        self._newest = None


class _RgbOnce:
    """Converts a decoded picture when first asked, and lets go of the decoder's buffer. Callable from any thread."""

    def __init__(self, video: av.VideoFrame) -> None:
        self._video: av.VideoFrame | None = video
        self._image: Image | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Image:
        with self._lock:
            if self._image is None and self._video is not None:
                self._image, self._video = np.asarray(self._video.to_ndarray(format="rgb24"), np.uint8), None
            return cast("Image", self._image)
