"""How long things are kept: erases what is too old or too much, at the start and every hour."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from maskwatch.config import RetentionSettings
from maskwatch.core.types import AlertKind
from maskwatch.errors import StoreError
from maskwatch.store.media_limits import MediaLimit
from maskwatch.store.records import AlertEvent
from maskwatch.store.snapshots import PICTURES, SnapshotKind
from maskwatch.store.store import Store

_log = structlog.get_logger(__name__)

_EVERY_S = 3600.0
_MEASURE_EVERY_S = 60.0
_BYTES_PER_MEGABYTE = 1e6


class RetentionTelemetry(Protocol):
    """What retention reports."""

    def snapshots_stored(self, total_bytes: int) -> None:
        """Bytes of all pictures."""

    def clips_stored(self, total_bytes: int) -> None:
        """Bytes of all clips."""

    def disk_free(self, free_bytes: int) -> None:
        """Bytes free on the disk of the pictures."""

    def retention_failed(self, reason: str) -> None:
        """A round failed with this error code; the next one tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What one round took away."""

    alerts: int = 0
    media_bytes: int = 0
    orphans: int = 0


class Retention:
    """Erases the oldest alerts, pictures and clips beyond the limits. `on_event` hears of each alert erased."""

    def __init__(
        self,
        store: Store,
        settings: RetentionSettings,
        on_event: Callable[[AlertEvent], None],
        telemetry: RetentionTelemetry,
    ) -> None:
        self._store = store
        self._settings = settings
        self._max_age = timedelta(days=settings.max_age_days)
        self._telemetry = telemetry
        self._on_event = on_event
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the loop: the first round comes at once."""
        self._task = asyncio.create_task(self.run(), name="retention")

    async def close(self) -> None:
        """Stop; a round that runs is broken off between two transactions."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run(self, *, every_s: float = _EVERY_S, measure_every_s: float = _MEASURE_EVERY_S) -> None:
        """Erase now and every `every_s`, measure the disk in between; until cancelled."""
        loop = asyncio.get_running_loop()
        next_round_s = loop.time()
        while True:
            try:
                if loop.time() >= next_round_s:
                    next_round_s = loop.time() + every_s
                    await self.erase_surplus(datetime.now(UTC))
                await self._measure()
            # The supervisor of these rounds: one that fails must not end them.
            except Exception as error:  # noqa: BLE001
                self._failed(error)
            await asyncio.sleep(measure_every_s)

    def _failed(self, error: Exception) -> None:
        expected = isinstance(error, StoreError)
        code = error.code if isinstance(error, StoreError) else "internal"
        self._telemetry.retention_failed(code)
        _log.error(
            "old alerts can't be erased; the next round tries again",
            code=code,
            error=str(error),
            exc_info=None if expected else error,
        )

    async def erase_surplus(self, now: datetime) -> Erased:
        """One round, as of `now`.

        Alerts older than the limit (of all, and of their kind) go, with their pictures and clips; those still open
        stay until they are closed. Then pictures and clips go that are beyond their limits; their alerts stay.

        Raises:
            StoreError: the database does not take it; what is done stays done.
        """
        alerts = await self._erase_alerts(now - self._max_age)
        for kind, limits in self._settings.kinds.items():
            if limits.max_age_days is not None:
                alerts += await self._erase_alerts(now - timedelta(days=limits.max_age_days), kind)
        await self._store.alerts.prune_events(now - self._max_age)
        erased = Erased(
            alerts=alerts,
            media_bytes=sum([await self._store.media_limits.hold(limit) for limit in self._limits(now)]),
            orphans=await self._store.snapshots.sweep(),
        )
        if erased != Erased():
            _log.info(
                "erased by retention", alerts=erased.alerts, media_bytes=erased.media_bytes, orphans=erased.orphans
            )
        return erased

    async def _erase_alerts(self, before: datetime, kind: AlertKind | None = None) -> int:
        count = 0
        while events := await self._store.alerts.erase_closed_before(before, kind):
            count += len(events)
            for event in events:
                self._on_event(event)
        return count

    def _limits(self, now: datetime) -> Iterator[MediaLimit]:
        """The limits of pictures and clips: of all, then of each kind of alert that has its own."""
        settings = self._settings
        yield MediaLimit(
            media=PICTURES,
            before=_days_before(now, settings.picture_max_age_days),
            max_bytes=_bytes(settings.max_megabytes),
        )
        yield MediaLimit(
            media=(SnapshotKind.CLIP,),
            before=_days_before(now, settings.clip_max_age_days),
            max_bytes=_bytes(settings.clip_max_megabytes),
        )
        for kind, limits in settings.kinds.items():
            if limits.max_megabytes is not None:
                yield MediaLimit(media=tuple(SnapshotKind), kind=kind, max_bytes=_bytes(limits.max_megabytes))

    async def _measure(self) -> None:
        self._telemetry.snapshots_stored(await self._store.usage.picture_bytes())
        self._telemetry.clips_stored(await self._store.usage.clip_bytes())
        self._telemetry.disk_free(await self._store.snapshots.free_bytes())


def _days_before(now: datetime, days: float | None) -> datetime | None:
    return now - timedelta(days=days) if days is not None else None


def _bytes(megabytes: float) -> int:
    return int(megabytes * _BYTES_PER_MEGABYTE)
