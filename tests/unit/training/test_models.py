"""Architectures, the port of the teacher, the export: that Keras and ONNX Runtime say the same of the same pixels."""

from pathlib import Path

import cv2
import keras
import numpy as np
import onnx
import pytest

from maskwatch.errors import ModelError
from maskwatch.modelfiles import open_model
from maskwatch.resources import models_dir
from maskwatch.training.classifier_model import SEED_PARAMETERS, build_compact, build_seed_cnn, build_transfer
from maskwatch.training.detector_model import build_detector, port_yunet, trainable_view
from maskwatch.training.export import TOLERANCE, export_file, largest_difference, save
from maskwatch.training.onnx_passes import slim_entry
from tests.fixtures.faces import astronaut, noise
from tests.fixtures.yunet import write_yunet


def test_the_seed_cnn_has_exactly_the_parameters_of_the_article() -> None:
    model = build_seed_cnn()
    assert model.count_params() == SEED_PARAMETERS == 11_169_218
    assert model.input_shape == (None, 224, 224, 3)
    assert model.output_shape == (None, 2)


def test_the_port_of_a_yunet_file_answers_as_the_file_does(tmp_path: Path) -> None:
    teacher = write_yunet(tmp_path / "yunet.onnx")
    model = build_detector()
    port_yunet(model, teacher)
    picture = astronaut()[None, :320, :416]
    ours = np.asarray(model(picture, training=False))
    theirs = open_model(teacher)(picture[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32))
    classes, objects, boxes, points = (np.concatenate(theirs[i : i + 3], axis=1) for i in (0, 3, 6, 9))
    assert np.abs(ours[..., :1] - np.sqrt(classes * objects)).max() < 1e-3
    assert np.abs(ours[..., 1:] - np.concatenate([boxes, points], axis=2)).max() < 1e-3


def test_halved_files_are_half_as_large_and_both_answer_alike(tmp_path: Path) -> None:
    model = build_compact()
    whole, half = save(model, tmp_path / "whole", "m"), save(model, tmp_path / "half", "m", half=True)
    assert whole.keys() == half.keys()
    for name in whole:
        assert (tmp_path / "half" / name).stat().st_size < 0.66 * (tmp_path / "whole" / name).stat().st_size
    pixels = np.random.default_rng(1).integers(0, 256, (2, 80, 80, 3), np.uint8)
    assert largest_difference(tmp_path / "half" / "m.keras", tmp_path / "half" / "m.onnx", pixels) < TOLERANCE
    (told,) = open_model(tmp_path / "half" / "m.onnx")(pixels)
    (before,) = open_model(tmp_path / "whole" / "m.onnx")(pixels)
    assert told == pytest.approx(before, abs=0.01)


def test_a_file_that_is_no_yunet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="it is no YuNet"):
        port_yunet(build_detector(), models_dir() / "classifier.onnx")
    with pytest.raises(ModelError, match=r"missing\.onnx can't be read"):
        port_yunet(build_detector(), tmp_path / "missing.onnx")


def test_the_trainable_view_shares_its_weights_with_the_detector() -> None:
    detector = build_detector()
    raw = trainable_view(detector)
    raw.set_weights([weight * 0 for weight in raw.get_weights()])
    answers = np.asarray(detector(noise(32, 64)[None], training=False))
    assert answers.shape == (1, 42, 15)
    assert answers[..., 0] == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(1, 64, 96, 3), (3, 320, 320, 3)])
def test_the_exported_detector_is_free_in_batch_and_size(shape: tuple[int, ...], tmp_path: Path) -> None:
    save(build_detector(), tmp_path, "fresh")
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert largest_difference(tmp_path / "fresh.keras", tmp_path / "fresh.onnx", pixels) <= TOLERANCE


def test_the_exported_classifier_answers_as_keras_does(tmp_path: Path) -> None:
    files = save(build_compact(), tmp_path, "fresh")
    assert set(files) == {"fresh.keras", "fresh.onnx"}
    pixels = np.random.default_rng(1).integers(0, 256, (5, 80, 80, 3), np.uint8)
    assert largest_difference(tmp_path / "fresh.keras", tmp_path / "fresh.onnx", pixels) <= TOLERANCE


def test_the_export_moves_the_channels_while_they_are_bytes(tmp_path: Path) -> None:
    save(build_detector(), tmp_path, "fresh")
    graph = onnx.load(tmp_path / "fresh.onnx").graph
    assert [node.op_type for node in graph.node[:3]] == ["Transpose", "Cast", "Conv"]
    used = {name for node in graph.node for name in node.input}
    assert {tensor.name for tensor in graph.initializer} <= used


def test_a_graph_that_begins_otherwise_is_left_as_it_is() -> None:
    picture = onnx.helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, [1, 2])
    told = onnx.helper.make_tensor_value_info("told", onnx.TensorProto.FLOAT, [1, 2])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["picture"], ["told"])], "g", [picture], [told])
    model = onnx.helper.make_model(graph)
    before = model.SerializeToString()
    slim_entry(model)
    assert model.SerializeToString() == before


@pytest.mark.parametrize("stem", ["detector", "classifier"])
@pytest.mark.parametrize("change", ["colour order", "scale", "padding"])
def test_the_shipped_models_are_fed_as_they_were_trained(stem: str, change: str) -> None:
    runner = open_model(models_dir() / f"{stem}.onnx")
    side = 320 if stem == "detector" else runner.input_shape[1] or 0
    right = cv2.resize(astronaut()[20:220, 120:320], (side, side), interpolation=cv2.INTER_AREA)
    if change == "colour order":
        wrong = np.ascontiguousarray(right[..., ::-1])
    elif change == "scale":
        wrong = right // 255
    else:
        wrong = np.full_like(right, 255)
        wrong[: side // 2, : side // 2] = cv2.resize(right, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    (answers,), (others,) = runner(right[None]), runner(wrong[None])
    assert np.abs(answers - others).max() > 10 * TOLERANCE


@pytest.mark.parametrize("stem", ["detector", "classifier"])
def test_the_shipped_models_answer_the_same_in_keras_and_onnx(stem: str) -> None:
    side = 320 if stem == "detector" else 80
    pixels = np.stack([noise(side, side), np.ascontiguousarray(astronaut()[40 : 40 + side, 170 : 170 + side])])
    folder = models_dir()
    assert largest_difference(folder / f"{stem}.keras", folder / f"{stem}.onnx", pixels) <= TOLERANCE


def test_exporting_a_file_that_is_no_model_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.keras does not exist"):
        export_file(tmp_path / "missing.keras", tmp_path / "out.onnx")
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"broken\.keras can't be loaded"):
        export_file(broken, tmp_path / "out.onnx")


def test_transfer_takes_weights_from_a_file(tmp_path: Path) -> None:
    weights = tmp_path / "backbone.weights.h5"
    keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(96, 96, 3)).save_weights(weights)
    model = build_transfer(2, weights=weights)
    assert model.output_shape == (None, 2)


def test_transfer_says_where_it_looked_for_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.h5 does not exist"):
        build_transfer(2, weights=tmp_path / "missing.h5")
    broken = tmp_path / "broken.weights.h5"
    broken.write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"from the file .*broken\.weights\.h5"):
        build_transfer(2, weights=broken)
    with pytest.raises(ModelError, match="no backbone 'Nonesuch'"):
        build_transfer(2, backbone="Nonesuch")


def test_transfer_without_a_reachable_hub_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> str:
        raise OSError

    monkeypatch.setattr(keras.utils, "get_file", unreachable)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", unreachable)
    with pytest.raises(ModelError, match="from the hub"):
        build_transfer(2)
