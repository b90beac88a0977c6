"""`/api/v1/session` and `/api/v1/info`: logging in and out, and what this server is."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from maskwatch import __version__
from maskwatch.config import MaskwatchSettings
from maskwatch.errors import UnauthorizedError
from maskwatch.web.auth import IDENTITY, Gate
from maskwatch.web.phones import PhoneAddress
from maskwatch.web.ports import SessionRows, Usage
from maskwatch.web.routes import Call, Nothing, Operation
from maskwatch.web.schema.service import IceServer, Info, Login, ServiceInfo, Session, StorageInfo, StoredKind
from maskwatch.web.session_cookie import SESSION_COOKIE, SessionCookie


class SessionApi:
    """The operations around a login."""

    def __init__(
        self,
        settings: MaskwatchSettings,
        gate: Gate,
        sessions: SessionRows,
        usage: Usage,
        phones: PhoneAddress,
        cookie: SessionCookie,
        *,
        models: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._sessions = sessions
        self._usage = usage
        self._phones = phones
        self._cookie = cookie
        self._models = models

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="get_session", method="GET", path="/session", tag="session",
                summary="Whether a login is needed, and who is logged in",
                query=Nothing, body=Nothing, answer=Session, handler=self.get,
            ),
            Operation(
                name="login", method="POST", path="/session", tag="session", summary="Log in: the answer sets a cookie",
                query=Nothing, body=Login, answer=Session, handler=self.login,
            ),
            Operation(
                name="logout", method="DELETE", path="/session", tag="session", summary="Log out",
                query=Nothing, body=Nothing, answer=None, handler=self.logout,
            ),
            Operation(
                name="get_info", method="GET", path="/info", tag="server",
                summary="What this server is, and, once logged in, what a page needs to know of it",
                query=Nothing, body=Nothing, answer=Info, handler=self.info,
            ),
        ]  # fmt: skip

    async def get(self, call: Call[Nothing, Nothing]) -> Session:
        """GET /session."""
        identity = call.request[IDENTITY]
        return Session(login_needed=not identity.is_user, user=identity.user)

    async def login(self, call: Call[Nothing, Login]) -> web.Response | Session:
        """POST /session."""
        if not await self._gate.login_needed():
            return Session(login_needed=False)
        user, password = call.body.user, call.body.password.get_secret_value()
        before = self._gate.user_changes
        proven = await self._gate.passwords.login(user, password, address=self._gate.address_of(call.request))
        if proven is None:
            raise _wrong_password()
        async with self._gate.changing_users:
            if self._gate.user_changes != before:  # it may have been right a moment ago only
                raise _wrong_password()
            token = await self._sessions.create(user, proven=proven)
        response = web.json_response(
            text=Session(login_needed=False, user=user).model_dump_json(), headers={"Cache-Control": "no-store"}
        )
        self._cookie.give(call.request, response, token)
        return response

    async def logout(self, call: Call[Nothing, Nothing]) -> web.Response:
        """DELETE /session."""
        token = call.request.cookies.get(SESSION_COOKIE)
        if token:
            await self._sessions.revoke(token)
        response = web.Response(status=204, headers={"Cache-Control": "no-store"})
        self._cookie.take(response)
        return response

    async def info(self, call: Call[Nothing, Nothing]) -> Info:
        """GET /info."""
        identity = call.request[IDENTITY]
        return Info(
            version=__version__,
            login_needed=not identity.is_user,
            user=identity.user,
            service=await self._service() if identity.is_user else None,
        )

    async def _service(self) -> ServiceInfo:
        hint = self._phones.hint()
        return ServiceInfo(
            ice_servers=[_ice_server(entry) for entry in self._settings.live.ice_servers],
            rules=self._settings.rules,
            storage=await self._storage(),
            phones_can_connect=hint is None,
            phone_hint=hint,
            identity=self._settings.identity,
            models=dict(self._models),
        )

    async def _storage(self) -> StorageInfo:
        kinds = await self._usage.by_kind()
        return StorageInfo(
            picture_bytes=sum(used.picture_bytes for used in kinds),
            clip_bytes=sum(used.clip_bytes for used in kinds),
            kinds=[
                StoredKind(
                    kind=used.kind, alerts=used.alerts, picture_bytes=used.picture_bytes, clip_bytes=used.clip_bytes
                )
                for used in kinds
            ],
            clips=self._settings.alerts.clips,
            retention=self._settings.retention,
        )


def _wrong_password() -> UnauthorizedError:
    return UnauthorizedError(
        "The user or the password is wrong.",
        remedy="Mind capitals; `maskwatch users set-password` sets a new one.",
        code="wrong_password",
    )


def _ice_server(entry: dict[str, Any]) -> IceServer:
    urls = entry.get("urls", [])
    return IceServer(
        urls=[urls] if isinstance(urls, str) else list(urls),
        username=entry.get("username"),
        credential=entry.get("credential"),
    )
