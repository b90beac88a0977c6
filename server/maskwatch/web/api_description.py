"""`/api/v1/openapi.json`."""

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from maskwatch.web.openapi import describe
from maskwatch.web.routes import Call, Media, Nothing, Operation


class DescriptionApi:
    """Describes all operations, this one too."""

    def __init__(self) -> None:
        self._text = "{}"

    def describe(self, operations: Sequence[Operation[Any, Any]]) -> None:
        """Say which operations there are."""
        self._text = json.dumps(describe(operations), ensure_ascii=False)

    def operations(self) -> list[Operation[Any, Any]]:
        """Its declaration."""
        return [
            Operation(
                name="get_openapi", method="GET", path="/openapi.json", tag="server", summary="This description",
                query=Nothing, body=Nothing, answer=Media("application/json", "OpenAPI 3.1."), handler=self.get,
            )
        ]  # fmt: skip

    async def get(self, _call: Call[Nothing, Nothing]) -> web.Response:
        """GET /openapi.json."""
        return web.json_response(text=self._text)
