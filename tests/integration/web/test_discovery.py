"""Finding cameras through the API, with a camera of ours behind it."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from maskwatch.sources.discovery import FoundCamera
from maskwatch.web.api_discovery import DiscoveryApi
from tests.integration.web.conftest import House, Open
from tests.servers.onvif_camera import OnvifCamera, Profile

USER, PASSWORD = "watch", "s3cr3t-w0rd"
FOUND = (FoundCamera(host="192.0.2.7", port=8000, name="Front door", model="Eye 3"),)


@pytest.fixture(scope="module")
def camera() -> Iterator[OnvifCamera]:
    profiles = [
        Profile(name="main", url="rtsp://192.0.2.7/main", width=1920, height=1080),
        Profile(name="sub", url="rtsp://192.0.2.7/sub", width=640, height=360),
    ]
    with OnvifCamera(profiles, login=(USER, PASSWORD)) as server:
        yield server


async def test_who_is_there_is_told_and_not_asked_for_twice_at_a_time(open_house: Open) -> None:
    answer, searching = threading.Event(), threading.Event()
    searches: list[float] = []

    def search(seconds: float) -> tuple[FoundCamera, ...]:
        searches.append(seconds)
        searching.set()
        assert answer.wait(10)
        return FOUND

    house: House = await open_house(discovery=DiscoveryApi(search=search, apart_s=600))
    first = asyncio.create_task(house.call("POST", "/api/v1/discovery", json={"search_s": 1}))
    await asyncio.to_thread(searching.wait, 10)
    second = asyncio.create_task(house.call("POST", "/api/v1/discovery"))
    answer.set()
    third = await house.call("POST", "/api/v1/discovery")
    for response, body in (await first, await second, third):
        assert response.status == 200
        assert body == {"cameras": [{"host": "192.0.2.7", "port": 8000, "name": "Front door", "model": "Eye 3"}]}
    assert searches == [1]


async def test_a_network_that_can_not_be_asked_is_said(open_house: Open) -> None:
    def search(_seconds: float) -> tuple[FoundCamera, ...]:
        raise OSError("no multicast here")

    house = await open_house(discovery=DiscoveryApi(search=search))
    problem = await house.refused("POST", "/api/v1/discovery", 502, "source_unreachable")
    assert "address" in problem["remedy"]


async def test_only_who_is_logged_in_may_look(open_house: Open) -> None:
    house = await open_house({}, users={"admin": "correct horse"})
    await house.refused("POST", "/api/v1/discovery", 401, "unauthorized", json={})
    await house.refused("POST", "/api/v1/discovery/streams", 401, "unauthorized", json={"host": "127.0.0.1"})


async def test_the_streams_of_the_one_that_was_picked(house: House, camera: OnvifCamera) -> None:
    question = {"host": "127.0.0.1", "port": camera.port, "user": USER, "password": PASSWORD}
    response, body = await house.call("POST", "/api/v1/discovery/streams", json=question)
    assert response.status == 200, body
    assert (body["maker"], body["model"]) == ("Acme", "Eye 3")
    assert [(each["name"], each["width"], each["main"], each["sub"]) for each in body["streams"]] == [
        ("main", 1920, True, False),
        ("sub", 640, False, True),
    ]
    wrong = {**question, "password": "wrong-one"}
    problem = await house.refused("POST", "/api/v1/discovery/streams", 502, "source_unauthorized", json=wrong)
    assert "wrong-one" not in str(problem)


@pytest.mark.parametrize("host", ["", "a b", "http://x", "x" * 300])
async def test_a_host_that_is_none_is_refused(house: House, host: str) -> None:
    await house.refused("POST", "/api/v1/discovery/streams", 422, "invalid_request", json={"host": host})
