"""`maskwatch users`: who may see the dashboard."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from maskwatch.cli.options import ConfigOption, DataDirOption, settings_from

if TYPE_CHECKING:
    from maskwatch.config import MaskwatchSettings
    from maskwatch.store.accounts import Users

T = TypeVar("T")

app = typer.Typer(help="Set, list or remove who may log in.", no_args_is_help=True)


@app.command("set-password")
def set_password(
    name: Annotated[str, typer.Argument(help="Name to log in with.")] = "admin",
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Create a user, or change a user's password. It is asked for, or taken from MASKWATCH_PASSWORD."""
    password = os.environ.get("MASKWATCH_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    asyncio.run(_with_users(settings_from(config, data_dir), lambda users: users.set_password(name, password)))
    typer.echo(f"The password of {name!r} is set.")


@app.command("list")
def list_all(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Say who may log in."""
    names = asyncio.run(_with_users(settings_from(config, data_dir), lambda users: users.names()))
    typer.echo("\n".join(names) if names else "Nobody: no password is set, and only this machine is let in.")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Who may no longer log in.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let somebody log in no more, and log them out everywhere."""
    asyncio.run(_with_users(settings_from(config, data_dir), lambda users: users.remove(name)))
    typer.echo(f"{name!r} may no longer log in.")


async def _with_users(settings: "MaskwatchSettings", act: "Callable[[Users], Awaitable[T]]") -> T:
    from maskwatch.store.store import Store  # noqa: PLC0415

    store = await Store.open(settings, beside=True)
    try:
        return await act(store.users)
    finally:
        await store.close()
