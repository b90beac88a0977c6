"""Targets by the API, with a real HTTP server at the other end."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maskwatch.errors import ConfigError
from tests.integration.web.conftest import House, Open, refuse_removal
from tests.servers.http import Receiver

SECRET = "hunter2-s3cret"
NOTIFIERS = "/api/v1/notifiers"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    server = Receiver()
    await server.start()
    yield server
    await server.stop()


def webhook(receiver: Receiver, name: str = "desk", **changes: Any) -> dict[str, Any]:
    options = {"url": f"{receiver.url}/{SECRET}", "secret": SECRET, "headers": {"X-Key": SECRET}}
    return {"name": name, "type": "webhook", "options": options, **changes}


async def add(house: House, body: dict[str, Any]) -> Any:
    response, json = await house.call("POST", NOTIFIERS, json=body)
    assert response.status == 201, json
    return json


async def state(house: House, name: str) -> Any:
    return (await house.get(f"{NOTIFIERS}/{name}"))["state"]


async def until(house: House, name: str, **wanted: Any) -> None:
    async with asyncio.timeout(20):
        while wanted.items() - (await state(house, name)).items():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


async def test_a_target_is_added_told_and_shows_how_it_goes(house: House, receiver: Receiver) -> None:
    added = await add(house, webhook(receiver, cameras=["door"], min_severity="warning"))
    assert (added["fixed"], added["enabled"], added["actions"]) == (False, True, ["raised", "closed", "escalated"])
    assert added["options"] == {"url": "***", "secret": "***", "headers": {"X-Key": "***"}}
    assert await house.get(NOTIFIERS) == [added]
    await house.raise_alert(1, pictures=True)
    await house.raise_alert(2, camera="elsewhere")
    await receiver.until(1)
    assert receiver.taken[0].json["alert"]["id"] == "alert-1"
    assert [picture["name"] for picture in receiver.taken[0].json["pictures"]] == ["face", "frame"]
    await until(house, "desk", waiting=0, delivered=1)
    assert (await state(house, "desk"))["success_at"] is not None
    assert len(receiver.taken) == 1


async def test_the_test_button_says_what_happened(house: House, receiver: Receiver) -> None:
    await add(house, webhook(receiver))
    _, told = await house.call("POST", f"{NOTIFIERS}/desk/test")
    assert told["ok"]
    assert told["message"] == "127.0.0.1 answered 204 No Content."
    assert told["seconds"] >= 0
    assert receiver.taken[0].json["action"] == "test"
    assert base64.b64decode(receiver.taken[0].json["pictures"][0]["base64"]).startswith(b"\xff\xd8")
    receiver.answer = lambda _: 403
    _, told = await house.call("POST", f"{NOTIFIERS}/desk/test")
    assert (told["ok"], told["message"]) == (False, "127.0.0.1 answered 403 Forbidden.")
    assert told["remedy"]
    await receiver.stop()
    _, told = await house.call("POST", f"{NOTIFIERS}/desk/test")
    assert not told["ok"]
    assert SECRET not in str(told)


async def test_settings_are_tried_before_they_are_saved(house: House, receiver: Receiver) -> None:
    draft = {"type": "webhook", "options": webhook(receiver)["options"], "with_pictures": False}
    _, told = await house.call("POST", f"{NOTIFIERS}/test", json=draft)
    assert (told["ok"], told["message"]) == (True, "127.0.0.1 answered 204 No Content.")
    assert (receiver.taken[0].path, receiver.taken[0].json["action"]) == (f"/{SECRET}", "test")
    assert receiver.taken[0].json["pictures"] == []
    receiver.answer = lambda _: 403
    _, told = await house.call("POST", f"{NOTIFIERS}/test", json=draft)
    assert (told["ok"], told["message"]) == (False, "127.0.0.1 answered 403 Forbidden.")
    assert await house.get(NOTIFIERS) == []


async def test_a_change_is_tried_with_the_kept_secrets_and_without_touching_what_runs(
    house: House, receiver: Receiver
) -> None:
    added = await add(house, webhook(receiver))
    draft = {"type": "webhook", "of": "desk", "options": {**added["options"], "method": "PUT"}}
    _, told = await house.call("POST", f"{NOTIFIERS}/test", json=draft)
    assert told["ok"], told
    taken = receiver.taken[0]
    assert (taken.method, taken.path, taken.headers["X-Key"]) == ("PUT", f"/{SECRET}", SECRET)
    assert SECRET not in str(told)
    assert await house.get(f"{NOTIFIERS}/desk") == added


async def test_kept_secrets_are_not_tried_for_another_type_nor_those_of_the_settings_file(
    open_house: Open, receiver: Receiver
) -> None:
    house = await open_house({"notifiers": [webhook(receiver, "fixed")]})
    await add(house, webhook(receiver))
    draft = {"type": "webhook", "of": "fixed", "options": {"url": receiver.url, "secret": "***"}}
    await house.refused("POST", f"{NOTIFIERS}/test", 409, "notifier_fixed", json=draft)
    await house.refused("POST", f"{NOTIFIERS}/test", 404, "not_found", json={**draft, "of": "nobody"})
    _, told = await house.call(
        "POST", f"{NOTIFIERS}/test", json={"type": "apprise", "of": "desk", "options": {"url": "***"}}
    )
    assert not told["ok"]
    assert receiver.taken == []


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        ({"type": "webhook", "options": {"url": f"gopher://{SECRET}"}}, "url"),
        ({"type": "webhook", "options": {"url": "http://127.0.0.1:9/", "secrets": SECRET}}, "secrets"),
        ({"type": "pigeon", "options": {"url": SECRET}}, "pigeon"),
    ],
)
async def test_settings_that_make_no_sense_are_told_of_in_words(house: House, draft: dict[str, Any], says: str) -> None:
    _, told = await house.call("POST", f"{NOTIFIERS}/test", json=draft)
    assert not told["ok"]
    assert says in told["message"]
    assert SECRET not in str(told)


async def test_a_change_keeps_secrets_that_come_back_masked(house: House, receiver: Receiver) -> None:
    added = await add(house, webhook(receiver))
    options = {**added["options"], "pictures": "none"}
    response, changed = await house.call("PATCH", f"{NOTIFIERS}/desk", json={"options": options, "kinds": ["no_mask"]})
    assert response.status == 200
    assert (changed["kinds"], changed["options"]["pictures"]) == (["no_mask"], "none")
    await house.raise_alert(1)
    await receiver.until(1)
    assert receiver.taken[0].path == f"/{SECRET}"
    assert receiver.taken[0].headers["X-Key"] == SECRET
    assert "pictures" not in receiver.taken[0].json


async def test_a_paused_target_is_told_nothing_until_it_goes_on(house: House, receiver: Receiver) -> None:
    await add(house, webhook(receiver, enabled=False))
    await house.raise_alert(1)
    assert (await state(house, "desk"))["waiting"] == 0
    await house.call("PATCH", f"{NOTIFIERS}/desk", json={"enabled": True})
    await house.raise_alert(2)
    await receiver.until(1)
    assert receiver.taken[0].json["alert"]["id"] == "alert-2"


async def test_dead_letters_are_listed_sent_again_and_dropped(house: House, receiver: Receiver) -> None:
    receiver.answer = lambda _: 400
    await add(house, webhook(receiver))
    for number in range(1, 4):
        await house.raise_alert(number)
    await until(house, "desk", dead=3, waiting=0)
    assert "400" in (await state(house, "desk"))["error"]
    page = await house.get(f"{NOTIFIERS}/desk/dead?limit=2")
    assert [letter["alert_id"] for letter in page["letters"]] == ["alert-1", "alert-2"]
    rest = await house.get(f"{NOTIFIERS}/desk/dead?after={page['next_after']}")
    assert (len(rest["letters"]), rest["next_after"]) == (1, None)
    keys = [taken.key for taken in receiver.taken]
    receiver.answer = lambda _: 200
    first = page["letters"][0]["event_id"]
    _, dropped = await house.call("POST", f"{NOTIFIERS}/desk/dead/drop", json={"event_id": first})
    _, again = await house.call("POST", f"{NOTIFIERS}/desk/dead/resend")
    assert (dropped, again) == ({"count": 1}, {"count": 2})
    await until(house, "desk", dead=0, waiting=0, delivered=2, error=None)
    assert [taken.key for taken in receiver.taken[3:]] == keys[1:], "the same keys as before"


async def test_a_removed_target_is_forgotten_with_what_waits(house: House, receiver: Receiver) -> None:
    await receiver.stop()
    await add(house, webhook(receiver))
    await house.raise_alert(1)
    await until(house, "desk", waiting=1)
    response, _ = await house.call("DELETE", f"{NOTIFIERS}/desk")
    assert response.status == 204
    assert await house.get(NOTIFIERS) == []
    assert await house.store.outbox.states() == {}
    await add(house, webhook(receiver))
    assert (await state(house, "desk"))["waiting"] == 0


async def test_a_target_that_could_not_be_removed_is_told_as_before(house: House, receiver: Receiver) -> None:
    await add(house, webhook(receiver))
    await asyncio.to_thread(refuse_removal, house, "notifiers")
    response, _ = await house.call("DELETE", f"{NOTIFIERS}/desk")
    assert response.status >= 500
    await house.raise_alert(1)
    async with asyncio.timeout(20):
        await receiver.until(1)
    assert [target["name"] for target in await house.get(NOTIFIERS)] == ["desk"]


async def test_targets_of_the_settings_file_are_fixed(open_house: Open, receiver: Receiver) -> None:
    house = await open_house({"notifiers": [webhook(receiver)]})
    (shown,) = await house.get(NOTIFIERS)
    assert shown["fixed"]
    assert SECRET not in str(shown)
    await house.refused("PATCH", f"{NOTIFIERS}/desk", 409, "notifier_fixed", json={"enabled": False})
    await house.refused("DELETE", f"{NOTIFIERS}/desk", 409, "notifier_fixed")
    await house.refused("POST", NOTIFIERS, 409, "name_taken", json=webhook(receiver))
    assert (await house.call("POST", f"{NOTIFIERS}/desk/test"))[1]["ok"]
    await house.raise_alert(1)
    await receiver.until(2)


@pytest.mark.parametrize(
    "changes",
    [{"type": "pigeon"}, {"options": {}}, {"options": {"url": f"ftp://{SECRET}"}}, {"actions": ["eaten"]}],
)
async def test_a_settings_file_that_makes_no_sense_stops_the_start(
    open_house: Open, receiver: Receiver, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match="desk") as caught:
        await open_house({"notifiers": [webhook(receiver, **changes)]})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "Desk"}, "name_invalid"),
        ({"name": "test"}, "name_reserved"),
        ({"type": "pigeon"}, "notifier_invalid"),
        ({"options": {"url": "nowhere"}}, "notifier_invalid"),
        ({"options": {"url": "http://h/", "template": "{{"}}, "config_invalid"),
        ({"actions": []}, "invalid_request"),
        ({"actions": ["eaten"]}, "invalid_request"),
        ({"min_severity": "mild"}, "invalid_request"),
        ({"what": 1}, "invalid_request"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_not_kept(
    house: House, receiver: Receiver, changes: dict[str, Any], code: str
) -> None:
    problem = await house.refused("POST", NOTIFIERS, 422, code, json=webhook(receiver, **changes))
    assert SECRET not in str(problem)
    assert await house.get(NOTIFIERS) == []


async def test_an_unknown_target_is_not_found(house: House) -> None:
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/dead"), ("POST", "/dead/resend"),
        ("POST", "/dead/drop"),
    ):  # fmt: skip
        body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        await house.refused(method, f"{NOTIFIERS}/nobody{path}", 404, "not_found", **body)


async def test_the_types_say_what_a_form_must_ask(house: House) -> None:
    kinds = {each["type"]: each for each in await house.get(f"{NOTIFIERS}/types")}
    assert kinds.keys() == {"webhook", "mqtt", "email", "apprise", "webpush"}
    assert "url" in kinds["webhook"]["options_schema"]["required"]
    assert "type" not in kinds["webhook"]["options_schema"]["properties"]


async def test_a_browser_subscribes_and_one_that_unsubscribed_is_removed(house: House, receiver: Receiver) -> None:
    assert len(base64.urlsafe_b64decode((await house.get(f"{NOTIFIERS}/push-key"))["key"] + "==")) == 65
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    options = {
        "endpoint": f"{receiver.url}/{SECRET}",
        "p256dh": base64.urlsafe_b64encode(point).decode(),
        "auth": base64.urlsafe_b64encode(os.urandom(16)).decode(),
        "browser": "Firefox on Android",
    }
    added = await add(house, {"name": "browser-1", "type": "webpush", "options": options})
    assert added["options"] == {
        "endpoint": "***", "p256dh": "***", "auth": "***", "browser": "Firefox on Android",
    }  # fmt: skip
    receiver.answer = lambda _: 410
    await house.raise_alert(1)
    async with asyncio.timeout(20):
        while await house.get(NOTIFIERS) != []:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


async def test_whoever_is_not_logged_in_sees_no_targets(open_house: Open) -> None:
    house = await open_house(users={"admin": "a-long-password"})
    await house.refused("GET", NOTIFIERS, 401, "unauthorized")
