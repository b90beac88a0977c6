"""Boxes: pixels of the picture in, pixels out; nothing here knows what a face is."""

from maskwatch.core.types import Box


def intersection_over_union(first: Box, second: Box) -> float:
    """Shared area over joint area, 0..1."""
    width = min(first.x2, second.x2) - max(first.x1, second.x1)
    height = min(first.y2, second.y2) - max(first.y1, second.y1)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    joint = first.area + second.area - shared
    return shared / joint if joint > 0 else 0.0  # areas of next to nothing are nothing to a float


def clip(box: Box, width: int, height: int) -> Box:
    """`box` cut to a picture of `width` x `height` pixels."""
    return Box(
        min(max(box.x1, 0.0), width), min(max(box.y1, 0.0), height),
        min(max(box.x2, 0.0), width), min(max(box.y2, 0.0), height),
    )  # fmt: skip
