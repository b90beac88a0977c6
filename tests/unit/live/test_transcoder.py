"""Encoding for browsers: decodable, in time, only the newest, and gone when stopped."""

import queue
import threading
from dataclasses import replace
from datetime import UTC, datetime

import av
import numpy as np
import pytest

from maskwatch.core.ports import RawFrame
from maskwatch.live.transcoder import Transcoder, _fitting, _Unwrapped

MODULUS = 1 << 32


def frame(index: int, *, ticks: int | None, size: tuple[int, int] = (96, 64)) -> RawFrame:
    image = np.full((size[1], size[0], 3), (20, 180, 40), np.uint8)
    return RawFrame(
        sequence=index,
        captured_monotonic_s=index * 0.11,
        captured_utc=datetime.now(UTC),
        to_rgb=lambda: image,
        media_ticks=ticks,
    )


class _Encoded:
    def __init__(self, codec: str) -> None:
        self.packets: queue.Queue[tuple[bytes, int, bool]] = queue.Queue()
        self.skipped: queue.Queue[str] = queue.Queue()
        self.transcoder = Transcoder(codec, "door", lambda *packet: self.packets.put(packet), on_skip=self.skipped.put)
        self.transcoder.start()

    def show(self, frame: RawFrame) -> tuple[bytes, int, bool]:
        self.transcoder.show(frame)
        return self.packets.get(timeout=10)


@pytest.mark.parametrize(("codec", "decoder"), [("H264", "h264"), ("VP8", "vp8")])
def test_every_picture_comes_out_at_once_with_its_ticks(codec: str, decoder: str) -> None:
    encoded = _Encoded(codec)
    context = av.CodecContext.create(decoder, "r")
    start = MODULUS - 9000
    pictures = []
    for index in range(6):
        ticks = (start + index * 9000) % MODULUS
        data, got, keyframe = encoded.show(frame(index, ticks=ticks))
        assert (got, keyframe) == (ticks, index == 0)
        pictures += context.decode(av.Packet(data))  # type: ignore[attr-defined]
    encoded.transcoder.stop()
    encoded.transcoder.join()
    assert not encoded.transcoder.running
    pictures += context.decode(None)  # type: ignore[attr-defined]
    assert len(pictures) == 6
    assert np.abs(pictures[-1].to_ndarray(format="rgb24").mean(axis=(0, 1)) - (20, 180, 40)).max() < 12


def test_a_keyframe_is_made_when_asked_but_not_too_often() -> None:
    encoded = _Encoded("H264")
    keyframes = []
    for index in range(12):
        if index >= 4:
            encoded.transcoder.want_keyframe()
        keyframes.append(encoded.show(frame(index, ticks=index * 9000))[2])
    encoded.transcoder.stop()
    encoded.transcoder.join()
    assert [index for index, keyframe in enumerate(keyframes) if keyframe] == [0, 4, 7, 10]


def test_a_change_of_size_starts_with_a_keyframe() -> None:
    encoded = _Encoded("H264")
    encoded.show(frame(0, ticks=0))
    assert encoded.show(frame(1, ticks=9000, size=(128, 96)))[2]
    encoded.transcoder.stop()
    encoded.transcoder.join()


def test_a_picture_that_cannot_be_decoded_costs_no_other() -> None:
    def damaged() -> np.ndarray:
        raise ValueError("a JPEG can't be decoded")

    encoded = _Encoded("H264")
    encoded.show(frame(0, ticks=0))
    encoded.transcoder.show(replace(frame(1, ticks=9000), to_rgb=damaged))
    assert encoded.skipped.get(timeout=10) == "failed"
    assert encoded.show(frame(2, ticks=18_000))[1] == 18_000
    encoded.transcoder.stop()
    encoded.transcoder.join()


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_a_camera_that_is_opened_anew_and_counts_anew_goes_on(codec: str) -> None:
    encoded = _Encoded(codec)
    for index, ticks in enumerate((3_600 * 90_000, 3_600 * 90_000 + 9000, 0, 9000)):
        assert encoded.show(frame(index, ticks=ticks))[1] == ticks
    encoded.transcoder.stop()
    encoded.transcoder.join()


def test_pictures_that_come_faster_than_they_are_encoded_are_skipped() -> None:
    gate = threading.Event()
    seen: list[int] = []

    def slow() -> np.ndarray:
        gate.wait(10)
        return np.zeros((64, 96, 3), np.uint8)

    encoded = _Encoded("H264")
    for index in range(5):
        raw = frame(index, ticks=index * 9000)
        encoded.transcoder.show(
            RawFrame(
                sequence=index,
                captured_monotonic_s=raw.captured_monotonic_s,
                captured_utc=raw.captured_utc,
                to_rgb=slow,
                media_ticks=raw.media_ticks,
            )
        )
    gate.set()
    while not seen or seen[-1] != 4 * 9000:
        seen.append(encoded.packets.get(timeout=10)[1])
    encoded.transcoder.stop()
    encoded.transcoder.join()
    assert len(seen) <= 2


def test_large_pictures_are_sent_smaller() -> None:
    assert _fitting(3840, 2160) == (1280, 720)
    assert _fitting(1080, 1920) == (720, 1280)
    assert _fitting(641, 359) == (640, 360)


def test_time_only_rises() -> None:
    clock = _Unwrapped()
    assert clock.advance(MODULUS - 10) == MODULUS - 10
    assert clock.advance(5) == MODULUS + 5
    assert clock.advance(5) is None
    assert clock.advance(1) is None
    assert clock.advance(MODULUS - 90_000) is None
    assert clock.advance(MODULUS - 90_000 * 60) == 2 * MODULUS - 90_000 * 60
