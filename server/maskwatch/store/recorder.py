"""From a look to the database: every change of an alert, in order, with its pictures, however long it takes."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import AlertAction, AlertChange, CloseReason, Keepsake, Look
from maskwatch.errors import StoreError
from maskwatch.pipeline.backoff import Backoff
from maskwatch.store.backlog import Pending, PendingClose, PendingRaise, PendingTell
from maskwatch.store.evidence import new_alert, plain_facts
from maskwatch.store.records import AlertEvent, EventAction
from maskwatch.store.snapshots import PictureMaterial, SavedSnapshot
from maskwatch.store.store import Store

_log = structlog.get_logger(__name__)

_MOST_PICTURES_WAITING = 16
"""Frames held in memory for their snapshots; beyond, alerts go without a picture. An alert itself is never dropped."""
_REFUSED_AT_MOST = 5
"""How often an alert is tried that the database refuses for what it is, before it is set aside."""
_LONGEST_WAIT_S = 10.0
_MOST_EARLY_CLOSINGS = 256
_AFTER_FAULT_S = 0.2


class RecorderTelemetry(Protocol):
    """What the recorder reports."""

    def stage_seconds(self, stage: str, seconds: float) -> None:
        """One pass of a stage (snapshot, record) took this long."""

    def alert_changed(self, change: AlertChange, frame_age_s: float | None) -> None:
        """A change is committed and published; `frame_age_s` is the age of the deciding frame at that moment."""

    def alerts_waiting(self, count: int) -> None:
        """Changes that are not committed yet."""

    def record_failed(self, reason: str) -> None:
        """The database did not take a change, with this error code; it is tried again."""

    def snapshot_failed(self, reason: str) -> None:
        """An alert goes without its pictures, with this error code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submitted:
    """A change as it came, with what its record and its pictures are made from."""

    change: AlertChange
    at: datetime
    frame_size: tuple[int, int]
    material: PictureMaterial | None
    snapshot_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    change: AlertChange
    pending: Pending


class AlertRecorder:
    """Writes changes of alerts one after the other, and tells of each once it is committed.

    Two steps, so that a database that is away holds up no picture: pictures go to disk and frames out of memory, then
    the record waits its turn. While the database does not take records they are kept in the store's backlog too.
    """

    def __init__(
        self,
        store: Store,
        settings: MaskwatchSettings,
        telemetry: RecorderTelemetry,
        on_event: Callable[[AlertEvent], None],
    ) -> None:
        """Start recording; call it on the loop."""
        self._store = store
        self._keeps_snapshots = settings.retention.snapshots
        seconds = settings.alerts.escalate_after_s
        self._escalate_after = timedelta(seconds=seconds) if seconds is not None else None
        self._telemetry = telemetry
        self._on_event = on_event
        self._submitted: asyncio.Queue[_Submitted] = asyncio.Queue()
        self._pictures_waiting = 0
        self._waiting: deque[_Waiting] = deque()
        self._raised: set[str] = set()
        """Alerts this recorder raised and has not closed."""
        self._early: dict[str, _Waiting] = {}
        """Closings of alerts nobody knew: a camera was lost while the look that raised them was on its way."""
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._record_problem: str | None = None
        self._snapshot_problem: str | None = None
        self._tasks = [
            asyncio.create_task(self._forever(self._illustrate_next), name="alert-snapshots"),
            asyncio.create_task(self._forever(self._record_next), name="alert-recorder"),
        ]

    def submit(self, look: Look) -> None:
        """Take the changes of a look. Never blocks, drops none; a look without changes costs nothing."""
        for change in look.changes:
            self._submitted.put_nowait(self._as_submitted(look, change))
        if look.changes:
            self._report_waiting()

    def submit_changes(self, changes: Sequence[AlertChange]) -> None:
        """Take changes without a look: their camera is gone, paused or back. Never blocks, drops none."""
        now, now_s = datetime.now(UTC), time.monotonic()
        for change in changes:
            at = now + timedelta(seconds=change.at_s - now_s)
            self._submitted.put_nowait(_Submitted(change=change, at=at, frame_size=(0, 0), material=None))
        self._report_waiting()

    async def close(self, timeout_s: float = 15.0) -> None:
        """Record what is left; what the database does not take in `timeout_s` is kept for the next start."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._submitted.join()
                await self._idle.wait()
        except TimeoutError:
            _log.error("the database does not take the last alerts; they are kept for the next start")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while not self._submitted.empty():
            self._waiting.append(self._as_waiting(self._submitted.get_nowait(), ()))
        if self._waiting:
            await self._save_backlog()

    def _as_submitted(self, look: Look, change: AlertChange) -> _Submitted:
        frame = look.frame
        at = frame.captured_utc + timedelta(seconds=change.at_s - frame.captured_monotonic_s)
        size = (frame.picture.width, frame.picture.height)
        submitted = _Submitted(change=change, at=at, frame_size=size, material=None)
        if change.action is not AlertAction.RAISED or not self._keeps_snapshots:
            return submitted
        if self._pictures_waiting >= _MOST_PICTURES_WAITING:
            self._snapshot_failed("snapshot_overloaded", "too many alerts at once")
            return replace(submitted, snapshot_error="snapshot_overloaded")
        self._pictures_waiting += 1
        return replace(submitted, material=_material(look, change))

    async def _forever(self, step: Callable[[], Awaitable[None]]) -> None:
        """The supervisor of both steps: whatever one alert or one listener does, the next alert is recorded."""
        while True:
            try:
                await step()
            except Exception as error:  # noqa: BLE001
                self._telemetry.record_failed("internal")
                _log.error("recording an alert failed unexpectedly", exc_info=error)
                await asyncio.sleep(_AFTER_FAULT_S)

    async def _illustrate_next(self) -> None:
        submitted = await self._submitted.get()
        try:
            self._waiting.append(await self._illustrate(submitted))
            self._idle.clear()
            self._wake.set()
        except asyncio.CancelledError:
            # The end comes before the pictures: the alert is kept for the next start without them.
            self._waiting.append(self._as_waiting(submitted, ()))
            raise
        finally:
            self._submitted.task_done()

    async def _illustrate(self, submitted: _Submitted) -> _Waiting:
        """Write the pictures of a new alert. Whatever goes wrong costs the pictures, not the alert."""
        change, material = submitted.change, submitted.material
        if material is None:
            return self._as_waiting(submitted, ())
        started_s = time.perf_counter()
        try:
            saved = await self._store.snapshots.save(change.alert_id, submitted.at, material)
        # Part of the supervisor: no fault of the pictures, foreseen or not, may cost an alert.
        except Exception as error:  # noqa: BLE001
            code = error.code if isinstance(error, StoreError) else "snapshot_failed"
            self._snapshot_failed(code, error)
            return self._as_waiting(replace(submitted, snapshot_error=code), ())
        finally:
            self._pictures_waiting -= 1
        self._telemetry.stage_seconds("snapshot", time.perf_counter() - started_s)
        if self._snapshot_problem is not None:
            _log.info("pictures of alerts are kept again")
            self._snapshot_problem = None
        return self._as_waiting(submitted, tuple(saved))

    def _as_waiting(self, submitted: _Submitted, snapshots: tuple[SavedSnapshot, ...]) -> _Waiting:
        change = submitted.change
        if change.action is AlertAction.RAISED:
            alert = new_alert(
                change,
                at=submitted.at,
                frame_size=submitted.frame_size,
                keepsake=_shown(submitted.material) if snapshots else None,
                snapshot_error=submitted.snapshot_error,
            )
            if self._escalate_after is not None:
                alert = replace(alert, escalate_at=submitted.at + self._escalate_after)
            pending: Pending = PendingRaise(alert=alert, snapshots=snapshots)
            return _Waiting(change=change, pending=pending)
        measured = plain_facts(change.measured.values) if change.measured is not None else None
        if change.action is AlertAction.CLOSED:
            reason = change.reason or CloseReason.LEFT
            pending = PendingClose(alert_id=change.alert_id, reason=reason, at=submitted.at, measured=measured)
        else:
            action = EventAction(change.action.value)
            pending = PendingTell(alert_id=change.alert_id, action=action, at=submitted.at, measured=measured or {})
        return _Waiting(change=change, pending=pending)

    async def _record_next(self) -> None:
        if not self._waiting:
            self._idle.set()
            self._wake.clear()
            await self._wake.wait()
        waiting = self._waiting[0]
        event = await self._record(waiting)
        self._waiting.popleft()
        self._report_waiting()
        if self._came_too_early(waiting, event):
            return
        try:
            if event is not None:
                self._on_event(event)
        finally:
            self._telemetry.alert_changed(waiting.change, time.monotonic() - waiting.change.at_s)

    def _came_too_early(self, done: _Waiting, event: AlertEvent | None) -> bool:
        """Whether this closes an alert still to come; it is kept, and follows once the alert is there."""
        alert_id = done.change.alert_id
        if isinstance(done.pending, PendingRaise):
            self._raised.add(alert_id)
            if (closing := self._early.pop(alert_id, None)) is not None:
                self._waiting.appendleft(closing)
            return False
        if isinstance(done.pending, PendingTell):
            return False
        if event is not None or alert_id in self._raised:
            self._raised.discard(alert_id)
            return False
        self._early[alert_id] = done
        if len(self._early) > _MOST_EARLY_CLOSINGS:
            del self._early[next(iter(self._early))]
        return True

    async def _record(self, waiting: _Waiting) -> AlertEvent | None:
        """Commit one change, trying until it is done."""
        backoff = Backoff(first_s=0.2, longest_s=_LONGEST_WAIT_S)
        refused = 0
        while True:
            started_s = time.perf_counter()
            try:
                event = await waiting.pending.commit(self._store.alerts)
            # Part of the supervisor: whatever one alert meets, those behind it must still be recorded.
            except Exception as error:  # noqa: BLE001
                refused += not isinstance(error, StoreError) or error.code == StoreError.code
                await self._record_failed(error)
            else:
                self._telemetry.stage_seconds("record", time.perf_counter() - started_s)
                await self._taken()
                return event
            if refused >= _REFUSED_AT_MOST:
                _log.error("the database refuses an alert; it is set aside", alert=waiting.change.alert_id)
                await self._store.backlog.set_aside(waiting.pending)
                await self._taken()
                return None
            await asyncio.sleep(backoff.next_s())

    async def _record_failed(self, error: Exception) -> None:
        code = error.code if isinstance(error, StoreError) else StoreError.code
        self._telemetry.record_failed(code)
        if code != self._record_problem:
            self._record_problem = code
            cause = None if isinstance(error, StoreError) else error
            _log.error("alerts can't be recorded; trying again", code=code, error=str(error), exc_info=cause)
        await self._save_backlog()

    async def _taken(self) -> None:
        """The first that waits is where it belongs. If it was the last, nothing is left to keep for the next start."""
        if self._record_problem is not None and len(self._waiting) == 1:
            self._record_problem = None
            await self._store.backlog.clear()
            _log.info("alerts are recorded again")

    async def _save_backlog(self) -> None:
        try:
            await self._store.backlog.save([waiting.pending for waiting in self._waiting])
        except StoreError as error:
            self._telemetry.record_failed(error.code)
            _log.error("waiting alerts are in memory only", code=error.code, error=str(error))

    def _snapshot_failed(self, code: str, problem: object) -> None:
        self._telemetry.snapshot_failed(code)
        if code != self._snapshot_problem:
            self._snapshot_problem = code
            _log.error("alerts are kept without their pictures", code=code, error=str(problem))

    def _report_waiting(self) -> None:
        self._telemetry.alerts_waiting(self._submitted.qsize() + len(self._waiting))


def _shown(material: PictureMaterial | None) -> Keepsake | None:
    """The keepsake whose face is the alert's picture; with a large stream, the face is cut out of that instead."""
    return material.keepsake if material is not None and material.full is None else None


def _material(look: Look, change: AlertChange) -> PictureMaterial:
    return PictureMaterial(
        picture=look.frame.picture,
        box=change.evidence.box if change.evidence is not None else None,
        kind=change.kind,
        others=[
            track.observation.face.box
            for track in look.tracks
            if track.observation is not None and track.id != change.track_id
        ],
        keepsake=look.keepsakes.get(change.alert_id),
        full=look.frame.full,
    )
