from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from maskwatch.web.problems import Problems


class NoPages:
    async def missing(self) -> web.StreamResponse:
        raise AssertionError("no page is asked for")


async def test_a_client_that_goes_away_in_the_middle_of_its_request_is_no_error() -> None:
    async def read_the_body(_request: web.Request) -> web.StreamResponse:
        raise ConnectionResetError("Connection lost")

    # What is raised from here on, the server logs as an error with its stack.
    response = await Problems(NoPages()).middleware(make_mocked_request("POST", "/door/whep"), read_the_body)
    assert response.status == 499
