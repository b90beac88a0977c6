"""Cameras whose alerts somebody switched off for a while: kept, so that a restart does not arm them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from maskwatch.core.arming import Disarm
from maskwatch.store.database import Database
from maskwatch.store.tables import DisarmRow, without_nul

_LONGEST_NAME = 100


class Disarms:
    """Reads and writes who disarmed which camera until when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, now: datetime) -> Mapping[str, Disarm]:
        """Those that are not over, by camera; the others are forgotten."""
        async with self._database.write() as session:
            await session.execute(delete(DisarmRow).where(DisarmRow.until <= now))
            rows = (await session.scalars(select(DisarmRow))).all()
        return {row.camera: Disarm(since_utc=row.since, until_utc=row.until, by=row.by) for row in rows}

    async def put(self, cameras: Iterable[str], disarm: Disarm) -> None:
        """Keep that `cameras` are disarmed, in the place of what was kept of them."""
        by = without_nul(disarm.by[:_LONGEST_NAME]) if disarm.by else None
        async with self._database.write() as session:
            for camera in cameras:
                await session.merge(DisarmRow(camera=camera, since=disarm.since_utc, until=disarm.until_utc, by=by))

    async def remove(self, cameras: Iterable[str]) -> None:
        """Forget that `cameras` are disarmed."""
        async with self._database.write() as session:
            await session.execute(delete(DisarmRow).where(DisarmRow.camera.in_(list(cameras))))
