import numpy as np
import pytest
from keras import ops

from maskwatch.detectors.anchor_free import grid
from maskwatch.training.detector_loss import (
    FACE,
    IGNORED,
    TRUTH_WIDTH,
    assign,
    decode_boxes,
    detector_loss,
    pairwise_iou,
    square_grid,
)

SIDE = 64
CELLS = 84  # 64 + 16 + 4


def truth(*faces: tuple[float, ...], kind: int = FACE) -> np.ndarray:
    rows = np.zeros((1, max(1, len(faces)), TRUTH_WIDTH), np.float32)
    for index, face in enumerate(faces):
        rows[0, index, :4] = face
        rows[0, index, 4] = kind
    return rows


def answers_for(box: tuple[float, float, float, float], *, sure: float = 6.0) -> np.ndarray:
    """Logits with which every cell says `box`, and only those at its centre that there is a face."""
    points, strides = grid(SIDE, SIDE)
    raw = np.zeros((1, CELLS, 16), np.float32)
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    raw[0, :, 2:4] = (centre - points) / strides[:, None]
    raw[0, :, 4:6] = np.log(np.array([box[2] - box[0], box[3] - box[1]]) / strides[:, None])
    near = np.abs(points - centre).max(axis=1) < 2.5 * strides
    raw[0, :, :2] = np.where(near, sure, -sure)[:, None]
    return raw


def test_the_grid_is_that_of_the_detector() -> None:
    points, strides = square_grid(ops.zeros((1, CELLS, 16)))
    wanted_points, wanted_strides = grid(SIDE, SIDE)
    assert np.array_equal(np.asarray(points), wanted_points)
    assert np.array_equal(np.asarray(strides)[:, 0], wanted_strides)


def test_boxes_are_decoded_as_the_detector_decodes_them() -> None:
    points, strides = square_grid(ops.zeros((1, CELLS, 16)))
    boxes = np.asarray(decode_boxes(answers_for((10, 12, 40, 50))[..., 2:6], points, strides))
    assert boxes[0] == pytest.approx(np.tile([10, 12, 40, 50], (CELLS, 1)), abs=1e-3)


def test_iou_of_pairs() -> None:
    overlap = np.asarray(
        pairwise_iou(
            np.array([[[0, 0, 10, 10]]], np.float32), np.array([[[0, 0, 10, 5], [20, 20, 30, 30]]], np.float32)
        )
    )
    assert overlap[0, 0] == pytest.approx([0.5, 0.0], abs=1e-5)


def test_a_face_is_learned_by_cells_near_its_centre_and_by_no_others() -> None:
    box = (20.0, 20.0, 44.0, 44.0)
    raw = answers_for(box)
    raw[0, :, 1] += np.linspace(0, 0.1, CELLS)  # no two cells are equally good
    points, strides = square_grid(raw)
    boxes = decode_boxes(raw[..., 2:6], points, strides)
    owner, rows, quality = assign(ops.convert_to_tensor(truth(box)), ops.convert_to_tensor(raw), boxes, points, strides)
    learned = np.flatnonzero(np.asarray(owner)[0] >= 0)
    assert 1 <= len(learned) <= 10
    away = np.abs(np.asarray(points)[learned] - 32).max(axis=1)
    assert (away <= 2.5 * np.asarray(strides)[learned, 0]).all()
    assert np.asarray(rows)[0, learned[0], :4].tolist() == list(box)
    assert np.asarray(quality)[0, learned] == pytest.approx(1, abs=1e-3)


def test_the_better_the_answer_the_smaller_the_loss() -> None:
    box = (20.0, 20.0, 44.0, 44.0)
    wanted = truth(box)
    exact = float(detector_loss(wanted, answers_for(box)))
    shifted = float(detector_loss(wanted, answers_for((26.0, 26.0, 50.0, 50.0))))
    nothing = float(detector_loss(wanted, np.zeros((1, CELLS, 16), np.float32)))
    assert exact < shifted < nothing


def test_a_picture_without_faces_teaches_only_that_there_is_none() -> None:
    quiet = np.zeros((1, CELLS, 16), np.float32)
    quiet[..., :2] = -12
    assert float(detector_loss(truth(), quiet)) == pytest.approx(0, abs=1e-2)
    quiet[..., 1] = 12
    assert float(detector_loss(truth(), quiet)) > 100


def test_a_doubtful_region_is_neither_rewarded_nor_punished() -> None:
    box = (16.0, 16.0, 48.0, 48.0)
    silent, loud = answers_for(box, sure=-9.0), answers_for(box, sure=-9.0)
    points, _ = grid(SIDE, SIDE)
    inside = ((points >= 16) & (points <= 48)).all(axis=1)
    for raw, value in ((silent, -9.0), (loud, 9.0)):
        raw[0, :, :2] = -9.0
        raw[0, inside, :2] = value
    doubtful = truth(box, kind=IGNORED)
    assert float(detector_loss(doubtful, loud)) == pytest.approx(float(detector_loss(doubtful, silent)), abs=1e-3)


def test_landmarks_count_only_where_they_are_known() -> None:
    box = (20.0, 20.0, 44.0, 44.0)
    raw = answers_for(box)
    unknown, known = truth(box), truth(box)
    known[0, 0, 5] = 1
    known[0, 0, 6:] = 300  # far from what the answers say
    assert float(detector_loss(known, raw)) > float(detector_loss(unknown, raw)) + 0.5
