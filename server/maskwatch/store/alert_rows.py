"""Alerts between their row, their record and JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from maskwatch.core.types import AlertKind, CloseReason, Severity
from maskwatch.store.records import AlertState, StoredAlert
from maskwatch.store.snapshots import SnapshotKind
from maskwatch.store.tables import AlertRow, SnapshotRow


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
    )


async def stored_alerts(session: AsyncSession, rows: Iterable[AlertRow]) -> list[StoredAlert]:
    """`rows` as records, with which pictures they have."""
    rows = list(rows)
    query = select(SnapshotRow.alert_id, SnapshotRow.kind).where(SnapshotRow.alert_id.in_([row.id for row in rows]))
    pictures = {(alert_id, kind) for alert_id, kind in await session.execute(query)}
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
            has_face=(row.id, SnapshotKind.FACE) in pictures,
            has_frame=(row.id, SnapshotKind.FRAME) in pictures,
        )
        for row in rows
    ]


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
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(alert).items()
        if value is not None or key == "track_id"
    }


def alert_from_json(values: dict[str, Any]) -> StoredAlert:
    """What `alert_to_json` wrote."""
    fields = dict(values)
    for key in ("raised_at", "closed_at", "acknowledged_at"):
        if key in values:
            fields[key] = datetime.fromisoformat(values[key])
    fields["kind"], fields["state"] = AlertKind(values["kind"]), AlertState(values["state"])
    if "severity" in values:
        fields["severity"] = Severity(values["severity"])
    if "close_reason" in values:
        fields["close_reason"] = CloseReason(values["close_reason"])
    return StoredAlert(**fields)
