"""Who may log in: listed, added, given new passwords and removed, by people and programs."""

import asyncio

import pytest
from aiohttp import encode_basic_auth

from tests.integration.web.conftest import House, Open

AYU = {"user": "ayu", "password": "correct horse"}
NEW = "battery staple"


@pytest.fixture
async def locked(open_house: Open) -> House:
    return await open_house({}, users={"ayu": AYU["password"], "budi": "another one"})


async def log_in(house: House, user: str = "ayu", password: str = AYU["password"]) -> None:
    await house.call("POST", "/api/v1/session", json={"user": user, "password": password})
    assert (await house.get("/api/v1/session"))["user"] == user


async def test_the_first_password_locks_the_house_and_lets_its_giver_stay(house: House) -> None:
    assert await house.get("/api/v1/users") == []
    response, user = await house.call("PUT", "/api/v1/users/ayu/password", json={"password": NEW})
    assert (response.status, user) == (200, {"name": "ayu", "you": True})
    assert await house.get("/api/v1/session") == {"login_needed": False, "user": "ayu"}
    house.client.session.cookie_jar.clear()
    await house.refused("GET", "/api/v1/users", 401, "unauthorized")
    await log_in(house, password=NEW)


async def test_a_new_password_ends_every_other_session_of_its_user(locked: House) -> None:
    await log_in(locked)
    response, _ = await locked.call("POST", "/api/v1/session", json=AYU, headers={"Cookie": ""})
    elsewhere = {"Cookie": f"maskwatch_session={response.cookies['maskwatch_session'].value}"}
    await log_in(locked)
    body = {"password": NEW, "own_password": AYU["password"]}
    response, user = await locked.call("PUT", "/api/v1/users/ayu/password", json=body)
    assert user == {"name": "ayu", "you": True}
    assert await locked.get("/api/v1/users") == [{"name": "ayu", "you": True}, {"name": "budi", "you": False}]
    locked.client.session.cookie_jar.clear()
    await locked.refused("GET", "/api/v1/users", 401, "unauthorized", headers=elsewhere)
    await locked.refused("POST", "/api/v1/session", 401, "wrong_password", json=AYU)


async def test_somebody_else_gets_a_password_and_logs_in_with_it(locked: House) -> None:
    await log_in(locked)
    body = {"password": NEW, "own_password": AYU["password"]}
    response, user = await locked.call("PUT", "/api/v1/users/Suster%20Citra/password", json=body)
    assert (response.status, user) == (200, {"name": "Suster Citra", "you": False})
    assert (await locked.get("/api/v1/session"))["user"] == "ayu"
    await log_in(locked, "Suster Citra", NEW)


@pytest.mark.parametrize("own", [{}, {"own_password": ""}, {"own_password": "wrong"}, {"own_password": "another one"}])
async def test_a_page_left_open_is_not_enough_for_a_new_password(locked: House, own: dict[str, str]) -> None:
    await log_in(locked)
    for name in ("ayu", "budi", "mallory"):
        await locked.refused(
            "PUT", f"/api/v1/users/{name}/password", 403, "wrong_password", json={"password": NEW, **own}
        )
    assert [user["name"] for user in await locked.get("/api/v1/users")] == ["ayu", "budi"]
    await log_in(locked, "budi", "another one")


async def test_own_passwords_can_t_be_guessed_here_either(locked: House) -> None:
    await log_in(locked)
    body = {"password": NEW, "own_password": "wrong"}
    statuses = [(await locked.call("PUT", "/api/v1/users/ayu/password", json=body))[0].status for _ in range(12)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


async def test_a_program_changes_its_password_by_its_password(locked: House) -> None:
    basic = {"Authorization": encode_basic_auth("ayu", AYU["password"])}
    assert len(await locked.get("/api/v1/users", headers=basic)) == 2
    response, _ = await locked.call("PUT", "/api/v1/users/ayu/password", json={"password": NEW}, headers=basic)
    assert response.status == 200
    assert "Set-Cookie" not in response.headers
    # What was right a moment ago, and is remembered for a while, is wrong at once.
    await locked.refused("GET", "/api/v1/users", 401, "unauthorized", headers=basic)
    assert await locked.get("/api/v1/users", headers={"Authorization": encode_basic_auth("ayu", NEW)})


async def test_who_is_removed_is_logged_out_and_the_last_one_stays(locked: House) -> None:
    await log_in(locked, "budi", "another one")
    response, _ = await locked.call("DELETE", "/api/v1/users/budi")
    assert response.status == 204
    await locked.refused("GET", "/api/v1/users", 401, "unauthorized")
    await log_in(locked)
    await locked.refused("DELETE", "/api/v1/users/budi", 404, "not_found")
    await locked.refused("DELETE", "/api/v1/users/ayu", 409, "last_user")
    assert await locked.get("/api/v1/users") == [{"name": "ayu", "you": True}]


async def test_passwords_and_names_that_won_t_do(house: House) -> None:
    problem = await house.refused(
        "PUT", "/api/v1/users/ayu/password", 400, "invalid_request", json={"password": "short"}
    )
    assert "shorter than 8 characters" in problem["detail"]
    await house.refused("PUT", f"/api/v1/users/{'a' * 101}/password", 400, "invalid_request", json={"password": NEW})
    assert await house.get("/api/v1/users") == []


async def test_a_login_by_a_password_that_is_changed_meanwhile_is_refused(
    locked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(locked)
    right, changed = verified_slowly(locked, monkeypatch)
    late = asyncio.create_task(locked.call("POST", "/api/v1/session", json=AYU, headers={"Cookie": ""}))
    await right.wait()
    body = {"password": NEW, "own_password": AYU["password"]}
    response, _ = await locked.call("PUT", "/api/v1/users/ayu/password", json=body)
    assert response.status == 200
    changed.set()
    response, _ = await late
    assert response.status == 401
    assert "maskwatch_session" not in response.cookies


async def test_who_is_removed_meanwhile_gives_themselves_no_new_password(
    locked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(locked, "budi", "another one")
    right, removed = verified_slowly(locked, monkeypatch)
    body = {"password": NEW, "own_password": "another one"}
    late = asyncio.create_task(locked.call("PUT", "/api/v1/users/budi/password", json=body))
    await right.wait()
    basic = {"Authorization": encode_basic_auth("ayu", AYU["password"]), "Cookie": ""}
    response, _ = await locked.call("DELETE", "/api/v1/users/budi", headers=basic)
    assert response.status == 204
    removed.set()
    response, _ = await late
    assert response.status == 401
    assert await locked.store.users.names() == ["ayu"]


def verified_slowly(house: House, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Have the next password be found right or wrong, which sets the first event, and told once the second is set."""
    verify = house.store.users.verify
    found, tell = asyncio.Event(), asyncio.Event()

    async def slowly(name: str, password: str) -> str | None:
        right = await verify(name, password)
        if not found.is_set():
            found.set()
            await tell.wait()
        return right

    monkeypatch.setattr(house.store.users, "verify", slowly)
    return found, tell
