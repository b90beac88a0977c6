"""How long connections end: a websocket whatever its client does, and all of them after a logout."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import WSCloseCode, web

from maskwatch.errors import BusyError, StoreError

SESSION_CHECK_S = 30.0
"""How soon after a logout what its session left open ends."""

_HANG_UP_S = 2.0
"""How long a client that is sent home may take to say goodbye."""


async def hang_up(request: web.Request, socket: web.WebSocketResponse, code: int, why: str) -> None:
    """Close politely if the client takes it; then let go of whatever it never took."""
    transport = request.transport
    if not socket.closed and code != WSCloseCode.ABNORMAL_CLOSURE:
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_HANG_UP_S):
                await socket.close(code=code, message=why.encode()[:120], drain=False)
    if transport is not None:
        transport.abort()


async def until_unwelcome(
    request: web.Request, still_welcome: Callable[[web.Request], Awaitable[bool]], *, every_s: float = SESSION_CHECK_S
) -> None:
    """Wait until whoever sent `request` would not be let in any more."""
    while True:
        await asyncio.sleep(every_s)
        with suppress(StoreError, BusyError):  # says nothing about the session
            if not await still_welcome(request):
                return
