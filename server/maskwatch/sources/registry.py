"""From a camera's address to its source: the scheme chooses the plug-in, nothing else has to know it."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import maskwatch.sources
from maskwatch.config import split_options
from maskwatch.core.ports import FrameSource
from maskwatch.errors import ConfigError
from maskwatch.plugins import Plugin, build, discover

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)


@cache
def source_plugins() -> Mapping[str, Plugin[FrameSource]]:
    """Every kind of source, by type."""
    return discover(maskwatch.sources)


def source_type(url: str) -> str:
    """The type of source that answers to `url`; a plain path is a file.

    Raises:
        ConfigError: no source knows the scheme.
    """
    match = _SCHEME.match(url)
    scheme = match.group(1).lower() if match else "file"
    for plugin in source_plugins().values():
        if scheme in plugin.schemes:
            return plugin.type
    known = ", ".join(sorted(f"{scheme}:" for plugin in source_plugins().values() for scheme in plugin.schemes))
    raise ConfigError(f"No kind of camera has addresses that begin with '{scheme}:'.", remedy=f"Known are: {known}.")


def create_source(url: str, options: Mapping[str, Any], *, camera: str, **dependencies: object) -> FrameSource:
    """The source for `url`. Each plug-in's `create` takes its config, `camera` and whatever `dependencies` it names.

    Raises:
        ConfigError: the scheme or an option is unknown or broken.
        PluginError: what the source needs is not installed.
    """
    settings = {**split_options(options)[1], "type": source_type(url), "url": url}
    return build(source_plugins(), settings, camera=camera, **dependencies)
