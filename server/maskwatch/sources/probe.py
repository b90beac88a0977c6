"""Tries a camera's address: what it sends, with its first picture, or why it does not work."""

import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.core.types import Image
from maskwatch.errors import MaskwatchError, SourceError
from maskwatch.sources.registry import create_source

_WAIT_S = 15.0
"""Longer than any source's own time to open, so that the source's reason is heard rather than ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What came of trying an address. `picture` is the first picture (uint8 RGB) in the camera's own size.

    `keyframe_interval_s` is None where it was not seen: the camera was not watched for long enough, or its packets
    can't be passed on. `reason` is a stable code, the same as a camera's (see `SourceReason`), or `config_invalid`
    and the like where the address or an option itself is wrong.
    """

    ok: bool
    message: str
    reason: str | None = None
    remedy: str = ""
    info: StreamInfo | None = None
    measured_fps: float | None = None
    first_frame_s: float | None = None
    keyframe_interval_s: float | None = None
    picture: Image | None = field(default=None, repr=False)


def probe(
    url: str,
    options: Mapping[str, Any] | None = None,
    *,
    watch_s: float = 0.0,
    timeout_s: float = _WAIT_S,
    **dependencies: object,
) -> ProbeResult:
    """Open `url`, take its first picture, watch it for `watch_s` more, and close it again. Blocks; never raises.

    `timeout_s` bounds the wait for the first picture; a source that can't be opened says so sooner.
    """
    watcher = _Watcher(watch_s=watch_s, timeout_s=timeout_s)
    try:
        create_source(url, options or {}, camera="probe", **dependencies).run(watcher, watcher)
    except SourceError as error:
        # A file that ends, or a camera that stops, has shown what it sends if there was a picture.
        if watcher.picture is None:
            return ProbeResult(ok=False, reason=error.reason.value, message=error.message, remedy=error.remedy)
    except MaskwatchError as error:
        return ProbeResult(ok=False, reason=error.code, message=error.message, remedy=error.remedy)
    return watcher.result()


class _Watcher:
    """Sink and stop signal in one: it has seen enough once the first picture is here and the time is over."""

    def __init__(self, *, watch_s: float, timeout_s: float) -> None:
        self.picture: Image | None = None
        self._watch_s = watch_s
        self._begun_s = time.monotonic()
        self._until_s = self._begun_s + timeout_s
        self._info: StreamInfo | None = None
        self._frames_s: list[float] = []
        self._keyframes_s: list[float] = []

    # ---- StopSignal ----

    def is_set(self) -> bool:
        """See `StopSignal`."""
        return time.monotonic() >= self._until_s

    def wait(self, timeout: float | None = None) -> bool:
        """See `StopSignal`."""
        left_s = max(0.0, self._until_s - time.monotonic())
        threading.Event().wait(left_s if timeout is None else min(timeout, left_s))
        return self.is_set()

    # ---- SourceSink ----

    def opened(self, info: StreamInfo) -> None:
        """See `SourceSink`."""
        self._info = info

    def frame(self, frame: RawFrame) -> None:
        """See `SourceSink`."""
        self._frames_s.append(frame.captured_monotonic_s)
        if self.picture is None:
            self.picture = frame.to_rgb()
            self._until_s = time.monotonic() + self._watch_s

    def packet(self, packet: EncodedPacket) -> None:
        """See `SourceSink`."""
        if packet.keyframe:
            self._keyframes_s.append(packet.captured_monotonic_s)

    def result(self) -> ProbeResult:
        """What was seen."""
        if self.picture is None:
            return ProbeResult(
                ok=False,
                reason="timeout",
                message="No picture came in time.",
                remedy="Check that the camera is sending, then try again.",
            )
        return ProbeResult(
            ok=True,
            message="The camera sends pictures that can be watched.",
            info=self._info,
            measured_fps=_rate(self._frames_s),
            first_frame_s=self._frames_s[0] - self._begun_s,
            keyframe_interval_s=_interval(self._keyframes_s),
            picture=self.picture,
        )


def _interval(moments_s: list[float]) -> float | None:
    if len(moments_s) < 2:
        return None
    return median(later - earlier for earlier, later in itertools.pairwise(moments_s))


def _rate(moments_s: list[float]) -> float | None:
    """Pictures a second; None from too few to tell."""
    if len(moments_s) < 5 or moments_s[-1] <= moments_s[0]:
        return None
    return (len(moments_s) - 1) / (moments_s[-1] - moments_s[0])
