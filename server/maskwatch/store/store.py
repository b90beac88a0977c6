"""The store: everything that is kept, behind one door."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from maskwatch.config import MaskwatchSettings
from maskwatch.config_notifiers import NotifierFilter, NotifierSettings
from maskwatch.errors import StoreError
from maskwatch.secrets import SecretBox
from maskwatch.store.accounts import Sessions, Users
from maskwatch.store.alerts import Alerts
from maskwatch.store.backlog import Backlog
from maskwatch.store.cameras import Cameras
from maskwatch.store.clips import Clips
from maskwatch.store.database import SQLITE_FILE, Database, create_engine, database_url
from maskwatch.store.disarms import Disarms
from maskwatch.store.life import AlertLife
from maskwatch.store.media_limits import MediaLimits
from maskwatch.store.migrate import migrate
from maskwatch.store.notifiers import Notifiers
from maskwatch.store.outbox import Outbox
from maskwatch.store.snapshots import Snapshots
from maskwatch.store.usage import Usage

_log = structlog.get_logger(__name__)

KEY_FILE = "secret.key"
SNAPSHOT_FOLDER = "snapshots"
BACKLOG_FILE = "alerts-to-record.json"


class Store:
    """Cameras, alerts, snapshots, users and sessions on one database."""

    def __init__(
        self, database: Database, box: SecretBox, data_dir: Path, *, escalate_after: timedelta | None = None
    ) -> None:
        self._database = database
        self.snapshots = Snapshots(database, data_dir / SNAPSHOT_FOLDER)
        self.alerts = Alerts(database, self.snapshots)
        self.life = AlertLife(database, escalate_after)
        self.clips = Clips(database, self.snapshots)
        self.usage = Usage(database)
        self.media_limits = MediaLimits(database, self.snapshots)
        self.cameras = Cameras(database, box)
        self.disarms = Disarms(database)
        self.notifiers = Notifiers(database, box)
        self.outbox = Outbox(database)
        self.users = Users(database)
        self.sessions = Sessions(database)
        self.backlog = Backlog(data_dir / BACKLOG_FILE)

    @classmethod
    async def open(cls, settings: MaskwatchSettings, *, beside: bool = False) -> "Store":
        """Open the database, bring its tables up to date, and record alerts a former run could not.

        A program `beside` the service, which may run and whose settings these may not be, leaves alone what waits for
        the database and for notifiers.

        Raises:
            ConfigError: database.url is no PostgreSQL address.
            PluginError: the PostgreSQL driver is not installed.
            StoreError: the database or the data folder can't be used, the database is newer than this version, or
                secret.key is not the key its cameras were sealed with.
        """
        secret_url = settings.database.url
        url = database_url(settings.data_dir, secret_url.get_secret_value() if secret_url is not None else None)
        box = await asyncio.to_thread(_prepare_data_dir, settings.data_dir, is_sqlite=secret_url is None)
        await asyncio.to_thread(migrate, url)
        seconds = settings.alerts.escalate_after_s
        store = cls(
            Database(await asyncio.to_thread(create_engine, url)),
            box,
            settings.data_dir,
            escalate_after=timedelta(seconds=seconds) if seconds is not None else None,
        )
        try:
            await store.cameras.list()  # a wrong key shall stop the start, not the first look at a camera
            if not beside:
                await store._open_outbox(settings.notifiers)  # before any event is written
                await store.backlog.replay(store.alerts)
        except StoreError:
            await store.close()
            raise
        return store

    async def _open_outbox(self, fixed: Sequence[NotifierSettings]) -> None:
        """From the first event on, queue what each target wants. The settings file goes before the dashboard."""
        filters = {each.name: (each.enabled, filter_of(each)) for each in fixed}
        for stored in await self.notifiers.list():
            filters.setdefault(stored.name, (stored.enabled, stored.filter))
        wanted = {name: wanted for name, (enabled, wanted) in filters.items() if enabled}
        if dropped := await self.outbox.open(wanted, known=filters.keys()):
            _log.warning("dropped what waited for notifiers that are no more", deliveries=dropped)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()


def filter_of(settings: NotifierSettings) -> NotifierFilter:
    """The filter of a target of the settings file, without the rest."""
    return NotifierFilter.model_validate(settings.model_dump(include=set(NotifierFilter.model_fields)))


def _prepare_data_dir(data_dir: Path, *, is_sqlite: bool) -> SecretBox:
    """Make the data folder and the database's file, for their owner only, and read or make the key."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_sqlite:
            (data_dir / SQLITE_FILE).touch(mode=0o600)  # SQLite would make it readable for everybody
        return SecretBox.open(data_dir / KEY_FILE)
    except OSError as error:
        raise StoreError(
            f"The data folder {data_dir} can't be used: {error.strerror}.",
            remedy="Make it writable for the user maskwatch runs as, or choose another with --data-dir.",
        ) from None
    except ValueError:
        raise StoreError(
            f"The key file {data_dir / KEY_FILE} is damaged.",
            remedy="Put it back from a backup; docs/storage.md says what to do if it is lost.",
        ) from None
