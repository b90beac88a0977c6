from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.limits import AlertLimit
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason
from tests.unit.core.measured import RECOVERED, measured, standing, told

numbers = count(1)


def limit(per_minute: int | None = 2) -> AlertLimit:
    return AlertLimit(standing(AlertKind.HELD_BACK), per_minute=per_minute)


def raised(number: int, kind: AlertKind = AlertKind.NO_MASK) -> AlertChange:
    return AlertChange(
        action=AlertAction.RAISED, alert_id=f"a{number}", camera="hall", track_id=number, kind=kind, at_s=0.0
    )


def closed(number: int) -> AlertChange:
    return AlertChange(
        action=AlertAction.CLOSED, alert_id=f"a{number}", camera="hall", track_id=number, kind=AlertKind.NO_MASK,
        at_s=0.0, reason=CloseReason.LEFT,
    )  # fmt: skip


def test_as_many_as_are_allowed_go_through_and_one_says_what_did_not() -> None:
    limited = limit().step(1.0, [raised(1), raised(2), raised(3), raised(4, AlertKind.INCORRECT)])
    first, second, summary = limited.changes
    assert (first.alert_id, second.alert_id, summary.kind) == ("a1", "a2", AlertKind.HELD_BACK)
    assert limited.held_back == (AlertKind.NO_MASK, AlertKind.INCORRECT)
    assert measured(summary) == {
        "held_back": 2, "kinds": {"no_mask": 1, "incorrect": 1}, "people": [3, 4], "lasted_s": 0.0,
        "max_alerts_per_minute": 2,
    }  # fmt: skip


def test_what_was_held_back_is_not_closed_either_but_what_went_through_is() -> None:
    limiter = limit(1)
    limiter.step(1.0, [raised(1), raised(2)])
    assert [change.alert_id for change in limiter.step(2.0, [closed(1), closed(2)]).changes] == ["a1"]


def test_the_number_is_kept_up_to_date_and_final_when_it_is_over() -> None:
    limiter = limit(1)
    limiter.step(0.0, [raised(1), raised(2)])
    assert limiter.step(5.0, [raised(3)]).changes == []
    (update,) = limiter.step(11.0, [raised(4)]).changes
    assert (update.action, measured(update)["held_back"]) == (AlertAction.UPDATED, 3)
    limiter.step(12.0, [raised(5)])
    assert told(limiter.step(71.9, []).changes[:1]) == [(AlertAction.UPDATED, None)]
    (end,) = limiter.step(72.0, []).changes
    assert told([end]) == [RECOVERED]
    assert measured(end)["held_back"] == 4
    assert measured(end)["lasted_s"] == 12.0
    assert limiter.step(200.0, []).changes == []


def test_after_a_minute_there_is_room_again() -> None:
    limiter = limit(1)
    limiter.step(0.0, [raised(1)])
    assert limiter.step(59.9, [raised(2)]).held_back
    assert limiter.step(60.0, [raised(3)]).held_back == ()


def test_a_lost_camera_gets_the_final_number() -> None:
    limiter = limit(1)
    limiter.step(0.0, [raised(1), raised(2)])
    limiter.step(1.0, [raised(3)])
    (end,) = limiter.close_all(2.0, CloseReason.CAMERA_LOST)
    assert (end.reason, measured(end)["held_back"]) == (CloseReason.CAMERA_LOST, 2)
    assert limiter.close_all(3.0, CloseReason.CAMERA_LOST) == []


def test_without_a_limit_nothing_is_held_back() -> None:
    many = [raised(number) for number in range(1000)]
    assert limit(None).step(0.0, many).changes == many


def test_changed_settings_go_on_counting() -> None:
    before, after = limit(1), limit(5)
    before.step(0.0, [raised(1), raised(2)])
    after.take_over(before)
    assert after.step(1.0, [closed(2)]).changes == []
    assert [change.alert_id for change in after.step(2.0, [raised(3)]).changes] == ["a3"]
    (end,) = after.step(60.0, []).changes
    assert measured(end)["held_back"] == 1


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 4)), max_size=60), st.integers(1, 5))
def test_nothing_is_lost_whatever_comes(steps: list[tuple[float, int]], per_minute: int) -> None:
    limiter, t_s, number = limit(per_minute), 0.0, 0
    through: list[float] = []
    held = reported = 0
    for pause_s, many in [*steps, (61.0, 0)]:
        t_s += pause_s
        limited = limiter.step(t_s, [raised(number + index) for index in range(many)])
        number += many
        through += [t_s for change in limited.changes if change.kind is AlertKind.NO_MASK]
        held += len(limited.held_back)
        ends = [change for change in limited.changes if change.action is AlertAction.CLOSED]
        reported += sum(measured(change)["held_back"] for change in ends)
    assert len(through) + held == number
    assert reported == held
    assert all(sum(at <= each < at + 60 for each in through) <= per_minute for at in through)
