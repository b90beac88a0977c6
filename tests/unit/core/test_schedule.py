from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.schedule import DAY_MINUTES, Schedule, Window

BERLIN = ZoneInfo("Europe/Berlin")  # clocks forward on 2026-03-29 at 2:00, back on 2026-10-25 at 3:00
JAKARTA = ZoneInfo("Asia/Jakarta")
WEEKDAYS = frozenset(range(5))
DAILY = frozenset(range(7))


def hours(start: float, end: float, days: frozenset[int] = DAILY) -> Window:
    return Window(days=days, start=int(start * 60), end=int(end * 60))


def wall(zone: ZoneInfo, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=zone, fold=fold)  # type: ignore[misc,arg-type]


def test_without_windows_it_is_always_open() -> None:
    schedule = Schedule([], BERLIN)
    assert schedule.is_open(datetime(2026, 1, 1, tzinfo=UTC))
    assert schedule.next_change(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_window_opens_and_closes_on_the_camera_s_clock() -> None:
    schedule = Schedule([hours(6, 18, WEEKDAYS)], JAKARTA)
    monday = wall(JAKARTA, 2026, 11, 23, 6, 0)
    assert not schedule.is_open(monday - timedelta(seconds=1))
    assert schedule.is_open(monday)
    assert not schedule.is_open(monday + timedelta(hours=12))
    assert schedule.next_open(monday - timedelta(hours=3)) == monday
    assert schedule.next_change(monday) == monday + timedelta(hours=12)


def test_after_friday_comes_monday() -> None:
    schedule = Schedule([hours(6, 18, WEEKDAYS)], JAKARTA)
    friday_night = wall(JAKARTA, 2026, 11, 27, 20, 0)
    assert schedule.next_open(friday_night) == wall(JAKARTA, 2026, 11, 30, 6, 0)


def test_a_window_over_midnight_belongs_to_the_day_it_opens_on() -> None:
    friday = Schedule([hours(22, 6, frozenset({4}))], JAKARTA)
    assert friday.is_open(wall(JAKARTA, 2026, 11, 27, 23, 0))
    assert friday.is_open(wall(JAKARTA, 2026, 11, 28, 5, 59))
    assert not friday.is_open(wall(JAKARTA, 2026, 11, 27, 3, 0))
    assert not friday.is_open(wall(JAKARTA, 2026, 11, 28, 6, 0))
    assert friday.next_change(wall(JAKARTA, 2026, 11, 27, 23, 0)) == wall(JAKARTA, 2026, 11, 28, 6, 0)


def test_windows_that_meet_are_one() -> None:
    schedule = Schedule([hours(0, 24, WEEKDAYS), hours(0, 24, frozenset({5, 6}))], BERLIN)
    assert schedule.next_change(datetime(2026, 5, 5, tzinfo=UTC)) is None


def test_six_o_clock_stays_six_o_clock_over_both_changes_of_the_clocks() -> None:
    schedule = Schedule([hours(6, 7)], BERLIN)
    assert schedule.next_open(wall(BERLIN, 2026, 3, 28, 12, 0)) == datetime(2026, 3, 29, 4, 0, tzinfo=UTC)
    assert schedule.next_open(wall(BERLIN, 2026, 3, 27, 12, 0)) == datetime(2026, 3, 28, 5, 0, tzinfo=UTC)
    assert schedule.next_open(wall(BERLIN, 2026, 10, 24, 12, 0)) == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_is_not_there() -> None:
    schedule = Schedule([hours(2.25, 2.75)], BERLIN)
    before = wall(BERLIN, 2026, 3, 29, 1, 0)
    assert schedule.next_open(before) == wall(BERLIN, 2026, 3, 30, 2, 15)


def test_a_window_that_begins_in_the_skipped_hour_opens_as_the_clocks_jump() -> None:
    schedule = Schedule([hours(2.5, 5)], BERLIN)
    assert schedule.next_open(wall(BERLIN, 2026, 3, 29, 1, 0)) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_counts_both_times() -> None:
    schedule = Schedule([hours(2, 2.5)], BERLIN)
    first = schedule.next_open(wall(BERLIN, 2026, 10, 25, 0, 0))
    assert first == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    closes = schedule.next_change(first)
    assert closes == first + timedelta(minutes=30)
    assert schedule.next_open(closes) == first + timedelta(hours=1)


def test_a_day_that_a_zone_leaves_out_is_left_out() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from Thursday, 29 December 2011 to Saturday
    fridays = Schedule([hours(8, 9, frozenset({4}))], apia)
    assert fridays.next_open(wall(apia, 2011, 12, 29, 12, 0)) == wall(apia, 2012, 1, 6, 8, 0)


ZONES = st.sampled_from([
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Jakarta", "Australia/Lord_Howe", "Africa/Casablanca",
    "Asia/Kathmandu", "Pacific/Apia", "America/Santiago",
])  # fmt: skip
WINDOWS = st.builds(
    Window,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.integers(0, DAY_MINUTES // 15 - 1).map(lambda quarter: quarter * 15),
    end=st.integers(0, DAY_MINUTES // 15).map(lambda quarter: quarter * 15),
).filter(lambda window: window.start != window.end)
# Days before clocks are set somewhere, one before a day that Samoa left out, and others.
DAYS = st.sampled_from(["2026-03-28", "2026-10-24", "2026-04-04", "2026-03-07", "2011-12-28"]) | st.dates().map(str)
STARTS = st.builds(
    lambda day, minutes: datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(minutes=minutes),
    DAYS.filter(lambda day: "1950" < day < "2050"),
    st.integers(0, 2 * DAY_MINUTES),
)


def _on_the_clock(windows: list[Window], at: datetime, zone: ZoneInfo) -> bool:
    """What a person with a watch would say."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    for window in windows:
        until = window.end if window.end > window.start else DAY_MINUTES
        if local.weekday() in window.days and window.start <= minute < until:
            return True
        if window.end <= window.start and (local.weekday() - 1) % 7 in window.days and minute < window.end:
            return True
    return False


@given(st.lists(WINDOWS, min_size=1, max_size=3), ZONES, STARTS)
def test_the_next_change_is_the_first_minute_at_which_the_clock_says_something_else(
    windows: list[Window], name: str, start: datetime
) -> None:
    zone = ZoneInfo(name)
    schedule = Schedule(windows, zone)
    change = schedule.next_change(start)
    now_open = schedule.is_open(start)
    assert now_open == _on_the_clock(windows, start, zone)
    # Look at every five minutes of the next two days, where the changes of the clocks are.
    for ahead in range(0, 2 * DAY_MINUTES, 5):
        moment = start - timedelta(minutes=start.minute % 5) + timedelta(minutes=ahead)
        if moment < start:
            continue
        if change is not None and moment >= change:
            assert _on_the_clock(windows, change, zone) != now_open
            break
        assert _on_the_clock(windows, moment, zone) == now_open, moment
    if change is not None:
        assert change > start
        assert schedule.is_open(change) != now_open
        assert schedule.is_open(change - timedelta(seconds=1)) == now_open


@pytest.mark.parametrize("end", [0, 7 * 60, DAY_MINUTES])
def test_a_window_of_one_day_a_week_is_found(end: int) -> None:
    schedule = Schedule([Window(days=frozenset({2}), start=6 * 60, end=end)], BERLIN)
    assert schedule.next_change(wall(BERLIN, 2026, 5, 14, 12, 0)) is not None
