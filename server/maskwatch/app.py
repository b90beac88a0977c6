"""The composition root: the only file that names concrete classes. Read it to see what the service is made of."""

import asyncio
import contextlib
import os
import signal
import socket
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web
from rich.console import Console

from maskwatch.config import MaskwatchSettings
from maskwatch.core.ports import FrameSource, SourceSink
from maskwatch.core.types import AlertChange, CloseReason
from maskwatch.errors import ConfigError
from maskwatch.live.hub import LiveHub
from maskwatch.loading import load_models
from maskwatch.logs import configure_logging
from maskwatch.metrics import Metrics
from maskwatch.pipeline.bus import LookBus
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.manager import CameraManager, ManagerPorts
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.worker import InferenceWorker, ReadyQueue
from maskwatch.rtc.ice import IceSettings
from maskwatch.sources.registry import create_source
from maskwatch.sources.webrtc import PublisherDesk
from maskwatch.store.recorder import AlertRecorder
from maskwatch.store.retention import Retention
from maskwatch.store.store import Store
from maskwatch.web.camera_service import CameraService
from maskwatch.web.hub import Hub
from maskwatch.web.server import build_app, check_may_listen
from maskwatch.web.services import Services
from maskwatch.web.tls import make_tls

_log = structlog.get_logger(__name__)

_LAG_CHECK_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The running service."""

    url: str
    """Address of the dashboard."""
    store: Store
    manager: CameraManager
    metrics: Metrics
    tls_hint: str | None = None
    """How to trust the certificate, if it is self-signed."""


@asynccontextmanager
async def running(settings: MaskwatchSettings) -> AsyncIterator[Service]:
    """The whole service, from the first migration to the open port; everything is closed on leaving, in reverse."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        store = await Store.open(settings)
        stack.push_async_callback(store.close)
        await _set_password_from_environment(store)
        await check_may_listen(settings, store)
        tls = await asyncio.to_thread(make_tls, settings.tls, settings.data_dir)
        models = await asyncio.to_thread(load_models, settings.detection)
        metrics = Metrics()

        ice = IceSettings.from_settings(settings.live, settings.server)
        live = LiveHub(
            settings.live, ice, telemetry=metrics, on_peers=lambda peers: metrics.webrtc_peers("viewer", peers)
        )
        stack.push_async_callback(live.close)
        publishers = PublisherDesk(ice, on_peers=lambda peers: metrics.webrtc_peers("publisher", peers))
        stack.push_async_callback(publishers.close)

        hub = Hub(store, metrics)
        stack.push_async_callback(hub.close)
        recorder = AlertRecorder(store, settings, metrics, hub.publish_event)
        stack.push_async_callback(recorder.close)
        bus = LookBus(loop, lambda camera: metrics.frame_dropped(camera, "bus", "overwritten"))
        bus.subscribe(hub.publish_look)
        bus.subscribe(recorder.submit)
        stack.callback(bus.close)

        queue = ReadyQueue()
        workers = [
            InferenceWorker(
                looker=Looker(detector=each.detector, classifier=each.classifier, telemetry=metrics),
                queue=queue,
                telemetry=metrics,
                on_look=bus.post,
                name=f"inference-{index}",
            )
            for index, each in enumerate(models)
        ]
        stack.push_async_callback(_stop_workers, queue, workers)

        def open_source(spec: CameraSpec) -> FrameSource:
            return create_source(spec.url, spec.options, camera=spec.name, publishers=publishers)

        def make_taps(camera: str) -> Sequence[SourceSink]:
            return (live.tap(camera),)

        def on_closed(changes: Sequence[AlertChange]) -> None:
            recorder.submit_closed(changes)

        manager = CameraManager(
            loop,
            queue,
            ManagerPorts(
                create_source=open_source,
                make_taps=make_taps,
                on_status=lambda name, _status: hub.publish_camera(name, "state"),
                on_closed=on_closed,
                new_alert_id=new_alert_id,
                evidence_settings={"models": models[0].versions},
                telemetry=metrics,
            ),
        )
        stack.push_async_callback(manager.close)
        cameras = CameraService(settings, store, manager, hub, live=live, publishers=publishers)
        hub.use_directory(cameras)

        for event in await store.alerts.close_open(CloseReason.SERVER_RESTARTED):
            hub.publish_event(event)
        retention = Retention(store, settings.retention, hub.publish_event)
        retention.start()
        stack.push_async_callback(retention.close)

        for worker in workers:
            worker.start()
        manager.start()
        await cameras.start()
        lag = loop.create_task(_measure_loop_lag(metrics), name="loop-lag")
        stack.callback(lag.cancel)

        async def models_loaded() -> str | None:
            return None if all(worker.is_alive for worker in workers) else "An inference thread has ended."

        services = Services(
            settings=settings,
            store=store,
            manager=manager,
            metrics=metrics,
            hub=hub,
            cameras=cameras,
            live=live,
            publishers=publishers,
            checks={"worker": models_loaded},
        )
        runner = web.AppRunner(build_app(services), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        port = await _listen(runner, settings, tls.context if tls else None)
        yield Service(
            url=f"{'https' if tls else 'http'}://{_shown_host(settings.server.host)}:{port}",
            store=store,
            manager=manager,
            metrics=metrics,
            tls_hint=tls.hint if tls else None,
        )


async def run(settings: MaskwatchSettings, *, next_steps: Sequence[str] = ()) -> None:
    """Run the service until SIGINT or SIGTERM, and say where it is."""
    configure_logging(settings.log)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stop.set)
    async with running(settings) as service:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"\n[bold green]maskwatch is watching.[/] Open [bold]{service.url}[/]")
        for line in (*([service.tls_hint] if service.tls_hint else []), *next_steps):
            console.print(f"  • {line}")
        console.print("  Stop with Ctrl+C.\n")
        await stop.wait()
        console.print("Stopping…")


def new_alert_id() -> str:
    """An id that sorts by time: 48 bits of milliseconds since 1970 and 80 bits of chance, 32 hexadecimal digits."""
    return f"{time.time_ns() // 1_000_000:012x}{uuid.uuid4().hex[:20]}"


async def _set_password_from_environment(store: Store) -> None:
    """In a container there is no terminal to ask at: MASKWATCH_PASSWORD sets the password of `admin` at each start."""
    password = os.environ.get("MASKWATCH_PASSWORD")
    if password and not await store.users.verify("admin", password):
        await store.users.set_password("admin", password)


async def _listen(runner: web.AppRunner, settings: MaskwatchSettings, context: "object | None") -> int:
    host, port = settings.server.host, settings.server.port
    try:
        site = web.TCPSite(runner, host, port, ssl_context=context)  # type: ignore[arg-type]
        await site.start()
    except (OSError, socket.gaierror) as error:
        raise ConfigError(
            f"The server can't listen on {host}:{port}: {error.strerror or type(error).__name__}.",
            remedy="Is it running already? Choose another port with --port.",
        ) from None
    address = runner.addresses[0]
    return int(address[1])


def _shown_host(host: str) -> str:
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)  # noqa: S104
    return f"[{shown}]" if ":" in shown else shown


async def _stop_workers(queue: ReadyQueue, workers: Sequence[InferenceWorker]) -> None:
    queue.close()
    for worker in workers:
        with contextlib.suppress(RuntimeError):  # never started, because something after it failed
            await asyncio.to_thread(worker.join, 10.0)


async def _measure_loop_lag(metrics: Metrics) -> None:
    """How late the loop wakes up: what a blocked loop would show in."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + _LAG_CHECK_S
        await asyncio.sleep(_LAG_CHECK_S)
        metrics.loop_lag(max(0.0, loop.time() - due_s))
