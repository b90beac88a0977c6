"""When to look: a fixed number of looks a second, on whatever frames the camera happens to send."""


class Sampler:
    """Chooses the frames to look at so that `looks_per_s` are met on average, without drift and without bursts.

    Due times lie on a grid. The first frame at or after a due time is taken; after due times without a frame (the
    camera stalled, or sends fewer frames) the grid begins anew: nothing is caught up on.
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

    def wants(self, captured_s: float) -> bool:
        """Whether to look at the frame captured at `captured_s` (monotonic seconds, not decreasing)."""
        if self._due_s is None:
            self._due_s = captured_s + self.interval_s
            return True
        if captured_s < self._due_s - self._EARLY * self.interval_s:
            return False
        on_the_grid = captured_s - self._due_s < self.interval_s
        self._due_s = (self._due_s if on_the_grid else captured_s) + self.interval_s
        return True
