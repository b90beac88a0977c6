"""What must not lose an alert: a killed process, a locked, full or vanished database."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import CloseReason
from maskwatch.store import Store
from maskwatch.store.recorder import AlertRecorder
from maskwatch.store.records import AlertEvent, AlertQuery, EventAction
from tests.fixtures.postgresql import Cluster
from tests.integration.store.parts import CountingTelemetry, closing_look, raising_look

_SCRIPTS = Path(__file__).parent / "scripts.py"


async def _all_alerts(store: Store) -> dict[str, bool]:
    """Every alert's id, and whether it has its picture."""
    found: dict[str, bool] = {}
    cursor = None
    while True:
        page, cursor = await store.alerts.list(AlertQuery(limit=200, cursor=cursor))
        found.update({alert.id: alert.has_face for alert in page})
        if cursor is None:
            return found


def _record_and_kill(settings: MaskwatchSettings, count: int) -> list[tuple[int, str]]:
    """Let a process record, and kill it in the middle after `count` alerts; which events it had published."""
    url = settings.database.url
    arguments = [str(settings.data_dir), *([url.get_secret_value()] if url else [])]
    command = [sys.executable, str(_SCRIPTS), "record-forever", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(count)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    told = [line.split() for line in lines if line.endswith("\n")]
    return [(int(event_id), alert_id) for event_id, alert_id in told]


async def test_a_killed_process_loses_nothing_it_has_told(settings: MaskwatchSettings) -> None:
    told = await asyncio.to_thread(_record_and_kill, settings, 40)
    assert len(told) >= 40

    store = await Store.open(settings)
    kept = await _all_alerts(store)
    assert {alert_id for _, alert_id in told} <= kept.keys()
    # Nothing half-written: each alert has its event and both of its pictures, and no picture is a torso.
    events = {event.event_id: event for event in await store.alerts.events_after(0, limit=5000)}
    assert sorted(events) == list(range(1, len(kept) + 1))
    assert all(events[event_id].alert.id == alert_id for event_id, alert_id in told)
    for alert_id, has_face in kept.items():
        assert has_face
        for kind in ("face", "frame"):
            file = await store.snapshots.path(alert_id, kind)
            assert file is not None
            assert file.read_bytes().endswith(b"\xff\xd9"), "the end of a JPEG"
    assert [camera.name for camera in await store.cameras.list()] == ["lobby"]
    closed = await store.alerts.close_open(CloseReason.SERVER_RESTARTED)
    assert len(closed) == len(kept)
    await store.close()


class _Recording:
    def __init__(self, store: Store, settings: MaskwatchSettings) -> None:
        self.telemetry = CountingTelemetry()
        self.failed, self.published = asyncio.Event(), asyncio.Event()
        self.telemetry.record_failed = self._on_failure  # type: ignore[method-assign]
        self.events: list[AlertEvent] = []
        self.expected = 0
        self.recorder = AlertRecorder(store, settings, self.telemetry, self._on_event)

    def _on_failure(self, reason: str) -> None:
        self.telemetry.record_failures[reason] += 1
        self.failed.set()

    def _on_event(self, event: AlertEvent) -> None:
        self.events.append(event)
        if len(self.events) >= self.expected:
            self.published.set()

    async def until(self, count: int) -> None:
        self.expected = count
        if len(self.events) < count:
            self.published.clear()
            await self.published.wait()


@pytest.fixture
async def sqlite_store(sqlite_settings: MaskwatchSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr("maskwatch.store.database._BUSY_TIMEOUT_S", 0.05)
    store = await Store.open(sqlite_settings)
    yield store
    await store.close()


async def test_a_database_locked_for_a_while_loses_nothing(
    sqlite_store: Store, sqlite_settings: MaskwatchSettings
) -> None:
    recording = _Recording(sqlite_store, sqlite_settings)
    recording.recorder.submit(raising_look("before"))
    await recording.until(1)

    lock = sqlite3.connect(sqlite_settings.data_dir / "maskwatch.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    for number in range(5):
        recording.recorder.submit(raising_look(f"during-{number}"))
    recording.recorder.submit(closing_look("before"))
    await recording.failed.wait()
    assert set(recording.telemetry.record_failures) == {"store_busy"}
    assert len(recording.events) == 1
    assert recording.telemetry.waiting == 6
    lock.execute("ROLLBACK")
    lock.close()

    await recording.until(7)
    await recording.recorder.close()
    actions = [(event.event_id, event.action, event.alert.id) for event in recording.events]
    assert actions == [
        (1, EventAction.RAISED, "before"),
        *((number + 2, EventAction.RAISED, f"during-{number}") for number in range(5)),
        (7, EventAction.CLOSED, "before"),
    ]
    assert recording.telemetry.waiting == 0
    assert not sqlite_store.backlog._file.exists()


async def test_killed_while_the_database_is_locked(sqlite_store: Store, sqlite_settings: MaskwatchSettings) -> None:
    """What waits is in a file from the first failed try on, so that even then nothing is lost."""
    recording = _Recording(sqlite_store, sqlite_settings)
    lock = sqlite3.connect(sqlite_settings.data_dir / "maskwatch.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    recording.recorder.submit(raising_look("a"))
    recording.recorder.submit(closing_look("a"))
    while not sqlite_store.backlog._file.exists():
        recording.failed.clear()
        await recording.failed.wait()
    for task in recording.recorder._tasks:  # as if killed: nothing is drained, nothing saved
        task.cancel()
    await asyncio.gather(*recording.recorder._tasks, return_exceptions=True)
    lock.execute("ROLLBACK")
    lock.close()

    again = await Store.open(sqlite_settings)
    assert (await again.alerts.get("a")).has_face
    assert [event.action for event in await again.alerts.events_after(0)][:1] == [EventAction.RAISED]
    await again.close()


@pytest.mark.postgresql
async def test_postgresql_restarts_and_nothing_is_lost(own_postgresql: Cluster, tmp_path: Path) -> None:
    settings = MaskwatchSettings.model_validate({"data_dir": tmp_path, "database": {"url": own_postgresql.url()}})
    store = await Store.open(settings)
    recording = _Recording(store, settings)
    recording.recorder.submit(raising_look("before"))
    await recording.until(1)

    await asyncio.to_thread(own_postgresql.stop)
    recording.recorder.submit(raising_look("during"))
    recording.recorder.submit(closing_look("during"))
    await recording.failed.wait()
    assert set(recording.telemetry.record_failures) == {"store_unreachable"}
    assert len(recording.events) == 1
    await asyncio.to_thread(own_postgresql.start)

    await recording.until(3)
    await recording.recorder.close()
    assert [event.event_id for event in recording.events] == [1, 2, 3]
    assert (await store.snapshots.path("during", "face")) is not None
    await store.close()


def _on_a_small_disk(folder: Path, megabytes: int, script: str) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts with its data on a file system of a few megabytes that nobody else sees."""
    namespaces = ["--mount"] if os.getuid() == 0 else ["--user", "--map-root-user", "--mount"]
    steps = (
        f"mount -t tmpfs -o size={megabytes}m tmpfs '{folder}'"
        f" && head -c {megabytes * 1_000_000 // 2} /dev/zero > '{folder}/ballast'"
        f" && exec '{sys.executable}' '{_SCRIPTS}' {script} '{folder}'"
    )
    command = ["unshare", *namespaces, "sh", "-c", steps]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)


async def test_a_full_disk_loses_no_alert(tmp_path: Path) -> None:
    done = await asyncio.to_thread(_on_a_small_disk, tmp_path, 6, "record-until-full")
    assert done.returncode == 0, done.stderr
    failed, recorded = (line.split() for line in done.stdout.splitlines() if line.startswith(("failed", "recorded")))
    assert set(failed[1:]) == {"store_disk_full", "snapshot_disk_full", "backlog_failed"}, done.stdout
    assert recorded[1] == recorded[3], "every alert that was submitted is recorded"
    assert int(recorded[6]) > 0, "some of them without their picture"
    # Said once, not once an alert.
    said = [line for line in done.stdout.splitlines() if "alerts are kept without their pictures" in line]
    assert len(said) <= 2, done.stdout
