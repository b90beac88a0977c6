"""`maskwatch config`: check the settings, and see which there are."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from maskwatch.cli.options import DataDirOption, settings_from
from maskwatch.config import MaskwatchSettings
from maskwatch.secrets import redact_url
from maskwatch.web.masking import masked

app = typer.Typer(help="Check a settings file, show what holds, print the schema.", no_args_is_help=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="Settings file (YAML).")]) -> None:
    """Say whether a settings file is valid, and where it is not."""
    settings = settings_from(file, None)
    from maskwatch.sources.registry import source_type  # noqa: PLC0415

    for camera in settings.cameras.values():
        source_type(camera.url.get_secret_value())
    typer.echo(f"{file} is valid: {len(settings.cameras)} camera(s).")


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="Settings file (YAML).")] = None, data_dir: DataDirOption = None
) -> None:
    """Print every setting that holds, defaults included and secrets left out."""
    settings = settings_from(file, data_dir)
    values = json.loads(settings.model_dump_json())
    for name, camera in settings.cameras.items():
        values["cameras"][name]["url"] = redact_url(camera.url.get_secret_value())
        values["cameras"][name]["options"] = masked(camera.options)
    values["live"]["ice_servers"] = [masked(server) for server in settings.live.ice_servers]
    typer.echo(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
def docs() -> None:
    """Print every setting with its type, default and meaning, as Markdown (docs/configuration.md is made with it)."""
    from maskwatch.config_docs import settings_as_markdown  # noqa: PLC0415

    typer.echo(settings_as_markdown(), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON schema of the settings, for editors that complete and check YAML."""
    typer.echo(json.dumps(MaskwatchSettings.model_json_schema(), indent=2))
