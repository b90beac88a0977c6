"""What every detector must do, whichever it is: the registry is asked, so a new file is tested at once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import maskwatch.detectors
from maskwatch.core.ports import FaceDetector
from maskwatch.errors import ConfigError, MaskwatchError, ModelError
from maskwatch.plugins import build, discover
from maskwatch.resources import models_dir
from tests.fixtures.faces import admiral, astronaut, noise
from tests.fixtures.yunet import write_yunet

PLUGINS = discover(maskwatch.detectors)


@pytest.fixture(scope="module", params=sorted(PLUGINS))
def detector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FaceDetector:
    settings = {"type": request.param}
    if request.param == "yunet":
        settings["model"] = str(write_yunet(tmp_path_factory.mktemp("yunet") / "yunet.onnx"))
    built: FaceDetector = build(PLUGINS, settings)
    return built


def test_finds_the_face_of_a_portrait(detector: FaceDetector) -> None:
    (faces,) = detector.detect([astronaut()])
    assert len(faces) == 1
    x, y = faces[0].box.center
    assert abs(x - 227) < 20
    assert abs(y - 118) < 30


def test_answers_in_order_for_pictures_of_many_sizes(detector: FaceDetector) -> None:
    pictures = [noise(120, 90), astronaut(), admiral(), noise(333, 64, seed=1), astronaut()[:300, :400]]
    counts = [len(faces) for faces in detector.detect(pictures)]
    assert counts == [0, 1, 1, 0, 1]
    alone = [len(detector.detect([picture])[0]) for picture in pictures]
    assert alone == counts


def test_boxes_lie_in_the_picture_and_the_best_comes_first(detector: FaceDetector) -> None:
    picture = np.ascontiguousarray(np.concatenate([astronaut()[:, 190:], admiral()[:512]], axis=1))
    (faces,) = detector.detect([picture])
    height, width = picture.shape[:2]
    assert faces
    for face in faces:
        assert 0 <= face.box.x1 < face.box.x2 <= width
        assert 0 <= face.box.y1 < face.box.y2 <= height
        assert 0 <= face.score <= 1
        assert face.landmarks is None or len(face.landmarks) == 5
    scores = [face.score for face in faces]
    assert scores == sorted(scores, reverse=True)


def test_no_pictures_give_no_answers(detector: FaceDetector) -> None:
    assert list(detector.detect([])) == []


def test_a_picture_in_grey_is_refused(detector: FaceDetector) -> None:
    with pytest.raises(ValueError, match="expected uint8 height x width x 3"):
        detector.detect([np.zeros((40, 40), np.uint8)])


def test_says_which_model_it_is(detector: FaceDetector) -> None:
    name, _, version = str(getattr(detector, "model_version", "")).partition("@")
    assert name
    assert version


@pytest.mark.parametrize("kind", sorted(PLUGINS))
def test_an_unknown_setting_is_named(kind: str) -> None:
    with pytest.raises(ConfigError, match="sise"):
        build(PLUGINS, {"type": kind, "sise": 3, **({"model": "x.onnx"} if kind == "yunet" else {})})


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _text(path: Path) -> Path:
    path.write_text("not a model")
    return path


@pytest.mark.parametrize("kind", ["maskwatch", "yunet"])
@pytest.mark.parametrize("spoil", [lambda path: path, _empty, _text])
@pytest.mark.parametrize("name", ["model.onnx", "model.bin"])
def test_a_bad_model_file_is_named(kind: str, spoil: Callable[[Path], Path], name: str, tmp_path: Path) -> None:
    path = spoil(tmp_path / name)
    with pytest.raises(ModelError, match=str(path)):
        build(PLUGINS, {"type": kind, "model": str(path)})


@pytest.mark.parametrize("kind", ["maskwatch", "yunet"])
def test_a_model_for_something_else_is_refused(kind: str) -> None:
    with pytest.raises(ModelError, match=r"classifier\.onnx is no "):
        build(PLUGINS, {"type": kind, "model": str(models_dir() / "classifier.onnx")})


def test_yunet_without_a_file_says_so() -> None:
    with pytest.raises(MaskwatchError, match="model"):
        build(PLUGINS, {"type": "yunet"})


def test_a_larger_size_finds_smaller_faces() -> None:
    canvas = np.full((1000, 1400, 3), 120, np.uint8)
    small = cv2.resize(astronaut(), (130, 130), interpolation=cv2.INTER_AREA)  # a face of 31 pixels in 1400
    canvas[300:430, 500:630] = small
    found = [len(build(PLUGINS, {"type": "maskwatch", "size": size}).detect([canvas])[0]) for size in (320, 960)]
    assert found[1] == 1
    assert found[0] <= found[1]


def test_a_model_of_another_hash_than_its_card_says_is_refused(tmp_path: Path) -> None:
    for suffix in (".onnx", ".json"):
        shutil.copy(models_dir() / f"detector{suffix}", tmp_path)
    model = tmp_path / "detector.onnx"
    with model.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="SHA-256"):
        build(PLUGINS, {"type": "maskwatch", "model": str(model)})
