"""Whether anything has moved since the last look: what a motion gate skips looks by. Time is passed in."""

import numpy as np

from maskwatch.core.types import Grey

WIDTH, HEIGHT = 160, 90
"""Size of the brightness pictures that are compared: a face of 24 px in 720p is 3 px there, its body a block."""
_BLOCK = 5  # pixels a side of the blocks whose means are compared: noise averages out, a head does not
_MOVED = 5.0  # grey levels by which a block's mean must differ to have moved
_QUIET_S = 1.0
"""While somebody is in view, a still scene is looked at this often…"""
_EMPTY_S = 5.0
"""…and this often while nobody is: whoever the gate failed to notice is seen after that."""


class MotionGate:
    """Says which pictures to look at. A scene is compared with how it was at the last look, however slowly it moves."""

    def __init__(self) -> None:
        self._reference: np.ndarray | None = None
        self._looked_s = float("-inf")

    def wants(self, t_s: float, luma: Grey, *, people: bool) -> bool:
        """Whether to look at the picture of `t_s` (monotonic seconds); `luma` is its brightness at `WIDTH` x `HEIGHT`.

        `people` says that somebody was in view at the last look, or is still remembered.
        """
        blocks = luma.reshape(HEIGHT // _BLOCK, _BLOCK, WIDTH // _BLOCK, _BLOCK).mean(axis=(1, 3), dtype=np.float32)
        waited_s = t_s - self._looked_s
        if waited_s < (_QUIET_S if people else _EMPTY_S) and not self._moved(blocks):
            return False
        self._reference, self._looked_s = blocks, t_s
        return True

    def _moved(self, blocks: np.ndarray) -> bool:
        if self._reference is None:
            return True
        change = blocks - self._reference
        # A lamp, a cloud or the camera's exposure changes everything alike; that is no movement.
        return bool(np.abs(change - np.median(change)).max() > _MOVED)
