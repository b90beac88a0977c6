import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.compliance import Compliance
from maskwatch.core.tracker import MotionTracker
from maskwatch.core.types import LABELS, MaskLabel, Observation, Track, TrackState
from tests.unit.core.people import look


class Person:
    """One person who stands still, seen through tracker and compliance."""

    def __init__(self) -> None:
        self.tracker, self.compliance = MotionTracker(memory_s=10), Compliance()

    def see(self, t_s: float, *observations: Observation) -> Track:
        (track,) = self.compliance.update(t_s, self.tracker.update(t_s, observations))
        return track


def test_a_bare_face_is_a_violation_that_began_with_the_first_look() -> None:
    person = Person()
    states = [person.see(3 + index / 5, look(MaskLabel.NO_MASK)) for index in range(4)]
    assert states[0].state is TrackState.UNKNOWN
    assert states[-1].state is TrackState.NO_MASK
    assert states[-1].state_since_s == 3.0


@pytest.mark.parametrize("looks_per_s", [2, 5, 10])
def test_one_odd_look_changes_nothing(looks_per_s: int) -> None:
    person = Person()
    for index in range(5 * looks_per_s):
        odd = index == 3 * looks_per_s
        track = person.see(index / looks_per_s, look(MaskLabel.NO_MASK if odd else MaskLabel.MASK))
        if index > 2 * looks_per_s:
            assert track.state is TrackState.COMPLIANT
    assert track.state_since_s == 0.0


def test_cant_tell_is_never_a_vote() -> None:
    person = Person()
    for index in range(50):
        track = person.see(
            index / 5,
            look(MaskLabel.UNKNOWN),
        )
        assert track.state is TrackState.UNKNOWN
    for index in range(50):
        track = person.see(10 + index / 5, look(MaskLabel.NO_MASK, weight=0.0))
        assert track.state is TrackState.UNKNOWN


def test_a_mask_taken_off_is_a_violation_since_its_first_bare_look() -> None:
    person = Person()
    for index in range(20):
        person.see(index / 5, look(MaskLabel.MASK))
    for index in range(5):
        track = person.see(4 + index / 5, look(MaskLabel.NO_MASK))
    assert track.state is TrackState.NO_MASK
    assert track.state_since_s == 4.0


def test_doubt_between_bare_and_worn_wrong_is_no_doubt_that_something_is_wrong() -> None:
    person = Person()
    for index in range(10):
        label = MaskLabel.NO_MASK if index % 2 == 0 else MaskLabel.INCORRECT
        track = person.see(index / 5, look(label, probability=0.8))
    assert track.state.is_violation
    assert track.state_since_s == 0.0
    for index in range(10, 20):
        track = person.see(index / 5, look(MaskLabel.INCORRECT))
    assert track.state is TrackState.INCORRECT
    assert track.state_since_s == 0.0


def test_turning_away_fades_slowly() -> None:
    person = Person()
    for index in range(10):
        person.see(index / 5, look(MaskLabel.MASK))
    assert person.see(3.0, look(MaskLabel.UNKNOWN)).state is TrackState.COMPLIANT
    assert person.see(30.0 - 21.0, look(MaskLabel.UNKNOWN)).state is TrackState.COMPLIANT
    for t_s in range(10, 40, 5):
        track = person.see(float(t_s), look(MaskLabel.UNKNOWN))
    assert track.state is TrackState.UNKNOWN


def test_the_rate_of_looks_changes_little() -> None:
    beliefs = []
    for looks_per_s in (4, 8, 16):
        person = Person()
        for index in range(2 * looks_per_s + 1):
            track = person.see(
                index / looks_per_s, look(MaskLabel.MASK if index / looks_per_s < 1 else MaskLabel.NO_MASK)
            )
        beliefs.append(track.belief[MaskLabel.NO_MASK])
    for first, second in itertools.pairwise(beliefs):
        assert first == pytest.approx(second, abs=0.12)


looks = st.tuples(st.floats(0.01, 3), st.sampled_from(list(MaskLabel)), st.floats(0.34, 1), st.floats(0, 1))


@given(st.lists(looks, min_size=1, max_size=60))
def test_belief_is_always_a_distribution(steps: list[tuple[float, MaskLabel, float, float]]) -> None:
    person, t_s = Person(), 0.0
    for gap_s, label, probability, weight in steps:
        t_s += gap_s
        track = person.see(t_s, look(label, probability=probability, weight=weight))
        assert sum(track.belief[each] for each in LABELS) == pytest.approx(1.0)
        assert all(0 <= belief <= 1 for belief in track.belief.values())
        assert track.state_since_s <= t_s


def test_odd_looks_now_and_then_do_not_make_a_violation_older_than_it_is() -> None:
    person = Person()
    for index in range(100):
        person.see(index / 10, look(MaskLabel.NO_MASK if index % 8 == 0 else MaskLabel.MASK))
    for index in range(100, 110):
        track = person.see(index / 10, look(MaskLabel.NO_MASK))
    assert track.state is TrackState.NO_MASK
    assert track.state_since_s >= 9.5
