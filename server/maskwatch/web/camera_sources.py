"""What kind of source a camera's address asks for, and whether it could be built."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from maskwatch.config import split_options
from maskwatch.errors import ConfigError
from maskwatch.plugins import first_problem
from maskwatch.sources.registry import source_plugins, source_type

PHONE = "webrtc"
"""Type of source of a phone or browser."""


def check_source(url: str, options: Mapping[str, Any]) -> str:
    """Check a camera's address and options; the type of its source.

    Raises:
        ConfigError: no source knows the address, or its settings are not valid. The address is not repeated.
    """
    kind = source_type(url)
    try:
        _, own = split_options(options)
        source_plugins()[kind].config.model_validate({**own, "type": kind, "url": url})
    except ValidationError as error:
        raise ConfigError(
            f"The camera's settings are not valid: {first_problem(error)}.", code="camera_invalid"
        ) from None
    return kind


def source_or_unknown(url: str) -> str:
    """The type of source that answers to a kept address; "unknown" if none does any more (its status says so)."""
    try:
        return source_type(url)
    except ConfigError:
        return "unknown"
