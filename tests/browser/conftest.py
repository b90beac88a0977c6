"""A house with cameras that everybody in a module looks at, and nobody changes."""

from collections.abc import Iterator

import pytest

from tests.fixtures.clips import Clips
from tests.fixtures.server import MaskwatchServer

NOBODY_LISTENS = "rtsp://127.0.0.1:9/stream"


@pytest.fixture(scope="module")
def house(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MaskwatchServer]:
    """A server whose camera `door` sees a bare face (so it has an open alert), `ward-3` a bare and a masked one;
    `lift` can't be reached and `night-desk` is paused."""
    rules = {"dwell_s": 0.5}
    server = MaskwatchServer(
        tmp_path_factory.mktemp("house"),
        {
            "cameras": {
                "door": {"url": str(clips.bare), "rules": rules},
                "ward-3": {"url": str(clips.two_people), "rules": {"dwell_s": 3600}},
                "lift": {"url": NOBODY_LISTENS},
                "night-desk": {"url": str(clips.masked), "enabled": False},
            }
        },
    )
    yield server
    assert server.stop() == 0, server.log
    assert "Traceback" not in server.log, server.log
