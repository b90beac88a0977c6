"""`/api/v1/users`: who may log in; new passwords; who may no longer."""

from typing import Any

import structlog
from aiohttp import web

from maskwatch.errors import ForbiddenError, UnauthorizedError
from maskwatch.web.auth import IDENTITY, Gate
from maskwatch.web.identity import Identity, Kind
from maskwatch.web.ports import SessionRows, UserRows
from maskwatch.web.routes import Call, Nothing, Operation
from maskwatch.web.schema.users import NewPassword, User, UserList
from maskwatch.web.session_cookie import SessionCookie

_log = structlog.get_logger(__name__)


class UsersApi:
    """The operations on users. All users may do everything, this too."""

    def __init__(self, gate: Gate, users: UserRows, sessions: SessionRows, cookie: SessionCookie) -> None:
        self._gate = gate
        self._users = users
        self._sessions = sessions
        self._cookie = cookie

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="list_users", method="GET", path="/users", tag="users", summary="Who may log in",
                query=Nothing, body=Nothing, answer=UserList, handler=self.list_all,
            ),
            Operation(
                name="set_password", method="PUT", path="/users/{user}/password", tag="users",
                summary="Let somebody log in, or change their password; it logs them out everywhere else",
                query=Nothing, body=NewPassword, answer=User, handler=self.set_password,
            ),
            Operation(
                name="remove_user", method="DELETE", path="/users/{user}", tag="users",
                summary="Let somebody log in no more, and log them out; the last one can't be removed",
                query=Nothing, body=Nothing, answer=None, handler=self.remove, errors=(404, 409),
            ),
        ]  # fmt: skip

    async def list_all(self, call: Call[Nothing, Nothing]) -> UserList:
        """GET /users."""
        own = call.request[IDENTITY].user
        return UserList([User(name=name, you=name == own) for name in await self._users.names()])

    async def set_password(self, call: Call[Nothing, NewPassword]) -> web.Response:
        """PUT /users/{user}/password."""
        request, identity = call.request, call.request[IDENTITY]
        await self._check_own_password(call, identity)
        name = call.part("user")
        mine = identity.kind is Kind.OPEN or identity.user == name
        user = User(name=name, you=mine)
        response = web.json_response(text=user.model_dump_json(), headers={"Cache-Control": "no-store"})
        async with self._gate.changing_users:
            # Somebody may have locked them out since they were let in: they must not let themselves in again.
            if not await self._gate.still_welcome(request):
                raise UnauthorizedError("This needs a login.", remedy="Log in first.")
            await self._users.set_password(name, call.body.password.get_secret_value())
            self._gate.users_changed()
            _log.info("a password was set", user=name, by=identity.user)
            if mine and identity.kind is not Kind.BASIC:
                # Every session of theirs has ended, the one that asked too.
                self._cookie.give(request, response, await self._sessions.create(name))
        return response

    async def remove(self, call: Call[Nothing, Nothing]) -> None:
        """DELETE /users/{user}."""
        name = call.part("user")
        async with self._gate.changing_users:
            await self._users.remove(name, keep_last=True)
            self._gate.users_changed()
        _log.info("a user was removed", user=name, by=call.request[IDENTITY].user)

    async def _check_own_password(self, call: Call[Nothing, NewPassword], identity: Identity) -> None:
        """Somebody who is logged in shows that they are still at the keyboard; a program's Basic header did."""
        if identity.kind is not Kind.SESSION or identity.user is None:
            return
        given = call.body.own_password.get_secret_value() if call.body.own_password is not None else ""
        address = self._gate.address_of(call.request)
        if not await self._gate.passwords.login(identity.user, given, address=address):
            # No 401: they are logged in.
            raise ForbiddenError(
                "Your own password is wrong.", remedy="Give it once more; mind capitals.", code="wrong_password"
            )
