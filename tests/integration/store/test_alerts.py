import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import AlertKind, CloseReason
from maskwatch.errors import InvalidRequestError, NotFoundError
from maskwatch.store import Store
from maskwatch.store.records import AlertQuery, AlertState, EventAction, StoredAlert
from tests.integration.store.parts import NOON, material, new_alert

_EAST, _WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


async def _ids(store: Store, query: AlertQuery) -> list[str]:
    """All alerts that `query` finds, page by page."""
    found: list[str] = []
    while True:
        page, cursor = await store.alerts.list(query)
        assert len(page) <= query.limit
        found += [alert.id for alert in page]
        if cursor is None:
            return found
        query = replace(query, cursor=cursor)


async def _raise(store: Store, *alerts: StoredAlert) -> None:
    for alert in alerts:
        await store.alerts.raise_(alert)


async def test_an_alert_comes_back_as_it_was_raised(store: Store) -> None:
    alert = new_alert(confidence=0.87, evidence={"box": [1.5, 2.0], "belief": {"no_mask": 0.9}, "note": "é"})
    event = await store.alerts.raise_(alert)
    assert event is not None
    kept = replace(alert, event_id=1)
    assert (event.event_id, event.action, event.at, event.alert) == (1, EventAction.RAISED, alert.raised_at, kept)
    assert await store.alerts.get(alert.id) == kept
    assert await store.alerts.count_open() == 1


async def test_raising_again_is_the_same_event(store: Store) -> None:
    first = await store.alerts.raise_(new_alert())
    assert await store.alerts.raise_(new_alert()) == first
    assert await store.alerts.last_event_id() == 1


async def test_life_of_an_alert(store: Store) -> None:
    alert = new_alert()
    await _raise(store, alert)
    acknowledged = await store.life.acknowledge(alert.id, "nurse")
    assert acknowledged is not None
    assert acknowledged.alert.state is AlertState.ACKNOWLEDGED
    assert await store.alerts.count_open() == 1
    closed_at = NOON + timedelta(seconds=30)
    closed = await store.alerts.close(alert.id, CloseReason.MASK_ON, closed_at)
    assert closed is not None
    assert closed.alert == await store.alerts.get(alert.id)
    assert closed.alert.state is AlertState.CLOSED
    assert (closed.alert.closed_at, closed.alert.close_reason) == (closed_at, CloseReason.MASK_ON)
    assert closed.alert.acknowledged_by == "nurse"
    assert await store.alerts.count_open() == 0
    assert await store.alerts.close(alert.id, CloseReason.LEFT, NOON) == closed
    actions = [event.action.value for event in await store.alerts.events_after(0)]
    assert actions == ["raised", "acknowledged", "closed"]


async def test_the_first_to_acknowledge_stays(store: Store) -> None:
    await _raise(store, new_alert())
    assert await store.life.acknowledge("alert-00000", "ann") is not None
    assert await store.life.acknowledge("alert-00000", "bob") is None
    assert (await store.alerts.get("alert-00000")).acknowledged_by == "ann"


async def test_a_closed_alert_can_be_acknowledged_and_stays_closed(store: Store) -> None:
    await _raise(store, new_alert())
    await store.alerts.close("alert-00000", CloseReason.LEFT, NOON)
    event = await store.life.acknowledge("alert-00000", None)
    assert event is not None
    assert event.alert.state is AlertState.CLOSED
    assert event.alert.acknowledged_at is not None


@pytest.mark.parametrize("by", ["x" * 500, "nul\0byte", ""])
async def test_any_name_may_acknowledge(store: Store, by: str) -> None:
    await _raise(store, new_alert())
    event = await store.life.acknowledge("alert-00000", by)
    assert event is not None
    assert len(event.alert.acknowledged_by or "") <= 100


@pytest.mark.parametrize("alert_id", ["nothing", "x" * 500, "nul\0byte", "' OR 1=1 --"])
async def test_an_unknown_alert_is_not_found(store: Store, alert_id: str) -> None:
    await _raise(store, new_alert())
    with pytest.raises(NotFoundError):
        await store.alerts.get(alert_id)
    with pytest.raises(NotFoundError):
        await store.life.acknowledge(alert_id, "ann")
    with pytest.raises(NotFoundError):
        await store.alerts.erase(alert_id)
    assert await store.snapshots.path(alert_id, "face") is None


async def test_open_alerts_are_closed_at_a_restart(settings: MaskwatchSettings) -> None:
    first = await Store.open(settings)
    await _raise(first, new_alert(1), new_alert(2), new_alert(3))
    await first.life.acknowledge("alert-00002", "ann")
    await first.alerts.close("alert-00003", CloseReason.LEFT, NOON)
    await first.close()
    second = await Store.open(settings)
    events = await second.alerts.close_open(CloseReason.SERVER_RESTARTED)
    assert [event.alert.id for event in events] == ["alert-00001", "alert-00002"]
    assert {event.alert.close_reason for event in events} == {CloseReason.SERVER_RESTARTED}
    assert await second.alerts.close_open(CloseReason.SERVER_RESTARTED) == []
    assert (await second.alerts.get("alert-00003")).close_reason is CloseReason.LEFT
    await second.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"camera": "lobby"}, [4, 2, 0]),
        ({"camera": "nowhere"}, []),
        ({"camera": "nul\0byte"}, []),
        ({"kinds": [AlertKind.INCORRECT]}, [3]),
        ({"kinds": [AlertKind.INCORRECT, AlertKind.NO_MASK]}, [4, 3, 2, 1, 0]),
        ({"states": [AlertState.RAISED]}, [4, 3]),
        ({"states": [AlertState.ACKNOWLEDGED]}, [2]),
        ({"states": [AlertState.RAISED, AlertState.CLOSED]}, [4, 3, 1, 0]),
        ({"states": [AlertState.CLOSED]}, [1, 0]),
        ({"states": [AlertState.SNOOZED]}, []),
        ({"since": NOON + timedelta(seconds=2)}, [4, 3, 2]),
        ({"until": NOON + timedelta(seconds=2)}, [1, 0]),
        ({"since": datetime(1, 1, 1, tzinfo=_EAST)}, [4, 3, 2, 1, 0]),
        ({"until": datetime(9999, 12, 31, 23, tzinfo=_WEST)}, [4, 3, 2, 1, 0]),
        ({"min_confidence": 0.8}, [4, 3]),
        ({"camera": "lobby", "since": NOON + timedelta(seconds=1), "min_confidence": 0.6}, [4, 2]),
    ],
    ids=str,
)
@pytest.mark.parametrize("limit", [1, 50])
async def test_filters(store: Store, query: dict[str, Any], expected: list[int], limit: int) -> None:
    for number in range(5):
        alert = new_alert(
            number,
            camera="lobby" if number % 2 == 0 else "gate",
            kind=AlertKind.INCORRECT if number == 3 else AlertKind.NO_MASK,
            confidence=0.5 + number / 10,
        )
        await _raise(store, alert)
    await store.alerts.close("alert-00000", CloseReason.LEFT, NOON)
    await store.alerts.close("alert-00001", CloseReason.LEFT, NOON)
    await store.life.acknowledge("alert-00002", "ann")
    found = await _ids(store, AlertQuery(limit=limit, **query))
    assert found == [f"alert-{number:05}" for number in expected]


async def test_alerts_of_one_instant_are_paged_without_gap_or_double(store: Store) -> None:
    await _raise(store, *(new_alert(number, raised_at=NOON) for number in range(7)))
    assert await _ids(store, AlertQuery(limit=2)) == [f"alert-{number:05}" for number in reversed(range(7))]


@pytest.mark.parametrize("cursor", ["x", "", "bm90IGpzb24", "WzEsMl0", "é", "W10", "WyIyMDI2LTAxLTAxIiwiYSJd"])
async def test_a_cursor_that_is_none_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="cursor"):
        await store.alerts.list(AlertQuery(cursor=cursor))


async def test_erasing_an_alert_leaves_nothing_of_the_person(store: Store) -> None:
    alert = new_alert(evidence={"box": [1, 2, 3, 4]})
    saved = await store.snapshots.save(alert.id, alert.raised_at, material(kind=alert.kind))
    await store.alerts.raise_(alert, saved)
    await store.life.acknowledge(alert.id, "ann")
    face = await store.snapshots.path(alert.id, "face")
    assert face is not None

    event = await store.alerts.erase(alert.id)

    assert event.action is EventAction.ERASED
    assert event.alert.evidence == {}
    assert not face.exists()
    assert list(store.snapshots.folder.rglob("*")) == []
    assert await store.usage.picture_bytes() == 0
    assert await store.alerts.events_after(0) == [event]
    with pytest.raises(NotFoundError):
        await store.alerts.get(alert.id)
    assert await store.alerts.close(alert.id, CloseReason.LEFT, NOON) is None
    assert await store.alerts.raise_(alert) is None, "an erased alert must not come back"


async def test_erasing_a_range(store: Store) -> None:
    await _raise(store, *(new_alert(n, camera="gate" if n == 3 else "lobby") for n in range(6)))
    erased = await store.alerts.erase_range(NOON + timedelta(seconds=1), NOON + timedelta(seconds=5), camera="lobby")
    assert [event.alert.id for event in erased] == ["alert-00001", "alert-00002", "alert-00004"]
    assert await _ids(store, AlertQuery()) == ["alert-00005", "alert-00003", "alert-00000"]


async def test_erasing_more_than_a_batch(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.store.alerts._ERASED_AT_ONCE", 3)
    await _raise(store, *(new_alert(number) for number in range(10)))
    assert len(await store.alerts.erase_range(NOON, NOON + timedelta(days=1))) == 10
    assert await _ids(store, AlertQuery()) == []


async def test_event_ids_grow_in_the_order_of_commits(settings: MaskwatchSettings) -> None:
    """Recorder, acknowledging and a second process write at once; whoever reads on never misses an event."""
    stores = [await Store.open(settings) for _ in range(3)]
    total = 60

    async def write(store: Store, first: int) -> None:
        for number in range(first, total, 3):
            await store.alerts.raise_(new_alert(number))

    seen: list[int] = []

    async def read_on(store: Store) -> None:
        while len(seen) < total:
            seen.extend(event.event_id for event in await store.alerts.events_after(seen[-1] if seen else 0, limit=7))

    reader = await Store.open(settings)
    await asyncio.gather(*(write(store, first) for first, store in enumerate(stores)), read_on(reader))
    assert seen == list(range(1, total + 1))
    for store in (*stores, reader):
        await store.close()


async def test_events_can_be_resumed_until_they_are_pruned(store: Store) -> None:
    await _raise(store, new_alert(1), new_alert(2))
    await store.alerts.erase("alert-00001")
    assert await store.alerts.oldest_event_id() == 1
    assert [event.event_id for event in await store.alerts.events_after(0)] == [2, 3]
    erased_at = (await store.alerts.events_after(2))[0].at
    assert await store.alerts.prune_events(erased_at) == 0
    assert await store.alerts.prune_events(erased_at + timedelta(seconds=1)) == 1
    assert await store.alerts.oldest_event_id() == 4
    assert await store.alerts.last_event_id() == 3
    await _raise(store, new_alert(3))
    assert await store.alerts.last_event_id() == 4, "an id is never used twice"
