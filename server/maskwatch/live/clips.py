"""A short clip of each alert, cut from the camera's own packets some seconds after it was raised."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from maskwatch.config import AlertSettings
from maskwatch.core.types import AlertAction, Look
from maskwatch.errors import StoreError
from maskwatch.live.mp4 import write_mp4
from maskwatch.live.ring import PacketRing

_log = structlog.get_logger(__name__)

_SETTLE_S = 0.3
"""How much later than its end a clip is cut: the last packets are on their way."""
_MOST_AT_ONCE = 32
"""Clips waiting for their end or being written; beyond, alerts go without one."""
_WRITERS = 2


class ClipTelemetry(Protocol):
    """What clips report."""

    def clip_failed(self, reason: str) -> None:
        """An alert goes without its clip, for this reason."""

    def stage_seconds(self, stage: str, seconds: float) -> None:
        """Writing a clip took this long."""


Keep = Callable[[str, datetime, Callable[[Path], None]], Awaitable[None]]
"""Writes a clip by the given function and ties it to its alert; raises `StoreError` if it can't be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    alert_id: str
    camera: str
    at_s: float
    raised_at: datetime


class ClipDesk:
    """Keeps a ring of packets for each camera, and cuts a clip for each alert. On the loop, but for the rings."""

    def __init__(self, settings: AlertSettings, keep: Keep, telemetry: ClipTelemetry) -> None:
        self._settings = settings
        self._keep = keep
        self._telemetry = telemetry
        self._rings: dict[str, PacketRing] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._writing = asyncio.Semaphore(_WRITERS)

    def tap(self, camera: str) -> PacketRing:
        """The ring of `camera`, a `SourceSink`; the same one each time until it is removed."""
        if camera not in self._rings:
            self._rings[camera] = PacketRing(
                keep_s=self._settings.clip_before_s, max_bytes=int(self._settings.clip_memory_megabytes * 1e6)
            )
        return self._rings[camera]

    def remove(self, camera: str) -> None:
        """The camera is no more; clips that wait for their end are cut from what there is."""
        self._rings.pop(camera, None)

    def submit(self, look: Look) -> None:
        """Begin a clip for each alert that this look raised. Never blocks."""
        frame = look.frame
        for change in look.changes:
            if change.action is AlertAction.RAISED and (ring := self._rings.get(change.camera)) is not None:
                raised_at = frame.captured_utc + timedelta(seconds=change.at_s - frame.captured_monotonic_s)
                wanted = _Wanted(
                    alert_id=change.alert_id,
                    camera=change.camera,
                    at_s=change.at_s,
                    raised_at=raised_at.astimezone(UTC),
                )
                self._begin(ring, wanted)

    async def close(self, timeout_s: float = 10.0) -> None:
        """Cut what waits for its end as it is; what can't be written in `timeout_s` is given up."""
        self._closing.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, ring: PacketRing, wanted: _Wanted) -> None:
        if len(self._tasks) >= _MOST_AT_ONCE:
            self._failed("overloaded", wanted)
            return
        task = asyncio.get_running_loop().create_task(self._make(ring, wanted), name=f"clip-{wanted.alert_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, ring: PacketRing, wanted: _Wanted) -> None:
        from_s, until_s = wanted.at_s - self._settings.clip_before_s, wanted.at_s + self._settings.clip_after_s
        ring.hold(from_s)
        try:
            await self._until(until_s + _SETTLE_S)
            footage = ring.cut(from_s, until_s)
        finally:
            ring.release(from_s)
        if footage is None:
            self._failed("no_footage", wanted)
            return
        try:
            async with self._writing:
                started_s = time.perf_counter()
                await self._keep(wanted.alert_id, wanted.raised_at, lambda file: write_mp4(footage, file))
                self._telemetry.stage_seconds("clip", time.perf_counter() - started_s)
        except StoreError as error:
            self._failed(error.code, wanted, error)
        # The supervisor of one clip: what goes wrong with it must cost nothing else.
        except Exception as error:  # noqa: BLE001
            self._failed("not_writable" if isinstance(error, ValueError) else "internal", wanted, error)

    async def _until(self, moment_s: float) -> None:
        """Wait until the monotonic clock shows `moment_s`, or the service ends."""
        try:
            async with asyncio.timeout(max(0.0, moment_s - time.monotonic())):
                await self._closing.wait()
        except TimeoutError:
            pass

    def _failed(self, reason: str, wanted: _Wanted, error: Exception | None = None) -> None:
        self._telemetry.clip_failed(reason)
        why = "" if error is None else str(error)
        _log.warning("an alert has no clip", alert=wanted.alert_id, camera=wanted.camera, reason=reason, error=why)
