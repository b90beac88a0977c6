"""`maskwatch bench`: how many cameras this machine can watch."""

import asyncio
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from maskwatch import __version__


def bench(
    cameras: Annotated[str, typer.Option(help="Numbers of cameras to measure, such as 1,8.")] = "1,4,8",
    seconds: Annotated[float, typer.Option(min=1, help="Seconds each measurement lasts.")] = 30.0,
    detector_size: Annotated[int, typer.Option(min=320, max=960, help="Longest side the detector sees.")] = 640,
    looks_per_s: Annotated[float, typer.Option("--looks", min=0.1, help="Looks a second a camera.")] = 5.0,
    alerts: Annotated[
        int, typer.Option(min=0, help="Measure this many alerts instead: from the first bare look to the websocket.")
    ] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
) -> None:
    """Watch cameras made for the purpose (RTSP, 720p H.264, two faces), and print the figures as a Markdown table."""
    counts = [int(count) for count in cameras.split(",")]
    console = Console(stderr=True)
    rows: list[dict[str, Any]]
    if alerts:
        rows = [asyncio.run(_measure_alerts(alerts, looks_per_s, console))]
    else:
        rows = asyncio.run(_measure(counts, seconds, detector_size, looks_per_s, console))
    result = {"machine": _machine(), "rows": rows}
    if json_file is not None:
        json_file.write_text(json.dumps(result, indent=2) + "\n")
    typer.echo(alerts_as_markdown(rows) if alerts else as_markdown(rows))


async def _measure(
    counts: list[int], seconds: float, detector_size: int, looks_per_s: float, console: Console
) -> list[dict[str, Any]]:
    from maskwatch.bench.floor import measure_floor  # noqa: PLC0415
    from maskwatch.bench.rtsp import Mount, RtspServer  # noqa: PLC0415
    from maskwatch.bench.subject import measure  # noqa: PLC0415
    from maskwatch.demo import make_demo_clip  # noqa: PLC0415

    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="maskwatch-bench-") as folder:
        console.print("Making the cameras' video…")
        clip = await asyncio.to_thread(make_demo_clip, Path(folder), lambda _share: None)
        with RtspServer([Mount(path="/cam", clips=[str(clip)])]) as server:
            for count in counts:
                urls = [server.url("/cam")] * count
                console.print(f"{count} camera(s), {seconds:.0f} s…")
                floor = await measure_floor(urls, seconds=seconds, detector_size=detector_size)
                rows += [floor] if floor else []
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    rows.append(
                        await measure(
                            urls,
                            Path(place),
                            seconds=seconds,
                            looks_per_s=looks_per_s,
                            detector_size=detector_size,
                        )
                    )
    return rows


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
