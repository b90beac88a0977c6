from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from maskwatch.errors import InvalidRequestError, NotFoundError, UnauthorizedError
from maskwatch.store import Store
from maskwatch.store.tables import SessionRow


async def test_nobody_has_a_password_at_first(store: Store) -> None:
    assert not await store.users.exist()
    assert not await store.users.verify("admin", "")


async def test_only_the_right_password_is_right(store: Store) -> None:
    await store.users.set_password("admin", "correct horse")
    await store.users.set_password("Bob", "battery staple")
    assert await store.users.exist()
    assert sorted(await store.users.names()) == ["Bob", "admin"]
    assert await store.users.verify("admin", "correct horse")
    for name, password in [("admin", "wrong horse"), ("Admin", "correct horse"), ("admin\0", "correct horse")]:
        assert not await store.users.verify(name, password)


async def test_a_new_password_ends_the_old_one_and_its_sessions(store: Store) -> None:
    await store.users.set_password("admin", "correct horse")
    token = await store.sessions.create("admin")
    await store.users.set_password("admin", "battery staple")
    assert not await store.users.verify("admin", "correct horse")
    assert await store.users.verify("admin", "battery staple")
    assert await store.sessions.user_of(token) is None


async def test_a_password_that_was_changed_meanwhile_opens_no_session(store: Store) -> None:
    await store.users.set_password("admin", "correct horse")
    proven = await store.users.verify("admin", "correct horse")
    assert proven is not None
    token = await store.sessions.create("admin", proven=proven)
    assert await store.sessions.user_of(token) == "admin"
    await store.users.set_password("admin", "battery staple")  # as `maskwatch user` does, beside the service
    with pytest.raises(UnauthorizedError, match="changed just now"):
        await store.sessions.create("admin", proven=proven)
    await store.users.remove("admin")
    with pytest.raises(UnauthorizedError):
        await store.sessions.create("admin", proven=proven)


@pytest.mark.parametrize(
    ("name", "password"),
    [("", "correct horse"), ("a\nb", "correct horse"), ("x" * 101, "correct horse"), ("a", "hunter2")],
)
async def test_what_will_not_do_is_refused(store: Store, name: str, password: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await store.users.set_password(name, password)
    assert password not in str(caught.value)
    assert not await store.users.exist()


async def test_a_session_lasts_until_revoked(store: Store) -> None:
    await store.users.set_password("admin", "correct horse")
    token, other = await store.sessions.create("admin"), await store.sessions.create("admin")
    assert await store.sessions.user_of(token) == "admin"
    await store.sessions.revoke(token)
    assert await store.sessions.user_of(token) is None
    assert await store.sessions.user_of(other) == "admin"
    for unknown in ("unknown", "\udcff"):  # the second is what a byte that is no text becomes in a cookie
        assert await store.sessions.user_of(unknown) is None
        await store.sessions.revoke(unknown)


async def test_a_session_expires(store: Store) -> None:
    await store.users.set_password("admin", "correct horse")
    token = await store.sessions.create("admin")
    async with store._database.write() as session:
        await session.execute(update(SessionRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert await store.sessions.user_of(token) is None


async def test_a_removed_user_is_logged_out(store: Store) -> None:
    await store.users.set_password("admin", "correct horse")
    token = await store.sessions.create("admin")
    await store.users.remove("admin")
    assert await store.sessions.user_of(token) is None
    with pytest.raises(NotFoundError):
        await store.users.remove("admin")
