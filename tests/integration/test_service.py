"""The service as a process: what a user configures, breaks, restarts and kills."""

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fixtures.server import MaskwatchServer, StartMaskwatch
from tests.servers.rtsp import Mount, RtspServer
from tests.servers.silent import SilentServer

pytestmark = [pytest.mark.rtsp, pytest.mark.timeout(180)]
RULES = {"dwell_s": 0.5, "memory_s": 1.0}
PATIENCE_S = 60


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session:
        yield session


async def messages(
    http: aiohttp.ClientSession, server: MaskwatchServer, resume_from: int | None = None
) -> AsyncIterator[dict[str, Any]]:
    """What the websocket sends, from now on or from an event on."""
    async with http.ws_connect(f"{server.url}/api/v1/ws") as socket_:
        await socket_.send_json({"v": 1, "type": "subscribe", "resume_from": resume_from})
        async for message in socket_:
            yield json.loads(message.data)


async def await_message(
    http: aiohttp.ClientSession,
    server: MaskwatchServer,
    wanted: Callable[[dict[str, Any]], bool],
    resume_from: int | None = None,
) -> dict[str, Any]:
    async for message in messages(http, server, resume_from):
        if wanted(message):
            return message
    raise AssertionError("the websocket ended")


def alert_of(camera: str, action: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: (
        message["type"] == "alert" and message["action"] == action and message["alert"]["camera"] == camera
    )


async def await_camera(http: aiohttp.ClientSession, server: MaskwatchServer, name: str, state: str) -> dict[str, Any]:
    """Wait until a camera is in a state, by hello or by news."""
    async for message in messages(http, server):
        cameras = message["cameras"] if message["type"] == "hello" else [message.get("camera")]
        for camera in cameras:
            if isinstance(camera, dict) and (camera["name"], camera["state"]) == (name, state):
                return camera
    raise AssertionError("the websocket ended")


async def test_one_alert_for_a_bare_face_and_none_for_a_mask_each_kept_with_its_pictures(
    start_maskwatch: StartMaskwatch, rtsp_server: RtspServer, http: aiohttp.ClientSession
) -> None:
    cameras = {name: {"url": rtsp_server.url(f"/{name}"), "rules": RULES} for name in ("bare", "masked")}
    server = start_maskwatch({"cameras": cameras})
    raised = await await_message(http, server, alert_of("bare", "raised"))
    seen: set[str] = set()
    async for message in messages(http, server):
        if message["type"] == "faces" and message["camera"] == "masked":
            seen |= {person["state"] for person in message["people"]}
        if "compliant" in seen:
            break
    async with http.get(f"{server.url}/api/v1/alerts") as response:
        alerts = (await response.json())["alerts"]
    assert [(alert["camera"], alert["kind"]) for alert in alerts] == [("bare", "no_mask")]
    assert alerts[0]["id"] == raised["alert"]["id"]
    assert alerts[0]["evidence"]["settings"]["models"]["detector"].startswith("detector@")
    for picture in ("face_url", "frame_url"):
        async with http.get(server.url + alerts[0][picture]) as response:
            assert response.content_type == "image/jpeg"
            assert (await response.read())[:2] == b"\xff\xd8"
    async with http.get(f"{server.url}/metrics") as response:
        metrics = await response.text()
    assert 'maskwatch_alerts_raised_total{camera="bare",kind="no_mask"} 1.0' in metrics


async def test_a_killed_service_has_lost_no_alert_and_no_camera(
    start_maskwatch: StartMaskwatch, rtsp_server: RtspServer, http: aiohttp.ClientSession
) -> None:
    server = start_maskwatch({})
    body = {"name": "added", "url": rtsp_server.url("/secret"), "rules": RULES}
    async with http.post(f"{server.url}/api/v1/cameras", json=body) as response:
        assert response.status == 201, await response.text()
    raised = await await_message(http, server, alert_of("added", "raised"))
    server.kill()
    server.start()
    closed = await await_message(http, server, alert_of("added", "closed"), resume_from=raised["event_id"])
    assert closed["alert"]["id"] == raised["alert"]["id"]
    assert closed["alert"]["close_reason"] == "server_restarted"
    again = await await_message(http, server, alert_of("added", "raised"), resume_from=closed["event_id"])
    assert again["alert"]["id"] != raised["alert"]["id"]
    # The camera came back by itself, with its password, which nothing shows.
    async with http.get(f"{server.url}/api/v1/cameras") as response:
        text = await response.text()
    async with http.get(f"{server.url}/metrics") as response:
        text += await response.text()
    dump = "\n".join(sqlite3.connect(server.data_dir / "maskwatch.db").iterdump())
    for secret in ("S3cret", b"S3cret".hex(), "watch%20man", "watch man"):
        assert secret not in text + dump + server.log


async def test_a_camera_that_does_not_work_says_why_in_words(
    start_maskwatch: StartMaskwatch,
    rtsp_server: RtspServer,
    silent_server: SilentServer,
    http: aiohttp.ClientSession,
    tmp_path: Path,
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 5000)
    wrong = {
        "refused": "rtsp://127.0.0.1:9/live",
        "not_found": rtsp_server.url("/nowhere"),
        "unauthorized": rtsp_server.url("/secret", "watch man", "wrong-Pw-77"),
        "no_video": rtsp_server.url("/audio-only"),
        "timeout": f"rtsp://127.0.0.1:{silent_server.port}/live",
        "corrupt": str(tmp_path / "broken.mp4"),
    }
    cameras = {reason.replace("_", "-"): {"url": url} for reason, url in wrong.items()}
    server = start_maskwatch({"cameras": {**cameras, "healthy": {"url": rtsp_server.url("/bare")}}})
    for reason in wrong:
        camera = await await_camera(http, server, reason.replace("_", "-"), "offline")
        assert camera["reason"] == reason
        assert len(camera["message"].split()) > 5
    assert (await await_camera(http, server, "healthy", "online"))["passthrough"]
    assert "wrong-Pw-77" not in server.log


async def test_a_killed_camera_is_told_and_comes_back_by_itself(
    start_maskwatch: StartMaskwatch,
    make_rtsp_server: Callable[..., RtspServer],
    bare_face_clip: Path,
    http: aiohttp.ClientSession,
) -> None:
    camera = make_rtsp_server(Mount(path="/door", clips=[str(bare_face_clip)]))
    server = start_maskwatch({"cameras": {"door": {"url": camera.url("/door"), "rules": RULES}}})
    await await_camera(http, server, "door", "online")
    raised = await await_message(http, server, alert_of("door", "raised"), resume_from=0)
    camera.kill()
    assert (await await_camera(http, server, "door", "offline"))["reason"] in ("ended", "refused")
    closed = await await_message(http, server, alert_of("door", "closed"), resume_from=raised["event_id"])
    assert closed["alert"]["close_reason"] == "camera_lost"
    camera.restart()
    await await_camera(http, server, "door", "online")
    await await_message(http, server, alert_of("door", "raised"), resume_from=closed["event_id"])


async def test_a_frozen_camera_is_called_stalled(
    start_maskwatch: StartMaskwatch,
    make_rtsp_server: Callable[..., RtspServer],
    bare_face_clip: Path,
    http: aiohttp.ClientSession,
) -> None:
    camera = make_rtsp_server(Mount(path="/door", clips=[str(bare_face_clip)]))
    server = start_maskwatch({"cameras": {"door": {"url": camera.url("/door"), "rules": RULES}}})
    await await_camera(http, server, "door", "online")
    camera.freeze()
    assert (await await_camera(http, server, "door", "stalled"))["reason"] == "stalled"
    camera.thaw()
    await await_camera(http, server, "door", "online")


def run(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maskwatch", *arguments, "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_it_refuses_to_be_reached_from_outside_without_a_password(tmp_path: Path) -> None:
    ended = run("serve", "--host", "0.0.0.0", "--port", "0", data_dir=tmp_path)
    assert ended.returncode == 1
    assert "maskwatch users set-password" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_said_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("serve", "--port", str(taken.getsockname()[1]), data_dir=tmp_path)
    assert ended.returncode == 1
    assert "Choose another port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_broken_settings_file_is_said_in_words(tmp_path: Path) -> None:
    file = tmp_path / "maskwatch.yaml"
    file.write_text("cameras: {door: {url: rtsp://h/, fps: 3}}")
    ended = run("serve", "--config", str(file), data_dir=tmp_path)
    assert ended.returncode == 1
    assert "cameras.door.fps" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_model_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "maskwatch.yaml"
    file.write_text("detection: {detector: {type: yunet, model: /nowhere/yunet.onnx}}")
    ended = run("serve", "--config", str(file), "--port", "0", data_dir=tmp_path)
    assert ended.returncode == 1
    assert "/nowhere/yunet.onnx" in ended.stderr.replace("\n", "")
