"""The newest encoded packets of one camera, as they came: what clips are cut from. Bounded by bytes, always."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo

CLIP_CODECS = frozenset({"h264", "hevc"})
"""What goes into an MP4 file as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """Packets of one stream in decoding order, the first of them a keyframe."""

    info: StreamInfo
    packets: Sequence[EncodedPacket]


class PacketRing:
    """A `SourceSink` that keeps the packets of the last `keep_s` seconds, from a keyframe on.

    A footage that is still to be cut keeps more (`hold`), but never more than `max_bytes`: beyond, the oldest go, whole
    groups of pictures at a time. Written by the camera's thread, read by any.
    """

    def __init__(self, *, keep_s: float, max_bytes: int) -> None:
        self._keep_s, self._max_bytes = keep_s, max_bytes
        self._lock = threading.Lock()
        self._packets: deque[EncodedPacket] = deque()
        self._bytes = 0
        self._info: StreamInfo | None = None
        self._held_from_s: list[float] = []

    @property
    def stored_bytes(self) -> int:
        """Bytes of the packets kept."""
        return self._bytes

    # ---- SourceSink ----

    def opened(self, info: StreamInfo) -> None:
        """See `SourceSink`; packets of a stream of another shape are of no use beside the new ones."""
        with self._lock:
            old, self._info = self._info, info
            if old is None or (old.codec, old.width, old.height) != (info.codec, info.width, info.height):
                self._clear()

    def frame(self, frame: RawFrame) -> None:
        """Nothing to do: clips are made of packets."""

    def packet(self, packet: EncodedPacket) -> None:
        """See `SourceSink`."""
        with self._lock:
            if self._info is None or self._info.codec not in CLIP_CODECS or not (self._packets or packet.keyframe):
                return
            self._packets.append(packet)
            self._bytes += len(packet.data)
            self._trim(packet.captured_monotonic_s)

    # ---- for clips ----

    def hold(self, from_s: float) -> None:
        """Keep what was captured since `from_s` until `release`."""
        with self._lock:
            self._held_from_s.append(from_s)

    def release(self, from_s: float) -> None:
        """`hold` no longer."""
        with self._lock:
            self._held_from_s.remove(from_s)

    def cut(self, from_s: float, until_s: float) -> Footage | None:
        """What was captured in that time, from the last keyframe before it (or the first in it) on; None if nothing."""
        with self._lock:
            packets, info = list(self._packets), self._info
        packets = [packet for packet in packets if packet.captured_monotonic_s <= until_s]
        keyframes = [index for index, packet in enumerate(packets) if packet.keyframe]
        if info is None or not keyframes or packets[-1].captured_monotonic_s < from_s:
            return None
        before = [index for index in keyframes if packets[index].captured_monotonic_s <= from_s]
        return Footage(info=info, packets=packets[before[-1] if before else keyframes[0] :])

    def _trim(self, now_s: float) -> None:
        """Drop the oldest groups: those not needed any more, and as many as it takes to keep within the bytes."""
        needed_s = min([now_s - self._keep_s, *self._held_from_s])
        while self._packets:
            group = self._first_group()
            next_starts_s = self._packets[group].captured_monotonic_s if group < len(self._packets) else None
            surplus = next_starts_s is not None and next_starts_s <= needed_s
            if not surplus and self._bytes <= self._max_bytes:
                return
            for _ in range(group):
                self._bytes -= len(self._packets.popleft().data)

    def _first_group(self) -> int:
        """How many packets there are before the second keyframe."""
        for index, packet in enumerate(self._packets):
            if index and packet.keyframe:
                return index
        return len(self._packets)

    def _clear(self) -> None:
        self._packets.clear()
        self._bytes = 0
