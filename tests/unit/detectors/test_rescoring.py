"""The second look: what it makes of a detector's doubts, and what it refuses."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.types import Box, Face
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.detectors.rescoring import Rescorer, RescoringCard, Weights, rescoring_of
from maskwatch.errors import ModelError
from maskwatch.modelfiles import RuntimeSettings, version_of
from maskwatch.resources import models_dir
from tests.fixtures.faces import astronaut

SHIPPED = models_dir() / "detector.onnx"
EVEN = Weights(crop=1.0)
ON_FACE, ON_WALL = Box(178, 50, 278, 180), Box(20, 20, 120, 150)
SCORES = st.floats(0.0, 1.0)


def card(*, model: str = "detector_rescorer.onnx", highest: float = 0.95, weights: Weights = EVEN) -> RescoringCard:
    return RescoringCard(model=model, lowest=0.2, highest=highest, min_score=0.7, weights=weights)


def rescorer(named: RescoringCard | None = None) -> Rescorer:
    return Rescorer(named or card(), models_dir(), RuntimeSettings())


@given(detector=SCORES, crop=SCORES)
def test_whatever_is_told_the_score_is_one(detector: float, crop: float) -> None:
    (score,) = Weights(bias=-1, detector=0.7, crop=1.4).score(np.array([detector]), np.array([crop]))
    assert 0 < score < 1


def test_each_network_counts_as_much_as_its_weight_says() -> None:
    one, other = np.array([0.6]), np.array([0.9])
    for weights, rises in ((EVEN, True), (Weights(crop=0.0), False)):
        (low,), (high,) = (weights.score(one, crop) for crop in (one, other))
        assert (high > low) == rises
    assert Weights().score(one, other) == pytest.approx(one)


def test_a_face_gains_and_a_wall_loses_from_a_second_look() -> None:
    faces = [Face(box=ON_WALL, score=0.61), Face(box=ON_FACE, score=0.6)]
    first, second = rescorer().rescore(astronaut(), faces)
    assert (first.box, second.box) == (ON_FACE, ON_WALL)
    assert first.score > 0.8
    assert second.score < 0.3


def test_who_is_sure_is_not_asked_again() -> None:
    (kept,) = rescorer(card(highest=0.6, weights=Weights(crop=1.0, sure=2.0))).rescore(
        astronaut(), [Face(box=ON_WALL, score=0.6)]
    )
    assert kept.score == pytest.approx(1 / (1 + np.exp(-(np.log(0.6 / 0.4) + 2.0))))


def test_every_face_of_a_crowd_is_looked_at() -> None:
    faces = [Face(box=ON_FACE if index % 2 else ON_WALL, score=0.6) for index in range(70)]
    found = rescorer().rescore(astronaut(), faces)
    assert [face.box for face in found] == [ON_FACE] * 35 + [ON_WALL] * 35
    assert found[34].score > 0.8
    assert found[35].score < 0.3


def test_landmarks_stay_with_their_face() -> None:
    marks = ((1.0, 2.0),) * 5
    (face,) = rescorer().rescore(astronaut(), [Face(box=ON_FACE, score=0.6, landmarks=marks)])
    assert face.landmarks == marks
    assert rescorer().rescore(astronaut(), []) == []


def test_the_shipped_detector_says_both_models_and_can_do_without() -> None:
    both = MaskwatchDetector(MaskwatchDetectorConfig())
    alone = MaskwatchDetector(MaskwatchDetectorConfig(rescore=False))
    assert both.model_version == f"{alone.model_version}+{version_of(models_dir() / 'detector_rescorer.onnx')}"
    (found,), (bare,) = both.detect([astronaut()])[0], alone.detect([astronaut()])[0]
    assert found.box == bare.box
    assert found.score != bare.score


def test_what_a_second_look_thinks_little_of_is_no_face(tmp_path: Path) -> None:
    for name in ("detector.onnx", "detector_rescorer.onnx"):
        shutil.copy(models_dir() / name, tmp_path)
    doubting = card(highest=1.0, weights=Weights(bias=-20.0, crop=1.0)).model_dump()
    (tmp_path / "detector.json").write_text(json.dumps({"rescorer": doubting}))
    settings = MaskwatchDetectorConfig(model=tmp_path / "detector.onnx")
    assert MaskwatchDetector(settings).detect([astronaut()]) == [[]]
    assert len(MaskwatchDetector(settings.model_copy(update={"rescore": False})).detect([astronaut()])[0]) == 1


def test_a_detector_of_ones_own_has_no_second_look(tmp_path: Path) -> None:
    own = Path(shutil.copy(SHIPPED, tmp_path / "detector.onnx"))
    assert rescoring_of(own) is None
    found = MaskwatchDetector(MaskwatchDetectorConfig(model=own)).detect([astronaut()])[0]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("named", "where"),
    [({}, "model"), ("detector_rescorer.onnx", ""), ({**card().model_dump(), "lowest": 2}, "lowest")],
)
def test_a_card_that_makes_no_sense_is_named(tmp_path: Path, named: object, where: str) -> None:
    (tmp_path / "detector.json").write_text(json.dumps({"rescorer": named}))
    with pytest.raises(ModelError, match=rf"detector\.json names a rescorer that makes no sense: {where}") as caught:
        rescoring_of(tmp_path / "detector.onnx")
    assert "rescore: false" in caught.value.remedy


@pytest.mark.parametrize("name", ["detector.onnx", "classifier.onnx"])
def test_a_model_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=rf"{name} is no rescorer"):
        rescorer(card(model=name))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ModelError, match=r"gone\.onnx can't be read"):
        rescorer(card(model="gone.onnx"))
