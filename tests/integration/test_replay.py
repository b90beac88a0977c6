"""`maskwatch replay` on real recordings, with the models that ship."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from maskwatch.cli.main import app


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maskwatch", "replay", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def events(*arguments: str) -> list[dict[str, Any]]:
    ended = CliRunner().invoke(app, ["replay", *arguments, "--format", "jsonl"], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_a_bare_face_raises_one_alert_however_often_the_recording_is_played(bare_face_clip: Path) -> None:
    *alerts, summary = events(str(bare_face_clip), "--set", "dwell_s=1", "--loop", "3")
    assert [(alert["event"], alert["kind"]) for alert in alerts] == [("raised", "no_mask")]
    assert 1.0 <= alerts[0]["time_s"] <= 1.5
    assert (summary["raised"], summary["open"], summary["people"]) == (1, 1, 1)
    assert 11.5 < summary["time_s"] < 12.5


def test_a_masked_face_raises_none(masked_face_clip: Path) -> None:
    (summary,) = events(str(masked_face_clip), "--set", "dwell_s=0.5")
    assert summary["raised"] == 0
    assert summary["looks"] > 15


def test_the_same_recording_and_settings_give_the_same_answer(bare_face_clip: Path) -> None:
    arguments = (str(bare_face_clip), "--set", "dwell_s=0.5", "--set", "detect_fps=7")
    assert events(*arguments) == events(*arguments)


def test_an_unknown_setting_is_named(bare_face_clip: Path) -> None:
    ended = run(str(bare_face_clip), "--set", "dwel_s=1")
    assert ended.returncode == 1
    assert "dwell_s" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_recording_that_is_not_there_is_named() -> None:
    ended = run("/nowhere/yesterday.mp4")
    assert ended.returncode == 1
    assert "/nowhere/yesterday.mp4" in ended.stderr.replace("\n", "")
