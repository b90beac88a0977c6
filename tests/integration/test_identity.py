"""One person before two cameras of the real service, known again by the real face encoder."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fixtures.clips import Clips
from tests.fixtures.server import StartMaskwatch
from tests.integration.test_service import messages

pytestmark = pytest.mark.timeout(180)
CAMERAS = {"hall", "door"}
DWELL_S = 3.0


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=90)) as session:
        yield session


@pytest.mark.parametrize(("identity", "told_by"), [(True, 1), (False, 2)], ids=["known again", "not known again"])
async def test_who_is_seen_by_two_cameras_is_told_of_once(
    start_maskwatch: StartMaskwatch, clips: Clips, http: aiohttp.ClientSession, identity: bool, told_by: int
) -> None:
    camera = {"url": str(clips.bare), "rules": {"dwell_s": DWELL_S}}
    server = start_maskwatch({"identity": identity, "cameras": dict.fromkeys(sorted(CAMERAS), camera)})
    waiting, alerts = set(CAMERAS), set[str]()
    async for message in messages(http, server):
        if message["type"] == "alert" and message["action"] == "raised":
            alerts.add(message["alert"]["camera"])
        if message["type"] == "faces" and any(map(long_without_a_mask, message["people"])):
            waiting.discard(message["camera"])
        if not waiting and len(alerts) >= told_by:
            break
    async with http.get(f"{server.url}/api/v1/alerts") as response:
        kept = (await response.json())["alerts"]
    assert len(alerts) == len(kept) == told_by
    assert "encoding" not in str(kept)


def long_without_a_mask(person: dict[str, Any]) -> bool:
    """Long enough for an alert, and a while more."""
    return bool(person["state"] == "no_mask" and person["seen_s"] > DWELL_S + 3)
