"""Alerts that are about no single person: kept, updated, reminded of, closed with their last word."""

import time
from datetime import timedelta
from typing import Any

import pytest

from maskwatch.core.types import (
    AlertAction,
    AlertChange,
    AlertKind,
    CloseReason,
    MeasuredEvidence,
    Severity,
)
from maskwatch.store import Store
from maskwatch.store.alert_rows import alert_from_json, alert_to_json
from maskwatch.store.backlog import PendingTell
from maskwatch.store.evidence import new_alert as alert_of
from maskwatch.store.records import AlertQuery, EventAction, StoredAlert
from tests.integration.store.parts import NOON, new_alert


def outage(number: int = 1, **values: Any) -> StoredAlert:
    return new_alert(
        number,
        **{
            "kind": AlertKind.CAMERA_OFFLINE,
            "track_id": None,
            "confidence": 1.0,
            "severity": Severity.CRITICAL,
            "evidence": {"measured": {"away_s": 60.0}, "settings": {}},
            **values,
        },
    )


async def test_one_without_a_person_is_kept_and_told_as_it_is(store: Store) -> None:
    event = await store.alerts.raise_(outage())
    assert event is not None
    kept = outage(event_id=event.event_id)
    assert await store.alerts.get(outage().id) == kept == event.alert
    (told,) = await store.alerts.events_after(0)
    assert told.alert == kept


async def test_alerts_are_found_by_severity_and_kind(store: Store) -> None:
    await store.alerts.raise_(outage(1))
    await store.alerts.raise_(new_alert(2))
    await store.alerts.raise_(new_alert(3, kind=AlertKind.INCORRECT, severity=Severity.INFO))

    async def ids(**query: Any) -> list[str]:
        return [alert.id for alert in (await store.alerts.list(AlertQuery(**query)))[0]]

    assert await ids(severity=Severity.CRITICAL) == [outage(1).id]
    assert await ids(severity=Severity.INFO, kinds=[AlertKind.INCORRECT]) == [new_alert(3).id]
    assert await ids(severity=Severity.INFO, kinds=[AlertKind.NO_MASK]) == []
    assert len(await ids()) == 3


async def test_an_open_alert_is_updated_and_reminded_of_and_closed_with_its_last_word(store: Store) -> None:
    await store.alerts.raise_(outage())
    for number, action in enumerate((EventAction.UPDATED, EventAction.REMINDED), 1):
        event = await store.alerts.tell(outage().id, action, NOON + timedelta(minutes=number), {"away_s": number})
        assert event is not None
        assert (event.action, event.alert.evidence["measured"]) == (action, {"away_s": number})
    closed = await store.alerts.close(outage().id, CloseReason.RECOVERED, NOON + timedelta(hours=1), {"away_s": 9})
    assert closed is not None
    assert closed.alert.evidence == {"measured": {"away_s": 9}, "settings": {}}
    actions = [event.action for event in await store.alerts.events_after(0)]
    assert actions == [EventAction.RAISED, EventAction.UPDATED, EventAction.REMINDED, EventAction.CLOSED]


@pytest.mark.parametrize("closed", [True, False])
async def test_nothing_is_told_of_an_alert_that_is_closed_or_gone(store: Store, *, closed: bool) -> None:
    if closed:
        await store.alerts.raise_(outage())
        await store.alerts.close(outage().id, CloseReason.RECOVERED, NOON)
    pending = PendingTell(alert_id=outage().id, action=EventAction.REMINDED, at=NOON, measured={})
    assert await pending.commit(store.alerts) is None


async def test_an_alert_of_a_version_without_severity_can_still_be_read() -> None:
    values = alert_to_json(new_alert())
    del values["severity"]
    assert alert_from_json(values).severity is Severity.WARNING


def test_what_was_measured_becomes_evidence_that_json_can_hold() -> None:
    change = AlertChange(
        action=AlertAction.RAISED,
        alert_id="a",
        camera="lobby",
        track_id=None,
        kind=AlertKind.CAMERA_BLIND,
        at_s=time.monotonic(),
        measured=MeasuredEvidence(values={"what": "black", "detail": float("nan")}, settings={"models": {}}),
        severity=Severity.CRITICAL,
    )
    alert = alert_of(change, at=NOON, frame_size=(640, 360))
    assert alert.evidence == {
        "measured": {"what": "black", "detail": None},
        "settings": {"models": {}},
        "frame": {"width": 640, "height": 360},
    }
    assert (alert.confidence, alert.track_id, alert.severity) == (1.0, None, Severity.CRITICAL)
    assert "frame" not in alert_of(change, at=NOON, frame_size=(0, 0)).evidence
