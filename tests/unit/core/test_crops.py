import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.crops import cut_out, square_crop
from maskwatch.core.types import Box, Face
from maskwatch.pipeline.picture import RgbPicture
from tests.fixtures.faces import noise


def test_the_crop_shows_the_box_with_its_margin() -> None:
    image = noise(200, 200)
    crop = square_crop(image, Box(80, 90, 120, 110), 0.25)
    assert np.array_equal(crop, image[70:130, 70:130])


def test_beyond_the_edge_the_edge_is_repeated() -> None:
    image = noise(50, 50)
    crop = square_crop(image, Box(-10, -10, 10, 10), 0)
    assert crop.shape == (20, 20, 3)
    assert (crop[:10, :10] == image[0, 0]).all()


@given(
    x=st.floats(-100, 200),
    y=st.floats(-100, 200),
    width=st.floats(0, 150),
    height=st.floats(0, 150),
    margin=st.floats(0, 1),
)
def test_any_box_gives_a_square(x: float, y: float, width: float, height: float, margin: float) -> None:
    crop = square_crop(noise(60, 80), Box(x, y, x + width, y + height), margin)
    assert crop.shape[0] == crop.shape[1] >= 1


@given(
    x=st.floats(-40, 560),
    y=st.floats(-40, 400),
    side=st.floats(20, 400),
    enough_px=st.sampled_from([40, 80, 224]),
)
def test_a_large_face_is_cut_out_no_smaller_than_is_enough(x: float, y: float, side: float, enough_px: int) -> None:
    picture = RgbPicture(noise(480, 640))
    face = Face(box=Box(x, y, x + side, y + side * 0.8), score=0.9)
    whole, there = cut_out(picture, face, 0.2)
    part, small = cut_out(picture, face, 0.2, enough_px=enough_px)
    times = round(there.box.longer_side / small.box.longer_side, 6)
    assert times == 1 or times % 2 == 0
    assert part.shape[0] in (whole.shape[0] // round(times), (whole.shape[0] + 1) // round(times))
    crop = square_crop(part, small.box, 0.2)
    assert times == 1 or crop.shape[0] >= enough_px
    assert crop.shape[0] < 4 * enough_px or times > 1
