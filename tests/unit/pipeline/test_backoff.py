from hypothesis import given
from hypothesis import strategies as st

from maskwatch.pipeline.backoff import Backoff


def test_waits_double_up_to_the_longest_and_start_over() -> None:
    backoff = Backoff(first_s=1, longest_s=8, chance=lambda: 1.0)
    assert [backoff.next_s() for _ in range(5)] == [1, 2, 4, 8, 8]
    backoff.reset()
    assert backoff.next_s() == 1


@given(st.integers(1, 200), st.floats(0, 1))
def test_waits_are_never_longer_than_the_longest(failures: int, chance: float) -> None:
    backoff = Backoff(chance=lambda: chance)
    waits = [backoff.next_s() for _ in range(failures)]
    assert all(0.25 <= wait <= 60 for wait in waits)
