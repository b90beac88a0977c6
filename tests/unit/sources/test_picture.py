"""Parts and small versions of a decoded picture are what they would be if they were cut out of the whole."""

from collections.abc import Sequence

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.types import Image
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.sources.picture import DecodedPicture, Scaler


def scene(width: int, height: int) -> Image:
    """Soft colours everywhere different, so that half the colour resolution is enough to show them."""
    small = np.random.default_rng(3).integers(70, 180, (5, 7, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def decoded(width: int = 64, height: int = 48, pixels: str = "yuv420p") -> DecodedPicture:
    frame = av.VideoFrame.from_ndarray(scene(width, height), format="rgb24")
    if pixels == "nv12":  # the same numbers as in yuv420p, in another order
        frame = frame.reformat(format="yuv420p")
    frame = frame.reformat(format=pixels)
    return DecodedPicture(frame, Scaler())


def far(one: Image, other: Image) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).max())


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv420p10le"])
def test_the_whole_picture_is_what_was_encoded(pixels: str) -> None:
    picture = decoded(pixels=pixels)
    assert (picture.width, picture.height) == (64, 48)
    assert far(picture.rgb(), scene(64, 48)) < 24


@given(
    box=st.tuples(st.integers(0, 62), st.integers(0, 46), st.integers(1, 64), st.integers(1, 48)),
    pixels=st.sampled_from(["yuv420p", "yuvj420p"]),
)
def test_a_part_is_cut_out_of_the_whole(box: tuple[int, int, int, int], pixels: str) -> None:
    left, top, width, height = box
    width, height = min(width, 64 - left), min(height, 48 - top)
    picture = decoded(pixels=pixels)
    part = picture.crop(left, top, width, height)
    assert far(part, picture.rgb()[top : top + height, left : left + width]) <= 4


@given(
    box=st.tuples(st.integers(0, 62), st.integers(0, 46), st.integers(1, 64), st.integers(1, 48)),
    shrink=st.integers(1, 4),
)
def test_what_hardware_decodes_is_the_same_in_another_order(box: tuple[int, int, int, int], shrink: int) -> None:
    left, top, width, height = box
    width, height = min(width, 64 - left), min(height, 48 - top)
    planes, pairs = (
        decoded(pixels=pixels).crop(left, top, width, height, shrink=shrink) for pixels in ("yuv420p", "nv12")
    )
    assert np.array_equal(planes, pairs)


@given(
    box=st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(1, 64), st.integers(1, 48)),
    shrink=st.integers(1, 6),
    pixels=st.sampled_from(["yuv420p", "yuvj420p", "nv12"]),
)
def test_a_part_made_smaller_is_the_mean_of_the_part(box: tuple[int, int, int, int], shrink: int, pixels: str) -> None:
    left, top, width, height = box
    width, height = min(width, 64 - left), min(height, 48 - top)
    picture = decoded(pixels=pixels)
    small = picture.crop(left, top, width, height, shrink=shrink)
    assert small.shape == (max(1, height // shrink), max(1, width // shrink), 3)
    expected = RgbPicture(picture.rgb()).crop(left, top, width, height, shrink=shrink)
    assert far(small, expected) <= 12  # colours, of which there are half as many, lie up to half a pixel beside


@pytest.mark.parametrize("pixels", ["yuv420p", "nv12"])
@pytest.mark.parametrize(("width", "height"), [(63, 47), (64, 47), (63, 48)])
def test_odd_sides_have_their_last_row_and_column(width: int, height: int, pixels: str) -> None:
    picture = decoded(width, height, pixels)
    part = picture.crop(width - 9, height - 9, 9, 9)
    assert far(part, picture.rgb()[height - 9 :, width - 9 :]) <= 10  # there FFmpeg smooths the colours


@pytest.mark.parametrize("colorspace", [1, 5, 9])
def test_parts_have_the_colours_of_the_whole_whatever_the_colour_space(colorspace: int) -> None:
    frame = av.VideoFrame.from_ndarray(scene(64, 48), format="rgb24").reformat(format="yuv420p")
    frame.colorspace = colorspace
    picture = DecodedPicture(frame, Scaler())
    assert far(picture.crop(8, 8, 32, 32), picture.rgb()[8:40, 8:40]) <= 4


@pytest.mark.parametrize("box", [(-1, 0, 8, 8), (0, 0, 65, 8), (60, 0, 8, 8), (0, 44, 8, 8), (0, 0, 0, 8)])
def test_a_part_that_is_not_inside_is_refused(box: Sequence[int]) -> None:
    with pytest.raises(ValueError, match="are not inside 64 x 48"):
        decoded().crop(*box)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "nv12"])
def test_a_small_version_is_the_mean_of_what_it_stands_for(pixels: str) -> None:
    picture = decoded(128, 96, pixels)
    small = picture.scaled(32, 24)
    mean = RgbPicture(picture.rgb()).scaled(32, 24)
    assert far(small, mean) <= 24  # its colours have half its resolution
    assert np.abs(small.astype(int) - mean).mean() < 4
    luma = picture.luma(32, 24)
    assert luma.shape == (24, 32)
    assert far(luma, RgbPicture(small).luma(32, 24)) <= 40  # the scaler keeps video's range, 16 to 235
