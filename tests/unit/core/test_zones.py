import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.types import Box
from maskwatch.core.zones import Point, Zone, ZoneAnchor, ZoneMode, Zones, area, contains, crosses_itself, feet

LEFT_HALF: tuple[Point, ...] = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
FLOOR: tuple[Point, ...] = ((0.0, 0.8), (1.0, 0.8), (1.0, 1.0), (0.0, 1.0))


def zone(
    polygon: tuple[Point, ...] = LEFT_HALF,
    mode: ZoneMode = ZoneMode.INCLUDE,
    anchor: ZoneAnchor = ZoneAnchor.FACE,
) -> Zone:
    return Zone(name="zone", mode=mode, polygon=polygon, anchor=anchor)


def face(x: float, y: float, size: float = 40.0) -> Box:
    """A face around (x, y), in a picture of 1000 x 1000 pixels."""
    return Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)


def admits(zones: list[Zone], who: Box) -> bool:
    return Zones(zones).admit(who, 1000, 1000)


def test_without_zones_everybody_counts() -> None:
    assert admits([], face(1, 1))


def test_only_people_in_an_include_zone_count() -> None:
    assert admits([zone()], face(200, 500))
    assert not admits([zone()], face(800, 500))


def test_nobody_in_an_exclude_zone_counts() -> None:
    zones = [zone(mode=ZoneMode.EXCLUDE)]
    assert not admits(zones, face(200, 500))
    assert admits(zones, face(800, 500))


def test_exclude_wins_where_zones_overlap_and_one_include_zone_is_enough() -> None:
    corner = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2))
    right = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    zones = [zone(), zone(corner, ZoneMode.EXCLUDE), zone(right)]
    assert not admits(zones, face(100, 100))
    assert admits(zones, face(300, 300))
    assert admits(zones, face(900, 100))


def test_feet_are_six_face_heights_below_the_chin_and_never_below_the_picture() -> None:
    assert feet(Box(100, 100, 140, 150), 1000) == (120, 450)
    assert feet(Box(100, 800, 140, 850), 1000) == (120, 1000)


def test_a_zone_can_ask_for_the_feet() -> None:
    floor = zone(FLOOR, anchor=ZoneAnchor.FEET)
    assert admits([floor], face(500, 600))  # feet at 860
    assert not admits([floor], face(500, 300))  # feet at 560
    assert admits([floor], face(500, 900))  # feet below the picture count as on its edge
    assert not admits([zone(FLOOR)], face(500, 600))


@pytest.mark.parametrize(
    "polygon",
    [
        ((0, 0), (1, 1), (1, 0), (0, 1)),  # an hourglass
        ((0, 0), (1, 0), (0.5, 0)),  # folds back onto itself
        ((0, 0), (1, 0), (1, 0), (0, 1)),  # one corner twice in a row
        ((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)),  # touches its own side
        ((0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)),  # meets itself in a point
    ],
)
def test_outlines_that_cross_or_touch_themselves_are_told(polygon: tuple[Point, ...]) -> None:
    assert crosses_itself(polygon)


@st.composite
def stars(draw: st.DrawFn) -> tuple[tuple[Point, ...], Point]:
    """A polygon whose corners lie around its middle in order, so that it can't cross itself; and that middle."""
    middle = (draw(st.floats(0.3, 0.7)), draw(st.floats(0.3, 0.7)))
    count = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(0.02, 0.29), min_size=count, max_size=count))
    turn = draw(st.floats(0, 1))
    points = []
    for index, radius in enumerate(radii):
        angle = 2 * math.pi * (index + turn) / count
        points.append((middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)))
    return tuple(points), middle


@given(stars())
def test_a_star_does_not_cross_itself_and_holds_its_middle(star: tuple[tuple[Point, ...], Point]) -> None:
    polygon, middle = star
    assert not crosses_itself(polygon)
    assert contains(polygon, middle)
    assert area(polygon) > 0
    assert not contains(polygon, (0.001, 0.001))


@given(stars(), st.floats(0, 1), st.floats(0, 1))
def test_where_a_point_lies_depends_on_no_direction_and_no_first_corner(
    star: tuple[tuple[Point, ...], Point], x: float, y: float
) -> None:
    polygon, _ = star
    inside = contains(polygon, (x, y))
    assert contains([*polygon[2:], *polygon[:2]], (x, y)) == inside
    assert contains(polygon[::-1], (x, y)) == inside


@given(st.lists(st.floats(0.1, 1.4), min_size=4, max_size=4), st.booleans())
def test_swapping_two_corners_of_a_convex_outline_makes_it_cross_itself(turns: list[float], early: bool) -> None:
    angles = [sum(turns[: count + 1]) for count in range(4)]
    first, second, third, fourth = ((0.5 + 0.4 * math.cos(angle), 0.5 + 0.4 * math.sin(angle)) for angle in angles)
    assert not crosses_itself((first, second, third, fourth))
    assert crosses_itself((second, first, third, fourth) if early else (first, third, second, fourth))
