"""The rules on the whole service: real cameras that freeze, go black and come back; zones, disarming and the limit."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from maskwatch.core.types import Image
from tests.fixtures.clips import Clips
from tests.fixtures.server import MaskwatchServer, StartMaskwatch
from tests.integration.test_service import await_camera, await_message, messages
from tests.servers.rtsp import Mount, RtspServer

pytestmark = [pytest.mark.rtsp, pytest.mark.timeout(480)]
PATIENCE_S = 150
QUICK = {"dwell_s": 0.5, "memory_s": 1.0}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session:
        yield session


def alert_of(camera: str, kind: str, action: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: (
        message["type"] == "alert"
        and message["action"] == action
        and (message["alert"]["camera"], message["alert"]["kind"]) == (camera, kind)
    )


async def await_alert(
    http: aiohttp.ClientSession, server: MaskwatchServer, kind: str, action: str, after: int = 0
) -> dict[str, Any]:
    return await await_message(http, server, alert_of("door", kind, action), resume_from=after)


async def post(http: aiohttp.ClientSession, server: MaskwatchServer, path: str, body: object = None) -> Any:
    async with http.post(f"{server.url}/api/v1{path}", json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def metrics(http: aiohttp.ClientSession, server: MaskwatchServer) -> str:
    async with http.get(f"{server.url}/metrics") as response:
        return await response.text()


def black(_moment: float) -> Image:
    return np.zeros((480, 640, 3), np.uint8)


async def test_a_camera_that_stops_is_told_reminded_of_told_again_after_a_restart_and_closed_when_it_is_back(
    start_maskwatch: StartMaskwatch,
    make_rtsp_server: Callable[..., RtspServer],
    clips: Clips,
    http: aiohttp.ClientSession,
) -> None:
    camera = make_rtsp_server(Mount(path="/door", clips=[str(clips.nobody)]))
    rules = {"offline_after_s": 1, "offline_reminder_s": 1, "severity": {"camera_offline": "warning"}}
    server = start_maskwatch({"cameras": {"door": {"url": camera.url("/door"), "rules": rules}}})
    await await_camera(http, server, "door", "online")
    camera.freeze()
    raised = await await_alert(http, server, "camera_offline", "raised")
    alert = raised["alert"]
    assert (alert["severity"], alert["track_id"], alert["face_url"]) == ("warning", None, None)
    assert alert["evidence"]["measured"]["offline_after_s"] == 1
    assert alert["evidence"]["measured"]["reason"] == "stalled"
    reminded = await await_alert(http, server, "camera_offline", "reminded", raised["event_id"])
    assert reminded["alert"]["id"] == alert["id"]

    server.kill()
    server.start()
    closed = await await_alert(http, server, "camera_offline", "closed", reminded["event_id"])
    assert (closed["alert"]["id"], closed["alert"]["close_reason"]) == (alert["id"], "server_restarted")
    again = await await_alert(http, server, "camera_offline", "raised", closed["event_id"])
    assert again["alert"]["id"] != alert["id"]

    camera.thaw()
    back = await await_alert(http, server, "camera_offline", "closed", again["event_id"])
    assert (back["alert"]["id"], back["alert"]["close_reason"]) == (again["alert"]["id"], "recovered")


async def test_a_black_picture_is_told_and_closed_when_the_camera_sees_again(
    start_maskwatch: StartMaskwatch,
    make_rtsp_server: Callable[..., RtspServer],
    make_clip: Callable[..., Path],
    clips: Clips,
    http: aiohttp.ClientSession,
) -> None:
    dark = make_clip("black.mp4", black, seconds=6)
    camera = make_rtsp_server(Mount(path="/door", clips=[str(dark), str(clips.nobody), str(clips.nobody)]))
    rules = {"blind_after_s": 1.5}
    server = start_maskwatch({"cameras": {"door": {"url": camera.url("/door"), "rules": rules}}})
    raised = await await_alert(http, server, "camera_blind", "raised")
    assert raised["alert"]["severity"] == "critical"
    assert raised["alert"]["evidence"]["measured"]["what"] == "black"
    assert raised["alert"]["face_url"] is None
    async with http.get(server.url + raised["alert"]["frame_url"]) as response:
        assert (await response.read())[:2] == b"\xff\xd8"
    closed = await await_alert(http, server, "camera_blind", "closed", raised["event_id"])
    assert (closed["alert"]["id"], closed["alert"]["close_reason"]) == (raised["alert"]["id"], "recovered")


async def test_a_picture_that_stands_still_is_told(
    start_maskwatch: StartMaskwatch, make_clip: Callable[..., Path], http: aiohttp.ClientSession
) -> None:
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::40] = 200
    # Nothing is left to an encoder: in MJPEG, the same picture is the same bytes.
    still = make_clip("still.mkv", lambda _: stripes, codec="mjpeg", pixels="yuvj420p", options={"qscale": "4"})
    rules = {"blind_after_s": 2}
    server = start_maskwatch({"cameras": {"door": {"url": str(still), "rules": rules}}})
    raised = await await_alert(http, server, "camera_blind", "raised")
    assert raised["alert"]["evidence"]["measured"]["what"] == "frozen"


async def test_a_zone_keeps_a_person_out_of_the_alerts_but_not_out_of_sight(
    start_maskwatch: StartMaskwatch, bare_face_clip: Path, http: aiohttp.ClientSession
) -> None:
    everywhere = [[0, 0], [1, 0], [1, 1], [0, 1]]
    zones = [{"name": "mirror", "mode": "exclude", "points": everywhere}]
    body = {"name": "door", "url": str(bare_face_clip), "rules": {**QUICK, "zones": zones}}
    server = start_maskwatch({})
    async with http.post(f"{server.url}/api/v1/cameras", json=body) as response:
        assert response.status == 201, await response.text()
    bare: list[dict[str, Any]] = []
    async for message in messages(http, server):
        if message["type"] == "faces" and message["people"]:
            (person,) = message["people"]
            assert person["watched"] is False
            if person["state"] == "no_mask" and person["seen_s"] > 2:
                bare.append(person)
                break
    assert bare
    async with http.get(f"{server.url}/api/v1/alerts") as response:
        assert (await response.json())["alerts"] == []
    # Without the zone, the very same person is alerted on.
    async with http.patch(f"{server.url}/api/v1/cameras/door", json={"rules": {"zones": []}}) as response:
        assert response.status == 200
    await await_alert(http, server, "no_mask", "raised")


async def test_a_disarmed_camera_raises_nothing_over_a_restart_and_does_once_armed(
    start_maskwatch: StartMaskwatch, bare_face_clip: Path, http: aiohttp.ClientSession
) -> None:
    server = start_maskwatch({"cameras": {"door": {"url": str(bare_face_clip), "rules": QUICK, "enabled": True}}})
    await post(http, server, "/cameras/door/disarm", {"minutes": 60, "by": "Anna"})
    server.kill()
    server.start()
    async for message in messages(http, server):
        if message["type"] == "hello":
            (camera,) = message["cameras"]
            assert (camera["alerting"]["armed"], camera["alerting"]["disarmed_by"]) == (False, "Anna")
        if message["type"] == "faces" and any(person["seen_s"] > 2 for person in message["people"]):
            assert message["people"][0]["state"] == "no_mask"
            break
    assert 'maskwatch_camera_armed{camera="door"} 0.0' in await metrics(http, server)
    async with http.get(f"{server.url}/api/v1/alerts") as response:
        assert [alert for alert in (await response.json())["alerts"] if alert["closed_at"] is None] == []
    before = await await_message(http, server, lambda message: message["type"] == "hello")
    await post(http, server, "/cameras/door/arm")
    await await_alert(http, server, "no_mask", "raised", before["last_event_id"])
    assert 'maskwatch_camera_armed{camera="door"} 1.0' in await metrics(http, server)


async def test_what_is_too_much_for_a_minute_is_held_back_counted_and_said(
    start_maskwatch: StartMaskwatch, make_clip: Callable[..., Path], clips: Clips, http: aiohttp.ClientSession
) -> None:
    """The same person comes and goes: each time is a violation of its own."""
    server = start_maskwatch(
        {
            "cameras": {
                "door": {
                    "url": str(clips.bare),
                    "rules": {**QUICK, "rearm_s": 0, "repeat_after_s": 1, "max_alerts_per_minute": 2},
                }
            }
        }
    )
    first = await await_alert(http, server, "held_back", "raised")
    measured = first["alert"]["evidence"]["measured"]
    assert (measured["held_back"], measured["max_alerts_per_minute"]) == (1, 2)
    more = await await_alert(http, server, "held_back", "updated", first["event_id"])
    assert more["alert"]["id"] == first["alert"]["id"]
    assert more["alert"]["evidence"]["measured"]["held_back"] > 1
    async with http.get(f"{server.url}/api/v1/alerts", params={"kind": "no_mask"}) as response:
        assert len((await response.json())["alerts"]) == 2
    (line,) = [
        line
        for line in (await metrics(http, server)).splitlines()
        if line.startswith('maskwatch_alerts_held_back_total{camera="door",kind="no_mask"}')
    ]
    assert float(line.split()[-1]) >= more["alert"]["evidence"]["measured"]["held_back"]
