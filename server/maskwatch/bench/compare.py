"""Runs beside maskwatch, in turns, what a user would write instead."""

import asyncio
import importlib.util
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import replace
from pathlib import Path
from typing import Any

import maskwatch
from maskwatch.bench.errors import BenchError
from maskwatch.bench.processes import usage_of
from maskwatch.bench.subject import Task, percentile

_START_S = 120.0
_OPENS_IN_S = 4.0
_LONGEST_LINE = 1 << 24


async def measure_script(task: Task) -> dict[str, Any] | None:
    """One row of `maskwatch.bench.script` doing the same task; None where Keras is not installed.

    Raises:
        BenchError: it failed.
    """
    if importlib.util.find_spec("keras") is None:
        return None
    return await _measure(task, "script (VideoCapture, predict)", Path(sys.executable), "maskwatch.bench.script")


async def measure_inference(task: Task, python: Path) -> dict[str, Any]:
    """One row of roboflow's `inference`, which `python` has, finding faces at the same looks a second.

    Raises:
        BenchError: it failed.
    """
    # It opens its cameras one after another.
    patient = replace(task, warmup_s=task.warmup_s + _OPENS_IN_S * task.cameras)
    return await _measure(patient, "inference (InferencePipeline)", python, "maskwatch.bench.inference_pipeline")


async def _measure(task: Task, contender: str, python: Path, module: str) -> dict[str, Any]:
    told = {
        "urls": [task.stream(index).url for index in range(task.cameras)],
        "seconds": task.seconds,
        "warmup_s": task.warmup_s,
        "looks_per_s": task.looks_per_s,
        "detector_size": task.detector_size,
    }
    process = await asyncio.create_subprocess_exec(
        str(python),
        "-m",
        module,
        json.dumps(told),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        limit=_LONGEST_LINE,
        env=os.environ | {"PYTHONPATH": str(Path(maskwatch.__file__).parents[1])},
    )
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(_START_S + task.warmup_s + task.seconds):
            async for line in process.stdout:
                if line.startswith(b'{"seen"'):
                    break
            else:
                raise BenchError(f"{contender} ended before it was done.")
        used = usage_of(process.pid)
        result = json.loads(line)
        ages_s = _ages_s(task, result["seen"])
        process.stdin.write(b"\n")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    share = result["seconds"] * task.cameras
    return {
        "contender": contender,
        "cameras": task.cameras,
        "detector_size": task.detector_size,
        "looks_per_s": round(len(ages_s) / share, 3),
        "frame_age_s": {f"p{part}": percentile(ages_s, part) for part in (50, 95, 99)},
        "cpu_s_per_camera_s": round(result["cpu_s"] / share, 4),
        "rss_mb": round(used.peak_rss_mb, 1),
        "drops": {},
    }


def _ages_s(task: Task, seen: list[tuple[int, int, float]]) -> list[float]:
    """How old pictures (camera, number, when their verdicts were out) were, while the streams are still played."""
    ages = []
    for camera, number, at_s in seen:
        since_s = task.stream(camera).since()
        if since_s is None:
            raise BenchError("The cameras are not being played.")
        ages.append(task.clip.age_s(since_s + number / task.clip.fps, at_s))
    return ages
