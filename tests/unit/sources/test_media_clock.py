"""The clock of a stream whose own timestamps can't always be trusted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from maskwatch.sources.media_clock import MediaClock

STEP = 6000
FRAME_S = STEP / 90_000


def test_follows_timestamps_whatever_the_jitter_of_arrival() -> None:
    clock = MediaClock()
    jitter = (0.0, 0.03, -0.02, 0.05, 0.01)
    ticks = [clock.ticks(1000 + index * STEP, 10 + index * FRAME_S + shift) for index, shift in enumerate(jitter)]
    assert ticks == [0, STEP, 2 * STEP, 3 * STEP, 4 * STEP]


def test_bridges_a_first_timestamp_that_is_unknown_by_the_time_of_arrival() -> None:
    clock = MediaClock()
    ticks = [clock.ticks(None, 10.0), clock.ticks(5_999, 10.05), clock.ticks(11_999, 10.12)]
    assert ticks == [0, 4500, 10_500]


def test_a_jump_forwards_or_back_is_taken_as_the_time_that_passed() -> None:
    for jump in (-500_000, 3_000_000):
        clock = MediaClock()
        clock.ticks(0, 0.0)
        clock.ticks(STEP, FRAME_S)
        ticks = [clock.ticks(STEP * 2 + jump, 2 * FRAME_S), clock.ticks(STEP * 3 + jump, 3 * FRAME_S + 0.02)]
        assert ticks == [2 * STEP, 3 * STEP]


def test_a_burst_after_a_stall_makes_it_run_neither_ahead_nor_behind() -> None:
    clock, stall = MediaClock(), round(5 / FRAME_S)
    arrivals = [index * FRAME_S for index in range(6 * stall)]
    for begin in (stall, 3 * stall, 5 * stall - 1):  # what comes meanwhile comes at its end, at once
        for index in range(begin, begin + stall):
            arrivals[index] = arrivals[begin + stall] + (index - begin) * 0.001
    ticks = [clock.ticks(index * STEP, arrival_s) for index, arrival_s in enumerate(arrivals)]
    assert ticks == [index * STEP for index in range(6 * stall)]


def test_a_pause_that_the_timestamps_do_not_count_is_made_good_in_steps_once_nothing_catches_up() -> None:
    clock = MediaClock()
    for index in range(3):
        clock.ticks(index * STEP, index * FRAME_S)
    ticks = [clock.ticks(index * STEP, 5 + index * FRAME_S) for index in range(3, 8)]
    behind = (450_000, 270_000, 90_000, 0, 0)
    assert ticks == [450_000 + index * STEP - late for index, late in zip(range(3, 8), behind, strict=True)]


def test_wraps_where_rtp_wraps() -> None:
    clock = MediaClock(start=2**32 - 10)
    assert clock.ticks(0, 0.0) == 2**32 - 10
    assert clock.ticks(STEP, FRAME_S) == STEP - 10


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-(2**40), 2**40), st.floats(0, 5, allow_nan=False)), min_size=2, max_size=30
    )
)
def test_always_moves_on_and_never_runs_far_from_the_wall(packets: list[tuple[int | None, float]]) -> None:
    clock = MediaClock()
    now_s, moments, ticks = 0.0, [], []
    for timestamp, passed_s in packets:
        now_s += passed_s
        moments.append(now_s)
        ticks.append(clock.ticks(timestamp, now_s))
    for (earlier, later), (before_s, after_s) in zip(pairwise(ticks), pairwise(moments), strict=True):
        step = (later - earlier) % 2**32
        assert 0 < step <= (after_s - before_s + 2) * 90_000 + 1
