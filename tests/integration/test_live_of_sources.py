"""From a video file to a browser: what the source delivers is what is seen, and its time is that of the faces."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import aiohttp
import av
import av.video.stream
import pytest

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.live.feed import LiveFeed
from maskwatch.live.stream import EncodedStream
from maskwatch.live.transcoder import Transcoder
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
        stream = container.add_stream(codec, rate=15, options=options)
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
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
        self.packets: list[int] = []
        self._feed = feed

    def opened(self, info: StreamInfo) -> None:
        self.infos.append(info)
        self._feed.opened(info)

    def frame(self, frame: RawFrame) -> None:
        self.codes[frame.live_ticks] = read_code(frame.to_rgb())
        self._feed.frame(frame)

    def packet(self, packet: EncodedPacket) -> None:
        self.packets.append(packet.ticks)
        self._feed.packet(packet)


def record(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, of: Callable[..., int]) -> list[int]:
    """What a method is called with from now on, as `of` gives it."""
    calls: list[int] = []
    method = getattr(owner, name)

    def recording(self: object, *arguments: Any, **named: Any) -> Any:
        calls.append(of(*arguments, **named))
        return method(self, *arguments, **named)

    monkeypatch.setattr(owner, name, recording)
    return calls


def is_within(some: list[int], whole: list[int]) -> bool:
    """Whether `some` is `whole` with things left out."""
    rest = iter(whole)
    return all(any(one == other for other in rest) for one in some)


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
    http: aiohttp.ClientSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    codec: str,
    options: dict[str, str],
    passthrough: bool,
) -> None:
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mkv", codec, options)
    stop = threading.Event()
    sent = record(monkeypatch, EncodedStream, "push", lambda _data, ticks, **_: ticks)
    shown = record(monkeypatch, Transcoder, "show", lambda frame: frame.live_ticks)
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
    assert [tap.codes[ticks] for _, ticks in seen] == [read_code(image) for image, _ in seen]
    # What is seen was sent, in that order; the network and a busy browser may lose some of it.
    assert is_within([ticks for _, ticks in seen], sent)
    if passthrough:  # all that the camera sends is sent on
        assert sent == tap.packets
    else:  # what is not sent on was left out knowingly; at the end one picture may be on its way
        skipped = sum(live.telemetry.drops["door", "live", why] for why in ("overwritten", "too_soon", "failed"))
        assert is_within(sent, shown)
        assert len(shown) - len(sent) - skipped in (0, 1)
