"""The shipped models must stay as good as their committed figures; where the data is not there, these are left out.

Figures may be a little worse than committed (another machine rounds otherwise), never more.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from maskwatch.resources import models_dir
from maskwatch.training.classifier_report import milliseconds_a_face
from maskwatch.training.detector_report import side_by_side
from maskwatch.training.evaluate import evaluate_classifier, evaluate_detector
from maskwatch.training.teacher import TEACHER

FIGURES: dict[str, Any] = json.loads((Path(__file__).parent / "figures.json").read_text(encoding="utf-8"))
SECOND: dict[str, Any] = FIGURES["classifier"]["with_a_second_opinion"]
SLACK = 0.005
CHECKOUT = Path(__file__).parents[2]

pytestmark = [pytest.mark.data, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def data() -> Path:
    named = os.environ.get("MASKWATCH_DATA")
    root = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not (root / "scenes" / "val.json").is_file():
        pytest.skip("left out: the data is not there (MASKWATCH_DATA)")
    return root


@pytest.fixture(scope="session")
def detector(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return evaluate_detector(models_dir() / "detector.onnx", data, tmp_path_factory.mktemp("detector"), sizes=(640,))


@pytest.fixture(scope="session")
def classifier(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return evaluate_classifier(models_dir() / "classifier.onnx", data, tmp_path_factory.mktemp("classifier"))


@pytest.mark.parametrize("name", sorted(FIGURES["detector"]["recall"]))
def test_the_detector_finds_as_many_faces_as_it_did(detector: dict[str, Any], name: str) -> None:
    (row,) = detector["held-out scenes, at the default score"]
    assert row[name] >= FIGURES["detector"]["recall"][name] - SLACK


def test_the_detector_makes_no_more_mistakes_than_it_did(detector: dict[str, Any]) -> None:
    (row,) = detector["held-out scenes, at the default score"]
    assert row["unmatched"] <= FIGURES["detector"]["unmatched"] + 0.02
    empty = detector["scenes without faces"]
    assert empty["held_out_without_a_face"] >= FIGURES["detector"]["held_out_backgrounds_without_a_face"] - SLACK
    assert empty["without_a_face"] >= FIGURES["detector"]["backgrounds_without_a_face"] - 2 * SLACK


@pytest.mark.parametrize("name", sorted(FIGURES["classifier"]["held_out"]))
def test_the_classifier_is_right_as_often_as_it_was(classifier: dict[str, Any], name: str) -> None:
    row = next(row for row in classifier["held-out faces"] if row["set"] == "all")
    committed = FIGURES["classifier"]["held_out"][name]
    if name == "calibration_error":
        assert row[name] <= committed + SLACK
    else:
        assert row[name] >= committed - SLACK


@pytest.mark.parametrize("name", sorted(FIGURES["classifier"]["slices"]))
def test_every_slice_is_as_good_as_it_was(classifier: dict[str, Any], name: str) -> None:
    row = next(row for row in classifier["slices"] if row["slice"] == name)
    assert row["accuracy"] >= FIGURES["classifier"]["slices"][name] - 2 * SLACK


@pytest.mark.parametrize("name", sorted(SECOND["held_out"]))
def test_with_a_second_opinion_it_is_right_as_often_as_it_was(classifier: dict[str, Any], name: str) -> None:
    (row,) = classifier["held-out faces, with a second opinion"]
    if name == "calibration_error":
        assert row[name] <= SECOND["held_out"][name] + SLACK
    else:
        assert row[name] >= SECOND["held_out"][name] - SLACK


@pytest.mark.parametrize("figure", ["accuracy", "mask_or_not"])
@pytest.mark.parametrize("name", sorted(SECOND["mask_or_not"]))
def test_with_a_second_opinion_every_slice_is_as_good_as_it_was(
    classifier: dict[str, Any], name: str, figure: str
) -> None:
    row = next(row for row in classifier["slices, with a second opinion"] if row["slice"] == name)
    committed = SECOND["slices" if figure == "accuracy" else figure][name]
    assert row[figure] >= committed - 2 * SLACK


def test_few_faces_need_a_second_opinion(classifier: dict[str, Any]) -> None:
    (row,) = classifier["held-out faces, with a second opinion"]
    assert row["asked"] <= SECOND["asked"] + 2 * SLACK


@pytest.mark.parametrize("name", sorted(FIGURES["classifier"]["unknown"]))
def test_no_more_faces_are_left_unjudged_than_were(classifier: dict[str, Any], name: str) -> None:
    row = next(row for row in classifier["not judged"] if row["size"] == name)
    assert row["unknown"] <= FIGURES["classifier"]["unknown"][name] + SLACK


def test_the_detector_takes_no_longer_than_yunet(data: Path) -> None:
    for row in side_by_side(models_dir() / "detector.onnx", data / TEACHER, rounds=25, sizes=(320, 640)):
        # The least of many runs is what a busy machine disturbs least; still it is not exact.
        assert row["ours_least_ms"] <= row["yunet_least_ms"] * 1.25


def test_the_classifier_takes_as_long_as_it_may(data: Path) -> None:
    # Beside other tests most runs are disturbed; the least of thousands is one that was not.
    face_ms = milliseconds_a_face(models_dir() / "classifier.onnx", rounds=3000)["least_ms_a_face"]
    if "avx512f" in Path("/proc/cpuinfo").read_text():
        assert face_ms <= 0.4
    else:  # Its convolutions take half as long again there, 0.55 ms, and YuNet's no longer: held beside that.
        (row,) = side_by_side(models_dir() / "detector.onnx", data / TEACHER, rounds=40, sizes=(320,))
        assert face_ms <= 0.2 * row["yunet_least_ms"]


def test_a_hand_before_a_bare_mouth_never_becomes_a_mask(classifier: dict[str, Any]) -> None:
    for row in classifier["clips without masks"]:
        if row["clip"].startswith("hands_"):
            assert row["mask"] <= FIGURES["classifier"]["hands_called_mask"] + SLACK, row
            assert not row["mask_state"], row


def test_a_verdict_flips_at_most_once_a_minute(classifier: dict[str, Any]) -> None:
    for row in classifier["clips without masks"]:
        assert row["flips_a_minute"] <= 1, row
