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


def rule(dwell_s: float = 2.0, kinds: frozenset[AlertKind] = frozenset(AlertKind)) -> DwellRule:
    ids = count(1)
    return DwellRule(camera="hall", dwell_s=dwell_s, kinds=kinds, new_id=lambda: f"a{next(ids)}")


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
