from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.fairness import FairShare


@given(weights=st.lists(st.sampled_from([1.0, 2.0, 4.0]), min_size=1, max_size=8), most=st.integers(1, 8))
def test_turns_are_in_proportion_to_weights(weights: list[float], most: int) -> None:
    turns: FairShare[int] = FairShare()
    waiting = list(enumerate(weights))
    counts: Counter[int] = Counter()
    for _ in range(400):
        counts.update(turns.next(waiting, 1 if most < len(weights) else most))
    if most < len(weights):
        for index, weight in waiting:
            assert abs(counts[index] - 400 * weight / sum(weights)) <= 2
    else:
        assert set(counts.values()) == {400}


def test_who_was_away_saves_no_turns_up() -> None:
    turns: FairShare[str] = FairShare()
    for _ in range(100):
        turns.next([("a", 1.0)], 1)
    served = [turns.next([("a", 1.0), ("b", 1.0)], 1)[0] for _ in range(10)]
    assert served.count("a") >= 4
