"""Alerts on their way into the database; kept in a file when it does not take them, so that a restart loses none."""

import asyncio
import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from maskwatch.core.types import CloseReason
from maskwatch.errors import StoreError
from maskwatch.store.alert_rows import alert_from_json, alert_to_json
from maskwatch.store.alerts import Alerts
from maskwatch.store.records import AlertEvent, EventAction, StoredAlert
from maskwatch.store.snapshots import SavedSnapshot, SnapshotKind

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRaise:
    """An alert to be kept, with the pictures that are on disk already."""

    alert: StoredAlert
    snapshots: tuple[SavedSnapshot, ...] = ()

    async def commit(self, alerts: Alerts) -> AlertEvent | None:
        """Write it; may be done again after an error whose outcome is not known."""
        return await alerts.raise_(self.alert, self.snapshots)

    def to_json(self) -> dict[str, Any]:
        """For the backlog's file."""
        pictures = [{"kind": item.kind.value, "path": item.path, "bytes": item.bytes} for item in self.snapshots]
        return {"raise": alert_to_json(self.alert), "snapshots": pictures}


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingClose:
    """An alert to be closed."""

    alert_id: str
    reason: CloseReason
    at: datetime
    measured: Mapping[str, Any] | None = None

    async def commit(self, alerts: Alerts) -> AlertEvent | None:
        """Write it; may be done again after an error whose outcome is not known."""
        return await alerts.close(self.alert_id, self.reason, self.at, self.measured)

    def to_json(self) -> dict[str, Any]:
        """For the backlog's file."""
        values = {"close": self.alert_id, "reason": self.reason.value, "at": self.at.isoformat()}
        return values if self.measured is None else {**values, "measured": dict(self.measured)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingTell:
    """An alert that was updated or reminded of."""

    alert_id: str
    action: EventAction
    at: datetime
    measured: Mapping[str, Any]

    async def commit(self, alerts: Alerts) -> AlertEvent | None:
        """Write it; after an error whose outcome is not known, it may be told twice."""
        return await alerts.tell(self.alert_id, self.action, self.at, self.measured)

    def to_json(self) -> dict[str, Any]:
        """For the backlog's file."""
        return {
            "tell": self.alert_id,
            "action": self.action.value,
            "at": self.at.isoformat(),
            "measured": dict(self.measured),
        }


Pending = PendingRaise | PendingClose | PendingTell


class Backlog:
    """A file of pending alerts, oldest first. It exists only while the database does not take them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._newest_save = 0
        self._writing = threading.Lock()

    async def save(self, pending: Iterable[Pending]) -> None:
        """Replace what the file holds.

        Raises:
            StoreError: the file can't be written.
        """
        items = tuple(pending)
        self._newest_save += 1
        try:
            # Text is made in the thread too: it takes seconds for some thousands of alerts.
            await asyncio.to_thread(self._write, items, self._newest_save)
        except OSError as error:
            raise StoreError(
                f"Alerts that wait for the database can't be kept in {self._file}: {error.strerror}.",
                remedy="Free some space on the disk of the data folder, and do not stop maskwatch before.",
                code="backlog_failed",
            ) from None

    async def set_aside(self, pending: Pending) -> None:
        """Keep, for a person to look at, an alert the database refuses for what it is."""
        await asyncio.to_thread(_append, self._file.with_suffix(".refused.jsonl"), json.dumps(pending.to_json()))

    async def clear(self) -> None:
        """All of it is in the database."""
        await asyncio.to_thread(self._file.unlink, missing_ok=True)

    async def replay(self, alerts: Alerts) -> int:
        """Record what a former run could not; how many changes there were.

        Raises:
            StoreError: the database still does not take them; they stay in the file.
        """
        pending = await asyncio.to_thread(self._load)
        for item in pending:
            try:
                await item.commit(alerts)
            except StoreError as error:
                if error.code != StoreError.code:
                    raise
                _log.error("the database refuses an alert; it is set aside", error=error.message)
                await self.set_aside(item)
        if pending:
            _log.info("recorded alerts that a former run could not", changes=len(pending))
            await self.clear()
        return len(pending)

    def _write(self, pending: Iterable[Pending], number: int) -> None:
        # The thread of a save that was cancelled goes on: it must neither mix with the next one nor come after it.
        with self._writing:
            if number == self._newest_save:
                _write_whole(self._file, json.dumps([item.to_json() for item in pending]))

    def _load(self) -> list[Pending]:
        try:
            values = json.loads(self._file.read_text(encoding="utf-8"))
            return [_from_json(value) for value in values]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(
                f"The file {self._file} can't be read: {error.strerror}.",
                remedy="Make it readable: it holds alerts that are not in the database yet.",
            ) from None
        except (ValueError, LookupError, TypeError, AttributeError):
            damaged = self._file.with_suffix(".damaged.json")
            _log.error("the file of waiting alerts is damaged; it is set aside", file=str(damaged))
            self._file.replace(damaged)
            return []


def _from_json(values: dict[str, Any]) -> Pending:
    if "close" in values:
        return PendingClose(
            alert_id=values["close"],
            reason=CloseReason(values["reason"]),
            at=datetime.fromisoformat(values["at"]),
            measured=values.get("measured"),
        )
    if "tell" in values:
        return PendingTell(
            alert_id=values["tell"],
            action=EventAction(values["action"]),
            at=datetime.fromisoformat(values["at"]),
            measured=values["measured"],
        )
    pictures = tuple(
        SavedSnapshot(kind=SnapshotKind(item["kind"]), path=item["path"], bytes=item["bytes"])
        for item in values["snapshots"]
    )
    return PendingRaise(alert=alert_from_json(values["raise"]), snapshots=pictures)


def _write_whole(file: Path, text: str) -> None:
    partial = file.with_suffix(".part")
    _append(partial, text, flags=os.O_TRUNC)
    partial.replace(file)


def _append(file: Path, text: str, flags: int = os.O_APPEND) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
