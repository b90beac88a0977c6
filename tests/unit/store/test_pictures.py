import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskwatch.core.types import AlertKind, Box
from maskwatch.store.pictures import FACE_LONGEST_PX, FRAME_LONGEST_PX, face_jpeg, frame_jpeg


def _decoded(jpeg: bytes) -> NDArray[np.uint8]:
    """RGB of a JPEG."""
    image = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _plain(width: int, height: int, color: tuple[int, int, int] = (90, 120, 150)) -> NDArray[np.uint8]:
    return np.full((height, width, 3), color, dtype=np.uint8)


def test_the_face_has_context_and_its_own_size() -> None:
    face = _decoded(face_jpeg(_plain(1280, 720), Box(300, 200, 380, 300)))
    assert face.shape == (200, 200, 3)


def test_a_face_at_the_edge_is_cut_there() -> None:
    face = _decoded(face_jpeg(_plain(640, 360), Box(0, 0, 100, 100)))
    assert face.shape == (150, 150, 3)


def test_a_huge_face_is_made_smaller() -> None:
    face = _decoded(face_jpeg(_plain(3840, 2160), Box(500, 200, 2300, 2000)))
    assert max(face.shape) == FACE_LONGEST_PX


def test_colors_stay_what_they_are() -> None:
    face = _decoded(face_jpeg(_plain(640, 360, (200, 30, 60)), Box(200, 100, 300, 200)))
    assert np.abs(face.reshape(-1, 3).mean(0) - (200, 30, 60)).max() < 6


@pytest.mark.parametrize(
    ("size", "shape"),
    [((1920, 1080), (720, 1280)), ((640, 360), (360, 640)), ((1080, 1920), (1280, 720))],
)
def test_the_frame_is_never_larger_than_it_may(size: tuple[int, int], shape: tuple[int, int]) -> None:
    frame = _decoded(frame_jpeg(_plain(*size), Box(300, 200, 380, 300), AlertKind.NO_MASK))
    assert frame.shape[:2] == shape
    assert max(shape) <= FRAME_LONGEST_PX


@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind.is_of_person])
def test_the_mark_lies_around_the_face_and_not_on_it(kind: AlertKind) -> None:
    image = _plain(1280, 720)
    before = image.copy()
    frame = _decoded(frame_jpeg(image, Box(300, 200, 380, 300), kind))
    changed = np.abs(frame.astype(int) - image).max(axis=2) > 40
    assert changed.any()
    assert not changed[200:300, 300:380].any(), "the face is not covered"
    rows, columns = np.nonzero(changed)
    assert rows.min() > 170
    assert rows.max() < 330
    assert columns.min() > 270
    assert columns.max() < 410
    assert np.array_equal(image, before), "the frame itself is not drawn upon"


_COORDINATES = st.floats(min_value=-500, max_value=1500, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(x1=_COORDINATES, y1=_COORDINATES, x2=_COORDINATES, y2=_COORDINATES)
def test_any_box_gives_a_frame(x1: float, y1: float, x2: float, y2: float) -> None:
    image = _plain(320, 180)
    box = Box(x1, y1, x2, y2)
    assert _decoded(frame_jpeg(image, box, AlertKind.NO_MASK)).shape == (180, 320, 3)
    face = face_jpeg(image, box)
    assert face == b"" or _decoded(face).size > 0


def test_no_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        frame_jpeg(np.zeros((0, 0, 3), dtype=np.uint8), Box(0, 0, 1, 1), AlertKind.NO_MASK)
