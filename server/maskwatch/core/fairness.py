"""Who is next when there is not time for all: evenly, and by weight."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class FairShare(Generic[Member]):
    """Chooses among those who wait so that, in the long run, each gets turns in proportion to its weight.

    Each member has a clock of its own that a turn moves on, the less the higher its weight; who is furthest behind is
    next. Whoever was away does not save turns up: it joins where the one that was served last stands.
    """

    def __init__(self) -> None:
        self._clocks: dict[Member, float] = {}
        self._now = 0.0

    def next(self, waiting: Sequence[tuple[Member, float]], most: int) -> list[Member]:
        """Up to `most` of those who wait, given with their weights (above 0), in order; they have had their turn."""
        ordered = sorted(waiting, key=lambda each: max(self._clocks.get(each[0], 0.0), self._now - 1 / each[1]))
        chosen = ordered[:most]
        for member, weight in chosen:
            begin = max(self._clocks.get(member, 0.0), self._now - 1 / weight)
            self._now = max(self._now, begin)
            self._clocks[member] = begin + 1 / weight
        return [member for member, _ in chosen]

    def forget(self, member: Member) -> None:
        """It will not come again."""
        self._clocks.pop(member, None)
