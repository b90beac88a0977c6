"""When to look: a fixed number of looks a second, on whatever frames the camera happens to send."""


class Sampler:
    """Chooses the frames to look at so that `looks_per_s` are met on average, without drift and without bursts.

    Due times lie on a grid. The first frame at or after a due time is taken; after due times without a frame (the
    camera stalled, or sends fewer frames) the grid begins anew: nothing is caught up on. One look beside the grid can
    be asked for, where something is to be decided between two of its times.
    """

    # A camera of 15 frames a second has none exactly at 0.2 s: one that is early by less than this share of the
    # interval is taken as well, or five looks a second would become 4.3 whenever the camera's clock runs a little fast.
    _EARLY = 0.1

    def __init__(self, looks_per_s: float) -> None:
        if looks_per_s <= 0:
            msg = f"looks_per_s must be above 0, not {looks_per_s}"
            raise ValueError(msg)
        self.interval_s = 1.0 / looks_per_s
        self._due_s: float | None = None
        self._beside_s: float | None = None

    def expect(self, at_s: float | None) -> None:
        """Look at the first frame at or after `at_s` (monotonic seconds) too, grid or not; None: no such wish."""
        self._beside_s = at_s

    def wants(self, captured_s: float) -> bool:
        """Whether to look at the frame captured at `captured_s` (monotonic seconds, not decreasing)."""
        beside_s = self._beside_s
        expected = beside_s is not None and captured_s >= beside_s
        if expected:
            self._beside_s = None
        return self._is_due(captured_s) or expected

    def _is_due(self, captured_s: float) -> bool:
        if self._due_s is None:
            self._due_s = captured_s + self.interval_s
            return True
        if captured_s < self._due_s - self._EARLY * self.interval_s:
            return False
        on_the_grid = captured_s - self._due_s < self.interval_s
        self._due_s = (self._due_s if on_the_grid else captured_s) + self.interval_s
        return True
