"""Fixtures that run real servers; each is in a module of its own under `fixtures/`."""

pytest_plugins = ["tests.fixtures.postgresql"]
