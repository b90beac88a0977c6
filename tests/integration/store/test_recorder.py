import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import AlertAction, AlertKind, CloseReason, Look
from maskwatch.errors import StoreError
from maskwatch.store import Store
from maskwatch.store.backlog import Backlog, PendingRaise
from maskwatch.store.recorder import AlertRecorder
from maskwatch.store.records import AlertEvent, AlertQuery, AlertState, EventAction
from tests.integration.store.parts import CountingTelemetry, closing_look, new_alert, picture, raising_look


class Recording:
    """A recorder, with what it tells; `until(n)` waits for the n-th event."""

    def __init__(self, store: Store, settings: MaskwatchSettings) -> None:
        self.store = store
        self.telemetry = CountingTelemetry()
        self.events: list[AlertEvent] = []
        self._changed = asyncio.Condition()
        self.recorder = AlertRecorder(store, settings, self.telemetry, self._on_event)

    def _on_event(self, event: AlertEvent) -> None:
        self.events.append(event)
        self._notifier = asyncio.ensure_future(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, count: int) -> list[AlertEvent]:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events


@pytest.fixture
async def recording(store: Store, settings: MaskwatchSettings) -> AsyncIterator[Recording]:
    recording = Recording(store, settings)
    yield recording
    await recording.recorder.close()


async def test_an_alert_with_its_pictures_and_its_end(recording: Recording) -> None:
    look = raising_look()
    change = look.changes[0]
    recording.recorder.submit(look)
    recording.recorder.submit(closing_look(change.alert_id))
    raised, closed = await recording.until(2)
    assert (raised.action, closed.action) == (EventAction.RAISED, EventAction.CLOSED)
    assert raised.alert.raised_at == look.frame.captured_utc
    assert (raised.alert.has_face, raised.alert.has_frame) == (True, True)
    assert raised.alert.confidence == pytest.approx(0.93)
    assert closed.alert.close_reason is CloseReason.MASK_ON
    alert = await recording.store.alerts.get(change.alert_id)
    assert alert == closed.alert
    assert alert.evidence["frame"] == {"width": 1280, "height": 720}
    assert alert.evidence["box"] == [300.0, 200.0, 380.0, 300.0]
    assert alert.evidence["settings"]["models"] == {"detector": "maskwatch 1"}
    assert "snapshot_error" not in alert.evidence
    face = await recording.store.snapshots.path(alert.id, "face")
    assert face is not None


async def test_what_it_reports(recording: Recording) -> None:
    recording.recorder.submit(raising_look("a"))
    recording.recorder.submit(closing_look("a"))
    await recording.until(2)
    await recording.recorder.close()
    telemetry = recording.telemetry
    assert telemetry.stages == {"snapshot": 1, "record": 2}
    assert [change[:2] for change in telemetry.changes] == [(AlertAction.RAISED, "a"), (AlertAction.CLOSED, "a")]
    assert all(age is not None and 0 < age < 5 for _, _, age in telemetry.changes)
    assert telemetry.waiting == 0


async def test_events_come_in_the_order_of_submission(recording: Recording) -> None:
    for number in range(30):
        recording.recorder.submit(raising_look(f"alert-{number:02}", image=picture(320, 180)))
        recording.recorder.submit(closing_look(f"alert-{number:02}"))
    events = await recording.until(60)
    assert [event.event_id for event in events] == list(range(1, 61))
    assert [event.alert.id for event in events] == [f"alert-{number // 2:02}" for number in range(60)]


async def test_a_look_without_changes_costs_nothing(recording: Recording) -> None:
    look = raising_look()
    recording.recorder.submit(Look(frame=look.frame, tracks=(), changes=()))
    recording.recorder.submit(look)
    assert len(await recording.until(1)) == 1


async def test_alerts_closed_without_a_look(recording: Recording) -> None:
    recording.recorder.submit(raising_look("a"))
    change = closing_look("a", reason=CloseReason.CAMERA_LOST).changes[0]
    recording.recorder.submit_changes([change])
    _, closed = await recording.until(2)
    assert closed.alert.close_reason is CloseReason.CAMERA_LOST
    assert abs(closed.at - datetime.now(UTC)) < timedelta(seconds=30)


async def test_a_closing_that_comes_before_its_alert_follows_it(recording: Recording) -> None:
    """A camera is lost on the loop while the look that raises the alert is still on its way from its thread."""
    raising = raising_look("a")
    recording.recorder.submit_changes(closing_look("a", reason=CloseReason.CAMERA_LOST).changes)
    recording.recorder.submit(raising)
    recording.recorder.submit(raising_look("b"))
    events = await recording.until(3)
    assert [(event.action, event.alert.id) for event in events] == [
        (EventAction.RAISED, "a"),
        (EventAction.CLOSED, "a"),
        (EventAction.RAISED, "b"),
    ]
    assert await recording.store.alerts.count_open() == 1
    assert [change[0] for change in recording.telemetry.changes] == [event.action.value for event in events]


async def test_no_pictures_when_none_are_wanted(store: Store, settings: MaskwatchSettings) -> None:
    retention = settings.retention.model_copy(update={"snapshots": False})
    recording = Recording(store, settings.model_copy(update={"retention": retention}))
    recording.recorder.submit(raising_look("a"))
    (raised,) = await recording.until(1)
    await recording.recorder.close()
    assert not raised.alert.has_face
    assert "snapshot_error" not in raised.alert.evidence
    assert not store.snapshots.folder.exists()


async def test_an_alert_erased_meanwhile_is_not_closed(recording: Recording) -> None:
    recording.recorder.submit(raising_look("a", kind=AlertKind.INCORRECT))
    await recording.until(1)
    await recording.store.alerts.erase("a")
    recording.recorder.submit(closing_look("a"))
    recording.recorder.submit(raising_look("b"))
    events = await recording.until(2)
    assert [event.alert.id for event in events] == ["a", "b"]
    # The figures of open alerts must come out even all the same.
    assert [change[:2] for change in recording.telemetry.changes][:2] == [
        (AlertAction.RAISED, "a"),
        (AlertAction.CLOSED, "a"),
    ]


async def test_an_unwritable_folder_costs_the_pictures_only(recording: Recording) -> None:
    folder = recording.store.snapshots.folder
    folder.write_text("in the way")
    recording.recorder.submit(raising_look("a"))
    recording.recorder.submit(raising_look("b"))
    await recording.until(2)
    for alert_id in "ab":
        alert = await recording.store.alerts.get(alert_id)
        assert not alert.has_face
        assert alert.evidence["snapshot_error"] == "snapshot_not_writable"
    assert recording.telemetry.snapshot_failures == {"snapshot_not_writable": 2}
    folder.unlink()
    recording.recorder.submit(raising_look("c"))
    await recording.until(3)
    assert (await recording.store.alerts.get("c")).has_face


async def test_a_flood_costs_pictures_and_no_alert(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.store.recorder._MOST_PICTURES_WAITING", 3)
    for number in range(8):
        recording.recorder.submit(raising_look(f"a{number}"))
    events = await recording.until(8)
    errors = [event.alert.evidence.get("snapshot_error") for event in events]
    assert errors == [None] * 3 + ["snapshot_overloaded"] * 5


async def test_a_listener_that_fails_ends_nothing(store: Store, settings: MaskwatchSettings) -> None:
    telemetry = CountingTelemetry()

    def fail(_event: AlertEvent) -> None:
        raise RuntimeError

    recorder = AlertRecorder(store, settings, telemetry, fail)
    recorder.submit(raising_look("a"))
    recorder.submit(raising_look("b"))
    with capture_logs() as logs:
        await recorder.close()
    assert await store.alerts.last_event_id() == 2
    assert telemetry.record_failures == {"internal": 2}
    assert [change[1] for change in telemetry.changes] == ["a", "b"]
    assert len([entry for entry in logs if entry["log_level"] == "error"]) == 2


async def test_an_alert_the_database_refuses_holds_up_no_other(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = PendingRaise.commit

    async def refuse(pending: PendingRaise, alerts: object) -> AlertEvent | None:
        if pending.alert.id == "bad":
            raise StoreError("The database refused.")
        return await commit(pending, alerts)  # type: ignore[arg-type]

    monkeypatch.setattr(PendingRaise, "commit", refuse)
    monkeypatch.setattr("maskwatch.store.recorder._LONGEST_WAIT_S", 0.01)
    recording.recorder.submit(raising_look("bad"))
    recording.recorder.submit(raising_look("good"))
    (raised,) = await recording.until(1)
    assert raised.alert.id == "good"
    assert recording.telemetry.record_failures == {"store_failed": 5}
    refused = recording.store.backlog._file.with_suffix(".refused.jsonl").read_text()
    assert '"bad"' in refused


async def test_what_the_database_refuses_is_kept_in_one_place(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> AlertEvent | None:
        raise StoreError("The database refused.")

    monkeypatch.setattr(PendingRaise, "commit", refuse)
    monkeypatch.setattr("maskwatch.store.recorder._LONGEST_WAIT_S", 0.01)
    recording.recorder.submit(raising_look("bad"))
    await recording.recorder.close()
    file = recording.store.backlog._file
    assert file.with_suffix(".refused.jsonl").read_text().count('"bad"') == 1
    assert not file.exists(), "it waits no longer: the next start must not try it again"


async def test_what_can_not_be_recorded_at_the_end_is_recorded_at_the_next_start(
    store: Store, settings: MaskwatchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object) -> AlertEvent | None:
        raise StoreError("The database can't be reached.", code="store_unreachable")

    recording = Recording(store, settings)
    with monkeypatch.context() as patched:
        patched.setattr(PendingRaise, "commit", unreachable)
        look = raising_look("kept")
        recording.recorder.submit(look)
        recording.recorder.submit(closing_look("kept"))
        await recording.recorder.close(timeout_s=0.5)
    assert await store.alerts.list(AlertQuery()) == ([], None)

    again = await Store.open(settings)
    alert = await again.alerts.get("kept")
    assert alert.raised_at == look.frame.captured_utc
    assert alert.state is AlertState.CLOSED
    assert await again.snapshots.path("kept", "face") is not None
    assert not again.backlog._file.exists()
    await again.close()


async def test_an_alert_whose_pictures_take_too_long_at_the_end_is_recorded_at_the_next_start(
    store: Store, settings: MaskwatchSettings
) -> None:
    loop, asked, answer = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hanging() -> None:
        """The camera's large stream, which does not answer."""
        loop.call_soon_threadsafe(asked.set)
        answer.wait()

    recording = Recording(store, settings)
    look = raising_look("kept")
    recording.recorder.submit(replace(look, frame=replace(look.frame, full=hanging)))
    recording.recorder.submit(raising_look("behind"))
    await asked.wait()
    await recording.recorder.close(timeout_s=0.01)
    answer.set()
    assert await store.alerts.list(AlertQuery()) == ([], None)

    again = await Store.open(settings)
    assert [event.alert.id for event in await again.alerts.events_after(0)] == ["kept", "behind"]
    await again.close()


async def test_the_backlog_is_written_beside_the_loop(store: Store) -> None:
    """It may be long: made into text on the loop, ten thousand alerts would stop everything for seconds."""
    made_by: set[int] = set()

    class Watched(PendingRaise):
        def to_json(self) -> dict[str, Any]:
            made_by.add(threading.get_ident())
            return PendingRaise.to_json(self)

    await store.backlog.save([Watched(alert=new_alert(number)) for number in range(3)])
    assert threading.get_ident() not in made_by
    assert await store.backlog.replay(store.alerts) == 3


async def test_a_save_that_was_given_up_does_not_undo_the_next_one(tmp_path: Path) -> None:
    """As when the end comes while a slow disk takes the backlog: it is saved once more, with all that is left."""
    loop, writing, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    class Slow(PendingRaise):
        def to_json(self) -> dict[str, Any]:
            loop.call_soon_threadsafe(writing.set)
            assert go_on.wait(10)
            return PendingRaise.to_json(self)

    backlog = Backlog(tmp_path / "alerts.json")
    first = asyncio.create_task(backlog.save([Slow(alert=new_alert(1))]))
    await writing.wait()
    first.cancel()
    last = asyncio.create_task(backlog.save([PendingRaise(alert=new_alert(number)) for number in range(3)]))
    _, waiting = await asyncio.wait({last}, timeout=0.2)
    assert waiting, "one at a time"
    go_on.set()
    await last
    await loop.shutdown_default_executor()
    assert len(json.loads((tmp_path / "alerts.json").read_text())) == 3


async def test_a_damaged_backlog_stops_no_start(settings: MaskwatchSettings) -> None:
    await (await Store.open(settings)).close()
    backlog = settings.data_dir / "alerts-to-record.json"
    backlog.write_text('[{"raise": {"id"')
    store = await Store.open(settings)
    assert not backlog.exists()
    assert (settings.data_dir / "alerts-to-record.damaged.json").exists()
    await store.close()
