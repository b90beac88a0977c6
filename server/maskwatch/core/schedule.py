"""When alerts may be raised: windows of the week on the clock of the camera's own time zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

DAY_MINUTES = 24 * 60
_DAYS_AHEAD = 16
"""Whatever a week's windows do, they do within two weeks: a time zone may leave out the one day that matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Open on some weekdays (0 is Monday) from `start` until just before `end`, in minutes since midnight.

    An `end` at or before the `start` lies on the next day. `end` may be `DAY_MINUTES`.
    """

    days: frozenset[int]
    start: int
    end: int


class Schedule:
    """Windows of the week in one time zone. Without any, it is always open.

    It goes by the clock on the wall: a window from 6:00 opens at 6:00 in summer and in winter. An hour that the clocks
    skip is not there; one that they repeat counts both times.
    """

    def __init__(self, windows: Sequence[Window], zone: tzinfo) -> None:
        self._windows = tuple(windows)
        self._zone = zone

    def is_open(self, at: datetime) -> bool:
        """Whether alerts may be raised at the aware time `at`."""
        if not self._windows:
            return True
        local = at.astimezone(self._zone)
        minute = local.hour * 60 + local.minute + (local.second + local.microsecond / 1e6) / 60
        today = local.weekday()
        return any(_holds(window, today, minute) for window in self._windows)

    def next_change(self, at: datetime) -> datetime | None:
        """When it next opens or closes after `at`, in UTC; None if it never does."""
        if not self._windows:
            return None
        now_open = self.is_open(at)
        first = at.astimezone(self._zone).date() - timedelta(days=1)
        for ahead in range(_DAYS_AHEAD):
            for moment in sorted(self._moments(first + timedelta(days=ahead))):
                if moment > at and self.is_open(moment) != now_open:
                    return moment
        return None

    def next_open(self, at: datetime) -> datetime | None:
        """`at` itself where it is open then, or when it next opens; None if it never does."""
        return at.astimezone(UTC) if self.is_open(at) else self.next_change(at)

    def _moments(self, day: date) -> Iterable[datetime]:
        """Every moment on `day` and the morning after at which it may open or close."""
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a clock on the wall
        for window in self._windows:
            if day.weekday() in window.days:
                end = window.end if window.end > window.start else window.end + DAY_MINUTES
                for minutes in (window.start, end, DAY_MINUTES):
                    yield from self._instants(midnight + timedelta(minutes=minutes))

    def _instants(self, wall: datetime) -> Iterable[datetime]:
        """When the wall clock shows `wall`: once; twice where it is set back; or the moment it jumps over it."""
        instants = sorted(wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        yield from instants
        for early, late in pairwise(instants):
            if early != late:
                yield self._transition(early, late)

    def _transition(self, early: datetime, late: datetime) -> datetime:
        """The moment between `early` and `late` at which the clocks are set, to the second."""
        low, high = int(early.timestamp()) - 1, int(late.timestamp()) + 1
        before = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return datetime.fromtimestamp(high, UTC)

    def _offset(self, timestamp: int) -> timedelta | None:
        return datetime.fromtimestamp(timestamp, UTC).astimezone(self._zone).utcoffset()


def _holds(window: Window, weekday: int, minute: float) -> bool:
    if window.end > window.start:
        return weekday in window.days and window.start <= minute < window.end
    return (weekday in window.days and minute >= window.start) or (
        (weekday - 1) % 7 in window.days and minute < window.end
    )
