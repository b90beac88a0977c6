import asyncio
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError, encode_basic_auth
from yarl import URL

from maskwatch.config import MaskwatchSettings
from maskwatch.errors import ConfigError, TooManyAttemptsError
from maskwatch.store import Store
from maskwatch.web.auth import Gate
from maskwatch.web.login import PasswordDesk
from maskwatch.web.outbox import ClientLimits
from maskwatch.web.server import check_may_listen
from maskwatch.web.ws import SocketLimits
from tests.integration.rtc.parts import Viewer
from tests.integration.web.conftest import House, Open

USERS = {"ayu": "correct horse"}
LOGIN = {"user": "ayu", "password": "correct horse"}
BASIC = {"Authorization": encode_basic_auth(login=LOGIN["user"], password=LOGIN["password"])}
EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
async def locked(open_house: Open) -> House:
    """A server with a password and a phone as its camera."""
    return await open_house({"cameras": {"phone": {"url": "webrtc:"}, "other": {"url": "webrtc:"}}}, users=USERS)


async def log_in(house: House, **changes: str) -> Any:
    response, session = await house.call("POST", "/api/v1/session", json={**LOGIN, **changes})
    assert response.status == 200, session
    return response


# ---- without a password ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost:8640", "127.0.0.1", "127.0.0.2:99", "[::1]:8640", "LOCALHOST", "cam.lan"])
async def test_this_machine_may_do_everything(open_house: Open, host: str) -> None:
    house = await open_house({"server": {"trusted_hosts": ["cam.lan"]}})
    assert await house.get("/api/v1/cameras", headers={"Host": host}) == []


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8640", "", "[", "a b"]
)
async def test_a_name_made_to_point_here_gets_nothing(house: House, host: str) -> None:
    for path in ("/", "/api/v1/cameras", "/api/v1/info", "/api/v1/session", "/metrics", "/nothing"):
        response = await house.client.get(path, headers={"Host": host})
        assert response.status in (400, 403), path
        assert "cameras" not in await response.text()


async def test_a_websocket_under_another_name_is_refused(house: House) -> None:
    with pytest.raises(WSServerHandshakeError) as refusal:
        await house.client.ws_connect("/api/v1/ws", headers={"Host": "evil.example"})
    assert refusal.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        EVIL,
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "file://"},
    ],
)
async def test_another_site_can_change_nothing(house: House, headers: dict[str, str]) -> None:
    body = {"name": "x", "url": "webrtc:"}
    await house.refused("POST", "/api/v1/cameras", 403, "cross_site", json=body, headers=headers)
    await house.refused("DELETE", "/api/v1/session", 403, "cross_site", headers=headers)
    with pytest.raises(WSServerHandshakeError) as refusal:
        await house.client.ws_connect("/api/v1/ws", headers=headers)
    assert refusal.value.status == 403
    assert await house.get("/api/v1/cameras") == []


async def test_the_server_s_own_page_may_change_things(house: House) -> None:
    own = {"Origin": str(house.server.make_url("")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    response, _ = await house.call("POST", "/api/v1/cameras", json={"name": "x", "url": "webrtc:"}, headers=own)
    assert response.status == 201
    async with house.client.ws_connect("/api/v1/ws", headers=own) as socket:
        assert (await socket.receive_json())["type"] == "hello"


async def test_a_page_behind_a_proxy_may_change_things(open_house: Open) -> None:
    house = await open_house({"server": {"public_url": "https://cam.example"}}, users=USERS)
    headers = {**BASIC, "Origin": "https://cam.example", "Sec-Fetch-Site": "same-origin"}
    response, _ = await house.call("POST", "/api/v1/cameras", json={"name": "x", "url": "webrtc:"}, headers=headers)
    assert response.status == 201


# ---- with a password -------------------------------------------------------------------------------------------------

OPEN_TO_ALL = {
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/login"), ("GET", "/assets/{file}"), ("GET", "/{file}"),
    ("GET", "/api/v1/session"), ("POST", "/api/v1/session"), ("DELETE", "/api/v1/session"), ("GET", "/api/v1/info"),
}  # fmt: skip


async def test_every_route_asks_for_a_login_but_those_listed(locked: House) -> None:
    asked = set()
    for route in locked.server.app.router.routes():
        resource = route.resource
        if resource is None or route.method == "HEAD":
            continue
        path = resource.canonical
        for name, value in {"{camera}": "phone", "{name}": "phone", "{file}": "favicon.svg"}.items():
            path = path.replace(name, value)
        response = await locked.client.request(route.method, path.replace("{id}", "x").replace("{session}", "x"))
        if (route.method, resource.canonical) in OPEN_TO_ALL:
            asked.add((route.method, resource.canonical))
        else:
            assert response.status == 401, (route.method, path, response.status)
            assert response.headers["WWW-Authenticate"]
    assert asked == OPEN_TO_ALL
    assert (await locked.client.get("/no/such/address")).status == 401


async def test_a_login_opens_everything_and_a_logout_closes_it(locked: House) -> None:
    assert await locked.get("/api/v1/session") == {"login_needed": True, "user": None}
    assert (await locked.get("/api/v1/info"))["service"] is None
    response = await log_in(locked)
    cookie = response.cookies["maskwatch_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert not cookie["secure"]
    assert LOGIN["password"] not in str(response.headers)
    assert await locked.get("/api/v1/session") == {"login_needed": False, "user": "ayu"}
    assert len(await locked.get("/api/v1/cameras")) == 2
    token = cookie.value
    response, _ = await locked.call("DELETE", "/api/v1/session")
    assert response.status == 204
    await locked.refused("GET", "/api/v1/cameras", 401, "unauthorized")
    stolen = {"Cookie": f"maskwatch_session={token}"}
    await locked.refused("GET", "/api/v1/cameras", 401, "unauthorized", headers=stolen)


@pytest.mark.parametrize("settings", [{"tls": {"mode": "self_signed"}}, {"server": {"public_url": "https://cam.lan"}}])
async def test_under_encryption_the_cookie_stays_encrypted(open_house: Open, settings: dict[str, Any]) -> None:
    house = await open_house(settings, users=USERS)
    assert (await log_in(house)).cookies["maskwatch_session"]["secure"]


async def test_who_acknowledges_is_who_is_logged_in(locked: House) -> None:
    await locked.raise_alert()
    await log_in(locked)
    _, alert = await locked.call("POST", "/api/v1/alerts/alert-1/acknowledge")
    assert alert["acknowledged_by"] == "ayu"


async def test_programs_use_basic(locked: House) -> None:
    response = await locked.client.get("/metrics", headers=BASIC)
    assert response.status == 200
    assert "maskwatch_build_info" in await response.text()
    answers = await asyncio.gather(*(locked.call("GET", "/api/v1/cameras", headers=BASIC) for _ in range(20)))
    assert {response.status for response, _ in answers} == {200}
    for wrong in ("Basic !!!", "Basic", "Basic bm9jb2xvbg==", encode_basic_auth("ayu", "wrong"), "Bearer x"):
        await locked.refused("GET", "/api/v1/cameras", 401, "unauthorized", headers={"Authorization": wrong})


async def test_a_page_s_own_requests_bring_up_no_dialogue(locked: House) -> None:
    response = await locked.client.get("/api/v1/cameras", headers={"Sec-Fetch-Mode": "cors"})
    assert not response.headers["WWW-Authenticate"].startswith("Basic")
    response = await locked.client.get("/metrics")
    assert response.headers["WWW-Authenticate"].startswith("Basic")


async def test_a_person_is_led_to_the_login(locked: House) -> None:
    html = {"Accept": "text/html"}
    for wanted, led_to in [
        ("/cameras/phone?tab=alerts&n=1", "/cameras/phone?tab=alerts&n=1"),
        ("//evil.example/x", "/evil.example/x"),
    ]:
        address = URL(str(locked.server.make_url("/")).rstrip("/") + wanted, encoded=True)
        response = await locked.client.session.get(address, headers=html, allow_redirects=False)
        assert response.status == 303
        assert URL(response.headers["Location"]).query == {"next": led_to}
    assert (await locked.client.get("/login", headers=html)).status == 200


async def test_guessing_is_slowed_down(locked: House) -> None:
    for _ in range(5):
        await locked.refused(
            "POST", "/api/v1/session", 401, "wrong_password", json={"user": "ayu", "password": "wrong"}
        )
    problem = await locked.refused("POST", "/api/v1/session", 429, "too_many_attempts", json=LOGIN)
    assert "Try again in" in problem["remedy"]
    await locked.refused("GET", "/api/v1/cameras", 429, "too_many_attempts", headers=BASIC)
    response, _ = await locked.call("POST", "/api/v1/session", json=LOGIN)
    assert int(response.headers["Retry-After"]) >= 1


async def test_behind_a_proxy_each_client_counts_for_itself(open_house: Open) -> None:
    house = await open_house({"server": {"public_url": "http://cam.lan"}}, users=USERS)

    async def guess(forwarded: str) -> int:
        wrong = {"user": "ayu", "password": "wrong"}
        headers = {"X-Forwarded-For": forwarded}
        response, _ = await house.call("POST", "/api/v1/session", json=wrong, headers=headers)
        return response.status

    assert [await guess(f"10.9.9.{number}, 10.0.0.1") for number in range(6)] == [401] * 5 + [429]
    assert await guess("10.0.0.1, 10.0.0.2") == 401


async def test_a_proxy_that_adds_a_line_of_its_own_is_the_one_believed(open_house: Open) -> None:
    house = await open_house({"server": {"public_url": "http://cam.lan"}}, users=USERS)
    wrong = {"user": "ayu", "password": "wrong"}
    statuses = []
    for number in range(6):
        lines = [("X-Forwarded-For", f"10.9.9.{number}"), ("X-Forwarded-For", "10.0.0.1")]
        response, _ = await house.call("POST", "/api/v1/session", json=wrong, headers=lines)
        statuses.append(response.status)
    assert statuses == [401] * 5 + [429]


async def test_without_a_proxy_nobody_speaks_for_another(locked: House) -> None:
    for number in range(5):
        body, headers = {"user": "ayu", "password": "wrong"}, {"X-Forwarded-For": f"10.0.0.{number}"}
        await locked.refused("POST", "/api/v1/session", 401, "wrong_password", json=body, headers=headers)
    headers = {"X-Forwarded-For": "10.0.0.99"}
    await locked.refused("POST", "/api/v1/session", 429, "too_many_attempts", json=LOGIN, headers=headers)


async def test_many_guesses_at_once_gain_nothing(locked: House) -> None:
    async def guess(number: int) -> int:
        body = {"user": "ayu", "password": f"guess-{number}"}
        response, _ = await locked.call("POST", "/api/v1/session", json=body)
        return response.status

    statuses = await asyncio.gather(*(guess(number) for number in range(40)))
    assert statuses.count(401) == 5
    assert statuses.count(429) == 35


async def test_an_unknown_user_is_told_the_same(locked: House) -> None:
    wrong = await locked.refused("POST", "/api/v1/session", 401, "wrong_password", json={**LOGIN, "password": "x"})
    unknown = await locked.refused("POST", "/api/v1/session", 401, "wrong_password", json={**LOGIN, "user": "nobody"})
    assert wrong == unknown


async def test_a_password_set_by_another_process_counts_at_once_again(open_house: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr("maskwatch.web.auth._USERS_KNOWN_FOR_S", -1.0)
    house = await open_house()
    await house.get("/api/v1/cameras")
    await house.store.users.set_password("ayu", LOGIN["password"])
    await house.refused("GET", "/api/v1/cameras", 401, "unauthorized")


async def test_a_logout_ends_open_websockets(open_house: Open) -> None:
    limits = SocketLimits(client=ClientLimits(), session_check_s=0.05)
    house = await open_house(users=USERS, limits=limits)
    await log_in(house)
    async with house.client.ws_connect("/api/v1/ws") as socket:
        assert (await socket.receive_json())["type"] == "hello"
        await house.call("DELETE", "/api/v1/session")
        message = await socket.receive()
        while message.type is WSMsgType.TEXT:
            message = await socket.receive()
        assert socket.close_code == 1008


async def test_a_logout_ends_what_is_watched_by_webrtc(open_house: Open) -> None:
    limits = SocketLimits(client=ClientLimits(), session_check_s=0.05)
    house = await open_house({"cameras": {"phone": {"url": "webrtc:"}}}, users=USERS, limits=limits)
    await log_in(house)
    viewer = Viewer(house.client.session, str(house.server.make_url("/phone/whep")))
    try:
        assert await viewer.connect() == 201
        await house.call("DELETE", "/api/v1/session")
        async with asyncio.timeout(20):
            await viewer.ended()
    finally:
        await viewer.close()


async def test_wrong_guesses_of_others_end_no_connection(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.web.login._REMEMBERED_S", 0.0)
    refused = asyncio.Event()
    check_basic = PasswordDesk.check_basic

    async def watched(desk: PasswordDesk, *credentials: str, address: str) -> bool:
        try:
            return await check_basic(desk, *credentials, address=address)
        except TooManyAttemptsError:
            refused.set()
            raise

    house = await open_house(users=USERS, limits=SocketLimits(client=ClientLimits(), session_check_s=0.05))
    async with house.client.ws_connect("/api/v1/ws", headers=BASIC) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        monkeypatch.setattr(PasswordDesk, "check_basic", watched)
        await asyncio.gather(*(log_in_wrong(house) for _ in range(8)))
        async with asyncio.timeout(20):
            await refused.wait()
        event = await house.raise_alert(1)
        message = await socket.receive_json()
        while message["type"] != "alert":
            message = await socket.receive_json()
        assert message["event_id"] == event.event_id


async def log_in_wrong(house: House) -> None:
    await house.call("POST", "/api/v1/session", json={**LOGIN, "password": "wrong"}, headers={"Cookie": ""})


async def test_the_first_password_counts_although_it_was_asked_for_just_before(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    exist = house.store.users.exist
    read, told = asyncio.Event(), asyncio.Event()

    async def slowly() -> bool:
        found = await exist()
        if not read.is_set():
            read.set()
            await told.wait()
        return found

    gate = Gate(house.settings, house.store, house.cameras)
    monkeypatch.setattr(house.store.users, "exist", slowly)
    asked = asyncio.create_task(gate.login_needed())
    await read.wait()
    await house.store.users.set_password("ayu", LOGIN["password"])
    gate.users_changed()
    told.set()
    await asked
    assert await gate.login_needed()


@pytest.mark.parametrize("credentials", ["Basic \udcff", "Basic \xe9", "Bearer \udcff\udcfe"])
async def test_credentials_of_any_bytes_open_nothing(locked: House, credentials: str) -> None:
    request = (
        f"POST /phone/whip HTTP/1.1\r\nHost: localhost\r\nAuthorization: {credentials}\r\nConnection: close\r\n\r\n"
    )
    assert (await told_raw(locked, request)).startswith("HTTP/1.1 401 ")


async def test_a_body_that_can_not_be_unpacked_is_the_client_s_mistake(locked: House) -> None:
    request = (
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Encoding: deflate\r\nContent-Length: 8\r\nConnection: close\r\n\r\nnonsense"
    )
    assert (await told_raw(locked, request)).startswith("HTTP/1.1 400 ")


async def test_a_request_that_names_no_host_asks_no_name_server(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def own_name(_name: str = "") -> str:
        asked.append("the name server")
        return "localhost"

    monkeypatch.setattr("socket.getfqdn", own_name)
    assert (await told_raw(house, "POST /api/v1/session HTTP/1.0\r\n\r\n")).startswith("HTTP/1.0 403 ")
    assert asked == []


async def told_raw(house: House, request: str) -> str:
    """The answer to a request that no client library would send."""
    reader, writer = await asyncio.open_connection(str(house.server.host), house.server.port)
    try:
        writer.write(request.encode(errors="surrogateescape"))
        return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


# ---- publishing ------------------------------------------------------------------------------------------------------


async def test_a_token_opens_its_camera_s_publishing_and_nothing_else(locked: House) -> None:
    link = locked.cameras.publish_url("phone")
    assert link is not None
    token = link.partition("token=")[2]
    bearer = {"Authorization": f"Bearer {token}"}
    response = await locked.client.get(link, headers={"Accept": "text/html"})
    assert response.status == 200
    assert "camera=(self)" in response.headers["Permissions-Policy"]
    offer = {**bearer, "Content-Type": "application/sdp"}
    response = await locked.client.post("/phone/whip", data=b"garbage", headers=offer)
    assert response.status == 400
    assert (await response.json())["code"]
    for method, path in [
        ("POST", "/other/whip"), ("DELETE", "/other/whip/x"), ("GET", "/publish/other"), ("POST", "/phone/whep"),
        ("GET", "/api/v1/cameras"), ("GET", "/api/v1/cameras/phone"), ("GET", "/api/v1/cameras/phone/frame.jpg"),
        ("GET", "/api/v1/ws"), ("GET", "/"), ("GET", "/cameras/phone"), ("GET", "/metrics"),
    ]:  # fmt: skip
        response = await locked.client.request(method, path, headers=bearer, allow_redirects=False)
        assert response.status == 401, (method, path)
        response = await locked.client.request(method, f"{path}?token={token}", allow_redirects=False)
        assert response.status == 401, (method, path)


async def test_a_wrong_token_opens_nothing(locked: House) -> None:
    for token in ("", "wrong", "ü"):
        response = await locked.client.post("/phone/whip", headers={"Authorization": f"Bearer {token}"})
        assert response.status == 401
        response = await locked.client.get("/publish/phone", params={"token": token})
        assert response.status == 401
    response = await locked.client.post("/nowhere/whip", headers={"Authorization": "Bearer None"})
    assert response.status == 401


async def test_a_removed_camera_s_token_is_void_even_for_its_successor(open_house: Open) -> None:
    house = await open_house(users=USERS)
    body = {"name": "phone", "url": "webrtc:"}
    _, first = await house.call("POST", "/api/v1/cameras", json=body, headers=BASIC)
    await house.call("DELETE", "/api/v1/cameras/phone", headers=BASIC)
    await house.call("POST", "/api/v1/cameras", json=body, headers=BASIC)
    assert (await house.client.get(first["publish_url"])).status == 401


# ---- listening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "may"),
    [
        ({}, True),
        ({"host": "127.0.0.5"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "192.168.1.5"}, False),
        ({"host": "cam.lan"}, False),
        ({"public_url": "https://cam.example"}, False),
        ({"public_url": "http://localhost:99"}, True),
    ],
)
async def test_others_reach_a_server_only_once_a_password_is_set(
    tmp_path: Any, server: dict[str, Any], may: bool
) -> None:
    settings = MaskwatchSettings.model_validate({"data_dir": tmp_path, "server": server})
    store = await Store.open(settings)
    try:
        if may:
            await check_may_listen(settings, store)
        else:
            with pytest.raises(ConfigError, match="set-password"):
                await check_may_listen(settings, store)
        await store.users.set_password("admin", "correct horse")
        await check_may_listen(settings, store)
    finally:
        await store.close()
