import pytest

from maskwatch.core.crowd import CrowdRule
from maskwatch.core.types import LABELS, AlertAction, AlertChange, AlertKind, Box, CloseReason, Track, TrackState
from tests.unit.core.measured import RAISED, RECOVERED, measured, standing, told


def crowd(*, below: float | None = 0.5, for_s: float = 60.0, min_people: int = 3) -> CrowdRule:
    return CrowdRule(standing(AlertKind.CROWD), below=below, for_s=for_s, min_people=min_people)


def people(masked: int, bare: int, unknown: int = 0, *, watched: bool = True) -> list[Track]:
    states = [TrackState.COMPLIANT] * masked + [TrackState.NO_MASK] * bare + [TrackState.UNKNOWN] * unknown
    return [
        Track(
            id=index,
            box=Box(0, 0, 10, 10),
            first_seen_s=0,
            last_seen_s=0,
            belief=dict.fromkeys(LABELS, 1 / 3),
            state=state,
            state_since_s=0,
            watched=watched,
        )
        for index, state in enumerate(states)
    ]


def play(
    rule: CrowdRule, tracks: list[Track], start_s: float, end_s: float, *, armed: bool = True
) -> list[AlertChange]:
    changes = []
    for look in range(round(start_s * 5), round(end_s * 5) + 1):
        changes += rule.step(look / 5, tracks, armed=armed)
    return changes


def test_raised_once_after_the_whole_time_with_what_was_counted() -> None:
    rule = crowd()
    (raised,) = play(rule, people(1, 3), 0, 90)
    assert raised.action is AlertAction.RAISED
    assert raised.at_s == pytest.approx(60.0)
    assert measured(raised) == {
        "people": 4, "compliant": 1, "compliant_percent": 25.0, "lasted_s": 60.0,
        "below_percent": 50.0, "for_s": 60.0, "min_people": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "tracks", [people(2, 2), people(0, 2, unknown=9), people(3, 0), people(1, 3, watched=False)],
    ids=["just enough masks", "too few can be judged", "all masked", "outside of the zones"],
)  # fmt: skip
def test_never_raised_for(tracks: list[Track]) -> None:
    assert play(crowd(), tracks, 0, 300) == []


def test_an_interruption_starts_the_time_anew_but_a_short_one_does_not() -> None:
    rule = crowd()
    play(rule, people(0, 4), 0, 30)
    play(rule, people(4, 0), 30.2, 34)
    play(rule, people(0, 4), 34.2, 50)
    assert told(play(rule, people(0, 4), 50.2, 70)) == [RAISED]
    other = crowd()
    play(other, people(0, 4), 0, 30)
    play(other, people(4, 0), 30.2, 40)
    assert play(other, people(0, 4), 40.2, 99) == []


def test_closed_when_enough_wear_a_mask_or_too_few_are_left() -> None:
    rule = crowd()
    play(rule, people(0, 4), 0, 70)
    assert told(play(rule, people(3, 1), 70.2, 90)) == [RECOVERED]
    play(rule, people(0, 4), 100, 170)
    assert told(play(rule, [], 170.2, 190)) == [(AlertAction.CLOSED, CloseReason.LEFT)]


def test_nothing_is_raised_while_disarmed_and_at_once_when_armed() -> None:
    rule = crowd()
    assert play(rule, people(0, 4), 0, 120, armed=False) == []
    (raised,) = play(rule, people(0, 4), 120.2, 121)
    assert measured(raised)["lasted_s"] == pytest.approx(120.2)


def test_switched_off_it_closes_what_is_open() -> None:
    rule = crowd()
    play(rule, people(0, 4), 0, 70)
    off = crowd(below=None)
    off.take_over(rule)
    assert told(off.step(71, people(0, 4), armed=True)) == [(AlertAction.CLOSED, CloseReason.SETTINGS_CHANGED)]
    assert play(off, people(0, 4), 72, 200) == []


def test_a_lost_camera_closes_it() -> None:
    rule = crowd()
    play(rule, people(0, 4), 0, 70)
    assert told(rule.close_all(71, CloseReason.CAMERA_LOST)) == [(AlertAction.CLOSED, CloseReason.CAMERA_LOST)]
