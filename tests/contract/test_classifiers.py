"""What every classifier must do, whichever it is: the registry is asked, so a new file is tested at once."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import maskwatch.classifiers
from maskwatch.core.crops import square_crop
from maskwatch.core.ports import MaskClassifier
from maskwatch.core.types import LABELS, Box, MaskLabel
from maskwatch.errors import ConfigError, ModelError
from maskwatch.plugins import build, discover
from tests.fixtures.faces import astronaut, noise

PLUGINS = discover(maskwatch.classifiers)
FACE = Box(181, 54, 274, 178)


@pytest.fixture(scope="module", params=sorted(PLUGINS))
def classifier(request: pytest.FixtureRequest) -> MaskClassifier:
    built: MaskClassifier = build(PLUGINS, {"type": request.param})
    return built


def test_a_bare_face_wears_no_mask(classifier: MaskClassifier) -> None:
    (verdict,) = classifier.classify([square_crop(astronaut(), FACE, classifier.crop_margin)])
    assert verdict.label is MaskLabel.NO_MASK
    assert verdict.confidence == verdict.probabilities[MaskLabel.NO_MASK]


def test_probabilities_are_of_all_labels_and_sum_to_one(classifier: MaskClassifier) -> None:
    crops = [noise(side, side, seed=side) for side in (1, 9, 80, 333)]
    for verdict in classifier.classify(crops):
        assert set(verdict.probabilities) == set(LABELS)
        assert sum(verdict.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_a_batch_answers_as_its_crops_do_alone_and_in_order(classifier: MaskClassifier) -> None:
    crops = [noise(40, 40, seed=seed) for seed in range(70)]
    crops[33] = square_crop(astronaut(), FACE, classifier.crop_margin)
    together = classifier.classify(crops)
    for index in (0, 33, 69):
        (alone,) = classifier.classify([crops[index]])
        for label in LABELS:
            assert together[index].probabilities[label] == pytest.approx(alone.probabilities[label], abs=1e-4)


def test_no_crops_give_no_verdicts(classifier: MaskClassifier) -> None:
    assert list(classifier.classify([])) == []


def test_anything_but_rgb_is_refused(classifier: MaskClassifier) -> None:
    with pytest.raises(ValueError, match="expected a crop of uint8"):
        classifier.classify([np.zeros((30, 30, 3), np.float32)])


def test_colour_order_and_scale_matter(classifier: MaskClassifier) -> None:
    crop = square_crop(astronaut(), FACE, classifier.crop_margin)
    right, swapped, dark = classifier.classify([crop, np.ascontiguousarray(crop[..., ::-1]), crop // 255])
    for other in (swapped, dark):
        assert abs(right.probabilities[MaskLabel.NO_MASK] - other.probabilities[MaskLabel.NO_MASK]) > 1e-3


@pytest.mark.parametrize("kind", sorted(PLUGINS))
def test_an_unknown_setting_is_named(kind: str) -> None:
    with pytest.raises(ConfigError, match="sise"):
        build(PLUGINS, {"type": kind, "sise": 3})


def test_below_the_confidence_asked_for_it_cannot_tell() -> None:
    sure = build(PLUGINS, {"type": "maskwatch", "min_confidence": 1.0})
    (verdict,) = sure.classify([noise(80, 80)])
    assert verdict.label is MaskLabel.UNKNOWN
    assert verdict.confidence == max(verdict.probabilities.values())


def two_label_model(path: Path, *, softmax: bool = True, inputs: int = 3) -> Path:
    """A model of a user's own: the redder the picture, the surer it is of its first label."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 224, 224, inputs])
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", 2])
    weights = onnx.numpy_helper.from_array(np.array([[0.05, 0]] + [[0, 0.05]] * (inputs - 1), np.float32), "w")
    axes = onnx.numpy_helper.from_array(np.array([1, 2], np.int64), "axes")
    nodes = [
        helper.make_node("ReduceMean", ["picture", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "w"], ["logits" if softmax else "answer"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["answer"], axis=1))
    graph = helper.make_graph(nodes, "own", [picture], [answer], [weights, axes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), str(path))
    return path


def red() -> np.ndarray:
    picture = np.zeros((50, 50, 3), np.uint8)
    picture[..., 0] = 255
    return picture


def test_a_model_of_ones_own_with_two_labels(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx")
    own = build(PLUGINS, {"type": "maskwatch", "model": str(model), "labels": ["no_mask", "mask"]})
    (verdict,) = own.classify([red()])
    assert verdict.label is MaskLabel.NO_MASK
    assert verdict.probabilities[MaskLabel.INCORRECT] == 0


def test_the_card_beside_a_model_gives_its_labels_and_its_margin(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx")
    card = {"labels": ["mask", "no_mask"], "input": {"crop_margin": 0.5, "pixel_range": "0..255"}}
    model.with_suffix(".json").write_text(json.dumps(card))
    own = build(PLUGINS, {"type": "maskwatch", "model": str(model)})
    assert own.crop_margin == 0.5
    assert own.classify([red()])[0].label is MaskLabel.MASK


def with_second_opinion(folder: Path, second: object) -> Path:
    """A model that takes red for a mask, and beside it one that takes red for a bare face."""
    for name, labels in (("own", ["mask", "no_mask"]), ("larger", ["no_mask", "mask"])):
        card: dict[str, object] = {"labels": labels}
        if name == "own":
            card["second_opinion"] = second
        two_label_model(folder / f"{name}.onnx").with_suffix(".json").write_text(json.dumps(card))
    return folder / "own.onnx"


def test_who_is_not_sure_is_overruled_by_the_second_opinion(tmp_path: Path) -> None:
    model = with_second_opinion(tmp_path, {"model": "larger.onnx", "below": 0.9})
    reddish = red() // 6
    own = build(PLUGINS, {"type": "maskwatch", "model": str(model)})
    assert [verdict.label for verdict in own.classify([red(), reddish, red()])] == ["mask", "no_mask", "mask"]
    assert own.classify([]) == []
    assert [name.split("@")[0] for name in own.model_version.split("+")] == ["own", "larger"]
    alone = build(PLUGINS, {"type": "maskwatch", "model": str(model), "second_opinion": False})
    assert [verdict.label for verdict in alone.classify([red(), reddish])] == ["mask", "mask"]
    assert "+" not in alone.model_version


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        ("larger.onnx", r"own\.json names a second opinion that makes no sense"),
        ({"model": "larger.onnx"}, r"own\.json names a second opinion that makes no sense"),
        ({"model": "gone.onnx", "below": 0.9}, r"gone\.onnx"),
    ],
)
def test_a_second_opinion_that_can_not_be_had_is_an_error(second: object, complaint: str, tmp_path: Path) -> None:
    model = with_second_opinion(tmp_path, second)
    with pytest.raises(ModelError, match=complaint):
        build(PLUGINS, {"type": "maskwatch", "model": str(model)})


def test_the_range_of_pixels_is_a_setting(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx")
    settings = {"type": "maskwatch", "model": str(model), "labels": ["mask", "no_mask"]}
    wide, narrow = (build(PLUGINS, {**settings, "pixel_range": kind}) for kind in ("0..255", "0..1"))
    assert wide.classify([red()])[0].confidence > narrow.classify([red()])[0].confidence + 0.1


def test_an_unknown_order_of_labels_is_an_error(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx")
    with pytest.raises(ModelError, match=r"which order the model file .*own\.onnx"):
        build(PLUGINS, {"type": "maskwatch", "model": str(model)})


@pytest.mark.parametrize("labels", [["mask"], ["mask", "mask"], ["mask", "no_mask", "incorrect"]])
def test_labels_that_do_not_fit_are_an_error(labels: list[str], tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx")
    with pytest.raises(ModelError, match=r"do not fit the model file .*own\.onnx"):
        build(PLUGINS, {"type": "maskwatch", "model": str(model), "labels": labels})


def test_answers_that_are_no_probabilities_are_an_error(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx", softmax=False)
    own = build(PLUGINS, {"type": "maskwatch", "model": str(model), "labels": ["mask", "no_mask"]})
    with pytest.raises(ModelError, match=r"own\.onnx do not sum to 1"):
        own.classify([red()])


def test_a_model_that_takes_no_pictures_is_an_error(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx", inputs=4)
    with pytest.raises(ModelError, match=r"own\.onnx takes .* not pictures"):
        build(PLUGINS, {"type": "maskwatch", "model": str(model), "labels": ["mask", "no_mask"]})


@pytest.mark.parametrize("name", ["missing.onnx", "missing.keras", "detector.txt"])
def test_a_missing_model_file_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=name):
        build(PLUGINS, {"type": "maskwatch", "model": str(tmp_path / name), "labels": ["mask", "no_mask"]})


def test_the_runtime_must_suit_the_file(tmp_path: Path) -> None:
    model = two_label_model(tmp_path / "own.onnx")
    with pytest.raises(ModelError, match="runtime 'keras'"):
        build(PLUGINS, {"type": "maskwatch", "model": str(model), "runtime": "keras"})


def test_keras_and_onnx_answer_the_same() -> None:
    crops = [noise(80, 80), square_crop(astronaut(), FACE, 0.2)]
    answers = [build(PLUGINS, {"type": "maskwatch", "runtime": kind}).classify(crops) for kind in ("keras", "onnx")]
    for one, other in zip(*answers, strict=True):
        for label in LABELS:
            assert one.probabilities[label] == pytest.approx(other.probabilities[label], abs=1e-3)
