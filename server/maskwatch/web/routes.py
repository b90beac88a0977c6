"""An operation of the API, declared once: its route, its checks and its place in the OpenAPI description."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from maskwatch.errors import InvalidRequestError
from maskwatch.web.problems import refuse_input
from maskwatch.web.schema.base import Wire

API = "/api/v1"

Query = TypeVar("Query", bound=Wire)
Body = TypeVar("Body", bound=Wire)


class Nothing(Wire):
    """No query, or no body."""


@dataclass(frozen=True, slots=True)
class Media:
    """An answer that is no JSON."""

    content_type: str
    description: str


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """One request whose query and body fit their models."""

    request: web.Request
    query: Query
    body: Body

    def part(self, name: str) -> str:
        """A part of the path, such as the camera's name."""
        return self.request.match_info[name]


Answer = BaseModel | web.StreamResponse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Query, Body]):
    """What can be done at `path` (below `/api/v1`) with `method`.

    `answer` is the model of its answer, `Media`, or None for no content. `errors` are the statuses of the problems it
    can meet besides those that every operation can. An operation whose route others add has no `handler`.
    """

    name: str
    method: str
    path: str
    summary: str
    tag: str
    query: type[Query]
    body: type[Body]
    answer: type[BaseModel] | Media | None
    handler: Callable[[Call[Query, Body]], Awaitable[Answer]] | None
    status: HTTPStatus = HTTPStatus.OK
    errors: tuple[int, ...] = ()
    other_statuses: tuple[int, ...] = ()
    """Further good answers, without content."""
    other_types: tuple[str, ...] = ()
    """Content types that a `Media` answer may have instead, as the query asks."""
    body_optional: bool = False

    def route(self) -> web.RouteDef:
        """The route that checks query and body, calls the handler and writes its answer."""
        handler = self.handler
        if handler is None:
            msg = f"{self.name} has its route elsewhere"
            raise ValueError(msg)

        async def serve(request: web.Request) -> web.StreamResponse:
            call = Call(request, self._read_query(request), await self._read_body(request))
            return self._response(await handler(call))

        return web.route(self.method, f"{API}{self.path}", serve)

    def _response(self, answer: Answer) -> web.StreamResponse:
        if isinstance(answer, web.StreamResponse):
            return answer
        headers = {hdrs.CACHE_CONTROL: "no-store"}
        if answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)
        text = answer.model_dump_json()
        return web.Response(status=self.status, text=text, content_type="application/json", headers=headers)

    def _read_query(self, request: web.Request) -> Query:
        if self.query is Nothing:
            return self.query()
        if len(request.query) != len(set(request.query)):
            raise InvalidRequestError("The query gives something twice.", remedy="Give each name once.")
        try:
            return self.query.model_validate(dict(request.query))
        except ValidationError as error:
            refuse_input(error, "query")

    async def _read_body(self, request: web.Request) -> Body:
        if self.body is Nothing:
            return self.body()
        data = await request.read()
        if not data and self.body_optional:
            return self.body()
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            return self.body.model_validate_json(data)
        except ValidationError as error:
            refuse_input(error, "body")
