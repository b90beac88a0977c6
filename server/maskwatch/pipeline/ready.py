"""The cameras that have a frame to look at, and how many of them are looked at in one round."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from maskwatch.core.fairness import FairShare
from maskwatch.pipeline.line import CameraLine

_LARGEST_ROUND = 16
_SMOOTHING = 0.2


class ReadyQueue:
    """The cameras that have a frame to look at, each at most once and never on two threads at a time.

    A round takes as many as can be looked at within `budget_s`, so that the first of a round does not wait long for the
    last. Where there is not time for all, turns go round by the cameras' weights; frames are taken only then, so what
    is looked at is fresh however many wait.
    """

    def __init__(self, budget_s: float = 0.05) -> None:
        self._budget_s = budget_s
        self._look_s = 0.0
        self._condition = threading.Condition()
        self._waiting: dict[CameraLine, None] = {}
        self._busy: set[CameraLine] = set()
        self._turns: FairShare[CameraLine] = FairShare()
        self._closed = False

    def wake(self, line: CameraLine) -> None:
        """`line` has a frame. Cheap: called for every sampled frame by the decode threads."""
        with self._condition:
            if line.has_ended:  # its decode thread has not heard yet; nobody would forget it a second time
                return
            self._waiting[line] = None
            self._condition.notify()

    def forget(self, line: CameraLine) -> None:
        """`line` has ended."""
        with self._condition:
            self._waiting.pop(line, None)
            self._turns.forget(line)

    def close(self) -> None:
        """Let every waiting thread go."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def took(self, looks: int, seconds: float) -> None:
        """A round of so many looks took so long: what the size of the next rounds is chosen by."""
        if looks:
            each_s = seconds / looks
            self._look_s = each_s if self._look_s == 0 else self._look_s + _SMOOTHING * (each_s - self._look_s)

    @property
    def round_size(self) -> int:
        """How many cameras are looked at in one round at most."""
        if self._look_s <= 0:
            return _LARGEST_ROUND
        return max(1, min(_LARGEST_ROUND, int(self._budget_s / self._look_s)))

    @contextmanager
    def round(self) -> Iterator[list[CameraLine]]:
        """Wait for work and hold the lines that have some; empty only after `close`."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._waiting.keys() - self._busy)
            ready = [] if self._closed else [(line, line.weight) for line in self._waiting if line not in self._busy]
            lines = self._turns.next(ready, self.round_size)
            for line in lines:
                del self._waiting[line]
            self._busy.update(lines)
        try:
            yield lines
        finally:
            with self._condition:
                self._busy.difference_update(lines)
                self._condition.notify_all()
