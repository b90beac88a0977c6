"""What people do to an alert over the API, and what every open page hears of it."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import BasicAuth

from maskwatch.core.types import AlertKind, CloseReason
from tests.integration.web.conftest import NOON, House, Open

ALERT = "/api/v1/alerts/alert-1"


async def _follow(house: House, count: int, act: Any) -> list[dict[str, Any]]:
    """What a page hears while `act` runs: the next `count` events."""
    async with house.client.ws_connect("/api/v1/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "cameras": []})
        await socket.receive_json()
        await act()
        told = [await socket.receive_json() for _ in range(count)]
    for message in told:
        house.described.message(message)
    return told


async def test_every_change_is_told_to_everybody_with_who_and_when(house: House) -> None:
    await house.raise_alert()

    async def act() -> None:
        for method, path, body in (
            ("POST", "/acknowledge", {"by": "Ayu"}),
            ("POST", "/snooze", {"minutes": 10, "by": "Budi"}),
            ("PUT", "/feedback", {"wrong": True, "truth": "mask", "by": "Citra"}),
            ("DELETE", "/feedback", None),
        ):
            response, _ = await house.call(method, ALERT + path, **({"json": body} if body else {}))
            assert response.status == 200

    told = await _follow(house, 4, act)
    assert [(message["action"], message["by"], message["alert"]["state"]) for message in told] == [
        ("acknowledged", "Ayu", "acknowledged"),
        ("snoozed", "Budi", "snoozed"),
        ("marked", "Citra", "snoozed"),
        ("unmarked", None, "snoozed"),
    ]
    assert [message["alert"]["event_id"] for message in told] == [message["event_id"] for message in told]
    assert told[2]["alert"]["feedback"] == {
        "wrong": True, "truth": "mask", "by": "Citra", "at": told[2]["at"],
    }  # fmt: skip
    history = (await house.get(ALERT + "/history"))["events"]
    assert [entry["action"] for entry in history] == ["raised", *(message["action"] for message in told)]
    assert [entry["by"] for entry in history] == [None, "Ayu", "Budi", "Citra", None]
    alert = await house.get(ALERT)
    assert (alert["event_id"], alert["feedback"]) == (told[-1]["event_id"], None)


async def test_two_acknowledge_at_once_and_one_event_is_told(house: House) -> None:
    await house.raise_alert()
    answers: list[Any] = []

    async def act() -> None:
        answers.extend(
            await asyncio.gather(
                *(house.call("POST", ALERT + "/acknowledge", json={"by": name}) for name in ("Ayu", "Budi"))
            )
        )
        await house.call("PUT", ALERT + "/feedback", json={"wrong": False})

    told = await _follow(house, 2, act)
    assert [message["action"] for message in told] == ["acknowledged", "marked"]
    assert {json["acknowledged_by"] for _, json in answers} == {told[0]["by"]}


async def test_who_is_logged_in_counts_before_a_name_that_was_sent(open_house: Open) -> None:
    house = await open_house(users={"rina": "correct horse"})
    await house.raise_alert()
    login = BasicAuth("rina", "correct horse").encode()
    headers = {"Authorization": login}
    _, alert = await house.call("POST", ALERT + "/acknowledge", json={"by": "somebody"}, headers=headers)
    assert alert["acknowledged_by"] == "rina"
    await house.refused("POST", ALERT + "/snooze", 401, "unauthorized", json={"minutes": 5})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/snooze", {}, 422),
        ("POST", "/snooze", {"minutes": 0}, 422),
        ("POST", "/snooze", {"minutes": 1e9}, 422),
        ("POST", "/snooze", {"minutes": 5, "until": "2026-11-24T12:00:00Z"}, 422),
        ("POST", "/snooze", {"until": "tomorrow"}, 422),
        ("POST", "/snooze", {"until": "2026-11-24T12:00:00"}, 422),
        ("POST", "/snooze", {"until": "2001-01-01T00:00:00Z"}, 400),
        ("POST", "/snooze", {"until": "2999-01-01T00:00:00Z"}, 400),
        ("PUT", "/feedback", {}, 422),
        ("PUT", "/feedback", {"wrong": True, "truth": "hat"}, 422),
        ("PUT", "/feedback", {"wrong": False, "truth": "mask"}, 422),
        ("PUT", "/feedback", {"wrong": True, "truth": "no_mask"}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused(
    house: House, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    await house.raise_alert()
    await house.refused(method, ALERT + path, status, "invalid_request", json=body)
    assert [entry["action"] for entry in (await house.get(ALERT + "/history"))["events"]] == ["raised"]


async def test_a_closed_alert_is_not_snoozed_and_an_unknown_one_not_found(house: House) -> None:
    await house.raise_alert()
    await house.store.alerts.close("alert-1", CloseReason.LEFT, NOON)
    await house.refused("POST", ALERT + "/snooze", 409, "alert_closed", json={"minutes": 5})
    for method, path, body in (
        ("POST", "snooze", {"minutes": 5}),
        ("PUT", "feedback", {"wrong": True}),
        ("DELETE", "feedback", None),
        ("GET", "history", None),
    ):
        await house.refused(method, f"/api/v1/alerts/none/{path}", 404, "not_found", **({"json": body} if body else {}))


async def test_a_snooze_may_end_at_a_time(house: House) -> None:
    await house.raise_alert()
    until = datetime.now(UTC) + timedelta(hours=20)
    _, alert = await house.call("POST", ALERT + "/snooze", json={"until": until.isoformat()})
    assert datetime.fromisoformat(alert["snoozed_until"]) == until


async def test_several_kinds_and_states_and_what_was_marked(house: House) -> None:
    await house.raise_alert(1)
    await house.raise_alert(2, kind=AlertKind.INCORRECT)
    await house.raise_alert(3)
    await house.store.life.acknowledge("alert-3", None)
    await house.store.life.mark("alert-2", wrong=True, truth=None, by=None)
    for query, numbers in (
        ("kind=no_mask,incorrect", [3, 2, 1]),
        ("state=raised,closed", [2, 1]),
        ("state=acknowledged", [3]),
        ("feedback=wrong", [2]),
        ("feedback=none", [3, 1]),
        ("escalated=true", []),
    ):
        page = await house.get(f"/api/v1/alerts?{query}")
        assert [alert["track_id"] for alert in page["alerts"]] == numbers, query
    await house.refused("GET", "/api/v1/alerts?kind=no_mask,hat", 422, "invalid_request")


async def test_export_as_csv_disarms_formulas(house: House) -> None:
    await house.raise_alert(1)
    await house.raise_alert(2, kind=AlertKind.INCORRECT)
    await house.store.life.acknowledge("alert-1", '=HYPERLINK("http://evil/","x")')
    await house.store.life.mark("alert-1", wrong=True, truth=None, by='+1, "quoted"\nline')
    response, _ = await house.call("GET", "/api/v1/alerts/export", params={"kind": "no_mask"})
    assert response.content_type == "text/csv"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="maskwatch-alerts-')
    rows = list(csv.DictReader(io.StringIO(await response.text())))
    assert [row["id"] for row in rows] == ["alert-1"]
    assert rows[0]["acknowledged_by"] == '\'=HYPERLINK("http://evil/","x")'
    assert rows[0]["marked_by"] == '\'+1, "quoted"\nline'
    assert (rows[0]["marked"], rows[0]["looks"]) == ("wrong", "7")


async def test_an_export_has_all_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.web.alert_export._PAGE", 2)
    for number in range(1, 6):
        await house.raise_alert(number)
    response, alerts = await house.call("GET", "/api/v1/alerts/export", params={"format": "json"})
    assert response.content_type == "application/json"
    assert [alert["id"] for alert in alerts] == [f"alert-{number}" for number in range(5, 0, -1)]
    assert alerts[0] == await house.get("/api/v1/alerts/alert-5")
    response, _ = await house.call("GET", "/api/v1/alerts/export", params={"format": "csv"})
    assert len(list(csv.DictReader(io.StringIO(await response.text())))) == 5


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_an_export_of_nothing(house: House, form: str) -> None:
    response, _ = await house.call("GET", "/api/v1/alerts/export", params={"format": form, "camera": "nowhere"})
    text = await response.text()
    assert json.loads(text) == [] if form == "json" else text.count("\n") == 1


async def test_a_senseless_export_is_refused(house: House) -> None:
    for query in ("format=xml", "limit=5", "state=gone"):
        await house.refused("GET", f"/api/v1/alerts/export?{query}", 422, "invalid_request")


async def test_a_clip_is_served_in_parts(house: House) -> None:
    await house.raise_alert(pictures=True)

    def write(file: Path) -> None:
        file.write_bytes(bytes(range(256)))

    await house.store.clips.keep("alert-1", NOON, write)
    alert = await house.get(ALERT)
    response, _ = await house.call("GET", alert["clip_url"], headers={"Range": "bytes=10-19"})
    assert (response.status, response.content_type) == (206, "video/mp4")
    assert await response.read() == bytes(range(10, 20))
    storage = (await house.get("/api/v1/info"))["service"]["storage"]
    assert (storage["clip_bytes"], storage["clips"]) == (256, False)
    assert [(used["kind"], used["alerts"], used["clip_bytes"]) for used in storage["kinds"]] == [("no_mask", 1, 256)]
    await house.call("DELETE", ALERT)
    await house.refused("GET", alert["clip_url"], 404, "no_clip")
