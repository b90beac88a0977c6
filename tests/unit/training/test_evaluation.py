from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.types import LABELS, Box, Face, MaskLabel
from maskwatch.training.calibration import fit_scaling, scale
from maskwatch.training.cards import write_card
from maskwatch.training.classifier_evaluation import calibration_error, confusion, mask_or_not, summary
from maskwatch.training.datasets import LabelledFace, Scene
from maskwatch.training.detector_data import merged_truth
from maskwatch.training.detector_evaluation import judge, match
from maskwatch.training.detector_loss import FACE, IGNORED


def face(x: float, score: float, side: float = 50) -> Face:
    return Face(box=Box(x, 0, x + side, side), score=score)


def scene(*faces: tuple[float, float, MaskLabel]) -> Scene:
    labelled = tuple(LabelledFace(box=Box(x, 0, x + side, side), label=label) for x, side, label in faces)
    return Scene(path=Path("x.png"), width=640, height=100, faces=labelled)


def test_each_face_is_matched_once_by_the_best_detection() -> None:
    owners, left_over = match(scene((0, 50, MaskLabel.MASK)), [face(5, 0.9), face(0, 0.8), face(300, 0.7)])
    assert owners == [0.9]
    assert left_over == {1, 2}


def test_recall_by_size_and_by_what_is_worn() -> None:
    one = scene(
        (0, 60, MaskLabel.MASK), (100, 60, MaskLabel.NO_MASK), (200, 30, MaskLabel.MASK), (300, 10, MaskLabel.MASK)
    )
    judged = judge([one], [[face(0, 0.9, 60), face(200, 0.4, 30)]])
    assert judged.recall(0.5, 48) == 0.5
    assert judged.recall(0.5, 48, masked=True) == 1
    assert judged.recall(0.5, 48, masked=False) == 0
    assert judged.recall(0.5, 24, 48) == 0
    assert judged.recall(0.3, 24, 48) == 1
    assert judged.recall(0.0, 0, 24) == 0  # never found is never found, whatever the score


def test_a_face_that_only_the_teacher_sees_is_not_held_against_the_detector() -> None:
    found = [face(0, 0.9), face(200, 0.8), face(400, 0.7)]
    judged = judge([scene((0, 50, MaskLabel.MASK))], [found], [[face(202, 0.65), face(400, 0.5)]])
    assert judged.unmatched(0.5) == 1
    assert judged.unmatched(0.5, discount=False) == 2
    assert judged.unmatched(0.75) == 0


@given(scores=st.lists(st.floats(0.05, 1), max_size=30), allowed=st.floats(0, 3))
def test_the_score_for_so_many_mistakes_gives_no_more(scores: list[float], allowed: float) -> None:
    found = [face(100 * index, score) for index, score in enumerate(sorted(scores, reverse=True))]
    judged = judge([scene()], [found])
    assert judged.unmatched(judged.score_for(allowed)) <= allowed


def test_the_teacher_fills_in_what_nobody_labelled() -> None:
    points = tuple((float(index), 1.0) for index in range(5))
    seen = [
        Face(box=Box(0, 0, 52, 52), score=0.9, landmarks=points),
        face(200, 0.9),
        face(400, 0.4),
    ]
    truth = merged_truth(scene((0, 50, MaskLabel.MASK)), seen)
    assert truth[:, 4].tolist() == [FACE, FACE, IGNORED]
    assert truth[:, 5].tolist() == [1, 0, 0]
    assert truth[0, :4].tolist() == [0, 0, 50, 50]  # the label's box, the teacher's landmarks
    assert truth[0, 6:8].tolist() == [0, 1]


def probabilities(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_figures_of_a_classifier() -> None:
    told = probabilities((0.8, 0.1, 0.1), (0.2, 0.7, 0.1), (0.3, 0.2, 0.5), (0.1, 0.2, 0.7))
    labels = [MaskLabel.MASK, MaskLabel.MASK, MaskLabel.MASK, MaskLabel.INCORRECT]
    assert mask_or_not(told, labels) == pytest.approx(2 / 3)
    assert confusion(told, labels).tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 1]]
    found = summary(told, labels)
    assert found["accuracy"] == 0.5
    assert found["incorrect_recall"] == 1
    assert found["incorrect_precision"] == 0.5


def test_calibration_error_of_one_who_is_always_sure_and_half_right() -> None:
    told = probabilities(*[(1.0, 0.0, 0.0)] * 10)
    labels = [MaskLabel.MASK] * 5 + [MaskLabel.NO_MASK] * 5
    assert calibration_error(told, labels) == pytest.approx(0.5)


def test_scaling_makes_probabilities_mean_what_they_say() -> None:
    rng = np.random.default_rng(0)
    honest = rng.dirichlet((0.7, 0.7, 0.3), 4000)
    labels = [LABELS[int(rng.choice(3, p=row))] for row in honest]
    boastful = scale(honest.astype(np.float32), 0.4, np.array([0.0, 0.3, 0.8]))
    temperature, offsets = fit_scaling(boastful, labels)
    assert calibration_error(boastful, labels) > 0.08
    assert calibration_error(scale(boastful, temperature, offsets), labels) < 0.03


def test_a_card_is_written_for_people_and_for_machines(tmp_path: Path) -> None:
    rows = [{"slice": "beards", "accuracy": float("nan")}, {"slice": "all", "accuracy": 0.98765}]
    card = write_card(tmp_path, "x", {"name": "x", "task": "test", "files": {"x.onnx": "ab"}, "figures": {"s": rows}})
    assert '"accuracy": null' in card.read_text()
    assert "| all | 0.9877 |" in card.with_suffix(".md").read_text()
