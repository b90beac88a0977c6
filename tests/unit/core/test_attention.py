from dataclasses import replace

from maskwatch.core.attention import Attention
from maskwatch.core.types import LABELS, Box, Track, TrackState


def person(
    *, since_s: float = 0.0, watched: bool = True, state: TrackState = TrackState.NO_MASK, id_: int = 1
) -> Track:
    return Track(
        id=id_,
        box=Box(0, 0, 10, 10),
        first_seen_s=since_s,
        last_seen_s=since_s,
        belief=dict.fromkeys(LABELS, 1 / 3),
        state=state,
        state_since_s=since_s,
        watched=watched,
    )


def test_whoever_counts_is_shown_as_they_are() -> None:
    assert Attention().step(5.0, [person()], armed=True) == [person()]


def test_a_violation_outside_the_zones_or_while_disarmed_is_not_shown() -> None:
    attention = Attention()
    (outside,) = attention.step(0.0, [person(watched=False)], armed=True)
    (disarmed,) = attention.step(0.2, [person()], armed=False)
    assert outside.state is disarmed.state is TrackState.UNKNOWN


def test_a_mask_is_seen_wherever_it_is_so_that_open_alerts_close() -> None:
    compliant = person(watched=False, state=TrackState.COMPLIANT)
    assert Attention().step(0.0, [compliant], armed=False) == [compliant]


def test_time_outside_does_not_count_as_dwell() -> None:
    attention = Attention()
    attention.step(0.0, [person(watched=False)], armed=True)
    (entered,) = attention.step(10.0, [person()], armed=True)
    assert (entered.state, entered.state_since_s) == (TrackState.NO_MASK, 10.0)
    (later,) = attention.step(12.0, [person()], armed=True)
    assert later.state_since_s == 10.0


def test_a_face_that_trembles_on_the_edge_of_a_zone_has_not_left_it() -> None:
    attention = Attention()
    attention.step(0.0, [person()], armed=True)
    attention.step(2.0, [person(watched=False)], armed=True)
    (back,) = attention.step(2.8, [person()], armed=True)
    assert back.state_since_s == 0.0


def test_arming_starts_everybody_s_dwell() -> None:
    attention = Attention()
    attention.step(0.0, [person()], armed=False)
    (armed,) = attention.step(60.0, [person()], armed=True)
    assert armed.state_since_s == 60.0
    (again,) = attention.step(70.0, [replace(person(), state_since_s=65.0)], armed=True)
    assert again.state_since_s == 65.0


def test_settings_that_change_take_nobody_s_time_away() -> None:
    before, after = Attention(), Attention()
    before.step(0.0, [person(watched=False)], armed=True)
    before.step(10.0, [person()], armed=True)
    after.take_over(before)
    (seen,) = after.step(11.0, [person()], armed=True)
    assert seen.state_since_s == 10.0


def test_people_who_are_gone_are_forgotten() -> None:
    attention = Attention()
    attention.step(0.0, [person(watched=False)], armed=True)
    attention.step(1.0, [], armed=True)
    (new,) = attention.step(9.0, [person(since_s=9.0)], armed=True)
    assert new.state_since_s == 9.0
