"""The figure behind "one person, one alert": of 200 people crossing, how many are alerted exactly as they should be."""

from tests.bench.crossings import STORIES
from tests.bench.people import RATES, as_markdown, run


def test_of_200_people_99_in_100_are_alerted_exactly_right_and_none_twice() -> None:
    outcomes = run(200, seed=5)
    assert len(outcomes) == 200
    assert {each.looks_per_s for each in outcomes} == set(RATES)
    assert {each.walker.story for each in outcomes} == set(STORIES)
    assert sum(each.is_right for each in outcomes) >= 198, as_markdown(outcomes)
    assert not any(each.is_double for each in outcomes), as_markdown(outcomes)


def test_the_figure_can_fail() -> None:
    """People who would raise an alert each look like none where the dwell is longer than they stay."""
    outcomes = run(16, seed=5, rules={"dwell_s": 60.0})
    assert not any(each.raised_s for each in outcomes)
    assert sum(each.is_right for each in outcomes) == 4
