"""`maskwatch serve`: the service."""

import asyncio
import sys
from typing import Annotated

import typer

from maskwatch.cli.options import ConfigOption, DataDirOption, settings_from

_SWITCH_S = 0.0005
"""How long a thread may keep Python's interpreter from others that wait for it: a tenth of the default, because those
that decode and look need it often and for a moment only."""


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
    sys.setswitchinterval(_SWITCH_S)
    asyncio.run(run(settings))
