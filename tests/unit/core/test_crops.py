import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.crops import square_crop
from maskwatch.core.types import Box
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
