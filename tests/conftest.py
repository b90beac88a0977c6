"""Fixtures that run real servers; each is in a module of its own under `fixtures/`."""

# Loaded after TensorFlow it crashes the interpreter (libraries of their own). The service loads it first, too.
import pylibsrtp  # noqa: F401
from hypothesis import settings

pytest_plugins = [
    "tests.fixtures.clips",
    "tests.fixtures.mosquitto",
    "tests.fixtures.postgresql",
    "tests.fixtures.prometheus",
    "tests.fixtures.rtsp",
    "tests.fixtures.server",
    "tests.fixtures.chromium",
]

# How long an example takes says more of the machine than of the code; speed is measured by `maskwatch bench`.
settings.register_profile("maskwatch", deadline=None)
settings.load_profile("maskwatch")
