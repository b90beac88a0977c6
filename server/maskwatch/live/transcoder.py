"""Encodes a camera's newest pictures for browsers, where its own packets can't be passed on. Once, whoever watches."""

import threading
from collections.abc import Callable
from fractions import Fraction
from typing import cast

import av
import structlog
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from maskwatch.core.ports import RawFrame
from maskwatch.rtc.aiortc_inside import TICKS_MODULUS

_log = structlog.get_logger(__name__)

_TIME_BASE = Fraction(1, 90_000)
_MAX_FPS = 15
_LONGEST_SIDE_PX = 1280
_BITRATE_BPS = 2_500_000
_KEYFRAME_EVERY = 300
"""Pictures between keyframes that nobody asked for; a lost picture is asked for."""
_OUT_OF_ORDER_TICKS = 2 * 90_000
"""A picture that is older than the last one by no more than this is late; one by more is another clock's."""
_KEYFRAMES_APART_S = 0.3
"""However many ask, and however often: each is several times the size of other pictures."""


class Transcoder:
    """A thread that encodes the newest of the pictures it is shown, and gives them to `push(data, ticks, keyframe)`."""

    def __init__(
        self,
        codec: str,
        camera: str,
        push: Callable[[bytes, int, bool], None],
        *,
        on_skip: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_skip(reason)` is told of each picture that is not encoded: `overwritten`, `too_soon` or `failed`."""
        self._codec = codec
        self._camera = camera
        self._push = push
        self._on_skip = on_skip
        self._changed = threading.Condition()
        self._newest: RawFrame | None = None
        self._stopping = False
        self._keyframe_wanted, self._keyframe_s = True, float("-inf")
        self._encoder: VideoCodecContext | None = None
        self._clock = _Unwrapped()
        self._thread = threading.Thread(target=self._run, name=f"encode-{codec}-{camera}", daemon=True)

    def start(self) -> None:
        """Start encoding."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; does not wait for it."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    @property
    def running(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait for the thread's end; at most one picture's time after `stop`."""
        self._thread.join()

    def show(self, frame: RawFrame) -> None:
        """The newest picture; it takes the place of one that was not encoded."""
        with self._changed:
            overwritten = self._newest is not None
            self._newest = frame
            self._changed.notify()
        if overwritten:
            self._on_skip("overwritten")

    def want_keyframe(self) -> None:
        """Make the next picture a keyframe."""
        self._keyframe_wanted = True

    def _run(self) -> None:
        last_s = float("-inf")
        while (frame := self._next()) is not None:
            # A little less than the interval, so that a camera's jitter doesn't halve its rate.
            if frame.captured_monotonic_s - last_s < 0.8 / _MAX_FPS:
                self._on_skip("too_soon")
                continue
            last_s = frame.captured_monotonic_s
            try:
                self._encode(frame)
            # What can't be decoded (a camera's damaged JPEG) or encoded costs its picture, not all that come after it.
            except (av.FFmpegError, ValueError, OSError, MemoryError) as error:
                _log.error("encoding the live picture failed", camera=self._camera, error=type(error).__name__)
                self._encoder = None
                self._on_skip("failed")

    def _next(self) -> RawFrame | None:
        with self._changed:
            while self._newest is None and not self._stopping:
                self._changed.wait()
            newest, self._newest = self._newest, None
            return None if self._stopping else newest

    def _encode(self, frame: RawFrame) -> None:
        pts = self._clock.advance(frame.live_ticks)
        if pts is None:
            self._on_skip("too_soon")
            return
        picture = av.VideoFrame.from_ndarray(frame.to_rgb(), format="rgb24")
        width, height = _fitting(picture.width, picture.height)
        picture = picture.reformat(width=width, height=height, format="yuv420p")
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (width, height):
            encoder = self._encoder = _open(self._codec, width, height)
            self._keyframe_wanted, self._keyframe_s = True, float("-inf")
        picture.pts, picture.time_base = pts, _TIME_BASE
        if self._keyframe_wanted and frame.captured_monotonic_s - self._keyframe_s >= _KEYFRAMES_APART_S:
            picture.pict_type = PictureType.I
            self._keyframe_wanted, self._keyframe_s = False, frame.captured_monotonic_s
        else:
            picture.pict_type = PictureType.NONE
        for packet in encoder.encode(picture):
            if packet.pts is not None:
                self._push(bytes(packet), packet.pts % TICKS_MODULUS, packet.is_keyframe)


class _Unwrapped:
    """Turns 90 kHz ticks modulo 2**32 into a time that only rises, as encoders want it."""

    def __init__(self) -> None:
        self._last: int | None = None

    def advance(self, ticks: int) -> int | None:
        """The full time of `ticks`; None if it is no later than the last.

        A camera that is opened anew counts anew: what is far behind the last is taken for later by a whole turn.
        """
        if self._last is None:
            self._last = ticks
            return ticks
        step = (ticks - self._last) % TICKS_MODULUS
        if step == 0 or step >= TICKS_MODULUS - _OUT_OF_ORDER_TICKS:
            return None
        self._last += step
        return self._last


def _fitting(width: int, height: int) -> tuple[int, int]:
    """`width` and `height` scaled down to what is sent, both even."""
    scale = min(1.0, _LONGEST_SIDE_PX / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _open(codec: str, width: int, height: int) -> VideoCodecContext:
    encoder = cast("VideoCodecContext", av.CodecContext.create({"H264": "libx264", "VP8": "libvpx"}[codec], "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = _TIME_BASE, Fraction(_MAX_FPS, 1)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = _BITRATE_BPS, _KEYFRAME_EVERY, 1
    if codec == "H264":
        encoder.profile = "Baseline"
        encoder.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "maxrate": str(_BITRATE_BPS),
            "bufsize": str(_BITRATE_BPS),
        }
    else:
        encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "1"}
    return encoder
