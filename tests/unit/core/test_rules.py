from collections.abc import Iterable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.compliance import Compliance
from maskwatch.core.rules import DwellRule
from maskwatch.core.tracker import MotionTracker
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason, MaskLabel
from tests.unit.core.people import look


def rule(
    dwell_s: float = 2.0,
    kinds: frozenset[AlertKind] = frozenset(AlertKind),
    rearm_s: float = 0.0,
    repeat_after_s: float | None = None,
) -> DwellRule:
    ids = count(1)
    return DwellRule(
        camera="hall",
        dwell_s=dwell_s,
        kinds=kinds,
        new_id=lambda: f"a{next(ids)}",
        rearm_s=rearm_s,
        repeat_after_s=repeat_after_s,
    )


class Scene:
    """Tracker, compliance and rule of one camera."""

    def __init__(self, dwell_rule: DwellRule, memory_s: float = 2.0) -> None:
        self.rule = dwell_rule
        self.tracker, self.compliance = MotionTracker(memory_s=memory_s), Compliance()

    def play(
        self, labels: Iterable[MaskLabel | None], *, start_s: float = 0.0, looks_per_s: float = 5
    ) -> list[AlertChange]:
        changes = []
        for index, label in enumerate(labels):
            t_s = start_s + index / looks_per_s
            observations = [] if label is None else [look(label)]
            tracks = self.compliance.update(t_s, self.tracker.update(t_s, observations))
            changes += self.rule.step(t_s, tracks)
        return changes


BARE, MASK, INCORRECT, CANT_TELL = MaskLabel.NO_MASK, MaskLabel.MASK, MaskLabel.INCORRECT, MaskLabel.UNKNOWN


@pytest.mark.parametrize("looks_per_s", [2, 5, 10, 25])
def test_alert_comes_with_the_first_look_after_the_dwell(looks_per_s: int) -> None:
    (raised,) = Scene(rule(2.0)).play([BARE] * 4 * looks_per_s, looks_per_s=looks_per_s)
    assert (raised.action, raised.kind) == (AlertAction.RAISED, AlertKind.NO_MASK)
    assert raised.at_s == pytest.approx(2.0, abs=1 / looks_per_s)
    assert raised.evidence is not None
    assert raised.evidence.seen_s == pytest.approx(raised.at_s)
    assert raised.evidence.looks == round(raised.at_s * looks_per_s) + 1


def test_alert_closes_when_the_mask_goes_on_and_opens_again_when_it_comes_off() -> None:
    changes = Scene(rule()).play([BARE] * 20 + [MASK] * 20 + [BARE] * 20)
    assert [(change.action, change.reason) for change in changes] == [
        (AlertAction.RAISED, None),
        (AlertAction.CLOSED, CloseReason.MASK_ON),
        (AlertAction.RAISED, None),
    ]
    assert changes[0].alert_id == changes[1].alert_id != changes[2].alert_id


def test_the_evidence_shows_the_looks_that_led_to_the_alert() -> None:
    (raised,) = Scene(rule(1.0)).play([MASK] * 5 + [BARE] * 20)
    assert raised.evidence is not None
    trail = raised.evidence.trail
    assert [look.label for look in trail[:6]] == [MASK] * 5 + [BARE]
    assert trail[-1].at_s == raised.at_s
    assert trail[-1].belief == raised.evidence.belief
    beliefs = [look.belief[BARE] for look in trail[5:]]
    assert beliefs == sorted(beliefs)
    assert len(trail) == raised.evidence.looks


def test_a_mask_held_up_for_less_than_rearm_s_changes_nothing() -> None:
    changes = Scene(rule(rearm_s=3.0)).play([BARE] * 20 + [MASK] * 12 + [BARE] * 60)
    assert [change.action for change in changes] == [AlertAction.RAISED]


def test_after_rearm_s_with_the_mask_on_the_same_person_may_raise_another() -> None:
    changes = Scene(rule(rearm_s=3.0)).play([BARE] * 20 + [MASK] * 20 + [BARE] * 20)
    assert [(change.action, change.reason) for change in changes] == [
        (AlertAction.RAISED, None),
        (AlertAction.CLOSED, CloseReason.MASK_ON),
        (AlertAction.RAISED, None),
    ]
    # The mask was first seen at 4.0 s.
    assert changes[1].at_s == pytest.approx(7.0)


def test_time_out_of_sight_does_not_rearm() -> None:
    scene = Scene(rule(rearm_s=3.0), memory_s=10.0)
    changes = scene.play([BARE] * 20 + [MASK] * 8 + [None] * 30 + [BARE] * 30)
    assert [change.action for change in changes] == [AlertAction.RAISED]


def test_a_violation_that_goes_on_is_told_again_where_that_is_asked_for() -> None:
    changes = Scene(rule(1.0, repeat_after_s=5.0)).play([BARE] * 5 * 14)
    assert [(change.action, change.reason, round(change.at_s, 3)) for change in changes] == [
        (AlertAction.RAISED, None, 1.0),
        (AlertAction.CLOSED, CloseReason.REPEATED, 6.0),
        (AlertAction.RAISED, None, 6.0),
        (AlertAction.CLOSED, CloseReason.REPEATED, 11.0),
        (AlertAction.RAISED, None, 11.0),
    ]
    assert len({change.alert_id for change in changes}) == 3


def test_a_repeat_waits_for_a_look_that_shows_the_violation() -> None:
    scene = Scene(rule(1.0, repeat_after_s=4.0), memory_s=10.0)
    changes = scene.play([BARE] * 20 + [None] * 20 + [CANT_TELL] * 5 + [BARE] * 3)
    assert changes[-1].at_s == pytest.approx(9.0)


def test_somebody_whose_violation_is_told_elsewhere_raises_none_before_the_mask_was_on() -> None:
    scene = Scene(rule(1.0, rearm_s=1.0))
    scene.play([BARE] * 2)
    scene.rule.excuse(0.4, 1, AlertKind.NO_MASK)
    assert scene.rule.told_of(1) is AlertKind.NO_MASK
    assert scene.play([BARE] * 20, start_s=0.4) == []
    changes = scene.play([MASK] * 15 + [BARE] * 15, start_s=4.4)
    assert [change.action for change in changes] == [AlertAction.RAISED]


def test_alert_closes_when_the_person_leaves() -> None:
    changes = Scene(rule(), memory_s=1.0).play([BARE] * 20 + [None] * 10)
    assert changes[-1].reason is CloseReason.LEFT
    assert changes[-1].at_s == pytest.approx(3.8 + 1.0, abs=0.21)


def test_a_short_occlusion_neither_closes_nor_repeats() -> None:
    changes = Scene(rule()).play([BARE] * 20 + [None] * 8 + [BARE] * 20)
    assert [change.action for change in changes] == [AlertAction.RAISED]


def test_no_alert_for_what_the_camera_cant_tell() -> None:
    assert Scene(rule()).play([CANT_TELL] * 100) == []


def test_no_alert_for_a_bare_look_now_and_then() -> None:
    assert Scene(rule()).play(([MASK] * 9 + [BARE]) * 20) == []


def test_a_bare_face_seen_for_less_than_the_dwell_is_no_alert() -> None:
    assert Scene(rule(2.0)).play([BARE] * 9 + [MASK] * 30) == []


def test_kinds_can_be_switched_off() -> None:
    only_bare = frozenset({AlertKind.NO_MASK})
    assert Scene(rule(kinds=only_bare)).play([INCORRECT] * 40) == []
    assert [change.kind for change in Scene(rule()).play([INCORRECT] * 40)] == [AlertKind.INCORRECT]


def test_losing_the_camera_closes_everything_once() -> None:
    scene = Scene(rule())
    (raised,) = scene.play([BARE] * 20)
    (closed,) = scene.rule.close_all(9.0)
    assert (closed.alert_id, closed.reason) == (raised.alert_id, CloseReason.CAMERA_LOST)
    assert scene.rule.close_all(10.0) == []


def test_changed_settings_go_on_with_the_open_alert() -> None:
    scene = Scene(rule())
    (raised,) = scene.play([BARE] * 20)
    changed = rule(dwell_s=10.0)
    changed.take_over(scene.rule)
    scene.rule = changed
    (closed,) = scene.play([MASK] * 10, start_s=4.0)
    assert closed.alert_id == raised.alert_id


@given(
    st.lists(st.sampled_from([BARE, MASK, INCORRECT, CANT_TELL, None]), max_size=150), st.sampled_from([0.0, 0.5, 2.0])
)
def test_raised_and_closed_always_alternate(labels: list[MaskLabel | None], dwell_s: float) -> None:
    scene = Scene(rule(dwell_s))
    changes = scene.play(labels) + scene.rule.close_all(1e6)
    open_ids: set[str] = set()
    for change in changes:
        if change.action is AlertAction.RAISED:
            assert change.alert_id not in open_ids
            open_ids.add(change.alert_id)
        else:
            open_ids.remove(change.alert_id)
    assert not open_ids


@st.composite
def irregular_moments(draw: st.DrawFn, seconds: float) -> list[float]:
    """Moments of looks, 2 to 20 a second, as unevenly as may be."""
    moments = [0.0]
    while moments[-1] < seconds:
        moments.append(moments[-1] + draw(st.floats(0.05, 0.5)))
    return moments


@given(irregular_moments(18.0))
def test_irregular_looks_give_the_same_alerts(moments: list[float]) -> None:
    """Bare for 6 s, a mask for 6 s, bare again: two alerts, each within a look or two of where it must be."""
    scene = Scene(rule(2.0, rearm_s=2.0))
    changes = []
    for t_s in moments:
        label = MASK if 6 <= t_s < 12 else BARE
        tracks = scene.compliance.update(t_s, scene.tracker.update(t_s, [look(label)]))
        changes += scene.rule.step(t_s, tracks)
    assert [change.action for change in changes] == [AlertAction.RAISED, AlertAction.CLOSED, AlertAction.RAISED]
    assert 2.0 <= changes[0].at_s <= 2.5
    assert 8.0 <= changes[1].at_s <= 9.0
    assert 14.0 <= changes[2].at_s <= 15.0


@given(irregular_moments(14.0), st.floats(0.1, 2.0), st.floats(3.0, 8.0), st.floats(0.0, 250.0))
def test_out_of_sight_for_up_to_memory_s_is_one_person_and_one_alert(
    moments: list[float], hidden_s: float, from_s: float, speed: float
) -> None:
    """Walking, standing, seen evenly or not: whoever comes out of an occlusion is who went in."""
    scene = Scene(rule(1.0, rearm_s=2.0), memory_s=3.0)
    changes, people = [], set()
    for t_s in moments:
        seen = [] if from_s <= t_s < from_s + hidden_s else [look(BARE, x=50 + speed * t_s)]
        tracks = scene.compliance.update(t_s, scene.tracker.update(t_s, seen))
        people |= {track.id for track in tracks}
        changes += scene.rule.step(t_s, tracks)
    assert people == {1}
    assert [change.action for change in changes] == [AlertAction.RAISED]


def test_it_says_when_the_next_alert_is_due() -> None:
    scene = Scene(rule(2.0))
    scene.play([MASK] * 5)
    assert scene.rule.next_due_s is None
    scene.play([BARE] * 5, start_s=1.0)
    assert scene.rule.next_due_s == pytest.approx(3.0)
    scene.play([BARE] * 10, start_s=2.0)
    assert scene.rule.next_due_s is None
