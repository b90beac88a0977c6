"""What the stored pictures and clips take, by kind of alert and of media."""

from dataclasses import dataclass

from sqlalchemy import func, select

from maskwatch.core.types import AlertKind
from maskwatch.store.database import Database
from maskwatch.store.snapshots import SnapshotKind
from maskwatch.store.tables import AlertRow, SnapshotRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KindUsage:
    """What is stored of one kind of alert."""

    kind: AlertKind
    alerts: int
    picture_bytes: int
    clip_bytes: int


class Usage:
    """Measures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_kind(self) -> list[KindUsage]:
        """Of each kind of alert that there is: how many, and what their pictures and clips take."""
        sizes = (
            select(AlertRow.kind, SnapshotRow.kind, func.sum(SnapshotRow.bytes))
            .join(AlertRow, AlertRow.id == SnapshotRow.alert_id)
            .group_by(AlertRow.kind, SnapshotRow.kind)
        )
        async with self._database.read() as session:
            counts = (await session.execute(select(AlertRow.kind, func.count()).group_by(AlertRow.kind))).all()
            rows = (await session.execute(sizes)).all()
        clips = {kind: int(size) for kind, media, size in rows if media == SnapshotKind.CLIP.value}
        everything: dict[str, int] = {}
        for kind, _, size in rows:
            everything[kind] = everything.get(kind, 0) + int(size)
        return [
            KindUsage(
                kind=AlertKind(kind),
                alerts=count,
                picture_bytes=everything.get(kind, 0) - clips.get(kind, 0),
                clip_bytes=clips.get(kind, 0),
            )
            for kind, count in sorted(counts)
        ]

    async def picture_bytes(self) -> int:
        """Bytes of all pictures that rows name."""
        return sum([usage.picture_bytes for usage in await self.by_kind()])

    async def clip_bytes(self) -> int:
        """Bytes of all clips that rows name."""
        return sum([usage.clip_bytes for usage in await self.by_kind()])
