"""A target's options without what is secret in them."""

from typing import Any

from pydantic import SecretStr, ValidationError

from maskwatch.notifiers.registry import notifier_plugins
from maskwatch.store.delivery_records import StoredNotifier
from maskwatch.web.masking import MASK, masked


def masked_options(notifier: StoredNotifier) -> dict[str, Any]:
    """The options that were given, as they may be shown: whatever its type holds as a secret is masked."""
    plugin = notifier_plugins().get(notifier.type)
    try:
        config = plugin.config.model_validate({**notifier.options, "type": notifier.type}) if plugin else None
    except ValidationError:
        config = None
    if config is None:
        return masked(dict.fromkeys(notifier.options, MASK))
    return {name: _masked(getattr(config, name)) for name in notifier.options if hasattr(config, name)}


def _masked(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, dict):
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_masked(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
