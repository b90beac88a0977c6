"""`maskwatch demo`: the whole service with a camera that needs no camera."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from maskwatch.cli.options import DataDirOption, settings_from
from maskwatch.config import CameraSettings, MaskwatchSettings

DEMO_CAMERA = "demo"


def demo(
    data_dir: DataDirOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; others than loopback need a password.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; 0 lets the system choose.")] = None,
) -> None:
    """Start the service with a demo camera: two people who put masks on and take them off."""
    from maskwatch.app import run  # noqa: PLC0415
    from maskwatch.demo import make_demo_clip  # noqa: PLC0415

    settings = settings_from(None, data_dir, {"host": host, "port": port})
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Making the demo camera's video", total=1.0)
        clip = make_demo_clip(settings.data_dir / "demo", lambda share: progress.update(task, completed=share))
    asyncio.run(run(with_demo_camera(settings, clip), next_steps=_NEXT_STEPS))


def with_demo_camera(settings: MaskwatchSettings, clip: Path) -> MaskwatchSettings:
    """`settings` with a camera that plays `clip` for ever."""
    camera = CameraSettings.model_validate({"url": str(clip), "options": {"loop": True}})
    return settings.model_copy(update={"cameras": {**settings.cameras, DEMO_CAMERA: camera}})


_NEXT_STEPS = (
    "Open the address above: within half a minute somebody without a mask raises an alert, and it closes again.",
    "Your own camera: press 'Add a camera' on the page, or try its address first: maskwatch check-camera rtsp://…",
    "For good: write maskwatch.yaml (docs/configuration.md) and run: maskwatch serve --config maskwatch.yaml",
)
