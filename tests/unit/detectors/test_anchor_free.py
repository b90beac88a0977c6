import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.detectors.anchor_free import (
    STRIDES,
    check_images,
    decode,
    detect_batched,
    fit,
    grid,
    in_batches,
    suppress,
    to_faces,
)
from maskwatch.errors import ModelError
from tests.fixtures.faces import noise

SIDES = st.integers(1, 700)


@given(height=SIDES, width=SIDES, size=st.sampled_from([320, 640, 960]))
def test_a_fitted_picture_keeps_its_shape_within_a_pixel(height: int, width: int, size: int) -> None:
    fitted = fit(np.zeros((height, width, 3), np.uint8), size=size)
    padded_height, padded_width = fitted.canvas.shape[:2]
    assert padded_height % 32 == 0
    assert padded_width % 32 == 0
    assert max(round(height * fitted.scale_y), round(width * fitted.scale_x)) == size
    assert padded_height - height * fitted.scale_y < 33
    assert padded_width - width * fitted.scale_x < 33


def test_padding_is_black_and_only_right_and_below() -> None:
    fitted = fit(np.full((100, 640, 3), 200, np.uint8), size=640)
    assert (fitted.canvas[:100] == 200).all()
    assert (fitted.canvas[100:] == 0).all()


def test_pictures_of_one_padded_shape_share_a_batch() -> None:
    fitted = [fit(noise(*shape), size=320) for shape in ((240, 320), (320, 240), (230, 320), (240, 320))]
    groups = {tuple(indices): batch.shape for indices, batch in in_batches(fitted, largest=8)}
    assert groups == {(0, 2, 3): (3, 256, 320, 3), (1,): (1, 320, 256, 3)}


@given(
    x=st.floats(20, 300),
    y=st.floats(20, 300),
    width=st.floats(8, 200),
    height=st.floats(8, 200),
    level=st.integers(0, 2),
)
def test_what_is_encoded_comes_back(x: float, y: float, width: float, height: float, level: int) -> None:
    points, strides = grid(320, 320)
    stride = STRIDES[level]
    cell = int(np.flatnonzero((strides == stride) & (np.abs(points - (x, y)).max(axis=1) <= stride))[0])
    geometry = np.zeros((len(points), 14), np.float32)
    geometry[cell, :2] = ((x, y) - points[cell]) / stride
    geometry[cell, 2:4] = np.log([width / stride, height / stride])
    geometry[cell, 4:] = np.tile(((x, y) - points[cell]) / stride, 5)
    scores = np.zeros(len(points), np.float32)
    scores[cell] = 0.9
    boxes, kept, landmarks = decode(scores, geometry, (320, 320), min_score=0.5, max_overlap=0.4)
    assert kept.tolist() == pytest.approx([0.9])
    wanted = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    assert boxes[0].tolist() == pytest.approx(wanted, abs=0.01)
    assert landmarks[0].tolist() == pytest.approx(np.tile((x, y), (5, 1)), abs=0.01)


def test_a_network_of_another_grid_is_refused() -> None:
    with pytest.raises(ModelError, match="12 answers for 2100 cells"):
        decode(np.zeros(12, np.float32), np.zeros((12, 14), np.float32), (320, 320), min_score=0.5, max_overlap=0.4)


def test_an_untrained_network_does_not_overflow() -> None:
    scores, geometry = np.ones(2100, np.float32), np.full((2100, 14), 1e4, np.float32)
    boxes, _, _ = decode(scores, geometry, (320, 320), min_score=0.5, max_overlap=0.4)
    assert np.isfinite(boxes).all()


@st.composite
def _boxes(draw: st.DrawFn) -> np.ndarray:
    count = draw(st.integers(0, 30))
    corners = np.array(draw(st.lists(st.tuples(*[st.floats(0, 100)] * 2), min_size=count, max_size=count)))
    sides = np.array(draw(st.lists(st.tuples(*[st.floats(1, 60)] * 2), min_size=count, max_size=count)))
    return np.concatenate([corners, corners + sides], axis=1) if count else np.zeros((0, 4))


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    shared = float(np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)))
    return shared / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


@given(boxes=_boxes(), limit=st.floats(0.1, 0.9))
def test_suppression_keeps_the_best_and_drops_only_what_overlaps_a_better_one(boxes: np.ndarray, limit: float) -> None:
    kept = suppress(boxes.astype(np.float64), max_overlap=limit)
    assert kept == sorted(kept)
    for index in range(len(boxes)):
        better = [_overlap(boxes[index], boxes[other]) for other in kept if other < index]
        if index in kept:
            assert all(value <= limit + 1e-9 for value in better)
        else:
            assert any(value > limit - 1e-9 for value in better)


def test_boxes_are_clipped_and_those_outside_dropped() -> None:
    image = noise(100, 200)
    fitted = fit(image, size=400)
    boxes = np.array([[-20, -20, 100, 100], [500, 300, 600, 400]], np.float32)
    faces = to_faces(boxes, np.array([0.9, 0.8], np.float32), None, fitted, image)
    assert [(face.box.x1, face.box.y1, face.box.x2, face.box.y2) for face in faces] == [(0, 0, 50, 50)]
    assert faces[0].landmarks is None


def test_each_picture_gets_its_own_faces_back_in_its_own_pixels() -> None:
    images = [noise(240, 320), noise(320, 240), noise(480, 640)]

    def network(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points, _ = grid(*batch.shape[1:3])
        scores = np.zeros((len(batch), len(points)), np.float32)
        scores[:, 45] = 0.9  # one cell: every picture has one "face" there
        return scores, np.ones((len(batch), len(points), 14), np.float32)

    found = detect_batched(images, network, size=320, min_score=0.5, max_overlap=0.4)
    assert [len(faces) for faces in found] == [1, 1, 1]
    assert found[2][0].box.x2 == pytest.approx(2 * found[0][0].box.x2)


@pytest.mark.parametrize("bad", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_anything_but_rgb_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="picture 0: expected uint8 height x width x 3"):
        check_images([bad])
