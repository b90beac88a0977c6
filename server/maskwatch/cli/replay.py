"""`maskwatch replay`: try settings on yesterday's footage before trusting them tonight."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from maskwatch.cli.options import ConfigOption
from maskwatch.cli.replay_events import Event, Summary, compare
from maskwatch.cli.replay_settings import ReplaySettings, replay_settings

if TYPE_CHECKING:
    from maskwatch.core.ports import RawFrame


class ReplayFormat(StrEnum):
    """How the alerts are printed."""

    TABLE = "table"
    JSONL = "jsonl"


def replay(
    video: Annotated[Path, typer.Argument(help="A recording.")],
    config: ConfigOption = None,
    camera: Annotated[
        str | None, typer.Option(help="Judge by this camera's rules and looks a second, as the settings file has them.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One setting changed, such as dwell_s=0.5 or detect_fps=10.")
    ] = None,
    loop: Annotated[int, typer.Option(min=1, help="How often to play it.")] = 1,
    annotate: Annotated[
        Path | None, typer.Option(help="Write the picture with people, beliefs and alerts drawn in, as mp4.")
    ] = None,
    compare_: Annotated[
        Path | None, typer.Option("--compare", help="A second settings file: show what it would change.")
    ] = None,
    format_: Annotated[ReplayFormat, typer.Option("--format", help="table for people, jsonl for programs.")] = (
        ReplayFormat.TABLE
    ),
) -> None:
    """Send a recording down the same line as a camera, and print which alerts it raises and closes, and why."""
    settings = replay_settings(config, camera, set_ or [])
    other = replay_settings(compare_, camera, []) if compare_ is not None else None
    at_once = format_ is ReplayFormat.JSONL and other is None
    events, summary = _run(video, settings, loop, annotate=annotate, echo=at_once)
    if other is not None:
        there, summary_b = _run(video, other, loop)
        _print_comparison(compare(events, there), (summary, summary_b), format_)
    elif format_ is ReplayFormat.JSONL:
        typer.echo(json.dumps(summary.as_event()))
    else:
        _print_table(events, summary)


def _run(
    video: Path, settings: ReplaySettings, loop: int, *, annotate: Path | None = None, echo: bool = False
) -> tuple[list[Event], Summary]:
    """Play the recording; every event, printed as a line at once where `echo` asks for it."""
    from maskwatch.cli.replay_video import ReplayVideo  # noqa: PLC0415
    from maskwatch.loading import load_encoder, load_models_once  # noqa: PLC0415
    from maskwatch.pipeline.looking import Looker  # noqa: PLC0415
    from maskwatch.pipeline.replay import Silent, replay  # noqa: PLC0415

    models = load_models_once(settings.plugins)
    looker = Looker(detector=models.detector, classifier=models.classifier, telemetry=Silent())
    encoder = load_encoder() if settings.identity else None
    events: list[Event] = []
    summary = Summary()
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    drawing = ReplayVideo(annotate, video) if annotate is not None else None
    frames = _frames(video, loop)
    with progress as bar, drawing or nullcontext():
        task = bar.add_task(f"Replaying {video.name}")
        watched = drawing.watch(frames) if drawing is not None else frames
        for look in replay(watched, settings.spec(video), looker, {"models": models.versions}, encoder):
            bar.update(task, description=f"Replaying {video.name}: {look.frame.captured_monotonic_s:.0f} s")
            if drawing is not None:
                drawing.add(look)
            for event in summary.take(look):
                events.append(event)
                if echo:
                    typer.echo(json.dumps(event))
    return events, summary


def _frames(video: Path, loop: int) -> "Iterator[RawFrame]":
    """The pictures of `video`, `loop` times, each time following on the one before."""
    from maskwatch.core.ports import RawFrame  # noqa: PLC0415
    from maskwatch.pipeline.replay import recorded_utc  # noqa: PLC0415
    from maskwatch.sources.recording import read_recording  # noqa: PLC0415

    offset_s, sequence = 0.0, 0
    for _ in range(loop):
        time_s, step_s = offset_s, 0.04
        for recorded in read_recording(video):
            step_s = offset_s + recorded.time_s - time_s or step_s
            time_s = offset_s + recorded.time_s
            yield RawFrame(
                sequence=sequence,
                captured_monotonic_s=time_s,
                captured_utc=recorded_utc(time_s),
                to_rgb=recorded.picture.rgb,
                picture=recorded.picture,
            )
            sequence += 1
        offset_s = time_s + step_s


def _print_table(events: list[Event], summary: Summary) -> None:
    table = Table("at", "what", "kind", "person", "why")
    for event in events:
        person = "" if event["person"] is None else str(event["person"])
        table.add_row(f"{event['time_s']:.1f} s", event["event"], event["kind"], person, event["reason"])
    console = Console()
    if events:
        console.print(table)
    console.print(summary.in_words())


def _print_comparison(changes: list[Event], summaries: tuple[Summary, Summary], format_: ReplayFormat) -> None:
    counts = {what: sum(each["event"] == what for each in changes) for what in ("same", "moved", "only_a", "only_b")}
    if format_ is ReplayFormat.JSONL:
        for change in changes:
            typer.echo(json.dumps(change))
        a, b = (summary.as_event() for summary in summaries)
        typer.echo(json.dumps({"event": "summary", **counts, "a": a, "b": b}))
        return
    words = {"same": "same", "moved": "moved", "only_a": "only with the first", "only_b": "only with the second"}
    table = Table("first", "second", "shift", "kind", "person", "what")
    for change in changes:
        kinds, people = (
            " → ".join(dict.fromkeys(str(change[f"{key}_{side}"]) for side in "ab" if f"{key}_{side}" in change))
            for key in ("kind", "person")
        )
        times = [f"{change[key]:.1f} s" if key in change else "-" for key in ("time_a_s", "time_b_s")]
        shift = f"{change['shift_s']:+.1f} s" if change["event"] == "moved" else ""
        table.add_row(*times, shift, kinds, people, words[change["event"]])
    console = Console()
    if changes:
        console.print(table)
    for name, summary in zip(("First", "Second"), summaries, strict=True):
        console.print(f"{name}: {summary.in_words()}")
    console.print(", ".join(f"{count} {words[what]}" for what, count in counts.items()) + ".")
