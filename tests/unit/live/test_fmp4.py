"""Fragmented MP4: FFmpeg reads what is written, and browsers would not break it off."""

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.live.fmp4 import SampleClock, SampleTime, fragment, init_segment, mime_type
from maskwatch.live.h264 import picture_size, take_apart
from tests.bench.live_view import encode_clip

MODULUS = 1 << 32


def _us(ticks: int) -> int:
    return ticks * 1_000_000 // 90_000


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1280, 720), (320, 242), (66, 50)])
def test_ffmpeg_reads_it_at_the_very_times(width: int, height: int) -> None:
    clip = encode_clip(width, height, 15, 2, 500_000)
    clock, parts = SampleClock(), take_apart(clip[0][0])
    first = MODULUS - 45_000  # the media time starts again within the clip
    file = io.BytesIO(init_segment(parts.sps, parts.pps, width, height))
    file.seek(0, io.SEEK_END)
    for index, (data, keyframe) in enumerate(clip):
        time = clock.advance((first + index * 6000) % MODULUS)
        file.write(fragment(index, take_apart(data).picture, time, keyframe=keyframe))
    file.seek(0)
    with av.open(file, "r") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.width, stream.codec_context.height) == (width, height)
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        assert [packet.pts for packet in packets] == [first + index * 6000 for index in range(len(clip))]
        assert [packet.is_keyframe for packet in packets] == [keyframe for _, keyframe in clip]
    file.seek(0)
    with av.open(file, "r") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == len(clip)
    assert not np.array_equal(frames[0], frames[-1])


def test_its_type_names_profile_and_level() -> None:
    parts = take_apart(encode_clip(320, 240, 15, 1, 100_000)[0][0])
    assert mime_type(parts.sps[0]) == f'video/mp4; codecs="avc1.{parts.sps[0][1:4].hex()}"'
    assert picture_size(parts.sps[0]) == (320, 240)


@given(st.lists(st.integers(1, 900_000), min_size=1, max_size=60), st.integers(0, MODULUS - 1))
def test_a_browser_never_takes_it_for_broken_off(steps: list[int], first: int) -> None:
    """However unevenly pictures come: decoding times rise by at most twice the duration said before."""
    clock = SampleClock()
    ticks, last = first, clock.advance(first)
    for step in steps:
        ticks = (ticks + step) % MODULUS
        time = clock.advance(ticks)
        assert time.epoch == last.epoch
        assert time.shown == last.shown + step
        assert time.shown % MODULUS == ticks
        assert time.decoded - last.decoded > 0
        assert _us(time.decoded) - _us(last.decoded) <= max(2 * _us(last.duration), 12), "as Chromium computes it"
        assert time.decoded <= time.shown
        last = time


def test_a_clock_that_goes_back_begins_an_epoch() -> None:
    clock = SampleClock()
    assert clock.advance(9000).epoch == 0
    assert clock.advance(3000) == SampleTime(epoch=1, shown=3000, decoded=3000, duration=6000)
    clock.restart()
    assert clock.advance(6000).epoch == 2
    assert clock.advance(6000 + 90_000 * 3_600).epoch == 3, "no camera is silent for so long without being opened anew"


@given(st.binary(max_size=40))
def test_a_broken_parameter_set_is_found_out(data: bytes) -> None:
    try:
        width, height = picture_size(b"\x67" + data)
    except ValueError:
        return
    assert width > 0
    assert height > 0
