"""One camera's live picture: a tap on its source, and the encoded streams that browsers watch."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.live.h264 import ParameterSets
from maskwatch.live.stream import MAX_BEHIND_FRAMES, EncodedStream, Watcher
from maskwatch.live.transcoder import Transcoder
from maskwatch.pipeline.telemetry import Telemetry

CODECS = ("H264", "VP8")
"""What browsers can be sent, the best first: H.264 may need no encoding at all."""


class LiveFeed:
    """A `SourceSink`: passes the camera's packets on where browsers can show them, and encodes pictures where not.

    Nothing is encoded, and the loop is not woken, for a camera nobody watches; the packets since the last keyframe are
    kept. `opened`, `frame` and `packet` are called by the camera's thread, all else by the loop.
    """

    def __init__(
        self, camera: str, telemetry: Telemetry | None = None, want_keyframe: Callable[[str], None] | None = None
    ) -> None:
        self.camera = camera
        self.newest: RawFrame | None = None
        self._telemetry = telemetry
        self._ask_source = want_keyframe
        self._loop = asyncio.get_running_loop()
        self._info: StreamInfo | None = None
        self._passthrough = False
        self._sets = ParameterSets()
        self._streams = {codec: self._stream(codec) for codec in CODECS}
        self._transcoders: dict[str, Transcoder] = {}
        self._shown_to: tuple[Transcoder, ...] = ()
        self._retired: list[Transcoder] = []

    # ---- SourceSink, on the camera's thread ----

    def opened(self, info: StreamInfo) -> None:
        """See `SourceSink`."""
        before = self._info
        self._passthrough = info.passthrough
        if before is None or not _goes_on(before, info):
            self._streams["H264"].restart(keep_group=info.passthrough and not self._asks(info))
        self._info = info
        self._loop.call_soon_threadsafe(self._arrange)

    def frame(self, frame: RawFrame) -> None:
        """See `SourceSink`."""
        self.newest = frame
        for transcoder in self._shown_to:
            transcoder.show(frame)

    def packet(self, packet: EncodedPacket) -> None:
        """See `SourceSink`."""
        if self._passthrough:
            data = self._sets.complete(packet.data) if packet.keyframe else packet.data
            self._streams["H264"].push(data, packet.ticks, keyframe=packet.keyframe)

    # ---- on the loop ----

    @property
    def encoding(self) -> bool:
        """Whether pictures are being encoded for somebody."""
        return bool(self._transcoders)

    def join(self, codec: str, *, may_lag_frames: int = MAX_BEHIND_FRAMES, paced: bool = True) -> Watcher:
        """A new watcher of the stream in `codec`; see `Watcher`."""
        watcher = self._streams[codec].join(may_lag_frames=may_lag_frames, paced=paced)
        self._arrange()
        self._want_keyframe(codec)
        return watcher

    def leave(self, codec: str, watcher: Watcher) -> None:
        """Let `watcher` go; with the last one, what was done for it ends."""
        self._streams[codec].leave(watcher)
        self._arrange()

    async def close(self) -> None:
        """End everything that was done for watchers, who are gone already."""
        self._info = None
        self._arrange()
        retired, self._retired = self._retired, []
        for transcoder in retired:
            await asyncio.to_thread(transcoder.join)

    def _stream(self, codec: str) -> EncodedStream:
        return EncodedStream(codec, on_drop=self._dropped, on_lost=lambda: self._want_keyframe(codec))

    def _arrange(self) -> None:
        """Encode what is watched and can't be had from the camera; stop encoding what is not."""
        for codec, stream in self._streams.items():
            direct = codec == "H264" and self._passthrough
            needed = stream.watched and not direct and self._info is not None
            transcoder = self._transcoders.get(codec)
            if needed and transcoder is None:
                self._begin_encoding(codec)
            elif not needed and transcoder is not None:
                transcoder.stop()
                self._retired = [old for old in self._retired if old.running]
                self._retired.append(self._transcoders.pop(codec))
        self._shown_to = tuple(self._transcoders.values())

    def _begin_encoding(self, codec: str) -> None:
        stream = self._streams[codec]

        def push(data: bytes, ticks: int, keyframe: bool) -> None:
            if self._transcoders.get(codec) is transcoder:
                stream.push(data, ticks, keyframe=keyframe)

        transcoder = Transcoder(codec, self.camera, push, on_skip=lambda reason: self._dropped(1, reason))
        self._transcoders[codec] = transcoder
        transcoder.start()
        if self.newest is not None:
            transcoder.show(self.newest)

    def _asks(self, info: StreamInfo) -> bool:
        """Whether keyframes can be had from the source by asking, so that none need be kept."""
        return info.keyframes_on_request and self._ask_source is not None

    def _want_keyframe(self, codec: str) -> None:
        if (transcoder := self._transcoders.get(codec)) is not None:
            transcoder.want_keyframe()
        elif self._ask_source is not None and self._info is not None and self._info.keyframes_on_request:
            self._ask_source(self.camera)

    def _dropped(self, count: int, reason: str = "slow_viewer") -> None:
        if self._telemetry is not None:
            for _ in range(count):
                self._telemetry.frame_dropped(self.camera, "live", reason)


def _goes_on(before: StreamInfo, info: StreamInfo) -> bool:
    """Whether only the stream that is looked at changed: the one that is shown goes on in the middle of its group."""
    return before.detects_on != info.detects_on and replace(before, detects_on=info.detects_on) == info
