"""Notifiers and deliveries as the rest of the house sees them: plain values, detached from the database."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maskwatch.config_notifiers import NotifierFilter
from maskwatch.core.types import Severity
from maskwatch.store.records import AlertEvent

_KEYS = uuid.UUID("6d61736b-7761-7463-8068-64656c697665")
"""The name space of all idempotency keys."""
_SEVERITIES = tuple(Severity)
"""From the least to the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotifier:
    """A target that was added in the dashboard. Its options are in clear here and encrypted in the database."""

    name: str
    type: str
    options: Mapping[str, Any] = field(repr=False)
    filter: NotifierFilter = field(default_factory=NotifierFilter)
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The next event that a target is to be told. `waited_s` counts only while the server ran."""

    target: str
    event_id: int
    action: str
    at: datetime
    alert: Mapping[str, Any]
    attempts: int
    waited_s: float

    @property
    def alert_id(self) -> str:
        """The alert it is about."""
        return str(self.alert["id"])

    @property
    def key(self) -> str:
        """The same for every try at this event and this target, on any machine, and for nothing else."""
        return str(uuid.uuid5(_KEYS, f"{self.alert_id}/{self.event_id}/{self.target}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that a target was not told, and why."""

    event_id: int
    action: str
    at: datetime
    alert_id: str
    camera: str
    kind: str
    attempts: int
    dead_at: datetime
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """How a target is doing. `error` is what went wrong since something was delivered last."""

    waiting: int = 0
    oldest_waiting_s: float = 0.0
    dead: int = 0
    delivered: int = 0
    success_at: datetime | None = None
    failure_at: datetime | None = None
    error: str | None = None


def wants(wanted: NotifierFilter, event: AlertEvent) -> bool:
    """Whether a target with that filter is to be told of `event`."""
    alert = event.alert
    return (
        event.action.value in wanted.actions
        and (not wanted.cameras or alert.camera in wanted.cameras)
        and (not wanted.kinds or alert.kind in wanted.kinds)
        and _SEVERITIES.index(alert.severity) >= _SEVERITIES.index(wanted.min_severity)
    )
