"""A long run with a camera that is killed, frozen and started again: does anything grow, is anything left behind?"""

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from maskwatch.bench.processes import Usage, usage_of
from maskwatch.bench.rtsp import RtspServer
from maskwatch.bench.subject import Task, counts, difference, quantile, serving

_TROUBLE_EVERY_S = 10.0
_WINDOW_S = 120.0
_WARM_SHARE = 0.2
"""Of the time, until memory is expected to grow no more."""


Progress = Callable[[float, Usage], None]
"""Told every ten seconds how many have passed and what is used."""


async def soak(task: Task, troubled: RtspServer, path: str, folder: Path, progress: Progress) -> dict[str, Any]:
    """Watch `task` for its seconds, and one more camera on `path` of a server that is troubled every ten seconds."""
    settings = task.settings(folder / "data")
    settings["cameras"]["troubled"] = {"url": troubled.url(path), "detect_fps": task.looks_per_s}
    samples: list[tuple[float, Usage]] = []
    tasks: list[int] = []
    async with serving(settings, folder) as (url, pid), aiohttp.ClientSession() as http:
        await asyncio.sleep(task.warmup_s)
        before, began_s = await counts(http, url), time.monotonic()
        for trouble in itertools.cycle((troubled.kill, troubled.restart, troubled.freeze, troubled.thaw)):
            await _trouble(trouble)
            samples.append((time.monotonic() - began_s, usage_of(pid)))
            tasks.append(int((await counts(http, url))["maskwatch_event_loop_tasks"][()]))
            progress(*samples[-1])
            if samples[-1][0] >= task.seconds:
                break
            await asyncio.sleep(min(_TROUBLE_EVERY_S, max(0.1, task.seconds - samples[-1][0])))
        after = await counts(http, url)
    looks = difference(before, after, "maskwatch_frames_sampled_total")
    steady = sum(count for (camera,), count in looks.items() if camera != "troubled")
    lag = difference(before, after, "maskwatch_event_loop_lag_seconds_bucket")
    first = next((index for index, (at_s, _) in enumerate(samples) if at_s >= _WARM_SHARE * task.seconds), 0)
    warm = samples[first:]
    return {
        "minutes": round(samples[-1][0] / 60, 1),
        "cameras": task.cameras + 1,
        "looks_per_s": round(steady / samples[-1][0] / task.cameras, 3),
        "looks_of_troubled_camera": int(looks.get(("troubled",), 0)),
        "memory_mb": {"begin": round(warm[0][1].rss_mb, 1), "end": round(warm[-1][1].rss_mb, 1)},
        "memory_slope_mb_per_h": round(slope_mb_per_h([(at_s, used.rss_mb) for at_s, used in warm]), 2),
        "threads": {"begin": warm[0][1].threads, "end": warm[-1][1].threads},
        "tasks": {"begin": tasks[first], "end": tasks[-1]},
        "event_loop_lag_s": {f"p{share}": quantile(lag, share / 100) for share in (50, 99)},
        "open_files": {"begin": warm[0][1].open_files, "end": warm[-1][1].open_files},
    }


async def _trouble(trouble: Callable[[], None]) -> None:
    await asyncio.to_thread(trouble)


def slope_mb_per_h(points: list[tuple[float, float]]) -> float:
    """By how much memory grows, of its sizes (MB) at so many seconds: the line through its floor, by least squares.

    The floor is the least of every whole two minutes: what a camera needs for a while as it comes back goes up and down
    above it. 0 where there are fewer than three.
    """
    least: dict[int, tuple[float, float]] = {}
    for point in points:
        window = int(point[0] / _WINDOW_S)
        least[window] = min(least.get(window, point), point, key=lambda each: each[1])
    floor = list(least.values())[:-1]  # the last two minutes are not over
    if len(floor) < 3:
        return 0.0
    slope_per_s = np.polyfit([at_s for at_s, _ in floor], [mb for _, mb in floor], 1)[0]
    return float(slope_per_s) * 3600
