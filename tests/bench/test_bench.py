"""`maskwatch bench` measures what it says it does. How fast this machine is, is not judged here."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maskwatch.cli.main import app

pytestmark = [pytest.mark.rtsp, pytest.mark.timeout(240)]


def test_it_writes_a_row_for_each_number_of_cameras(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    arguments = ["bench", "--cameras", "1", "--seconds", "2", "--detector-size", "320", "--json", str(file)]
    ended = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    figures = json.loads(file.read_text())
    assert figures["machine"]["cores"] >= 1
    row = next(row for row in figures["rows"] if row["contender"] == "maskwatch")
    assert (row["cameras"], row["detector_size"]) == (1, 320)
    assert 0 < row["looks_per_s"] <= 6
    assert 0 < row["frame_age_s"]["p50"] <= row["frame_age_s"]["p95"] <= row["frame_age_s"]["p99"]
    assert row["cpu_s_per_camera_s"] > 0
    assert row["rss_mb"] > 50
    assert row["drops"]["sampler/not_due"] > 0
    assert "| maskwatch | 1 | 320 |" in ended.output


def test_it_measures_how_soon_an_alert_is_there(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    ended = CliRunner().invoke(app, ["bench", "--alerts", "2", "--json", str(file)], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    (row,) = json.loads(file.read_text())["rows"]
    assert row["alerts"] == 2
    assert row["late_s"]["p50"] >= -0.01
    assert "| 2 | 1.0 | 5.0 |" in ended.output
