"""The clock of the alerts: wakes those whose snooze has run out, escalates those that nobody acknowledged in time."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog

from maskwatch.errors import StoreError
from maskwatch.store.life import AlertLife
from maskwatch.store.records import AlertEvent, EventAction

_log = structlog.get_logger(__name__)

_LONGEST_WAIT_S = 30.0
"""The wall clock may be set: look at it again after this long, whatever the next moment was."""
_AFTER_FAULT_S = 5.0
_SETS_A_TIME = frozenset({EventAction.RAISED, EventAction.SNOOZED, EventAction.WOKEN})


class ClockTelemetry(Protocol):
    """What the clock reports."""

    def record_failed(self, reason: str) -> None:
        """The database did not take a change, with this error code; it is tried again."""


class AlertClock:
    """Keeps no times of its own: what is due is read from the database, so a restart forgets nothing."""

    def __init__(self, life: AlertLife, on_event: Callable[[AlertEvent], None], telemetry: ClockTelemetry) -> None:
        self._life = life
        self._on_event = on_event
        self._telemetry = telemetry
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the loop; what fell due while nobody looked is done at once."""
        self._task = asyncio.create_task(self._run(), name="alert-clock")

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def hear(self, event: AlertEvent) -> None:
        """Something happened to an alert; it may have set a time that comes sooner than the one waited for."""
        if event.action in _SETS_A_TIME:
            self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                wait_s = await self._turn()
            # The supervisor of the clock: one turn that fails must not stop it.
            except Exception as error:  # noqa: BLE001
                self._telemetry.record_failed(error.code if isinstance(error, StoreError) else "internal")
                cause = None if isinstance(error, StoreError) else error
                _log.error("snoozed alerts wait for the database", error=str(error), exc_info=cause)
                wait_s = _AFTER_FAULT_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _turn(self) -> float:
        """Do what is due; seconds until the next look at the clock."""
        due = await self._life.next_due()
        while due is not None and due <= datetime.now(UTC):
            for event in await self._life.pass_time(datetime.now(UTC)):
                self._on_event(event)
            due = await self._life.next_due()
        if due is None:
            return _LONGEST_WAIT_S
        return min(_LONGEST_WAIT_S, max(0.0, (due - datetime.now(UTC)).total_seconds()))
