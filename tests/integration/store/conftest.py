"""The store on both databases; its loop must never block."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from maskwatch.config import MaskwatchSettings
from maskwatch.store import Store

BOTH = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(autouse=True)
def unblocked() -> Iterator[None]:
    """Fail whoever blocks the loop from within maskwatch."""
    with blockbuster_ctx("maskwatch") as blockbuster:
        for function in blockbuster.functions.values():
            # Alembic on PostgreSQL has a loop of its own, in a thread of its own.
            function.can_block_in("maskwatch/store/migrate.py", {"_upgrade"})
            # asyncpg looks for certificates in the home folder when it connects.
            function.can_block_in("maskwatch/store/database.py", {"_connect_postgresql"})
        yield


@pytest.fixture(params=BOTH)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> MaskwatchSettings:
    """Settings of an empty store, on SQLite and on PostgreSQL."""
    database = {"url": request.getfixturevalue("postgresql_url")} if request.param == "postgresql" else {}
    return MaskwatchSettings.model_validate({"data_dir": tmp_path / "data", "database": database})


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> MaskwatchSettings:
    """Settings of an empty store on SQLite."""
    return MaskwatchSettings(data_dir=tmp_path / "data")


@pytest.fixture
async def store(settings: MaskwatchSettings) -> AsyncIterator[Store]:
    """An empty store, on both databases."""
    opened = await Store.open(settings)
    yield opened
    await opened.close()
