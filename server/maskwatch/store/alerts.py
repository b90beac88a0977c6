"""Alerts: found page by page, and changed together with the event that tells of the change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from maskwatch.core.types import AlertKind, CloseReason
from maskwatch.store.alert_rows import alert_row, new_row, remains, stored_alerts, unknown_alert
from maskwatch.store.alert_search import matching
from maskwatch.store.cursor import Cursor
from maskwatch.store.database import Database
from maskwatch.store.events import EventLog
from maskwatch.store.records import AlertEvent, AlertQuery, AlertState, EventAction, StoredAlert
from maskwatch.store.snapshots import SavedSnapshot, SnapshotKind, Snapshots
from maskwatch.store.tables import AlertRow, SnapshotRow

_LARGEST_PAGE = 500
_ERASED_AT_ONCE = 200
"""Alerts erased in one transaction: others get their turn in between."""
UNKNOWN_ENDS = frozenset({CloseReason.CAMERA_LOST, CloseReason.SERVER_RESTARTED})
"""Nobody knows how these ended for the person, so they are escalated like alerts that are still open."""


AlertEvents: TypeAlias = list[AlertEvent]
AlertPage: TypeAlias = tuple[list[StoredAlert], str | None]
"""Alerts and the cursor of the page after them."""


class Alerts:
    """Reads and changes alerts. Every change and its event are committed together, or neither."""

    def __init__(self, database: Database, snapshots: Snapshots) -> None:
        self._database = database
        self._snapshots = snapshots

    async def list(self, query: AlertQuery) -> AlertPage:
        """One page of alerts, newest first, and the cursor of the next page (None on the last).

        Paging on sees every alert that was there at the first page exactly once, whatever is added meanwhile.

        Raises:
            InvalidRequestError: the cursor is not one.
        """
        limit = min(max(query.limit, 1), _LARGEST_PAGE)
        statement = matching(query).order_by(AlertRow.raised_at.desc(), AlertRow.id.desc()).limit(limit + 1)
        async with self._database.read() as session:
            rows: Sequence[AlertRow] = (await session.scalars(statement)).all()
            page = await stored_alerts(session, rows[:limit])
        if len(rows) <= limit:
            return page, None
        return page, Cursor(page[-1].raised_at, page[-1].id).encode()

    async def get(self, alert_id: str) -> StoredAlert:
        """The alert with that id.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.read() as session:
            return (await stored_alerts(session, [await alert_row(session, alert_id)]))[0]

    async def count_open(self) -> int:
        """Alerts that are not closed."""
        async with self._database.read() as session:
            query = select(func.count()).select_from(AlertRow).where(AlertRow.state != AlertState.CLOSED.value)
            return await session.scalar(query) or 0

    async def raise_(self, alert: StoredAlert, snapshots: Sequence[SavedSnapshot] = ()) -> AlertEvent | None:
        """Keep a new alert with its pictures.

        Doing it again gives the same event: whoever lost the connection during a commit may just try again. None if
        the alert has been erased meanwhile.
        """
        event = await self._raise(alert, snapshots)
        self._snapshots.settled(snapshots)
        return event

    async def _raise(self, alert: StoredAlert, snapshots: Sequence[SavedSnapshot]) -> AlertEvent | None:
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            if await session.get(AlertRow, alert.id) is not None:
                return await events.of_alert(alert.id, EventAction.RAISED)
            if await events.of_alert(alert.id, EventAction.ERASED) is not None:
                return None
            kinds = {snapshot.kind for snapshot in snapshots}
            alert = replace(
                alert,
                has_face=SnapshotKind.FACE in kinds,
                has_frame=SnapshotKind.FRAME in kinds,
                has_before=SnapshotKind.BEFORE in kinds,
            )
            session.add(new_row(alert))
            await session.flush()
            session.add_all(
                SnapshotRow(alert_id=alert.id, kind=item.kind.value, path=item.path, bytes=item.bytes)
                for item in snapshots
            )
            return (await events.append(EventAction.RAISED, alert.raised_at, [alert]))[0]

    async def close(
        self, alert_id: str, reason: CloseReason, at: datetime, measured: Mapping[str, Any] | None = None
    ) -> AlertEvent | None:
        """Close an alert, with the last word on what was `measured`, if there is one.

        Doing it again gives the same event; None if there is no such alert (any more).
        """
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await session.get(AlertRow, alert_id)
            if row is None:
                return None
            if row.state == AlertState.CLOSED.value:
                return await events.of_alert(alert_id, EventAction.CLOSED)
            if measured is not None:
                row.evidence = {**row.evidence, "measured": dict(measured)}
            return (await _close(session, events, [row], reason, at))[0]

    async def tell(
        self, alert_id: str, action: EventAction, at: datetime, measured: Mapping[str, Any]
    ) -> AlertEvent | None:
        """Note that an open alert was updated or reminded of, with what is `measured` now; None if it isn't open.

        Doing it again tells of it again: whoever lost the connection during a commit may rather say it twice.
        """
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await session.get(AlertRow, alert_id)
            if row is None or row.state == AlertState.CLOSED.value:
                return None
            row.evidence = {**row.evidence, "measured": dict(measured)}
            return (await events.append(action, at, await stored_alerts(session, [row])))[0]

    async def close_open(self, reason: CloseReason) -> AlertEvents:
        """Close every open alert: nobody follows these people any more."""
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            query = select(AlertRow).where(AlertRow.state != AlertState.CLOSED.value)
            rows = (await session.scalars(query.order_by(AlertRow.raised_at, AlertRow.id))).all()
            return await _close(session, events, rows, reason, datetime.now(UTC)) if rows else []

    async def erase(self, alert_id: str) -> AlertEvent:
        """Erase an alert, its history and its pictures.

        Raises:
            NotFoundError: there is no such alert.
        """
        events = await self._erase_where(AlertRow.id == alert_id)
        if not events:
            raise unknown_alert(alert_id)
        return events[0]

    async def erase_range(self, since: datetime, until: datetime, camera: str | None = None) -> AlertEvents:
        """Erase every alert raised in `since <= time < until`, of one camera or of all."""
        conditions = [AlertRow.raised_at >= since, AlertRow.raised_at < until]
        if camera is not None:
            conditions.append(AlertRow.camera == camera)
        erased: AlertEvents = []
        while batch := await self._erase_where(*conditions):
            erased += batch
        return erased

    async def erase_closed_before(self, moment: datetime, kind: AlertKind | None = None) -> AlertEvents:
        """Erase some of the oldest closed alerts (of a kind) raised before `moment`; none are left if it gives none."""
        conditions = [AlertRow.raised_at < moment, AlertRow.state == AlertState.CLOSED.value]
        if kind is not None:
            conditions.append(AlertRow.kind == kind.value)
        return await self._erase_where(*conditions)

    async def history(self, alert_id: str) -> AlertEvents:
        """Everything that happened to an alert, oldest first.

        Raises:
            NotFoundError: there is no such alert.
        """
        async with self._database.read() as session:
            await alert_row(session, alert_id)
            return await EventLog(session).history(alert_id)

    async def events_after(self, event_id: int, limit: int = 1000) -> AlertEvents:
        """The next events after `event_id`, oldest first."""
        async with self._database.read() as session:
            return await EventLog(session).after(event_id, limit)

    async def last_event_id(self) -> int:
        """Id of the newest event ever committed; 0 before the first."""
        async with self._database.read() as session:
            return await EventLog(session).last_id()

    async def oldest_event_id(self) -> int:
        """The lowest id that can be resumed at: every event from it on can still be had."""
        async with self._database.read() as session:
            return await EventLog(session).oldest_id()

    async def prune_events(self, before: datetime) -> int:
        """Forget `erased` events from before `before`; how many there were."""
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            return await events.prune(before)

    async def _erase_where(self, *conditions: ColumnElement[bool]) -> AlertEvents:
        """Erase up to a batch of the oldest alerts that meet `conditions`."""
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            query = select(AlertRow).where(*conditions).order_by(AlertRow.raised_at, AlertRow.id).limit(_ERASED_AT_ONCE)
            rows = (await session.scalars(query)).all()
            if not rows:
                return []
            ids = [row.id for row in rows]
            paths = (await session.scalars(select(SnapshotRow.path).where(SnapshotRow.alert_id.in_(ids)))).all()
            left = [remains(row) for row in rows]
            await events.forget(ids)
            await session.execute(delete(SnapshotRow).where(SnapshotRow.alert_id.in_(ids)))
            await session.execute(delete(AlertRow).where(AlertRow.id.in_(ids)))
            session.expunge_all()
            erased = await events.append(EventAction.ERASED, datetime.now(UTC), left)
        # Only once it is certain that no row names them; what can't be deleted now goes with the next sweep.
        await self._snapshots.delete_files(paths)
        return erased


async def _close(
    session: AsyncSession, events: EventLog, rows: Sequence[AlertRow], reason: CloseReason, at: datetime
) -> list[AlertEvent]:
    for row in rows:
        row.state = AlertState.CLOSED.value
        row.close_reason = reason.value
        row.closed_at = at
        row.snoozed_until = row.snoozed_by = None
        if reason not in UNKNOWN_ENDS:
            row.escalate_at = None
    return await events.append(EventAction.CLOSED, at, await stored_alerts(session, rows))
