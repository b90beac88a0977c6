"""A camera with a web server: MJPEG good and bad, single pictures, HLS, passwords. A real aiohttp server."""

import asyncio
import base64
import hashlib
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self
from urllib.parse import quote

import av
import cv2
from aiohttp import web

from maskwatch.core.types import Image

PIECE_S = 1
REALM, NONCE = "camera", "0123456789abcdef"


def jpeg(image: Image, quality: int = 80) -> bytes:
    """`image` (RGB) as a JPEG."""
    return bytes(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


class HttpCamera:
    """Serves `pictures` at `fps`, over and over, in a thread with a loop of its own. A context manager."""

    def __init__(
        self,
        pictures: Sequence[bytes],
        *,
        fps: float = 15,
        login: tuple[str, str] = ("", ""),
        hls: Path | None = None,
    ) -> None:
        self.requests: list[str] = []
        self.watching = 0
        self.held = threading.Event()
        """While set, nothing is sent and no piece is added, though every connection stands."""
        self.hls_offset = 0
        """Pieces by which the live playlist runs ahead: a jump that cuts off who is behind."""
        self.no_pieces = threading.Event()
        """While set, the playlist names pieces that are gone."""
        self._pictures, self._fps, self._login, self._hls = pictures, fps, login, hls
        self._begun_s: float | None = None
        self._held_at: int | None = None
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._run, name="http-camera")
        self._thread.start()
        assert self._ready.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def url(self, path: str, user: str | None = None, password: str | None = None) -> str:
        user, password = user if user is not None else self._login[0], password or self._login[1]
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"http://{login}127.0.0.1:{self.port}{path}"

    # ---- in its own thread ----

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(middlewares=[self._count])
        app.add_routes(
            [
                web.get("/mjpeg", self._mjpeg),
                web.get("/odd/{how}", self._odd),
                web.get("/short", self._short),
                web.get("/nothing", self._nothing),
                web.get("/garbage", self._garbage),
                web.get("/snapshot.jpg", self._snapshot),
                web.get("/page", self._page),
                web.get("/busy", self._busy),
                web.get("/away", self._away),
                web.get("/basic", self._basic),
                web.get("/digest", self._digest),
                web.get("/digest/{qop}/{algorithm}", self._digest),
                web.get("/live.m3u8", self._live),
                web.get("/recorded.m3u8", self._recorded),
                web.get("/empty.m3u8", self._empty),
                web.get("/{piece:piece.+}", self._piece),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    @web.middleware
    async def _count(self, request: web.Request, handler) -> web.StreamResponse:  # type: ignore[no-untyped-def]
        self.requests.append(request.path)
        return await handler(request)  # type: ignore[no-any-return]

    async def _stream(
        self, request: web.Request, kind: str, parts: Sequence[bytes], most: int = 1 << 30
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        self.watching += 1
        try:
            for number in range(most):
                while self.held.is_set():  # noqa: ASYNC110 - set by another thread
                    await asyncio.sleep(0.02)
                await response.write(parts[number % len(parts)])
                await asyncio.sleep(1 / self._fps)
        except ConnectionError:
            pass
        finally:
            self.watching -= 1
        return response

    def _parts(self) -> list[bytes]:
        return [
            b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(each), each)
            for each in self._pictures
        ]

    async def _mjpeg(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, "multipart/x-mixed-replace; boundary=frame", self._parts())

    async def _odd(self, request: web.Request) -> web.StreamResponse:
        """What cameras get wrong: each of these has been seen in the wild."""
        whole = self._pictures
        how = request.match_info["how"]
        parts = {
            "other-boundary": [b"--xyz\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n" % each for each in whole],
            "no-boundary": list(whole),
            "wrong-length": [b"--frame\nContent-Length: 17\n\n%s\n" % each for each in whole],
            "huge-length": [b"--frame\r\nContent-Length: 99999999\r\n\r\n%s\r\n" % each for each in whole],
            "cut-off": [
                part
                for each in whole
                for part in (b"--frame\r\n\r\n" + each[: len(each) // 2], b"\r\n--frame\r\n\r\n" + each)
            ],
            "text-between": [b"\r\n--frame\r\nContent-Type: text/plain\r\n\r\nhello\r\n" + each for each in whole],
        }[how]
        kinds = {"no-boundary": "application/octet-stream", "wrong-length": "multipart/x-mixed-replace"}
        return await self._stream(request, kinds.get(how, 'multipart/x-mixed-replace;boundary="--frame"'), parts)

    async def _short(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, "multipart/x-mixed-replace; boundary=frame", self._parts(), most=5)

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        self.held.set()
        return await self._mjpeg(request)

    async def _garbage(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(
            request, "multipart/x-mixed-replace; boundary=frame", [b"\xff\xd8\xff\xe0nonsense"], most=5
        )

    async def _snapshot(self, _request: web.Request) -> web.Response:
        self._fetched = getattr(self, "_fetched", 0) + 1
        return web.Response(body=self._pictures[self._fetched % len(self._pictures)], content_type="image/jpeg")

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text="<h1>Camera</h1>", content_type="text/html")

    async def _busy(self, _request: web.Request) -> web.Response:
        return web.Response(status=503)

    async def _away(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound("/mjpeg")

    # ---- passwords ----

    async def _basic(self, request: web.Request) -> web.StreamResponse:
        expected = base64.b64encode(":".join(self._login).encode()).decode()
        if request.headers.get("Authorization") == f"Basic {expected}":
            return await self._mjpeg(request)
        return web.Response(status=401, headers={"WWW-Authenticate": f'Basic realm="{REALM}"'})

    async def _digest(self, request: web.Request) -> web.StreamResponse:
        if self._digest_is_right(request):
            return await self._mjpeg(request)
        asked = request.match_info
        how = f'qop="{asked.get("qop", "auth")}", algorithm={asked.get("algorithm", "MD5")}'
        challenge = f'Digest realm="{REALM}", nonce="{NONCE}", {how}'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    def _digest_is_right(self, request: web.Request) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request.headers.get("Authorization", "")))
        user, password = self._login
        first, second = _md5(f"{user}:{REALM}:{password}"), _md5(f"GET:{request.path}")
        parts = [first, NONCE, given.get("nc", ""), given.get("cnonce", ""), "auth", second]
        return given.get("username") == user and given.get("response") == _md5(":".join(parts))

    # ---- HLS ----

    def _newest(self) -> int:
        """Number of the newest piece of the live playlist: one more each second, from the first request on."""
        assert self._hls is not None
        if self._begun_s is None:
            self._begun_s = time.monotonic()
        newest = 3 + int((time.monotonic() - self._begun_s) / PIECE_S)
        if self.held.is_set():
            newest = self._held_at = self._held_at if self._held_at is not None else newest
        elif self._held_at is not None:
            self._held_at = None
        return min(newest + self.hls_offset, len(list(self._hls.glob("piece*"))) - 1)

    async def _live(self, _request: web.Request) -> web.Response:
        newest = self._newest()
        lines = [f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{PIECE_S}\n#EXT-X-MEDIA-SEQUENCE:{newest - 3}\n"]
        gone = "gone-" if self.no_pieces.is_set() else ""
        lines += [f"#EXTINF:{PIECE_S}.0,\npiece{gone}{number}.ts\n" for number in range(newest - 3, newest + 1)]
        return web.Response(text="".join(lines), content_type="application/vnd.apple.mpegurl")

    async def _recorded(self, _request: web.Request) -> web.Response:
        lines = [f"#EXTM3U\n#EXT-X-TARGETDURATION:{PIECE_S}\n"]
        lines += [f"#EXTINF:{PIECE_S}.0,\npiece{number}.ts\n" for number in range(2)]
        return web.Response(text="".join([*lines, "#EXT-X-ENDLIST\n"]), content_type="text/plain")

    async def _empty(self, _request: web.Request) -> web.Response:
        return web.Response(text="#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-ENDLIST\n", content_type="audio/mpegurl")

    async def _piece(self, request: web.Request) -> web.StreamResponse:
        assert self._hls is not None
        file = self._hls / request.match_info["piece"]
        return web.FileResponse(file) if file.exists() else web.Response(status=404)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def cut_pieces(clip: Path, folder: Path, *, times: int = 15) -> Path:
    """`clip`, `times` over, cut at its keyframes (one a second) into `piece0.ts`, `piece1.ts`, ...; the folder."""
    folder.mkdir()
    options = {"hls_time": str(PIECE_S), "hls_list_size": "0", "hls_segment_filename": str(folder / "piece%d.ts")}
    with av.open(str(folder / "all.m3u8"), "w", format="hls", options=options) as output:
        target, offset = None, 0
        for _ in range(times):
            with av.open(str(clip)) as source:
                stream = source.streams.video[0]
                target = target or output.add_stream_from_template(stream)
                for packet in source.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts, packet.dts, packet.stream = packet.pts + offset, packet.dts + offset, target
                    output.mux(packet)
                assert stream.duration is not None
                offset += stream.duration
    return folder
