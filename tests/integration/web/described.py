"""Holds answers against the OpenAPI description that the server itself gives."""

import re
from typing import Any

from aiohttp import ClientResponse, web
from openapi_schema_validator import OAS31Validator

from maskwatch.web.openapi import describe
from maskwatch.web.server import OPERATIONS


class Description:
    """What the server says of its API."""

    def __init__(self, app: web.Application) -> None:
        operations = app[OPERATIONS]
        self.document = describe(operations)
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path)
            for path in sorted(self.document["paths"], key=lambda path: path.count("{"))
        ]

    def check(self, method: str, response: ClientResponse, json: Any) -> None:
        """Fail unless this answer is described: status, type and content."""
        path = next((path for known, path in self._paths if known.fullmatch(response.url.path)), None)
        operation = self.document["paths"].get(path, {}).get(method.lower()) if path else None
        if operation is None:
            assert response.status >= 400 or not response.url.path.startswith("/api/")
            return
        assert str(response.status) in operation["responses"], (method, path, response.status, json)
        described = self._resolve(operation["responses"][str(response.status)])
        content = described.get("content")
        if content is None:
            assert json is None
            return
        assert response.content_type in content, (path, response.content_type)
        schema = content[response.content_type].get("schema")
        if schema is not None:
            self.validate(schema, json)

    def validate(self, schema: dict[str, Any], value: Any) -> None:
        """Fail unless `value` fits `schema`."""
        complete = {**schema, "components": self.document["components"]}
        OAS31Validator(complete, format_checker=OAS31Validator.FORMAT_CHECKER).validate(value)

    def message(self, value: Any) -> None:
        """Fail unless `value` is a message of the websocket."""
        self.validate({"$ref": "#/components/schemas/ServerMessage"}, value)

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        reference = value.get("$ref")
        return self.document["components"]["responses"][reference.rpartition("/")[2]] if reference else value
