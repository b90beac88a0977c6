"""Watching a camera by websocket: real H.264, real sockets."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import av
import numpy as np
import pytest

from maskwatch.core.ports import EncodedPacket, StreamInfo
from maskwatch.live.feed import LiveFeed
from maskwatch.live.fragments import Fragment, FragmentViewing, Start
from tests.bench.live_view import encode_clip
from tests.integration.rtc.parts import HEIGHT, MODULUS, WIDTH, LiveServer, TickingCamera, live_server, read_code


@pytest.fixture
async def live() -> AsyncIterator[LiveServer]:
    async with live_server(max_viewers=2) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Watching:
    """A page's side of the socket: the streams it was sent, each a file."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.starts: list[dict[str, Any]] = []
        self.files: list[bytes] = []
        self.keyframes_s: list[float] = []
        self.pictures = 0

    async def until(self, *, pictures: int = 0, starts: int = 0) -> None:
        async with asyncio.timeout(20):
            while self.pictures < pictures or len(self.starts) < starts:
                await self._take(await self.socket.receive())

    async def _take(self, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.TEXT:
            told = json.loads(message.data)
            if told["type"] == "start":
                self.starts.append(told)
                self.files.append(await self.socket.receive_bytes())
            else:
                assert told["type"] == "keyframe"
                self.keyframes_s.append(told["shown_s"])
            return
        assert message.type is aiohttp.WSMsgType.BINARY, message
        self.files[-1] += message.data
        self.pictures += 1

    def frames(self, stream: int = -1) -> list[tuple[int | None, int]]:
        """What each picture says its time is, and the time it has in the stream."""
        with av.open(io.BytesIO(self.files[stream]), "r") as container:
            return [
                (read_code(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)), (frame.pts or 0) % MODULUS)
                for frame in container.decode(video=0)
            ]


@pytest.mark.parametrize("passthrough", [True, False], ids=["passed on", "encoded"])
async def test_every_picture_has_its_own_time(live: LiveServer, http: aiohttp.ClientSession, passthrough: bool) -> None:
    info = StreamInfo(codec="h264" if passthrough else "hevc", width=WIDTH, height=HEIGHT, passthrough=passthrough)
    with TickingCamera(live.hub.tap("door"), info=info):
        async with http.ws_connect(live.url("/door/mse")) as socket:
            watching = Watching(socket)
            await watching.until(pictures=40)
            assert live.hub.tap("door").encoding is not passthrough
    frames = watching.frames()
    assert len(frames) == 40
    assert all(code == ticks for code, ticks in frames)
    assert watching.starts[0]["mime"].startswith('video/mp4; codecs="avc1.')
    assert (watching.starts[0]["width"], watching.starts[0]["height"]) == (WIDTH, HEIGHT)
    assert round(watching.keyframes_s[0] * 90_000) % MODULUS == frames[0][1]
    assert live.sockets[0] == 1


async def test_who_comes_late_starts_at_the_last_keyframe(live: LiveServer, http: aiohttp.ClientSession) -> None:
    with TickingCamera(live.hub.tap("door"), group=600, first_ticks=0) as camera:
        await asyncio.to_thread(camera.sent_at_least, 30)
        async with http.ws_connect(live.url("/door/mse")) as socket:
            watching = Watching(socket)
            await watching.until(pictures=30)
    assert watching.frames()[0] == (0, 0)


async def test_a_camera_that_comes_back_starts_another_stream(live: LiveServer, http: aiohttp.ClientSession) -> None:
    feed = live.hub.tap("door")
    async with http.ws_connect(live.url("/door/mse")) as socket:
        watching = Watching(socket)
        with TickingCamera(feed, first_ticks=3_000_000_000):
            await watching.until(pictures=10)
        with TickingCamera(feed, first_ticks=90_000):
            await watching.until(starts=2)
            watching.pictures = 0
            await watching.until(pictures=10)
    assert watching.frames(0)[0] == (3_000_000_000, 3_000_000_000)
    assert watching.frames(1)[0] == (90_000, 90_000)


async def test_a_camera_that_is_encoded_and_comes_back_is_in_view_at_once(
    live: LiveServer, http: aiohttp.ClientSession
) -> None:
    feed, hevc = live.hub.tap("door"), StreamInfo(codec="hevc", width=WIDTH, height=HEIGHT)
    async with http.ws_connect(live.url("/door/mse")) as socket:
        watching = Watching(socket)
        with TickingCamera(feed, info=hevc, fps=5, first_ticks=0):
            await watching.until(pictures=3)
        with TickingCamera(feed, info=hevc, fps=5, first_ticks=9_000_000):
            await watching.until(starts=2, pictures=6)
    frames = watching.frames(1)
    assert all(code == ticks for code, ticks in frames)
    assert frames[0][1] in range(9_000_000, 9_000_000 + 3 * 18_000), "not the next keyframe of its own, a minute later"


async def test_a_phone_that_changes_its_size_is_asked_for_a_keyframe() -> None:
    """Its packets come before it is known how large they are: the keyframe of the new size is past by then."""
    asked = asyncio.Event()
    feed = LiveFeed("phone", want_keyframe=lambda _: asked.set())
    viewing = FragmentViewing("phone", feed, on_end=lambda _: None)
    parts = viewing.parts()
    clip = encode_clip(WIDTH, HEIGHT, 15, 1, 500_000)

    def send(index: int, *, keyframe: bool = False) -> None:
        data = clip[0 if keyframe else index][0]
        feed.packet(EncodedPacket(data=data, ticks=index * 6000, keyframe=keyframe, captured_monotonic_s=index / 15))

    small = StreamInfo(codec="h264", width=WIDTH, height=HEIGHT, passthrough=True, keyframes_on_request=True)
    feed.opened(small)
    send(0, keyframe=True)
    assert isinstance(await anext(parts), Start)
    assert isinstance(await anext(parts), Fragment)
    feed.opened(replace(small, width=2 * WIDTH, height=2 * HEIGHT))
    asked.clear()
    send(1)
    following = asyncio.ensure_future(anext(parts))
    await asyncio.wait_for(asked.wait(), 5)
    send(2, keyframe=True)
    assert isinstance(await following, Start)
    viewing.end()
    await parts.aclose()


async def test_a_stream_goes_on_when_another_is_looked_at(live: LiveServer, http: aiohttp.ClientSession) -> None:
    feed = live.hub.tap("door")
    info = StreamInfo(codec="h264", width=WIDTH, height=HEIGHT, passthrough=True, detects_on="main")
    with TickingCamera(feed, info=info, group=600, first_ticks=0):
        async with http.ws_connect(live.url("/door/mse")) as early:
            watching = Watching(early)
            await watching.until(pictures=5)
            await asyncio.to_thread(feed.opened, replace(info, detects_on="sub"))
            async with http.ws_connect(live.url("/door/mse")) as late:
                joined = Watching(late)
                await joined.until(pictures=5)
            await watching.until(pictures=20)
    assert len(watching.starts) == 1
    assert joined.frames()[0] == (0, 0)


async def test_a_slow_page_loses_pictures_up_to_a_keyframe(live: LiveServer) -> None:
    feed = live.hub.tap("door")
    viewing = live.hub.watch_fragments("door")
    parts = viewing.parts()
    with TickingCamera(feed, fps=60, group=30, first_ticks=0) as camera:
        await anext(parts)
        first = await anext(parts)
        await asyncio.to_thread(camera.sent_at_least, 130)
        later = await anext(parts)
    viewing.end()
    await parts.aclose()
    assert isinstance(first, Fragment)
    assert isinstance(later, Fragment)
    assert first.keyframe
    assert later.keyframe
    assert later.shown_s > first.shown_s + 0.5
    assert live.telemetry.drops["door", "live", "slow_viewer"] >= 45


async def test_places_are_shared_with_webrtc(live: LiveServer, http: aiohttp.ClientSession) -> None:
    live.hub.tap("door")
    async with http.ws_connect(live.url("/door/mse")), http.ws_connect(live.url("/door/mse")):
        assert live.sockets[-1] == 2
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(live.url("/door/mse"))
        assert refused.value.status == 503
    async with http.ws_connect(live.url("/door/mse")):
        pass


async def test_a_camera_that_goes_sends_its_watchers_home(live: LiveServer, http: aiohttp.ClientSession) -> None:
    live.hub.tap("door")
    async with http.ws_connect(live.url("/door/mse")) as socket:
        live.hub.remove("door")
        message = await socket.receive(10)
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    assert live.sockets[-1] == 0


@pytest.mark.parametrize(("path", "status"), [("/nowhere/mse", 404), ("/door/mse", 400)])
async def test_what_can_not_be_watched_is_refused(
    live: LiveServer, http: aiohttp.ClientSession, path: str, status: int
) -> None:
    live.hub.tap("door")
    if status == 404:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(live.url(path))
        assert refused.value.status == status
        return
    async with http.get(live.url(path)) as response:
        assert response.status == status
        assert (await response.json())["code"] == "no_websocket"
