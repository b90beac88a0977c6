"""The connection: SQLite in the data folder or PostgreSQL by URL, its transactions, and its errors in plain words."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy import create_engine as create_blocking_engine
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from maskwatch.errors import ConfigError, PluginError, StoreError

SQLITE_FILE = "maskwatch.db"

_BUSY_TIMEOUT_S = 5.0
_CONNECT_TIMEOUT_S = 10.0
_COMMAND_TIMEOUT_S = 30.0
_WRITES = "maskwatch_writes"
"""Execution option of a connection whose transaction is going to write."""


def database_url(data_dir: Path, url: str | None) -> URL:
    """The address of the database as SQLAlchemy wants it.

    Raises:
        ConfigError: `url` is not a PostgreSQL address. The message does not repeat it: it may hold a password.
    """
    if url is None:
        return URL.create("sqlite+aiosqlite", database=str(data_dir / SQLITE_FILE))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise ConfigError(
            "database.url is not an address of a PostgreSQL database.",
            remedy="Write it as postgresql://user:password@host/name, or leave it out to use SQLite.",
        )
    query = dict(parsed.query)
    if "sslmode" in query:  # libpq's name for what asyncpg calls ssl
        query["ssl"] = query.pop("sslmode")
    return parsed.set(drivername="postgresql+asyncpg", query=query)


def create_engine(url: URL) -> AsyncEngine:
    """An engine that shows no values in its errors.

    Raises:
        PluginError: the PostgreSQL driver is not installed.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_S})
        _prepare_sqlite(engine.sync_engine, always_writes=False)
        return engine
    try:
        return create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "timeout": _CONNECT_TIMEOUT_S,
                "command_timeout": _COMMAND_TIMEOUT_S,
                "async_creator_fn": _connect_postgresql,
            },
        )
    except ModuleNotFoundError as error:
        raise PluginError(
            f"A PostgreSQL database is configured, but the package {error.name!r} it needs is not installed.",
            remedy="Install it: pip install 'maskwatch[postgresql]'",
        ) from None


def create_sqlite_migration_engine(url: URL) -> Engine:
    """A blocking engine for the same SQLite file, switched to WAL (which stays with the file); always writes."""
    engine = create_blocking_engine(
        url.set(drivername="sqlite"), hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_S}
    )
    _prepare_sqlite(engine, "journal_mode = WAL", always_writes=True)
    return engine


async def _connect_postgresql(*args: Any, **options: Any) -> Any:
    """Connect by asyncpg. SQLAlchemy passes on what goes wrong here as it is, so it is put in words here."""
    import asyncpg  # noqa: PLC0415 - comes with the extra `postgresql`

    try:
        return await asyncpg.connect(*args, **options)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _store_error(error) from None
    except TypeError:
        raise ConfigError(
            "database.url has a parameter that is not known.",
            remedy="After the question mark, asyncpg's connection parameters (and sslmode) may stand.",
        ) from None


def _prepare_sqlite(engine: Engine, *further_pragmas: str, always_writes: bool) -> None:
    """Let SQLAlchemy, not the driver, begin transactions; wait for other writers instead of failing at once."""
    # FULL: a commit is on the disk before its event id is told to anyone; NORMAL could lose it with the power and give
    # the same id to another event. Alerts are rare, so the fsync a commit costs nothing that counts.
    pragmas = ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL", *further_pragmas)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # IMMEDIATE: a transaction that will write takes the lock first; one that began as a reader could not wait.
        writes = connection.get_execution_options().get(_WRITES, always_writes)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Transactions on one engine. Every failure of the database comes out as a `StoreError`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.session_info: dict[str, Any] = {}
        """What every session of this database finds in its `info`."""
        self._writer = asyncio.Lock()
        """Writers of this process queue here, fairly, instead of polling the file's lock."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the SQLite file, not PostgreSQL."""
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only reads."""
        with translated_errors():
            async with AsyncSession(self._engine, expire_on_commit=False, autoflush=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that writes; committed when the block ends, undone when it raises."""
        with translated_errors():
            async with (
                self._writer,
                AsyncSession(
                    self._engine.execution_options(**{_WRITES: True}), expire_on_commit=False, info=self.session_info
                ) as session,
                session.begin(),
            ):
                yield session

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the drivers' errors into `StoreError`, without their text: it may name a user, a host or a value."""
    try:
        yield
    except DBAPIError as error:
        raise _store_error(error.orig if error.orig is not None else error) from None
    except PoolTimeoutError:
        raise StoreError(
            "The database is busy: no connection to it became free.", remedy="Try again.", code="store_busy"
        ) from None
    except OSError as error:
        raise _unreachable(type(error).__name__) from None


_SQLITE_PROBLEMS: dict[int, tuple[str, str, str]] = {
    sqlite3.SQLITE_BUSY: ("store_busy", "The database is locked by another program.", "Close what else has it open."),
    sqlite3.SQLITE_LOCKED: ("store_busy", "The database is locked by another program.", "Close what else has it open."),
    sqlite3.SQLITE_FULL: ("store_disk_full", "The disk that holds the database is full.", "Free some space on it."),
    sqlite3.SQLITE_IOERR: (
        "store_disk_failed",
        "The disk that holds the database can't be read or written.",
        "Check that the disk has free space and is healthy.",
    ),
    sqlite3.SQLITE_READONLY: (
        "store_read_only",
        "The database can't be written.",
        "Make the data folder and the files in it writable for the user maskwatch runs as.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "store_unreachable",
        "The database file can't be opened.",
        "Check that the data folder exists and that the user maskwatch runs as may write it.",
    ),
    sqlite3.SQLITE_CORRUPT: ("store_damaged", "The database file is damaged.", "Put a backup back."),
    sqlite3.SQLITE_NOTADB: (
        "store_damaged",
        "The database file is not an SQLite database.",
        "Move it away, or put a backup back.",
    ),
}

_POSTGRESQL_PROBLEMS: dict[str, tuple[str, str, str]] = {
    "28": (
        "store_refused",
        "The PostgreSQL server refuses the user or the password.",
        "Check the user and password in database.url.",
    ),
    "3D": (
        "store_refused",
        "The PostgreSQL server has no database of that name.",
        "Create it, or check the name in database.url.",
    ),
    "42501": (
        "store_refused",
        "The PostgreSQL user may not do this.",
        "Make the user in database.url the owner of the database.",
    ),
    "53100": ("store_disk_full", "The disk of the PostgreSQL server is full.", "Free some space on it."),
    "53": ("store_busy", "The PostgreSQL server is out of connections or memory.", "Try again, or give it more."),
    "40": ("store_busy", "The database gave way to another transaction.", "Try again."),
    "55": ("store_busy", "The database is locked by another program.", "Try again."),
}


def _store_error(error: BaseException) -> StoreError:
    """What a driver's error means, in words."""
    kind = type(error).__name__
    if isinstance(error, sqlite3.Error):
        problem = _SQLITE_PROBLEMS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    else:
        state = str(getattr(error, "sqlstate", None) or "")
        problem = _POSTGRESQL_PROBLEMS.get(state) or _POSTGRESQL_PROBLEMS.get(state[:2])
        if problem is None and (not state or state[:2] in ("08", "57")):
            return _unreachable(kind)
        kind = f"{kind} {state}"
    if problem is None:
        return StoreError(f"The database refused ({kind}).", remedy="Please report this if it happens again.")
    code, message, remedy = problem
    return StoreError(message, remedy=remedy, code=code)


def _unreachable(kind: str) -> StoreError:
    return StoreError(
        f"The database can't be reached ({kind}).",
        remedy="Check that the PostgreSQL server runs and that database.url names the right host and port.",
        code="store_unreachable",
    )
