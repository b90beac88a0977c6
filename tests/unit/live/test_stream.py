"""Nobody waits for anybody: who is slow loses pictures, who is late sees one at once."""

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.live import stream as stream_module
from maskwatch.live.h264 import ParameterSets, nal_units
from maskwatch.live.stream import EncodedStream, Watcher

SPS, PPS, IDR, SLICE = b"\x67sps", b"\x68pps", b"\x65idr", b"\x41slice"


def annex_b(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


class _Stream:
    def __init__(self) -> None:
        self.dropped = 0
        self.lost = 0
        self.stream = EncodedStream("H264", on_drop=self._drop, on_lost=self._lose)
        self.stream.restart(keep_group=True)

    def _drop(self, count: int) -> None:
        self.dropped += count

    def _lose(self) -> None:
        self.lost += 1

    def push(self, *ticks: int, keyframe: bool = False) -> None:
        for each in ticks:
            self.stream.push(annex_b(IDR if keyframe else SLICE), each, keyframe=keyframe)


async def take(watcher: Watcher, count: int) -> list[int]:
    frames = [await asyncio.wait_for(watcher.next_frame(), 5) for _ in range(count)]
    return [frame.ticks for frame in frames if frame is not None]


async def test_a_late_watcher_starts_at_the_last_keyframe_and_misses_nothing() -> None:
    made = _Stream()
    made.push(1, keyframe=True)
    made.push(2, 3)
    made.push(4, keyframe=True)
    made.push(5)
    watcher = made.stream.join()
    made.push(6)
    assert await take(watcher, 3) == [4, 5, 6]
    assert made.dropped == 0


async def test_without_a_kept_keyframe_it_waits_for_the_next() -> None:
    made = _Stream()
    made.push(1, 2)
    watcher = made.stream.join()
    made.push(3)
    made.push(4, keyframe=True)
    made.push(5)
    assert await take(watcher, 2) == [4, 5]
    assert made.dropped == 0, "it lost nothing that it could have shown"


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MAX_GROUP_BYTES", 50)
    made = _Stream()
    made.push(1, keyframe=True)
    made.push(*range(2, 20))
    watcher = made.stream.join()
    made.push(20, keyframe=True)
    assert await take(watcher, 1) == [20]


async def test_a_slow_watcher_goes_on_at_a_keyframe_and_holds_nobody_up() -> None:
    made = _Stream()
    made.push(0, keyframe=True)
    slow, quick = made.stream.join(), made.stream.join()
    assert await take(quick, 1) == [0]
    for ticks in range(1, 200):
        made.push(ticks)
        assert await take(quick, 1) == [ticks]
    made.push(200, keyframe=True)
    made.push(201)
    assert await take(quick, 2) == [200, 201]
    assert await take(slow, 2) == [200, 201]
    assert made.dropped == 200


async def test_the_loop_is_woken_only_when_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _Stream()
    calls: list[object] = []
    loop = asyncio.get_running_loop()
    plain = loop.call_soon_threadsafe

    def noted(*args: Any) -> asyncio.Handle:
        calls.append(args)
        return plain(*args)

    monkeypatch.setattr(loop, "call_soon_threadsafe", noted)
    producer = threading.Thread(target=lambda: made.push(*range(100), keyframe=True))
    producer.start()
    producer.join()
    assert not calls
    watcher = made.stream.join()
    made.push(100, 101, 102)
    assert len(calls) == 1, "once for all that waits"
    made.stream.leave(watcher)
    assert not made.stream.watched


async def test_a_watcher_ends_after_what_it_has() -> None:
    made = _Stream()
    made.push(1, keyframe=True)
    watcher = made.stream.join()
    made.stream.leave(watcher)
    assert await take(watcher, 1) == [1]
    assert await watcher.next_frame() is None


async def test_a_lost_picture_is_told() -> None:
    made = _Stream()
    made.stream.join().keyframe_wanted()
    assert made.lost == 1


async def test_a_picture_is_cut_once_for_all() -> None:
    made = _Stream()
    made.push(1, keyframe=True)
    one, two = made.stream.join(), made.stream.join()
    first, second = await one.next_frame(), await two.next_frame()
    assert first is not None
    assert second is not None
    assert first.payloads() is second.payloads()


def test_parameter_sets_are_put_before_keyframes_that_lack_them() -> None:
    sets = ParameterSets()
    assert sets.complete(annex_b(IDR)) == annex_b(IDR)
    whole = annex_b(SPS, PPS, IDR)
    assert sets.complete(whole) == whole
    assert sets.complete(annex_b(IDR)) == whole
    assert sets.complete(annex_b(b"\x67new", PPS, IDR)) == annex_b(b"\x67new", PPS, IDR)
    assert sets.complete(annex_b(IDR)) == annex_b(b"\x67new", PPS, IDR)


@given(st.lists(st.binary(min_size=1, max_size=20).map(lambda body: body.replace(b"\0", b"\1")), max_size=6))
def test_nal_units_are_found(units: list[bytes]) -> None:
    assert nal_units(annex_b(*units)) == units
    assert nal_units(b"".join(b"\0\0\1" + unit for unit in units)) == units
