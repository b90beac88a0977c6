"""`maskwatch replay`: try settings on yesterday's footage before trusting them tonight."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from maskwatch.cli.options import ConfigOption
from maskwatch.config import RuleSettings, load_settings
from maskwatch.errors import ConfigError

if TYPE_CHECKING:
    from maskwatch.core.ports import RawFrame
    from maskwatch.core.types import AlertChange, Look


class ReplayFormat(StrEnum):
    """How the alerts are printed."""

    TABLE = "table"
    JSONL = "jsonl"


def replay(
    video: Annotated[Path, typer.Argument(help="A recording.")],
    config: ConfigOption = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One setting changed, such as dwell_s=0.5 or detect_fps=10.")
    ] = None,
    loop: Annotated[int, typer.Option(min=1, help="How often to play it.")] = 1,
    format_: Annotated[ReplayFormat, typer.Option("--format", help="table for people, jsonl for programs.")] = (
        ReplayFormat.TABLE
    ),
) -> None:
    """Send a recording down the same line as a camera, and print which alerts it raises and closes, and why."""
    settings = load_settings(config)
    changes = _parse(set_ or [])
    detect_fps = float(changes.pop("detect_fps", 5.0))
    rules = load_settings(None, {"rules": {**settings.rules.model_dump(), **changes}}).rules
    events: list[dict[str, Any]] = []
    summary = Summary()
    err = Console(stderr=True)
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
    ) as bar:
        task = bar.add_task(f"Replaying {video.name}")
        for look in _looks(video, settings.detection.plugins, rules, detect_fps, loop):
            bar.update(task, description=f"Replaying {video.name}: {look.frame.captured_monotonic_s:.0f} s")
            for event in summary.take(look):
                if format_ is ReplayFormat.JSONL:
                    typer.echo(json.dumps(event))
                events.append(event)
    if format_ is ReplayFormat.JSONL:
        typer.echo(json.dumps(summary.as_event()))
    else:
        _print_table(events, summary)


def _parse(assignments: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not separator or key not in {*RuleSettings.model_fields, "detect_fps"}:
            known = ", ".join([*RuleSettings.model_fields, "detect_fps"])
            raise ConfigError(
                f"--set {assignment} is not a setting of a camera's rules.", remedy=f"Known are: {known}."
            )
        values[key] = yaml.safe_load(value)
    return values


def _looks(
    video: Path, plugins: tuple[dict[str, Any], dict[str, Any]], rules: RuleSettings, detect_fps: float, loop: int
) -> "Iterator[Look]":
    from maskwatch.loading import load_models_once  # noqa: PLC0415
    from maskwatch.pipeline.looking import Looker  # noqa: PLC0415
    from maskwatch.pipeline.replay import Silent, replay  # noqa: PLC0415
    from maskwatch.pipeline.spec import CameraSpec  # noqa: PLC0415

    models = load_models_once(plugins)
    looker = Looker(detector=models.detector, classifier=models.classifier, telemetry=Silent())
    spec = CameraSpec(name="replay", url=str(video), detect_fps=detect_fps, rules=rules)
    return replay(_frames(video, loop), spec, looker, {"models": models.versions})


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


@dataclass(slots=True)
class Summary:
    """What came of the whole recording."""

    looks: int = 0
    raised: int = 0
    closed: int = 0
    people: int = 0
    end_s: float = 0.0

    def take(self, look: "Look") -> list[dict[str, Any]]:
        """Count a look in; the events of its alerts."""
        self.looks += 1
        self.end_s = look.frame.captured_monotonic_s
        self.people = max([self.people, *(track.id for track in look.tracks)])
        events = [_event(change) for change in look.changes]
        self.raised += sum(event["event"] == "raised" for event in events)
        self.closed += sum(event["event"] == "closed" for event in events)
        return events

    def as_event(self) -> dict[str, Any]:
        """The last line of the JSON output."""
        return {
            "event": "summary",
            "time_s": round(self.end_s, 3),
            "looks": self.looks,
            "people": self.people,
            "raised": self.raised,
            "closed": self.closed,
            "open": self.raised - self.closed,
        }


def _event(change: "AlertChange") -> dict[str, Any]:
    event: dict[str, Any] = {
        "event": change.action.value,
        "time_s": round(change.at_s, 3),
        "kind": change.kind.value,
        "person": change.track_id,
        "alert": change.alert_id,
    }
    if change.measured is not None:
        event = {**event, "measured": dict(change.measured.values)}
    if change.evidence is None:
        return {**event, "reason": change.reason.value if change.reason else ""}
    evidence = change.evidence
    return {
        **event,
        "reason": f"{change.kind.value} for {evidence.violation_s:.1f} s",
        "looks": evidence.looks,
        "seen_s": round(evidence.seen_s, 3),
        "belief": {label.value: round(belief, 4) for label, belief in evidence.belief.items()},
        "box": [round(side, 1) for side in (evidence.box.x1, evidence.box.y1, evidence.box.x2, evidence.box.y2)],
        "quality": round(evidence.quality.weight, 3),
    }


def _print_table(events: list[dict[str, Any]], summary: Summary) -> None:
    table = Table("at", "what", "kind", "person", "why")
    for event in events:
        table.add_row(
            f"{event['time_s']:.1f} s", event["event"], event["kind"], str(event["person"] or ""), event["reason"]
        )
    console = Console()
    if events:
        console.print(table)
    console.print(
        f"{summary.end_s:.1f} s, {summary.looks} looks, {summary.people} people: {summary.raised} alert(s) raised, "
        f"{summary.closed} closed, {summary.raised - summary.closed} open at the end."
    )
