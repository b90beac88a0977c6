"""The last seconds of a stream, encoded: a picture of them is decoded only when somebody wants it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import av
import av.video.stream
import numpy as np
from av.video.codeccontext import VideoCodecContext

from maskwatch.core.types import Image

_MAX_PACKETS = 600
_MAX_BYTES = 8 << 20
"""Kept since a keyframe, at most; beyond, there is no picture until the next keyframe."""


@dataclass(slots=True)
class _Group:
    """A keyframe and what came after it. Only ever appended to."""

    codec: str
    extradata: bytes | None
    packets: list[tuple[float, bytes]] = field(default_factory=list)
    size_bytes: int = 0
    overrun: bool = False


class Lately:
    """Keeps the packets since the last keyframe. `sleeping` says whether the stream need not be decoded now.

    `add` is called by the stream's thread; what `picture_at` gives may be called by any, once the moment is over.
    """

    def __init__(self, sleeping: Callable[[], bool]) -> None:
        self.sleeping = sleeping
        self._group: _Group | None = None

    def add(self, data: bytes, *, keyframe: bool, arrival_s: float, stream: av.video.stream.VideoStream) -> None:
        """Keep one packet (without B-frames: each is a picture)."""
        if keyframe:
            context = stream.codec_context
            self._group = _Group(context.name, context.extradata)
        group = self._group
        if group is None or group.overrun:
            return
        group.size_bytes += len(data)
        group.overrun = len(group.packets) >= _MAX_PACKETS or group.size_bytes > _MAX_BYTES
        if not group.overrun:
            group.packets.append((arrival_s, data))

    def picture_at(self, moment_s: float) -> Callable[[], Image | None]:
        """What gives the picture nearest in time to `moment_s`; it decodes, and so blocks."""
        group = self._group
        return lambda: None if group is None else _decode(group, moment_s)


def _decode(group: _Group, moment_s: float) -> Image | None:
    packets = list(group.packets)
    if not packets:
        return None
    nearest = min(range(len(packets)), key=lambda index: abs(packets[index][0] - moment_s))
    decoder = av.CodecContext.create(group.codec, "r")
    assert isinstance(decoder, VideoCodecContext)  # noqa: S101 - for the type
    decoder.thread_count = 1
    decoder.extradata = group.extradata
    newest: av.VideoFrame | None = None
    for data in (*(data for _, data in packets[: nearest + 1]), None):
        try:
            frames = decoder.decode(av.Packet(data) if data is not None else None)
        except av.FFmpegError:
            continue  # a packet damaged on the way
        newest = frames[-1] if frames else newest
    return None if newest is None else np.asarray(newest.to_ndarray(format="rgb24"), np.uint8)
