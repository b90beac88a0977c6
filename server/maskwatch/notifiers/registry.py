"""From a target's type and options to its notifier."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import maskwatch.notifiers
from maskwatch.core.notices import Notifier
from maskwatch.plugins import Plugin, build, discover


@cache
def notifier_plugins() -> Mapping[str, Plugin[Notifier]]:
    """Every kind of target, by type."""
    return discover(maskwatch.notifiers)


def create_notifier(kind: str, options: Mapping[str, Any], *, name: str, **dependencies: object) -> Notifier:
    """The notifier of a target. Each plug-in's `create` takes its config, `name` and what `dependencies` it names.

    Imports what the plug-in needs: call it in a thread. The notifier itself begins on the loop, with its first use.

    Raises:
        ConfigError: an option is unknown or broken.
        PluginError: there is no such type, or what it needs is not installed.
    """
    return build(notifier_plugins(), {**options, "type": kind}, name=name, **dependencies)
