"""The command line: one small file a command. Heavy imports stay inside the commands, so that help is instant."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from maskwatch import __version__
from maskwatch.cli import config as config_commands
from maskwatch.cli import models as models_commands
from maskwatch.cli import train as train_commands
from maskwatch.cli import users as users_commands
from maskwatch.cli.bench import bench
from maskwatch.cli.check_camera import check_camera
from maskwatch.cli.demo import demo
from maskwatch.cli.detect import detect
from maskwatch.cli.evaluate import evaluate
from maskwatch.cli.replay import replay
from maskwatch.cli.serve import serve
from maskwatch.errors import MaskwatchError

app = typer.Typer(
    name="maskwatch",
    help="Watches camera streams for people without a face mask.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve)
app.command()(demo)
app.command()(detect)
app.command("check-camera")(check_camera)
app.command()(replay)
app.command()(bench)
app.command()(evaluate)
app.add_typer(train_commands.app, name="train")
app.add_typer(models_commands.app, name="models")
app.add_typer(config_commands.app, name="config")
app.add_typer(users_commands.app, name="users")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"maskwatch {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Watches camera streams for people without a face mask."""


def main() -> None:
    """Run the command line. An error of ours is one sentence on stderr and exit status 1, never a traceback."""
    try:
        app()
    except MaskwatchError as error:
        console = Console(stderr=True)
        # A path or an extra such as [openvino] is no markup.
        console.print(f"[bold red]Error:[/] {escape(error.message)}", soft_wrap=True, highlight=False)
        if error.remedy:
            console.print(escape(error.remedy), soft_wrap=True, highlight=False)
        sys.exit(1)
