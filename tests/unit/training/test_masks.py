"""Masks drawn on faces stay where the face is, whatever way it looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.types import Box
from maskwatch.training.masks import Look, MaskKit, Template, Wear, draw_mask

KIT = MaskKit(
    templates={
        "surgical": Template(
            rgba=np.full((120, 200, 4), 255, np.uint8),
            points=np.array([[10, 20], [100, 5], [190, 20], [20, 90], [100, 115], [180, 90]], np.float32),
        )
    },
    patterns=[np.zeros((8, 8, 3), np.uint8)],
)
BOX = Box(60, 50, 140, 150)


def landmarks(nose_off: float) -> np.ndarray:
    """Five landmarks of a face in `BOX`, its nose so many half widths off the middle."""
    nose_x = 100 + nose_off * 0.46 * BOX.width
    eyes_x = 100 + 0.7 * (nose_x - 100)
    return np.array(
        [[eyes_x - 12, 85], [eyes_x + 12, 85], [nose_x, 105], [eyes_x - 9, 125], [eyes_x + 9, 125]], np.float32
    )


@pytest.mark.parametrize("wear", list(Wear))
@given(nose_off=st.floats(-1.6, 1.6), seed=st.integers(0, 10_000))
def test_a_mask_stays_near_its_face(wear: Wear, nose_off: float, seed: int) -> None:
    image = np.full((200, 200, 3), 90, np.uint8)
    drawn = draw_mask(image, landmarks(nose_off), BOX, KIT, np.random.default_rng(seed), wear=wear, look=Look.OWN)
    changed = (drawn != image).any(axis=2)
    assert changed.any()
    assert changed.mean() < 0.4  # the face's box is a fifth of the picture
