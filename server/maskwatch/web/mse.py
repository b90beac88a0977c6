"""Live video by websocket, for Media Source Extensions: where UDP is blocked. docs/webrtc.md has the contract."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, web

from maskwatch.errors import InvalidRequestError
from maskwatch.live.fragments import FragmentViewing, Start
from maskwatch.live.hub import LiveHub
from maskwatch.web.hangup import hang_up, until_unwelcome
from maskwatch.web.schema.video import VideoKeyframe, VideoStart
from maskwatch.web.signalling import Authorize

_HEARTBEAT_S = 20.0
_LARGEST_MESSAGE = 1024


def mse_routes(
    hub: LiveHub, *, authorize: Authorize, still_welcome: Callable[[web.Request], Awaitable[bool]]
) -> list[web.RouteDef]:
    """The route `/{camera}/mse`; `authorize` as in `whip_routes`, `still_welcome` as in `WebsocketApi`."""

    async def watch(request: web.Request) -> web.StreamResponse:
        camera = request.match_info["camera"]
        await authorize(request, camera)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, compress=False, max_msg_size=_LARGEST_MESSAGE)
        if not socket.can_prepare(request):
            raise InvalidRequestError(
                "Live video comes by websocket here.", remedy="Open it as a websocket.", code="no_websocket"
            )
        viewing = hub.watch_fragments(camera)
        try:
            await socket.prepare(request)
            code, why = await _talk(request, socket, viewing, still_welcome)
            await hang_up(request, socket, code, why)
        finally:
            viewing.end()
        return socket

    return [web.get("/{camera}/mse", watch)]


async def _talk(
    request: web.Request,
    socket: web.WebSocketResponse,
    viewing: FragmentViewing,
    still_welcome: Callable[[web.Request], Awaitable[bool]],
) -> tuple[int, str]:
    """Send until one side has enough; with which code and why to end."""
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(_send(socket, viewing)),
        asyncio.create_task(_until_closed(socket)),
        asyncio.create_task(until_unwelcome(request, still_welcome)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in ended:
        if isinstance(error := task.exception(), ConnectionError):
            return WSCloseCode.ABNORMAL_CLOSURE, ""
        if error is not None:
            raise error
    if tasks[0] in ended:
        return WSCloseCode.GOING_AWAY, "the camera or the server ends"
    return (WSCloseCode.POLICY_VIOLATION, "logged out") if tasks[2] in ended else (WSCloseCode.OK, "")


async def _send(socket: web.WebSocketResponse, viewing: FragmentViewing) -> None:
    async for part in viewing.parts():
        if isinstance(part, Start):
            start = VideoStart(mime=part.mime, width=part.width, height=part.height)
            await socket.send_str(start.model_dump_json())
            await socket.send_bytes(part.segment)
            continue
        if part.keyframe:
            await socket.send_str(VideoKeyframe(shown_s=part.shown_s).model_dump_json())
        await socket.send_bytes(part.data)


async def _until_closed(socket: web.WebSocketResponse) -> None:
    """Viewers have nothing to say."""
    async for _message in socket:
        pass
