from hypothesis import given
from hypothesis import strategies as st

from maskwatch.web.attempts import Attempts, network_of


def test_the_first_tries_are_free_then_each_waits_twice_as_long() -> None:
    attempts = Attempts(free=3, first_wait_s=2, longest_wait_s=10)
    now = 0.0
    waits: list[float] = []
    for _ in range(8):
        assert attempts.begin("1.2.3.4", now) == 0
        waits.append(attempts.begin("1.2.3.4", now) if len(waits) >= 2 else 0)
        now += waits[-1]
    assert waits == [0, 0, 2, 4, 8, 10, 10, 10]


def test_others_do_not_wait() -> None:
    attempts = Attempts(free=1)
    attempts.begin("1.2.3.4", 0)
    assert attempts.begin("1.2.3.4", 0) > 0
    assert attempts.begin("1.2.3.5", 0) == 0


def test_a_right_password_clears() -> None:
    attempts = Attempts(free=2)
    attempts.begin("1.2.3.4", 0)
    attempts.succeeded("1.2.3.4")
    attempts.begin("1.2.3.4", 0)
    assert attempts.begin("1.2.3.4", 0) == 0


def test_after_a_long_pause_all_is_forgotten() -> None:
    attempts = Attempts(free=1, first_wait_s=1, longest_wait_s=10)
    attempts.begin("a", 0)
    attempts.begin("a", 2)
    assert attempts.begin("a", 3) == 1
    assert attempts.begin("a", 20) == 0
    assert attempts.begin("a", 20) == 1


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1e6)), max_size=200))
def test_the_table_never_grows_beyond_its_bound(tries: list[tuple[int, float]]) -> None:
    attempts = Attempts(max_clients=10)
    for client, now_s in sorted(tries, key=lambda each: each[1]):
        assert attempts.begin(f"10.0.0.{client}", now_s) <= 900
        assert len(attempts) <= 10


def test_one_household_is_one_client() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:1.2.3.4") == network_of("1.2.3.4")
    assert network_of("fe80::1%eth0") == network_of("fe80::2")
    assert network_of("unknown") == "unknown"
