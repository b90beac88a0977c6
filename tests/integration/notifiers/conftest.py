"""Notifiers and the outbox on real servers; the loop must never block."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from maskwatch.config import MaskwatchSettings
from maskwatch.notifiers.registry import notifier_plugins
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.store import Store
from tests.fixtures.stores import settings, sqlite_settings, store, unblocked_loop
from tests.integration.notifiers.parts import Post
from tests.servers.http import Receiver

__all__ = ["settings", "sqlite_settings", "store"]


@pytest.fixture(autouse=True)
def unblocked() -> Iterator[None]:
    """Fail whoever blocks the loop from within maskwatch."""
    notifier_plugins()
    with unblocked_loop() as blockbuster:
        for function in blockbuster.functions.values():
            # A fault's stack is written with the lines of its source.
            function.can_block_in("maskwatch/notifiers/dispatcher.py", {"_crashed"})
        yield


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A running HTTP server."""
    server = Receiver()
    await server.start()
    yield server
    if server.hold is not None:
        server.hold.set()
    await server.stop()


@pytest.fixture
async def sqlite_store(sqlite_settings: MaskwatchSettings) -> AsyncIterator[Store]:
    """An empty store on SQLite."""
    opened = await Store.open(sqlite_settings)
    yield opened
    await opened.close()


@pytest.fixture
async def vapid(tmp_path: Path) -> VapidKey:
    """A server's key."""
    (tmp_path / "keys").mkdir()
    return await asyncio.to_thread(VapidKey.open, tmp_path / "keys")


@pytest.fixture
async def post(store: Store, vapid: VapidKey) -> AsyncIterator[Post]:
    """A switchboard on the store."""
    running = Post(store, vapid)
    yield running
    await running.close()


@pytest.fixture
async def sqlite_post(sqlite_store: Store, vapid: VapidKey) -> AsyncIterator[Post]:
    """A switchboard on SQLite."""
    running = Post(sqlite_store, vapid)
    yield running
    await running.close()
