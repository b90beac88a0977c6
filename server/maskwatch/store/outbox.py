"""The outbox: what targets are still to be told, written in the transaction of the event itself.

Every event that `EventLog.append` writes passes `enqueue`, whoever changed the alert. A delivery goes from the table
once its target has taken it; what is given up stays as a dead letter until somebody sends it again or drops it, or its
alert is erased.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, delete, event, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from maskwatch.config_notifiers import NotifierFilter
from maskwatch.store.database import Database
from maskwatch.store.delivery_records import DeadLetter, Delivery, TargetState, wants
from maskwatch.store.delivery_tables import DeliveryRow, NotifierStateRow
from maskwatch.store.records import AlertEvent
from maskwatch.store.tables import EventRow, without_nul

_SESSION_KEY = "outbox"
_LONGEST_ERROR = 500
_LARGEST_PAGE = 200


class Outbox:
    """Deliveries of all targets. On the loop."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._clock_base_s = 0.0
        self._subscriptions: dict[str, NotifierFilter] = {}
        self._on_waiting: Callable[[str], None] = lambda _target: None
        database.session_info[_SESSION_KEY] = self

    # ---- who is told what ----

    async def open(self, subscriptions: Mapping[str, NotifierFilter], known: Collection[str]) -> int:
        """Begin: `subscriptions` by target, without those that are paused; `known` are all targets.

        What waits for a target that is no more is dropped; how much that was.
        """
        self._subscriptions = dict(subscriptions)
        async with self._database.write() as session:
            gone = DeliveryRow.target.not_in(known)
            dropped = await session.scalar(select(func.count()).select_from(DeliveryRow).where(gone)) or 0
            await session.execute(delete(DeliveryRow).where(gone))
            await session.execute(delete(NotifierStateRow).where(NotifierStateRow.target.not_in(known)))
            # The clock goes on from the latest moment it is known to have shown.
            seen = [
                await session.scalar(select(func.max(DeliveryRow.enqueued_s))),
                await session.scalar(select(func.max(NotifierStateRow.clock_s))),
            ]
        self._clock_base_s = max((moment for moment in seen if moment is not None), default=0.0) - self._clock()
        return dropped

    def subscribe(self, target: str, wanted: NotifierFilter) -> None:
        """From now on, tell `target` what `wanted` says."""
        self._subscriptions[target] = wanted

    def unsubscribe(self, target: str) -> None:
        """Queue nothing more for `target`; what waits stays."""
        self._subscriptions.pop(target, None)

    def on_waiting(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with the target whenever something new waits for it, once that is committed."""
        self._on_waiting = callback

    async def forget(self, target: str) -> None:
        """The target is no more: nor is what waits for it."""
        self.unsubscribe(target)
        async with self._database.write() as session:
            await session.execute(delete(DeliveryRow).where(DeliveryRow.target == target))
            await session.execute(delete(NotifierStateRow).where(NotifierStateRow.target == target))

    def enqueue(self, session: AsyncSession, events: Iterable[AlertEvent]) -> None:
        """Add a delivery for each event and each target that wants it, to the transaction that writes the events."""
        now_s = self._now_s()
        rows = [
            DeliveryRow(target=target, event_id=each.event_id, enqueued_s=now_s, attempts=0)
            for each in events
            for target, wanted in self._subscriptions.items()
            if wants(wanted, each)
        ]
        if not rows:
            return
        session.add_all(rows)
        targets = {row.target for row in rows}
        event.listen(session.sync_session, "after_commit", lambda _session: self._wake(targets), once=True)

    # ---- sending ----

    async def next(self, target: str) -> Delivery | None:
        """The oldest event that `target` is still to be told."""
        query = (
            select(DeliveryRow, EventRow)
            .join(EventRow, EventRow.event_id == DeliveryRow.event_id)
            .where(*_waiting(target))
            .order_by(DeliveryRow.event_id)
            .limit(1)
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).first()
        if found is None:
            return None
        row, told = found
        return Delivery(
            target=target,
            event_id=row.event_id,
            action=told.action,
            at=told.at,
            alert=told.alert,
            attempts=row.attempts,
            waited_s=max(0.0, self._now_s() - row.enqueued_s),
        )

    async def delivered(self, target: str, event_id: int) -> None:
        """The target has taken it. Doing it again changes nothing."""
        async with self._database.write() as session:
            row = await session.get(DeliveryRow, (target, event_id))
            if row is None:
                return
            await session.delete(row)
            state = await self._state(session, target)
            state.delivered += 1
            state.success_at = datetime.now(UTC)
            state.error = None

    async def failed(
        self, target: str, event_id: int, error: str, *, give_up: bool, give_up_after_s: float | None = None
    ) -> int:
        """Note a failed try; how many deliveries became dead letters.

        With `give_up`, this one did; with `give_up_after_s`, all that have waited that long.
        """
        error = without_nul(error)[:_LONGEST_ERROR]
        now, now_s = datetime.now(UTC), self._now_s()
        dead = 0
        async with self._database.write() as session:
            state = await self._state(session, target)
            state.failure_at, state.error = now, error
            row = await session.get(DeliveryRow, (target, event_id))
            if row is not None and row.dead_at is None:
                row.attempts += 1
                row.error = error
                if give_up:
                    row.dead_at, dead = now, 1
            if give_up_after_s is not None:
                await session.flush()
                old = (*_waiting(target), DeliveryRow.enqueued_s <= now_s - give_up_after_s)
                dead += await session.scalar(select(func.count()).select_from(DeliveryRow).where(*old)) or 0
                await session.execute(update(DeliveryRow).where(*old).values(dead_at=now, error=error))
        return dead

    # ---- how it goes ----

    async def states(self) -> dict[str, TargetState]:
        """Every target that has had something to do with deliveries."""
        counts = (
            select(
                DeliveryRow.target,
                DeliveryRow.dead_at.is_not(None).label("is_dead"),
                func.count(),
                func.min(DeliveryRow.enqueued_s),
            )
            .group_by(DeliveryRow.target, DeliveryRow.dead_at.is_not(None))
        )  # fmt: skip
        async with self._database.read() as session:
            rows = {row.target: row for row in await session.scalars(select(NotifierStateRow))}
            figures: dict[str, dict[bool, tuple[int, float]]] = {}
            for target, is_dead, count, oldest_s in await session.execute(counts):
                figures.setdefault(target, {})[bool(is_dead)] = (count, oldest_s)
        now_s = self._now_s()
        states = {}
        for target in rows.keys() | figures.keys():
            row, of_target = rows.get(target), figures.get(target, {})
            waiting, oldest_s = of_target.get(False, (0, now_s))
            states[target] = TargetState(
                waiting=waiting,
                oldest_waiting_s=max(0.0, now_s - oldest_s),
                dead=of_target.get(True, (0, 0.0))[0],
                delivered=row.delivered if row else 0,
                success_at=row.success_at if row else None,
                failure_at=row.failure_at if row else None,
                error=row.error if row else None,
            )
        return states

    async def dead_letters(self, target: str, *, after: int = 0, limit: int = 50) -> list[DeadLetter]:
        """Some of the dead letters of a target with event ids above `after`, oldest first."""
        query = (
            select(DeliveryRow, EventRow)
            .join(EventRow, EventRow.event_id == DeliveryRow.event_id)
            .where(*_dead(target), DeliveryRow.event_id > after)
            .order_by(DeliveryRow.event_id)
            .limit(min(max(limit, 1), _LARGEST_PAGE))
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).all()
        return [
            DeadLetter(
                event_id=row.event_id,
                action=told.action,
                at=told.at,
                alert_id=told.alert_id,
                camera=told.alert.get("camera", ""),
                kind=told.alert.get("kind", ""),
                attempts=row.attempts,
                dead_at=row.dead_at,
                error=row.error or "",
            )
            for row, told in found
            if row.dead_at is not None
        ]

    async def resend(self, target: str, event_id: int | None = None) -> int:
        """Let a dead letter, or all of a target, wait again as if they were new; how many."""
        async with self._database.write() as session:
            chosen = _dead(target, event_id)
            count = await session.scalar(select(func.count()).select_from(DeliveryRow).where(*chosen)) or 0
            again = update(DeliveryRow).where(*chosen)
            await session.execute(again.values(dead_at=None, attempts=0, enqueued_s=self._now_s()))
        if count:
            self._on_waiting(target)
        return count

    async def drop(self, target: str, event_id: int | None = None) -> int:
        """Throw away a dead letter, or all of a target; how many."""
        async with self._database.write() as session:
            chosen = _dead(target, event_id)
            count = await session.scalar(select(func.count()).select_from(DeliveryRow).where(*chosen)) or 0
            await session.execute(delete(DeliveryRow).where(*chosen))
        return count

    def _now_s(self) -> float:
        return self._clock_base_s + self._clock()

    def _wake(self, targets: Iterable[str]) -> None:
        for target in targets:
            self._on_waiting(target)

    async def _state(self, session: AsyncSession, target: str) -> NotifierStateRow:
        state = await session.get(NotifierStateRow, target)
        if state is None:
            state = NotifierStateRow(target=target, delivered=0)
            session.add(state)
        state.clock_s = self._now_s()
        return state


def outbox_of(session: AsyncSession) -> Outbox | None:
    """The outbox that events of this session pass."""
    outbox = session.info.get(_SESSION_KEY)
    return outbox if isinstance(outbox, Outbox) else None


def _waiting(target: str) -> tuple[ColumnElement[bool], ...]:
    return (DeliveryRow.target == target, DeliveryRow.dead_at.is_(None))


def _dead(target: str, event_id: int | None = None) -> tuple[ColumnElement[bool], ...]:
    of_target = (DeliveryRow.target == target, DeliveryRow.dead_at.is_not(None))
    return of_target if event_id is None else (*of_target, DeliveryRow.event_id == event_id)
