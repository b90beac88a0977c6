"""`maskwatch evaluate --feedback` on a real store with real faces, and the shipped classifier."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from maskwatch.cli.main import app
from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import AlertKind, Box, Image, MaskLabel
from maskwatch.demo.masks import wear_mask
from maskwatch.demo.portraits import load_portraits
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.store import Store
from maskwatch.store.records import Truth
from maskwatch.store.snapshots import PictureMaterial
from maskwatch.training.datasets import load_folders
from tests.fixtures.faces import astronaut
from tests.integration.store.parts import new_alert

RUNNER = CliRunner()
MASKED, BARE = "alert-00000", "alert-00001"


def run(data_dir: Path, *arguments: object) -> Result:
    return RUNNER.invoke(app, ["evaluate", "--feedback", "--data-dir", str(data_dir), *map(str, arguments)])


def _face_of(image: Image) -> Box:
    return MaskwatchDetector(MaskwatchDetectorConfig()).detect([image])[0][0].box


async def _mark(data_dir: Path, *, masked: Image) -> None:
    """Alerts: a masked face, wrong; a bare one, right; a wrong one of which nobody said what it was; one that
    is no face; one without a picture; one that nobody marked."""
    store = await Store.open(MaskwatchSettings(data_dir=data_dir))
    for number, image in enumerate((masked, astronaut(), masked, astronaut(), None, astronaut())):
        box = _face_of(image) if image is not None else Box(0, 0, 9, 9)
        alert = new_alert(number)
        saved = []
        if image is not None:
            height, width = image.shape[:2]
            evidence = {"box": [box.x1, box.y1, box.x2, box.y2], "frame": {"width": width, "height": height}}
            alert = replace(alert, evidence=evidence)
            made = PictureMaterial(picture=RgbPicture(image), box=box, kind=AlertKind.NO_MASK)
            saved = await store.snapshots.save(alert.id, alert.raised_at, made)
        await store.alerts.raise_(alert, saved)
    for number, truth in ((0, Truth.MASK), (2, None), (3, Truth.NOT_A_FACE)):
        await store.life.mark(f"alert-{number:05}", wrong=True, truth=truth, by="ann")
    for number in (1, 4):
        await store.life.mark(f"alert-{number:05}", wrong=False, truth=None, by="ann")
    await store.close()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feedback")
    portrait = load_portraits()[0]
    asyncio.run(_mark(folder, masked=wear_mask(portrait, 1.0)))
    return folder


def test_the_classifier_is_judged_by_what_people_said(data_dir: Path) -> None:
    result = run(data_dir, "--json")
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads(result.stdout)
    assert (figures["faces"], figures["not_a_face"], figures["without_picture"]) == (3, 1, 1)
    assert figures["by_truth"] == {
        "mask": {"faces": 1, "right": 1}, "no_mask": {"faces": 1, "right": 1}, "not no_mask": {"faces": 1, "right": 1},
    }  # fmt: skip
    assert (figures["right"], figures["wrong"]) == (3, [])
    assert "3 marked faces" in run(data_dir).stdout


def test_the_faces_are_exported_as_folders_to_train_with(data_dir: Path, tmp_path: Path) -> None:
    result = run(data_dir, "--export", tmp_path / "faces")
    assert result.exit_code == 0, result.output
    assert "1 mask" in result.stdout
    found = load_folders(tmp_path / "faces")
    assert {label: [path.stem for path in paths] for label, paths in found.items()} == {
        MaskLabel.MASK: [MASKED], MaskLabel.NO_MASK: [BARE],
    }  # fmt: skip


def test_nothing_is_marked_yet(tmp_path: Path) -> None:
    asyncio.run(_empty(tmp_path))
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "No alert with a face picture is marked yet" in result.stdout


async def _empty(data_dir: Path) -> None:
    await (await Store.open(MaskwatchSettings(data_dir=data_dir))).close()


def test_where_there_is_no_database(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere")
    assert result.exit_code != 0
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_can_not_be_written(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run(data_dir, "--export", tmp_path / "file")
    assert result.exit_code != 0


def test_export_goes_with_feedback_only(tmp_path: Path) -> None:
    assert RUNNER.invoke(app, ["evaluate", "--export", str(tmp_path)]).exit_code == 2
