"""What one more viewer costs the server: `python -m tests.bench.live_view`. Viewers run in processes of their own.

Prints one line of JSON for each kind of stream: CPU seconds a second of the server's process with and without viewers.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import threading
import time
from datetime import UTC, datetime
from fractions import Fraction

import aiohttp
import aioice.ice
import aiortc.rtcrtpreceiver
import av
import numpy as np
from aiortc.jitterbuffer import JitterFrame

from maskwatch.core.ports import EncodedPacket, RawFrame, SourceSink, StreamInfo
from tests.integration.rtc.parts import LiveServer, Viewer


def encode_clip(width: int, height: int, fps: int, seconds: int, bitrate: int) -> list[tuple[bytes, bool]]:
    """A clip of moving shapes as H.264 packets, encoded before anything is measured."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps, 1)
    encoder.bit_rate, encoder.gop_size = bitrate, fps * 2
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    coarse = np.random.default_rng(0).integers(0, 256, (height // 16 + fps * seconds, width // 16 + 1, 3), np.uint8)
    scene = coarse.repeat(16, axis=0).repeat(16, axis=1)[:, :width]
    packets = []
    for index in range(fps * seconds):
        image = np.ascontiguousarray(scene[index * 3 : index * 3 + height])
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = index
        packets += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    return packets


class Replay(threading.Thread):
    """Sends a clip's packets at their pace, over and over."""

    def __init__(self, sink: SourceSink, clip: list[tuple[bytes, bool]], info: StreamInfo) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self._sink, self._clip, self._info = sink, clip, info

    def run(self) -> None:
        fps = int(self._info.fps or 15)
        image = np.random.default_rng(1).integers(0, 256, (self._info.height, self._info.width, 3), np.uint8)
        self._sink.opened(self._info)
        start_s, index = time.monotonic(), 0
        while not self.ended.wait(max(0.0, start_s + index / fps - time.monotonic())):
            data, keyframe = self._clip[index % len(self._clip)]
            ticks, now_s = index * 90_000 // fps % (1 << 32), time.monotonic()
            self._sink.packet(EncodedPacket(data=data, ticks=ticks, keyframe=keyframe, captured_monotonic_s=now_s))
            self._sink.frame(
                RawFrame(
                    sequence=index,
                    captured_monotonic_s=now_s,
                    captured_utc=datetime.now(UTC),
                    to_rgb=lambda: image,
                    media_ticks=ticks,
                )
            )
            index += 1


class Blind:
    """Stands in for aiortc's decoders in the viewers, so that they keep up however many there are."""

    def decode(self, encoded: JitterFrame) -> list[av.VideoFrame]:
        picture = av.VideoFrame(16, 16, "yuv420p")
        picture.pts, picture.time_base = encoded.timestamp, Fraction(1, 90_000)
        return [picture]


def view(url: str, count: int, watching: "multiprocessing.synchronize.Event") -> None:
    """`count` viewers that take what comes until killed."""
    setattr(aiortc.rtcrtpreceiver, "get_decoder", lambda _codec: Blind())  # noqa: B010 - its types do not show it
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

    async def main() -> None:
        async with aiohttp.ClientSession() as http:
            viewers = [Viewer(http, url) for _ in range(count)]
            for viewer in viewers:
                await viewer.connect()
            for viewer in viewers:
                await viewer.frame(60)
            watching.set()
            while True:
                for viewer in viewers:
                    await viewer.frame(60)

    asyncio.run(main())


def view_by_websocket(url: str, count: int, watching: "multiprocessing.synchronize.Event") -> None:
    """As `view`, by websocket."""

    async def watch(http: aiohttp.ClientSession, fragments: int) -> None:
        async with http.ws_connect(url, max_msg_size=0) as socket:
            async for message in socket:
                fragments -= message.type is aiohttp.WSMsgType.BINARY
                if fragments == 0:
                    ready.append(1)
                    if len(ready) == count:
                        watching.set()

    ready: list[int] = []

    async def main() -> None:
        async with aiohttp.ClientSession() as http:
            await asyncio.gather(*(watch(http, 60) for _ in range(count)))

    asyncio.run(main())


VIEWERS = {"whep": view, "mse": view_by_websocket}


async def measure(name: str, clip: list[tuple[bytes, bool]], info: StreamInfo, options: argparse.Namespace) -> None:
    """CPU of this process while the viewers watch, and while nobody does."""
    live = LiveServer(max_viewers=options.viewers)
    await live.server.start_server()
    camera = Replay(live.hub.tap("door"), clip, info)
    camera.start()
    idle = await _cpu(options.seconds)
    context = multiprocessing.get_context("spawn")
    watching = context.Event()
    where = (live.url(f"/door/{options.by}"), options.viewers, watching)
    process = context.Process(target=VIEWERS[options.by], args=where, daemon=True)
    process.start()
    assert await asyncio.to_thread(watching.wait, 90)
    busy = await _cpu(options.seconds)
    process.kill()
    camera.ended.set()
    mbit_s = sum(len(data) for data, _ in clip) * 8e-6 / (len(clip) / (info.fps or 1))
    result = {
        "stream": name,
        "mbit_s": round(mbit_s, 1),
        "by": options.by,
        "viewers": options.viewers,
        "cpu_nobody": round(idle, 4),
        "cpu_watched": round(busy, 4),
        "dropped": sum(live.telemetry.drops.values()),
    }
    sys.stdout.write(json.dumps({**result, "cpu_a_viewer": round((busy - idle) / options.viewers, 4)}) + "\n")
    await live.hub.close()
    await live.desk.close()
    await live.server.close()


async def _cpu(seconds: float) -> float:
    cpu_s, wall_s = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return (time.process_time() - cpu_s) / (time.monotonic() - wall_s)


def main() -> None:
    """Measure passing on at two sizes, and encoding."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--viewers", type=int, default=4)
    arguments.add_argument("--seconds", type=float, default=15)
    arguments.add_argument("--by", choices=sorted(VIEWERS), default="whep")
    options = arguments.parse_args()
    for name, width, height, fps, bitrate, passthrough in (
        ("720p15 passed on", 1280, 720, 15, 2_000_000, True),
        ("1080p25 passed on", 1920, 1080, 25, 4_000_000, True),
        ("720p15 encoded", 1280, 720, 15, 2_000_000, False),
    ):
        clip = encode_clip(width, height, fps, 6, bitrate)
        info = StreamInfo(codec="h264", width=width, height=height, fps=fps, passthrough=passthrough)
        asyncio.run(measure(name, clip, info, options))


if __name__ == "__main__":
    main()
