import asyncio
import json
import random
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from maskwatch import __version__
from maskwatch.core.types import CloseReason
from maskwatch.web.outbox import ClientLimits
from maskwatch.web.ws import SocketLimits
from tests.integration.web.conftest import NOON, House, Open
from tests.unit.web.looks import look, person

QUIET = {"figures_every_s": 3600.0}


class Page:
    """A page that listens; each message is held against the description."""

    def __init__(self, house: House, socket: ClientWebSocketResponse) -> None:
        self.house = house
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        """The next message."""
        message = await self.socket.receive_json()
        self.house.described.message(message)
        return dict(message)

    async def subscribe(self, **wanted: Any) -> dict[str, Any]:
        """Subscribe; the `hello` that answers."""
        await self.socket.send_json({"v": 1, "type": "subscribe", **wanted})
        while (message := await self.next())["type"] != "hello":
            pass
        return message

    async def alerts(self, until: int) -> list[int]:
        """The ids of events up to the one with id `until`."""
        ids: list[int] = []
        while not ids or ids[-1] < until:
            message = await self.next()
            if message["type"] == "alert":
                ids.append(message["event_id"])
        return ids


@asynccontextmanager
async def opened(house: House, **wanted: Any) -> AsyncIterator[Page]:
    """A page that has subscribed."""
    async with house.client.ws_connect("/api/v1/ws") as socket:
        page = Page(house, socket)
        assert (await page.next())["type"] == "hello"
        await page.subscribe(**wanted)
        yield page


async def test_the_first_message_says_where_things_stand(house: House) -> None:
    await house.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
    await house.raise_alert()
    async with house.client.ws_connect("/api/v1/ws") as socket:
        hello = await Page(house, socket).next()
    assert (hello["type"], hello["v"], hello["server_version"]) == ("hello", 1, __version__)
    assert (hello["last_event_id"], hello["open_alerts"], hello["resumed"]) == (1, 1, False)
    assert [camera["name"] for camera in hello["cameras"]] == ["phone"]


async def test_faces_come_for_the_cameras_that_are_followed(house: House) -> None:
    async with opened(house, cameras=["door"]) as page:
        house.hub.publish_look(look("yard"))
        house.hub.publish_look(look("door", 7, person(3), person(4, in_view=False)))
        faces = await page.next()
        assert (faces["type"], faces["camera"], faces["sequence"], faces["media_ticks"]) == ("faces", "door", 7, 90_000)
        assert (faces["width"], faces["height"]) == (640, 480)
        assert [seen["track_id"] for seen in faces["people"]] == [3]
        assert faces["people"][0]["box"] == [0.25, 0.25, 0.5, 0.75]
        assert faces["people"][0]["seen_s"] == 2.5
        await page.subscribe(cameras=None)
        house.hub.publish_look(look("yard"))
        assert (await page.next())["camera"] == "yard"
        await page.subscribe(cameras=[])
        house.hub.publish_look(look("yard"))
        await house.raise_alert()
        assert (await page.next())["type"] == "alert"


async def test_the_life_of_an_alert_is_told(house: House) -> None:
    async with opened(house) as page:
        await house.raise_alert()
        await house.call("POST", "/api/v1/alerts/alert-1/acknowledge", json={"by": "Ayu"})
        closed = await house.store.alerts.close("alert-1", CloseReason.LEFT, NOON + timedelta(minutes=3))
        assert closed is not None
        house.hub.publish_event(closed)
        await house.call("DELETE", "/api/v1/alerts/alert-1")
        told = [await page.next() for _ in range(4)]
    assert [message["action"] for message in told] == ["raised", "acknowledged", "closed", "erased"]
    assert [message["event_id"] for message in told] == [1, 2, 3, 4]
    assert told[1]["alert"]["acknowledged_by"] == "Ayu"
    assert told[2]["alert"]["close_reason"] == "left"
    assert told[3]["alert"]["evidence"] == {}


async def test_cameras_are_told_as_they_change(house: House) -> None:
    async with opened(house) as page:
        await house.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
        seen = [await page.next()]
        await house.call("PATCH", "/api/v1/cameras/phone", json={"enabled": False})
        while seen[-1]["camera"]["state"] != "disabled":
            seen.append(await page.next())
        await house.call("DELETE", "/api/v1/cameras/phone")
        while seen[-1]["action"] != "removed":
            seen.append(await page.next())
    assert {message["type"] for message in seen} == {"camera"}
    assert seen[0]["action"] == "added"
    assert seen[-1]["camera"]["name"] == "phone"


async def test_figures_come_while_somebody_listens(open_house: Open) -> None:
    house = await open_house({"cameras": {"phone": {"url": "webrtc:"}}}, hub_options={"figures_every_s": 0.01})
    async with opened(house) as page:
        message = await page.next()
        assert (message["type"], message["action"]) == ("camera", "state")
        assert message["camera"]["health"]["looks_per_s"] == 0


# ---- resuming --------------------------------------------------------------------------------------------------------


async def test_what_was_missed_follows_in_order(house: House) -> None:
    for number in range(1, 6):
        await house.raise_alert(number)
    async with house.client.ws_connect("/api/v1/ws") as socket:
        page = Page(house, socket)
        assert (await page.next())["last_event_id"] == 5
        await house.raise_alert(6)
        hello = await page.subscribe(resume_from=2)
        assert (hello["resumed"], hello["last_event_id"]) == (True, 6)
        assert await page.alerts(6) == [3, 4, 5, 6]


@pytest.mark.parametrize("resume_from", [99, -1])
async def test_who_was_away_too_long_is_told_to_load_anew(house: House, resume_from: int) -> None:
    await house.raise_alert(1)
    await house.raise_alert(2)
    await house.store.alerts.erase("alert-1")
    await house.store.alerts.prune_events(datetime.now(UTC) + timedelta(days=1))
    async with house.client.ws_connect("/api/v1/ws") as socket:
        page = Page(house, socket)
        await page.next()
        hello = await page.subscribe(resume_from=resume_from)
        assert (hello["resumed"], hello["last_event_id"]) == (False, 3)
        await house.raise_alert(4)
        assert await page.alerts(4) == [4]
        assert not (await page.subscribe(resume_from=1))["resumed"]


@pytest.mark.parametrize("seed", range(4))
async def test_nobody_misses_or_hears_twice_while_all_go_on_and_off(open_house: Open, seed: int) -> None:
    """Alerts are recorded without pause, published late and out of order; pages break off and resume all the time."""
    house = await open_house(hub_options=QUIET)
    chance = random.Random(seed)
    alerts = 60

    async def record() -> None:
        late = []
        for number in range(alerts):
            late.append(house.raise_alert(number))
            if chance.random() < 0.5:
                chance.shuffle(late)
                await asyncio.gather(*late)
                late.clear()
        await asyncio.gather(*late)

    async def follow(seed: int) -> list[int]:
        chance = random.Random(seed)
        heard: list[int] = []
        while not heard or heard[-1] < alerts:
            async with house.client.ws_connect("/api/v1/ws") as socket:
                page = Page(house, socket)
                await page.next()
                await page.subscribe(resume_from=heard[-1] if heard else 0)
                for _ in range(chance.randint(1, 12)):
                    if heard and heard[-1] >= alerts:
                        break
                    message = await page.next()
                    assert message["type"] == "alert"
                    heard.append(message["event_id"])
        return heard

    heard, *_ = await asyncio.gather(asyncio.gather(*(follow(number) for number in range(3))), record())
    assert heard == [list(range(1, alerts + 1))] * 3


# ---- bad clients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        '{"type":"dance"}',
        '{"type":"subscribe","cameras":"door"}',
        '{"type":"subscribe","x":"hunter2"}',
    ],
)
async def test_nonsense_is_answered_and_the_connection_stays(house: House, text: str) -> None:
    async with opened(house) as page:
        await page.socket.send_str(text)
        answer = await page.next()
        assert (answer["type"], answer["code"]) == ("error", "invalid_message")
        assert "hunter2" not in answer["message"]
        await page.socket.send_bytes(b"\x00")
        assert (await page.next())["type"] == "error"
        await house.raise_alert()
        assert (await page.next())["type"] == "alert"


async def test_a_monster_of_a_message_ends_the_connection(house: House) -> None:
    async with opened(house) as page:
        await page.socket.send_str(" " * 100_000)
        assert (await page.socket.receive()).type is WSMsgType.CLOSE
        assert page.socket.close_code == 1009


async def test_only_so_many_may_listen(open_house: Open) -> None:
    house = await open_house(hub_options={"max_clients": 1})
    async with opened(house):
        with pytest.raises(WSServerHandshakeError) as refusal:
            await house.client.ws_connect("/api/v1/ws")
        assert refusal.value.status == 503
        await house.refused("GET", "/api/v1/ws", 503, "busy")


async def test_only_so_many_may_listen_though_they_come_at_once(open_house: Open) -> None:
    house = await open_house(hub_options={"max_clients": 1})
    came = await asyncio.gather(*(house.client.ws_connect("/api/v1/ws") for _ in range(4)), return_exceptions=True)
    refused = [each.status for each in came if isinstance(each, WSServerHandshakeError)]
    assert refused == [503] * 3


async def test_a_plain_request_is_no_websocket(house: House) -> None:
    response, _ = await house.call("GET", "/api/v1/ws")
    assert response.status == 400


async def test_the_server_s_end_is_said(house: House) -> None:
    async with opened(house) as page:
        await house.hub.close()
        message = await page.socket.receive()
        assert (message.type, page.socket.close_code) == (WSMsgType.CLOSE, 1001)


class Sleeper:
    """A client that connects, subscribes, and then reads nothing, with as little room as the system gives."""

    def __init__(self, house: House) -> None:
        self._address = (str(house.server.host), int(house.server.port or 0))
        self.socket = sockets.socket()
        self.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._connect)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.socket.close()

    def _connect(self) -> None:
        self.socket.connect(self._address)
        host = f"{self._address[0]}:{self._address[1]}"
        self.socket.sendall(
            f"GET /api/v1/ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert self.socket.recv(12) == b"HTTP/1.1 101"
        text = json.dumps({"type": "subscribe"}).encode()
        mask = b"\0\0\0\0"
        self.socket.sendall(bytes([0x81, 0x80 | len(text)]) + mask + text)


@pytest.mark.parametrize(
    "client",
    [ClientLimits(queued_events=4, send_timeout_s=3600), ClientLimits(queued_events=10**6, send_timeout_s=0.2)],
    ids=["its queue overflows", "its socket stalls"],
)
async def test_a_slow_client_is_cut_off_and_holds_up_nobody(open_house: Open, client: ClientLimits) -> None:
    house = await open_house(hub_options=QUIET, limits=SocketLimits(client=client, heartbeat_s=3600))
    padding: dict[str, Any] = {"evidence": {"padding": "x" * 200_000}}
    async with opened(house) as page, Sleeper(house):
        assert house.hub.clients == 2
        number = 0
        while house.hub.clients == 2:
            number += 1
            event = await house.raise_alert(number, **padding)
            assert await page.alerts(event.event_id) == [event.event_id]
            assert number < 500
        event = await house.raise_alert(number + 1)
        assert await page.alerts(event.event_id) == [event.event_id]
        assert house.hub.clients == 1


async def test_overwritten_faces_are_counted(open_house: Open) -> None:
    house = await open_house(hub_options=QUIET)
    async with opened(house, cameras=["door"]) as page:
        for sequence in range(1, 6):
            house.hub.publish_look(look("door", sequence))
        assert (await page.next())["sequence"] == 5
        metrics = await (await house.client.get("/metrics")).text()
    counted = 'maskwatch_frames_dropped_total{camera="door",reason="overwritten",stage="websocket"} 4.0'
    assert counted in metrics


async def test_listeners_are_counted(house: House) -> None:
    async with opened(house):
        assert "maskwatch_websocket_clients 1.0" in await (await house.client.get("/metrics")).text()


async def test_a_mistake_of_the_server_ends_one_connection_and_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.raise_alert(1)

    def broken(_event: object) -> None:
        msg = "rtsp://user:hunter2@camera/"
        raise ValueError(msg)

    async with opened(house) as page, opened(house) as other:
        monkeypatch.setattr("maskwatch.web.ws.event_view", broken)
        await page.subscribe(resume_from=0)
        message = await page.socket.receive()
        assert (message.type, page.socket.close_code) == (WSMsgType.CLOSE, 1011)
        await house.raise_alert(2)
        assert (await other.next())["event_id"] == 2
    written = capsys.readouterr().out
    assert "a request crashed" in written
    assert "hunter2" not in written
