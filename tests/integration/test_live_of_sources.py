"""From a video file to a browser: what the source delivers is what is seen, and its time is that of the faces."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from fractions import Fraction
from pathlib import Path

import aiohttp
import av
import pytest

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.live.feed import LiveFeed
from maskwatch.sources.registry import create_source
from tests.integration.rtc.parts import HEIGHT, WIDTH, Viewer, live_server, loopback_only, picture, read_code


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with loopback_only(monkeypatch):
        yield


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def make_clip(path: Path, codec: str, options: dict[str, str]) -> Path:
    """Two seconds whose pictures are numbered in their top row."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=15)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = options
        for index in range(30):
            frame = av.VideoFrame.from_ndarray(picture(index * 6000), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 15)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class Tap:
    """Passes all on to the feed, and remembers what number each picture has."""

    def __init__(self, feed: LiveFeed) -> None:
        self.infos: list[StreamInfo] = []
        self.codes: dict[int, int | None] = {}
        self._feed = feed

    def opened(self, info: StreamInfo) -> None:
        self.infos.append(info)
        self._feed.opened(info)

    def frame(self, frame: RawFrame) -> None:
        self.codes[frame.live_ticks] = read_code(frame.to_rgb())
        self._feed.frame(frame)

    def packet(self, packet: EncodedPacket) -> None:
        self._feed.packet(packet)


@pytest.mark.parametrize(
    ("codec", "options", "passthrough"),
    [
        ("libx264", {"bf": "0", "g": "10"}, True),
        ("libx264", {"bf": "2", "g": "10"}, False),
        ("libx265", {"x265-params": "log-level=none:keyint=10"}, False),
        ("mjpeg", {"q": "2"}, False),
    ],
    ids=["h264", "h264 with B-frames", "h265", "mjpeg"],
)
async def test_what_is_seen_is_what_was_looked_at(
    http: aiohttp.ClientSession, tmp_path: Path, codec: str, options: dict[str, str], passthrough: bool
) -> None:
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mkv", codec, options)
    stop = threading.Event()
    async with live_server() as live:
        tap = Tap(live.hub.tap("door"))
        source = await asyncio.to_thread(create_source, str(clip), {}, camera="door")
        running = asyncio.create_task(asyncio.to_thread(source.run, tap, stop))
        viewer = Viewer(http, live.url("/door/whep"))
        await viewer.connect()
        seen = [await viewer.frame() for _ in range(40)]
        assert live.hub.tap("door").encoding is not passthrough
        assert tap.infos[-1].passthrough is passthrough
        stop.set()
        await running
        await viewer.delete()
        await viewer.close()
    read = [(read_code(image), ticks) for image, ticks in seen]
    assert [tap.codes[ticks] for _, ticks in read] == [code for code, _ in read]
    numbers = [code // 6000 for code, _ in read if code is not None]
    steps = [(after - before) % 30 for before, after in itertools.pairwise(numbers)]
    if passthrough:  # looped, and hardly a number is missing
        assert steps.count(1) >= 30
    else:  # a busy machine encodes fewer pictures, but never an old one after a newer one
        assert all(0 < step < 15 for step in steps)
