import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.web.conftest import House, Open, refuse_removal

FILE = {"cameras": {"door": {"url": "webrtc:"}, "hall": {"url": "webrtc:"}}}
ADMIN = {"admin": "correct horse"}


def until(camera: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(camera["alerting"]["until"])


async def test_a_camera_is_disarmed_for_some_minutes_and_armed_again(open_house: Open) -> None:
    house = await open_house(FILE)
    before = datetime.now(UTC)
    _, camera = await house.call("POST", "/api/v1/cameras/door/disarm", json={"minutes": 30, "by": "anna"})
    alerting = camera["alerting"]
    assert (alerting["armed"], alerting["reason"], alerting["disarmed_by"]) == (False, "disarmed", "anna")
    assert abs(until(camera) - before - timedelta(minutes=30)) < timedelta(minutes=1)
    assert (await house.get("/api/v1/cameras/hall"))["alerting"]["armed"] is True
    _, camera = await house.call("POST", "/api/v1/cameras/door/arm")
    assert camera["alerting"] == {
        "armed": True, "reason": None, "until": None, "disarmed_by": None, "disarmed_at": None,
    }  # fmt: skip


async def test_disarming_outlives_a_restart_and_goes_with_its_camera(open_house: Open) -> None:
    first = await open_house()
    await first.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
    _, before = await first.call("POST", "/api/v1/cameras/phone/disarm", json={"minutes": 60, "by": "anna"})
    await first.client.close()
    second = await open_house()
    after = await second.get("/api/v1/cameras/phone")
    assert after["alerting"] == before["alerting"]
    await second.call("DELETE", "/api/v1/cameras/phone")
    await second.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
    assert (await second.get("/api/v1/cameras/phone"))["alerting"]["armed"] is True
    assert await second.store.disarms.load(datetime.now(UTC)) == {}


async def test_a_camera_that_could_not_be_removed_is_there_as_before(house: House) -> None:
    await house.call("POST", "/api/v1/cameras", json={"name": "door", "url": "webrtc:"})
    await house.call("POST", "/api/v1/cameras/door/disarm", json={"minutes": 30})
    await asyncio.to_thread(refuse_removal, house, "disarms")
    response, _ = await house.call("DELETE", "/api/v1/cameras/door")
    assert response.status >= 500
    assert [camera["alerting"]["armed"] for camera in await house.get("/api/v1/cameras")] == [False]


async def test_all_are_disarmed_at_once_and_one_can_be_armed(open_house: Open) -> None:
    house = await open_house(FILE)
    _, cameras = await house.call("POST", "/api/v1/disarm", json={"minutes": 5})
    assert [camera["alerting"]["armed"] for camera in cameras] == [False, False]
    await house.call("POST", "/api/v1/cameras/hall/arm")
    assert [camera["alerting"]["armed"] for camera in await house.get("/api/v1/cameras")] == [False, True]
    _, cameras = await house.call("POST", "/api/v1/arm")
    assert [camera["alerting"]["armed"] for camera in cameras] == [True, True]


async def test_who_is_logged_in_is_who_disarmed_it(open_house: Open) -> None:
    house = await open_house(FILE, users=ADMIN)
    await house.call("POST", "/api/v1/session", json={"user": "admin", "password": "correct horse"})
    _, camera = await house.call("POST", "/api/v1/cameras/door/disarm", json={"minutes": 5})
    assert camera["alerting"]["disarmed_by"] == "admin"


async def test_a_change_of_its_settings_does_not_arm_a_camera(house: House) -> None:
    await house.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
    await house.call("POST", "/api/v1/cameras/phone/disarm", json={"minutes": 5})
    _, camera = await house.call("PATCH", "/api/v1/cameras/phone", json={"rules": {"dwell_s": 9}})
    assert camera["alerting"]["armed"] is False


@pytest.mark.parametrize("minutes", [0, -5, 20_000, "soon", None])
async def test_a_time_that_makes_no_sense_is_refused(open_house: Open, minutes: object) -> None:
    house = await open_house(FILE)
    await house.refused("POST", "/api/v1/cameras/door/disarm", 422, "invalid_request", json={"minutes": minutes})
    await house.refused("POST", "/api/v1/disarm", 422, "invalid_request", json={"minutes": minutes})


async def test_a_camera_that_is_not_there_can_be_neither_armed_nor_disarmed(house: House) -> None:
    await house.refused("POST", "/api/v1/cameras/nobody/disarm", 404, "not_found", json={"minutes": 5})
    await house.refused("POST", "/api/v1/cameras/nobody/arm", 404, "not_found")


async def test_outside_of_its_schedule_a_camera_says_until_when(open_house: Open) -> None:
    now = datetime.now(UTC)
    opens = (now + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    schedule = {"start": f"{opens:%H:%M}", "end": f"{opens + timedelta(hours=1):%H:%M}"}
    house = await open_house({"cameras": {"door": {"url": "webrtc:", "rules": {"schedules": [schedule]}}}})
    camera = await house.get("/api/v1/cameras/door")
    assert (camera["alerting"]["armed"], camera["alerting"]["reason"]) == (False, "schedule")
    assert until(camera) == opens


async def test_zones_and_schedules_are_kept_with_the_rules(open_house: Open) -> None:
    first = await open_house()
    await first.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
    rules = {
        "zones": [{"name": "Door", "mode": "exclude", "anchor": "feet", "points": [[0, 0], [0.5, 0], [0.5, 1]]}],
        "time_zone": "Asia/Jakarta",
        "schedules": [{"days": ["mon", "tue"], "start": "06:00", "end": "24:00"}],
        "severity": {"no_mask": "critical"},
        "max_alerts_per_minute": None,
    }
    await first.call("PATCH", "/api/v1/cameras/phone", json={"rules": rules})
    await first.client.close()
    kept = (await (await open_house()).get("/api/v1/cameras/phone"))["rules"]
    assert kept["zones"] == rules["zones"]
    assert (kept["time_zone"], kept["schedules"]) == (rules["time_zone"], rules["schedules"])
    assert (kept["severity"]["no_mask"], kept["severity"]["crowd"]) == ("critical", "warning")
    assert kept["max_alerts_per_minute"] is None


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"zones": [{"name": "Door", "points": [[0, 0], [1, 1]]}]}, "needs at least 3 points"),
        ({"zones": [{"name": "Door", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}]}, "crosses itself"),
        ({"time_zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"schedules": [{"days": [], "start": "06:00", "end": "18:00"}]}, "never opens"),
        ({"blind_after_s": -1}, "blind_after_s"),
    ],
)
async def test_rules_that_make_no_sense_are_refused_in_words(house: House, rules: object, says: str) -> None:
    await house.call("POST", "/api/v1/cameras", json={"name": "phone", "url": "webrtc:"})
    problem = await house.refused("PATCH", "/api/v1/cameras/phone", 422, "invalid_request", json={"rules": rules})
    assert says in problem["detail"]
