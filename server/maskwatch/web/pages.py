"""The built web client: one page for all its addresses, and its files."""

import asyncio
from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web

from maskwatch.resources import client_dir

PAGES = (
    "/", "/cameras/{camera}", "/alerts", "/alerts/{id}", "/add", "/settings", "/login", "/publish/{camera}",
)  # fmt: skip
_FOR_EVER = "public, max-age=31536000, immutable"

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>maskwatch: the page is not built</title>
<h1>The web page is not built yet</h1>
<p>The server runs, its cameras are watched, and its API answers at <a href="/api/v1/openapi.json">/api/v1</a>.
Only the page is missing: this is a checkout in which the web client was not built.</p>
<p>Build it with <code>make run</code>, or install the published package, which holds it.</p>
</html>
"""


class ClientPages:
    """Serves the client from `folder`. Its files carry a hash in their names, so browsers keep them for ever."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or client_dir()

    def routes(self) -> list[web.RouteDef]:
        """The routes of pages and files."""
        return [
            *(web.get(page, self.page) for page in PAGES),
            web.get(r"/assets/{file:[\w.-]+}", self.asset),
            web.get(r"/{file:[\w-]+\.[a-z0-9.]+}", self.file),
        ]

    async def page(self, _request: web.Request) -> web.StreamResponse:
        """The one page; what it shows depends on its address."""
        return await self._page(HTTPStatus.OK)

    async def missing(self) -> web.StreamResponse:
        """The same page, for an address that does not exist."""
        return await self._page(HTTPStatus.NOT_FOUND)

    async def _page(self, status: HTTPStatus) -> web.StreamResponse:
        index = self._folder / "index.html"
        if not await asyncio.to_thread(index.is_file):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=_NOT_BUILT, content_type="text/html")
        return web.FileResponse(index, status=status, headers={hdrs.CACHE_CONTROL: "no-cache"})

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A file with a hash in its name; the compressed one beside it where the browser takes that."""
        return await self._file(self._folder / "assets" / request.match_info["file"], _FOR_EVER)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file at the root: icon, manifest."""
        return await self._file(self._folder / request.match_info["file"], "no-cache")

    async def _file(self, file: Path, cache: str) -> web.StreamResponse:
        if not await asyncio.to_thread(_is_file, file):
            raise web.HTTPNotFound
        return web.FileResponse(file, headers={hdrs.CACHE_CONTROL: cache})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than the file system takes
        return False
