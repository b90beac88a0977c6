"""Watching a camera by WebRTC: real H.264, real connections, both ends in this process."""

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Iterator

import aiohttp
import numpy as np
import pytest

from maskwatch.core.ports import EncodedPacket, StreamInfo
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.ports import MediaPorts
from tests.integration.rtc.parts import (
    HEIGHT,
    WIDTH,
    LiveServer,
    TickingCamera,
    Viewer,
    live_server,
    loopback_only,
    read_code,
)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with loopback_only(monkeypatch):
        yield


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def live() -> AsyncIterator[LiveServer]:
    async with live_server() as server:
        yield server


async def test_packets_are_passed_on_and_their_time_is_exact(live: LiveServer, http: aiohttp.ClientSession) -> None:
    viewer = Viewer(http, live.url("/door/whep"))
    with TickingCamera(live.hub.tap("door")):
        assert await viewer.connect() == 201
        seen = [await viewer.frame() for _ in range(40)]
        assert not live.hub.tap("door").encoding
    codes = [read_code(image) for image, _ in seen]
    assert codes == [ticks for _, ticks in seen]
    sent = [ticks for _, ticks in seen]
    assert any(before > after for before, after in itertools.pairwise(sent)), "the clock wrapped meanwhile"
    image = seen[-1][0]
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(image[300:, :].mean(axis=(0, 1)) - (200, 40, 40)).max() < 12
    await viewer.close()


async def test_a_late_joiner_sees_a_picture_at_once(live: LiveServer, http: aiohttp.ClientSession) -> None:
    first, late = Viewer(http, live.url("/door/whep")), Viewer(http, live.url("/door/whep"))
    with TickingCamera(live.hub.tap("door"), group=150) as camera:
        await first.connect()
        while camera.packets < 40:
            await first.frame()
        await late.connect()
        joined_s = time.monotonic()
        image, ticks = await late.frame()
        waited_s = time.monotonic() - joined_s
        assert read_code(image) == ticks
        live_ticks = (await first.frame())[1]
        while ticks != live_ticks:
            ticks = (await late.frame())[1]
    # The next keyframe is 7 seconds away.
    assert waited_s < 3
    await first.close()
    await late.close()


@pytest.mark.parametrize("codec", ["H264", "VP8"])
@pytest.mark.parametrize("source", ["hevc", "mjpeg"])
async def test_what_browsers_cannot_show_is_encoded(
    live: LiveServer, http: aiohttp.ClientSession, codec: str, source: str
) -> None:
    viewer = Viewer(http, live.url("/door/whep"), codecs=(codec,))
    with TickingCamera(live.hub.tap("door"), info=StreamInfo(codec=source, width=WIDTH, height=HEIGHT)):
        assert await viewer.connect() == 201
        seen = [await viewer.frame() for _ in range(20)]
        assert live.hub.tap("door").encoding
        await viewer.delete()
        assert not live.hub.tap("door").encoding
    assert [read_code(image) for image, _ in seen] == [ticks for _, ticks in seen]
    assert np.abs(seen[-1][0][300:, :].mean(axis=(0, 1)) - (200, 40, 40)).max() < 16
    await viewer.close()


async def test_one_encoding_serves_all(live: LiveServer, http: aiohttp.ClientSession) -> None:
    viewers = [Viewer(http, live.url("/door/whep")) for _ in range(3)]
    with TickingCamera(live.hub.tap("door"), info=StreamInfo(codec="hevc", width=WIDTH, height=HEIGHT)):
        for viewer in viewers:
            await viewer.connect()
        for _ in range(10):
            for viewer in viewers:
                image, ticks = await viewer.frame()
                assert read_code(image) == ticks
        assert len(live.hub.tap("door")._transcoders) == 1
    for viewer in viewers:
        await viewer.close()
    assert live.viewers[:3] == [1, 2, 3]


async def test_a_camera_that_changes_its_codec_stays_in_view(live: LiveServer, http: aiohttp.ClientSession) -> None:
    viewer = Viewer(http, live.url("/door/whep"))
    with TickingCamera(live.hub.tap("door")):
        await viewer.connect()
        await viewer.frame()
    hevc = StreamInfo(codec="hevc", width=WIDTH, height=HEIGHT)
    with TickingCamera(live.hub.tap("door"), info=hevc, first_ticks=90_000 * 10):
        while True:
            image, ticks = await viewer.frame()
            if 90_000 * 10 <= ticks < 90_000 * 20:
                break
        assert read_code(image) == ticks
    await viewer.close()


async def test_delete_ends_everything(live: LiveServer, http: aiohttp.ClientSession) -> None:
    viewer = Viewer(http, live.url("/door/whep"))
    with TickingCamera(live.hub.tap("door")):
        await viewer.connect()
        await viewer.frame()
        assert await viewer.delete() == 200
        assert await viewer.delete() == 404
        await viewer.ended()
    assert live.viewers == [1, 0]
    await viewer.close()


async def test_a_viewer_that_closes_is_forgotten(live: LiveServer, http: aiohttp.ClientSession) -> None:
    viewer = Viewer(http, live.url("/door/whep"))
    gone = asyncio.Event()
    live.hub._peers._on_count = lambda count: gone.set() if count == 0 else None
    with TickingCamera(live.hub.tap("door")):
        await viewer.connect()
        await viewer.frame()
        await viewer.close()
        await asyncio.wait_for(gone.wait(), 10)


async def test_a_viewer_that_never_connects_is_forgotten(
    live: LiveServer, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskwatch.rtc.peer._CONNECT_WITHIN_S", 0.2)
    live.hub.tap("door")
    viewer = Viewer(http, live.url("/door/whep"))
    await viewer.connection.setLocalDescription()
    offer = viewer.connection.localDescription.sdp
    gone = asyncio.Event()
    live.hub._peers._on_count = lambda count: gone.set() if count == 0 else None
    async with http.post(live.url("/door/whep"), data=offer, headers={"Content-Type": "application/sdp"}) as response:
        assert response.status == 201
    await asyncio.wait_for(gone.wait(), 10)
    await viewer.close()


async def test_a_removed_camera_ends_its_viewers(live: LiveServer, http: aiohttp.ClientSession) -> None:
    viewer = Viewer(http, live.url("/door/whep"))
    with TickingCamera(live.hub.tap("door")):
        await viewer.connect()
        await viewer.frame()
        live.hub.remove("door")
        await viewer.ended()
    await viewer.close()
    assert await Viewer(http, live.url("/door/whep")).connect() == 404


async def test_a_camera_removed_while_an_offer_is_answered_leaves_nothing(
    http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where, addresses = MediaPorts(ports=range(port, port + 1)), ["127.0.0.1"]

    def remove_first() -> list[str]:
        # Once the ports are being opened.
        asyncio.get_running_loop().call_soon(server.hub.remove, "door")
        return addresses

    async with live_server(ice=IceSettings(host_addresses=remove_first, where=where)) as server:
        server.hub.tap("door")
        gone = Viewer(http, server.url("/door/whep"))
        assert await gone.connect() == 404
        await gone.close()
        await asyncio.gather(*server.hub._peers._ending)
        monkeypatch.setattr(server.hub, "_ice", IceSettings(host_addresses=lambda: addresses, where=where))
        with TickingCamera(server.hub.tap("door")):
            viewer = Viewer(http, server.url("/door/whep"))
            assert await viewer.connect() == 201, "the only port there is has been let go"
            await viewer.frame()
            await viewer.close()


async def test_as_many_watch_as_may(http: aiohttp.ClientSession) -> None:
    async with live_server(max_viewers=1) as live:
        with TickingCamera(live.hub.tap("door")):
            one, two = Viewer(http, live.url("/door/whep")), Viewer(http, live.url("/door/whep"))
            assert await one.connect() == 201
            assert await two.connect() == 503
            assert "max_viewers" in two.answer
            await one.delete()
            three = Viewer(http, live.url("/door/whep"))
            assert await three.connect() == 201
            await three.frame()
            for viewer in (one, two, three):
                await viewer.close()


@pytest.mark.parametrize(
    ("sdp", "content_type", "status", "code"),
    [
        ("this is no SDP", "application/sdp", 400, "sdp_invalid"),
        ("", "application/sdp", 400, "sdp_invalid"),
        ("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:97 VP8/90000\r\n", "application/sdp", 400, "sdp_invalid"),
        ("v=0\r\nm=video x y\r\n", "application/sdp", 400, "sdp_invalid"),
        ("v=0\r\na=fingerprint:sha-256\r\n", "application/sdp", 400, "sdp_invalid"),
        ("\x00\xff" * 9, "application/sdp", 400, "sdp_invalid"),
        ("v=0", "application/json", 415, "signalling_unsupported_media_type"),
        ("v" * 100_000, "application/sdp", 413, "signalling_request_entity_too_large"),
    ],
)
async def test_a_bad_offer_is_refused(
    live: LiveServer, http: aiohttp.ClientSession, sdp: str, content_type: str, status: int, code: str
) -> None:
    live.hub.tap("door")
    async with http.post(live.url("/door/whep"), data=sdp, headers={"Content-Type": content_type}) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        assert (await response.json())["code"] == code
    assert live.viewers in ([], [1, 0])


async def test_ending_while_connecting_leaves_nothing(live: LiveServer, http: aiohttp.ClientSession) -> None:
    live.hub.tap("door")
    viewer = Viewer(http, live.url("/door/whep"))
    assert await viewer.connect() == 201
    assert await viewer.delete() == 200
    assert live.viewers == [1, 0]
    await viewer.close()


async def test_an_unknown_camera_is_not_found(live: LiveServer, http: aiohttp.ClientSession) -> None:
    assert await Viewer(http, live.url("/nowhere/whep")).connect() == 404


async def test_an_offer_to_send_is_refused(live: LiveServer, http: aiohttp.ClientSession) -> None:
    live.hub.tap("door")
    viewer = Viewer(http, live.url("/door/whep"))
    viewer._transceiver.direction = "sendonly"
    assert await viewer.connect() == 400
    await viewer.close()


async def test_stills_name_their_frame_and_cost_one_encoding(live: LiveServer, http: aiohttp.ClientSession) -> None:
    async with http.get(live.url("/api/v1/cameras/door/frame.jpg")) as response:
        assert response.status == 404
    with TickingCamera(live.hub.tap("door")) as camera:
        await asyncio.to_thread(camera.sent_at_least, 2)
    async with http.get(live.url("/api/v1/cameras/door/frame.jpg?width=320")) as response:
        assert response.status == 200
        assert response.content_type == "image/jpeg"
        jpeg, headers = await response.read(), response.headers
    frame = live.hub.latest("door")
    assert frame is not None
    assert int(headers["Maskwatch-Sequence"]) == frame.sequence
    assert int(headers["Maskwatch-Media-Ticks"]) == frame.media_ticks
    assert jpeg.startswith(b"\xff\xd8")
    again = {"If-None-Match": headers["ETag"]}
    async with http.get(live.url("/api/v1/cameras/door/frame.jpg?width=320"), headers=again) as response:
        assert response.status == 304


@pytest.mark.parametrize(
    "width", ["-1", "0", "10001", "0000019999", pytest.param("00001" + 5000 * "0", id="long"), "²", ""]
)
async def test_a_width_that_is_none_is_refused(live: LiveServer, http: aiohttp.ClientSession, width: str) -> None:
    live.hub.tap("door")
    async with http.get(live.url("/api/v1/cameras/door/frame.jpg"), params={"width": width}) as response:
        assert response.status == 400


def test_packets_cost_little_when_nobody_watches() -> None:
    """Nothing wakes the loop: a closed one would refuse."""

    async def make() -> LiveServer:
        return LiveServer()

    live = asyncio.run(make())

    async def tap() -> object:
        return live.hub.tap("door")

    feed = asyncio.run(tap())
    feed._passthrough = True  # type: ignore[attr-defined]
    for index in range(1000):
        live.hub.tap("door").packet(
            EncodedPacket(data=b"\0\0\1\x65data", ticks=index, keyframe=index % 30 == 0, captured_monotonic_s=0.0)
        )
