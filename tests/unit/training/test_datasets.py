import json
from pathlib import Path

import pytest

from maskwatch.core.types import MaskLabel
from maskwatch.errors import DataSetError
from maskwatch.training.datasets import data_root, load_faces, load_folders, load_scenes, pictures_in, read_picture
from maskwatch.training.masks import load_kit
from tests.fixtures.faces import noise
from tests.unit.training.data import write_data, write_picture


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


def test_scenes_are_read_with_their_faces(data: Path) -> None:
    scenes = load_scenes(data / "scenes" / "train.json", data / "scenes" / "train")
    assert [scene.faces[0].label.value for scene in scenes][:3] == ["mask", "no_mask", "incorrect"]
    assert scenes[0].faces[0].box.width == 93


def test_scores_of_pseudo_labels_are_kept(data: Path) -> None:
    scenes = load_scenes(data / "scenes_unmasked.json", data / "scenes_unmasked")
    assert {face.score for scene in scenes for face in scene.faces} == {0.9}


def test_single_faces_are_read(data: Path) -> None:
    faces = load_faces(data / "faces" / "faces.json")
    assert len(faces) == 24
    assert {face.face.label for face in faces} == {MaskLabel.MASK, MaskLabel.NO_MASK}


def test_the_folder_of_data_is_named_or_said_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASKWATCH_DATA", raising=False)
    with pytest.raises(DataSetError, match="MASKWATCH_DATA"):
        data_root()
    monkeypatch.setenv("MASKWATCH_DATA", str(tmp_path))
    assert data_root() == tmp_path
    with pytest.raises(DataSetError, match="nowhere does not exist"):
        data_root(tmp_path / "nowhere")


def spoiled(path: Path, change: object) -> Path:
    content = json.loads(path.read_text())
    change(content)  # type: ignore[operator]
    target = path.with_name("spoiled.json")
    target.write_text(json.dumps(content))
    return target


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["categories"].append({"id": 4, "name": "helmet"}), "unknown label 'helmet'"),
        (lambda c: c["annotations"][0].update(category_id=9), "category 9"),
        (lambda c: c["annotations"][0].update(bbox=[0, 0, 0, 5]), "size 0.0 x 5.0"),
        (lambda c: c["annotations"][0].update(bbox=[0, 0, 3]), "no valid COCO file"),
        (lambda c: c["annotations"][0].update(image_id=77), "image_id 77"),
        (lambda c: c.pop("images"), "no valid COCO file"),
        (lambda c: c["images"][0].update(file_name="gone.png"), "gone.png"),
    ],
)
def test_a_broken_label_file_is_named(data: Path, change: object, words: str) -> None:
    file = spoiled(data / "scenes" / "train.json", change)
    with pytest.raises(DataSetError, match=words) as caught:
        load_scenes(file, data / "scenes" / "train")
    assert "spoiled.json" in str(caught.value)


def test_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"none\.json can't be read"):
        load_faces(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(DataSetError, match=r"text\.json is not valid JSON"):
        load_scenes(tmp_path / "text.json", tmp_path)
    with pytest.raises(DataSetError, match=r"gone\.png can't be read"):
        read_picture(tmp_path / "gone.png")
    with pytest.raises(DataSetError, match="gone does not exist"):
        pictures_in(tmp_path / "gone")
    with pytest.raises(DataSetError, match=r"masks\.cfg can't be read"):
        load_kit(tmp_path)


def test_folders_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="own does not exist"):
        load_folders(tmp_path / "own")
    write_picture(tmp_path / "own" / "mask" / "a.png", noise(20, 20))
    with pytest.raises(DataSetError, match="no_mask does not exist"):
        load_folders(tmp_path / "own")
    (tmp_path / "own" / "no_mask").mkdir()
    with pytest.raises(DataSetError, match="no_mask holds no pictures"):
        load_folders(tmp_path / "own")
    write_picture(tmp_path / "own" / "no_mask" / "b.png", noise(20, 20))
    assert list(load_folders(tmp_path / "own")) == [MaskLabel.MASK, MaskLabel.NO_MASK]
    (tmp_path / "own" / "cats").mkdir()
    with pytest.raises(DataSetError, match="unknown label 'cats'"):
        load_folders(tmp_path / "own")
