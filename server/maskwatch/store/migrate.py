"""Brings the database to the tables this version knows, before anything else touches it."""

import asyncio
import threading

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from maskwatch.errors import StoreError
from maskwatch.store.database import create_engine, create_sqlite_migration_engine, translated_errors

_one_at_a_time = threading.Lock()
"""Alembic keeps its context in module globals."""
_LOCK_KEY = 0x6D61736B77617463
"""PostgreSQL's advisory lock under which one process migrates and the others wait ("maskwatc" in ASCII)."""


def migrate(url: URL) -> None:
    """Run every step that is missing, all in one transaction. Blocks: call it in a thread.

    Raises:
        StoreError: the database can't be reached or written, or was made by a newer version.
    """
    with _one_at_a_time, translated_errors():
        if url.get_backend_name() == "sqlite":
            engine = create_sqlite_migration_engine(url)
            try:
                with engine.begin() as connection:
                    _upgrade(connection)
            finally:
                engine.dispose()
        else:
            # Its only driver is asynchronous: it gets a loop of its own in this thread.
            asyncio.run(_migrate_postgresql(url))


async def _migrate_postgresql(url: URL) -> None:
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "maskwatch.store:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if not present <= known:
        raise StoreError(
            "The database was made by a newer version of maskwatch.",
            remedy="Install that version again, or put back a backup of the database from before it.",
            code="store_newer",
        )
    command.upgrade(config, "head")
