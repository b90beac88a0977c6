import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskwatch.core.quality import assess
from maskwatch.core.types import Box, Face
from tests.fixtures.faces import astronaut

FRONTAL = ((205.0, 97.0), (247.5, 103.0), (222.0, 127.0), (201.0, 141.0), (239.0, 146.0))
FACE = Face(box=Box(181, 54, 274, 178), score=0.9, landmarks=FRONTAL)


def test_a_sharp_frontal_face_is_trusted_fully() -> None:
    quality = assess(astronaut(), FACE)
    assert quality.size_px == 124
    assert quality.weight > 0.8


def test_blur_takes_the_trust_away() -> None:
    image = astronaut()
    blurred = [np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8) for sigma in (2, 6, 18)]
    weights = [assess(picture, FACE).weight for picture in blurred]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] < 0.01


def test_a_tiny_face_is_not_judged() -> None:
    scale = 8 / 124
    small = np.asarray(cv2.resize(astronaut(), (33, 33), interpolation=cv2.INTER_AREA), np.uint8)
    box = Box(181 * scale, 54 * scale, 274 * scale, 178 * scale)
    assert assess(small, Face(box=box, score=0.9)).weight == 0


def test_a_turned_face_weighs_less_and_the_back_of_a_head_nothing() -> None:
    def turned(spread: float) -> float:
        middle = 226.0
        points = tuple((middle + (x - middle) * spread, y) for x, y in FRONTAL)
        return assess(astronaut(), Face(box=FACE.box, score=0.9, landmarks=points)).frontality

    assert turned(1.0) > 0.8 > turned(0.4) > turned(0.01)
    assert turned(0.01) < 0.2


def test_tilting_the_head_is_not_turning_it() -> None:
    centre, angle = np.array([226.0, 120.0]), np.radians(40)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = tuple((float(x), float(y)) for x, y in (np.array(FRONTAL) - centre) @ rotation.T + centre)
    tilted = assess(astronaut(), Face(box=FACE.box, score=0.9, landmarks=points)).frontality
    assert tilted == pytest.approx(assess(astronaut(), FACE).frontality, abs=0.05)


def test_nothing_to_see_is_no_quality() -> None:
    flat = np.full((200, 200, 3), 90, np.uint8)
    assert assess(flat, Face(box=Box(50, 50, 150, 150), score=0.9)).weight == 0


@settings(max_examples=60)
@given(x=st.floats(-300, 600), y=st.floats(-300, 600), width=st.floats(0.1, 600), height=st.floats(0.1, 600))
def test_any_box_gives_a_weight_in_range(x: float, y: float, width: float, height: float) -> None:
    quality = assess(astronaut(), Face(box=Box(x, y, x + width, y + height), score=0.5))
    assert 0 <= quality.weight <= 1
    assert np.isfinite([quality.sharpness, quality.frontality, quality.size_px]).all()
