import os
import time
from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from sqlalchemy import delete

from maskwatch.errors import StoreError
from maskwatch.store import Store
from maskwatch.store.media_limits import MediaLimit
from maskwatch.store.snapshots import PICTURES, SavedSnapshot, Snapshots
from maskwatch.store.tables import SnapshotRow
from tests.integration.store.parts import NOON, material, new_alert, picture


async def _raised_with_pictures(store: Store, number: int = 0, size: tuple[int, int] = (1280, 720)) -> str:
    alert = new_alert(number)
    saved = await store.snapshots.save(alert.id, alert.raised_at, material(picture(*size), kind=alert.kind))
    await store.alerts.raise_(alert, saved)
    return alert.id


def _of_another_process(store: Store) -> Snapshots:
    return Snapshots(store._database, store.snapshots.folder)


def _age(store: Store, saved: Iterable[SavedSnapshot]) -> None:
    """Let files be two hours old."""
    long_ago_s = time.time() - 7200
    for each in saved:
        os.utime(store.snapshots.folder / each.path, (long_ago_s, long_ago_s))


async def test_pictures_lie_under_their_day(store: Store) -> None:
    alert_id = await _raised_with_pictures(store)
    face, frame = await store.snapshots.path(alert_id, "face"), await store.snapshots.path(alert_id, "frame")
    assert face == store.snapshots.folder / "2026/03/14" / f"{alert_id}-face.jpg"
    assert frame is not None
    assert face.stat().st_mode & 0o777 == 0o600
    assert await store.usage.picture_bytes() == face.stat().st_size + frame.stat().st_size
    assert await store.snapshots.path(alert_id, "video") is None
    alert = await store.alerts.get(alert_id)
    assert (alert.has_face, alert.has_frame) == (True, True)


async def test_what_is_written_are_pictures(store: Store) -> None:
    alert_id = await _raised_with_pictures(store, size=(1920, 1080))
    frame = cv2.imread(str(await store.snapshots.path(alert_id, "frame")))
    face = cv2.imread(str(await store.snapshots.path(alert_id, "face")))
    assert frame is not None
    assert face is not None
    assert frame.shape == (720, 1280, 3)
    assert face.shape == (200, 200, 3)


async def test_erasing_the_pictures_keeps_the_alert(store: Store) -> None:
    alert_id = await _raised_with_pictures(store)
    face = await store.snapshots.path(alert_id, "face")
    await store.snapshots.erase(alert_id)
    assert face is not None
    assert not face.exists()
    assert await store.snapshots.path(alert_id, "face") is None
    alert = await store.alerts.get(alert_id)
    assert (alert.has_face, alert.has_frame) == (False, False)


async def test_the_oldest_pictures_go_first_and_both_together(store: Store) -> None:
    ids = [await _raised_with_pictures(store, number) for number in range(4)]
    total = await store.usage.picture_bytes()
    freed = await store.media_limits.hold(MediaLimit(media=PICTURES, max_bytes=total - total // 4 - 1))
    assert freed == total // 2
    left = [alert_id for alert_id in ids if await store.snapshots.path(alert_id, "face") is not None]
    assert left == ids[2:]
    assert await store.usage.picture_bytes() == total - freed


async def test_the_sweep_takes_what_no_alert_names(store: Store) -> None:
    kept = await _raised_with_pictures(store, 1)
    orphan = await _of_another_process(store).save("crashed", NOON, material())
    young = await _of_another_process(store).save("young", NOON, material())
    _age(store, orphan)
    assert await store.snapshots.sweep() == 2
    left = {path.name for path in store.snapshots.folder.rglob("*.jpg")}
    assert left == {f"{kept}-face.jpg", f"{kept}-frame.jpg", *(saved.path.rpartition("/")[2] for saved in young)}


async def test_a_file_somebody_removed_is_no_picture(store: Store) -> None:
    alert_id = await _raised_with_pictures(store)
    face = await store.snapshots.path(alert_id, "face")
    assert face is not None
    face.unlink()
    assert await store.snapshots.path(alert_id, "face") is None
    await store.alerts.erase(alert_id)


async def test_the_sweep_spares_the_pictures_of_an_alert_that_waits_for_the_database(store: Store) -> None:
    alert = new_alert()
    saved = await store.snapshots.save(alert.id, alert.raised_at, material())
    _age(store, saved)  # the database was away for two hours
    assert await store.snapshots.sweep() == 0
    await store.alerts.raise_(alert, saved)
    assert await store.snapshots.sweep() == 0
    assert await store.snapshots.path(alert.id, "face") is not None
    # Once it is settled, rows alone count.
    async with store._database.write() as session:
        await session.execute(delete(SnapshotRow))
    assert await store.snapshots.sweep() == len(saved)


async def test_a_file_that_is_gone_at_once_holds_up_no_sweep(store: Store) -> None:
    orphan = await _of_another_process(store).save("crashed", NOON, material())
    day = store.snapshots.folder / "2026/03/14"
    _age(store, orphan)
    (day / "a.part").symlink_to(day / "renamed-meanwhile")
    assert await store.snapshots.sweep() == len(orphan)
    assert [file.name for file in day.iterdir()] == ["a.part"]


async def test_a_folder_that_is_none_is_said(store: Store) -> None:
    store.snapshots.folder.write_text("in the way")
    with pytest.raises(StoreError, match="can't be written") as caught:
        await store.snapshots.save("a", NOON, material())
    assert caught.value.code == "snapshot_not_writable"


@pytest.mark.parametrize("alert_id", ["../../escape", "a/b", "..", "x" * 64, "é"])
async def test_no_id_leads_out_of_the_folder(store: Store, alert_id: str) -> None:
    for saved in await store.snapshots.save(alert_id, NOON, material()):
        file = (store.snapshots.folder / saved.path).resolve()
        assert file.parent == (store.snapshots.folder / "2026/03/14").resolve()
        assert file.is_file()


async def test_a_picture_that_can_not_be_encoded_is_a_store_error(store: Store) -> None:
    broken = np.zeros((0, 0, 3), dtype=np.uint8)
    with pytest.raises(StoreError) as caught:
        await store.snapshots.save("a", NOON, material(broken))
    assert caught.value.code == "snapshot_failed"
