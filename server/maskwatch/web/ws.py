"""`/api/v1/ws`: one connection of a page that watches. The messages are in `schema`, the fairness in `outbox`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from maskwatch import __version__
from maskwatch.errors import BusyError, StoreError
from maskwatch.plugins import first_problem
from maskwatch.web.hangup import SESSION_CHECK_S, hang_up, until_unwelcome
from maskwatch.web.hub import Hub
from maskwatch.web.outbox import ClientLimits, Greeting, Outbox, OutboxPorts
from maskwatch.web.ports import CameraDirectory
from maskwatch.web.schema.messages import ErrorMessage, HelloMessage, Subscribe
from maskwatch.web.views import event_view

log = structlog.get_logger(__name__)

_LARGEST_MESSAGE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """Bounds of a connection. A client that answers no ping within half of `heartbeat_s` is gone."""

    client: ClientLimits = field(default_factory=ClientLimits)
    heartbeat_s: float = 20.0
    session_check_s: float = SESSION_CHECK_S
    """How soon after a logout its open connections end."""


class WebsocketApi:
    """Serves the websocket."""

    def __init__(
        self,
        hub: Hub,
        cameras: CameraDirectory,
        *,
        still_welcome: Callable[[web.Request], Awaitable[bool]],
        limits: SocketLimits | None = None,
    ) -> None:
        self._hub = hub
        self._alerts = hub.alerts
        self._cameras = cameras
        self._still_welcome = still_welcome
        self._limits = limits or SocketLimits()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Talk with one client until it goes or must go.

        Raises:
            BusyError: as many listen as may.
            StoreError: the database does not answer.
        """
        last_event_id = await self._alerts.last_event_id()
        if self._hub.is_full:  # asked after what is waited for, or many at once would all find room
            raise BusyError("As many pages listen as may.", remedy="Close one, or try again later.")
        socket = web.WebSocketResponse(
            heartbeat=self._limits.heartbeat_s, compress=False, max_msg_size=_LARGEST_MESSAGE
        )
        await socket.prepare(request)
        outbox = Outbox(
            last_event_id,
            OutboxPorts(
                send=socket.send_str,
                events_after=lambda after, limit: asyncio.shield(self._alerts.events_after(after, limit)),
                encode=lambda event: event_view(event).model_dump_json(),
                greet=self._greet,
            ),
            self._limits.client,
        )
        self._hub.join(outbox)
        code, why = int(WSCloseCode.INTERNAL_ERROR), "the server met an error it did not expect"
        try:
            code, why = await self._talk(request, socket, outbox, last_event_id)
        finally:
            self._hub.leave(outbox)
            await hang_up(request, socket, code, why)
        if code == WSCloseCode.TRY_AGAIN_LATER:
            log.info("a websocket client was cut off", client=request.remote, why=why)
        return socket

    async def _talk(
        self, request: web.Request, socket: web.WebSocketResponse, outbox: Outbox, last_event_id: int
    ) -> tuple[int, str]:
        """Run the connection; with which code and why it is to end."""
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._send(socket, outbox, last_event_id)),
            asyncio.create_task(_read(socket, outbox)),
            asyncio.create_task(until_unwelcome(request, self._still_welcome, every_s=self._limits.session_check_s)),
            asyncio.create_task(self._hub.closing.wait()),
        ]
        sending, _, unwelcome, closing = tasks
        try:
            ends: list[asyncio.Future[Any]] = [*tasks, outbox.overflowed]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                if not task.done():
                    task.cancel()
            await asyncio.wait(tasks)
        if outbox.overflowed.done():
            return WSCloseCode.TRY_AGAIN_LATER, outbox.overflowed.result()
        if not sending.cancelled() and (error := sending.exception()) is not None:
            return _reason(error)
        if not closing.cancelled():
            return WSCloseCode.GOING_AWAY, "the server ends"
        if not unwelcome.cancelled():
            return WSCloseCode.POLICY_VIOLATION, "logged out"
        return WSCloseCode.OK, ""

    async def _send(self, socket: web.WebSocketResponse, outbox: Outbox, last_event_id: int) -> None:
        await socket.send_str(await self._hello(last_event_id, resumed=False))
        await outbox.run()

    async def _greet(self, request: Subscribe) -> Greeting:
        """Answer a subscription: can every event after the one it names still be had?"""
        # Shielded, here and below: a client that leaves must not break a query off, which costs a database connection.
        last = await asyncio.shield(self._alerts.last_event_id())
        wanted = request.resume_from
        if wanted is None:
            return Greeting(text=await self._hello(last, resumed=False))
        # An id beyond the newest comes from another database: its page must load anew.
        resumed = await asyncio.shield(self._alerts.oldest_event_id()) - 1 <= wanted <= last
        return Greeting(text=await self._hello(last, resumed=resumed), go_on_after=wanted if resumed else last)

    async def _hello(self, last_event_id: int, *, resumed: bool) -> str:
        open_alerts = await asyncio.shield(self._alerts.count_open())
        return HelloMessage(
            server_version=__version__,
            server_time=datetime.now(UTC),
            last_event_id=last_event_id,
            resumed=resumed,
            cameras=self._cameras.describe_all(),
            open_alerts=open_alerts,
        ).model_dump_json()


async def _read(socket: web.WebSocketResponse, outbox: Outbox) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            try:
                outbox.request(Subscribe.model_validate_json(message.data))
            except ValidationError as error:
                outbox.request(_error(f"This is no message of the protocol: {first_problem(error)}."))
        else:
            outbox.request(_error("Messages are JSON text; this one is binary."))


def _error(what: str) -> str:
    return ErrorMessage(code="invalid_message", message=what).model_dump_json()


def _reason(error: BaseException) -> tuple[int, str]:
    if isinstance(error, TimeoutError):
        return WSCloseCode.TRY_AGAIN_LATER, "it took too long over one message"
    if isinstance(error, StoreError):
        return WSCloseCode.TRY_AGAIN_LATER, error.message
    if isinstance(error, ConnectionError):
        return WSCloseCode.ABNORMAL_CLOSURE, ""
    raise error
