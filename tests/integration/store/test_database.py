"""Addresses, migrations, and what the store says when its database can't be used."""

import asyncio
import builtins
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import Severity
from maskwatch.errors import ConfigError, MaskwatchError, PluginError, StoreError
from maskwatch.store import Store
from maskwatch.store.database import Database, create_engine, database_url
from maskwatch.store.migrate import migrate
from maskwatch.store.tables import Base
from tests.fixtures.postgresql import PASSWORD, Cluster
from tests.integration.store.parts import new_alert


def _with_url(data_dir: Path, url: str) -> MaskwatchSettings:
    return MaskwatchSettings.model_validate({"data_dir": data_dir, "database": {"url": url}})


async def test_migrations_make_just_the_tables_the_code_knows(store: Store) -> None:
    def differences(connection: Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)

    async with store._database._engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_again_and_at_the_same_time_changes_nothing(settings: MaskwatchSettings) -> None:
    stores = await asyncio.gather(*(Store.open(settings) for _ in range(4)))
    await stores[0].alerts.raise_(new_alert())
    assert [await store.alerts.last_event_id() for store in stores] == [1, 1, 1, 1]
    for store in stores:
        await store.close()


async def test_a_newer_database_is_refused(settings: MaskwatchSettings) -> None:
    store = await Store.open(settings)
    async with store._database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(StoreError, match="newer version") as caught:
        await Store.open(settings)
    assert caught.value.code == "store_newer"
    assert caught.value.remedy


async def test_alerts_of_the_version_before_rules_keep_their_person_and_their_pictures(
    settings: MaskwatchSettings,
) -> None:
    upgrade = command.upgrade
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        secret_url = settings.database.url
        url = database_url(settings.data_dir, secret_url.get_secret_value() if secret_url is not None else None)
        settings.data_dir.mkdir(parents=True)
        await asyncio.to_thread(migrate, url)
    before = Database(await asyncio.to_thread(create_engine, url))
    async with before.write() as session:
        await session.execute(
            text(
                "INSERT INTO alerts (id, camera, kind, state, track_id, raised_at, confidence, evidence) "
                "VALUES ('old', 'lobby', 'no_mask', 'raised', 7, '2026-01-01 12:00:00', 0.9, '{}')"
            )
        )
        await session.execute(
            text("INSERT INTO snapshots (alert_id, kind, path, bytes) VALUES ('old', 'face', '2026/01/01/a.jpg', 9)")
        )
    await before.close()
    store = await Store.open(settings)
    old = await store.alerts.get("old")
    assert (old.track_id, old.severity, old.has_face) == (7, Severity.WARNING, True)
    await store.close()


async def test_a_migration_that_fails_leaves_nothing_behind(
    settings: MaskwatchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last table of the first step is in the way: not one table of that step may stay."""
    empty = await Store.open(settings)
    async with empty._database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(text(f"DROP TABLE {table.name}"))
        await session.execute(text("DELETE FROM alembic_version"))
        await session.execute(text("CREATE TABLE sessions (other INTEGER)"))
    await empty.close()
    with pytest.raises(MaskwatchError):
        await Store.open(settings)
    again = Store(empty._database, None, settings.data_dir)  # type: ignore[arg-type]
    async with again._database.write() as session:
        await session.execute(text("SELECT other FROM sessions"))
        await session.execute(text("CREATE TABLE cameras (other INTEGER)"))
    await again.close()


async def test_sqlite_is_set_up_to_lose_nothing(sqlite_settings: MaskwatchSettings) -> None:
    store = await Store.open(sqlite_settings)
    async with store._database.read() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    await store.close()
    full = 2
    assert found == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 5000,
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["mysql://root:hunter2@h/db", "hunter2", "sqlite:///x.db", "postgresql+psycopg://u:hunter2@h/d", "://:hunter2@"],
)
async def test_an_address_of_something_else_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="PostgreSQL") as caught:
        await Store.open(_with_url(tmp_path, url))
    assert "hunter2" not in str(caught.value)


async def test_a_missing_driver_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_asyncpg(name: str, *args: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "asyncpg":
            raise ModuleNotFoundError(name=name)
        return real_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without_asyncpg)
    with pytest.raises(PluginError, match=r"maskwatch\[postgresql\]") as caught:
        await Store.open(_with_url(tmp_path, "postgresql://u:hunter2@127.0.0.1:1/d"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "hunter2"}, "store_refused"),
        ({"database": "nowhere"}, "store_refused"),
        ({"port": 1}, "store_unreachable"),
        ({"query": "?sslmode=require"}, "store_unreachable"),
    ],
    ids=str,
)
async def test_a_postgresql_that_can_not_be_used(
    postgresql: Cluster, tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    parts = {"password": PASSWORD, "database": "postgres", "port": postgresql.port, "query": "", **change}
    url = "postgresql://postgres:{password}@127.0.0.1:{port}/{database}{query}".format(**parts)
    with pytest.raises(StoreError) as caught:
        await Store.open(_with_url(tmp_path, url))
    assert caught.value.code == code
    assert caught.value.remedy
    said = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
    assert PASSWORD not in said
    assert "hunter2" not in said


@pytest.mark.postgresql
async def test_an_unknown_parameter_of_the_address(postgresql_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="parameter"):
        await Store.open(_with_url(tmp_path, f"{postgresql_url}?colour=blue"))


@pytest.mark.postgresql
async def test_a_postgresql_user_without_rights(postgresql: Cluster, postgresql_url: str, tmp_path: Path) -> None:
    await postgresql.execute("DROP ROLE IF EXISTS guest")
    await postgresql.execute("CREATE ROLE guest LOGIN PASSWORD 'hunter2'")
    with pytest.raises(StoreError) as caught:
        await Store.open(_with_url(tmp_path, postgresql_url.replace(f"postgres:{PASSWORD}", "guest:hunter2")))
    assert caught.value.code == "store_refused"


@pytest.mark.postgresql
async def test_by_unix_socket(postgresql: Cluster, postgresql_url: str, tmp_path: Path) -> None:
    url = postgresql_url.replace(f"127.0.0.1:{postgresql.port}", f":{postgresql.port}")
    store = await Store.open(_with_url(tmp_path, f"{url}?host={postgresql.folder}"))
    await store.close()


async def test_a_file_that_is_no_database(sqlite_settings: MaskwatchSettings) -> None:
    sqlite_settings.data_dir.mkdir()
    (sqlite_settings.data_dir / "maskwatch.db").write_bytes(b"not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreError, match="not an SQLite database") as caught:
        await Store.open(sqlite_settings)
    assert caught.value.code == "store_damaged"


async def test_a_data_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="data folder"):
        await Store.open(MaskwatchSettings(data_dir=tmp_path / "file" / "below"))


async def test_a_locked_database_is_said_after_a_while(
    sqlite_settings: MaskwatchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskwatch.store.database._BUSY_TIMEOUT_S", 0.1)
    store = await Store.open(sqlite_settings)
    other = await asyncio.to_thread(_locking, sqlite_settings.data_dir / "maskwatch.db")
    with pytest.raises(StoreError, match="locked") as caught:
        await store.alerts.raise_(new_alert())
    assert caught.value.code == "store_busy"
    assert await store.alerts.count_open() == 0, "reading goes on"
    other.rollback()
    other.close()
    assert await store.alerts.raise_(new_alert()) is not None
    await store.close()


def _locking(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_the_migrations_are_in_the_package() -> None:
    """Found through the package, not the checkout: so a wheel holds them too."""
    program = (
        "from importlib.resources import files;"
        "print(*(f.name for f in files('maskwatch.store').joinpath('migrations', 'versions').iterdir()))"
    )
    listed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd="/")
    assert "0001_first_tables.py" in listed.stdout
