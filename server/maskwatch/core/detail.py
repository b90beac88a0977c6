"""A closer look where faces are small: which part of a large picture to look at again, and what comes of both looks."""

from collections.abc import Sequence
from dataclasses import dataclass

from maskwatch.core.geometry import intersection_over_union
from maskwatch.core.types import Face

NEAR_LIMIT_PX = 24.0
"""A face whose longer side is below this in the detector's own picture is near the limit of what it finds."""
_SHARE = 2  # a part is so many times smaller than the picture, each way
_EDGE_PX = 2.0
_SAME = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a picture, in its pixels."""

    left: int
    top: int
    width: int
    height: int


def closer_look(width: int, height: int, faces: Sequence[Face], *, input_px: int, turn: int) -> Part | None:
    """The part of a picture of this size to look at closer, for the `faces` that the last look found.

    None where no face is near the limit of a detector that sees pictures at `input_px`, or the picture has no more
    pixels to show. Several groups of small faces get their turn one after another.
    """
    longer = max(width, height)
    part_px = max(longer // _SHARE, input_px)
    if part_px >= longer:
        return None
    scale = input_px / longer
    small = [face for face in faces if face.box.longer_side * scale < NEAR_LIMIT_PX]
    if not small:
        return None
    share = part_px / longer
    part_width, part_height = round(width * share), round(height * share)
    groups = _groups(small, part_width, part_height)
    center_x, center_y = groups[turn % len(groups)]
    left = min(max(round(center_x - part_width / 2), 0), width - part_width)
    top = min(max(round(center_y - part_height / 2), 0), height - part_height)
    return Part(left=left, top=top, width=part_width, height=part_height)


def joined(whole: Sequence[Face], closer: Sequence[Face], part: Part, width: int, height: int) -> list[Face]:
    """The faces of both looks, each once, best first; all in pixels of the picture, whose size is given.

    Of a face that both found the better one counts; one that the part's edge cuts off is left to the whole picture.
    """
    faces = list(whole)
    for face in closer:
        if _cut_off(face, part, width, height):
            continue
        same = [other for other in faces if intersection_over_union(other.box, face.box) > _SAME]
        if all(other.score < face.score for other in same):
            faces = [other for other in faces if other not in same] + [face]
    return sorted(faces, key=lambda face: -face.score)


def _groups(faces: Sequence[Face], part_width: int, part_height: int) -> list[tuple[float, float]]:
    """Centres of parts that hold all the faces: each begins with the leftmost face that no part holds yet."""
    left_over = sorted((face.box.center for face in faces), key=lambda center: center)
    groups = []
    while left_over:
        first_x, first_y = left_over[0]
        held = [(x, y) for x, y in left_over if x - first_x < part_width * 0.8 and abs(y - first_y) < part_height * 0.4]
        # Midway between the outermost, not their mean: many faces on one side must not push out one on the other.
        across, down = [x for x, _ in held], [y for _, y in held]
        groups.append(((min(across) + max(across)) / 2, (min(down) + max(down)) / 2))
        left_over = [center for center in left_over if center not in held]
    return groups


def _cut_off(face: Face, part: Part, width: int, height: int) -> bool:
    box = face.box
    return (
        (part.left > 0 and box.x1 < part.left + _EDGE_PX)
        or (part.top > 0 and box.y1 < part.top + _EDGE_PX)
        or (part.left + part.width < width and box.x2 > part.left + part.width - _EDGE_PX)
        or (part.top + part.height < height and box.y2 > part.top + part.height - _EDGE_PX)
    )
