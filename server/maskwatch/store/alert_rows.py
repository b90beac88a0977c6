"""Alerts between their row, their record and JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from maskwatch.core.types import AlertKind, CloseReason, Severity
from maskwatch.errors import NotFoundError
from maskwatch.store.records import AlertState, Feedback, StoredAlert, Truth
from maskwatch.store.snapshots import SnapshotKind
from maskwatch.store.tables import AlertRow, EventRow, SnapshotRow

_MOMENTS = ("raised_at", "closed_at", "acknowledged_at", "snoozed_until", "escalate_at", "escalated_at")


def new_row(alert: StoredAlert) -> AlertRow:
    """The row of an alert that was just raised."""
    return AlertRow(
        id=alert.id,
        camera=alert.camera,
        kind=alert.kind.value,
        state=alert.state.value,
        track_id=alert.track_id,
        raised_at=alert.raised_at,
        confidence=alert.confidence,
        evidence=dict(alert.evidence),
        severity=alert.severity.value,
        escalate_at=alert.escalate_at,
    )


async def stored_alerts(session: AsyncSession, rows: Iterable[AlertRow]) -> list[StoredAlert]:
    """`rows` as records, with which pictures they have and which their newest events are."""
    rows = list(rows)
    ids = [row.id for row in rows]
    query = select(SnapshotRow.alert_id, SnapshotRow.kind).where(SnapshotRow.alert_id.in_(ids))
    pictures = {(alert_id, kind) for alert_id, kind in await session.execute(query)}
    newest = select(EventRow.alert_id, func.max(EventRow.event_id)).where(EventRow.alert_id.in_(ids))
    event_ids = {row[0]: row[1] for row in await session.execute(newest.group_by(EventRow.alert_id))}
    return [
        StoredAlert(
            id=row.id,
            camera=row.camera,
            kind=AlertKind(row.kind),
            state=AlertState(row.state),
            track_id=row.track_id,
            raised_at=row.raised_at,
            confidence=row.confidence,
            evidence=row.evidence,
            severity=Severity(row.severity),
            closed_at=row.closed_at,
            close_reason=CloseReason(row.close_reason) if row.close_reason is not None else None,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            snoozed_until=row.snoozed_until,
            snoozed_by=row.snoozed_by,
            escalate_at=row.escalate_at,
            escalated_at=row.escalated_at,
            feedback=_feedback(row),
            event_id=event_ids.get(row.id, 0),
            has_face=(row.id, SnapshotKind.FACE) in pictures,
            has_frame=(row.id, SnapshotKind.FRAME) in pictures,
            has_before=(row.id, SnapshotKind.BEFORE) in pictures,
            has_clip=(row.id, SnapshotKind.CLIP) in pictures,
        )
        for row in rows
    ]


def _feedback(row: AlertRow) -> Feedback | None:
    if row.marked_wrong is None or row.marked_at is None:
        return None
    truth = Truth(row.truth) if row.truth is not None else None
    return Feedback(wrong=row.marked_wrong, at=row.marked_at, by=row.marked_by, truth=truth)


async def alert_row(session: AsyncSession, alert_id: str) -> AlertRow:
    """The row of an alert.

    Raises:
        NotFoundError: there is none.
    """
    row = await session.get(AlertRow, alert_id)
    if row is None:
        raise unknown_alert(alert_id)
    return row


def unknown_alert(alert_id: str) -> NotFoundError:
    """There is no alert of that id."""
    return NotFoundError(f"There is no alert {alert_id!r}.", remedy="It may have been erased; load the alerts again.")


def remains(row: AlertRow) -> StoredAlert:
    """What an `erased` event still tells of an alert: enough to take it off a page, nothing of the person."""
    return StoredAlert(
        id=row.id,
        camera=row.camera,
        kind=AlertKind(row.kind),
        state=AlertState.CLOSED,
        track_id=row.track_id,
        raised_at=row.raised_at,
        confidence=row.confidence,
        evidence={},
        severity=Severity(row.severity),
    )


def alert_to_json(alert: StoredAlert) -> dict[str, Any]:
    """`alert` as JSON, times in ISO 8601."""
    values = asdict(alert)
    if alert.feedback is not None:
        values["feedback"] = _plain(asdict(alert.feedback))
    return _plain(values)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in values.items()
        if value is not None or key == "track_id"
    }


def alert_from_json(values: dict[str, Any]) -> StoredAlert:
    """What `alert_to_json` wrote."""
    fields = dict(values)
    for key in _MOMENTS:
        if key in values:
            fields[key] = datetime.fromisoformat(values[key])
    if "feedback" in values:
        said = values["feedback"]
        truth = Truth(said["truth"]) if "truth" in said else None
        fields["feedback"] = Feedback(**{**said, "at": datetime.fromisoformat(said["at"]), "truth": truth})
    fields["kind"], fields["state"] = AlertKind(values["kind"]), AlertState(values["state"])
    if "severity" in values:
        fields["severity"] = Severity(values["severity"])
    if "close_reason" in values:
        fields["close_reason"] = CloseReason(values["close_reason"])
    return StoredAlert(**fields)
