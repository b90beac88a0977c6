import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskwatch.training import augment
from maskwatch.training.detector_data import MOST_FACES, mirrored, window
from maskwatch.training.detector_loss import FACE, IGNORED, TRUTH_WIDTH
from tests.fixtures.faces import astronaut, noise


@pytest.mark.parametrize("change", [change for _, change in augment.CHANGES] + [augment.heavy_jpeg])
@pytest.mark.parametrize("side", [8, 80])
def test_a_change_keeps_shape_and_kind(change, side: int) -> None:  # type: ignore[no-untyped-def]
    image = noise(side, side)
    before = image.copy()
    changed = change(image, np.random.default_rng(0))
    assert changed.shape == image.shape
    assert changed.dtype == np.uint8
    assert np.array_equal(image, before)


def test_the_same_seed_gives_the_same_picture() -> None:
    one, other = (augment.degrade(astronaut(), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, other)


def test_low_light_is_dark_and_blur_is_smooth() -> None:
    rng = np.random.default_rng(0)
    assert augment.low_light(astronaut(), rng).mean() < astronaut().mean()
    blurred = augment.motion_blur(astronaut(), rng).astype(float)
    assert np.abs(np.diff(blurred, axis=0)).mean() < np.abs(np.diff(astronaut().astype(float), axis=0)).mean()


def test_a_crop_without_jitter_is_exact() -> None:
    crop = augment.jittered_crop(astronaut(), (227.5, 116.5), 100, np.random.default_rng(0), strength=0)
    assert np.array_equal(crop, astronaut()[67:167, 178:278])


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), side=st.sampled_from([320, 640]))
def test_faces_in_a_window_lie_in_it_and_move_with_the_picture(seed: int, side: int) -> None:
    rows = np.zeros((2, TRUTH_WIDTH), np.float32)
    rows[0, :5] = (181, 54, 274, 178, FACE)
    rows[1, :5] = (400, 400, 404, 405, FACE)
    image, truth = window(astronaut(), rows, side, np.random.default_rng(seed))
    assert image.shape == (side, side, 3)
    assert len(truth) <= MOST_FACES
    assert (truth[:, :4] >= 0).all()
    assert (truth[:, :4] <= side).all()
    assert (truth[:, 2:4] > truth[:, :2]).all()
    for row in truth:
        if (row[2:4] - row[:2]).max() < 7:
            assert row[4] == IGNORED


def test_a_face_stays_under_its_box() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    image[100:160, 200:250] = 255
    rows = np.zeros((1, TRUTH_WIDTH), np.float32)
    rows[0, :5] = (200, 100, 250, 160, FACE)
    for seed in range(8):
        drawn, truth = window(image, rows, 320, np.random.default_rng(seed))
        for x1, y1, x2, y2 in truth[truth[:, 4] == FACE][:, :4].round().astype(int):
            inside = drawn[y1:y2, x1:x2]
            assert inside[2:-2, 2:-2].mean() > 2 * drawn.mean()


def test_a_mirror_swaps_left_and_right() -> None:
    rows = np.zeros((1, TRUTH_WIDTH), np.float32)
    rows[0] = [10, 20, 30, 40, FACE, 1, 12, 25, 28, 25, 20, 30, 14, 36, 26, 36]
    once = mirrored(rows, 100)
    assert once[0, :4].tolist() == [70, 20, 90, 40]
    assert once[0, 6:10].tolist() == [72, 25, 88, 25]
    assert np.array_equal(mirrored(once, 100), rows)
