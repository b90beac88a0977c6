"""The store on both databases; its loop must never block."""

from collections.abc import Iterator

import pytest

from tests.fixtures.stores import settings, sqlite_settings, store, unblocked_loop

__all__ = ["settings", "sqlite_settings", "store"]


@pytest.fixture(autouse=True)
def unblocked() -> Iterator[None]:
    """Fail whoever blocks the loop from within maskwatch."""
    with unblocked_loop():
        yield
