"""Options of a camera without what may be a secret in them, and such options put together with the kept ones again."""

import re
from collections.abc import Mapping
from typing import Any

from maskwatch.secrets import redact_text

MASK = "***"
_SECRET_NAME = re.compile(r"(?i)pass|pwd|token|secret|key|auth|user|credential|cookie")


def masked(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` as they may be shown: values under secret-looking names are masked, addresses redacted."""
    return {name: _masked(name, value) for name, value in options.items()}


def unmasked(options: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """`options` as a client sent them, with each masked value replaced by the one that is kept under its name."""
    return {
        name: kept[name]
        if name in kept and value in (MASK, _masked(name, kept[name]))
        else unmasked(value, kept[name])
        if isinstance(value, Mapping) and isinstance(kept.get(name), Mapping)
        else value
        for name, value in options.items()
    }


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list | tuple):
        return [_masked("", item) for item in value]
    return redact_text(value) if isinstance(value, str) else value
