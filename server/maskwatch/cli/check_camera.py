"""`maskwatch check-camera`: what a camera sends and whether it will work, in one screen."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from maskwatch.cli.options import yaml_value
from maskwatch.errors import ConfigError
from maskwatch.secrets import redact_url

if TYPE_CHECKING:
    from maskwatch.core.ports import StreamInfo
    from maskwatch.sources.probe import ProbeResult

_SMALL_PX = 480
_LONG_KEYFRAME_S = 4.0
_CODEC_NAMES = {"h264": "H.264", "hevc": "H.265", "mjpeg": "Motion JPEG", "rawvideo": "uncompressed"}


def check_camera(
    url: Annotated[
        str, typer.Argument(help="The camera's address as in the settings; - reads it from standard input, unseen.")
    ],
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="A setting of the source, such as transport=udp.")
    ] = None,
    watch: Annotated[float, typer.Option(help="Seconds to watch it for.", min=0, max=60)] = 4.0,
    picture: Annotated[Path | None, typer.Option(help="Write its first picture here (.jpg, .png).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a screen.")] = False,
) -> None:
    """Try a camera's address: what it sends and whether it will work, or why not. Exit status 1 if it won't."""
    from maskwatch.sources.probe import probe  # noqa: PLC0415 - heavy
    from maskwatch.sources.registry import source_type  # noqa: PLC0415 - heavy

    address = sys.stdin.readline().strip() if url == "-" else url
    options = _options(option or [])
    if source_type(address) == "file":
        # To its end, unless asked otherwise: a clip shorter than the time to watch would come twice.
        options.setdefault("loop", False)
    console = Console(stderr=as_json)
    with console.status(f"Opening {redact_url(address)}"):
        result = probe(address, options, watch_s=watch)
    if picture is not None and result.picture is not None:
        _write(picture, result.picture)
    if as_json:
        print(json.dumps(_as_dict(address, result)))
    else:
        console.print(_screen(address, result))
    raise typer.Exit(0 if result.ok else 1)


def _options(given: list[str]) -> dict[str, Any]:
    options = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError("An option is given as name=value.", remedy="For example: --option transport=udp")
        options[name] = yaml_value(value, told=f"The value of the option {name}")
    return options


def _write(path: Path, image: Any) -> None:
    import cv2  # noqa: PLC0415 - heavy

    known = path.suffix.lower() in (".jpg", ".jpeg", ".png")
    if not known or not cv2.imwrite(str(path), image[..., ::-1]):
        raise ConfigError(f"The picture can't be written to {path}.", remedy="Name a .jpg or .png file that can be.")


def _as_dict(address: str, result: "ProbeResult") -> dict[str, Any]:
    info = result.info
    return {
        "url": redact_url(address),
        "ok": result.ok,
        "reason": result.reason,
        "message": result.message,
        "remedy": result.remedy,
        "codec": info and info.codec,
        "width": info and info.width,
        "height": info and info.height,
        "fps": info and info.fps,
        "measured_fps": result.measured_fps and round(result.measured_fps, 2),
        "transport": info and info.transport,
        "audio_codec": info and info.audio_codec,
        "b_frames": info and info.b_frames,
        "passthrough": info and info.passthrough,
        "first_frame_s": result.first_frame_s and round(result.first_frame_s, 3),
        "keyframe_interval_s": result.keyframe_interval_s and round(result.keyframe_interval_s, 3),
        "advice": _advice(result),
    }


def _screen(address: str, result: "ProbeResult") -> Panel:
    info = result.info
    if not result.ok or info is None:
        said = f"[bold red]✗ It does not work:[/] {escape(result.message)}"
        text = f"{said}\n\n{escape(result.remedy)}\n[dim]code: {result.reason}[/]"
        return Panel(text, title=escape(redact_url(address)), title_align="left", border_style="red")
    table = Table.grid(padding=(0, 2))
    for name, value in _facts(info, result):
        table.add_row(f"[dim]{name}[/]", value)
    for advice in _advice(result):
        table.add_row("[yellow]could be better[/]", advice)
    table.add_row("[bold green]✓ It works[/]", "Add it in the dashboard, or under `cameras:` in the settings.")
    return Panel(table, title=escape(redact_url(address)), title_align="left", border_style="green")


def _facts(info: "StreamInfo", result: "ProbeResult") -> list[tuple[str, str]]:
    fps = result.measured_fps or info.fps
    seen = f", a keyframe every {result.keyframe_interval_s:.1f} s" if result.keyframe_interval_s else ""
    live = "passed on to browsers as it is, without re-encoding"
    sound = f"{info.audio_codec}, not used" if info.audio_codec else "none"
    return [
        ("video", f"{_CODEC_NAMES.get(info.codec, info.codec)}{seen}"),
        ("picture", f"{info.width} x {info.height}" + (f", {fps:.3g} a second" if fps else "")),
        ("first picture", f"after {result.first_frame_s or 0:.2f} s"),
        ("comes by", (info.transport or "").upper() if info.transport in ("tcp", "udp") else info.transport or ""),
        ("sound", sound),
        ("live view", live if info.passthrough else "re-encoded for browsers while somebody watches"),
    ]


def _advice(result: "ProbeResult") -> list[str]:
    """What to change in the camera; the camera works without."""
    info = result.info
    if info is None:
        return []
    advice = []
    if info.codec == "h264" and info.b_frames:
        advice.append("Switch B-frames off in the camera (profile Baseline or Main): less delay, and no re-encoding.")
    elif not info.passthrough and info.transport in ("tcp", "udp"):
        advice.append("Set the camera to H.264 if it can: browsers then get it without re-encoding.")
    if (result.keyframe_interval_s or 0) > _LONG_KEYFRAME_S:
        advice.append("Set the keyframe interval to 1 or 2 s: the live view then appears sooner.")
    if info.height < _SMALL_PX:
        advice.append("Faces of people far away will be too small to judge: choose a larger picture, 1280 x 720 say.")
    return advice
