"""`maskwatch bench`: how many cameras this machine can watch."""

import asyncio
import json
import os
import platform
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from maskwatch import __version__
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.bench.soak import Progress
    from maskwatch.bench.subject import Task

_STREAMS = 5
"""The RTSP server has so many, each a little later than the one before; cameras share them by turns."""


def bench(
    *,
    cameras: Annotated[str, typer.Option(help="Numbers of cameras to measure, such as 0,1,8.")] = "1,4,8",
    seconds: Annotated[float, typer.Option(min=1, help="Seconds each measurement lasts.")] = 30.0,
    detector_size: Annotated[int, typer.Option(min=320, max=960, help="Longest side the detector sees.")] = 640,
    looks_per_s: Annotated[float, typer.Option("--looks", min=0.1, help="Looks a second a camera.")] = 5.0,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also measure the script that a user would write (needs Keras).")
    ] = False,
    inference_python: Annotated[
        Path | None,
        typer.Option(help="With --compare: a Python that has roboflow's inference (see docs/benchmarks.md)."),
    ] = None,
    soak: Annotated[
        float | None, typer.Option(min=0.1, help="Instead: minutes to watch with one camera in trouble, for leaks.")
    ] = None,
    alerts: Annotated[
        int, typer.Option(min=0, help="Measure this many alerts instead: from the first bare look to the websocket.")
    ] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Watch cameras made for the purpose (RTSP, 720p H.264, two faces), and print the figures as a Markdown table."""
    try:
        numbers = [int(count) for count in cameras.split(",")]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 0 or (soak is not None and numbers[-1] < 1):
        raise ConfigError(
            "--cameras takes numbers of cameras, such as 0,1,8.", remedy="None may be below 0; a soak needs 1."
        )
    console = Console(stderr=True)
    machine = _machine()
    if alerts:
        figures: dict[str, Any] = {"rows": [asyncio.run(_measure_alerts(alerts, looks_per_s, console))]}
    else:
        wanted = Wanted(numbers, seconds, detector_size, looks_per_s, compare, inference_python, soak)
        figures = asyncio.run(_measure(wanted, console))
    result: dict[str, Any] = {"machine": machine, **figures}
    if json_file is not None:
        json_file.write_text(json.dumps(result, indent=2) + "\n")
    if soak is not None:
        typer.echo(json.dumps(result["soak"], indent=2))
    else:
        typer.echo(alerts_as_markdown(result["rows"]) if alerts else as_markdown(result["rows"]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    cameras: list[int]
    seconds: float
    detector_size: int
    looks_per_s: float
    compare: bool
    inference_python: Path | None
    soak_minutes: float | None


async def _measure(wanted: Wanted, console: Console) -> dict[str, Any]:
    from maskwatch.bench.cameras import make_numbered_clip  # noqa: PLC0415
    from maskwatch.bench.rtsp import Mount, RtspServer  # noqa: PLC0415
    from maskwatch.bench.soak import soak  # noqa: PLC0415
    from maskwatch.bench.subject import Stream, Task  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="maskwatch-bench-") as folder:
        console.print("Making the cameras' video…")
        clip = await asyncio.to_thread(make_numbered_clip, Path(folder))
        # Cameras send their pictures when they like, and not all at one moment.
        mounts = [
            Mount(path=f"/cam{index}", clips=[str(clip.path)], phase_s=index / _STREAMS / clip.fps)
            for index in range(_STREAMS)
        ]
        with RtspServer(mounts) as server:
            streams = [
                Stream(url=server.url(mount.path), since=partial(server.playing_since, mount.path)) for mount in mounts
            ]
            tasks = [
                Task(
                    streams=streams,
                    cameras=count,
                    clip=clip,
                    seconds=wanted.seconds if wanted.soak_minutes is None else wanted.soak_minutes * 60,
                    looks_per_s=wanted.looks_per_s,
                    detector_size=wanted.detector_size,
                )
                for count in wanted.cameras
            ]
            if wanted.soak_minutes is not None:
                console.print(f"{tasks[-1].cameras} camera(s) and one in trouble, {wanted.soak_minutes} min…")
                with RtspServer(mounts[:1]) as troubled:
                    return {"soak": await soak(tasks[-1], troubled, mounts[0].path, Path(folder), _told_on(console))}
            rows, details = await _rows(tasks, wanted, folder=Path(folder), console=console)
    return {"rows": rows, "details": details}


def _told_on(console: Console) -> "Progress":
    return lambda at_s, used: console.print(f"  {at_s:.0f} s: {used.rss_mb:.0f} MB, {used.threads} threads")


async def _rows(
    tasks: "list[Task]", wanted: Wanted, *, folder: Path, console: Console
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every contender's row for every task, in turns."""
    from maskwatch.bench.compare import measure_inference, measure_script  # noqa: PLC0415
    from maskwatch.bench.floor import measure_floor  # noqa: PLC0415
    from maskwatch.bench.subject import measure, measure_idle  # noqa: PLC0415

    rows: list[dict[str, Any] | None] = []
    details: list[dict[str, Any]] = []
    for task in tasks:
        console.print(f"{task.cameras} camera(s), {task.seconds:.0f} s…")
        if not task.cameras:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                rows.append(await measure_idle(task, Path(place)))
            continue
        urls = [task.stream(index).url for index in range(task.cameras)]
        floor = measure_floor(urls, seconds=task.seconds, detector_size=task.detector_size)
        rows.append(await floor)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            row, detail = await measure(task, Path(place))
        rows.append(row)
        details.append(detail)
        if wanted.compare:
            script = await measure_script(task)
            if script is None:
                console.print("The script to compare with needs Keras: install the extra `train`.")
            rows.append(script)
            if wanted.inference_python is not None:
                rows.append(await measure_inference(task, wanted.inference_python))
            else:
                console.print("Left out: roboflow's inference. Name a Python that has it with --inference-python.")
    return [row for row in rows if row is not None], details


async def _measure_alerts(alerts: int, looks_per_s: float, console: Console) -> dict[str, Any]:
    from maskwatch.bench.alerts import make_visits, measure_alerts  # noqa: PLC0415
    from maskwatch.bench.rtsp import Mount, RtspServer  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="maskwatch-bench-") as folder:
        clip = Path(folder) / "visits.mp4"
        await asyncio.to_thread(make_visits, clip)
        with RtspServer([Mount(path="/cam", clips=[str(clip)])]) as server:
            console.print(f"{alerts} alerts, about four seconds each…")
            return await measure_alerts(
                server.url("/cam"), Path(folder), alerts=alerts, dwell_s=1.0, looks_per_s=looks_per_s
            )


def _machine() -> dict[str, Any]:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": names[0].partition(":")[2].strip() if names else platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "maskwatch": __version__,
    }


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """The rows as a table for docs/benchmarks.md."""
    columns = (
        "",
        "cameras",
        "detector size",
        "looks/s a camera",
        "CPU s a camera second",
        "peak MB",
        "frame age p50 / p95 / p99 s",
    )
    lines = [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns)]
    for row in rows:
        age = row["frame_age_s"]
        ages = " / ".join("-" if age[key] is None else f"{age[key]:.3f}" for key in ("p50", "p95", "p99"))
        shown = ["-" if row[key] is None else str(row[key]) for key in ("looks_per_s", "cpu_s_per_camera_s", "rss_mb")]
        lines.append(
            f"| {row['contender']} | {row['cameras']} | {row['detector_size']} | {' | '.join(shown)} | {ages} |"
        )
    return "\n".join(lines)


def alerts_as_markdown(rows: list[dict[str, Any]]) -> str:
    """The rows of `--alerts` as a table for docs/benchmarks.md."""
    lines = ["| alerts | dwell s | looks/s | beyond the dwell, p50 / p95 / p99 s | until the deciding frame |"]
    lines.append("|" + " --- |" * 5)
    for row in rows:
        late, look = (
            " / ".join("-" if value is None else f"{value:.3f}" for value in row[key].values())
            for key in ("late_s", "look_s")
        )
        lines.append(f"| {row['alerts']} | {row['dwell_s']} | {row['looks_per_s']} | {late} | {look} |")
    return "\n".join(lines)
