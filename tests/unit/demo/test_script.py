"""What happens in the demo, as a loop without a seam."""

from itertools import pairwise

import pytest

from maskwatch.demo.clip import FPS
from maskwatch.demo.script import LOOP_S, collins_at, hopper_at

MOMENTS = [index / FPS for index in range(round(LOOP_S * FPS))]


def test_the_end_meets_the_beginning() -> None:
    assert collins_at(LOOP_S).x == pytest.approx(collins_at(0).x)
    assert collins_at(LOOP_S).up == pytest.approx(collins_at(0).up)
    assert collins_at(LOOP_S).lean == pytest.approx(collins_at(0).lean)
    assert collins_at(LOOP_S).mask == collins_at(0).mask == 1
    assert hopper_at(0) is None
    assert hopper_at(MOMENTS[-1]) is None


def test_both_are_seen_with_and_without_a_mask_for_long_enough_to_be_judged() -> None:
    bare_hopper = [t for t in MOMENTS if (pose := hopper_at(t)) and pose.mask == 0 and pose.x < 0.75]
    bare_collins = [t for t in MOMENTS if collins_at(t).mask == 0]
    both_masked = [t for t in MOMENTS if (pose := hopper_at(t)) and pose.mask == 1 and collins_at(t).mask == 1]
    assert len(bare_hopper) / FPS > 4
    assert len(bare_collins) / FPS > 4
    assert len(both_masked) / FPS > 4


def test_nobody_moves_faster_than_a_person_walks() -> None:
    for before, after in pairwise(MOMENTS):
        assert abs(collins_at(after).x - collins_at(before).x) < 0.01
        here, there = hopper_at(before), hopper_at(after)
        if here and there:
            assert abs(there.x - here.x) < 0.05
