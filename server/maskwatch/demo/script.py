"""What happens in the demo: who is where, with what on the face, at each moment of a loop without a seam."""

import math
from dataclasses import dataclass

LOOP_S = 24.0
_PUT_ON_S = 0.5


@dataclass(frozen=True, slots=True)
class Pose:
    """One person at one moment: middle of the body (x, share of the picture's width), how far up (pixels of the
    portrait), lean in degrees, and how far the mask is up (0 to 1)."""

    x: float
    up: float
    lean: float
    mask: float


def collins_at(t_s: float) -> Pose:
    """She stands on the left throughout, and takes her mask off for a while near the end."""
    off = _between(t_s, 15.0, 20.5)
    return _alive(t_s, x=0.27, mask=1 - off, phase=0.0)


def hopper_at(t_s: float) -> Pose | None:
    """She comes in from the right without a mask, puts one on in the middle, and leaves with it."""
    if not 2.5 <= t_s <= 23.5:
        return None
    inside = _ease((t_s - 2.5) / 1.6) * (1 - _ease((t_s - 21.7) / 1.6))
    return _alive(t_s, x=1.22 - 0.52 * inside, mask=_ease((t_s - 10.5) / _PUT_ON_S), phase=2.1)


def _alive(t_s: float, *, x: float, mask: float, phase: float) -> Pose:
    """Nobody stands quite still. Every period divides the loop, so that its end meets its beginning."""
    turn = 2 * math.pi * t_s / LOOP_S
    return Pose(
        x=x + 0.018 * math.sin(3 * turn + phase) + 0.006 * math.sin(7 * turn + 2 * phase),
        up=5 * math.sin(8 * turn + phase) + 3 * math.sin(3 * turn + 1 + phase),
        lean=1.8 * math.sin(4 * turn + phase) + 0.8 * math.sin(9 * turn + phase),
        mask=mask,
    )


def _between(t_s: float, start_s: float, end_s: float) -> float:
    return _ease((t_s - start_s) / _PUT_ON_S) * (1 - _ease((t_s - end_s) / _PUT_ON_S))


def _ease(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
