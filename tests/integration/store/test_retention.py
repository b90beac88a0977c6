import asyncio
from datetime import timedelta

import pytest

from maskwatch.config import RetentionSettings
from maskwatch.core.types import CloseReason
from maskwatch.errors import NotFoundError
from maskwatch.store import Store
from maskwatch.store.records import AlertEvent, AlertQuery, EventAction
from maskwatch.store.retention import Erased, Retention
from tests.integration.store.parts import NOON, CountingTelemetry, material, new_alert


class _Watched:
    """A retention, with what it tells."""

    def __init__(self, store: Store, **settings: float) -> None:
        self.events: list[AlertEvent] = []
        self.telemetry = CountingTelemetry()
        self.measured, self.failed = asyncio.Event(), asyncio.Event()
        self.telemetry.disk_free = lambda free_bytes: self.measured.set()  # type: ignore[method-assign]
        self.telemetry.retention_failed = self._on_failure  # type: ignore[method-assign]
        self.retention = Retention(store, RetentionSettings(**settings), self.events.append, self.telemetry)

    def _on_failure(self, reason: str) -> None:
        self.telemetry.retention_failures[reason] += 1
        self.failed.set()


async def _alerts(store: Store, count: int, *, pictures: bool = False) -> None:
    """Alerts a day apart, the last one at noon of the 14th; all closed but the first."""
    for number in range(count):
        alert = new_alert(number, raised_at=NOON - timedelta(days=count - 1 - number))
        saved = []
        if pictures:
            saved = await store.snapshots.save(alert.id, alert.raised_at, material(kind=alert.kind))
        await store.alerts.raise_(alert, saved)
        if number > 0:
            await store.alerts.close(alert.id, CloseReason.LEFT, alert.raised_at)


async def _ids(store: Store) -> list[int | None]:
    alerts, _ = await store.alerts.list(AlertQuery(limit=500))
    return [alert.track_id for alert in reversed(alerts)]


async def test_old_alerts_go_and_open_ones_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.store.alerts._ERASED_AT_ONCE", 2)
    await _alerts(store, 8)
    watched = _Watched(store, max_age_days=2.5)
    erased = await watched.retention.erase_surplus(NOON)
    assert erased.alerts == 4
    assert await _ids(store) == [0, 5, 6, 7]
    assert [(event.action, event.alert.track_id) for event in watched.events] == [
        (EventAction.ERASED, number) for number in (1, 2, 3, 4)
    ]
    assert await watched.retention.erase_surplus(NOON) == Erased()


async def test_pictures_go_with_their_alerts(store: Store) -> None:
    await _alerts(store, 3, pictures=True)
    files = list(store.snapshots.folder.rglob("*.jpg"))
    assert len(files) == 6
    await _Watched(store, max_age_days=0.5).retention.erase_surplus(NOON)
    assert await _ids(store) == [0, 2]
    assert len(list(store.snapshots.folder.rglob("*.jpg"))) == 4
    with pytest.raises(NotFoundError):
        await store.alerts.get("alert-00001")


async def test_beyond_the_bytes_the_oldest_pictures_go_and_alerts_stay(store: Store) -> None:
    await _alerts(store, 4, pictures=True)
    total = await store.usage.picture_bytes()
    watched = _Watched(store, max_age_days=1000, max_megabytes=total * 0.6 / 1e6)
    erased = await watched.retention.erase_surplus(NOON)
    assert erased.media_bytes == total // 2
    assert await store.usage.picture_bytes() <= total * 0.6
    assert [alert.has_face for alert in (await store.alerts.list(AlertQuery()))[0]] == [True, True, False, False]
    assert watched.events == []


async def test_what_was_erased_long_ago_is_forgotten(store: Store) -> None:
    await _alerts(store, 2)
    await store.alerts.erase("alert-00001")
    watched = _Watched(store, max_age_days=1.5)
    erased_at = (await store.alerts.events_after(0))[-1].at
    await watched.retention.erase_surplus(erased_at + timedelta(days=1))
    assert (await store.alerts.events_after(0))[-1].action is EventAction.ERASED
    await watched.retention.erase_surplus(erased_at + timedelta(days=2))
    assert [event.action for event in await store.alerts.events_after(0)] == [EventAction.RAISED]
    assert await store.alerts.oldest_event_id() == await store.alerts.last_event_id() + 1


async def test_it_runs_at_the_start_and_stops(store: Store) -> None:
    await _alerts(store, 3)
    watched = _Watched(store, max_age_days=0.001)
    watched.retention.start()
    await watched.measured.wait()
    assert await _ids(store) == [0]
    assert watched.telemetry.snapshot_bytes == 0
    await watched.retention.close()


async def test_a_failed_round_is_counted_and_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store.snapshots.folder
    folder.write_text("in the way")
    watched = _Watched(store)
    monkeypatch.setattr(store.snapshots, "folder", folder / "below" / "it")
    run = asyncio.create_task(watched.retention.run(every_s=0, measure_every_s=0.01))
    await watched.failed.wait()
    assert set(watched.telemetry.retention_failures) == {"snapshot_not_writable"}
    assert not watched.measured.is_set()
    monkeypatch.undo()
    await watched.measured.wait()
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
