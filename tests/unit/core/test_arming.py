from datetime import UTC, datetime, timedelta

from maskwatch.core.arming import Arming, Disarm, PauseReason
from maskwatch.core.schedule import Schedule, Window

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OFFICE_HOURS = Schedule([Window(days=frozenset(range(7)), start=6 * 60, end=18 * 60)], UTC)
ALWAYS = Schedule([], UTC)


def disarm(minutes: int) -> Disarm:
    return Disarm(since_utc=NOON, until_utc=NOON + timedelta(minutes=minutes), by="anna")


def test_without_schedule_and_disarming_it_is_armed() -> None:
    assert Arming(ALWAYS).is_armed(NOON)
    assert Arming(ALWAYS).pause(NOON) is None


def test_disarming_says_who_and_until_when_and_ends_by_itself() -> None:
    arming = Arming(ALWAYS, disarm(30))
    pause = arming.pause(NOON)
    assert pause is not None
    assert (pause.reason, pause.until_utc) == (PauseReason.DISARMED, NOON + timedelta(minutes=30))
    assert pause.disarm is not None
    assert pause.disarm.by == "anna"
    assert not arming.is_armed(NOON + timedelta(minutes=29, seconds=59))
    assert arming.is_armed(NOON + timedelta(minutes=30))


def test_outside_of_its_schedule_it_says_when_it_opens() -> None:
    arming = Arming(OFFICE_HOURS)
    evening = NOON + timedelta(hours=8)
    pause = arming.pause(evening)
    assert pause is not None
    assert (pause.reason, pause.until_utc) == (PauseReason.SCHEDULE, NOON + timedelta(hours=18))
    assert not arming.is_armed(evening)


def test_disarmed_beyond_closing_time_lasts_until_it_opens_again() -> None:
    pause = Arming(OFFICE_HOURS, disarm(7 * 60)).pause(NOON)
    assert pause is not None
    assert (pause.reason, pause.until_utc) == (PauseReason.DISARMED, NOON + timedelta(hours=18))
