"""How soon an alert is on the websocket: people without a mask come by a real camera, watched by the service."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np

from maskwatch.bench.subject import percentile, serving, until_all_watch

_LONGEST_S = 600.0
_SIZE, _FPS = (1280, 720), 15
_AWAY_FRAMES = 29
_HERE_FRAMES = 33
"""Together no multiple of three: the looks fall on other frames of each visit."""


def make_visits(path: Path) -> None:
    """A clip (720p H.264, no B-frames) in which somebody without a mask is away for two seconds, then there for two.

    Raises:
        PluginError: the packages that ship the portraits are not installed.
    """
    from maskwatch.demo.portraits import load_portraits  # noqa: PLC0415 - needs the extra `demo`
    from maskwatch.demo.room import draw_room  # noqa: PLC0415

    width, height = _SIZE
    room = draw_room(width, height)
    portrait = load_portraits()[0].scaled(1.0)
    tall, wide = min(portrait.alpha.shape[0], height), portrait.alpha.shape[1]
    alpha = portrait.alpha[:tall, :, None]
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=_FPS, options={"bf": "0", "preset": "veryfast", "crf": "21"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = _FPS
        for index in range(_AWAY_FRAMES + _HERE_FRAMES):
            picture = room.copy()
            if index >= _AWAY_FRAMES:
                left = 400 + 2 * (index % 7)
                behind = picture[height - tall :, left : left + wide]
                behind[:] = (portrait.image[:tall] * alpha + behind * (1 - alpha)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


async def measure_alerts(url: str, folder: Path, *, alerts: int, dwell_s: float, looks_per_s: float) -> dict[str, Any]:
    """One row: seconds from the first bare look's arrival to its alert at a websocket client, over `alerts` of them.

    The camera at `url` must show somebody without a mask again and again; in between they must be gone for over a
    second. `late_s` is what is left of the time after `dwell_s`; `look_s` of it went by until the deciding frame came.

    Raises:
        TimeoutError: the alerts did not come.
    """
    rules = {"dwell_s": dwell_s, "memory_s": 1.0, "max_alerts_per_minute": None}
    settings = {
        "server": {"port": 0},
        "data_dir": str(folder / "data"),
        "cameras": {"bench": {"url": url, "detect_fps": looks_per_s, "rules": rules}},
    }
    late_s: list[float] = []
    look_s: list[float] = []
    first_bare_s: dict[int, float] = {}
    async with serving(settings, folder) as (address, _), aiohttp.ClientSession() as http:
        await until_all_watch(http, address, 1)
        async with _messages(http, address) as messages:
            async for received_s, message in messages:
                if message["type"] == "faces":
                    captured_s = datetime.fromisoformat(message["captured_at"]).timestamp()
                    for person in message["people"]:
                        if person["label"] == "no_mask":
                            first_bare_s.setdefault(person["track_id"], captured_s)
                elif message["type"] == "alert" and message["action"] == "raised":
                    seen_s = first_bare_s.get(message["alert"]["track_id"])
                    if seen_s is not None:
                        late_s.append(received_s - seen_s - dwell_s)
                        look_s.append(message["alert"]["evidence"]["violation_s"] - dwell_s)
                    if len(late_s) >= alerts:
                        break
    return {
        "alerts": len(late_s),
        "dwell_s": dwell_s,
        "looks_per_s": looks_per_s,
        "late_s": {f"p{share}": percentile(late_s, share) for share in (50, 95, 99)},
        "look_s": {f"p{share}": percentile(look_s, share) for share in (50, 95, 99)},
    }


@asynccontextmanager
async def _messages(http: aiohttp.ClientSession, address: str) -> AsyncIterator[AsyncIterator[tuple[float, Any]]]:
    """What the websocket says, each message with the time it came (seconds since 1970)."""
    async with http.ws_connect(f"{address}/api/v1/ws") as socket:
        await socket.send_json({"v": 1, "type": "subscribe"})

        async def each() -> AsyncIterator[tuple[float, Any]]:
            until_s = time.monotonic() + _LONGEST_S
            while (left_s := until_s - time.monotonic()) > 0:
                received = await socket.receive(timeout=left_s)
                if received.type is not aiohttp.WSMsgType.TEXT:
                    break
                yield time.time(), json.loads(received.data)

        yield each()
