"""Whatever runs a model, it answers the same; and none tells anybody that it does."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import maskwatch.classifiers
import maskwatch.detectors
from maskwatch.errors import ModelError, PluginError
from maskwatch.modelfiles import open_model
from maskwatch.plugins import build, discover
from maskwatch.resources import models_dir
from tests.fixtures.faces import admiral, astronaut

SHAPES = {
    "detector": [(1, 192, 320, 3), (2, 64, 96, 3), (1, 192, 320, 3)],
    "detector_rescorer": [(1, 56, 56, 3), (5, 56, 56, 3)],
    "classifier": [(1, 80, 80, 3), (8, 80, 80, 3)],
    "classifier_large": [(3, 96, 96, 3)],
}
QUIET = """
import socket, sys
def refuse(*_): raise SystemExit("it calls somebody")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from maskwatch.modelfiles import open_model
from maskwatch.resources import models_dir
open_model(models_dir() / "classifier.onnx", runtime="openvino")
import openvino
assert not [name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module]
"""


@pytest.mark.parametrize("name", SHAPES)
def test_openvino_and_onnx_runtime_answer_the_same(name: str) -> None:
    path = models_dir() / f"{name}.onnx"
    one, other = open_model(path), open_model(path, runtime="openvino")
    assert one.input_shape == other.input_shape
    assert [shape[-1] for shape in one.output_shapes] == [shape[-1] for shape in other.output_shapes]
    random = np.random.default_rng(4)
    batches = [random.integers(0, 256, shape).astype(np.uint8) for shape in SHAPES[name]]
    theirs = [other(batch) for batch in batches]
    for batch, their in zip(batches, theirs, strict=True):
        for mine, answer in zip(one(batch), their, strict=True):
            assert mine.shape == answer.shape
            assert np.abs(mine - answer).max() < 1e-3


def test_faces_are_found_and_judged_on_openvino() -> None:
    runtime = {"type": "maskwatch", "runtime": "openvino"}
    detector = build(discover(maskwatch.detectors), runtime)
    assert [len(faces) for faces in detector.detect([astronaut(), admiral()])] == [1, 1]
    classifier = build(discover(maskwatch.classifiers), runtime)
    assert classifier.classify([astronaut()[60:180, 170:290]])[0].label.value == "no_mask"


def test_a_device_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ModelError, match=r"the device 'NPU'") as caught:
        open_model(models_dir() / "detector.onnx", runtime="openvino", device="NPU")
    assert "CPU" in caught.value.remedy


def test_without_openvino_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(PluginError) as caught:
        open_model(models_dir() / "detector.onnx", runtime="openvino")
    assert "maskwatch[openvino]" in caught.value.remedy


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"\x08\x07nothing")
    with pytest.raises(ModelError, match=r"damaged\.onnx can't be loaded"):
        open_model(damaged, runtime="openvino")


def test_openvino_s_telemetry_stays_out() -> None:
    ended = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
