from datetime import timedelta
from typing import Any

import pytest

from maskwatch.core.types import AlertKind, CloseReason
from tests.integration.web.conftest import NOON, House


def ids(page: dict[str, Any]) -> list[str]:
    return [alert["id"] for alert in page["alerts"]]


async def test_alerts_come_newest_first_page_by_page(house: House) -> None:
    for number in range(1, 8):
        await house.raise_alert(number)
    first = await house.get("/api/v1/alerts", params={"limit": 3})
    assert ids(first) == ["alert-7", "alert-6", "alert-5"]
    await house.raise_alert(8)
    second = await house.get("/api/v1/alerts", params={"limit": 3, "cursor": first["next_cursor"]})
    third = await house.get("/api/v1/alerts", params={"limit": 3, "cursor": second["next_cursor"]})
    assert ids(second) + ids(third) == ["alert-4", "alert-3", "alert-2", "alert-1"]
    assert third["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"camera": "yard"}, ["alert-2"]),
        ({"kind": "incorrect"}, ["alert-3"]),
        ({"state": "closed"}, ["alert-1"]),
        ({"state": "raised"}, ["alert-3", "alert-2"]),
        ({"min_confidence": "0.95"}, ["alert-2"]),
        ({"since": (NOON + timedelta(minutes=2)).isoformat()}, ["alert-3", "alert-2"]),
        ({"until": (NOON + timedelta(minutes=2)).isoformat()}, ["alert-1"]),
        ({"since": "2026-11-24T13:02:00+01:00", "camera": "yard"}, ["alert-2"]),
    ],
)
async def test_alerts_are_filtered(house: House, query: dict[str, str], expected: list[str]) -> None:
    await house.raise_alert(1)
    await house.store.alerts.close("alert-1", CloseReason.MASK_ON, NOON + timedelta(minutes=2))
    await house.raise_alert(2, camera="yard", confidence=0.97)
    await house.raise_alert(3, kind=AlertKind.INCORRECT)
    assert ids(await house.get("/api/v1/alerts", params=query)) == expected


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "invalid_request"),
        ("limit=many", 422, "invalid_request"),
        ("colour=red", 422, "invalid_request"),
        ("since=yesterday", 422, "invalid_request"),
        ("since=2026-11-24T12:00:00", 422, "invalid_request"),
        ("kind=a&kind=b", 400, "invalid_request"),
        ("cursor=garbage", 400, "invalid_request"),
    ],
)
async def test_a_senseless_query_is_refused(house: House, query: str, status: int, code: str) -> None:
    problem = await house.refused("GET", f"/api/v1/alerts?{query}", status, code)
    assert "yesterday" not in problem["detail"]


async def test_one_alert_with_its_pictures(house: House) -> None:
    await house.raise_alert(pictures=True)
    alert = await house.get("/api/v1/alerts/alert-1")
    assert alert["evidence"]["looks"] == 7
    for url in (alert["face_url"], alert["frame_url"]):
        response, _ = await house.call("GET", url)
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert (await response.read())[:2] == b"\xff\xd8"
        assert response.headers["Cache-Control"] == "private, no-cache"
        again, _ = await house.call("GET", url, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status == 304
    await house.refused("GET", "/api/v1/alerts/none", 404, "not_found")
    await house.refused("GET", "/api/v1/alerts/none/face.jpg", 404, "no_picture")


async def test_without_pictures_there_are_no_addresses_of_them(house: House) -> None:
    await house.raise_alert()
    alert = await house.get("/api/v1/alerts/alert-1")
    assert (alert["face_url"], alert["frame_url"]) == (None, None)


async def test_an_alert_is_acknowledged_once(house: House) -> None:
    await house.raise_alert()
    path = "/api/v1/alerts/alert-1/acknowledge"
    _, alert = await house.call("POST", path, json={"by": "Ayu"})
    assert (alert["state"], alert["acknowledged_by"]) == ("acknowledged", "Ayu")
    _, again = await house.call("POST", path, json={"by": "Budi"})
    assert again == alert
    await house.raise_alert(2)
    _, unnamed = await house.call("POST", "/api/v1/alerts/alert-2/acknowledge")
    assert (unnamed["state"], unnamed["acknowledged_by"]) == ("acknowledged", None)
    await house.refused("POST", "/api/v1/alerts/none/acknowledge", 404, "not_found")


async def test_an_erased_alert_leaves_nothing(house: House) -> None:
    await house.raise_alert(pictures=True)
    response, _ = await house.call("DELETE", "/api/v1/alerts/alert-1")
    assert response.status == 204
    for path in ("", "/face.jpg", "/frame.jpg"):
        response, _ = await house.call("GET", f"/api/v1/alerts/alert-1{path}")
        assert response.status == 404
    assert await house.store.usage.picture_bytes() == 0
    await house.refused("DELETE", "/api/v1/alerts/alert-1", 404, "not_found")


async def test_a_range_of_time_is_erased(house: House) -> None:
    for number in range(1, 6):
        await house.raise_alert(number, camera="yard" if number == 3 else "door")
    await house.refused("DELETE", "/api/v1/alerts", 422, "invalid_request")
    span = {"since": (NOON + timedelta(minutes=2)).isoformat(), "until": (NOON + timedelta(minutes=5)).isoformat()}
    async with house.client.ws_connect("/api/v1/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "cameras": []})
        await socket.receive_json()
        _, erased = await house.call("DELETE", "/api/v1/alerts", params={**span, "camera": "yard"})
        assert erased == {"count": 1}
        _, erased = await house.call("DELETE", "/api/v1/alerts", params=span)
        assert erased == {"count": 2}
        told = [await socket.receive_json() for _ in range(3)]
    assert [(message["action"], message["alert"]["id"]) for message in told] == [
        ("erased", "alert-3"),
        ("erased", "alert-2"),
        ("erased", "alert-4"),
    ]
    assert ids(await house.get("/api/v1/alerts")) == ["alert-5", "alert-1"]


async def test_what_the_page_needs_to_know(house: House) -> None:
    await house.raise_alert(pictures=True)
    info = await house.get("/api/v1/info")
    assert info["login_needed"] is False
    assert info["service"]["storage"]["picture_bytes"] > 0
    assert info["service"]["phones_can_connect"] is False
    assert "set-password" in info["service"]["phone_hint"]
    assert info["service"]["identity"] is False
