"""Both ends of WebRTC for tests: a camera that writes its media time into its pictures, and browsers made of aiortc."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Self, cast

import aiohttp
import aioice.ice
import av
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import is_rtcp
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from blockbuster import blockbuster_ctx
from yarl import URL

from maskwatch.config import LiveSettings
from maskwatch.core.ports import EncodedPacket, RawFrame, SourceSink, StreamInfo
from maskwatch.core.types import Image
from maskwatch.errors import (
    BusyError,
    ConflictError,
    InvalidRequestError,
    MaskwatchError,
    NotFoundError,
    UnauthorizedError,
)
from maskwatch.live.hub import LiveHub
from maskwatch.live.still import Stills
from maskwatch.rtc.aiortc_inside import finish_closing
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.peer import video_codecs
from maskwatch.sources.webrtc import PublisherDesk
from maskwatch.web.mse import mse_routes
from maskwatch.web.signalling import bearer_token
from maskwatch.web.still import still_routes
from maskwatch.web.whep import whep_routes
from maskwatch.web.whip import whip_routes
from tests.unit.pipeline.parts import CountingTelemetry

MODULUS = 1 << 32
WIDTH, HEIGHT, BLOCK = 640, 360, 16
LOOPBACK = IceSettings(host_addresses=lambda: ("127.0.0.1",))
TOKEN = "the-phone-may"


# ---- pictures that say when they are -------------------------------------------------------------------------------


def draw_code(image: Image, value: int) -> None:
    """Write `value` (32 bits) and its checksum as 40 black or white blocks along the top row."""
    check = value.to_bytes(4, "big")
    bits = (value << 8) | (check[0] ^ check[1] ^ check[2] ^ check[3])
    for place in range(40):
        image[:BLOCK, place * BLOCK : (place + 1) * BLOCK] = 255 if bits >> (39 - place) & 1 else 0


def read_code(image: Image) -> int | None:
    """What `draw_code` wrote, None if it can't be read."""
    block = image.shape[1] / 40
    bits = 0
    for place in range(40):
        middle = image[int(block * 0.5), int((place + 0.5) * block)]
        bits = bits << 1 | (1 if int(middle.mean()) > 127 else 0)
    value, check = bits >> 8, bits & 0xFF
    each = value.to_bytes(4, "big")
    return value if each[0] ^ each[1] ^ each[2] ^ each[3] == check else None


def picture(ticks: int, *, colour: tuple[int, int, int] = (200, 40, 40)) -> Image:
    """A picture of `colour` whose top row says `ticks`, with a white square that moves with them."""
    image = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
    draw_code(image, ticks)
    left = ticks // 1500 % (WIDTH - 40)
    image[200:240, left : left + 40] = 255
    return image


# ---- a camera ------------------------------------------------------------------------------------------------------


class TickingCamera:
    """A camera in a thread: pictures at `fps` with their media time in them, as frames and as H.264 packets."""

    def __init__(
        self,
        sink: SourceSink,
        *,
        fps: int = 15,
        group: int = 30,
        info: StreamInfo | None = None,
        first_ticks: int = MODULUS - 2 * 90_000,
    ) -> None:
        self.newest_ticks = 0
        self._sent = threading.Condition()
        self.packets = 0
        self._sink, self._fps, self._group = sink, fps, group
        self._info = info or StreamInfo(codec="h264", width=WIDTH, height=HEIGHT, fps=fps, passthrough=True)
        self._first = first_ticks
        self._stop = threading.Event()
        self._silent = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticking-camera")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def sent_at_least(self, packets: int) -> None:
        """Wait until so many packets have been sent."""
        with self._sent:
            assert self._sent.wait_for(lambda: self.packets >= packets, 30)

    def _run(self) -> None:
        encoder = h264_encoder(self._fps, self._group)
        self._sink.opened(self._info)
        start_s = time.monotonic()
        index = 0
        while not self._stop.wait(max(0.0, start_s + index / self._fps - time.monotonic())):
            ticks = (self._first + index * 90_000 // self._fps) % MODULUS
            image = picture(ticks)
            now_s = time.monotonic()
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, self._fps)
            for packet in encoder.encode(frame):
                self.packets += 1
                self._sink.packet(
                    EncodedPacket(
                        data=bytes(packet), ticks=ticks, keyframe=packet.is_keyframe, captured_monotonic_s=now_s
                    )
                )
            self._sink.frame(
                RawFrame(
                    sequence=index,
                    captured_monotonic_s=now_s,
                    captured_utc=datetime.now(UTC),
                    to_rgb=lambda image=image: image,  # type: ignore[misc]
                    media_ticks=ticks,
                )
            )
            index += 1
            self.newest_ticks = ticks
            with self._sent:
                self._sent.notify_all()


def h264_encoder(fps: int, group: int) -> VideoCodecContext:
    """An encoder as in a camera: no B-frames, parameter sets before each keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps, 1)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = 1_500_000, group, 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    return encoder


# ---- the server ----------------------------------------------------------------------------------------------------

_STATUS = {
    BusyError: 503,
    ConflictError: 409,
    InvalidRequestError: 400,
    NotFoundError: 404,
    UnauthorizedError: 401,
}


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As the web server's own: errors become problem+json."""
    try:
        return await handler(request)
    except MaskwatchError as error:
        status = getattr(error, "status", None) or next(
            (status for kind, status in _STATUS.items() if isinstance(error, kind)), 500
        )
        problem = {"title": error.message, "status": status, "detail": str(error), "code": error.code}
        return web.json_response(problem, status=status, content_type="application/problem+json")


class LiveServer:
    """The live view and the publisher's desk behind a real HTTP server."""

    def __init__(self, *, max_viewers: int = 8, ice: IceSettings = LOOPBACK) -> None:
        self.telemetry = CountingTelemetry()
        self.viewers: list[int] = []
        self.publishers: list[int] = []
        self.sockets: list[int] = []
        self.files: dict[str, tuple[str, str]] = {}
        """Further files to serve: text and type by name."""
        self.trouble: list[str] = []
        """Errors that browsers' pages met."""
        self.sources: dict[str, str] = {"phone": "webrtc", "door": "rtsp"}
        self.desk = PublisherDesk(ice, on_peers=self.publishers.append)
        self.hub = LiveHub(
            LiveSettings(max_viewers=max_viewers),
            ice,
            telemetry=self.telemetry,
            on_peers=self.viewers.append,
            on_sockets=self.sockets.append,
            want_keyframe=self.desk.want_keyframe,
        )
        self.app = web.Application(middlewares=[problems])
        self.app.add_routes(whip_routes(self.desk, authorize=self._publisher, source_of=self.sources.get))
        self.app.add_routes(whep_routes(self.hub, authorize=self._anybody, still_welcome=self._still_welcome))
        self.app.add_routes(mse_routes(self.hub, authorize=self._anybody, still_welcome=self._still_welcome))
        self.app.add_routes(still_routes(Stills(self.hub.latest), authorize=self._anybody))
        self.app.add_routes([web.get("/{file}", self._file)])
        self.server = TestServer(self.app)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    async def _publisher(self, request: web.Request, camera: str) -> None:
        if bearer_token(request) != TOKEN:
            raise UnauthorizedError("The token is not this camera's.", remedy="Open the publish page anew.")

    async def _anybody(self, request: web.Request, camera: str) -> None:
        pass

    async def _file(self, request: web.Request) -> web.Response:
        text, content_type = self.files.get(request.match_info["file"], ("", "text/plain"))
        return web.Response(text=text, content_type=content_type)

    async def _still_welcome(self, request: web.Request) -> bool:
        return True


@asynccontextmanager
async def live_server(*, max_viewers: int = 8, ice: IceSettings = LOOPBACK) -> AsyncIterator[LiveServer]:
    """A running `LiveServer` that may not block the loop; at its end no thread and no task may be left."""
    async with no_leaks():
        with unblocked_loop():
            async with _running(max_viewers, ice) as live:
                yield live
    assert live.trouble == [], live.trouble


@asynccontextmanager
async def _running(max_viewers: int, ice: IceSettings) -> AsyncIterator[LiveServer]:
    live = LiveServer(max_viewers=max_viewers, ice=ice)
    await live.server.start_server()
    try:
        yield live
    finally:
        await live.hub.close()
        await live.desk.close()
        await live.server.close()


@contextmanager
def unblocked_loop() -> Iterator[None]:
    """Fail whatever of maskwatch blocks the loop. Handing over to a camera's thread takes a lock for microseconds."""
    with blockbuster_ctx("maskwatch") as blockbuster:
        for lock in ("threading.Lock.acquire", "threading.Lock.acquire_lock"):
            allow = blockbuster.functions[lock].can_block_in
            allow("maskwatch/live/stream.py", {"_hand_out", "join", "leave", "push"})
            allow("maskwatch/live/transcoder.py", {"show", "stop"})
            allow("maskwatch/sources/webrtc.py", {"intake"})
            allow("maskwatch/sources/intake.py", {"begin", "end", "put", "put_packet"})
        yield


@asynccontextmanager
async def no_leaks() -> AsyncIterator[None]:
    """Fail if threads or tasks are left over. aiortc's own end up to a second after the `close` of a connection."""
    threads, tasks = set(threading.enumerate()), asyncio.all_tasks()
    yield
    if ending := asyncio.all_tasks() - tasks - {asyncio.current_task()}:
        _, left = await asyncio.wait(ending, timeout=5)
        assert not left, f"tasks left: {left}"
    names = [t.name for t in set(threading.enumerate()) - threads if not t.name.startswith("asyncio")]
    assert not names, f"threads left: {names}"


# ---- browsers ------------------------------------------------------------------------------------------------------


class Browser:
    """An aiortc peer that signals as a page does."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str | None = None) -> None:
        self._http, self._url = http, url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.headers: Any = {}
        self.location = ""
        self.answer = ""
        self.said = ""

    async def connect(self) -> int:
        """Offer, and take the answer; the status."""
        await self.connection.setLocalDescription()
        offer = self.connection.localDescription.sdp
        headers = {"Content-Type": "application/sdp", **self._headers}
        async with self._http.post(self._url, data=offer, headers=headers) as response:
            self.headers, self.answer = response.headers, await response.text()
            if response.status == 201:
                self.location = str(response.url.join(URL(response.headers["Location"])))
                await self.connection.setRemoteDescription(RTCSessionDescription(sdp=self.answer, type="answer"))
            return response.status

    async def delete(self) -> int:
        async with self._http.delete(self.location, headers=self._headers) as response:
            self.said = await response.text()
            return response.status

    async def close(self) -> None:
        await self.connection.close()
        await finish_closing(self.connection)


class Viewer(Browser):
    """Watches a camera."""

    def __init__(self, http: aiohttp.ClientSession, url: str, *, codecs: tuple[str, ...] = ("H264", "VP8")) -> None:
        super().__init__(http, url)
        self._transceiver: RTCRtpTransceiver = self.connection.addTransceiver("video", direction="recvonly")
        self._transceiver.setCodecPreferences(video_codecs(*codecs))

    async def frame(self, timeout_s: float = 10) -> tuple[Image, int]:
        """The next picture, and its RTP timestamp less the origin that the answer gave: its media ticks."""
        track: MediaStreamTrack = self._transceiver.receiver.track
        video = await asyncio.wait_for(track.recv(), timeout_s)
        assert isinstance(video, av.VideoFrame)
        assert video.pts is not None
        mapper = cast("Any", self._transceiver.receiver)._RTCRtpReceiver__timestamp_mapper
        rtp_timestamp = (mapper._origin + video.pts) % MODULUS
        ticks = (rtp_timestamp - int(self.headers["Maskwatch-Media-Origin"])) % MODULUS
        return np.asarray(video.to_ndarray(format="rgb24"), np.uint8), ticks

    async def ended(self) -> None:
        """Wait until the server has ended it."""
        with contextlib.suppress(MediaStreamError):
            while True:
                await self.frame()


class PictureTrack(VideoStreamTrack):
    """Sends pictures of one colour that count, 30 a second."""

    def __init__(self, colour: tuple[int, int, int]) -> None:
        super().__init__()
        self._colour = colour
        self.silent = asyncio.Event()

    async def recv(self) -> av.VideoFrame:
        pts, time_base = await self.next_timestamp()
        if self.silent.is_set():
            await asyncio.Future()
        video = av.VideoFrame.from_ndarray(picture(pts, colour=self._colour), format="rgb24")
        video.pts, video.time_base = pts, time_base
        video.pict_type = PictureType.NONE
        return video


class Phone(Browser):
    """Sends pictures to a camera. `lose` picks the RTP packets (by sequence number) that never arrive."""

    lose: Callable[[int], bool] | None = None

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        *,
        token: str | None = TOKEN,
        colour: tuple[int, int, int] = (30, 60, 200),
        codec: str = "VP8",
    ) -> None:
        super().__init__(http, url, token)
        self.track = PictureTrack(colour)
        transceiver = self.connection.addTransceiver(self.track, direction="sendonly")
        # Without retransmission, so that what is lost stays lost.
        transceiver.setCodecPreferences([known for known in video_codecs(codec) if known.name != "rtx"])
        transport = transceiver.sender.transport
        send = transport._send_rtp

        async def send_some(data: bytes) -> None:
            sequence = int.from_bytes(data[2:4], "big")
            if is_rtcp(data) or self.lose is None or not self.lose(sequence):
                await send(data)

        transport._send_rtp = send_some  # type: ignore[method-assign]


@contextmanager
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """aiortc leaves the loopback address out of what it offers; here there may be no other."""
    with monkeypatch.context() as patch:
        patch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
        yield
