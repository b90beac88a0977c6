"""What people and the clock do to an alert: acknowledge, snooze, wake, escalate, mark. Never without its event."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from maskwatch.errors import ConflictError, InvalidRequestError
from maskwatch.store.alert_rows import alert_row, stored_alerts
from maskwatch.store.database import Database
from maskwatch.store.events import EventLog
from maskwatch.store.records import AlertEvent, AlertState, EventAction, Truth
from maskwatch.store.tables import AlertRow, without_nul

_LONGEST_NAME = 100
_AT_ONCE = 200
"""Alerts changed by the clock in one transaction."""


class AlertLife:
    """Changes alerts. Whoever comes second finds what the first one did: changes are made one after the other.

    `escalate_after` is how long an alert may wait for somebody to acknowledge it; None: as long as it likes.
    """

    def __init__(self, database: Database, escalate_after: timedelta | None = None) -> None:
        self._database = database
        self._escalate_after = escalate_after

    async def acknowledge(self, alert_id: str, by: str | None) -> AlertEvent | None:
        """Note that `by` has seen the alert. None if somebody did before: the first one stays.

        Raises:
            NotFoundError: there is no such alert.
        """
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await alert_row(session, alert_id)
            if row.acknowledged_at is not None:
                return None
            row.acknowledged_at, row.acknowledged_by = datetime.now(UTC), _name(by)
            row.snoozed_until = row.snoozed_by = row.escalate_at = None
            if row.state != AlertState.CLOSED.value:
                row.state = AlertState.ACKNOWLEDGED.value
            return await _tell(session, events, row, EventAction.ACKNOWLEDGED, row.acknowledged_at, by)

    async def snooze(self, alert_id: str, until: datetime, by: str | None) -> AlertEvent:
        """Let the alert rest until a time; if it is still open then, it is raised again. Acknowledging ends it early.

        Raises:
            NotFoundError: there is no such alert.
            ConflictError: it is closed already.
        """
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await alert_row(session, alert_id)
            if row.state == AlertState.CLOSED.value:
                raise ConflictError(
                    "This alert is closed already.", remedy="Nothing is left to rest.", code="alert_closed"
                )
            row.state = AlertState.SNOOZED.value
            row.snoozed_until, row.snoozed_by = until, _name(by)
            row.acknowledged_at = row.acknowledged_by = row.escalate_at = None
            return await _tell(session, events, row, EventAction.SNOOZED, datetime.now(UTC), by)

    async def mark(self, alert_id: str, *, wrong: bool, truth: Truth | None, by: str | None) -> AlertEvent | None:
        """Note that the alert is right or `wrong`, and what the face truly was. None if that is what is noted already.

        Raises:
            NotFoundError: there is no such alert.
            InvalidRequestError: it is called wrong for being what it says.
        """
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await alert_row(session, alert_id)
            told = truth.value if truth is not None else None
            if wrong and told == row.kind:
                raise InvalidRequestError(
                    "An alert can't be wrong about what it says itself.",
                    remedy="Mark it as right, or name another truth.",
                )
            if (row.marked_wrong, row.truth) == (wrong, told):
                return None
            row.marked_wrong, row.truth = wrong, told
            row.marked_at, row.marked_by = datetime.now(UTC), _name(by)
            return await _tell(session, events, row, EventAction.MARKED, row.marked_at, by)

    async def unmark(self, alert_id: str, by: str | None) -> AlertEvent | None:
        """Take back what was said of the alert; None if nothing was.

        Raises:
            NotFoundError: there is no such alert.
        """
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await alert_row(session, alert_id)
            if row.marked_wrong is None:
                return None
            row.marked_wrong = row.marked_at = row.marked_by = row.truth = None
            return await _tell(session, events, row, EventAction.UNMARKED, datetime.now(UTC), by)

    # ---- the clock's part ----

    async def next_due(self) -> datetime | None:
        """When the next snooze runs out or the next alert is to be escalated; None if nothing is."""
        async with self._database.read() as session:
            first = await session.execute(select(func.min(AlertRow.snoozed_until), func.min(AlertRow.escalate_at)))
            return min((moment for moment in first.one() if moment is not None), default=None)

    async def pass_time(self, now: datetime) -> list[AlertEvent]:
        """Wake and escalate what is due at `now`, some of it; none is left when it gives none."""
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            due = select(AlertRow).where(or_(AlertRow.snoozed_until <= now, AlertRow.escalate_at <= now))
            rows = (await session.scalars(due.order_by(AlertRow.raised_at, AlertRow.id).limit(_AT_ONCE))).all()
            woken = [row for row in rows if row.snoozed_until is not None]
            escalated = [row for row in rows if row.snoozed_until is None]
            return [
                *await self._wake(session, events, woken, now),
                *await self._escalate(session, events, escalated, now),
            ]

    async def _wake(
        self, session: AsyncSession, events: EventLog, rows: Sequence[AlertRow], now: datetime
    ) -> list[AlertEvent]:
        for row in rows:
            row.state = AlertState.RAISED.value
            row.snoozed_until = row.snoozed_by = None
            if self._escalate_after is not None and row.escalated_at is None:
                row.escalate_at = now + self._escalate_after
        return await events.append(EventAction.WOKEN, now, await stored_alerts(session, rows))

    async def _escalate(
        self, session: AsyncSession, events: EventLog, rows: Sequence[AlertRow], now: datetime
    ) -> list[AlertEvent]:
        for row in rows:
            row.escalate_at, row.escalated_at = None, now
        return await events.append(EventAction.ESCALATED, now, await stored_alerts(session, rows))


async def _tell(
    session: AsyncSession, events: EventLog, row: AlertRow, action: EventAction, at: datetime, by: str | None
) -> AlertEvent:
    return (await events.append(action, at, await stored_alerts(session, [row]), by=_name(by)))[0]


def _name(by: str | None) -> str | None:
    return without_nul(by[:_LONGEST_NAME]) if by else None
