"""Plug-ins by file: every module of a package that defines `PLUGIN` is one. No list to edit, no global to mutate.

A plug-in module holds its pydantic config, its class, and `PLUGIN`. Heavy imports stay inside the class's
constructor, so that finding plug-ins is cheap and an extra that is not installed harms nobody who does not use it.
"""

import builtins
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from maskwatch.errors import ConfigError, PluginError

Product = TypeVar("Product")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin(Generic[Product]):
    """One kind of source, detector, classifier or notifier.

    `type` is its name in the settings, `config` the model of its settings (with a `type: Literal[...]` field), `create`
    builds it from a valid config, `schemes` are the URL schemes it answers to (sources only), `extra` the optional
    dependency group it needs.
    """

    type: str
    config: builtins.type[BaseModel]
    create: Callable[..., Product]
    schemes: tuple[str, ...] = ()
    extra: str | None = None


def discover(package: ModuleType) -> dict[str, Plugin[Any]]:
    """Every `PLUGIN` among the modules of `package`, by its type."""
    found: dict[str, Plugin[Any]] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        plugin = getattr(module, "PLUGIN", None)
        if isinstance(plugin, Plugin):
            found[plugin.type] = plugin
    return found


def build(plugins: Mapping[str, Plugin[Product]], settings: Mapping[str, Any], **dependencies: object) -> Product:
    """Build the plug-in that `settings["type"]` names.

    Raises:
        PluginError: no plug-in has that type, or what it needs is not installed.
        ConfigError: its settings are unknown or broken.
    """
    wanted = settings.get("type")
    plugin = plugins.get(str(wanted))
    if plugin is None:
        known = ", ".join(sorted(plugins))
        raise PluginError(f"There is no plug-in of type {wanted!r}.", remedy=f"Choose one of: {known}.")
    config = _checked(plugin, settings)
    try:
        return plugin.create(config, **dependencies)
    except ImportError as error:
        install = f"pip install 'maskwatch[{plugin.extra}]'" if plugin.extra else f"pip install {error.name}"
        raise PluginError(
            f"{plugin.type!r} is configured, but the package {error.name!r} it needs is not installed.",
            remedy=f"Install it: {install}",
        ) from error


def _checked(plugin: Plugin[Any], settings: Mapping[str, Any]) -> BaseModel:
    try:
        return plugin.config.model_validate(dict(settings))
    except ValidationError as error:
        problem = first_problem(error)
    # Raised out here so that not even the context of the error holds what was put in: it may be a password.
    raise ConfigError(f"The settings of {plugin.type!r} are not valid: {problem}.")


def first_problem(error: ValidationError) -> str:
    """The first problem of a pydantic error as `field: what is wrong`, without the input (it may hold a secret)."""
    problem = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
