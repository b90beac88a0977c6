"""The stored alerts for programs beside the service: only read, nothing brought up to date, nothing recorded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from maskwatch.config import MaskwatchSettings
from maskwatch.errors import StoreError
from maskwatch.store.alerts import Alerts
from maskwatch.store.database import SQLITE_FILE, Database, create_engine, database_url
from maskwatch.store.snapshots import Snapshots
from maskwatch.store.store import SNAPSHOT_FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What can be read."""

    alerts: Alerts
    snapshots: Snapshots


@asynccontextmanager
async def reading(settings: MaskwatchSettings) -> AsyncIterator[Readable]:
    """Open the database of a service that runs, or does not.

    Raises:
        ConfigError, PluginError, StoreError: it can't be opened.
    """
    secret_url = settings.database.url
    file = settings.data_dir / SQLITE_FILE
    if secret_url is None and not await asyncio.to_thread(file.is_file):
        raise StoreError(
            f"There is no database in {settings.data_dir}.",
            remedy="Name the data folder with --data-dir, or the settings file with --config.",
            code="store_unreachable",
        )
    url = database_url(settings.data_dir, secret_url.get_secret_value() if secret_url is not None else None)
    database = Database(await asyncio.to_thread(create_engine, url))
    snapshots = Snapshots(database, settings.data_dir / SNAPSHOT_FOLDER)
    try:
        yield Readable(alerts=Alerts(database, snapshots), snapshots=snapshots)
    finally:
        await database.close()
