import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.sampler import Sampler


@pytest.mark.parametrize(("fps", "looks_per_s"), [(15, 5), (25, 5), (30, 7), (10, 10), (14.985, 5), (60, 2)])
def test_meets_the_rate_on_average_over_a_minute(fps: float, looks_per_s: float) -> None:
    sampler = Sampler(looks_per_s)
    taken = sum(sampler.wants(index / fps) for index in range(round(60 * fps)))
    assert taken == pytest.approx(60 * looks_per_s, abs=max(2, 0.02 * 60 * looks_per_s))


def test_a_camera_slower_than_the_rate_is_looked_at_every_time() -> None:
    sampler = Sampler(5)
    assert all(sampler.wants(index / 2) for index in range(20))


def test_a_gap_is_not_caught_up_on() -> None:
    sampler = Sampler(5)
    assert sampler.wants(0.0)
    assert sampler.wants(100.0)
    assert not sampler.wants(100.05)


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=200), st.floats(0.5, 20))
def test_never_looks_more_often_than_asked(gaps_s: list[float], looks_per_s: float) -> None:
    sampler, t_s, taken = Sampler(looks_per_s), 0.0, []
    for gap_s in gaps_s:
        t_s += gap_s
        if sampler.wants(t_s):
            taken.append(t_s)
    span_s = taken[-1] - taken[0]
    assert len(taken) <= span_s * looks_per_s + 2.2


def test_refuses_a_rate_of_nothing() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Sampler(0)


def test_a_look_that_is_expected_comes_beside_the_grid_and_does_not_move_it() -> None:
    sampler = Sampler(2)
    sampler.wants(0.0)
    sampler.expect(0.31)
    taken = [index / 15 for index in range(1, 16) if sampler.wants(index / 15)]
    assert taken == [5 / 15, 7 / 15, 15 / 15]


def test_a_look_that_is_no_longer_expected_does_not_come() -> None:
    sampler = Sampler(2)
    sampler.wants(0.0)
    sampler.expect(0.2)
    sampler.expect(None)
    assert not sampler.wants(0.3)
