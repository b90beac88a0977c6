"""An alert about a camera or a crowd, not about a person: raised when something has lasted, closed when it is over."""

from collections.abc import Callable, Mapping
from typing import Any

from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason, MeasuredEvidence

NewId = Callable[[], str]
Facts = Mapping[str, Any]


class StandingAlert:
    """At most one open alert of one kind. What was measured and the thresholds go into its evidence."""

    def __init__(self, *, camera: str, kind: AlertKind, new_id: NewId, settings: Facts | None = None) -> None:
        self.camera = camera
        self.kind = kind
        self._new_id = new_id
        self._settings = dict(settings or {})
        self._id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is raised and not closed."""
        return self._id is not None

    def take_over(self, other: "StandingAlert") -> None:
        """Go on with what `other` has open: the settings were changed."""
        self._id = other._id  # noqa: SLF001

    def raise_(self, t_s: float, measured: Facts) -> list[AlertChange]:
        """Raise it, unless it is open."""
        if self._id is not None:
            return []
        self._id = self._new_id()
        return [self._change(AlertAction.RAISED, self._id, t_s, measured)]

    def tell(self, action: AlertAction, t_s: float, measured: Facts) -> list[AlertChange]:
        """Say more about it (updated, or a reminder), if it is open."""
        return [self._change(action, self._id, t_s, measured)] if self._id is not None else []

    def close(self, t_s: float, reason: CloseReason, measured: Facts | None = None) -> list[AlertChange]:
        """Close it, if it is open; `measured` is its last word."""
        if self._id is None:
            return []
        change = self._change(AlertAction.CLOSED, self._id, t_s, measured, reason)
        self._id = None
        return [change]

    def _change(
        self, action: AlertAction, alert_id: str, t_s: float, measured: Facts | None, reason: CloseReason | None = None
    ) -> AlertChange:
        return AlertChange(
            action=action,
            alert_id=alert_id,
            camera=self.camera,
            track_id=None,
            kind=self.kind,
            at_s=t_s,
            reason=reason,
            measured=MeasuredEvidence(values=measured, settings=self._settings) if measured is not None else None,
        )
