"""The composition root: the only file that names concrete classes. Read it to see what the service is made of."""

import asyncio
import os
import signal
import socket
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from aiohttp import web
from rich.console import Console

from maskwatch import memory
from maskwatch.config import MaskwatchSettings
from maskwatch.core.ports import FrameSource
from maskwatch.core.types import CloseReason
from maskwatch.errors import ConfigError
from maskwatch.live.clips import ClipDesk
from maskwatch.live.hub import LiveHub
from maskwatch.loading import Models, load_encoder, load_models
from maskwatch.logs import configure_logging
from maskwatch.metrics import Metrics
from maskwatch.notifiers.switchboard import Switchboard
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.pipeline.bus import LookBus
from maskwatch.pipeline.identity import IdentityDesk
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.manager import CameraManager, ManagerPorts
from maskwatch.pipeline.ready import ReadyQueue
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.status import CameraStatus
from maskwatch.pipeline.worker import InferenceWorker
from maskwatch.rtc.ice import IceSettings
from maskwatch.sources.registry import create_source
from maskwatch.sources.webrtc import PublisherDesk
from maskwatch.store.alert_clock import AlertClock
from maskwatch.store.recorder import AlertRecorder
from maskwatch.store.retention import Retention
from maskwatch.store.store import Store
from maskwatch.web.auth import check_may_listen
from maskwatch.web.camera_service import CameraService
from maskwatch.web.hub import Hub
from maskwatch.web.notifier_service import NotifierService
from maskwatch.web.server import build_app
from maskwatch.web.services import Services
from maskwatch.web.tls import Tls, make_tls

_log = structlog.get_logger(__name__)

_LAG_CHECK_S = 0.25
_THREAD_END_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The running service: where it answers, and its parts."""

    url: str
    services: Services
    advice: str = ""
    """How to trust the certificate, if it is self-signed."""


@asynccontextmanager
async def running(settings: MaskwatchSettings) -> AsyncIterator[Service]:  # noqa: PLR0915 - every part, in order
    """The whole service, from the first migration to the open port; everything is closed on leaving, in reverse.

    Raises:
        ConfigError, ModelError, PluginError, StoreError: what the settings ask for can't be had.
    """
    async with AsyncExitStack() as stack:
        store = await Store.open(settings)
        stack.push_async_callback(store.close)
        await _set_password_from_environment(store)
        await check_may_listen(settings, store)
        tls = await asyncio.to_thread(make_tls, settings.tls, settings.data_dir)
        models = await asyncio.to_thread(load_models, settings.detection)

        metrics = Metrics()
        lag = asyncio.create_task(_watch_loop(metrics), name="watch-loop")
        stack.callback(lag.cancel)
        hub = Hub(store, metrics)
        stack.push_async_callback(hub.close)
        switchboard = await _make_switchboard(settings, store, metrics)
        stack.push_async_callback(switchboard.close)
        notifiers = NotifierService(settings, store, switchboard)
        clips = _make_clips(settings, store, hub, metrics, stack)
        clock = AlertClock(store.life, hub.publish_event, metrics)
        stack.push_async_callback(clock.close)
        hub.listen(clock.hear)
        recorder = AlertRecorder(store, settings, metrics, hub.publish_event)
        stack.push_async_callback(recorder.close)
        retention = Retention(store, settings.retention, hub.publish_event, metrics)
        stack.push_async_callback(retention.close)

        bus = LookBus(asyncio.get_running_loop(), lambda camera: metrics.frame_dropped(camera, "bus", "overwritten"))
        bus.subscribe(hub.publish_look)
        bus.subscribe(recorder.submit)
        bus.subscribe(switchboard.look)
        if clips is not None:
            bus.subscribe(clips.submit)
        stack.callback(bus.close)
        queue = ReadyQueue(settings.detection.budget_ms / 1000)
        workers = _make_workers(models, metrics, bus, queue)
        stack.push_async_callback(_stop_workers, queue, workers)

        live, publishers = await _make_webrtc(settings, metrics, stack)
        identity = await _make_identity(settings, stack)

        def on_status(name: str, status: CameraStatus) -> None:
            hub.publish_camera(name, "state")
            switchboard.camera_state(name, status.state.value)

        manager = CameraManager(
            asyncio.get_running_loop(),
            queue,
            ManagerPorts(
                create_source=lambda spec: _open_source(spec, publishers),
                make_taps=lambda camera: (live.tap(camera), *([clips.tap(camera)] if clips is not None else [])),
                on_status=on_status,
                on_changes=recorder.submit_changes,
                new_alert_id=new_alert_id,
                evidence_settings={"models": models[0].versions},
                telemetry=metrics,
                identity=identity,
            ),
        )
        stack.push_async_callback(manager.close)
        cameras = CameraService(settings, store, manager, hub, live=live, publishers=publishers)
        hub.use_directory(cameras)
        cameras.when_removed(switchboard.camera_removed)
        if clips is not None:
            cameras.when_removed(clips.remove)

        for event in await store.alerts.close_open(CloseReason.SERVER_RESTARTED):
            hub.publish_event(event)
        await notifiers.start()
        clock.start()
        retention.start()
        for worker in workers:
            worker.start()
        manager.start()
        await cameras.start()
        for camera in cameras.describe_all():
            switchboard.camera_state(camera.name, camera.state.value)

        async def workers_alive() -> str | None:
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
            notifiers=notifiers,
            checks={"worker": workers_alive},
            models=models[0].versions,
        )
        url = await _serve(services, settings, tls, stack)
        yield Service(url=url, services=services, advice=tls.advice if tls else "")


async def run(settings: MaskwatchSettings, *, next_steps: Sequence[str] = ()) -> None:
    """Run the service until SIGINT or SIGTERM, and say where it is."""
    configure_logging(settings.log)
    memory.share_pools()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stop.set)
    async with running(settings) as service:
        memory.settle()
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"\n[bold green]maskwatch is watching.[/] Open [bold]{service.url}[/]")
        for line in (*([service.advice] if service.advice else []), *next_steps):
            console.print(f"  • {line}")
        console.print("  Stop with Ctrl+C.\n")
        await stop.wait()
        console.print("Stopping…")


async def _make_switchboard(settings: MaskwatchSettings, store: Store, metrics: Metrics) -> Switchboard:
    public_url = (settings.server.public_url or "").rstrip("/")
    return Switchboard(
        store.outbox,
        pictures=store.snapshots.pictures,
        link=lambda alert_id: f"{public_url}/alerts/{alert_id}" if public_url else None,
        telemetry=metrics,
        vapid=await asyncio.to_thread(VapidKey.open, settings.data_dir),
    )


def new_alert_id() -> str:
    """An id that sorts by time: 48 bits of milliseconds since 1970 and 80 bits of chance, 32 hexadecimal digits."""
    return f"{time.time_ns() // 1_000_000:012x}{uuid.uuid4().hex[:20]}"


def _make_workers(models: Sequence[Models], metrics: Metrics, bus: LookBus, queue: ReadyQueue) -> list[InferenceWorker]:
    return [
        InferenceWorker(
            looker=Looker(detector=each.detector, classifier=each.classifier, telemetry=metrics),
            queue=queue,
            telemetry=metrics,
            on_look=bus.post,
            name=f"inference-{index}",
        )
        for index, each in enumerate(models)
    ]


async def _stop_workers(queue: ReadyQueue, workers: Sequence[InferenceWorker]) -> None:
    queue.close()
    for worker in workers:
        await asyncio.to_thread(worker.join, _THREAD_END_S)


def _make_clips(
    settings: MaskwatchSettings, store: Store, hub: Hub, metrics: Metrics, stack: AsyncExitStack
) -> ClipDesk | None:
    """Clips, where they are wanted. They end after the recorder, so that the last alerts get theirs."""
    if not settings.alerts.clips:
        return None

    async def keep(alert_id: str, raised_at: datetime, make: Callable[[Path], None]) -> None:
        event = await store.clips.keep(alert_id, raised_at, make)
        if event is not None:
            hub.publish_event(event)

    clips = ClipDesk(settings.alerts, keep, metrics)
    stack.push_async_callback(clips.close)
    return clips


async def _make_webrtc(
    settings: MaskwatchSettings, metrics: Metrics, stack: AsyncExitStack
) -> tuple[LiveHub, PublisherDesk]:
    ice = IceSettings.from_settings(settings.live, settings.server)
    publishers = PublisherDesk(ice, on_peers=lambda count: metrics.webrtc_peers("publisher", count))
    stack.push_async_callback(publishers.close)
    live = LiveHub(
        settings.live,
        ice,
        telemetry=metrics,
        on_peers=lambda count: metrics.webrtc_peers("viewer", count),
        on_sockets=metrics.websocket_viewers,
        want_keyframe=publishers.want_keyframe,
    )
    stack.push_async_callback(live.close)
    return live, publishers


async def _make_identity(settings: MaskwatchSettings, stack: AsyncExitStack) -> IdentityDesk | None:
    """Raises PluginError where it is asked for and what it needs is not installed."""
    if not settings.identity:
        return None
    desk = IdentityDesk(await asyncio.to_thread(load_encoder))
    stack.push_async_callback(asyncio.to_thread, desk.close)
    return desk


def _open_source(spec: CameraSpec, publishers: PublisherDesk) -> FrameSource:
    return create_source(spec.url, spec.options, camera=spec.name, publishers=publishers)


async def _set_password_from_environment(store: Store) -> None:
    """In a container there is no terminal to ask at: MASKWATCH_PASSWORD sets the password of `admin` at each start."""
    password = os.environ.get("MASKWATCH_PASSWORD")
    if password and not await store.users.verify("admin", password):
        await store.users.set_password("admin", password)


async def _serve(services: Services, settings: MaskwatchSettings, tls: Tls | None, stack: AsyncExitStack) -> str:
    """Open the port; the address to show.

    Raises:
        ConfigError: the address or the port can't be had.
    """
    runner = web.AppRunner(build_app(services), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    host, port = settings.server.host, settings.server.port
    context: ssl.SSLContext | None = tls.context if tls else None
    try:
        await web.TCPSite(runner, host, port, ssl_context=context).start()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"The server can't listen on {host}:{port}: {reason}.",
            remedy="Is it running already? Choose another port with --port.",
        ) from None
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104 - recognised, not chosen
    shown = socket.gethostname() if everywhere else host
    shown = f"[{shown}]" if ":" in shown else shown
    return f"{'https' if tls else 'http'}://{shown}:{runner.addresses[0][1]}"


async def _watch_loop(metrics: Metrics) -> None:
    """How late the loop wakes up, what a blocked loop would show in; and how many tasks it has, what a leak would."""
    loop = asyncio.get_running_loop()
    while True:
        due_s = loop.time() + _LAG_CHECK_S
        await asyncio.sleep(_LAG_CHECK_S)
        metrics.loop_lag(max(0.0, loop.time() - due_s))
        metrics.loop_tasks(len(asyncio.all_tasks()))
