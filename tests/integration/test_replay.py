"""`maskwatch replay` on real recordings, with the models that ship."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from maskwatch.cli.main import app
from maskwatch.core.types import Image
from maskwatch.demo.room import draw_room
from tests.fixtures.clips import Clips, write_clip


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


def test_a_cameras_own_rules_and_rate_are_honoured(bare_face_clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "maskwatch.yaml"
    config.write_text(
        "rules: {dwell_s: 3600}\n"
        "cameras:\n"
        "  door: {url: 'rtsp://127.0.0.1/door', detect_fps: 2, rules: {dwell_s: 1}}\n"
        "  hall: {url: 'rtsp://127.0.0.1/hall'}\n"
    )
    door = events(str(bare_face_clip), "--config", str(config), "--camera", "door")
    hall = events(str(bare_face_clip), "--config", str(config), "--camera", "hall")
    common = events(str(bare_face_clip), "--config", str(config))
    assert [each["event"] for each in door] == ["raised", "summary"]
    assert door[-1]["looks"] <= 9
    assert [each["event"] for each in hall] == [each["event"] for each in common] == ["summary"]


def test_a_camera_that_the_file_does_not_have_is_named(bare_face_clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "maskwatch.yaml"
    config.write_text("cameras: {door: {url: 'rtsp://127.0.0.1/door'}}\n")
    ended = run(str(bare_face_clip), "--config", str(config), "--camera", "yard")
    assert ended.returncode == 1
    assert "yard" in ended.stderr
    assert "door" in ended.stderr


def test_a_second_set_of_settings_shows_what_it_would_change(bare_face_clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "slow.yaml"
    config.write_text("rules: {dwell_s: 2}\n")
    arguments = (str(bare_face_clip), "--set", "dwell_s=1", "--compare")
    moved, summary = events(*arguments, str(config))
    assert (moved["event"], moved["person_a"], moved["person_b"]) == ("moved", 1, 1)
    assert 0.8 <= moved["shift_s"] <= 1.2
    assert (summary["moved"], summary["same"], summary["only_a"], summary["only_b"]) == (1, 0, 0, 0)
    config.write_text("rules: {dwell_s: 3600}\n")
    gone, summary = events(*arguments, str(config))
    assert gone["event"] == "only_a"
    assert (summary["a"]["raised"], summary["b"]["raised"]) == (1, 0)


def test_the_annotated_copy_shows_every_frame_and_is_the_same_each_time(bare_face_clip: Path, tmp_path: Path) -> None:
    copies = [tmp_path / "first.mp4", tmp_path / "second.mp4"]
    for copy in copies:
        events(str(bare_face_clip), "--set", "dwell_s=1", "--annotate", str(copy))
    assert copies[0].read_bytes() == copies[1].read_bytes()
    with av.open(str(copies[0])) as drawn, av.open(str(bare_face_clip)) as plain:
        assert drawn.streams.video[0].codec_context.name == "h264"
        pairs = list(zip(drawn.decode(video=0), plain.decode(video=0), strict=True))
    assert [round(a.time, 2) for a, _ in pairs] == [round(b.time, 2) for _, b in pairs]
    last, original = (frame.to_ndarray(format="rgb24").astype(int) for frame in pairs[-1])
    # The box around the face, in the colour of a violation, is thick: an alert is open.
    reddened = (last[..., 0] - original[..., 0] > 20) & (original[..., 1] - last[..., 1] > 40)
    assert reddened.sum() > 500


def test_the_annotated_copy_never_overwrites_the_recording(bare_face_clip: Path) -> None:
    before = bare_face_clip.read_bytes()
    ended = run(str(bare_face_clip), "--annotate", str(bare_face_clip))
    assert ended.returncode == 1
    assert "overwrite" in ended.stderr
    assert bare_face_clip.read_bytes() == before


def test_too_few_masks_in_a_crowd_are_one_alert_of_their_own(clips: Clips) -> None:
    """One of two wears a mask: 50 %."""
    crowd = ("crowd_min_people=2", "crowd_for_minutes=0.01", "dwell_s=3600")
    arguments = [str(clips.two_people), *(part for each in crowd for part in ("--set", each))]
    raised, summary = events(*arguments, "--set", "crowd_below_percent=60")
    assert (raised["event"], raised["kind"], raised["person"]) == ("raised", "crowd", None)
    assert (raised["measured"]["people"], raised["measured"]["compliant_percent"]) == (2, 50.0)
    assert raised["time_s"] >= 0.6
    assert summary["open"] == 1
    (summary,) = events(*arguments, "--set", "crowd_below_percent=50")
    assert summary["raised"] == 0


@pytest.mark.parametrize("what", ["black", "covered", "blurred"])
def test_a_camera_that_sees_nothing_for_a_while_is_one_alert_that_ends(what: str, tmp_path: Path) -> None:
    recording = tmp_path / "blind.mp4"
    write_clip(recording, lambda moment: _seen(what if 0.25 <= moment < 0.6 else "", moment), seconds=12)
    raised, closed, summary = events(str(recording), "--set", "blind_after_s=2")
    assert (raised["event"], raised["kind"], raised["measured"]["what"]) == ("raised", "camera_blind", what)
    assert 5.0 <= raised["time_s"] <= 5.5
    assert (closed["event"], closed["reason"]) == ("closed", "recovered")
    assert 9.0 <= closed["time_s"] <= 10.0
    assert (summary["raised"], summary["open"]) == (1, 0)


@cache
def _room() -> Image:
    return draw_room(640, 480)


def _seen(what: str, moment: float) -> Image:
    """What a noisy camera shows of a room through which a ball rolls; `what` is wrong with it."""
    noise = np.random.default_rng(round(moment * 1e4)).normal(0, 2, (480, 640, 1))
    room = _room().copy()
    cv2.circle(room, (round(600 * moment) + 20, 400), 20, (200, 60, 40), -1)
    if what == "black":
        room = room // 24
    elif what == "covered":  # a cloth before the lens lets some light in
        room = np.full_like(room, (96, 84, 76))
    elif what == "blurred":
        room = np.asarray(cv2.GaussianBlur(room, (0, 0), 24), np.uint8)
    return np.clip(room + noise, 0, 255).astype(np.uint8)
