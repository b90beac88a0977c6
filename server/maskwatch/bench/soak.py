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
        "memory_slope_mb_per_h": round(_slope_per_s([(at_s, used.rss_mb) for at_s, used in warm]) * 3600, 2),
        "threads": {"begin": warm[0][1].threads, "end": warm[-1][1].threads},
        "tasks": {"begin": tasks[first], "end": tasks[-1]},
        "event_loop_lag_s": {f"p{share}": quantile(lag, share / 100) for share in (50, 99)},
        "open_files": {"begin": warm[0][1].open_files, "end": warm[-1][1].open_files},
    }


async def _trouble(trouble: Callable[[], None]) -> None:
    await asyncio.to_thread(trouble)


def _slope_per_s(points: list[tuple[float, float]]) -> float:
    """The slope of the line through the points, by least squares; 0 for fewer than three."""
    if len(points) < 3:
        return 0.0
    return float(np.polyfit([x for x, _ in points], [y for _, y in points], 1)[0])
