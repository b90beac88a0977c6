"""Settings of who is told of alerts."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Secret

from maskwatch.config_base import Settings
from maskwatch.core.types import AlertKind, Severity

_NOTIFIER_NAME = re.compile(r"[a-z0-9_-]{1,63}")
RESERVED_NOTIFIER_NAMES = frozenset({"test", "types", "push-key"})


def check_notifier_name(name: str) -> str:
    """Return `name` if a notifier may have it.

    Raises:
        ValueError: it is reserved, or not 1 to 63 characters of a-z, 0-9, _ and -.
    """
    if not _NOTIFIER_NAME.fullmatch(name) or name in RESERVED_NOTIFIER_NAMES:
        msg = "a notifier's name is 1 to 63 characters out of a-z, 0-9, _ and - (and not test, types or push-key)"
        raise ValueError(msg)
    return name


NotifierName = Annotated[str, AfterValidator(check_notifier_name)]


class NotifierFilter(Settings):
    """Which events of which alerts a notifier is told."""

    cameras: tuple[str, ...] = ()
    """Only alerts of these cameras; of all when empty."""
    kinds: tuple[AlertKind, ...] = ()
    """Only alerts of these kinds; of all when empty."""
    actions: tuple[str, ...] = ("raised", "escalated", "closed")
    """What must happen to an alert: raised, escalated, reminded, updated, closed, acknowledged, snoozed, woken, marked,
    unmarked, clip, erased."""
    min_severity: Severity = Severity.INFO
    """Only alerts that matter this much or more."""
    with_pictures: bool = True
    """Whether the alert's pictures go along, where the target takes pictures."""


class NotifierSettings(NotifierFilter):
    """One target that is told of alerts."""

    name: NotifierName
    """Its name, of your choice: a-z, 0-9, _ and -."""
    type: str
    """Kind of target: `webhook`, `mqtt`, `email`, `apprise`."""
    enabled: bool = True
    """A disabled (paused) notifier is kept, and told nothing."""
    options: Secret[dict[str, Any]] = Secret({})
    """The settings of its type; see docs/notifications.md."""
