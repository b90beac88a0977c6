"""No more alerts a minute than somebody can look at, and one that says how many more there would have been."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from maskwatch.core.standing import StandingAlert
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason

_WINDOW_S = 60.0
_TELL_EVERY_S = 10.0
"""The summary says its new number this often while more are held back."""
_MOST_NAMED = 100
"""People that the summary names; the number goes on."""


@dataclass(frozen=True, slots=True)
class Limited:
    """What goes on, and the kind of each alert that was held back."""

    changes: list[AlertChange]
    held_back: tuple[AlertKind, ...] = ()


@dataclass(slots=True)
class _Burst:
    """Everything held back since the summary was raised."""

    first_s: float
    last_s: float
    told_s: float
    told: int = 1
    kinds: Counter[str] = field(default_factory=Counter)
    people: list[int] = field(default_factory=list)


class AlertLimit:
    """Lets at most `per_minute` alerts through in any minute (None: all of them).

    With the first that is held back it raises one alert of its own, keeps the number in it up to date, and closes it
    with the final number once a minute has passed in which nothing was held back.
    """

    def __init__(self, summary: StandingAlert, *, per_minute: int | None) -> None:
        self._summary = summary
        self._per_minute = per_minute
        self._raised_s: deque[float] = deque()
        self._held: set[str] = set()
        self._burst: _Burst | None = None

    def take_over(self, other: "AlertLimit") -> None:
        """Go on with what `other` let through and held back: the settings were changed."""
        self._summary.take_over(other._summary)  # noqa: SLF001
        self._raised_s, self._held, self._burst = other._raised_s, other._held, other._burst  # noqa: SLF001

    def step(self, t_s: float, changes: Sequence[AlertChange]) -> Limited:
        """What of `changes` goes on at `t_s`, with what there is to say of the rest."""
        while self._raised_s and t_s - self._raised_s[0] >= _WINDOW_S:
            self._raised_s.popleft()
        through: list[AlertChange] = []
        held: list[AlertChange] = []
        for change in changes:
            if change.action is AlertAction.RAISED:
                (through if self._has_room(t_s) else held).append(change)
            elif change.alert_id not in self._held:
                through.append(change)
            elif change.action is AlertAction.CLOSED:
                self._held.discard(change.alert_id)
        self._held |= {change.alert_id for change in held}
        return Limited(through + self._summed_up(t_s, held), tuple(change.kind for change in held))

    def holds(self, alert_id: str | None) -> bool:
        """Whether that alert is open and was held back."""
        return alert_id in self._held

    def close_all(self, t_s: float, reason: CloseReason) -> list[AlertChange]:
        """Say the final number: the camera is gone."""
        self._held.clear()
        burst, self._burst = self._burst, None
        return self._summary.close(t_s, reason, self._measured(burst) if burst else None)

    def _has_room(self, t_s: float) -> bool:
        if self._per_minute is not None and len(self._raised_s) >= self._per_minute:
            return False
        self._raised_s.append(t_s)
        return True

    def _summed_up(self, t_s: float, held: Sequence[AlertChange]) -> list[AlertChange]:
        burst = self._burst
        if held:
            burst = self._burst = burst or _Burst(t_s, t_s, t_s)
            burst.last_s = t_s
            burst.kinds.update(change.kind.value for change in held)
            burst.people += [change.track_id for change in held if change.track_id is not None]
            if not self._summary.is_open:
                burst.told = burst.kinds.total()
                return self._summary.raise_(t_s, self._measured(burst))
        if burst is None:
            return []
        if t_s - burst.last_s >= _WINDOW_S:
            self._burst = None
            return self._summary.close(t_s, CloseReason.RECOVERED, self._measured(burst))
        if burst.kinds.total() != burst.told and t_s - burst.told_s >= _TELL_EVERY_S:
            burst.told, burst.told_s = burst.kinds.total(), t_s
            return self._summary.tell(AlertAction.UPDATED, t_s, self._measured(burst))
        return []

    def _measured(self, burst: _Burst) -> dict[str, Any]:
        return {
            "held_back": burst.kinds.total(),
            "kinds": dict(burst.kinds),
            "people": burst.people[:_MOST_NAMED],
            "lasted_s": round(burst.last_s - burst.first_s, 3),
            "max_alerts_per_minute": self._per_minute,
        }
