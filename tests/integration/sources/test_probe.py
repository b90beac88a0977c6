"""Trying an address, and the command that shows what came of it."""

import json
import re
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from maskwatch.cli.main import app
from maskwatch.sources.probe import probe
from tests.fixtures.clips import Clips
from tests.fixtures.rtsp import PASSWORD, USER
from tests.servers.rtsp import RtspServer
from tests.servers.silent import SilentServer

pytestmark = pytest.mark.rtsp


def test_says_what_a_camera_sends(rtsp_server: RtspServer) -> None:
    result = probe(rtsp_server.url("/bare"), watch_s=2.5)
    assert result.ok
    assert result.reason is None
    info = result.info
    assert info is not None
    assert (info.codec, info.width, info.height, info.audio_codec) == ("h264", 640, 480, "aac")
    assert info.transport == "tcp"
    assert info.passthrough
    assert result.measured_fps == pytest.approx(15, rel=0.25)
    assert result.keyframe_interval_s == pytest.approx(1, abs=0.3)
    assert result.first_frame_s is not None
    assert 0 < result.first_frame_s < 5
    assert result.picture is not None
    assert result.picture.shape == (480, 640, 3)


def test_is_done_with_the_first_picture_unless_asked_to_watch(rtsp_server: RtspServer) -> None:
    result = probe(rtsp_server.url("/b-frames"), {"transport": "udp"})
    assert result.ok
    assert result.info is not None
    assert result.info.b_frames
    assert not result.info.passthrough
    assert result.info.transport == "udp"
    assert result.keyframe_interval_s is None
    assert result.measured_fps is None


def test_a_clip_shorter_than_the_time_to_watch_is_fine(clips: Clips) -> None:
    result = probe(str(clips.small), {"loop": False}, watch_s=30)
    assert result.ok
    assert result.measured_fps == pytest.approx(15, rel=0.1)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nothing-here", "not_found"), ("/audio-only", "no_video"), ("/odd-codec", "codec_unsupported")],
)
def test_says_why_it_does_not_work(rtsp_server: RtspServer, path: str, reason: str) -> None:
    result = probe(rtsp_server.url(path))
    assert not result.ok
    assert result.reason == reason
    assert result.message.endswith(".")
    assert result.remedy
    assert result.picture is None


@pytest.mark.parametrize(
    ("url", "options", "reason"),
    [
        ("ftp://host/x", {}, "config_invalid"),
        ("rtsp://", {}, "config_invalid"),
        ("rtsp://host/x", {"transprot": "udp"}, "config_invalid"),
        ("rtsp://host/x", {"transport": "pigeon"}, "config_invalid"),
        ("device:/etc/passwd", {}, "config_invalid"),
        ("/no/such/file.mp4", {}, "not_found"),
        ("webrtc:", {}, "config_invalid"),
    ],
)
def test_wrong_addresses_and_options_are_answers_too(url: str, options: dict[str, object], reason: str) -> None:
    result = probe(url, options)
    assert not result.ok
    assert result.reason == reason
    assert result.message


def test_the_wait_for_the_first_picture_is_bounded(silent_server: SilentServer) -> None:
    url = f"rtsp://127.0.0.1:{silent_server.port}/x"
    result = probe(url, {"open_timeout_s": 0.5})
    assert result.reason == "timeout"


def check(*arguments: str, stdin: str | None = None) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["check-camera", *arguments], input=stdin)
    return answer.exit_code, re.sub(r"[│\s]+", " ", answer.output)


def test_one_screen_says_that_it_works(rtsp_server: RtspServer, tmp_path: Path) -> None:
    picture = tmp_path / "first.jpg"
    status, screen = check(rtsp_server.url("/secret"), "--watch", "2.5", "--picture", str(picture))
    assert status == 0
    for words in ("H.264, a keyframe every", "640 x 480", "TCP", "as it is, without re-encoding", "It works"):
        assert words in screen
    assert USER not in screen
    assert PASSWORD not in screen
    kept = cv2.imread(str(picture))
    assert kept is not None
    assert kept.shape == (480, 640, 3)


def test_one_screen_says_what_could_be_better(rtsp_server: RtspServer) -> None:
    status, screen = check(rtsp_server.url("/b-frames"), "--watch", "0")
    assert status == 0
    assert "Switch B-frames off" in screen
    status, screen = check(rtsp_server.url("/h265"), "--watch", "0")
    assert status == 0
    assert "Set the camera to H.264" in screen


def test_one_screen_says_why_not(rtsp_server: RtspServer) -> None:
    status, screen = check(rtsp_server.url("/secret", USER, "wr%ng"))
    assert status == 1
    assert "does not accept this user and password" in screen
    assert "unauthorized" in screen
    assert USER not in screen


def test_json_for_scripts_and_an_address_from_standard_input(rtsp_server: RtspServer) -> None:
    status, out = check("-", "--json", "--watch", "0", "-o", "transport=udp", stdin=rtsp_server.url("/secret") + "\n")
    assert status == 0
    found = json.loads(out)
    assert found["ok"] is True
    assert found["transport"] == "udp"
    assert found["url"] == f"rtsp://127.0.0.1:{rtsp_server.port}/secret"
    assert PASSWORD not in out


def test_a_password_that_was_not_encoded_is_not_repeated() -> None:
    status, screen = check("rtsp://admin:hun/ter2@127.0.0.1:1/x")
    assert status == 1
    assert "%2F" in screen
    assert "hun" not in screen


def test_an_option_without_a_value_is_refused(clips: Clips) -> None:
    answer = CliRunner().invoke(app, ["check-camera", str(clips.small), "-o", "loop"])
    assert answer.exit_code != 0
    assert "name=value" in str(answer.exception)
