"""Erases pictures and clips beyond a limit, the oldest first; their alerts stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from maskwatch.core.types import AlertKind
from maskwatch.store.database import Database
from maskwatch.store.snapshots import SnapshotKind, Snapshots
from maskwatch.store.tables import AlertRow, SnapshotRow

_ERASED_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimit:
    """Media of these kinds (of alerts of one kind, if it is given): how old, and how many bytes at most."""

    media: Sequence[SnapshotKind]
    kind: AlertKind | None = None
    before: datetime | None = None
    max_bytes: int | None = None


class MediaLimits:
    """Holds limits."""

    def __init__(self, database: Database, snapshots: Snapshots) -> None:
        self._database = database
        self._snapshots = snapshots

    async def hold(self, limit: MediaLimit) -> int:
        """Erase what is beyond `limit`; how many bytes that was.

        Raises:
            StoreError: the database does not take it; what is done stays done.
        """
        freed = 0
        if limit.before is not None:
            while step := await self._erase(limit, None, AlertRow.raised_at < limit.before):
                freed += step
        if limit.max_bytes is not None:
            while (excess := await self._bytes(limit) - limit.max_bytes) > 0:
                freed += await self._erase(limit, excess)
        return freed

    async def _bytes(self, limit: MediaLimit) -> int:
        query = (
            select(func.coalesce(func.sum(SnapshotRow.bytes), 0))
            .join(AlertRow, AlertRow.id == SnapshotRow.alert_id)
            .where(*_conditions(limit))
        )
        async with self._database.read() as session:
            return int(await session.scalar(query) or 0)

    async def _erase(self, limit: MediaLimit, excess_bytes: int | None, *further: ColumnElement[bool]) -> int:
        """Erase the media of the oldest alerts: `excess_bytes` or more if one batch has them; bytes erased."""
        oldest = (
            select(SnapshotRow)
            .join(AlertRow, AlertRow.id == SnapshotRow.alert_id)
            .where(*_conditions(limit), *further)
            .order_by(AlertRow.raised_at, AlertRow.id, SnapshotRow.kind)
            .limit(_ERASED_AT_ONCE)
        )
        gone: list[SnapshotRow] = []
        freed = 0
        async with self._database.write() as session:
            for row in await session.scalars(oldest):
                # The pictures of an alert go together.
                enough = excess_bytes is not None and freed >= excess_bytes
                if enough and gone and gone[-1].alert_id != row.alert_id:
                    break
                gone.append(row)
                freed += row.bytes
            for row in gone:
                await session.delete(row)
        await self._snapshots.delete_files([row.path for row in gone])
        return freed


def _conditions(limit: MediaLimit) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [SnapshotRow.kind.in_([kind.value for kind in limit.media])]
    if limit.kind is not None:
        conditions.append(AlertRow.kind == limit.kind.value)
    return conditions
