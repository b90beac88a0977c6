"""Hands the news to all websocket clients. Publishing never waits for anybody; each message is encoded once for all."""

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal, Protocol

import structlog

from maskwatch.core.types import Look
from maskwatch.store.records import AlertEvent
from maskwatch.web.outbox import CameraAction, Outbox
from maskwatch.web.ports import AlertRows, CameraDirectory
from maskwatch.web.schema.cameras import Camera
from maskwatch.web.schema.messages import CameraMessage
from maskwatch.web.views import event_view, faces_view

log = structlog.get_logger(__name__)

MAX_CLIENTS = 100
FIGURES_EVERY_S = 3.0
"""How often the figures of each camera are sent, while somebody listens."""


class HubTelemetry(Protocol):
    """What the hub reports."""

    def frame_dropped(self, camera: str, stage: str, reason: str) -> None:
        """`faces` were overwritten by newer ones before a client took them."""

    def websocket_clients(self, count: int) -> None:
        """This many listen now."""


class HubStore(Protocol):
    """The part of the store that the hub's clients read."""

    @property
    def alerts(self) -> AlertRows:
        """The alerts."""


class Hub:
    """The websocket's news. All methods on the loop; `publish_*` are cheap and may be called before `start`."""

    def __init__(
        self,
        store: HubStore,
        telemetry: HubTelemetry,
        *,
        max_clients: int = MAX_CLIENTS,
        figures_every_s: float = FIGURES_EVERY_S,
    ) -> None:
        self.alerts = store.alerts
        """Where events that a client missed are read."""
        self._telemetry = telemetry
        self._max_clients = max_clients
        self._figures_every_s = figures_every_s
        self._cameras: CameraDirectory | None = None
        self._clients: set[Outbox] = set()
        self._listeners: list[Callable[[AlertEvent], None]] = []
        self._ticker: asyncio.Task[None] | None = None
        self.closing = asyncio.Event()
        """Set when the server ends: every client is to go."""

    def use_directory(self, cameras: CameraDirectory) -> None:
        """Say where cameras are described; until then `publish_camera` does nothing."""
        self._cameras = cameras

    # ---- clients ----

    @property
    def clients(self) -> int:
        """How many listen."""
        return len(self._clients)

    @property
    def is_full(self) -> bool:
        """Whether no more clients are taken."""
        return len(self._clients) >= self._max_clients

    def join(self, outbox: Outbox) -> None:
        """Offer everything to `outbox` from now on."""
        self._clients.add(outbox)
        self._telemetry.websocket_clients(len(self._clients))
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().create_task(self._send_figures(), name="websocket-figures")

    def leave(self, outbox: Outbox) -> None:
        """Offer nothing more to `outbox`."""
        self._clients.discard(outbox)
        self._telemetry.websocket_clients(len(self._clients))
        if not self._clients and self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None

    async def close(self) -> None:
        """Send every client home."""
        self.closing.set()
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)

    # ---- news ----

    def publish_look(self, look: Look) -> None:
        """Everybody in view of one camera. The newest counts: what a client has not taken yet is overwritten."""
        camera = look.frame.camera
        followers = [client for client in self._clients if client.wants_faces(camera)]
        if not followers:
            return
        text = faces_view(look).model_dump_json()
        for client in followers:
            if client.offer_faces(camera, text):
                self._telemetry.frame_dropped(camera, "websocket", "overwritten")

    def publish_event(self, event: AlertEvent) -> None:
        """A change of an alert, after it was committed. Order does not matter here: clients are told by event id."""

        for listener in self._listeners:
            listener(event)

        @cache
        def text() -> str:
            return event_view(event).model_dump_json()

        for client in self._clients:
            client.offer_event(event, text)

    def listen(self, listener: Callable[[AlertEvent], None]) -> None:
        """Call `listener` with every change of an alert that is published; it must not block."""
        self._listeners.append(listener)

    def publish_events(self, events: Iterable[AlertEvent]) -> None:
        """Several changes."""
        for event in events:
            self.publish_event(event)

    def publish_camera(self, name: str, action: Literal["added", "changed", "state"] = "state") -> None:
        """A camera changed, or what it is doing did."""
        if self._clients and self._cameras is not None and (camera := self._cameras.describe(name)) is not None:
            self.announce(camera, action)

    def announce(self, camera: Camera, action: CameraAction) -> None:
        """A camera was added, changed or removed, as it is (or last was)."""

        @cache
        def text(action: CameraAction) -> str:
            return CameraMessage(action=action, camera=camera).model_dump_json()

        for client in self._clients:
            client.offer_camera(camera.name, action, text)

    async def _send_figures(self) -> None:
        shown: dict[str, Camera] = {}
        while True:
            await asyncio.sleep(self._figures_every_s)
            cameras = self._cameras.describe_all() if self._cameras is not None else []
            for camera in cameras:
                if shown.get(camera.name) != camera:
                    self.announce(camera, "state")
            shown = {camera.name: camera for camera in cameras}
