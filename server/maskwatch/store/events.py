"""The log of what happened to alerts: ids that grow in commit order, and each alert as it was then."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from maskwatch.errors import StoreError
from maskwatch.store.alert_rows import alert_from_json, alert_to_json
from maskwatch.store.outbox import outbox_of
from maskwatch.store.records import AlertEvent, EventAction, StoredAlert
from maskwatch.store.tables import EventCounterRow, EventRow

_COUNTER = 1


class EventLog:
    """The events inside one transaction.

    Writing: `lock` comes first in the transaction, before any alert is read. Whoever comes next waits for the commit,
    so an event's id is greater than that of every event one could have seen before it.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self) -> None:
        """Be the only one to write events until this transaction ends."""
        await self._counter(for_update=True)

    async def append(
        self, action: EventAction, at: datetime, alerts: Iterable[StoredAlert], *, by: str | None = None
    ) -> list[AlertEvent]:
        """Write one event an alert, done by `by`, and put it in the outbox for whoever is to be told."""
        counter = await self._counter()
        events = []
        for alert in alerts:
            counter.last_id += 1
            alert = replace(alert, event_id=counter.last_id)  # noqa: PLW2901 - the same alert, as of this event
            events.append(AlertEvent(event_id=counter.last_id, action=action, at=at, alert=alert, by=by))
        self._session.add_all(
            EventRow(
                event_id=event.event_id,
                alert_id=event.alert.id,
                action=action.value,
                at=at,
                by=by,
                alert=alert_to_json(event.alert),
            )
            for event in events
        )
        if (outbox := outbox_of(self._session)) is not None:
            await self._session.flush()  # deliveries refer to their events
            outbox.enqueue(self._session, events)
        return events

    async def after(self, event_id: int, limit: int) -> list[AlertEvent]:
        """The next events after `event_id`, oldest first."""
        query = select(EventRow).where(EventRow.event_id > event_id).order_by(EventRow.event_id).limit(limit)
        return [_event(row) for row in await self._session.scalars(query)]

    async def of_alert(self, alert_id: str, action: EventAction) -> AlertEvent | None:
        """The event of that kind an alert has, if it has one."""
        query = select(EventRow).where(EventRow.alert_id == alert_id, EventRow.action == action.value)
        row = (await self._session.scalars(query.order_by(EventRow.event_id).limit(1))).first()
        return _event(row) if row is not None else None

    async def history(self, alert_id: str) -> list[AlertEvent]:
        """Every event of an alert, oldest first."""
        query = select(EventRow).where(EventRow.alert_id == alert_id).order_by(EventRow.event_id)
        return [_event(row) for row in await self._session.scalars(query)]

    async def last_id(self) -> int:
        """Id of the newest event ever written; 0 before the first."""
        return (await self._counter()).last_id

    async def oldest_id(self) -> int:
        """The lowest id from which every event can still be had."""
        return (await self._counter()).pruned_through + 1

    async def forget(self, alert_ids: Sequence[str]) -> None:
        """Take out all events of alerts that are erased; the `erased` event that follows stands for them."""
        await self._session.execute(delete(EventRow).where(EventRow.alert_id.in_(alert_ids)))

    async def prune(self, before: datetime) -> int:
        """Take out `erased` events from before `before`: whoever has been away since then must load anew."""
        old = (EventRow.action == EventAction.ERASED.value, EventRow.at < before)
        newest: int | None = await self._session.scalar(select(func.max(EventRow.event_id)).where(*old))
        if newest is None:
            return 0
        counter = await self._counter()
        counter.pruned_through = max(counter.pruned_through, newest)
        count: int = await self._session.scalar(select(func.count()).select_from(EventRow).where(*old)) or 0
        await self._session.execute(delete(EventRow).where(*old))
        return count

    async def _counter(self, *, for_update: bool = False) -> EventCounterRow:
        counter = await self._session.get(EventCounterRow, _COUNTER, with_for_update=for_update or None)
        if counter is None:
            raise StoreError(
                "The database is damaged: its event counter is missing.", remedy="Put a backup back.",
                code="store_damaged",
            )  # fmt: skip
        return counter


def _event(row: EventRow) -> AlertEvent:
    return AlertEvent(
        event_id=row.event_id,
        action=EventAction(row.action),
        at=row.at,
        alert=alert_from_json(row.alert),
        by=row.by,
    )
