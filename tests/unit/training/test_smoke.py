"""Both trainings from beginning to end on a few pictures: that they run, resume, and leave what they promise."""

import csv
import json
from pathlib import Path

import pytest

from maskwatch.classifiers.maskwatch import MaskwatchClassifier, MaskwatchClassifierConfig
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.errors import DataSetError, ModelError
from maskwatch.resources import models_dir
from maskwatch.training.ablation import VARIANTS, ablate
from maskwatch.training.classifier_training import ClassifierPlan
from maskwatch.training.evaluate import compare_classifiers
from maskwatch.training.recipes import ClassifierRecipe, DetectorRecipe, train_classifier, train_detector
from maskwatch.training.rescorer_model import build_large_rescorer
from maskwatch.training.rescorer_training import RescorerRecipe, train_rescorer
from tests.fixtures.faces import astronaut
from tests.fixtures.yunet import write_yunet
from tests.unit.training.data import write_data, write_picture

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_data(tmp_path_factory.mktemp("data"))
    (root / "teacher").mkdir()
    write_yunet(root / "teacher" / "yunet_n_dynamic.onnx")
    return root


def epochs_of(folder: Path) -> int:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        return len(list(csv.DictReader(file)))


def test_training_the_detector(data: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int, int, int, float]] = []
    recipe = DetectorRecipe(data=data, teacher=models_dir() / "detector.keras", out=tmp_path, epochs=1, steps=1)
    card = json.loads(train_detector(recipe, report=lambda *progress: seen.append(progress)).read_text())
    assert [progress[:4] for progress in seen] == [(0, 1, 1, 1)]
    assert epochs_of(tmp_path) == 1
    assert (tmp_path / "history.png").stat().st_size > 1000
    assert card["training"]["seed"] == 7
    assert set(card["files"]) == {"detector.keras", "detector.onnx"}
    assert {row["size"] for row in card["figures"]["held-out scenes, at the default score"]} == {320, 640, 960}
    assert (tmp_path / "detector.md").read_text().startswith("# detector")
    found = MaskwatchDetector(MaskwatchDetectorConfig(model=tmp_path / "detector.onnx")).detect([astronaut()])
    assert len(found) == 1


def test_training_a_rescorer_that_a_large_one_teaches(data: Path, tmp_path: Path) -> None:
    detector = models_dir() / "detector.onnx"
    teacher = tmp_path / "detector_rescorer_large.keras"
    build_large_rescorer().save(teacher)
    seen: list[tuple[int, int, int, int, float]] = []
    recipe = RescorerRecipe(
        data=data, detector=detector, taught_by=teacher, out=tmp_path / "small", epochs=1, steps=2, seed=9
    )
    card_file = train_rescorer(recipe, report=lambda *progress: seen.append(progress))
    assert [progress[:4] for progress in seen] == [(0, 1, 1, 2), (0, 1, 2, 2)]
    own = json.loads((tmp_path / "small" / "detector_rescorer.json").read_text())
    assert own["training"]["taught by"].startswith("detector_rescorer_large.keras, SHA-256 ")
    assert own["training"]["seed"] == 9
    assert own["architecture"]["parameters"] < 200_000
    card = json.loads(card_file.read_text())
    assert card["rescorer"]["model"] == "detector_rescorer.onnx"
    assert card["rescorer"]["min_score"] == 0.7
    assert card["min_score"] == json.loads(detector.with_suffix(".json").read_text())["min_score"]
    assert "time on held-out scenes, beside YuNet" in card["figures"]
    both = MaskwatchDetector(MaskwatchDetectorConfig(model=card_file.with_suffix(".onnx"), min_score=0.01))
    assert [name.split("@")[0] for name in both.model_version.split("+")] == ["detector", "detector_rescorer"]
    assert both.detect([astronaut()])[0]


def test_training_the_classifier(data: Path, tmp_path: Path) -> None:
    recipe = ClassifierRecipe(data=data, out=tmp_path, epochs=1, steps=2)
    card = json.loads(train_classifier(recipe).read_text())
    assert card["labels"] == ["mask", "no_mask", "incorrect"]
    assert {row["slice"] for row in card["figures"]["slices"]} >= {"skin-coloured masks", "hands over the mouth"}
    for name in ("history.png", "confusion.png", "precision_recall.png", "classifier.md", "classifier.keras"):
        assert (tmp_path / name).stat().st_size > 100
    trained = MaskwatchClassifier(MaskwatchClassifierConfig(model=tmp_path / "classifier.onnx"))
    assert trained.labels == ("mask", "no_mask", "incorrect")


def test_a_large_classifier_teaches_a_small_one(data: Path, tmp_path: Path) -> None:
    large = ClassifierRecipe(data=data, architecture="large", out=tmp_path / "large", epochs=1, steps=1)
    teacher = train_classifier(large).with_suffix(".onnx")
    small = ClassifierRecipe(data=data, taught_by=teacher, out=tmp_path / "small", epochs=1, steps=1)
    card = json.loads(train_classifier(small).read_text())
    assert card["architecture"]["parameters"] < 500_000
    assert "taught by a larger classifier" in card["description"]
    assert card["training"]["taught by"].startswith("classifier_large.onnx, SHA-256 ")
    both = MaskwatchClassifier(MaskwatchClassifierConfig(model=tmp_path / "small" / "classifier.onnx"))
    assert [name.split("@")[0] for name in both.model_version.split("+")] == ["classifier", "classifier_large"]
    assert len(both.classify([astronaut()[40:200, 160:320]])) == 1


def test_training_a_classifier_on_folders_of_ones_own(tmp_path: Path) -> None:
    for index in range(6):
        for label, shade in (("mask", 220), ("no_mask", 30)):
            picture = astronaut()[40:200, 160:300].copy()
            picture[80:] = shade + index
            write_picture(tmp_path / "own" / label / f"{index}.png", picture)
    said: list[str] = []
    recipe = ClassifierRecipe(folders=tmp_path / "own", architecture="compact", out=tmp_path / "run", epochs=1, steps=1)
    card = train_classifier(recipe, say=said.append)
    assert card.name == "compact.json"
    assert said
    assert ": mask 0." in said[0]
    for suffix in (".h5", ".keras", ".onnx"):
        MaskwatchClassifier(MaskwatchClassifierConfig(model=card.with_suffix(suffix)))


def test_a_picture_that_cannot_be_read_is_named_before_training(tmp_path: Path) -> None:
    for label in ("mask", "no_mask"):
        write_picture(tmp_path / "own" / label / "good.png", astronaut())
    (tmp_path / "own" / "mask" / "bad.jpg").write_bytes(b"nothing")
    recipe = ClassifierRecipe(folders=tmp_path / "own", out=tmp_path / "run", epochs=1)
    with pytest.raises(DataSetError, match=r"bad\.jpg can't be decoded"):
        train_classifier(recipe)


def test_there_must_be_something_to_resume(data: Path, tmp_path: Path) -> None:
    recipe = ClassifierRecipe(data=data, out=tmp_path, epochs=1, steps=1, resume=True)
    with pytest.raises(ModelError, match="nothing to resume"):
        train_classifier(recipe)


def test_an_ablation_judges_every_variant_alike(data: Path, tmp_path: Path) -> None:
    plan = ClassifierPlan(epochs=1, steps=1, batch=8)
    rows = ablate(data, tmp_path, plan, variants=VARIANTS[::5])
    assert [row["training pictures"] for row in rows] == ["real faces", "+ hands and cups"]
    assert all(set(row) == set(rows[0]) for row in rows)
    assert (tmp_path / "ablation.png").stat().st_size > 1000


def test_classifiers_are_compared_on_the_same_faces(data: Path, tmp_path: Path) -> None:
    recipe = ClassifierRecipe(data=data, architecture="seed-cnn", out=tmp_path / "own", epochs=1, steps=1)
    card = train_classifier(recipe)
    shipped = models_dir() / "classifier.onnx"
    ours, seeds = compare_classifiers([shipped, card.with_suffix(".onnx")], data, tmp_path)
    assert seeds["parameters"] == 11_169_218
    assert set(ours) == set(seeds)
    assert 0 <= seeds["all"] <= 1
    assert ours["MB"] < seeds["MB"]
