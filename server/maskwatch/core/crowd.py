"""When too few of the people in view wear a mask, for too long."""

from collections.abc import Sequence
from typing import Any

from maskwatch.core.standing import StandingAlert
from maskwatch.core.types import AlertChange, CloseReason, Track, TrackState

_BRIDGE_S = 5.0
"""Interruptions up to this long do not count: people step behind each other."""


class CrowdRule:
    """Raises one alert when compliance has been under `below` (0..1) for `for_s`, with `min_people` or more in view.

    People count who stand in the zones and of whom a state is believed; those the camera can't tell of, don't. The
    alert is closed once enough wear a mask (`recovered`), or too few people are left to say (`left`).
    """

    def __init__(self, alert: StandingAlert, *, below: float | None, for_s: float, min_people: int) -> None:
        self._alert = alert
        self._below = below
        self._for_s = for_s
        self._min_people = min_people
        self._low_since_s: float | None = None
        self._last_low_s = 0.0

    def take_over(self, other: "CrowdRule") -> None:
        """Go on with what `other` has seen: the settings were changed."""
        self._alert.take_over(other._alert)  # noqa: SLF001
        self._low_since_s, self._last_low_s = other._low_since_s, other._last_low_s  # noqa: SLF001

    def step(self, t_s: float, tracks: Sequence[Track], *, armed: bool) -> list[AlertChange]:
        """What changes with the look at `t_s`."""
        if self._below is None:
            self._low_since_s = None
            return self._alert.close(t_s, CloseReason.SETTINGS_CHANGED)
        states = [track.state for track in tracks if track.watched and track.state is not TrackState.UNKNOWN]
        compliant = states.count(TrackState.COMPLIANT)
        enough = len(states) >= self._min_people
        if enough and compliant < self._below * len(states):
            self._last_low_s = t_s
            if self._low_since_s is None:
                self._low_since_s = t_s
        elif self._low_since_s is None or t_s - self._last_low_s > _BRIDGE_S:
            self._low_since_s = None
            return self._alert.close(t_s, CloseReason.RECOVERED if enough else CloseReason.LEFT)
        if armed and self._last_low_s == t_s and t_s - self._low_since_s >= self._for_s - 1e-6:
            return self._alert.raise_(t_s, self._measured(t_s, self._low_since_s, compliant, len(states)))
        return []

    def close_all(self, t_s: float, reason: CloseReason) -> list[AlertChange]:
        """Close it: there is nothing to be seen any more."""
        self._low_since_s = None
        return self._alert.close(t_s, reason)

    def _measured(self, t_s: float, since_s: float, compliant: int, people: int) -> dict[str, Any]:
        return {
            "people": people,
            "compliant": compliant,
            "compliant_percent": round(100 * compliant / people, 1),
            "lasted_s": round(t_s - since_s, 3),
            "below_percent": round(100 * (self._below or 0), 1),
            "for_s": self._for_s,
            "min_people": self._min_people,
        }
