"""Every failure as RFC 9457 problem+json: what happened, a stable code, what to do; no stack, secret or input."""

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import NoReturn, Protocol

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from maskwatch.errors import (
    BusyError,
    ConfigError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    MaskwatchError,
    NotFoundError,
    PluginError,
    SourceError,
    StoreError,
    TooManyAttemptsError,
    UnauthorizedError,
)
from maskwatch.plugins import first_problem
from maskwatch.secrets import redact_text
from maskwatch.web.schema.service import Problem
from maskwatch.web.signalling import SignallingError

log = structlog.get_logger(__name__)

PROBLEM_TYPE = "application/problem+json"


class InvalidInputError(InvalidRequestError):
    """Raised when a body or a query can be read but does not fit its model."""


_STATUS: Mapping[type[MaskwatchError], HTTPStatus] = {
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidRequestError: HTTPStatus.BAD_REQUEST,
    UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    ConfigError: HTTPStatus.UNPROCESSABLE_ENTITY,
    PluginError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    SourceError: HTTPStatus.BAD_GATEWAY,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}

_HTTP: Mapping[int, tuple[str, str, str]] = {
    400: ("invalid_request", "The request can't be read.", "Check how it is put together."),
    404: ("not_found", "There is nothing at this address.", "The addresses are listed at /api/v1/openapi.json."),
    405: ("method_not_allowed", "This address does not take that method.", "The header Allow lists those it takes."),
    413: ("too_large", "The request's body is too large.", "Send less; no request needs that much."),
    415: ("unsupported_media_type", "The body's Content-Type is not the one expected.", "Send application/json."),
}
"""Code, detail and remedy of failures found by the HTTP layer itself."""


_CODES_OF_OURS = frozenset({"name_reserved", "name_invalid"})
"""Kinds of pydantic errors that our own models raise."""


class ProblemResponse(web.Response):
    """A `Problem` as the answer to a request."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            status=problem.status,
            body=problem.model_dump_json().encode(),
            content_type=PROBLEM_TYPE,
            headers={"Cache-Control": "no-store", **(headers or {})},
        )
        self.problem = problem


def problem(status: int, code: str, detail: str, remedy: str = "") -> Problem:
    """A problem whose title is the status' own name."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, remedy=remedy)


def problem_of(error: MaskwatchError) -> ProblemResponse:
    """How an error of ours is told to a client."""
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), None)
    if isinstance(error, SignallingError):
        status = HTTPStatus(error.status)
    headers = {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.retry_after_s)
    return ProblemResponse(
        problem(status or HTTPStatus.INTERNAL_SERVER_ERROR, error.code, error.message, error.remedy), headers
    )


def refuse_input(error: ValidationError, what: str) -> NoReturn:
    """Raise what a client is told about a body or a query that does not fit its model; the input is not repeated."""
    kind = error.errors(include_input=False, include_url=False)[0]["type"]
    raise InvalidInputError(
        f"The {what} is not valid: {first_problem(error)}.", code=kind if kind in _CODES_OF_OURS else None
    ) from None


def _problem_of_http(error: web.HTTPException) -> ProblemResponse:
    code, detail, remedy = _HTTP.get(error.status, ("http_error", f"{HTTPStatus(error.status).phrase}.", ""))
    headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    return ProblemResponse(problem(error.status, code, detail, remedy), headers)


_CLIENT_CLOSED_REQUEST = 499
"""What web servers note down for it; no client ever sees it."""


class MissingPage(Protocol):
    """Shows that a page does not exist."""

    async def missing(self) -> web.StreamResponse:
        """The page that says so."""


class Problems:
    """Turns whatever a handler raises into a problem. `middleware` is the outermost: nothing gets past it."""

    def __init__(self, pages: MissingPage) -> None:
        self._pages = pages

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Run the handler."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            if error.status == HTTPStatus.NOT_FOUND and wants_page(request):
                return await self._pages.missing()
            return _problem_of_http(error)
        except MaskwatchError as error:
            response = problem_of(error)
            if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.warning("a request failed", path=request.path, code=error.code, error=redact_text(str(error)))
            return response
        except (ConnectionError, web.RequestPayloadError) as error:
            return _broken_off(error)
        except Exception as error:  # noqa: BLE001 - the web's supervisor: it logs, and no stack goes out
            return _crashed(request, error)


def wants_page(request: web.Request) -> bool:
    """Whether a person looks at the answer: a browser that goes to an address, not a program or a script."""
    return (
        request.method == hdrs.METH_GET
        and "text/html" in request.headers.get(hdrs.ACCEPT, "")
        and not request.path.startswith("/api/")
    )


def _broken_off(error: Exception) -> web.Response:
    """The rest of a request that never comes, or can't be read: nothing is wrong here."""
    if isinstance(error, ConnectionError):
        return web.Response(status=_CLIENT_CLOSED_REQUEST)  # there is nobody left to answer
    return _problem_of_http(web.HTTPBadRequest())  # its chunks or its compression make no sense


def _crashed(request: web.Request, error: Exception) -> ProblemResponse:
    log.error(
        "a request crashed",
        method=request.method,
        path=request.path,
        error=type(error).__name__,
        stack=redact_text("".join(traceback.format_exception(error))),
    )
    return ProblemResponse(
        problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "The server met an error it did not expect.",
            "Its log says more; please report it if it happens again.",
        )
    )
