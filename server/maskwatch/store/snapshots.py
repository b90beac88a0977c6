"""Pictures and clips on disk: `snapshots/YYYY/MM/DD/<alert>-face.jpg`, and what the database knows of them."""

import asyncio
import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import cv2
import structlog
from sqlalchemy import delete, select

from maskwatch.core.notices import Picture as SentPicture
from maskwatch.core.types import AlertKind, Box, Image, Keepsake, Picture
from maskwatch.errors import StoreError
from maskwatch.store.database import Database
from maskwatch.store.pictures import FACE_LONGEST_PX, face_jpeg, frame_jpeg, plain_jpeg
from maskwatch.store.tables import SnapshotRow

_log = structlog.get_logger(__name__)

_ORPHAN_AFTER_S = 3600.0
"""A file no row names is left alone for this long: its alert may be about to be committed."""
_LARGEST_SENT_BYTES = 4_000_000
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_DAY_FOLDERS = "[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]"


class SnapshotKind(StrEnum):
    """Which picture of an alert, or its clip."""

    FACE = "face"
    FRAME = "frame"
    BEFORE = "before"
    CLIP = "clip"


PICTURES = (SnapshotKind.FACE, SnapshotKind.FRAME, SnapshotKind.BEFORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSnapshot:
    """A picture or clip that is on disk: `path` relative to the snapshot folder, `bytes` its size."""

    kind: SnapshotKind
    path: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMaterial:
    """What the pictures of an alert are made from: the deciding frame, whom it is about and who else was there.

    `box` is None for an alert about no single person.
    """

    picture: Picture
    box: Box | None
    kind: AlertKind
    others: Sequence[Box] = ()
    keepsake: Keepsake | None = None
    full: Callable[[], Image | None] | None = None
    """The same moment in the camera's large stream, if it has two."""


class Snapshots:
    """Writes, finds and erases pictures. Files are made in threads, complete or not at all."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder
        self._to_be_named: set[str] = set()
        """Pictures of alerts that wait for the database, however long it is away: the sweep leaves them alone."""

    async def save(self, alert_id: str, raised_at: datetime, material: PictureMaterial) -> list[SavedSnapshot]:
        """Write the pictures of an alert. No row names them yet.

        Raises:
            StoreError: the disk is full or the folder can't be written; nothing is left behind.
        """
        saved = await asyncio.to_thread(self._save, alert_id, raised_at, material)
        self._to_be_named.update(item.path for item in saved)
        return saved

    def settled(self, saved: Iterable[SavedSnapshot]) -> None:
        """The database has taken the alert of these pictures, or will have none: rows alone say what is kept."""
        self._to_be_named.difference_update(item.path for item in saved)

    async def write(
        self, alert_id: str, raised_at: datetime, kind: SnapshotKind, suffix: str, make: Callable[[Path], None]
    ) -> SavedSnapshot:
        """Let `make` write a file, in a thread, and keep it, complete or not at all. No row names it yet.

        Raises:
            StoreError: the disk is full or the folder can't be written; nothing is left behind.
        """
        path = _place(alert_id, raised_at, kind, suffix)
        try:
            size = await asyncio.to_thread(_make_whole, self.folder / path, make)
        except OSError as error:
            raise self._refused(error) from None
        return SavedSnapshot(kind=kind, path=path, bytes=size)

    async def path(self, alert_id: str, kind: str) -> Path | None:
        """The file of a picture ("face", "frame", "before") or the "clip", or None if there is none (any more)."""
        async with self._database.read() as session:
            row = await session.get(SnapshotRow, (alert_id, kind))
        if row is None:
            return None
        file = self.folder / row.path
        return file if await asyncio.to_thread(_is_there, file) else None

    async def pictures(self, alert_id: str) -> tuple[SentPicture, ...]:
        """The pictures of an alert that are still there, the face first; none that is beyond what is sent along."""
        found: list[SentPicture] = []
        for kind in (SnapshotKind.FACE, SnapshotKind.FRAME):
            if (file := await self.path(alert_id, kind.value)) is not None:
                jpeg = await asyncio.to_thread(_read, file)
                if jpeg:
                    found.append(SentPicture(name=kind.value, jpeg=jpeg))
        return tuple(found)

    async def free_bytes(self) -> int:
        """Bytes free on the disk of the pictures.

        Raises:
            StoreError: the disk can't be asked.
        """
        try:
            return await asyncio.to_thread(self._free_bytes)
        except OSError as error:
            raise self._refused(error) from None

    async def erase(self, alert_id: str) -> None:
        """Erase the pictures of an alert; the alert stays."""
        async with self._database.write() as session:
            of_alert = SnapshotRow.alert_id == alert_id
            paths = (await session.scalars(select(SnapshotRow.path).where(of_alert))).all()
            await session.execute(delete(SnapshotRow).where(of_alert))
        await self.delete_files(paths)

    async def delete_files(self, paths: Sequence[str]) -> None:
        """Delete files no row names any more. One that can't be deleted now is left to `sweep`."""
        if paths:
            await asyncio.to_thread(self._delete, [self.folder / path for path in paths])

    async def sweep(self) -> int:
        """Delete files that no row names: left by a crash between writing a picture and committing its alert."""
        swept = 0
        for day in await asyncio.to_thread(lambda: sorted(self.folder.glob(_DAY_FOLDERS))):
            prefix = day.relative_to(self.folder).as_posix()
            spared = set(self._to_be_named)  # before the rows are read: what is settled meanwhile is among them
            async with self._database.read() as session:
                query = select(SnapshotRow.path).where(SnapshotRow.path.startswith(f"{prefix}/"))
                named = set((await session.scalars(query)).all())
            swept += await asyncio.to_thread(self._sweep_day, day, named | spared)
        return swept

    def _save(self, alert_id: str, raised_at: datetime, material: PictureMaterial) -> list[SavedSnapshot]:
        try:
            pictures = _encode(material)
        except (ValueError, OSError, cv2.error):
            raise StoreError("The picture can't be encoded as JPEG.", code="snapshot_failed") from None
        saved: list[SavedSnapshot] = []
        try:
            for which, data in pictures.items():
                if data:
                    path = _place(alert_id, raised_at, which, ".jpg")
                    _write_whole(self.folder / path, data)
                    saved.append(SavedSnapshot(kind=which, path=path, bytes=len(data)))
        except OSError as error:
            self._delete([self.folder / snapshot.path for snapshot in saved])
            raise self._refused(error) from None
        return saved

    def _refused(self, error: OSError) -> StoreError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StoreError(
                "The disk that holds the pictures is full.",
                remedy="Free some space, or keep fewer pictures (retention.max_megabytes).",
                code="snapshot_disk_full",
            )
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            return StoreError(
                f"The folder of the pictures, {self.folder}, can't be written.",
                remedy="Make it writable for the user maskwatch runs as.",
                code="snapshot_not_writable",
            )
        return StoreError(
            f"A picture could not be written: {error.strerror}.",
            remedy="Check the disk of the data folder.",
            code="snapshot_failed",
        )

    def _free_bytes(self) -> int:
        # The folder itself is made with the first picture.
        return shutil.disk_usage(self.folder if self.folder.exists() else self.folder.parent).free

    def _delete(self, files: Iterable[Path]) -> None:
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("a picture could not be deleted; it is tried again later", reason=error.strerror)
            else:
                self._remove_empty_folders(file.parent)

    def _remove_empty_folders(self, folder: Path) -> None:
        with suppress(OSError):  # not empty
            while folder != self.folder and folder.is_relative_to(self.folder):
                folder.rmdir()
                folder = folder.parent

    def _sweep_day(self, day: Path, named: set[str]) -> int:
        young = time.time() - _ORPHAN_AFTER_S
        files: list[Path] = []
        with suppress(FileNotFoundError):  # removed as empty
            files = list(day.iterdir())
        orphans = [
            file for file in files if file.relative_to(self.folder).as_posix() not in named and _is_older(file, young)
        ]
        self._delete(orphans)
        return len(orphans)


def _is_there(file: Path) -> bool:
    """Whether `file` can be had; a disk that fails doesn't give it."""
    try:
        return file.is_file()
    except OSError:
        return False


def _is_older(file: Path, moment_s: float) -> bool:
    """Whether `file` was written before a time; it may be gone, or have another name, just now."""
    try:
        return file.stat().st_mtime < moment_s
    except OSError:
        return False


def _read(file: Path) -> bytes:
    """What `file` holds; nothing if it is gone just now, or too large to send."""
    try:
        return file.read_bytes() if file.stat().st_size <= _LARGEST_SENT_BYTES else b""
    except OSError:
        return b""


def _encode(material: PictureMaterial) -> dict[SnapshotKind, bytes]:
    """The pictures as JPEG: of the large stream if it gives this moment, else of what was looked at."""
    kept = material.keepsake
    large = material.full() if material.full is not None else None
    image = material.picture.rgb() if large is None else large
    x, y = (
        (image.shape[1] / material.picture.width, image.shape[0] / material.picture.height)
        if large is not None
        else (1.0, 1.0)
    )
    box = _scaled(material.box, x, y) if material.box is not None else None
    others = [_scaled(other, x, y) for other in material.others]
    if box is None:
        face = b""
    elif kept is None or large is not None:
        face = face_jpeg(image, box)
    else:
        face = plain_jpeg(kept.face, FACE_LONGEST_PX)
    return {
        SnapshotKind.FACE: face,
        SnapshotKind.FRAME: frame_jpeg(image, box, material.kind, others),
        SnapshotKind.BEFORE: b"" if kept is None or kept.before is None else plain_jpeg(kept.before),
    }


def _scaled(box: Box, x: float, y: float) -> Box:
    return Box(box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y)


def _place(alert_id: str, raised_at: datetime, kind: SnapshotKind, suffix: str) -> str:
    """Where a file of an alert lies, relative to the snapshot folder."""
    day = raised_at.astimezone(UTC).strftime("%Y/%m/%d")
    return f"{day}/{_UNSAFE.sub('_', alert_id)}-{kind.value}{suffix}"


def _make_whole(file: Path, make: Callable[[Path], None]) -> int:
    """As `_write_whole`, for what is written by `make`; its size."""
    partial = file.with_suffix(".part")
    _create(partial).close()
    try:
        make(partial)
        with partial.open("rb+") as stream:
            os.fsync(stream.fileno())
        size = partial.stat().st_size
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return size


def _write_whole(file: Path, data: bytes) -> None:
    """Write `data` so that `file` is never seen half-written, not even after a power cut; for its owner only."""
    partial = file.with_suffix(".part")
    try:
        with _create(partial) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _create(file: Path) -> BinaryIO:
    """Open `file` for writing, in its folders, which are made."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return os.fdopen(os.open(file, flags, 0o600), "wb")
    except FileNotFoundError:
        # The folder was just being removed as empty.
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.fdopen(os.open(file, flags, 0o600), "wb")
