"""The OpenAPI 3.1 description, made of the same operations and models that serve the requests."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from maskwatch import __version__
from maskwatch.web.problems import PROBLEM_TYPE
from maskwatch.web.routes import API, Media, Nothing, Operation
from maskwatch.web.schema.base import Wire
from maskwatch.web.schema.messages import ServerMessage, Subscribe
from maskwatch.web.schema.service import Problem

_REF = "#/components/schemas/{model}"
_PARTS = {
    "name": "Name of a camera.",
    "id": "Id of an alert.",
    "target": "Name of a notifier.",
    "user": "Name of a user.",
}
_ALWAYS = (401, 403, 429, 500, 503)
"""Problems that any operation can meet: no login, another site, too many tries, the server's own, no database."""

_WEBSOCKET = """The live news as JSON messages. The server sends `ServerMessage`s, first a `hello`; the client sends
`Subscribe`. Send `subscribe` with `resume_from` within two seconds of connecting and every later event follows exactly
once, in order. A client that reads too slowly is closed with 1013 and resumes by event id."""

_TAGS = {
    "cameras": "What is watched.",
    "alerts": "Who was seen without a mask.",
    "notifiers": "Who is told of alerts, and how that goes.",
    "session": "Logging in and out.",
    "users": "Who may log in.",
    "server": "The server itself, and its live news.",
}


def describe(operations: Sequence[Operation[Any, Any]]) -> dict[str, Any]:
    """The description of `operations` and of the websocket, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(f"{API}{operation.path}", {})[operation.method.lower()] = _operation(operation)
    paths[f"{API}/ws"] = {"get": _websocket()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "maskwatch",
            "version": __version__,
            "summary": "Watches camera streams for people without a face mask.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "security": [{"session": []}, {"basic": []}, {}],
        "components": {
            "schemas": _schemas(operations),
            "responses": {"Problem": _problem()},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "maskwatch_session"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(operation: Operation[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation),
    }
    if parameters := _path_parameters(operation.path) + _query_parameters(operation.query):
        described["parameters"] = parameters
    if operation.body is not Nothing:
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {"application/json": {"schema": _reference(operation.body)}},
        }
    return described


def _responses(operation: Operation[Any, Any]) -> dict[str, Any]:
    answer = operation.answer
    if answer is None:
        good: dict[str, Any] = {"description": "Done."}
        status = HTTPStatus.NO_CONTENT
    elif isinstance(answer, Media):
        types = (answer.content_type, *operation.other_types)
        good = {"description": answer.description, "content": {content_type: {} for content_type in types}}
        status = operation.status
    else:
        good = {
            "description": (answer.__doc__ or answer.__name__).strip(),
            "content": {"application/json": {"schema": _reference(answer)}},
        }
        status = operation.status
    others = {str(code): {"description": HTTPStatus(code).phrase} for code in operation.other_statuses}
    own = set(operation.errors)
    if operation.query is not Nothing or operation.body is not Nothing:
        own |= {400, 422}
    if operation.body is not Nothing:
        own |= {413, 415}
    problems = {str(code): {"$ref": "#/components/responses/Problem"} for code in sorted(own | set(_ALWAYS))}
    return {str(int(status)): good, **others, **problems}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "description": _PARTS[name], "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(query: type[Wire]) -> list[dict[str, Any]]:
    schema = query.model_json_schema(ref_template=_REF)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": field.get("description", ""),
            **({"style": "form", "explode": False} if field.get("type") == "array" else {}),
            "schema": {key: value for key, value in field.items() if key != "description"},
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _websocket() -> dict[str, Any]:
    return {
        "operationId": "watch",
        "summary": "Live news over a websocket",
        "description": " ".join(_WEBSOCKET.split()),
        "tags": ["server"],
        "responses": {
            "101": {"description": "The connection becomes a websocket; see `ServerMessage` and `Subscribe`."},
            **{str(code): {"$ref": "#/components/responses/Problem"} for code in (400, *_ALWAYS)},
        },
    }


def _problem() -> dict[str, Any]:
    return {
        "description": "What went wrong and what to do about it (RFC 9457).",
        "content": {PROBLEM_TYPE: {"schema": _reference(Problem)}},
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas(operations: Sequence[Operation[Any, Any]]) -> dict[str, Any]:
    """Every model under its own name. What the server sends is complete: fields with a default are there, too."""
    models: dict[type[BaseModel], Literal["validation", "serialization"]] = {
        Problem: "serialization",
        Subscribe: "validation",
    }
    for operation in operations:
        if operation.body is not Nothing:
            models[operation.body] = "validation"
        if operation.query is not Nothing:
            models[operation.query] = "validation"
        if isinstance(operation.answer, type):
            models[operation.answer] = "serialization"
    _, definitions = models_json_schema(list(models.items()), ref_template=_REF)
    messages = TypeAdapter(ServerMessage).json_schema(ref_template=_REF, mode="serialization")
    schemas: dict[str, Any] = {**messages.pop("$defs"), **definitions["$defs"], "ServerMessage": messages}
    return dict(sorted(schemas.items()))
