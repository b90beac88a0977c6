"""What a small classifier learns of a picture: between what a larger one says and the label."""

from pathlib import Path

import numpy as np
import pytest

from maskwatch.core.types import Box, MaskLabel
from maskwatch.errors import ModelError
from maskwatch.modelfiles import open_model
from maskwatch.pipeline.picture import fit_square
from maskwatch.resources import models_dir
from maskwatch.training.classifier_data import ClassifierData, Teacher
from maskwatch.training.classifier_training import smoothed_loss
from maskwatch.training.masks import load_kit
from maskwatch.training.patches import Patch
from tests.fixtures.faces import noise
from tests.unit.training.data import write_templates

SHIPPED = models_dir() / "classifier.onnx"


def test_answers_lie_between_the_teachers_and_the_labels() -> None:
    crops = [noise(80, 80), noise(200, 200)[:, ::-1]]
    labels = np.array([2, 0], np.int32)
    (told,) = open_model(SHIPPED)(np.stack([fit_square(crop, 80) for crop in crops]))
    assert Teacher(SHIPPED, trust=1).answers(crops, labels) == pytest.approx(told)
    assert Teacher(SHIPPED, trust=0).answers(crops, labels).tolist() == [[0, 0, 1], [1, 0, 0]]
    half = Teacher(SHIPPED, trust=0.5).answers(crops, labels)
    assert half == pytest.approx(told / 2 + np.array([[0, 0, 0.5], [0.5, 0, 0]]))


def test_a_model_that_judges_no_masks_can_not_teach() -> None:
    with pytest.raises(ModelError, match=r"detector\.onnx can't teach"):
        Teacher(models_dir() / "detector.onnx")


def test_taught_batches_show_the_same_pictures_as_others(tmp_path: Path) -> None:
    write_templates(tmp_path)
    kit = load_kit(tmp_path / "mask_templates")
    patches = [
        Patch(image=noise(90, 90), box=Box(20, 20, 70, 70), landmarks=None, label=label, size_px=50.0, origin="made up")
        for label in (MaskLabel.MASK, MaskLabel.NO_MASK, MaskLabel.INCORRECT)
    ]
    plain = ClassifierData(patches=patches, kit=kit, size=80, batch=6, seed=3)
    taught = ClassifierData(patches=patches, kit=kit, size=80, batch=6, seed=3, teacher=Teacher(SHIPPED, trust=0))
    (pictures, labels), (same, answers) = plain.make(0, 0), taught.make(0, 0)
    assert np.array_equal(pictures, same)
    assert answers.argmax(axis=1).tolist() == labels.tolist()


def test_a_label_and_its_certainty_cost_the_same() -> None:
    told = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], np.float32)
    by_label = np.asarray(smoothed_loss(np.array([0, 2]), told))
    sure = np.asarray(smoothed_loss(np.array([[1, 0, 0], [0, 0, 1]], np.float32), told))
    assert by_label == pytest.approx(sure)
    doubting = np.asarray(smoothed_loss(told, told))
    assert (doubting > by_label).all()
