"""The newest looks at each person and what was believed after each: what an alert shows as its reasons."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from maskwatch.core.types import SeenLook, Track

_NEWEST = 32
"""Looks kept a person: more than six seconds at five looks a second, and still small enough to go with each alert."""


@dataclass(slots=True)
class _Trail:
    count: int = 0
    looks: deque[SeenLook] = field(default_factory=lambda: deque(maxlen=_NEWEST))


class Trails:
    """Counts the looks at every person of one camera and keeps the newest of them."""

    def __init__(self) -> None:
        self._trails: dict[int, _Trail] = {}

    def step(self, t_s: float, tracks: Sequence[Track]) -> None:
        """Take the looks made at `t_s`; people no longer among `tracks` are forgotten."""
        self._trails = {track.id: self._trails.get(track.id) or _Trail() for track in tracks}
        for track in tracks:
            if track.observation is None:
                continue
            trail, verdict = self._trails[track.id], track.observation.verdict
            trail.count += 1
            trail.looks.append(
                SeenLook(
                    at_s=t_s,
                    label=verdict.label,
                    probabilities=verdict.probabilities,
                    weight=track.observation.quality.weight,
                    belief=track.belief,
                )
            )

    def count(self, track_id: int) -> int:
        """How often the person was looked at."""
        trail = self._trails.get(track_id)
        return trail.count if trail is not None else 0

    def newest(self, track_id: int) -> tuple[SeenLook, ...]:
        """The newest looks at the person, oldest first."""
        trail = self._trails.get(track_id)
        return tuple(trail.looks) if trail is not None else ()

    def join(self, gone_id: int, kept_id: int) -> None:
        """The person `gone_id` turned out to be `kept_id`: their looks are one line."""
        gone = self._trails.pop(gone_id, None)
        if gone is not None:
            kept = self._trails.setdefault(kept_id, _Trail())
            kept.count += gone.count
            kept.looks.extend(gone.looks)

    def clear(self) -> None:
        """Forget everybody."""
        self._trails.clear()
