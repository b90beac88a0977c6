import json

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from maskwatch.errors import (
    BusyError,
    ConflictError,
    MaskwatchError,
    NotFoundError,
    SourceError,
    SourceReason,
    StoreError,
    TooManyAttemptsError,
)
from maskwatch.web.problems import Problems
from maskwatch.web.schema.service import Problem


class NoPages:
    async def missing(self) -> web.StreamResponse:
        return web.Response(status=404, text="page")


async def met(error: BaseException, accept: str = "*/*") -> web.Response:
    async def handler(_request: web.Request) -> web.StreamResponse:
        raise error

    request = make_mocked_request("GET", "/somewhere", headers={"Accept": accept})
    response = await Problems(NoPages()).middleware(request, handler)
    assert isinstance(response, web.Response)
    return response


def told(response: web.Response) -> Problem:
    assert isinstance(response.body, bytes)
    return Problem.model_validate(json.loads(response.body))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFoundError("No."), 404, "not_found"),
        (ConflictError("No.", code="taken"), 409, "taken"),
        (StoreError("No."), 503, "store_failed"),
        (SourceError(SourceReason.TIMEOUT, "No."), 502, "source_timeout"),
        (MaskwatchError("No."), 500, "error"),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), 405, "method_not_allowed"),
        (web.HTTPRequestEntityTooLarge(1, 2), 413, "too_large"),
        (web.HTTPGone(), 410, "http_error"),
    ],
)
async def test_errors_become_problems(error: Exception, status: int, code: str) -> None:
    response = await met(error)
    assert (response.status, told(response).status, told(response).code) == (status, status, code)


async def test_what_nobody_expected_tells_nothing_of_itself(capsys: pytest.CaptureFixture[str]) -> None:
    response = await met(ValueError("rtsp://admin:hunter2@cam/stream"))
    assert (response.status, told(response).code) == (500, "internal")
    assert "hunter2" not in told(response).model_dump_json() + capsys.readouterr().out
    assert "Traceback" not in told(response).model_dump_json()


async def test_a_redirect_is_no_problem() -> None:
    with pytest.raises(web.HTTPSeeOther):
        await met(web.HTTPSeeOther("/"))


async def test_who_is_busy_says_for_how_long() -> None:
    response = await met(BusyError("No.", retry_after_s=7))
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
    assert (await met(TooManyAttemptsError("No."))).status == 429


async def test_allowed_methods_are_named() -> None:
    response = await met(web.HTTPMethodNotAllowed("PUT", ["GET", "POST"]))
    assert response.headers["Allow"] == "GET,POST"


async def test_a_person_gets_a_page() -> None:
    assert (await met(web.HTTPNotFound(), "text/html")).text == "page"
