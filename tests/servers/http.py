"""An HTTP server that takes what notifiers send, and misbehaves as told."""

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Taken:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]


class Receiver:
    """Keeps every request; `answer` decides the status, or is awaited first."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.answer: Callable[[Taken], int] = lambda _request: 204
        self.headers: dict[str, str] = {}
        self.hold: asyncio.Event | None = None
        """While set to an event, requests wait for it."""
        self.port = 0
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *, tls: ssl.SSLContext | None = None) -> None:
        """Listen; on the same port as before, if there was one."""
        app = web.Application(client_max_size=20_000_000)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=tls, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def until(self, count: int) -> None:
        """Wait until that many requests came."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.taken) >= count)

    async def _take(self, request: web.Request) -> web.Response:
        taken = Taken(request.method, request.path, dict(request.headers), await request.read())
        async with self._news:
            self.taken.append(taken)
            self._news.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        return web.Response(status=self.answer(taken), headers=self.headers)
