"""The web application: every route, and what each request passes on its way to it."""

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from maskwatch.live.still import Stills
from maskwatch.web.api_alert_life import AlertLifeApi
from maskwatch.web.api_alert_media import AlertMediaApi
from maskwatch.web.api_alerts import AlertsApi
from maskwatch.web.api_arming import ArmingApi
from maskwatch.web.api_cameras import CamerasApi
from maskwatch.web.api_description import DescriptionApi
from maskwatch.web.api_discovery import DiscoveryApi
from maskwatch.web.api_notifiers import NotifiersApi
from maskwatch.web.api_session import SessionApi
from maskwatch.web.api_users import UsersApi
from maskwatch.web.attempts import Attempts
from maskwatch.web.auth import Gate, check_may_listen
from maskwatch.web.camera_service import CameraService
from maskwatch.web.camera_test import CameraTester, Probe, probe_camera
from maskwatch.web.headers import add_security_headers
from maskwatch.web.mse import mse_routes
from maskwatch.web.pages import ClientPages
from maskwatch.web.phones import PhoneAddress
from maskwatch.web.probes import Probes
from maskwatch.web.problems import Problems
from maskwatch.web.routes import API, Operation
from maskwatch.web.services import Services
from maskwatch.web.session_cookie import SessionCookie
from maskwatch.web.still import still_routes
from maskwatch.web.whep import whep_routes
from maskwatch.web.whip import whip_routes
from maskwatch.web.ws import SocketLimits, WebsocketApi

__all__ = ["OPERATIONS", "build_app", "check_may_listen"]

MAX_BODY_BYTES = 256 * 1024
OPERATIONS = web.AppKey("operations", list[Operation[Any, Any]])


def build_app(
    services: Services,
    *,
    pages: ClientPages | None = None,
    socket_limits: SocketLimits | None = None,
    camera_probe: Probe = probe_camera,
    attempts: Attempts | None = None,
    discovery: DiscoveryApi | None = None,
) -> web.Application:
    """The application on top of `services`."""
    pages = pages or ClientPages()
    cameras = services.cameras
    stills = Stills(services.manager.latest, quality=services.settings.live.jpeg_quality)
    cameras.when_removed(stills.forget)
    gate = Gate(services.settings, services.store, cameras, attempts=attempts)
    tester = CameraTester(camera_probe)
    discovery = discovery or DiscoveryApi()
    operations = _operations(services, cameras, gate, tester, discovery)
    socket = WebsocketApi(services.hub, cameras, still_welcome=gate.still_welcome, limits=socket_limits)

    app = web.Application(middlewares=[Problems(pages).middleware, gate.middleware], client_max_size=MAX_BODY_BYTES)
    app[OPERATIONS] = operations
    app.on_response_prepare.append(add_security_headers)
    app.add_routes(operation.route() for operation in operations if operation.handler is not None)
    app.add_routes([web.get(f"{API}/ws", socket.handle)])
    app.add_routes(still_routes(stills, authorize=gate.authorize_user))
    app.add_routes(Probes(services).routes())
    app.add_routes(pages.routes())
    app.add_routes(
        whep_routes(
            services.live,
            authorize=gate.authorize_user,
            still_welcome=gate.still_welcome,
            session_check_s=(socket_limits or SocketLimits()).session_check_s,
        )
    )
    app.add_routes(mse_routes(services.live, authorize=gate.authorize_user, still_welcome=gate.still_welcome))
    app.add_routes(whip_routes(services.publishers, authorize=gate.authorize_publisher, source_of=cameras.source_of))

    async def running(_app: web.Application) -> AsyncIterator[None]:
        yield
        tester.close()
        discovery.close()

    async def send_home(_app: web.Application) -> None:
        services.live.send_home()
        await services.hub.close()

    app.cleanup_ctx.append(running)
    app.on_shutdown.append(send_home)
    return app


def _operations(
    services: Services, cameras: CameraService, gate: Gate, tester: CameraTester, discovery: DiscoveryApi
) -> list[Operation[Any, Any]]:
    store, phones, cookie = services.store, PhoneAddress(services.settings), SessionCookie(services.settings)
    description = DescriptionApi()
    operations = [
        *CamerasApi(cameras, tester, phones).operations(),
        *ArmingApi(cameras).operations(),
        *discovery.operations(),
        *AlertsApi(store.alerts, services.hub).operations(),
        *AlertLifeApi(store.alerts, store.life, services.hub).operations(),
        *AlertMediaApi(store.snapshots).operations(),
        *NotifiersApi(services.notifiers).operations(),
        *SessionApi(
            services.settings, gate, store.sessions, store.usage, phones, cookie, models=services.models
        ).operations(),
        *UsersApi(gate, store.users, store.sessions, cookie).operations(),
        *description.operations(),
    ]
    description.describe(operations)
    return operations
