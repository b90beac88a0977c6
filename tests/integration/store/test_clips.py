"""Clips of alerts: tied to them, or gone without a trace."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from maskwatch.config import KindRetention, RetentionSettings
from maskwatch.core.types import AlertKind, CloseReason
from maskwatch.errors import StoreError
from maskwatch.store import Store
from maskwatch.store.clips import NoAlert
from maskwatch.store.records import AlertEvent, AlertQuery, EventAction
from maskwatch.store.retention import Retention
from maskwatch.store.usage import KindUsage
from tests.integration.store.parts import NOON, CountingTelemetry, material, new_alert

ID = "alert-00000"


def _write(file: Path) -> None:
    file.write_bytes(b"video" * 1000)


def _files(store: Store) -> set[str]:
    return {file.name for file in store.snapshots.folder.rglob("*") if file.is_file()}


async def test_a_clip_is_tied_to_its_alert_and_told(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    event = await store.clips.keep(ID, NOON, _write)
    assert event is not None
    assert (event.action, event.alert.has_clip, event.alert.has_face) == (EventAction.CLIP, True, False)
    file = await store.snapshots.path(ID, "clip")
    assert file is not None
    assert file.read_bytes() == b"video" * 1000
    assert await store.clips.keep(ID, NOON, _write) == event, "doing it again gives the same"
    await store.alerts.erase(ID)
    assert _files(store) == set()


async def test_erased_while_its_clip_is_being_written(store: Store) -> None:
    await store.alerts.raise_(new_alert())
    loop = asyncio.get_running_loop()
    begun = asyncio.Event()
    erased = asyncio.Event()

    def write(file: Path) -> None:
        _write(file)
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(erased.wait(), loop).result()

    keeping = asyncio.create_task(store.clips.keep(ID, NOON, write))
    await begun.wait()
    await store.alerts.erase(ID)
    erased.set()
    assert await keeping is None
    assert _files(store) == set()
    assert [event.action for event in await store.alerts.events_after(0)] == [EventAction.ERASED]


async def test_a_clip_waits_for_its_alert_to_be_recorded(store: Store) -> None:
    clip = await store.clips.write(ID, NOON, _write)
    assert await store.clips.attach(ID, clip) is NoAlert.NOT_YET
    keeping = asyncio.create_task(store.clips.keep(ID, NOON, _write))
    await store.alerts.raise_(new_alert())
    event = await keeping
    assert isinstance(event, AlertEvent)
    assert event.alert.has_clip


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("broken packets")])
async def test_what_can_not_be_written_leaves_nothing(store: Store, error: Exception) -> None:
    await store.alerts.raise_(new_alert())

    def write(file: Path) -> None:
        _write(file)
        raise error

    expected = StoreError if isinstance(error, OSError) else ValueError
    with pytest.raises(expected):
        await store.clips.keep(ID, NOON, write)
    assert _files(store) == set()
    assert not (await store.alerts.get(ID)).has_clip


async def _filled(store: Store) -> None:
    """An alert of each kind with pictures and a clip, both closed."""
    for number, kind in enumerate((AlertKind.NO_MASK, AlertKind.INCORRECT)):
        alert = new_alert(number, kind=kind)
        await store.alerts.raise_(alert, await store.snapshots.save(alert.id, NOON, material(kind=kind)))
        await store.alerts.close(alert.id, CloseReason.LEFT, NOON)
        await store.clips.keep(alert.id, NOON, _write)


async def _kept(store: Store, settings: RetentionSettings, *, days_later: float) -> dict[str, tuple[bool, bool]]:
    """After a round of retention: each alert that is left, and whether it has pictures and a clip."""
    retention = Retention(store, settings, lambda _event: None, CountingTelemetry())
    await retention.erase_surplus(NOON + timedelta(days=days_later))
    alerts, _ = await store.alerts.list(AlertQuery())
    return {alert.kind.value: (alert.has_face, alert.has_clip) for alert in alerts}


async def test_what_is_stored_is_told_by_kind(store: Store) -> None:
    await _filled(store)
    used = {usage.kind: usage for usage in await store.usage.by_kind()}
    pictures = await store.usage.picture_bytes()
    assert used[AlertKind.INCORRECT] == KindUsage(
        kind=AlertKind.INCORRECT, alerts=1, picture_bytes=used[AlertKind.INCORRECT].picture_bytes, clip_bytes=5000
    )
    assert sum(usage.picture_bytes for usage in used.values()) == pictures > 0
    assert await store.usage.clip_bytes() == 10_000


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({}, {"no_mask": (True, True), "incorrect": (True, True)}),
        ({"clip_max_age_days": 1}, {"no_mask": (True, False), "incorrect": (True, False)}),
        ({"picture_max_age_days": 1}, {"no_mask": (False, True), "incorrect": (False, True)}),
        ({"clip_max_megabytes": 0.005}, {"no_mask": (True, False), "incorrect": (True, True)}),
        ({"kinds": {AlertKind.INCORRECT: KindRetention(max_age_days=1)}}, {"no_mask": (True, True)}),
        (
            {"kinds": {AlertKind.INCORRECT: KindRetention(max_megabytes=0.000001)}},
            {"no_mask": (True, True), "incorrect": (False, False)},
        ),
    ],
)
async def test_limits_by_kind_of_alert_and_of_media(
    store: Store, limits: dict[str, Any], left: dict[str, tuple[bool, bool]]
) -> None:
    await _filled(store)
    assert await _kept(store, RetentionSettings(**limits), days_later=2) == left
