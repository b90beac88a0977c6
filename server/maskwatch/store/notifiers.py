"""Targets that were added in the dashboard."""

import json
from datetime import UTC, datetime

import structlog
from pydantic import ValidationError
from sqlalchemy import select

from maskwatch.config_notifiers import NotifierFilter
from maskwatch.errors import ConflictError, NotFoundError
from maskwatch.secrets import SecretBox
from maskwatch.store.database import Database
from maskwatch.store.delivery_records import StoredNotifier
from maskwatch.store.delivery_tables import NotifierRow

_log = structlog.get_logger(__name__)


class Notifiers:
    """Reads and writes targets; their options are sealed on the way in."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self._database = database
        self._box = box

    async def list(self) -> list[StoredNotifier]:
        """All targets, in the order they were added.

        Raises:
            StoreError: the key file is not the one they were sealed with.
        """
        async with self._database.read() as session:
            rows = (await session.scalars(select(NotifierRow).order_by(NotifierRow.created_at, NotifierRow.name))).all()
        return [self._opened(row) for row in rows]

    async def add(self, notifier: StoredNotifier) -> None:
        """Keep a new target.

        Raises:
            ConflictError: the name is taken.
        """
        async with self._database.write() as session:
            if await session.get(NotifierRow, notifier.name) is not None:
                raise ConflictError(
                    f"There is already a notifier called {notifier.name!r}.", remedy="Choose another name.",
                    code="name_taken",
                )  # fmt: skip
            row = NotifierRow(name=notifier.name, created_at=datetime.now(UTC))
            self._fill(row, notifier)
            session.add(row)

    async def update(self, notifier: StoredNotifier) -> None:
        """Replace the target of that name.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.write() as session:
            row = await session.get(NotifierRow, notifier.name)
            if row is None:
                raise _unknown(notifier.name)
            self._fill(row, notifier)

    async def remove(self, name: str) -> None:
        """Forget a target.

        Raises:
            NotFoundError: there is none.
        """
        async with self._database.write() as session:
            row = await session.get(NotifierRow, name)
            if row is None:
                raise _unknown(name)
            await session.delete(row)

    def _fill(self, row: NotifierRow, notifier: StoredNotifier) -> None:
        row.type = notifier.type
        row.enabled = notifier.enabled
        row.filter = notifier.filter.model_dump(mode="json")
        row.sealed_options = self._box.seal(json.dumps(dict(notifier.options)))

    def _opened(self, row: NotifierRow) -> StoredNotifier:
        try:
            wanted = NotifierFilter.model_validate(row.filter)
        except ValidationError:  # kept by a version with other kinds of alerts
            _log.warning("the filter of a notifier is not valid; it is told what others are", notifier=row.name)
            wanted = NotifierFilter()
        return StoredNotifier(
            name=row.name,
            type=row.type,
            enabled=row.enabled,
            filter=wanted,
            options=json.loads(self._box.unseal(row.sealed_options)),
        )


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"There is no notifier called {name!r}.", remedy="Check the name, or add it.")
