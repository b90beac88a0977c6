"""`maskwatch serve`: the service."""

import asyncio
from typing import Annotated

import typer

from maskwatch.cli.options import ConfigOption, DataDirOption, settings_from


def serve(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; others than loopback need a password.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; 0 lets the system choose.")] = None,
) -> None:
    """Watch the cameras and serve the dashboard, the API and the metrics."""
    from maskwatch.app import run  # noqa: PLC0415

    settings = settings_from(config, data_dir, {"host": host, "port": port})
    asyncio.run(run(settings))
