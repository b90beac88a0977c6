"""What one websocket client is still owed, and the one task that sends it.

Bounded in every direction: of each camera only the newest `faces` and the newest `camera` message wait; alerts wait in
a short queue, and whoever lets it overflow, or takes too long over one message, is cut off and resumes by event id.

No event is lost or told twice: an outbox remembers the last event it sent or queued. The event that follows it directly
is queued as it is published. Whenever that does not hold (after a resumption, for events published out of order) the
outbox is "behind": its task reads the database, in order, until nothing is missing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from maskwatch.store.records import AlertEvent
from maskwatch.web.schema.messages import Subscribe

CameraAction = Literal["added", "changed", "removed", "state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """Bounds of one client. `grace_s` is how long its first `subscribe` is waited for before events flow anyway."""

    queued_events: int = 256
    queued_requests: int = 16
    send_timeout_s: float = 10.0
    grace_s: float = 2.0
    page: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The answer to a subscription: the text of its `hello`, and after which event to go on (None: as before)."""

    text: str
    go_on_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPorts:
    """What an outbox works with.

    `send` puts one text on the wire and waits for room; `events_after(event_id, limit)` reads the database, `encode`
    makes an event's text, `greet` answers a subscription.
    """

    send: Callable[[str], Awaitable[None]]
    events_after: Callable[[int, int], Awaitable[Sequence[AlertEvent]]]
    encode: Callable[[AlertEvent], str]
    greet: Callable[[Subscribe], Awaitable[Greeting]]


class Outbox:
    """Offered messages by the hub, which never waits for it; sends them in `run`. On the loop only."""

    def __init__(self, last_event_id: int, ports: OutboxPorts, limits: ClientLimits) -> None:
        self._ports = ports
        self._limits = limits
        self._wake = asyncio.Event()
        self._requests: deque[Subscribe | str] = deque()
        self._events: deque[str] = deque()
        self._cameras: dict[str, tuple[CameraAction, str]] = {}
        self._faces: dict[str, str] = {}
        self._wanted: frozenset[str] | None = None
        self._flowing = False
        self._newest = last_event_id
        """Last event that was sent or is queued."""
        self._behind = True
        self._missed = False
        """Whether an event was published while it was behind, since the last look into the database."""
        self.overflowed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done, and why, as soon as the client must be cut off."""

    # ---- offered by the hub ----

    def wants_faces(self, camera: str) -> bool:
        """Whether its client follows this camera."""
        return self._flowing and (self._wanted is None or camera in self._wanted)

    def offer_faces(self, camera: str, text: str) -> bool:
        """The newest `faces` of a camera; True when it overwrote one that was not sent yet."""
        overwritten = camera in self._faces
        self._faces[camera] = text
        self._wake.set()
        return overwritten

    def offer_camera(self, camera: str, action: CameraAction, text: Callable[[CameraAction], str]) -> None:
        """The newest `camera` message. That a camera is new is not hidden by a change that comes right after."""
        waiting = self._cameras.get(camera)
        if waiting is not None and waiting[0] == "added" and action != "removed":
            action = "added"
        self._cameras[camera] = (action, text(action))
        self._wake.set()

    def offer_event(self, event: AlertEvent, text: Callable[[], str]) -> None:
        """An event, after its commit."""
        if event.event_id <= self._newest:
            return
        if event.event_id != self._newest + 1:
            self._behind = True
        if self._behind:
            self._missed = True
        elif len(self._events) >= self._limits.queued_events:
            self._overflow("it is too slow for the alerts")
        else:
            self._newest = event.event_id
            self._events.append(text())
        self._wake.set()

    def request(self, request: Subscribe | str) -> None:
        """A subscription to answer, or the text of an `error` to send; in order."""
        if len(self._requests) >= self._limits.queued_requests:
            self._overflow("it asks faster than it listens")
        else:
            self._requests.append(request)
        self._wake.set()

    def _overflow(self, why: str) -> None:
        if not self.overflowed.done():
            self.overflowed.set_result(why)

    # ---- its task ----

    async def run(self) -> None:
        """Send what there is, for ever.

        Raises:
            TimeoutError: the client took too long over one message.
            StoreError: the database does not answer; the client resumes later.
        """
        await self._await_subscription()
        self._flowing = True
        while True:
            await self._send_waiting()
            if self._behind and not self._events:
                await self._catch_up()
            else:
                await self._wake.wait()
                self._wake.clear()

    async def _await_subscription(self) -> None:
        """Hold events back until the first `subscribe` says where to go on, but not for long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._limits.grace_s
        while not any(isinstance(request, Subscribe) for request in self._requests):
            while self._requests:
                await self._answer(self._requests.popleft())
            try:
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            except TimeoutError:
                return
            self._wake.clear()

    async def _send_waiting(self) -> None:
        """One round: requests, alerts, cameras, faces; what comes meanwhile waits for the next round."""
        while self._requests:
            await self._answer(self._requests.popleft())
        while self._events:
            await self._send(self._events.popleft())
        for camera in list(self._cameras):
            await self._send(self._cameras.pop(camera)[1])
        for camera in list(self._faces):
            text = self._faces.pop(camera)
            if self.wants_faces(camera):
                await self._send(text)

    async def _answer(self, request: Subscribe | str) -> None:
        if isinstance(request, str):
            await self._send(request)
            return
        if request.resume_from is not None:
            # What is queued would come before what is missing; the database gives both, in order.
            self._behind = True
            self._events.clear()
        greeting = await self._ports.greet(request)
        if greeting.go_on_after is not None:
            self._newest = greeting.go_on_after
        self._wanted = None if request.cameras is None else frozenset(request.cameras)
        self._flowing = True
        await self._send(greeting.text)

    async def _catch_up(self) -> None:
        """Send one page of what is missing. Nothing is queued while behind, so nothing can overflow."""
        self._missed = False
        events = await self._ports.events_after(self._newest, self._limits.page)
        for event in events:
            self._newest = event.event_id
            await self._send(self._ports.encode(event))
        if not events and not self._missed:
            self._behind = False

    async def _send(self, text: str) -> None:
        async with asyncio.timeout(self._limits.send_timeout_s):
            await self._ports.send(text)
