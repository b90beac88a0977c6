"""When a camera that should send pictures has sent none for too long."""

from collections.abc import Mapping
from typing import Any

from maskwatch.core.standing import StandingAlert
from maskwatch.core.types import AlertAction, AlertChange, CloseReason


class OutageRule:
    """Raises one alert when a camera has been away for `offline_after_s` (None: never), reminds of it once after
    `offline_reminder_s` more (None: never), and closes it when the camera is back."""

    def __init__(
        self, alert: StandingAlert, *, offline_after_s: float | None, offline_reminder_s: float | None
    ) -> None:
        self._alert = alert
        self._after_s = offline_after_s
        self._reminder_s = offline_reminder_s
        self._raised_s: float | None = None
        self._reminded = False

    def take_over(self, other: "OutageRule") -> None:
        """Go on with what `other` has open: the settings were changed."""
        self._alert.take_over(other._alert)  # noqa: SLF001
        self._raised_s, self._reminded = other._raised_s, other._reminded  # noqa: SLF001

    def step(
        self, t_s: float, away_since_s: float | None, *, armed: bool, facts: Mapping[str, Any]
    ) -> list[AlertChange]:
        """What changes at `t_s`; `away_since_s` is None while pictures come, `facts` says what is known of why not."""
        if away_since_s is None:
            return self._close(t_s, CloseReason.RECOVERED)
        if self._after_s is None:
            return self._close(t_s, CloseReason.SETTINGS_CHANGED)
        measured = {
            **facts,
            "away_s": round(t_s - away_since_s, 1),
            "offline_after_s": self._after_s,
            "offline_reminder_s": self._reminder_s,
        }
        if self._raised_s is None:
            if not armed or t_s - away_since_s < self._after_s:
                return []
            self._raised_s, self._reminded = t_s, False
            return self._alert.raise_(t_s, measured)
        if self._reminder_s is None or self._reminded or t_s - self._raised_s < self._reminder_s or not armed:
            return []
        self._reminded = True
        return self._alert.tell(AlertAction.REMINDED, t_s, measured)

    def close_all(self, t_s: float, reason: CloseReason) -> list[AlertChange]:
        """Close it: nobody expects pictures of this camera any more."""
        return self._close(t_s, reason)

    def _close(self, t_s: float, reason: CloseReason) -> list[AlertChange]:
        self._raised_s = None
        return self._alert.close(t_s, reason)
