"""Where in the picture people count: named polygons that they must stand in, or must not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from maskwatch.core.types import Box

Point = tuple[float, float]
"""x and y as shares of the picture's width and height, 0..1 from its upper left corner."""

FEET_BELOW_FACE = 6.0
"""How far a standing person's feet are below the chin, in heights of the face box.

A face box reaches from the forehead to the chin: about 1/8 of a grown person, whose head is 1/7.5 of their height.
Seen from eye level that leaves six and a half faces of body below the chin; cameras look down, which shortens it.
"""


class ZoneMode(StrEnum):
    """Whether people must be in a zone, or must not be."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class ZoneAnchor(StrEnum):
    """Which point of a person must lie in a zone: the middle of the face, or the feet as estimated from it."""

    FACE = "face"
    FEET = "feet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A named polygon, closed by itself: its last point is joined to its first."""

    name: str
    mode: ZoneMode
    polygon: tuple[Point, ...]
    anchor: ZoneAnchor = ZoneAnchor.FACE


class Zones:
    """All zones of one camera. Without any, everybody counts."""

    def __init__(self, zones: Sequence[Zone] = ()) -> None:
        self._include = [zone for zone in zones if zone.mode is ZoneMode.INCLUDE]
        self._exclude = [zone for zone in zones if zone.mode is ZoneMode.EXCLUDE]

    def admit(self, face: Box, width: float, height: float) -> bool:
        """Whether the person with `face` counts, in a picture of `width` x `height` pixels."""
        if any(_holds(zone, face, width, height) for zone in self._exclude):
            return False
        return not self._include or any(_holds(zone, face, width, height) for zone in self._include)


def feet(face: Box, height: float) -> Point:
    """Where a person's feet are, estimated from the face box: straight below it, `FEET_BELOW_FACE` face heights down.

    Pixels in, pixels out; at the picture's lower edge at the latest. It holds for people who stand upright and is
    a guess for everybody else.
    """
    return face.center[0], min(height, face.y2 + FEET_BELOW_FACE * face.height)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether `point` lies in `polygon`: a ray from it to the right crosses the outline an odd number of times."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def crosses_itself(polygon: Sequence[Point]) -> bool:
    """Whether two sides of `polygon` that are not neighbours touch, or neighbours fold back onto each other."""
    count = len(polygon)
    sides = [(polygon[i], polygon[(i + 1) % count]) for i in range(count)]
    for first in range(count):
        for second in range(first + 1, count):
            if second - first == 1 or (first == 0 and second == count - 1):
                here, there = (sides[first], sides[second]) if second - first == 1 else (sides[second], sides[first])
                if _folds_back(here[0], here[1], there[1]):
                    return True
            elif _touch(*sides[first], *sides[second]):
                return True
    return False


def area(polygon: Sequence[Point]) -> float:
    """The polygon's area as a share of the picture's."""
    return (
        abs(math.fsum(_cross((0.0, 0.0), a, b) for a, b in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True))) / 2
    )


def _holds(zone: Zone, face: Box, width: float, height: float) -> bool:
    x, y = face.center if zone.anchor is ZoneAnchor.FACE else feet(face, height)
    # A point on the picture's lower edge lies in a zone that reaches down to it.
    return contains(zone.polygon, (min(x / width, 1 - 1e-9), min(y / height, 1 - 1e-9)))


def _cross(origin: Point, a: Point, b: Point) -> float:
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def _folds_back(before: Point, corner: Point, after: Point) -> bool:
    """Whether the side after `corner` lies on the one before it, or has no length."""
    if corner in (before, after):
        return True
    along = (before[0] - corner[0]) * (after[0] - corner[0]) + (before[1] - corner[1]) * (after[1] - corner[1])
    return _cross(before, corner, after) == 0 and along > 0


def _touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the side from `a` to `b` and the one from `c` to `d` have a point in common."""
    turns = [_cross(a, b, c), _cross(a, b, d), _cross(c, d, a), _cross(c, d, b)]
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*end) for turn, end in zip(turns, ends, strict=True))


def _between(a: Point, b: Point, point: Point) -> bool:
    return min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
