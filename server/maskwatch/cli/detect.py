"""`maskwatch detect`: look at pictures, folders, a video or a stream, and say who wears a mask."""

import json
from collections import Counter
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maskwatch.cli.options import ConfigOption
from maskwatch.errors import ConfigError, MaskwatchError

if TYPE_CHECKING:
    from rich.progress import Progress

    from maskwatch.cli.media import Shot, Target
    from maskwatch.core.types import Observation
    from maskwatch.pipeline.looking import Looker


class Format(StrEnum):
    """How the findings are printed."""

    TABLE = "table"
    JSONL = "jsonl"


def detect(
    paths: Annotated[list[str], typer.Argument(help="Pictures, folders, videos, or a stream's address.")],
    annotate: Annotated[
        Path | None, typer.Option(help="Folder for copies with the findings drawn in.", metavar="DIR")
    ] = None,
    output: Annotated[
        Format, typer.Option("--format", help="A table to read, or JSON, one line a frame.")
    ] = Format.TABLE,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many frames of a video or stream.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Longer side, in pixels, that pictures are scaled to (320 to 960).")
    ] = None,
    min_score: Annotated[float | None, typer.Option(help="Faces that the detector scores lower are left out.")] = None,
    config: ConfigOption = None,
) -> None:
    """Find the faces in pictures, folders, videos or a stream, and say which wear a mask.

    A picture that can't be read is reported, the others go on, and the exit status is 1 at the end.
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from maskwatch.cli.media import targets_of  # noqa: PLC0415

    looker = _looker(config, size, min_score)
    printer = _Printer(output)
    failed = False
    with Progress(console=Console(stderr=True), transient=True) as progress:
        targets = list(targets_of(paths))
        taken = {Path(target.address).resolve() for target in targets if target.kind != "stream"}
        whole = progress.add_task("Looking", total=len(targets))
        for target in targets:
            progress.update(whole, description=target.shown)
            try:
                _look_at(target, looker, printer, progress, annotate, limit, taken)
            except MaskwatchError as error:
                failed = True
                printer.failure(target.shown, error)
            except KeyboardInterrupt:
                break
            progress.advance(whole)
    printer.finish()
    if failed:
        raise typer.Exit(1)


def _looker(config: Path | None, size: int | None, min_score: float | None) -> "Looker":
    """The configured models, with what the command line overrides."""
    from maskwatch.config import load_settings  # noqa: PLC0415
    from maskwatch.loading import load_models_once  # noqa: PLC0415
    from maskwatch.pipeline.looking import Looker  # noqa: PLC0415
    from maskwatch.pipeline.replay import Silent  # noqa: PLC0415

    detector, classifier = load_settings(config, {}).detection.plugins
    given = {name: value for name, value in (("size", size), ("min_score", min_score)) if value is not None}
    models = load_models_once(({**detector, **given}, classifier))
    return Looker(detector=models.detector, classifier=models.classifier, telemetry=Silent())


def _look_at(
    target: "Target",
    looker: "Looker",
    printer: "_Printer",
    progress: "Progress",
    annotate: Path | None,
    limit: int | None,
    taken: set[Path],
) -> None:
    from maskwatch.cli.annotate import Copies  # noqa: PLC0415
    from maskwatch.cli.media import shots  # noqa: PLC0415
    from maskwatch.pipeline.picture import RgbPicture  # noqa: PLC0415

    if annotate is not None and annotate.exists() and not annotate.is_dir():
        raise ConfigError(f"{annotate} is not a folder.", remedy="Name a folder with --annotate.")
    task = progress.add_task("frames", total=None, visible=target.kind != "picture")
    try:
        with Copies(annotate, target, taken) if annotate is not None else nullcontext() as copies:
            for count, shot in enumerate(shots(target), start=1):
                observations = looker.look([looker.view(RgbPicture(shot.image))])[0]
                printer.frame(target.shown, shot, observations)
                if copies is not None:
                    copies.add(shot, observations)
                progress.update(task, completed=count, total=shot.of)
                if count == limit:
                    break
    finally:
        progress.remove_task(task)


class _Printer:
    """Prints one line a frame on stdout, as JSON or as a table's row."""

    _ROW = "{:<44} {:>6} {:>8} {:>5} {:>5} {:>8} {:>10} {:>8}"

    def __init__(self, output: Format) -> None:
        self._json = output is Format.JSONL
        self._totals: Counter[str] = Counter()
        if not self._json:
            print(self._ROW.format("input", "frame", "time_s", "faces", "mask", "no mask", "worn wrong", "unknown"))

    def frame(self, shown: str, shot: "Shot", observations: "list[Observation]") -> None:
        """What was found in one frame."""
        if self._json:
            print(json.dumps(as_json(shown, shot, observations)), flush=True)
            return
        labels = Counter(seen.verdict.label.value for seen in observations)
        self._totals.update(labels)
        counts = [labels[name] for name in ("mask", "no_mask", "incorrect", "unknown")]
        row = self._ROW.format(_tail(shown), shot.frame, f"{shot.time_s:.2f}", len(observations), *counts)
        print(row, flush=True)

    def failure(self, shown: str, error: MaskwatchError) -> None:
        """Why something could not be looked at."""
        if self._json:
            print(json.dumps({"input": shown, "error": str(error)}), flush=True)
        else:
            print(f"{_tail(shown)} error: {error}", flush=True)

    def finish(self) -> None:
        """The sum of a table."""
        if not self._json:
            counts = [self._totals[name] for name in ("mask", "no_mask", "incorrect", "unknown")]
            print(self._ROW.format("all", "", "", sum(counts), *counts))


def as_json(shown: str, shot: "Shot", observations: "list[Observation]") -> dict[str, Any]:
    """One line of JSON: boxes in pixels of the picture."""
    height, width = shot.image.shape[:2]
    faces = [
        {
            "box": [round(side, 1) for side in (box.x1, box.y1, box.x2, box.y2)],
            "score": round(seen.face.score, 4),
            "label": seen.verdict.label.value,
            "probabilities": {label.value: round(part, 4) for label, part in seen.verdict.probabilities.items()},
        }
        for seen in observations
        for box in (seen.face.box,)
    ]
    place = {"input": shown, "frame": shot.frame, "time_s": round(shot.time_s, 3)}
    return {**place, "width": width, "height": height, "faces": faces}


def _tail(text: str, length: int = 44) -> str:
    return text if len(text) <= length else "…" + text[1 - length :]
