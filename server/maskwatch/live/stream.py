"""One encoded stream and everybody who watches it: pushed by one thread, taken by many browsers on the loop.

Nobody waits for anybody. The pictures since the last keyframe are kept, so that who joins late sees one at once. Each
watcher has a bounded queue; one that falls behind loses what it has and goes on at the next keyframe.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable

from maskwatch.live.fmp4 import SampleClock, SampleTime, fragment
from maskwatch.live.h264 import AccessUnit, take_apart
from maskwatch.rtc.aiortc_inside import TICKS_MODULUS, Packer

MAX_GROUP_BYTES = 8 << 20
MAX_GROUP_FRAMES = 600
"""What is kept from a keyframe on, at most; in a stream with fewer keyframes, who joins late waits for the next."""
MAX_BEHIND_FRAMES = 150
_MAX_BEHIND_BYTES = 4 << 20
"""How far a watcher may fall behind, beyond the pictures it started with."""
_BURST_S_PER_PAYLOAD = 0.0002
"""Pause after each payload of what is sent to catch up: 50 Mbit/s. More at once overruns socket buffers, and holds the
loop up."""


class StreamFrame:
    """One encoded picture; cut into RTP payloads, or into a fragment of MP4, once for all watchers. On the loop."""

    __slots__ = ("_fragment", "_packer", "_parts", "_payloads", "data", "keyframe", "serial", "ticks", "time")

    def __init__(self, serial: int, data: bytes, time: SampleTime, *, keyframe: bool, packer: Packer) -> None:
        self.serial = serial
        self.data = data
        self.ticks = time.shown % TICKS_MODULUS
        self.time = time
        self.keyframe = keyframe
        self._packer = packer
        self._payloads: list[bytes] | None = None
        self._parts: AccessUnit | None = None
        self._fragment: bytes | None = None

    def payloads(self) -> list[bytes]:
        """Its RTP payloads."""
        if self._payloads is None:
            self._payloads = self._packer.pack(self.data)
        return self._payloads

    def parts(self) -> AccessUnit:
        """What it consists of, if it is H.264."""
        if self._parts is None:
            self._parts = take_apart(self.data)
        return self._parts

    def fragment(self) -> bytes:
        """It as a fragment of MP4, if it is H.264."""
        if self._fragment is None:
            self._fragment = fragment(self.serial, self.parts().picture, self.time, keyframe=self.keyframe)
        return self._fragment


class Watcher:
    """One browser's place at a stream: an `OutgoingFrames` for its sender. On the loop.

    `may_lag_frames` is how far it may fall behind; `paced` holds what it starts with down to what UDP can take.
    """

    def __init__(
        self,
        burst: list[StreamFrame],
        *,
        on_drop: Callable[[int], None],
        on_lost: Callable[[], None],
        may_lag_frames: int = MAX_BEHIND_FRAMES,
        paced: bool = True,
    ) -> None:
        self._queue = deque(burst)
        self._queued_bytes = sum(len(frame.data) for frame in burst)
        self._last_serial = burst[-1].serial if burst else -1
        self._max_frames = len(burst) + may_lag_frames
        self._max_bytes = self._queued_bytes + _MAX_BEHIND_BYTES
        self._awaits_keyframe = not burst
        self._fell_behind = False
        self._on_drop, self._on_lost = on_drop, on_lost
        self._arrived = asyncio.Event()
        self._ended = False
        self._paced = paced
        self._pause_s = 0.0

    def offer(self, frame: StreamFrame) -> None:
        """Queue `frame`, if it is of use; never waits."""
        if self._ended or frame.serial <= self._last_serial:
            return
        self._last_serial = frame.serial
        if len(self._queue) >= self._max_frames or self._queued_bytes + len(frame.data) > self._max_bytes:
            self._on_drop(len(self._queue))
            self._queue.clear()
            self._queued_bytes = 0
            self._awaits_keyframe = self._fell_behind = True
            self._on_lost()
        if self._awaits_keyframe and not frame.keyframe:
            if self._fell_behind:
                self._on_drop(1)
            return
        self._awaits_keyframe = self._fell_behind = False
        self._queue.append(frame)
        self._queued_bytes += len(frame.data)
        self._arrived.set()

    def end(self) -> None:
        """There will be no more."""
        self._ended = True
        self._arrived.set()

    async def next_frame(self) -> StreamFrame | None:
        """See `OutgoingFrames`."""
        if self._queue and self._pause_s:
            await asyncio.sleep(self._pause_s)
        while not self._queue:
            if self._ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        frame = self._queue.popleft()
        self._queued_bytes -= len(frame.data)
        if self._paced:
            self._pause_s = len(frame.payloads()) * _BURST_S_PER_PAYLOAD
        return frame

    def keyframe_wanted(self) -> None:
        """See `OutgoingFrames`."""
        self._on_lost()


class EncodedStream:
    """One encoded stream. `push` and `restart` are its producer's, callable from one thread; the rest is the loop's.

    Keeps nothing until `restart` says so. `on_drop` hears how many pictures a watcher lost, `on_lost` that one asks for
    a keyframe.
    """

    def __init__(self, codec: str, *, on_drop: Callable[[int], None], on_lost: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._packer = Packer(codec)
        self._clock = SampleClock()
        self._on_drop, self._on_lost = on_drop, on_lost
        self._keeps_group = False
        self._lock = threading.Lock()
        self._serial = 0
        self._group: list[StreamFrame] = []
        self._group_bytes = 0
        self._waiting: list[StreamFrame] = []
        self._watchers: set[Watcher] = set()

    @property
    def watched(self) -> bool:
        """Whether anybody watches."""
        return bool(self._watchers)

    def push(self, data: bytes, ticks: int, *, keyframe: bool) -> None:
        """The next encoded picture. Cheap; wakes the loop only if somebody watches, and once for all that waits."""
        with self._lock:
            self._serial += 1
            frame = StreamFrame(self._serial, data, self._clock.advance(ticks), keyframe=keyframe, packer=self._packer)
            self._keep(frame)
            if not self._watchers:
                return
            self._waiting.append(frame)
            if len(self._waiting) > 1:
                return
        self._loop.call_soon_threadsafe(self._hand_out)

    def restart(self, *, keep_group: bool) -> None:
        """The stream begins anew: what was kept belongs to another.

        `keep_group` says whether to keep the pictures since the last keyframe for who joins late; a producer that
        makes keyframes when asked needs none of that.
        """
        with self._lock:
            self._keeps_group = keep_group
            self._clock.restart()
            self._forget_group()

    def join(self, *, may_lag_frames: int = MAX_BEHIND_FRAMES, paced: bool = True) -> Watcher:
        """A new watcher, which starts with the pictures since the last keyframe."""
        with self._lock:
            watcher = Watcher(
                self._group,
                on_drop=self._on_drop,
                on_lost=self._on_lost,
                may_lag_frames=may_lag_frames,
                paced=paced,
            )
            self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Let `watcher` go."""
        watcher.end()
        with self._lock:
            self._watchers.discard(watcher)

    def _hand_out(self) -> None:
        with self._lock:
            frames, self._waiting = self._waiting, []
            watchers = tuple(self._watchers)
        for watcher in watchers:
            for frame in frames:
                watcher.offer(frame)

    def _keep(self, frame: StreamFrame) -> None:
        if not self._keeps_group:
            return
        if frame.keyframe:
            self._group, self._group_bytes = [frame], len(frame.data)
        elif self._group:
            self._group.append(frame)
            self._group_bytes += len(frame.data)
            if self._group_bytes > MAX_GROUP_BYTES or len(self._group) > MAX_GROUP_FRAMES:
                self._forget_group()

    def _forget_group(self) -> None:
        self._group, self._group_bytes = [], 0
