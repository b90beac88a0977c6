"""Checking passwords: bounded in guesses a client, in work at a time, and in what is remembered."""

import asyncio
import base64
import hashlib
import hmac
import math
import secrets
import time
from collections import OrderedDict

import structlog
from aiohttp import web

from maskwatch.errors import BusyError, TooManyAttemptsError
from maskwatch.web.attempts import Attempts
from maskwatch.web.origin import is_loopback_name
from maskwatch.web.ports import UserRows

log = structlog.get_logger(__name__)

_AT_ONCE = 2
"""Passwords hashed at a time: each takes 64 MB and a core on purpose."""
_WAITING = 16
_REMEMBERED_S = 30.0
"""A right Basic password is not hashed again for this long, so that Prometheus costs nothing."""
_REMEMBERED = 64


class PasswordDesk:
    """Says whether a password is right."""

    def __init__(self, users: UserRows, attempts: Attempts) -> None:
        self._users = users
        self._attempts = attempts
        self._hashing = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._checking: dict[bytes, asyncio.Task[str | None]] = {}
        self._key = secrets.token_bytes(32)

    async def login(self, user: str, password: str, *, address: str) -> str | None:
        """What proves that `password` is that of `user`, or None; `address` is the client's.

        Raises:
            BusyError: too many wrong ones came from there, or too many are being checked.
        """
        self._admit(address)
        self._waiting += 1
        try:
            async with self._hashing:
                proven = await self._users.verify(user, password)
        finally:
            self._waiting -= 1
        if proven is not None:
            self._attempts.succeeded(address)
        else:
            log.warning("a wrong password was given", client=address)
        return proven

    async def check_basic(self, user: str, password: str, *, address: str) -> bool:
        """Whether it is right, for what comes with each request: a right one is remembered, many at once are one check.

        Raises:
            BusyError: as `login`.
        """
        mark = hmac.digest(self._key, f"{user}\0{password}".encode(), hashlib.sha256)
        if self._remembered.get(mark, 0.0) > time.monotonic():
            return True
        checking = self._checking.get(mark)
        if checking is None:
            checking = asyncio.create_task(self.login(user, password, address=address))
            self._checking[mark] = checking
            checking.add_done_callback(lambda _task: self._checking.pop(mark, None))
        right = await asyncio.shield(checking) is not None
        if right:
            self._remember(mark)
        return right

    def forget(self) -> None:
        """Check every password anew: one was changed."""
        self._remembered.clear()
        # What is being checked just now will be remembered under the old key: for nothing.
        self._key = secrets.token_bytes(32)

    def _admit(self, address: str) -> None:
        if self._waiting >= _WAITING:
            raise BusyError("Too many logins are being checked.", remedy="Try again in some seconds.", retry_after_s=5)
        wait_s = self._attempts.begin(address, time.monotonic())
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            raise TooManyAttemptsError(
                "Too many wrong passwords came from your address.",
                remedy=f"Try again in {seconds} s.",
                retry_after_s=seconds,
            )

    def _remember(self, mark: bytes) -> None:
        self._remembered[mark] = time.monotonic() + _REMEMBERED_S
        self._remembered.move_to_end(mark)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """User and password of an `Authorization: Basic` header; None if it is something else."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no ASCII, no base64, or no UTF-8 in it
        return None
    return (user, password) if colon else None


def client_address(request: web.Request, *, behind_proxy: bool) -> str:
    """Where a request comes from; `behind_proxy`: as the proxy on this machine says, for whom it asks."""
    peer = request.remote or "unknown"
    # Some proxies add a line of their own below the client's.
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    if behind_proxy and forwarded and is_loopback_name(peer):
        return forwarded.rpartition(",")[2].strip()  # what comes before it is the client's own word
    return peer
