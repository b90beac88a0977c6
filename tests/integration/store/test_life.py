"""What people and the clock do to an alert, on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import CloseReason
from maskwatch.errors import ConflictError, InvalidRequestError, NotFoundError
from maskwatch.store import Store
from maskwatch.store.alert_clock import AlertClock
from maskwatch.store.records import (
    AlertEvent,
    AlertQuery,
    AlertState,
    EventAction,
    Feedback,
    FeedbackFilter,
    Truth,
)
from tests.integration.store.parts import NOON, CountingTelemetry, new_alert

ID = "alert-00000"
LATER = NOON + timedelta(minutes=10)


async def actions(store: Store, alert_id: str = ID) -> list[tuple[EventAction, str | None]]:
    return [(event.action, event.by) for event in await store.alerts.history(alert_id)]


async def test_a_snooze_runs_out_and_the_alert_is_raised_again(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    event = await store.life.snooze(ID, LATER, "ann")
    assert (event.action, event.by, event.alert.state) == (EventAction.SNOOZED, "ann", AlertState.SNOOZED)
    assert (event.alert.snoozed_until, event.alert.snoozed_by) == (LATER, "ann")
    assert await store.life.next_due() == LATER
    assert await store.life.pass_time(LATER - timedelta(seconds=1)) == []
    woken = await store.life.pass_time(LATER)
    assert [(each.action, each.at, each.alert.state) for each in woken] == [
        (EventAction.WOKEN, LATER, AlertState.RAISED)
    ]
    assert woken[0].alert.snoozed_until is None
    assert await store.life.pass_time(LATER) == []
    assert await store.life.next_due() is None
    assert await actions(store) == [
        (EventAction.RAISED, None), (EventAction.SNOOZED, "ann"), (EventAction.WOKEN, None),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["closed", "acknowledged"])
async def test_a_snooze_that_ended_otherwise_does_not_come_back(store: Store, end: str) -> None:
    await store.alerts.raise_(new_alert())
    await store.life.snooze(ID, LATER, None)
    if end == "closed":
        await store.alerts.close(ID, CloseReason.MASK_ON, NOON + timedelta(minutes=1))
    else:
        await store.life.acknowledge(ID, "bob")
    assert await store.life.pass_time(LATER + timedelta(days=1)) == []
    alert = await store.alerts.get(ID)
    assert (alert.state.value, alert.snoozed_until, alert.snoozed_by) == (end, None, None)


async def test_closed_and_woken_at_once_it_is_closed_in_the_end(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    await store.life.snooze(ID, LATER, None)
    await asyncio.gather(store.life.pass_time(LATER), store.alerts.close(ID, CloseReason.LEFT, LATER))
    assert (await store.alerts.get(ID)).state is AlertState.CLOSED
    told = [action for action, _ in await actions(store)]
    assert told[:2] == [EventAction.RAISED, EventAction.SNOOZED]
    assert told[2:] in ([EventAction.CLOSED], [EventAction.WOKEN, EventAction.CLOSED])


async def test_what_is_closed_or_gone_can_not_be_snoozed(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    await store.alerts.close(ID, CloseReason.LEFT, NOON)
    with pytest.raises(ConflictError) as caught:
        await store.life.snooze(ID, LATER, "ann")
    assert caught.value.code == "alert_closed"
    with pytest.raises(NotFoundError):
        await store.life.snooze("none", LATER, "ann")


async def test_two_acknowledge_at_once_and_one_is_first(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    told = await asyncio.gather(*(store.life.acknowledge(ID, name) for name in ("ann", "bob", "cem")))
    events = [event for event in told if event is not None]
    assert len(events) == 1
    assert (await store.alerts.get(ID)).acknowledged_by == events[0].by
    assert [action for action, _ in await actions(store)] == [EventAction.RAISED, EventAction.ACKNOWLEDGED]


async def test_snoozing_takes_the_acknowledgement_back(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    await store.life.acknowledge(ID, "ann")
    event = await store.life.snooze(ID, LATER, "bob")
    assert (event.alert.acknowledged_at, event.alert.acknowledged_by) == (None, None)


@pytest.mark.parametrize(
    ("reason", "escalated"),
    [(None, 1), (CloseReason.CAMERA_LOST, 1), (CloseReason.SERVER_RESTARTED, 1), (CloseReason.MASK_ON, 0),
     (CloseReason.LEFT, 0)],
)  # fmt: skip
async def test_escalated_once_unless_it_ended_well(store: Store, reason: CloseReason | None, escalated: int) -> None:
    await store.alerts.raise_(new_alert(escalate_at=LATER))
    if reason is not None:
        await store.alerts.close(ID, reason, NOON + timedelta(minutes=1))
    assert await store.life.pass_time(LATER - timedelta(seconds=1)) == []
    events = await store.life.pass_time(LATER)
    assert [event.action for event in events] == [EventAction.ESCALATED] * escalated
    assert await store.life.pass_time(LATER + timedelta(days=1)) == []
    found, _ = await store.alerts.list(AlertQuery(escalated=True))
    assert len(found) == escalated
    assert all((alert.escalated_at, alert.escalate_at) == (LATER, None) for alert in found)


async def test_acknowledged_in_time_it_is_not_escalated(store: Store) -> None:
    await store.alerts.raise_(new_alert(escalate_at=LATER))
    await store.life.acknowledge(ID, "ann")
    assert await store.life.pass_time(LATER) == []


async def test_feedback_is_given_changed_and_taken_back(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    await store.alerts.raise_(new_alert(1))
    first = await store.life.mark(ID, wrong=True, truth=None, by="ann")
    assert first is not None
    assert first.alert.feedback == Feedback(wrong=True, at=first.at, by="ann")
    second = await store.life.mark(ID, wrong=True, truth=Truth.MASK, by="bob")
    assert second is not None
    assert second.alert.feedback == Feedback(wrong=True, at=second.at, by="bob", truth=Truth.MASK)
    assert await store.life.mark(ID, wrong=True, truth=Truth.MASK, by="cem") is None
    for said, ids in ((FeedbackFilter.WRONG, [ID]), (FeedbackFilter.RIGHT, []), (FeedbackFilter.NONE, ["alert-00001"])):
        found, _ = await store.alerts.list(AlertQuery(feedback=said))
        assert [alert.id for alert in found] == ids
    taken = await store.life.unmark(ID, "ann")
    assert taken is not None
    assert taken.alert.feedback is None
    assert await store.life.unmark(ID, "ann") is None
    assert (await store.alerts.events_after(second.event_id - 1))[0].alert == second.alert, "kept as it was then"
    with pytest.raises(InvalidRequestError):
        await store.life.mark(ID, wrong=True, truth=Truth.NO_MASK, by=None)


async def test_an_erased_alert_takes_its_history_along(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    await store.life.mark(ID, wrong=True, truth=Truth.NOT_A_FACE, by="ann")
    await store.alerts.erase(ID)
    with pytest.raises(NotFoundError):
        await store.alerts.history(ID)
    left = await store.alerts.events_after(0)
    assert [(event.action, event.by, event.alert.feedback) for event in left] == [(EventAction.ERASED, None, None)]


class _Heard:
    """What a clock tells, waited for."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[AlertEvent] = asyncio.Queue()

    def clock(self, store: Store) -> AlertClock:
        return AlertClock(store.life, self.events.put_nowait, CountingTelemetry())


async def test_after_a_restart_what_fell_due_meanwhile_is_done_at_once(settings: MaskwatchSettings) -> None:
    killed = await Store.open(settings)
    await killed.alerts.raise_(new_alert())
    await killed.alerts.raise_(new_alert(1, escalate_at=LATER))
    await killed.life.snooze(ID, LATER, "ann")
    await killed.close()

    store = await Store.open(settings)
    heard = _Heard()
    clock = heard.clock(store)
    clock.start()
    told = [await heard.events.get() for _ in range(2)]
    assert {(event.action, event.alert.id) for event in told} == {
        (EventAction.WOKEN, ID), (EventAction.ESCALATED, "alert-00001"),
    }  # fmt: skip
    await clock.close()
    await store.close()


async def test_the_clock_waits_for_the_next_moment_and_hears_of_nearer_ones(store: Store) -> None:
    heard = _Heard()
    clock = heard.clock(store)
    far = new_alert(1, escalate_at=datetime.now(UTC) + timedelta(days=1))
    await store.alerts.raise_(far)
    clock.start()
    near = datetime.now(UTC) + timedelta(milliseconds=300)
    raised = await store.alerts.raise_(replace(new_alert(), escalate_at=near))
    assert raised is not None
    clock.hear(raised)
    event = await heard.events.get()
    assert (event.action, event.alert.id) == (EventAction.ESCALATED, ID)
    assert event.at >= near
    assert heard.events.empty()
    await clock.close()
