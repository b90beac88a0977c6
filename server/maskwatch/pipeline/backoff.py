"""How long to wait before a camera is opened again."""

import random
from collections.abc import Callable


class Backoff:
    """Doubling waits with jitter, so that cameras behind one switch do not all come back in the same instant."""

    def __init__(
        self, *, first_s: float = 0.5, longest_s: float = 60.0, chance: Callable[[], float] = random.random
    ) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._chance = chance
        self._failures = 0

    def next_s(self) -> float:
        """The wait after one more failure: between half and the whole of the doubled step."""
        step_s = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return step_s * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        """It worked: the next failure starts over."""
        self._failures = 0
