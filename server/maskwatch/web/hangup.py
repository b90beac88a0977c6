"""How a websocket ends, whatever its client does."""

import asyncio
from contextlib import suppress

from aiohttp import WSCloseCode, web

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
