import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.geometry import clip, intersection_over_union
from maskwatch.core.types import Box

sides = st.floats(0, 100)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), sides, sides, sides, sides)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_between_0_and_1(first: Box, second: Box) -> None:
    overlap = intersection_over_union(first, second)
    assert overlap == intersection_over_union(second, first)
    assert 0 <= overlap <= 1 + 1e-9


def test_overlap_of_known_boxes() -> None:
    assert intersection_over_union(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1
    assert intersection_over_union(Box(0, 0, 10, 10), Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert intersection_over_union(Box(0, 0, 10, 10), Box(10, 0, 20, 10)) == 0


@given(boxes, st.integers(1, 80), st.integers(1, 80))
def test_clipped_boxes_lie_in_the_picture(box: Box, width: int, height: int) -> None:
    inside = clip(box, width, height)
    assert 0 <= inside.x1 <= inside.x2 <= width
    assert 0 <= inside.y1 <= inside.y2 <= height
