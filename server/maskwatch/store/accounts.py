"""Who may use the dashboard, and who is logged in."""

import asyncio
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select

from maskwatch.errors import ConflictError, InvalidRequestError, NotFoundError, UnauthorizedError
from maskwatch.store.database import Database
from maskwatch.store.tables import SessionRow, UserRow

MIN_PASSWORD_LENGTH = 8
SESSION_LIFETIME = timedelta(days=30)

_LONGEST_NAME = 100
_TOKEN_BYTES = 32
_hasher = PasswordHasher()


class Users:
    """Names and password hashes (argon2id). Hashing runs in a thread: it is slow on purpose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exist(self) -> bool:
        """Whether anybody has a password."""
        async with self._database.read() as session:
            return await session.scalar(select(UserRow.name).limit(1)) is not None

    async def names(self) -> list[str]:
        """Everybody who has a password, by name."""
        async with self._database.read() as session:
            return list(await session.scalars(select(UserRow.name).order_by(UserRow.name)))

    async def set_password(self, name: str, password: str) -> None:
        """Give `name` a (new) password, and log them out everywhere.

        Raises:
            InvalidRequestError: the name or the password won't do.
        """
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise InvalidRequestError(f"A user's name is 1 to {_LONGEST_NAME} printable characters.")
        if len(password) < MIN_PASSWORD_LENGTH:
            raise InvalidRequestError(
                f"The password is shorter than {MIN_PASSWORD_LENGTH} characters.", remedy="Choose a longer one."
            )
        hashed = await asyncio.to_thread(_hasher.hash, password)
        async with self._database.write() as session:
            row = await session.get(UserRow, name)
            if row is None:
                row = UserRow(name=name)
                session.add(row)
            row.password_hash, row.changed_at = hashed, datetime.now(UTC)
            await session.execute(delete(SessionRow).where(SessionRow.user == name))

    async def verify(self, name: str, password: str) -> str | None:
        """What proves that this is the password of `name`, or None; good until the password is changed.

        A name nobody has takes as long and tells nothing.
        """
        async with self._database.read() as session:
            row = await session.get(UserRow, name)
        kept = row.password_hash if row is not None else await asyncio.to_thread(_nobodys_hash)
        return kept if await asyncio.to_thread(_matches, kept, password) and row is not None else None

    async def remove(self, name: str, *, keep_last: bool = False) -> None:
        """Forget a user; their sessions end.

        Raises:
            NotFoundError: there is none of that name.
            ConflictError: it is the last one, and `keep_last`: without a user everybody would be let in.
        """
        async with self._database.write() as session:
            row = await session.get(UserRow, name)
            if row is None:
                raise NotFoundError(f"There is no user called {name!r}.")
            if keep_last and await session.scalar(select(func.count()).select_from(UserRow)) == 1:
                raise ConflictError(
                    "The last user can't be removed: everybody would be let in.",
                    remedy="Add another one first.",
                    code="last_user",
                )
            await session.delete(row)


class Sessions:
    """Logins. The token is told once, to its owner; kept is its hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, user: str, *, proven: str | None = None) -> str:
        """Log `user` in: the token of the new session, good for `SESSION_LIFETIME`.

        `proven` is what `Users.verify` gave, where a password was asked for.

        Raises:
            UnauthorizedError: they have another password by now: a command beside the service changed it.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = datetime.now(UTC)
        async with self._database.write() as session:
            # Locked: who changes the password waits, and then ends this session too.
            row = await session.get(UserRow, user, with_for_update=True) if proven is not None else None
            if proven is not None and (row is None or row.password_hash != proven):
                raise UnauthorizedError("The password was changed just now.", remedy="Log in with the new one.")
            await session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
            session.add(
                SessionRow(token_hash=_digest(token), user=user, created_at=now, expires_at=now + SESSION_LIFETIME)
            )
        return token

    async def user_of(self, token: str) -> str | None:
        """Who a token belongs to; None if it is unknown, revoked or expired."""
        async with self._database.read() as session:
            row = await session.get(SessionRow, _digest(token))
        return row.user if row is not None and row.expires_at > datetime.now(UTC) else None

    async def revoke(self, token: str) -> None:
        """Log out. An unknown token is no error."""
        async with self._database.write() as session:
            await session.execute(delete(SessionRow).where(SessionRow.token_hash == _digest(token)))


def _digest(token: str) -> str:
    # No salt, no slow hash: the token itself is 256 bits of chance.
    # A cookie may hold any bytes.
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())
