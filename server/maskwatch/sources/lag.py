"""How far a stream has fallen behind, because this machine or the network can't keep up. Time is passed in."""

_LONGEST_STEP_S = 1.0
"""Between two packets of one stream; a larger step, or one back, is a jump of the camera's clock."""
_DRIFT = 0.001
"""How much slower or faster a camera's clock may run than ours without being called late."""


class LagMeter:
    """Compares when packets come with the times the camera gave them: the earliest arrival is what all are held to."""

    def __init__(self) -> None:
        self._stamp_s: float | None = None
        self._came_s = 0.0
        self._least_s = 0.0

    def lag_s(self, stamp_s: float | None, came_s: float) -> float:
        """By how much the packet stamped `stamp_s` by the camera came late at `came_s`; 0 where that can't be told."""
        before_s, elapsed_s = self._stamp_s, came_s - self._came_s
        self._stamp_s, self._came_s = stamp_s, came_s
        if stamp_s is None:
            return 0.0
        offset_s = came_s - stamp_s
        if before_s is None or not 0 <= stamp_s - before_s <= _LONGEST_STEP_S:
            self._least_s = offset_s
        self._least_s = min(self._least_s + _DRIFT * elapsed_s, offset_s)
        return offset_s - self._least_s
