"""The life of an alert in the whole service: a clip of an RTSP camera's own packets, escalation, snoozes, restarts."""

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from tests.fixtures.clips import Clips
from tests.fixtures.server import StartMaskwatch
from tests.integration.test_service import alert_of, await_message
from tests.servers.rtsp import Mount, RtspServer

pytestmark = [pytest.mark.rtsp, pytest.mark.timeout(240)]
RULES = {"dwell_s": 0.5}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:
        yield session


@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_a_clip_of_the_cameras_own_packets(
    start_maskwatch: StartMaskwatch,
    make_rtsp_server: Callable[..., RtspServer],
    clips: Clips,
    http: aiohttp.ClientSession,
    codec: str,
) -> None:
    film = {"h264": clips.bare, "hevc": clips.h265}[codec]
    name = {"h264": "h264", "hevc": "h265"}[codec]
    camera = make_rtsp_server(Mount(path="/door", clips=[str(film)], codec=name))
    server = start_maskwatch({
        "alerts": {"clip_before_s": 1, "clip_after_s": 1.5},
        "cameras": {"door": {"url": camera.url("/door"), "rules": {"dwell_s": 2}}},
    })  # fmt: skip
    told = await await_message(http, server, alert_of("door", "clip"), resume_from=0)
    async with http.get(server.url + told["alert"]["clip_url"]) as answer:
        data = await answer.read()
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == codec
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert packets[0].is_keyframe
        assert stream.duration is not None
        assert stream.time_base is not None
        # From a keyframe before the first second (there is one each second) until the last of the second and a half.
        assert 2.0 <= float(stream.duration * stream.time_base) <= 3.8
    with av.open(io.BytesIO(data), "r") as container:
        assert len(list(container.decode(video=0))) >= 30


async def test_nobody_acknowledges_and_the_history_says_who_did_what(
    start_maskwatch: StartMaskwatch, clips: Clips, http: aiohttp.ClientSession
) -> None:
    server = start_maskwatch({
        "alerts": {"escalate_after_s": 0.5},
        "cameras": {"door": {"url": str(clips.bare), "rules": RULES}},
    })  # fmt: skip
    told = await await_message(http, server, alert_of("door", "escalated"), resume_from=0)
    address = f"{server.url}/api/v1/alerts/{told['alert']['id']}"
    snoozed = await _post(http, f"{address}/snooze", {"minutes": 0.01, "by": "ann"})
    assert snoozed["state"] == "snoozed"
    woken = await await_message(http, server, alert_of("door", "woken"), resume_from=0)
    assert woken["alert"]["state"] == "raised"
    history = await _get(http, f"{address}/history")
    assert [(event["action"], event["by"]) for event in history["events"]] == [
        ("raised", None), ("escalated", None), ("snoozed", "ann"), ("woken", None),
    ]  # fmt: skip


async def test_killed_while_an_escalation_is_pending_it_is_escalated_after_the_restart(
    start_maskwatch: StartMaskwatch, clips: Clips, http: aiohttp.ClientSession
) -> None:
    server = start_maskwatch({
        "alerts": {"escalate_after_s": 20},
        "cameras": {"door": {"url": str(clips.bare), "rules": RULES}, "yard": {"url": str(clips.bare), "rules": RULES}},
    })  # fmt: skip
    raised = {name: await await_message(http, server, alert_of(name, "raised"), 0) for name in ("door", "yard")}
    ids = {name: message["alert"]["id"] for name, message in raised.items()}
    await _post(http, f"{server.url}/api/v1/alerts/{ids['yard']}/snooze", {"minutes": 0.2})
    server.kill()
    server.start()
    told = await await_message(
        http, server, lambda message: message.get("action") == "escalated" and message["alert"]["id"] == ids["door"], 0
    )
    assert (told["alert"]["state"], told["alert"]["close_reason"]) == ("closed", "server_restarted")
    # The other one was seen to: it is closed, does not come back, and is not escalated.
    history = await _get(http, f"{server.url}/api/v1/alerts/{ids['yard']}/history")
    assert [event["action"] for event in history["events"]] == ["raised", "snoozed", "closed"]


async def test_stopped_while_a_clip_waits_for_its_end_it_is_cut_short(
    start_maskwatch: StartMaskwatch, clips: Clips, http: aiohttp.ClientSession
) -> None:
    server = start_maskwatch({
        "alerts": {"clip_after_s": 100},
        "cameras": {"door": {"url": str(clips.bare), "rules": RULES}},
    })  # fmt: skip
    told = await await_message(http, server, alert_of("door", "raised"), resume_from=0)
    assert server.stop() == 0
    files = _media(server.data_dir)
    assert f"{told['alert']['id']}-clip.mp4" in files
    assert not [name for name in files if name.endswith(".part")]
    server.start()
    async with http.get(f"{server.url}/api/v1/alerts/{told['alert']['id']}/clip.mp4") as answer:
        assert answer.status == 200


def _media(data_dir: Path) -> list[str]:
    return [file.name for file in (data_dir / "snapshots").rglob("*") if file.is_file()]


async def _post(http: aiohttp.ClientSession, address: str, body: dict[str, Any]) -> dict[str, Any]:
    async with http.post(address, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())


async def _get(http: aiohttp.ClientSession, address: str) -> dict[str, Any]:
    async with http.get(address) as answer:
        assert answer.status == 200
        return dict(await answer.json())
