"""The service under test, in a process of its own, watched from outside as any client would."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from prometheus_client.parser import text_string_to_metric_families

from maskwatch.bench.errors import BenchError
from maskwatch.bench.processes import usage_of

_URL = re.compile(r"Open (https?://\S+)")
_START_S = 60.0
Counts = dict[tuple[str, ...], float]


@asynccontextmanager
async def serving(settings: dict[str, Any], folder: Path) -> AsyncIterator[tuple[str, int]]:
    """Run `maskwatch serve` with `settings`; its address and process id."""
    config = folder / "bench.yaml"
    config.write_text(yaml.safe_dump(settings))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "maskwatch",
        "serve",
        "--config",
        str(config),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None  # noqa: S101 - it was asked for
    written: list[str] = []
    try:
        async with asyncio.timeout(_START_S):
            while not (match := _URL.search(written[-1] if written else "")):
                line = (await process.stderr.readline()).decode()
                if not line:
                    raise BenchError(f"The service under test did not start: {''.join(written).strip()}")
                written.append(line)
        drain = asyncio.create_task(_drain(process.stderr))
        yield match.group(1), process.pid
        drain.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass


async def measure(
    urls: list[str], folder: Path, *, seconds: float, looks_per_s: float, detector_size: int, warmup_s: float = 5.0
) -> dict[str, Any]:
    """One row: the service watching `urls` for `seconds` after a warm-up.

    Looks and drops are what the service counts itself (`/metrics`); `frame_age_s` is from a frame's arrival to its
    `faces` message at a websocket client; processor time and memory are the whole process's.
    """
    cameras = {f"camera{index}": {"url": url, "detect_fps": looks_per_s} for index, url in enumerate(urls)}
    settings = {
        "server": {"port": 0},
        "data_dir": str(folder / "data"),
        "detection": {"detector": {"type": "maskwatch", "size": detector_size}},
        "cameras": cameras,
    }
    async with serving(settings, folder) as (url, pid), aiohttp.ClientSession() as http:
        ages: list[float] = []
        listener = asyncio.create_task(_listen(http, url, ages))
        await until_all_watch(http, url, len(urls))
        await asyncio.sleep(warmup_s)
        ages.clear()
        before, used_before, began_s = await _counts(http, url), usage_of(pid), time.monotonic()
        await asyncio.sleep(seconds)
        after, used, elapsed_s = await _counts(http, url), usage_of(pid), time.monotonic() - began_s
        listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listener
    looks = _difference(before, after, "maskwatch_frames_sampled_total")
    drops: dict[str, float] = defaultdict(float)
    for (_, *labels), count in _difference(before, after, "maskwatch_frames_dropped_total").items():
        drops["/".join(labels)] += count
    return {
        "contender": "maskwatch",
        "cameras": len(urls),
        "detector_size": detector_size,
        "looks_per_s": round(sum(looks.values()) / elapsed_s / len(urls), 3),
        "frame_age_s": {f"p{share}": percentile(ages, share) for share in (50, 95, 99)},
        "cpu_s_per_camera_s": round((used.cpu_s - used_before.cpu_s) / elapsed_s / len(urls), 4),
        "rss_mb": round(used.peak_rss_mb, 1),
        "drops": {reason: int(count) for reason, count in sorted(drops.items()) if count},
    }


async def _listen(http: aiohttp.ClientSession, url: str, ages: list[float]) -> None:
    async with http.ws_connect(f"{url}/api/v1/ws") as socket:
        await socket.send_json({"v": 1, "type": "subscribe"})
        async for received in socket:
            message = json.loads(received.data)
            if message["type"] == "faces":
                ages.append(time.time() - datetime.fromisoformat(message["captured_at"]).timestamp())


async def until_all_watch(http: aiohttp.ClientSession, url: str, cameras: int) -> None:
    """Wait until every camera is online.

    Raises:
        BenchError: one is still not after a minute.
    """
    states: list[str] = []
    try:
        async with asyncio.timeout(_START_S):
            while states.count("online") < cameras:
                await asyncio.sleep(0.1)
                async with http.get(f"{url}/api/v1/cameras") as response:
                    states = [camera["state"] for camera in await response.json()]
    except TimeoutError:
        raise BenchError(
            f"Only {states.count('online')} of {cameras} cameras came online in {_START_S:.0f} s."
        ) from None


async def _counts(http: aiohttp.ClientSession, url: str) -> dict[str, Counts]:
    async with http.get(f"{url}/metrics") as response:
        text = await response.text()
    counts: dict[str, Counts] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sample.labels
            counts[sample.name][tuple(labels[name] for name in ("camera", "stage", "reason") if name in labels)] = (
                sample.value
            )
    return counts


def _difference(before: dict[str, Counts], after: dict[str, Counts], name: str) -> Counts:
    return {labels: count - before[name].get(labels, 0.0) for labels, count in after[name].items()}


def percentile(values: list[float], share: int) -> float | None:
    """The value that `share` percent of `values` do not exceed, to a tenth of a millisecond; None without any."""
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, len(values) * share // 100)], 4)
