"""The service under test, in a process of its own, watched from outside as any client would."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
import yaml
from prometheus_client.parser import text_string_to_metric_families

from maskwatch.bench.cameras import NumberedClip
from maskwatch.bench.errors import BenchError
from maskwatch.bench.processes import ending_with_us, usage_of
from maskwatch.bench.timecode import read_code

_URL = re.compile(r"Open (https?://\S+)")
_START_S = 60.0
_HALF_TURN = 2**31
Counts = dict[tuple[str, ...], float]


@asynccontextmanager
async def serving(settings: dict[str, Any], folder: Path) -> AsyncIterator[tuple[str, int]]:
    """Run `maskwatch serve` with `settings`; its address and process id."""
    config = folder / "bench.yaml"
    config.write_text(yaml.safe_dump(settings))
    command = ending_with_us([sys.executable, "-m", "maskwatch", "serve", "--config", str(config)])
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A camera's stream at `url`, played `since()` (seconds since 1970; None while nobody has asked for it)."""

    url: str
    since: Callable[[], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is measured: so many `cameras`, on `streams` by turns, which all play `clip`."""

    streams: Sequence[Stream]
    cameras: int
    clip: NumberedClip
    seconds: float
    looks_per_s: float
    detector_size: int
    warmup_s: float = 5.0

    def settings(self, data: Path) -> dict[str, Any]:
        """Of the service that is to do it."""
        return {
            "server": {"port": 0},
            "data_dir": str(data),
            "detection": {"detector": {"type": "maskwatch", "size": self.detector_size}},
            "cameras": {
                f"camera{index}": {"url": self.stream(index).url, "detect_fps": self.looks_per_s}
                for index in range(self.cameras)
            },
        }

    def stream(self, camera: int) -> Stream:
        """What the camera of this number shows."""
        return self.streams[camera % len(self.streams)]


async def measure(task: Task, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The service watching for `task.seconds` after a warm-up: a row, and what else there is to tell.

    Looks and drops are what the service counts itself (`/metrics`); `frame_age_s` is from the moment a picture was sent
    by the camera (its number was drawn into it) to its `faces` message at a websocket client; processor time and memory
    are the whole process's.
    """
    async with serving(task.settings(folder / "data"), folder) as (url, pid), aiohttp.ClientSession() as http:
        began_s = time.monotonic()
        listener = Listener(http, url)
        try:
            await until_all_watch(http, url, task.cameras)
            await asyncio.sleep(task.warmup_s)
            places = await _places(http, url, task)
            listener.messages.clear()
            before, used_before, measured_s = await counts(http, url), usage_of(pid), time.monotonic()
            await asyncio.sleep(task.seconds)
            after, used, elapsed_s = await counts(http, url), usage_of(pid), time.monotonic() - measured_s
        finally:
            await listener.close()
    ages = listener.ages_s(task.clip, places)
    looks = difference(before, after, "maskwatch_frames_sampled_total")
    drops: dict[str, float] = defaultdict(float)
    for (_, *labels), count in difference(before, after, "maskwatch_frames_dropped_total").items():
        drops["/".join(labels)] += count
    row = {
        "contender": "maskwatch",
        "cameras": task.cameras,
        "detector_size": task.detector_size,
        "looks_per_s": round(sum(looks.values()) / elapsed_s / task.cameras, 3),
        "frame_age_s": {f"p{share}": percentile(ages, share) for share in (50, 95, 99)},
        "cpu_s_per_camera_s": round((used.cpu_s - used_before.cpu_s) / elapsed_s / task.cameras, 4),
        "rss_mb": round(used.peak_rss_mb, 1),
        "drops": {reason: int(count) for reason, count in sorted(drops.items()) if count},
    }
    stages = difference(before, after, "maskwatch_stage_seconds_sum")
    first = listener.first_s
    details = {
        "cameras": task.cameras,
        "detector_size": task.detector_size,
        "stage_s_per_camera_s": {
            stage: round(s / elapsed_s / task.cameras, 4) for (stage,), s in sorted(stages.items())
        },
        "first_look_of_all_s": round(max(first.values()) - began_s, 2) if len(first) == task.cameras else None,
    }
    return row, details


async def measure_idle(task: Task, folder: Path) -> dict[str, Any]:
    """A row of the service with no camera at all, some seconds after its start: what it needs before it looks."""
    async with serving(task.settings(folder / "data"), folder) as (_, pid):
        await asyncio.sleep(task.warmup_s)
        before, measured_s = usage_of(pid), time.monotonic()
        await asyncio.sleep(task.seconds)
        used, elapsed_s = usage_of(pid), time.monotonic() - measured_s
    return {
        "contender": "maskwatch",
        "cameras": 0,
        "detector_size": task.detector_size,
        "looks_per_s": None,
        "frame_age_s": {f"p{share}": None for share in (50, 95, 99)},
        "cpu_s_per_camera_s": round((used.cpu_s - before.cpu_s) / elapsed_s, 4),
        "rss_mb": round(used.rss_mb, 1),
        "drops": {},
    }


async def _places(http: aiohttp.ClientSession, url: str, task: Task) -> dict[str, tuple[float, int]]:
    """Of each camera, when a picture (its number is read) was sent, in seconds since 1970, and its media ticks.

    From then on the ticks of a look say when its picture was sent, give or take whole rounds of the clip.

    Raises:
        BenchError: the number can't be read.
    """
    places = {}
    for index in range(task.cameras):
        async with http.get(f"{url}/api/v1/cameras/camera{index}/frame.jpg") as response:
            jpeg = np.frombuffer(await response.read(), np.uint8)
            ticks = int(response.headers["Maskwatch-Media-Ticks"])
        number = read_code(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8))
        if number is None:
            raise BenchError("The number drawn into the cameras' pictures can't be read.")
        since_s = task.stream(index).since()
        if since_s is None:
            raise BenchError("The cameras are not being played.")
        places[f"camera{index}"] = (since_s + number / task.clip.fps, ticks)
    return places


@dataclass(frozen=True, slots=True)
class Heard:
    """A `faces` message: when it came (seconds since 1970), of which camera, and the media ticks of its picture."""

    at_s: float
    camera: str
    ticks: int


class Listener:
    """A websocket client that notes when `faces` messages come."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.messages: list[Heard] = []
        self.first_s: dict[str, float] = {}
        """Of each camera, when its first look came, on the monotonic clock."""
        self._task = asyncio.create_task(self._listen(http, url))

    async def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def ages_s(self, clip: NumberedClip, places: Mapping[str, tuple[float, int]]) -> list[float]:
        """How old the picture of each message was when it came."""
        ages = []
        for heard in self.messages:
            sent_s, ticks = places[heard.camera]
            moved_s = ((heard.ticks - ticks + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN) / 90_000
            ages.append(clip.age_s(sent_s + moved_s, heard.at_s))
        return ages

    async def _listen(self, http: aiohttp.ClientSession, url: str) -> None:
        async with http.ws_connect(f"{url}/api/v1/ws") as socket:
            await socket.send_json({"v": 1, "type": "subscribe"})
            async for received in socket:
                message = json.loads(received.data)
                if message["type"] == "faces":
                    self.first_s.setdefault(message["camera"], time.monotonic())
                    self.messages.append(Heard(time.time(), message["camera"], message["media_ticks"]))


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


async def counts(http: aiohttp.ClientSession, url: str) -> dict[str, Counts]:
    """All of the service's metrics: by name, then by their camera, stage, reason and bucket (its upper end)."""
    async with http.get(f"{url}/metrics") as response:
        text = await response.text()
    counts: dict[str, Counts] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sample.labels
            key = tuple(labels[name] for name in ("camera", "stage", "reason", "le") if name in labels)
            counts[sample.name][key] = sample.value
    return counts


def difference(before: dict[str, Counts], after: dict[str, Counts], name: str) -> Counts:
    """By how much each series of a metric has grown."""
    return {labels: count - before[name].get(labels, 0.0) for labels, count in after[name].items()}


def quantile(buckets: Counts, share: float) -> float | None:
    """The value that `share` of what a histogram counted are below, within its bucket in proportion; None if empty.

    `buckets` are its cumulative counts by upper end; what lies beyond the last finite one is taken for that end.
    """
    ordered = sorted((float(end), count) for (end,), count in buckets.items())
    wanted = share * ordered[-1][1] if ordered else 0.0
    low, below = 0.0, 0.0
    for end, count in ordered:
        if wanted and count >= wanted:
            return low if end == float("inf") else low + (end - low) * (wanted - below) / (count - below)
        low, below = end, count
    return None


def percentile(values: list[float], share: int) -> float | None:
    """The value that `share` percent of `values` are below; None where there are none."""
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, len(values) * share // 100)], 4)
