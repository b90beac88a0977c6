import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth

from maskwatch.sources.registry import source_plugins
from tests.fixtures.clips import Clips
from tests.integration.web.conftest import House, Open

SECRET = "hunter2"
UNREACHABLE = f"rtsp://admin:{SECRET}@127.0.0.1:9/stream?token={SECRET}"


@pytest.fixture(scope="module")
def bare_clip(clips: Clips) -> str:
    """A clip, made before any loop runs."""
    return str(clips.bare)


async def add_phone(house: House, name: str = "phone", **more: Any) -> Any:
    response, camera = await house.call("POST", "/api/v1/cameras", json={"name": name, "url": "webrtc:", **more})
    assert response.status == 201, camera
    return camera


async def test_a_camera_is_added_found_changed_and_removed(house: House) -> None:
    added = await add_phone(house, detect_fps=3)
    assert added["source"] == "webrtc"
    assert added["state"] == "connecting"
    assert added["fixed"] is False
    assert await house.get("/api/v1/cameras") == [added]

    _, changed = await house.call("PATCH", "/api/v1/cameras/phone", json={"rules": {"dwell_s": 9}})
    assert (changed["rules"]["dwell_s"], changed["detect_fps"]) == (9, 3)
    _, again = await house.call("PATCH", "/api/v1/cameras/phone", json={"rules": {"memory_s": 4}, "detect_fps": 1})
    assert (again["rules"]["dwell_s"], again["rules"]["memory_s"], again["detect_fps"]) == (9, 4, 1)

    response, _ = await house.call("DELETE", "/api/v1/cameras/phone")
    assert response.status == 204
    assert await house.get("/api/v1/cameras") == []
    await house.refused("GET", "/api/v1/cameras/phone", 404, "not_found")
    assert list(house.manager.names()) == []
    assert await house.store.cameras.list() == []


async def test_how_a_camera_is_looked_at_is_changed_checked_and_kept(house: House) -> None:
    address = {"name": "door", "url": UNREACHABLE, "enabled": False, "options": {"sub_url": "/low?token=abc"}}
    response, camera = await house.call("POST", "/api/v1/cameras", json=address)
    assert (response.status, camera["options"]) == (201, {"sub_url": "/low?token=***"})
    looking = {"priority": "high", "motion_gate": True, "detail": "off", "identity": False}
    rules = {"repeat_after_s": 600, "min_face_px": 24}
    _, changed = await house.call(
        "PATCH", "/api/v1/cameras/door", json={"options": camera["options"] | looking, "rules": rules}
    )
    assert changed["options"] == {"sub_url": "/low?token=***", **looking}
    assert {name: changed["rules"][name] for name in rules} == rules
    assert (await house.store.cameras.get("door")).options == {"sub_url": "/low?token=abc", **looking}
    for wrong in (
        {"priority": "urgent"},
        {"detail": True},
        {"identity": "perhaps"},
        {"sub_url": "rtsp://me:pw@other/"},
    ):
        await house.refused("PATCH", "/api/v1/cameras/door", 422, "camera_invalid", json={"options": wrong})
    _, once = await house.call("PATCH", "/api/v1/cameras/door", json={"rules": {"repeat_after_s": None}})
    assert once["rules"]["repeat_after_s"] is None


async def test_a_camera_is_paused_and_goes_on(house: House) -> None:
    await add_phone(house)
    _, paused = await house.call("PATCH", "/api/v1/cameras/phone", json={"enabled": False})
    assert (paused["state"], paused["enabled"]) == ("disabled", False)
    _, on = await house.call("PATCH", "/api/v1/cameras/phone", json={"enabled": True})
    assert on["state"] == "connecting"


async def test_cameras_outlive_a_restart(open_house: Open) -> None:
    first = await open_house()
    added = await add_phone(first, rules={"dwell_s": 7})
    await first.client.close()
    second = await open_house()
    again = await second.get("/api/v1/cameras/phone")
    assert again["rules"] == added["rules"]
    assert again["publish_url"] == added["publish_url"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "taken", "url": "webrtc:"}, 409, "name_taken"),
        ({"name": "add", "url": "webrtc:"}, 422, "name_reserved"),
        ({"name": "Front Door", "url": "webrtc:"}, 422, "name_invalid"),
        ({"name": "x", "url": "gopher://there"}, 422, "config_invalid"),
        ({"name": "x", "url": "webrtc:", "options": {"nonsense": 1}}, 422, "camera_invalid"),
        ({"name": "x", "url": f"rtsp://admin:{SECRET}@/nohost"}, 422, "camera_invalid"),
        ({"name": "x", "url": "webrtc:", "detect_fps": 0}, 422, "invalid_request"),
        ({"name": "x", "url": "webrtc:", "colour": SECRET}, 422, "invalid_request"),
        ({"name": "x"}, 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
)
async def test_what_can_not_be_added_is_refused_with_what_to_do(
    house: House, body: Any, status: int, code: str
) -> None:
    await add_phone(house, "taken")
    problem = await house.refused("POST", "/api/v1/cameras", status, code, json=body)
    assert SECRET not in str(problem)
    assert [camera["name"] for camera in await house.get("/api/v1/cameras")] == ["taken"]


async def test_a_body_must_be_json_and_short(house: House) -> None:
    path = "/api/v1/cameras"
    await house.refused("POST", path, 415, "unsupported_media_type", data=b"name=x")
    json = {"Content-Type": "application/json"}
    await house.refused("POST", path, 422, "invalid_request", data=b"{", headers=json)
    await house.refused("POST", path, 413, "too_large", data=b" " * 400_000, headers=json)
    await house.refused("PUT", path, 405, "method_not_allowed")


async def test_only_one_of_many_at_once_gets_a_name(house: House) -> None:
    async def add() -> int:
        response, _ = await house.call("POST", "/api/v1/cameras", json={"name": "door", "url": "webrtc:"})
        return response.status

    assert sorted(await asyncio.gather(*(add() for _ in range(8)))) == [201, *[409] * 7]


async def test_changes_at_once_leave_store_and_manager_agreed(house: House) -> None:
    await add_phone(house)

    async def change(fps: int) -> None:
        response, _ = await house.call("PATCH", "/api/v1/cameras/phone", json={"detect_fps": fps})
        assert response.status in (200, 404)

    async def remove() -> None:
        response, _ = await house.call("DELETE", "/api/v1/cameras/phone")
        assert response.status in (204, 404)

    await asyncio.gather(*(change(fps) for fps in range(1, 9)), remove(), *(change(fps) for fps in range(9, 17)))
    assert await house.store.cameras.list() == []
    assert list(house.manager.names()) == []


async def test_cameras_of_the_settings_file_can_not_be_changed(open_house: Open) -> None:
    house = await open_house({"cameras": {"gate": {"url": "webrtc:"}, "yard": {"url": UNREACHABLE, "enabled": False}}})
    gate, yard = await house.get("/api/v1/cameras")
    assert (gate["name"], gate["fixed"], yard["state"]) == ("gate", True, "disabled")
    assert gate["publish_url"].startswith("/publish/gate?token=")
    await house.refused("PATCH", "/api/v1/cameras/gate", 409, "camera_fixed", json={"enabled": False})
    await house.refused("DELETE", "/api/v1/cameras/gate", 409, "camera_fixed")
    await house.refused("POST", "/api/v1/cameras", 409, "name_taken", json={"name": "gate", "url": "webrtc:"})


async def test_a_password_never_comes_out_again(house: House) -> None:
    options = {"transport": "tcp"}
    response, camera = await house.call(
        "POST", "/api/v1/cameras", json={"name": "door", "url": UNREACHABLE, "options": options}
    )
    assert response.status == 201
    async with house.client.ws_connect("/api/v1/ws") as socket:
        texts = [await socket.receive_str()]
        while '"state":"offline"' not in texts[-1]:
            texts.append(await socket.receive_str())
    paths = ("/api/v1/cameras", "/api/v1/cameras/door", "/metrics", "/readyz", "/api/v1/info")
    texts += [await (await house.client.get(path)).text() for path in paths]
    _, retried = await house.call("POST", "/api/v1/cameras/door/retry")
    assert SECRET not in str([camera, texts, retried])
    assert camera["url"] == "rtsp://127.0.0.1:9/stream?token=***"
    assert (await house.store.cameras.get("door")).url == UNREACHABLE


async def test_an_address_left_out_of_a_change_is_kept(house: House) -> None:
    await house.call("POST", "/api/v1/cameras", json={"name": "door", "url": UNREACHABLE, "enabled": False})
    await house.call("PATCH", "/api/v1/cameras/door", json={"detect_fps": 2})
    kept = await house.store.cameras.get("door")
    assert (kept.url, kept.detect_fps, kept.enabled) == (UNREACHABLE, 2, False)


async def test_a_file_is_online_with_what_it_sends(house: House, bare_clip: str) -> None:
    async with house.client.ws_connect("/api/v1/ws") as socket:
        hello = await socket.receive_json()
        assert hello["cameras"] == []
        await house.call("POST", "/api/v1/cameras", json={"name": "clip", "url": bare_clip})
        camera: dict[str, Any] = {"state": ""}
        while camera["state"] != "online" or not camera.get("width"):
            message = await socket.receive_json()
            house.described.message(message)
            assert message["type"] == "camera"
            camera = message["camera"]
    assert (camera["codec"], camera["width"], camera["height"]) == ("h264", 640, 480)
    picture = await house.client.get("/api/v1/cameras/clip/frame.jpg")
    assert (picture.status, picture.content_type) == (200, "image/jpeg")
    await house.call("DELETE", "/api/v1/cameras/clip")
    await house.refused("GET", "/api/v1/cameras/clip/frame.jpg", 404, "not_found")


async def test_the_qr_code_of_a_phone(open_house: Open) -> None:
    house = await open_house({"server": {"public_url": "https://cam.example/"}}, users={"admin": "correct horse"})
    house.client.session.headers["Authorization"] = encode_basic_auth("admin", "correct horse")
    camera = await add_phone(house)
    assert camera["publish_url"].startswith("https://cam.example/publish/phone?token=")
    response, _ = await house.call("GET", "/api/v1/cameras/phone/publish.svg")
    assert (response.status, response.content_type) == (200, "image/svg+xml")
    assert (await response.text()).startswith("<svg")
    await house.call("POST", "/api/v1/cameras", json={"name": "door", "url": UNREACHABLE, "enabled": False})
    await house.refused("GET", "/api/v1/cameras/door/publish.svg", 409, "not_a_phone")


# ---- testing an address ----------------------------------------------------------------------------------------------


async def test_a_good_address_shows_its_first_picture(house: House, bare_clip: str) -> None:
    _, result = await house.call("POST", "/api/v1/cameras/test", json={"url": bare_clip})
    assert result["ok"], result
    assert (result["codec"], result["width"], result["height"]) == ("h264", 640, 480)
    assert result["picture"].startswith("data:image/jpeg;base64,")


async def test_a_bad_address_says_why(house: House, tmp_path: Path) -> None:
    _, refused = await house.call("POST", "/api/v1/cameras/test", json={"url": UNREACHABLE})
    assert (refused["ok"], refused["reason"]) == (False, "refused")
    assert refused["remedy"]
    assert SECRET not in str(refused)
    _, missing = await house.call("POST", "/api/v1/cameras/test", json={"url": str(tmp_path / "missing.mp4")})
    assert (missing["ok"], missing["reason"]) == (False, "not_found")
    await house.refused("POST", "/api/v1/cameras/test", 422, "config_invalid", json={"url": "gopher://x"})


async def test_no_more_than_a_few_addresses_are_tested_at_a_time(open_house: Open, bare_clip: str) -> None:
    go_on, begun = threading.Event(), threading.Semaphore(0)

    def hanging(url: str, options: Any, timeout_s: float) -> Any:
        begun.release()
        assert go_on.wait(60)
        raise AssertionError

    await asyncio.to_thread(source_plugins)
    house = await open_house(probe=hanging)
    body = {"url": bare_clip}
    running = [asyncio.create_task(house.client.post("/api/v1/cameras/test", json=body)) for _ in range(3)]
    for _ in running:
        await asyncio.to_thread(begun.acquire)
    problem = await house.refused("POST", "/api/v1/cameras/test", 503, "busy", json=body)
    assert problem["remedy"]
    go_on.set()
    for response in await asyncio.gather(*running):
        assert response.status == 500
        assert (await response.json())["code"] == "internal"
