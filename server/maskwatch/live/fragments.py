"""A camera's live picture as fragmented MP4: what a browser that can't have WebRTC is sent, in order."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from maskwatch.live.feed import LiveFeed
from maskwatch.live.fmp4 import TIMESCALE, init_segment, mime_type
from maskwatch.live.h264 import picture_size
from maskwatch.live.stream import StreamFrame, Watcher

_CODEC = "H264"
_MAY_LAG_FRAMES = 45
"""Fewer than for WebRTC: what is kept back for a slow line is not live any more when it comes."""
_KEYFRAME_WITHIN_TICKS = 10 * TIMESCALE
"""A page can forget old pictures only up to a keyframe; sources that can be asked are asked for one this often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What follows is another stream: its type, the size of its pictures in pixels, its initialisation segment."""

    mime: str
    width: int
    height: int
    segment: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One picture. `shown_s` is its time in the stream, whose 90 kHz ticks modulo 2**32 are its media time."""

    data: bytes
    keyframe: bool
    shown_s: float


class FragmentViewing:
    """A browser that watches a camera by fragments. `parts` gives them until `end`."""

    def __init__(self, camera: str, feed: LiveFeed, *, on_end: Callable[["FragmentViewing"], None]) -> None:
        self.camera = camera
        self._feed = feed
        self._on_end = on_end
        self._watcher: Watcher | None = feed.join(_CODEC, may_lag_frames=_MAY_LAG_FRAMES, paced=False)
        self._sets: tuple[tuple[bytes, ...], tuple[bytes, ...]] = ((), ())
        self._epoch: int | None = None
        self._keyframe_ticks = 0

    async def parts(self) -> AsyncGenerator[Start | Fragment]:
        """A `Start`, then fragments beginning with a keyframe; again a `Start` whenever the stream becomes another."""
        while (watcher := self._watcher) is not None and (frame := await watcher.next_frame()) is not None:
            if frame.keyframe and (start := self._start_at(frame)) is not None:
                yield start
            if frame.time.epoch == self._epoch:
                self._see_to_keyframes(frame)
                yield Fragment(data=frame.fragment(), keyframe=frame.keyframe, shown_s=frame.time.shown / TIMESCALE)
            else:
                # Another stream can be begun at a keyframe only, and who makes them when asked makes few otherwise.
                watcher.keyframe_wanted()

    def end(self) -> None:
        """Let go of the camera. More than once does no harm."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            self._feed.leave(_CODEC, watcher)
            self._on_end(self)

    def _start_at(self, keyframe: StreamFrame) -> Start | None:
        """What to begin with at `keyframe`; None if the stream goes on, or can't be begun here."""
        parts = keyframe.parts()
        sets = (parts.sps, parts.pps)
        if (sets == self._sets and keyframe.time.epoch == self._epoch) or not all(sets):
            return None
        try:
            width, height = picture_size(parts.sps[0])
        except ValueError:
            return None
        self._sets, self._epoch = sets, keyframe.time.epoch
        segment = init_segment(parts.sps, parts.pps, width, height)
        return Start(mime=mime_type(parts.sps[0]), width=width, height=height, segment=segment)

    def _see_to_keyframes(self, frame: StreamFrame) -> None:
        if frame.keyframe:
            self._keyframe_ticks = frame.time.shown
        elif frame.time.shown - self._keyframe_ticks >= _KEYFRAME_WITHIN_TICKS and self._watcher is not None:
            self._keyframe_ticks = frame.time.shown
            self._watcher.keyframe_wanted()
