"""One camera, two streams: faces are looked for in the small one; the large one is shown, and kept with alerts.

As long as the small stream runs and browsers can be given the large one as it is, nothing of the large one is decoded
but its keyframes; a picture of it is decoded when an alert wants one. If the small stream fails, the large one is
looked at until it is back.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from maskwatch.core.ports import EncodedPacket, FrameSource, RawFrame, SourceSink, StopSignal, StreamInfo
from maskwatch.errors import MaskwatchError
from maskwatch.pipeline.backoff import Backoff
from maskwatch.sources.lately import Lately

_log = structlog.get_logger(__name__)

_SILENT_AFTER_S = 2.0
"""A small stream that sends no picture for this long is not waited for: the large one is looked at."""
_RECENT_PACKETS = 90

PlayMain = Callable[[SourceSink, StopSignal, Lately], None]


class TwoStreams:
    """Runs both streams: the large one in the calling thread, the small one in a thread of its own."""

    def __init__(self, play_main: PlayMain, sub: Callable[[], FrameSource], *, camera: str) -> None:
        self._play_main = play_main
        self._sub = sub
        self._camera = camera

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        merger = _Merger(sink)
        with self._sub_running(merger):
            self._play_main(merger.main, stop, merger.lately)

    @contextmanager
    def _sub_running(self, merger: "_Merger") -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(
            target=self._keep_open, args=(merger, stop), name=f"camera-{self._camera}-sub", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()  # in the time that its own limits allow

    def _keep_open(self, merger: "_Merger", stop: threading.Event) -> None:
        backoff = Backoff()
        while not stop.is_set():
            pictures = merger.sub.pictures
            try:
                self._sub().run(merger.sub, stop)
                error = "it ended"
            except MaskwatchError as failure:
                error = str(failure)
            # A plug-in, as in the supervisor: whatever it throws costs a retry.
            except Exception as failure:  # noqa: BLE001
                error = type(failure).__name__
            if stop.is_set():
                return
            if merger.sub.pictures > pictures:
                backoff.reset()
            _log.warning("the small stream of a camera is not open; the large one is looked at",
                         camera=self._camera, message=error)  # fmt: skip
            stop.wait(backoff.next_s())


class _Merger:
    """Makes one camera of two streams; its halves are called by a thread each."""

    def __init__(self, sink: SourceSink) -> None:
        self.main = _Main(self)
        self.sub = _Sub(self)
        self.lately = Lately(self.sub_is_alive)
        self._sink = sink
        self._lock = threading.Lock()
        self._info: StreamInfo | None = None
        self._told: StreamInfo | None = None
        self._packets: deque[tuple[float, int]] = deque(maxlen=_RECENT_PACKETS)

    def sub_is_alive(self) -> bool:
        """Whether the small stream sends pictures."""
        return time.monotonic() - self.sub.last_s < _SILENT_AFTER_S

    def main_opened(self, info: StreamInfo) -> None:
        with self._lock:
            self._info = info
            self._tell()

    def main_frame(self, frame: RawFrame) -> None:
        with self._lock:
            self._tell()
            if not self.sub_is_alive():
                self._sink.frame(frame)
            elif self._info is not None and not self._info.passthrough:
                self._sink.frame(replace(frame, for_looks=False))

    def main_packet(self, packet: EncodedPacket) -> None:
        with self._lock:
            self._packets.append((packet.captured_monotonic_s, packet.ticks))
            self._sink.packet(packet)

    def sub_frame(self, frame: RawFrame) -> None:
        with self._lock:
            if self._info is None:
                return  # the large one says what the camera is
            self._tell()
            at_s, passthrough = frame.captured_monotonic_s, self._info.passthrough
            # Boxes are drawn on the large picture that came at the same moment.
            nearest = min(self._packets, key=lambda each: abs(each[0] - at_s), default=None)
            self._sink.frame(
                replace(
                    frame,
                    media_ticks=nearest[1] if passthrough and nearest is not None else None,
                    for_show=passthrough,
                    full_rgb=self.lately.picture_at(at_s) if passthrough else None,
                )
            )

    def _tell(self) -> None:
        """Say which stream is looked at, whenever that changes."""
        if self._info is None:
            return
        info = replace(self._info, detects_on="sub" if self.sub_is_alive() else "main")
        if info != self._told:
            self._told = info
            self._sink.opened(info)


class _Main:
    """The sink of the large stream."""

    def __init__(self, merger: _Merger) -> None:
        self._merger = merger

    def opened(self, info: StreamInfo) -> None:
        """See `SourceSink`."""
        self._merger.main_opened(info)

    def frame(self, frame: RawFrame) -> None:
        """See `SourceSink`."""
        self._merger.main_frame(frame)

    def packet(self, packet: EncodedPacket) -> None:
        """See `SourceSink`."""
        self._merger.main_packet(packet)


class _Sub:
    """The sink of the small stream."""

    def __init__(self, merger: _Merger) -> None:
        self.last_s = float("-inf")
        self.pictures = 0
        self._merger = merger

    def opened(self, info: StreamInfo) -> None:
        """Nothing: the camera is what its large stream is."""

    def frame(self, frame: RawFrame) -> None:
        """See `SourceSink`."""
        self.pictures += 1
        self.last_s = time.monotonic()
        self._merger.sub_frame(frame)

    def packet(self, packet: EncodedPacket) -> None:
        """Nothing: the large one is shown."""
