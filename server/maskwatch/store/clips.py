"""Clips of alerts: written beside the pictures, and named by a row once their alert is known to be there."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path

from maskwatch.errors import StoreError
from maskwatch.pipeline.backoff import Backoff
from maskwatch.store.alert_rows import stored_alerts
from maskwatch.store.database import Database
from maskwatch.store.events import EventLog
from maskwatch.store.records import AlertEvent, EventAction
from maskwatch.store.snapshots import SavedSnapshot, SnapshotKind, Snapshots
from maskwatch.store.tables import AlertRow, SnapshotRow

_PATIENCE_S = 600.0
"""How long a clip waits for its alert to be recorded."""


class NoAlert(Enum):
    """Why a clip can't be attached to its alert."""

    NOT_YET = auto()
    """The alert is not recorded (yet)."""
    ERASED = auto()


class Clips:
    """Keeps clips. Whoever writes one attaches or discards it; a file that no row names goes with the next sweep."""

    def __init__(self, database: Database, snapshots: Snapshots) -> None:
        self._database = database
        self._snapshots = snapshots

    async def keep(self, alert_id: str, raised_at: datetime, make: Callable[[Path], None]) -> AlertEvent | None:
        """Write a clip and tie it to its alert, which may take its time; None if the alert was erased meanwhile.

        Raises:
            StoreError: the clip can't be written, or the alert never came to be.
        """
        clip = await self.write(alert_id, raised_at, make)
        backoff = Backoff(first_s=0.2, longest_s=10.0)
        give_up_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                told = await self.attach(alert_id, clip)
            except StoreError:
                told = NoAlert.NOT_YET
            if isinstance(told, AlertEvent):
                return told
            if told is NoAlert.ERASED:
                await self.discard(clip)
                return None
            if time.monotonic() >= give_up_s:
                # Its file is left to the sweep: it may be tied by a commit whose outcome is not known.
                raise StoreError("The alert of a clip was not recorded in time.", code="clip_without_alert")
            await asyncio.sleep(backoff.next_s())

    async def write(self, alert_id: str, raised_at: datetime, make: Callable[[Path], None]) -> SavedSnapshot:
        """Let `make` write an MP4 file, in a thread.

        Raises:
            StoreError: the disk is full or the folder can't be written; nothing is left behind.
        """
        return await self._snapshots.write(alert_id, raised_at, SnapshotKind.CLIP, ".mp4", make)

    async def attach(self, alert_id: str, clip: SavedSnapshot) -> AlertEvent | NoAlert:
        """Tie the clip to its alert, and tell; doing it again gives the same event."""
        async with self._database.write() as session:
            events = EventLog(session)
            await events.lock()
            row = await session.get(AlertRow, alert_id)
            if row is None:
                erased = await events.of_alert(alert_id, EventAction.ERASED) is not None
                return NoAlert.ERASED if erased else NoAlert.NOT_YET
            if (told := await events.of_alert(alert_id, EventAction.CLIP)) is not None:
                return told
            session.add(SnapshotRow(alert_id=alert_id, kind=clip.kind.value, path=clip.path, bytes=clip.bytes))
            await session.flush()
            alerts = await stored_alerts(session, [row])
            return (await events.append(EventAction.CLIP, datetime.now(UTC), alerts))[0]

    async def discard(self, clip: SavedSnapshot) -> None:
        """Delete a clip that belongs to no alert."""
        await self._snapshots.delete_files([clip.path])
