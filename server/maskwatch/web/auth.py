"""Who may do what. Deny by default: every route needs a user, but for those listed in `access_of`.

As long as no password is set, the server listens on this machine only and everybody on it is welcome; requests must
then name a host of this machine, so that no page of another site reaches in by DNS rebinding. With a password, a
request needs a session's cookie, HTTP Basic (programs, Prometheus), or a camera's publishing token, which opens that
camera's WHIP route and publishing page and nothing else.
"""

import asyncio
import time
from enum import Enum, auto
from typing import Protocol
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from maskwatch.config import MaskwatchSettings
from maskwatch.errors import ConfigError, ForbiddenError, UnauthorizedError
from maskwatch.web.attempts import Attempts
from maskwatch.web.identity import Identity, Kind
from maskwatch.web.login import PasswordDesk, basic_credentials, client_address
from maskwatch.web.origin import SAFE_METHODS, host_is_ours, hostname, is_loopback_name, is_same_site
from maskwatch.web.ports import SessionRows, UserRows
from maskwatch.web.problems import problem_of, wants_page
from maskwatch.web.session_cookie import SESSION_COOKIE
from maskwatch.web.signalling import bearer_token

IDENTITY = web.RequestKey("identity", Identity)
_USERS_KNOWN_FOR_S = 2.0


class Access(Enum):
    """What a route asks for."""

    ANYBODY = auto()
    """Nothing secret: the page's own files, the login page, probes."""
    GREETED = auto()
    """No login, but the right host and origin: logging in, asking whether one must."""
    PUBLISHER = auto()
    """A user, or the camera's publishing token."""
    USER = auto()


_ACCESS = {
    "/healthz": Access.ANYBODY,
    "/readyz": Access.ANYBODY,
    "/login": Access.ANYBODY,
    "/assets/{file}": Access.ANYBODY,
    "/{file}": Access.ANYBODY,
    "/api/v1/session": Access.GREETED,
    "/api/v1/info": Access.GREETED,
    "/publish/{camera}": Access.PUBLISHER,
    "/{camera}/whip": Access.PUBLISHER,
    "/{camera}/whip/{session}": Access.PUBLISHER,
}


class UserStore(Protocol):
    """The part of the store that knows users."""

    @property
    def users(self) -> UserRows:
        """The users."""

    @property
    def sessions(self) -> SessionRows:
        """The sessions."""


class PublishRights(Protocol):
    """Says whether a publishing token is the right one."""

    def may_publish(self, name: str, token: str) -> bool:
        """Whether `token` is the one of this camera."""


def access_of(request: web.Request) -> Access:
    """What the route of `request` asks for; an address that does not exist asks for a user."""
    resource = request.match_info.route.resource
    return _ACCESS.get(resource.canonical, Access.USER) if resource is not None else Access.USER


class Gate:
    """Lets requests in or not; `middleware` goes before every handler."""

    def __init__(
        self,
        settings: MaskwatchSettings,
        store: UserStore,
        rights: PublishRights,
        *,
        attempts: Attempts | None = None,
    ) -> None:
        self._store = store
        self._rights = rights
        self._hosts = own_hosts(settings)
        self._behind_proxy = settings.server.public_url is not None
        self.passwords = PasswordDesk(store.users, attempts or Attempts())
        self._users_exist = False
        self._users_asked_s = float("-inf")
        self._asking = asyncio.Lock()
        self.changing_users = asyncio.Lock()
        """Held while users change, and while a session begins whose password was right a moment ago."""
        self.user_changes = 0

    async def login_needed(self) -> bool:
        """Whether any user has a password. Another process may set the first one: asked again every few seconds."""
        async with self._asking:
            if not self._users_exist and time.monotonic() - self._users_asked_s > _USERS_KNOWN_FOR_S:
                if await self._store.users.exist():  # never set to false: the first may come while it is asked
                    self._users_exist = True
                self._users_asked_s = time.monotonic()
        return self._users_exist

    def users_changed(self) -> None:
        """A password was set or a user removed: what is remembered of them holds no longer."""
        self._users_exist = True  # the last one can't be removed here
        self.user_changes += 1
        self.passwords.forget()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check host, origin and identity.

        Raises:
            ForbiddenError: the request names another host, or comes from another site.
            UnauthorizedError: it carries nothing that lets it in.
        """
        access = access_of(request)
        if access is Access.ANYBODY:
            return await handler(request)
        await self._check_provenance(request)
        identity = await self.identify(request)
        request[IDENTITY] = identity
        if access is Access.GREETED or identity.is_user or (access is Access.PUBLISHER and identity.camera is not None):
            return await handler(request)
        if wants_page(request):
            wanted = "/" + request.rel_url.raw_path_qs.lstrip("/\\")  # never the address of another server
            raise web.HTTPSeeOther(f"/login?next={quote(wanted, safe='')}")
        return _challenge(request)

    async def still_welcome(self, request: web.Request) -> bool:
        """Whether a long-lived request would be let in again now."""
        return (await self.identify(request)).is_user

    def address_of(self, request: web.Request) -> str:
        """Where a request comes from, for the limit on guessing."""
        return client_address(request, behind_proxy=self._behind_proxy)

    async def identify(self, request: web.Request) -> Identity:
        """Who is asking.

        Raises:
            BusyError: too many wrong passwords came from there.
        """
        if not await self.login_needed():
            return Identity(Kind.OPEN)
        cookie = request.cookies.get(SESSION_COOKIE)
        if cookie and (user := await self._store.sessions.user_of(cookie)) is not None:
            return Identity(Kind.SESSION, user=user)
        credentials = basic_credentials(request.headers.get(hdrs.AUTHORIZATION))
        if credentials and await self.passwords.check_basic(*credentials, address=self.address_of(request)):
            return Identity(Kind.BASIC, user=credentials[0])
        camera = request.match_info.get("camera")
        token = bearer_token(request) or request.query.get("token")
        if camera and token and self._rights.may_publish(camera, token):
            return Identity(Kind.PUBLISHER, camera=camera)
        return Identity(Kind.NOBODY)

    async def authorize_user(self, request: web.Request, _camera: str) -> None:
        """For WHEP and stills: users only (the middleware saw to it; this holds if a route is ever listed wrongly)."""
        if not request[IDENTITY].is_user:
            raise UnauthorizedError("This needs a login.", remedy="Log in first.")

    async def authorize_publisher(self, request: web.Request, camera: str) -> None:
        """For WHIP: users, and whoever has the token of this very camera."""
        identity = request[IDENTITY]
        if not identity.is_user and identity.camera != camera:
            raise UnauthorizedError("This needs the camera's token.", remedy="Use the link the dashboard shows.")

    async def _check_provenance(self, request: web.Request) -> None:
        # Not `request.host`: where a request names none, that asks the name server, and everybody waits.
        host = request.headers.get(hdrs.HOST, "")
        if not await self.login_needed() and not host_is_ours(host, self._hosts):
            raise ForbiddenError(
                "This server does not answer to that host name.",
                remedy="Use http://127.0.0.1 with its port, or name the host in server.trusted_hosts.",
                code="host_not_trusted",
            )
        if request.method in SAFE_METHODS and request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            return
        if bearer_token(request) is not None and await self.login_needed():
            return  # no browser sends it by itself
        headers = request.headers
        if not is_same_site(headers.get(hdrs.ORIGIN), headers.get("Sec-Fetch-Site"), host, self._hosts):
            raise ForbiddenError(
                "This request comes from a page of another site.",
                remedy="Behind a proxy, set server.public_url to the address that browsers use.",
                code="cross_site",
            )


def own_hosts(settings: MaskwatchSettings) -> frozenset[str]:
    """Host names, besides those of this machine, under which the settings say this server is reached."""
    hosts = {hostname(host) for host in settings.server.trusted_hosts}
    if settings.server.public_url:
        hosts.add(hostname(urlsplit(settings.server.public_url).netloc))
    return frozenset(hosts - {""})


async def check_may_listen(settings: MaskwatchSettings, store: UserStore) -> None:
    """See that nobody but this machine reaches a server without a password; call it before listening.

    Raises:
        ConfigError: others can reach the server, and no password is set.
    """
    public = hostname(urlsplit(settings.server.public_url or "").netloc)
    reachable = not settings.server.is_loopback or (public != "" and not is_loopback_name(public))
    if reachable and not await store.users.exist():
        what = (
            f"listen on {settings.server.host}" if not settings.server.is_loopback else "be reached by its public_url"
        )
        raise ConfigError(
            f"The server is to {what}, where others can reach it, but no password is set.",
            remedy="Set one first: maskwatch users set-password (in a container: MASKWATCH_PASSWORD).",
            code="password_needed",
        )


def _challenge(request: web.Request) -> web.StreamResponse:
    """401. Browsers' own requests get no Basic challenge, or the browser would pop up a dialogue over the page."""
    from_page = "Sec-Fetch-Mode" in request.headers and request.headers["Sec-Fetch-Mode"] != "navigate"
    wants_token = from_page or access_of(request) is Access.PUBLISHER
    response = problem_of(UnauthorizedError("This needs a login.", remedy="Log in, or send a user and a password."))
    response.headers[hdrs.WWW_AUTHENTICATE] = 'Bearer realm="maskwatch"' if wants_token else 'Basic realm="maskwatch"'
    return response
