import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maskwatch.config import MaskwatchSettings
from maskwatch.config_notifiers import NotifierFilter
from maskwatch.core.types import AlertKind, CloseReason, Severity
from maskwatch.errors import StoreError
from maskwatch.secrets import SecretBox
from maskwatch.store import Store
from maskwatch.store.alerts import Alerts
from maskwatch.store.backlog import PendingRaise
from maskwatch.store.delivery_records import Delivery, StoredNotifier
from maskwatch.store.events import EventLog
from maskwatch.store.outbox import Outbox
from tests.integration.notifiers.parts import SECRET, raise_alerts
from tests.integration.store.parts import NOON, new_alert


async def queue(store: Store, target: str) -> list[tuple[str, str]]:
    """What waits for a target, in order; takes it all out."""
    told = []
    while (delivery := await store.outbox.next(target)) is not None:
        told.append((delivery.action, delivery.alert_id))
        await store.outbox.delivered(target, delivery.event_id)
    return told


async def test_each_event_waits_for_each_target_that_wants_it(store: Store) -> None:
    filters: Mapping[str, NotifierFilter] = {
        "all": NotifierFilter(actions=("raised", "acknowledged", "closed", "erased")),
        "default": NotifierFilter(),
        "critical": NotifierFilter(min_severity=Severity.CRITICAL),
    }
    for target, wanted in filters.items():
        store.outbox.subscribe(target, wanted)
    await store.alerts.raise_(new_alert(1))
    await store.alerts.raise_(new_alert(2, camera="door", kind=AlertKind.INCORRECT))
    await store.life.acknowledge("alert-00001", "me")
    await store.alerts.close("alert-00001", CloseReason.LEFT, NOON)
    one, two = "alert-00001", "alert-00002"
    assert await queue(store, "all") == [("raised", one), ("raised", two), ("acknowledged", one), ("closed", one)]
    assert await queue(store, "default") == [("raised", one), ("raised", two), ("closed", one)]
    assert await queue(store, "critical") == []
    await store.alerts.raise_(new_alert(3, severity=Severity.CRITICAL))
    assert await queue(store, "critical") == [("raised", "alert-00003")]


async def test_a_filter_by_camera_and_by_kind(store: Store) -> None:
    store.outbox.subscribe("door", NotifierFilter(cameras=("door",)))
    store.outbox.subscribe("incorrect", NotifierFilter(kinds=(AlertKind.INCORRECT,)))
    await store.alerts.raise_(new_alert(1, camera="door"))
    await store.alerts.raise_(new_alert(2, kind=AlertKind.INCORRECT))
    assert await queue(store, "door") == [("raised", "alert-00001")]
    assert await queue(store, "incorrect") == [("raised", "alert-00002")]


async def test_whoever_is_to_be_told_is_woken_only_once_it_is_committed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    store.outbox.subscribe("desk", NotifierFilter())
    store.outbox.on_waiting(woken.append)
    append = EventLog.append

    async def fail(self: EventLog, *arguments: Any) -> Any:
        await append(self, *arguments)
        raise StoreError("The disk is full.")

    monkeypatch.setattr(EventLog, "append", fail)
    with pytest.raises(StoreError):
        await store.alerts.raise_(new_alert(1))
    assert not woken
    assert await store.outbox.next("desk") is None, "neither alert nor delivery"
    monkeypatch.setattr(EventLog, "append", append)
    await store.alerts.raise_(new_alert(1))
    assert woken == ["desk"]


async def test_raising_again_after_a_lost_answer_tells_nobody_twice(store: Store) -> None:
    store.outbox.subscribe("desk", NotifierFilter())
    for _ in range(3):
        await store.alerts.raise_(new_alert(1))
    assert await queue(store, "desk") == [("raised", "alert-00001")]


async def test_an_erased_alert_is_told_to_nobody_any_more(store: Store) -> None:
    store.outbox.subscribe("desk", NotifierFilter(actions=("raised", "erased")))
    await raise_alerts(store, 2)
    first = await store.outbox.next("desk")
    assert first is not None
    await store.outbox.failed("desk", first.event_id, "no", give_up=True)
    await store.alerts.erase("alert-00001")
    assert await store.outbox.dead_letters("desk") == []
    assert await queue(store, "desk") == [("raised", "alert-00002"), ("erased", "alert-00001")]
    # What no longer waits does not hold up what is to be forgotten.
    await store.alerts.prune_events(datetime.now(UTC) + timedelta(days=1))


async def test_keys_are_one_a_target_and_event_for_ever(store: Store) -> None:
    store.outbox.subscribe("a", NotifierFilter())
    store.outbox.subscribe("b", NotifierFilter())
    await raise_alerts(store, 2)
    keys: list[str] = []
    for target in ("a", "b"):
        first = await store.outbox.next(target)
        assert isinstance(first, Delivery)
        await store.outbox.failed(target, first.event_id, "no", give_up=False)
        again = await store.outbox.next(target)
        assert again is not None
        assert (again.key, again.attempts) == (first.key, 1)
        await store.outbox.delivered(target, first.event_id)
        second = await store.outbox.next(target)
        assert second is not None
        keys += [first.key, second.key]
    assert len(set(keys)) == 4


async def test_dead_letters_are_seen_sent_again_and_dropped(store: Store) -> None:
    store.outbox.subscribe("desk", NotifierFilter(actions=("raised",)))
    await raise_alerts(store, 5)
    for _ in range(3):
        delivery = await store.outbox.next("desk")
        assert delivery is not None
        assert await store.outbox.failed("desk", delivery.event_id, "refused \0", give_up=True) == 1
    letters = await store.outbox.dead_letters("desk", limit=2)
    assert [letter.alert_id for letter in letters] == ["alert-00001", "alert-00002"]
    assert (letters[0].camera, letters[0].kind, letters[0].attempts) == ("lobby", "no_mask", 1)
    assert "\0" not in letters[0].error
    rest = await store.outbox.dead_letters("desk", after=letters[-1].event_id)
    assert [letter.alert_id for letter in rest] == ["alert-00003"]
    state = (await store.outbox.states())["desk"]
    assert (state.waiting, state.dead, state.delivered) == (2, 3, 0)
    assert state.error is not None
    assert state.failure_at is not None

    assert await store.outbox.resend("desk", letters[1].event_id) == 1
    assert await store.outbox.resend("desk", 999) == 0
    assert await store.outbox.drop("desk", letters[0].event_id) == 1
    # Again in its old place: before what came later.
    assert [alert for _, alert in await queue(store, "desk")] == ["alert-00002", "alert-00004", "alert-00005"]
    assert await store.outbox.resend("desk") == 1
    assert await store.outbox.resend("desk") == 0
    assert [alert for _, alert in await queue(store, "desk")] == ["alert-00003"]
    state = (await store.outbox.states())["desk"]
    assert (state.waiting, state.dead, state.delivered, state.error) == (0, 0, 4, None)


async def test_giving_up_takes_all_that_waited_as_long(sqlite_store: Store) -> None:
    now_s = 0.0
    outbox = Outbox(sqlite_store._database, clock=lambda: now_s)
    await outbox.open({"desk": NotifierFilter()}, known=["desk"])
    alerts = Alerts(sqlite_store._database, sqlite_store.snapshots)
    for number, at_s in enumerate((0.0, 10.0, 5000.0)):
        now_s = at_s
        await alerts.raise_(new_alert(number))
    now_s = 86_420.0
    first = await outbox.next("desk")
    assert first is not None
    assert first.waited_s == 86_420
    assert await outbox.failed("desk", first.event_id, "away", give_up=True, give_up_after_s=86_400) == 2
    left = await outbox.next("desk")
    assert left is not None
    assert left.alert_id == "alert-00002"


async def test_the_clock_goes_on_after_a_restart_and_nobody_sets_it(sqlite_settings: MaskwatchSettings) -> None:
    store = await Store.open(sqlite_settings)
    now_s = 1000.0
    outbox = Outbox(store._database, clock=lambda: now_s)
    await outbox.open({"desk": NotifierFilter()}, known=["desk"])
    await Alerts(store._database, store.snapshots).raise_(new_alert(1))
    now_s += 3600
    first = await outbox.next("desk")
    assert first is not None
    await outbox.failed("desk", first.event_id, "away", give_up=False)
    # Another process, whose clock shows something else altogether: the machine was off for days.
    now_s = 5.0
    after = Outbox(store._database, clock=lambda: now_s)
    await after.open({"desk": NotifierFilter()}, known=["desk"])
    now_s += 60
    again = await after.next("desk")
    assert again is not None
    assert again.waited_s == pytest.approx(3660)
    await store.close()


async def test_what_waits_for_a_target_that_is_no_more_is_dropped(sqlite_settings: MaskwatchSettings) -> None:
    values = {"data_dir": sqlite_settings.data_dir}
    targets = [{"name": name, "type": "webhook", "options": {"url": "http://h/"}} for name in ("here", "gone")]
    store = await Store.open(MaskwatchSettings.model_validate({**values, "notifiers": targets}))
    await raise_alerts(store, 2)
    await store.close()
    store = await Store.open(MaskwatchSettings.model_validate({**values, "notifiers": targets[:1]}))
    assert (await store.outbox.states()).keys() == {"here"}
    assert len(await queue(store, "here")) == 2
    await store.close()


async def test_a_program_beside_the_service_leaves_alone_what_waits(sqlite_settings: MaskwatchSettings) -> None:
    """`maskwatch users` without the settings file of the service that runs."""
    fixed = {"name": "desk", "type": "webhook", "options": {"url": "http://h/"}}
    values = {"data_dir": sqlite_settings.data_dir, "notifiers": [fixed]}
    service = await Store.open(MaskwatchSettings.model_validate(values))
    await raise_alerts(service, 2)
    first = await service.outbox.next("desk")
    assert first is not None
    await service.outbox.failed("desk", first.event_id, "refused", give_up=True)
    await service.backlog.save([PendingRaise(alert=new_alert(3))])

    beside = await Store.open(sqlite_settings, beside=True)
    await beside.users.set_password("admin", "correct horse")
    await beside.close()
    state = (await service.outbox.states())["desk"]
    assert (state.waiting, state.dead) == (1, 1)
    assert await service.backlog.replay(service.alerts) == 1
    assert await queue(service, "desk") == [("raised", "alert-00002"), ("raised", "alert-00003")]
    await service.close()


async def test_targets_of_the_dashboard_are_sealed_and_subscribed_from_the_first_event(
    sqlite_settings: MaskwatchSettings,
) -> None:
    store = await Store.open(sqlite_settings)
    options = {"url": f"http://h/{SECRET}", "secret": SECRET}
    await store.notifiers.add(StoredNotifier(name="desk", type="webhook", options=options))
    paused = StoredNotifier(name="paused", type="webhook", options=options, enabled=False)
    await store.notifiers.add(paused)
    await store.close()
    dump = await asyncio.to_thread((sqlite_settings.data_dir / "maskwatch.db").read_bytes)
    assert SECRET.encode() not in dump
    store = await Store.open(sqlite_settings)
    assert [each.name for each in await store.notifiers.list()] == ["desk", "paused"]
    assert (await store.notifiers.list())[0].options == options
    await raise_alerts(store, 1)
    assert len(await queue(store, "desk")) == 1
    assert len(await queue(store, "paused")) == 0
    await store.close()


async def test_another_key_file_stops_the_start(sqlite_settings: MaskwatchSettings) -> None:
    store = await Store.open(sqlite_settings)
    await store.notifiers.add(StoredNotifier(name="desk", type="webhook", options={"url": "http://h/"}))
    await store.close()
    key = sqlite_settings.data_dir / "secret.key"
    await asyncio.to_thread(key.unlink)
    await asyncio.to_thread(SecretBox.open, key)
    with pytest.raises(StoreError, match="key"):
        await Store.open(sqlite_settings)
