"""Cameras that were added in the dashboard."""

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from maskwatch.errors import ConflictError, NotFoundError
from maskwatch.secrets import SecretBox
from maskwatch.store.database import Database
from maskwatch.store.records import StoredCamera
from maskwatch.store.tables import CameraRow

_TOKEN_BYTES = 24


class Cameras:
    """Reads and writes cameras; addresses, options and publishing tokens are sealed on the way in."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box

    async def list(self) -> list[StoredCamera]:
        """All cameras, in the order they were added.

        Raises:
            StoreError: the key file is not the one they were sealed with.
        """
        async with self._database.read() as session:
            rows = (await session.scalars(select(CameraRow).order_by(CameraRow.created_at, CameraRow.name))).all()
        return [self._opened(row) for row in rows]

    async def get(self, name: str) -> StoredCamera:
        """The camera called `name`.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.read() as session:
            row = await session.get(CameraRow, name)
        if row is None:
            raise _unknown(name)
        return self._opened(row)

    async def add(self, camera: StoredCamera) -> StoredCamera:
        """Keep a new camera; the answer holds the publishing token that a `webrtc:` camera was given.

        Raises:
            ConflictError: the name is taken.
        """
        camera = _with_token(camera)
        async with self._database.write() as session:
            if await session.get(CameraRow, camera.name) is not None:
                raise ConflictError(
                    f"There is already a camera called {camera.name!r}.", remedy="Choose another name.",
                )  # fmt: skip
            row = CameraRow(name=camera.name, created_at=datetime.now(UTC))
            self._fill(row, camera)
            session.add(row)
        return camera

    async def update(self, camera: StoredCamera) -> StoredCamera:
        """Replace the camera of that name. A publishing token that is left out stays as it was.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.write() as session:
            row = await session.get(CameraRow, camera.name)
            if row is None:
                raise _unknown(camera.name)
            if camera.publish_token is None and row.sealed_publish_token is not None:
                camera = replace(camera, publish_token=self._box.unseal(row.sealed_publish_token))
            camera = _with_token(camera)
            self._fill(row, camera)
        return camera

    async def remove(self, name: str) -> None:
        """Forget a camera; its alerts stay.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.write() as session:
            row = await session.get(CameraRow, name)
            if row is None:
                raise _unknown(name)
            await session.delete(row)

    def _fill(self, row: CameraRow, camera: StoredCamera) -> None:
        row.sealed_url = self._box.seal(camera.url)
        row.sealed_options = self._box.seal(json.dumps(dict(camera.options)))
        row.sealed_publish_token = self._box.seal(camera.publish_token) if camera.publish_token is not None else None
        row.enabled = camera.enabled
        row.detect_fps = camera.detect_fps
        row.rules = dict(camera.rules)

    def _opened(self, row: CameraRow) -> StoredCamera:
        sealed_token = row.sealed_publish_token
        return StoredCamera(
            name=row.name,
            url=self._box.unseal(row.sealed_url),
            enabled=row.enabled,
            detect_fps=row.detect_fps,
            options=json.loads(self._box.unseal(row.sealed_options)),
            rules=row.rules,
            publish_token=self._box.unseal(sealed_token) if sealed_token is not None else None,
        )


def _with_token(camera: StoredCamera) -> StoredCamera:
    """`camera` with a token if phones and browsers are to send to it, and without one if not."""
    if not camera.url.lower().startswith("webrtc:"):
        return replace(camera, publish_token=None)
    return camera if camera.publish_token else replace(camera, publish_token=secrets.token_urlsafe(_TOKEN_BYTES))


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"There is no camera called {name!r}.", remedy="Check the name, or add the camera.")
