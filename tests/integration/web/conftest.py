"""The whole web on real parts: store, manager, live view; every answer is held against the OpenAPI description."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from maskwatch.config import MaskwatchSettings
from maskwatch.core.types import AlertKind, Box
from maskwatch.live.hub import LiveHub
from maskwatch.metrics import Metrics
from maskwatch.notifiers.switchboard import Switchboard
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.pipeline.manager import CameraManager, ManagerPorts
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.pipeline.ready import ReadyQueue
from maskwatch.sources.registry import create_source
from maskwatch.sources.webrtc import PublisherDesk
from maskwatch.store import Store
from maskwatch.store.database import SQLITE_FILE
from maskwatch.store.records import AlertEvent, AlertState, StoredAlert
from maskwatch.store.snapshots import PictureMaterial
from maskwatch.web.attempts import Attempts
from maskwatch.web.camera_service import CameraService
from maskwatch.web.hub import Hub
from maskwatch.web.notifier_service import NotifierService
from maskwatch.web.pages import ClientPages
from maskwatch.web.server import build_app
from maskwatch.web.services import Services
from maskwatch.web.ws import SocketLimits
from tests.integration.rtc.parts import LOOPBACK, loopback_only, unblocked_loop
from tests.integration.web.described import Description

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def unblocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail whoever blocks the loop from within maskwatch."""
    with loopback_only(monkeypatch), unblocked_loop():
        yield


@dataclass
class House:
    """A running server and the parts behind it."""

    client: TestClient[Any, Any]
    server: TestServer
    store: Store
    manager: CameraManager
    hub: Hub
    cameras: CameraService
    settings: MaskwatchSettings
    described: Description

    async def call(self, method: str, path: str, **options: Any) -> tuple[ClientResponse, Any]:
        """Ask, and hold the answer against the description; the response and its JSON."""
        response = await self.client.request(method, path, allow_redirects=False, **options)
        await response.read()
        json = await response.json() if response.content_type.endswith("json") else None
        self.described.check(method, response, json)
        return response, json

    async def get(self, path: str, **options: Any) -> Any:
        """Ask for what must be there."""
        response, json = await self.call("GET", path, **options)
        assert response.status == 200, json
        return json

    async def refused(self, method: str, path: str, status: int, code: str, **options: Any) -> dict[str, Any]:
        """Ask for what must be refused."""
        response, problem = await self.call(method, path, **options)
        assert (response.status, problem["code"]) == (status, code), problem
        assert response.content_type == "application/problem+json"
        assert problem["detail"].endswith(".")
        return dict(problem)

    async def raise_alert(self, number: int = 1, *, pictures: bool = False, **changes: Any) -> AlertEvent:
        """Record an alert as the recorder does, and publish it."""
        values: dict[str, Any] = {
            "id": f"alert-{number}",
            "camera": "door",
            "kind": AlertKind.NO_MASK,
            "state": AlertState.RAISED,
            "track_id": number,
            "raised_at": NOON + timedelta(minutes=number),
            "confidence": 0.9,
            "evidence": {"looks": 7, "models": {"detector": "1"}},
        }
        alert = StoredAlert(**(values | changes))
        saved = []
        if pictures:
            image = np.full((120, 160, 3), 90, np.uint8)
            saved = await self.store.snapshots.save(
                alert.id,
                alert.raised_at,
                PictureMaterial(picture=RgbPicture(image), box=Box(40, 30, 80, 80), kind=AlertKind.NO_MASK),
            )
        event = await self.store.alerts.raise_(alert, saved)
        assert event is not None
        self.hub.publish_event(event)
        return event


def refuse_removal(house: House, table: str) -> None:
    """Have the database refuse from now on to remove anything from a table, as it does when the disk is full."""
    with closing(sqlite3.connect(house.settings.data_dir / SQLITE_FILE)) as database, database:
        database.execute(f"CREATE TRIGGER refused BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END")


Open = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens servers: `await open_house(settings, users={"admin": "..."})`; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(
            settings: Mapping[str, Any] | None = None,
            *,
            users: Mapping[str, str] | None = None,
            limits: SocketLimits | None = None,
            hub_options: Mapping[str, Any] | None = None,
            pages: ClientPages | None = None,
            probe: Any = None,
            discovery: Any = None,
        ) -> House:
            complete = MaskwatchSettings.model_validate({"data_dir": tmp_path / "data", **(settings or {})})
            store = await Store.open(complete)
            stack.push_async_callback(store.close)
            for name, password in (users or {}).items():
                await store.users.set_password(name, password)
            vapid = await asyncio.to_thread(VapidKey.open, complete.data_dir)
            services = _services(stack, complete, store, vapid, hub_options or {})
            await services.cameras.start()
            await services.notifiers.start()
            options = {"camera_probe": probe} if probe else {}
            app = build_app(
                services,
                socket_limits=limits,
                pages=pages or _built(tmp_path / "client"),
                discovery=discovery,
                attempts=Attempts(first_wait_s=600),  # beyond what a slow machine makes of a test
                **options,
            )
            server = TestServer(app)
            client = TestClient(server)
            await client.start_server()
            stack.push_async_callback(client.close)
            described = Description(app)
            return House(client, server, store, services.manager, services.hub, services.cameras, complete, described)  # type: ignore[arg-type]

        yield open_one


@pytest.fixture
async def house(open_house: Open) -> House:
    """A server with no camera and no password."""
    return await open_house()


def _services(
    stack: AsyncExitStack, settings: MaskwatchSettings, store: Store, vapid: VapidKey, hub_options: Mapping[str, Any]
) -> Services:
    metrics = Metrics()
    live, publishers = LiveHub(settings.live, LOOPBACK), PublisherDesk(LOOPBACK)
    stack.push_async_callback(live.close)
    stack.push_async_callback(publishers.close)
    hub = Hub(store, metrics, **hub_options)
    manager = CameraManager(
        asyncio.get_running_loop(),
        ReadyQueue(),
        ManagerPorts(
            create_source=lambda spec: create_source(spec.url, spec.options, camera=spec.name, publishers=publishers),
            make_taps=lambda name: (live.tap(name),),
            on_status=lambda name, _status: hub.publish_camera(name, "state"),
            on_changes=lambda _changes: None,
            new_alert_id=lambda: "unused",
            evidence_settings={},
            telemetry=metrics,
        ),
    )
    stack.push_async_callback(manager.close)
    cameras = CameraService(settings, store, manager, hub, live=live, publishers=publishers)
    hub.use_directory(cameras)
    switchboard = Switchboard(
        store.outbox, pictures=store.snapshots.pictures, link=lambda _id: None, telemetry=metrics, vapid=vapid
    )
    stack.push_async_callback(switchboard.close)
    return Services(
        settings=settings,
        store=store,
        manager=manager,
        metrics=metrics,
        hub=hub,
        cameras=cameras,
        live=live,
        publishers=publishers,
        notifiers=NotifierService(settings, store, switchboard),
    )


def _built(folder: Path) -> ClientPages:
    """A built client, as small as one can be."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text("<!doctype html><title>maskwatch</title>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-abc123.js").write_text("console.log(1);" * 100)
    return ClientPages(folder)
