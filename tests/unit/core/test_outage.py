from maskwatch.core.outage import OutageRule
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason
from tests.unit.core.measured import RAISED, RECOVERED, measured, standing, told

FACTS = {"state": "offline", "reason": "refused"}


def outage(after_s: float | None = 60.0, reminder_s: float | None = 600.0) -> OutageRule:
    return OutageRule(standing(AlertKind.CAMERA_OFFLINE), offline_after_s=after_s, offline_reminder_s=reminder_s)


def away(rule: OutageRule, start_s: int, end_s: int, *, since_s: float = 0.0, armed: bool = True) -> list[AlertChange]:
    changes = []
    for t_s in range(start_s, end_s + 1):
        changes += rule.step(t_s, since_s, armed=armed, facts=FACTS)
    return changes


def test_raised_after_the_whole_time_with_what_is_known() -> None:
    (raised,) = away(outage(), 0, 100)
    assert (raised.action, raised.at_s) == (AlertAction.RAISED, 60)
    assert measured(raised) == {**FACTS, "away_s": 60.0, "offline_after_s": 60.0, "offline_reminder_s": 600.0}


def test_one_reminder_and_no_second() -> None:
    raised, reminded = away(outage(), 0, 5000)
    assert told([raised, reminded]) == [RAISED, (AlertAction.REMINDED, None)]
    assert (reminded.at_s, reminded.alert_id) == (660, raised.alert_id)
    assert measured(reminded)["away_s"] == 660.0


def test_no_reminder_where_none_is_wanted() -> None:
    assert told(away(outage(reminder_s=None), 0, 5000)) == [RAISED]


def test_closed_when_it_is_back_and_raised_anew_the_next_time() -> None:
    rule = outage()
    (raised,) = away(rule, 0, 100)
    (closed,) = rule.step(101, None, armed=True, facts={})
    assert told([closed]) == [RECOVERED]
    assert closed.alert_id == raised.alert_id
    assert rule.step(102, None, armed=True, facts={}) == []
    (again, reminded) = away(rule, 200, 900, since_s=200.0)
    assert (again.at_s, reminded.at_s) == (260, 860)
    assert again.alert_id != raised.alert_id


def test_a_short_gap_raises_nothing() -> None:
    rule = outage()
    assert away(rule, 0, 59) == []
    assert rule.step(60, None, armed=True, facts={}) == []


def test_while_disarmed_nothing_is_raised_and_recovery_still_closes() -> None:
    rule = outage()
    assert away(rule, 0, 300, armed=False) == []
    assert told(away(rule, 301, 302)) == [RAISED]
    assert told(rule.step(303, None, armed=False, facts={})) == [RECOVERED]


def test_a_paused_or_removed_camera_and_a_rule_switched_off_close_it() -> None:
    rule = outage()
    away(rule, 0, 100)
    assert told(rule.close_all(101, CloseReason.SETTINGS_CHANGED)) == [
        (AlertAction.CLOSED, CloseReason.SETTINGS_CHANGED)
    ]
    away(rule, 200, 300, since_s=200.0)
    off = outage(None)
    off.take_over(rule)
    assert told(off.step(301, 200.0, armed=True, facts={})) == [(AlertAction.CLOSED, CloseReason.SETTINGS_CHANGED)]
    assert away(off, 302, 900) == []


def test_changed_settings_keep_what_is_open() -> None:
    rule, after = outage(), outage(after_s=10.0)
    away(rule, 0, 100)
    after.take_over(rule)
    assert away(after, 101, 200) == []
