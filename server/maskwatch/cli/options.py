"""Options that several commands share, and the settings they lead to."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from maskwatch.config import MaskwatchSettings, load_settings
from maskwatch.errors import ConfigError

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings file (YAML). Without one, the defaults hold.")
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of database, pictures and keys [env: MASKWATCH_DATA_DIR].", metavar="DIR"),
]


def settings_from(
    config: Path | None, data_dir: Path | None, server: dict[str, Any] | None = None
) -> MaskwatchSettings:
    """The settings of `config`, with what the command line overrides.

    Raises:
        ConfigError: a setting is unknown or broken, or the file can't be read.
    """
    overrides: dict[str, Any] = {}
    if data_dir is not None:
        overrides["data_dir"] = data_dir
    settings = load_settings(config, overrides)
    given = {key: value for key, value in (server or {}).items() if value is not None}
    if given:
        overrides["server"] = {**settings.server.model_dump(), **given}
        settings = load_settings(config, overrides)
    return settings


def yaml_value(text: str, *, told: str) -> Any:
    """A value given on the command line, which is written as in the settings file.

    Raises:
        ConfigError: it is not valid YAML; `told` begins the message.
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"{told} is not valid YAML.", remedy="Write it as in the settings file.") from None
