"""Pictures found in a stream of bytes, however it is cut and whatever is between them."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskwatch.sources import jpegs
from maskwatch.sources.jpegs import JpegSplitter


def jpeg(width: int, height: int, *, seed: int = 0, progressive: bool = False) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)]
    options += [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]
    return bytes(cv2.imencode(".jpg", noise, options)[1])


WHOLE = [jpeg(40, 30), jpeg(64, 48, seed=1, progressive=True), jpeg(17, 90, seed=2)]
SIZES = [(40, 30), (64, 48), (17, 90)]


@given(
    cuts=st.lists(st.integers(1, 500), max_size=40),
    between=st.lists(st.binary(max_size=60).filter(lambda text: b"\xff" not in text), min_size=4, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_each_comes_out_whole_however_the_stream_is_cut(cuts: list[int], between: list[bytes]) -> None:
    stream = between[0] + b"".join(each + text for each, text in zip(WHOLE, between[1:], strict=True))
    splitter, found, at = JpegSplitter(), [], 0
    for step in [*cuts, len(stream)]:
        found += splitter.feed(stream[at : at + step])
        at += step
    assert [each.data for each in found] == WHOLE
    assert [(each.width, each.height) for each in found] == SIZES
    assert splitter.broken == 0


def test_it_comes_with_its_last_byte() -> None:
    splitter = JpegSplitter()
    assert splitter.feed(WHOLE[0][:-1]) == []
    assert [each.data for each in splitter.feed(WHOLE[0][-1:])] == [WHOLE[0]]


@pytest.mark.parametrize("cut", [3, 10, 200, -2])
def test_one_that_is_cut_off_costs_only_itself(cut: int) -> None:
    splitter = JpegSplitter()
    found = splitter.feed(WHOLE[0][:cut] + b"\r\n--next\r\n\r\n" + WHOLE[1] + WHOLE[2])
    assert WHOLE[2] in [each.data for each in found]
    assert all(each.data in WHOLE for each in found)
    assert splitter.broken >= 1


@given(st.binary(max_size=4000))
@settings(max_examples=200, deadline=None)
def test_noise_breaks_nothing(noise: bytes) -> None:
    splitter = JpegSplitter()
    splitter.feed(noise)
    splitter.feed(b"\xff\xd8\xff" + noise)
    # Whatever noise announced, it ends: after at most one segment's length a picture is seen again.
    found = [each.data for _ in range(2000) for each in splitter.feed(WHOLE[1])][-1:]
    assert found == [WHOLE[1]]


def test_what_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpegs, "MAX_JPEG_BYTES", 5000)
    splitter = JpegSplitter()
    endless = WHOLE[1][:-2]
    for _ in range(100):
        splitter.feed(endless.replace(b"\xff\xd8\xff", b"\x00\x00\x00"))
    splitter.feed(endless + bytes(6000))
    assert [each.data for each in splitter.feed(WHOLE[0])] == [WHOLE[0]]
    assert len(splitter._buffer) < 5000
