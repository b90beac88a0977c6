"""Fixtures that run real servers; each is in a module of its own under `fixtures/`."""

pytest_plugins = [
    "tests.fixtures.clips",
    "tests.fixtures.postgresql",
    "tests.fixtures.prometheus",
    "tests.fixtures.rtsp",
    "tests.fixtures.server",
    "tests.fixtures.chromium",
]
