from maskwatch.core.trail import Trails
from maskwatch.core.types import LABELS, MaskLabel, Observation, Track, TrackState
from tests.unit.core.people import look


def track(observation: Observation | None, id_: int = 1) -> Track:
    return Track(
        id=id_,
        box=look().face.box,
        first_seen_s=0.0,
        last_seen_s=0.0,
        belief=dict.fromkeys(LABELS, 1 / 3),
        state=TrackState.UNKNOWN,
        state_since_s=0.0,
        observation=observation,
    )


def test_every_look_counts_and_the_newest_are_kept() -> None:
    trails = Trails()
    for index in range(100):
        trails.step(index / 5, [track(look(MaskLabel.MASK))])
    trails.step(20.0, [track(None)])
    kept = trails.newest(1)
    assert trails.count(1) == 100
    assert [seen.at_s for seen in kept] == [index / 5 for index in range(100 - len(kept), 100)]
    assert 20 <= len(kept) < 100


def test_people_who_are_gone_leave_nothing() -> None:
    trails = Trails()
    trails.step(0.0, [track(look()), track(look(), 2)])
    trails.step(0.2, [track(look(), 2)])
    assert (trails.count(1), trails.newest(1)) == (0, ())
    assert trails.count(2) == 2


def test_two_tracks_of_one_person_are_one_line() -> None:
    trails = Trails()
    trails.step(0.0, [track(look())])
    trails.step(0.2, [track(None), track(look(MaskLabel.MASK), 2)])
    trails.join(2, 1)
    assert trails.count(1) == 2
    assert [seen.label for seen in trails.newest(1)] == [MaskLabel.NO_MASK, MaskLabel.MASK]
