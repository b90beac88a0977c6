"""A mailbox that holds one thing: the newest. What nobody took is overwritten, and the writer is told."""

from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")


class LatestSlot(Generic[Item]):
    """Hand-off between a fast writer and a slower reader on different threads, without a queue that could grow."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._item: Item | None = None

    def put(self, item: Item) -> bool:
        """Leave `item`; True when it took the place of one that nobody had taken."""
        with self._lock:
            overwritten = self._item is not None
            self._item = item
            return overwritten

    def renew(self, item: Item) -> bool:
        """Leave `item` in the place of one that nobody has taken yet; False, and nothing left, where there is none."""
        with self._lock:
            if self._item is None:
                return False
            self._item = item
            return True

    def take(self) -> Item | None:
        """The newest item, once; None when there is none."""
        with self._lock:
            item, self._item = self._item, None
            return item
