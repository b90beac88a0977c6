"""`maskwatch users`: who may see the dashboard."""

import asyncio
import os
from typing import Annotated

import typer

from maskwatch.cli.options import ConfigOption, DataDirOption, settings_from
from maskwatch.errors import ConfigError

app = typer.Typer(help="Set, list or remove who may log in.", no_args_is_help=True)

_SHORTEST_PASSWORD = 8


@app.command("set-password")
def set_password(
    name: Annotated[str, typer.Argument(help="Name to log in with.")] = "admin",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Create a user, or change a user's password. It is asked for, or taken from MASKWATCH_PASSWORD."""
    from maskwatch.store.store import Store  # noqa: PLC0415

    password = os.environ.get("MASKWATCH_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    if len(password) < _SHORTEST_PASSWORD:
        raise ConfigError(
            f"The password is too short: {_SHORTEST_PASSWORD} characters at least.",
            remedy="A few words make a good one.",
        )
    settings = settings_from(config, data_dir)

    async def save() -> None:
        store = await Store.open(settings)
        try:
            await store.users.set_password(name, password)
        finally:
            await store.close()

    asyncio.run(save())
    typer.echo(f"The password of {name!r} is set.")
