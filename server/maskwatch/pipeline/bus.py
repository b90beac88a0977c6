"""From the inference threads to the loop: the newest look of each camera, and every look that changed an alert."""

import asyncio
import threading
from collections.abc import Callable

from maskwatch.core.types import Look


class LookBus:
    """Carries looks across to the loop without ever growing with a slow loop.

    A look without alert changes is overwritten by the camera's next one when the loop has not come to it; a look with
    changes is always delivered, in order. `post` may be called from any thread, the subscribers are called on the loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_overwritten: Callable[[str], None]) -> None:
        self._loop = loop
        self._on_overwritten = on_overwritten
        self._subscribers: list[Callable[[Look], None]] = []
        self._lock = threading.Lock()
        self._waiting: list[Look] = []
        self._scheduled = False
        self._closed = False

    def subscribe(self, subscriber: Callable[[Look], None]) -> None:
        """Call `subscriber` on the loop for every look delivered; it must not block."""
        self._subscribers.append(subscriber)

    def post(self, look: Look) -> None:
        """Leave a look for the loop."""
        overwritten = False
        with self._lock:
            if self._closed:
                return
            for index, waiting in enumerate(self._waiting):
                if waiting.frame.camera == look.frame.camera and not waiting.changes:
                    del self._waiting[index]
                    overwritten = True
                    break
            self._waiting.append(look)
            schedule, self._scheduled = not self._scheduled, True
        if overwritten:
            self._on_overwritten(look.frame.camera)
        if schedule:
            self._loop.call_soon_threadsafe(self._deliver)

    def close(self) -> None:
        """Deliver what waits (call on the loop) and take no more."""
        with self._lock:
            self._closed = True
        self._deliver()

    def _deliver(self) -> None:
        with self._lock:
            looks, self._waiting = self._waiting, []
            self._scheduled = False
        for look in looks:
            for subscriber in self._subscribers:
                subscriber(look)
