import gzip
from pathlib import Path

import pytest
from aiohttp import ClientSession
from yarl import URL

from maskwatch.web.pages import ClientPages
from tests.integration.web.conftest import House, Open

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    "path", ["/", "/cameras/door", "/alerts", "/alerts/some", "/add", "/settings", "/login", "/publish/door"]
)
async def test_every_page_is_the_one_page(house: House, path: str) -> None:
    response = await house.client.get(path, headers=HTML)
    assert (response.status, response.content_type) == (200, "text/html")
    assert "<title>maskwatch</title>" in await response.text()
    assert response.headers["Cache-Control"] == "no-cache"
    again = await house.client.get(path, headers={**HTML, "If-None-Match": response.headers["ETag"]})
    assert again.status == 304


async def test_hashed_files_are_kept_for_ever(house: House) -> None:
    response = await house.client.get("/assets/index-abc123.js")
    assert response.status == 200
    assert response.content_type in ("text/javascript", "application/javascript")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await house.client.get("/favicon.svg")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("ending", ["gz", "br"])
async def test_compressed_files_are_sent_to_who_takes_them(house: House, tmp_path: Path, ending: str) -> None:
    script = tmp_path / "client" / "assets" / "index-abc123.js"
    packed = gzip.compress(script.read_bytes())  # what is in the .br does not matter here
    script.with_suffix(f".js.{ending}").write_bytes(packed)
    encoding = {"gz": "gzip", "br": "br"}[ending]
    address = house.server.make_url("/assets/index-abc123.js")
    async with (
        ClientSession(auto_decompress=False) as session,
        session.get(address, headers={"Accept-Encoding": encoding}) as response,
    ):
        assert response.headers["Content-Encoding"] == encoding
        assert response.headers["Vary"] == "Accept-Encoding"
        assert int(response.headers["Content-Length"]) == len(packed)


@pytest.mark.parametrize(
    "path",
    ["/assets/..%2f..%2fsecret.key", "/assets/%2e%2e/%2e%2e/secret.key", "/..%2findex.html", "/assets/none.js", "/x.y"],
)
async def test_nothing_else_is_served(house: House, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.key").write_text("hunter2")
    address = URL(str(house.server.make_url("/")).rstrip("/") + path, encoded=True)
    response = await house.client.session.get(address)
    assert response.status == 404
    assert "hunter2" not in await response.text()


async def test_a_page_that_does_not_exist_is_one_for_people_and_a_problem_for_programs(house: House) -> None:
    page = await house.client.get("/no/such/page", headers=HTML)
    assert (page.status, page.content_type) == (404, "text/html")
    assert "maskwatch" in await page.text()
    await house.refused("GET", "/no/such/page", 404, "not_found")
    response = await house.client.get("/api/v1/nothing", headers=HTML)
    assert response.content_type == "application/problem+json"


async def test_a_client_that_was_not_built_is_said_in_words(open_house: Open, tmp_path: Path) -> None:
    house = await open_house(pages=ClientPages(tmp_path / "nowhere"))
    response = await house.client.get("/", headers=HTML)
    assert response.status == 503
    assert "make run" in await response.text()
    assert await house.get("/api/v1/cameras") == []


@pytest.mark.parametrize("path", ["/", "/api/v1/cameras", "/assets/index-abc123.js", "/nothing", "/healthz"])
async def test_every_answer_is_guarded(house: House, path: str) -> None:
    headers = (await house.client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Permissions-Policy"].startswith("camera=()")
    assert headers["Cache-Control"]
    assert headers["Server"] == "maskwatch"


async def test_probes_say_what_they_mean(house: House) -> None:
    health = await (await house.client.get("/healthz")).json()
    assert health["status"] == "ok"
    assert health["meaning"]
    ready = await house.client.get("/readyz")
    assert (ready.status, await ready.json()) == (200, {"ready": True, "checks": {"database": "ok"}})


async def test_without_its_database_it_is_not_ready_but_alive(house: House, tmp_path: Path) -> None:
    await house.store.close()
    for file in (tmp_path / "data").glob("maskwatch.db*"):
        file.unlink()
    (tmp_path / "data" / "maskwatch.db").mkdir()
    ready = await house.client.get("/readyz")
    checks = (await ready.json())["checks"]
    assert (ready.status, checks["database"] != "ok") == (503, True)
    assert str(tmp_path) not in checks["database"]
    assert (await house.client.get("/healthz")).status == 200
    await house.refused("GET", "/api/v1/alerts", 503, "store_unreachable")


async def test_a_name_longer_than_a_file_s_may_be_is_not_found(house: House) -> None:
    for path in ("/assets/", "/"):
        assert (await house.client.get(f"{path}{'a' * 300}.js")).status == 404
