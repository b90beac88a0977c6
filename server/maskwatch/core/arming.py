"""Whether a camera may raise alerts now: its schedule, and whether somebody disarmed it for a while."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from maskwatch.core.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarm:
    """Somebody (`by`, if known) switched the alerts of a camera off at `since_utc`, until `until_utc`."""

    since_utc: datetime
    until_utc: datetime
    by: str | None = None


class PauseReason(StrEnum):
    """Why no alerts are raised."""

    DISARMED = "disarmed"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """No alerts are raised, and until when; `until_utc` is None if that has no end."""

    reason: PauseReason
    until_utc: datetime | None
    disarm: Disarm | None = None


class Arming:
    """The schedule and the disarming of one camera together."""

    def __init__(self, schedule: Schedule, disarm: Disarm | None = None) -> None:
        self._schedule = schedule
        self._disarm = disarm

    def is_armed(self, at: datetime) -> bool:
        """Whether alerts may be raised at `at`."""
        return not self._is_disarmed(at) and self._schedule.is_open(at)

    def pause(self, at: datetime) -> Pause | None:
        """Why none may be raised at `at` and until when; None while they may."""
        disarm = self._disarm
        if disarm is not None and self._is_disarmed(at):
            until = self._schedule.next_open(disarm.until_utc.astimezone(UTC))
            return Pause(reason=PauseReason.DISARMED, until_utc=until, disarm=disarm)
        if not self._schedule.is_open(at):
            return Pause(reason=PauseReason.SCHEDULE, until_utc=self._schedule.next_change(at))
        return None

    def _is_disarmed(self, at: datetime) -> bool:
        return self._disarm is not None and at < self._disarm.until_utc
