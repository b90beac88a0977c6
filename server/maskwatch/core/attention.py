"""Whom alerts may be raised for, and since when: people in the zones, while the camera is armed."""

from collections.abc import Sequence
from dataclasses import replace

from maskwatch.core.types import Track, TrackState

_BRIDGE_S = 1.0
"""Somebody out of the zones for no longer than this has not left them: faces tremble, and so do zones' edges."""


class Attention:
    """Shows a rule only the violations that count.

    Somebody who doesn't count, because of where they are or when it is, is shown as "can't tell": no alert is raised
    for them, and one that is open stays as it is until they put a mask on or leave. Once they count, their violation
    lasts from then on: the whole `dwell_s` must pass in the zone and while the camera is armed.
    """

    def __init__(self) -> None:
        self._away_since_s: dict[int, float] = {}
        self._here_since_s: dict[int, float] = {}

    def take_over(self, other: "Attention") -> None:
        """Go on with what `other` knows: the settings were changed."""
        self._away_since_s, self._here_since_s = other._away_since_s, other._here_since_s  # noqa: SLF001

    def step(self, t_s: float, tracks: Sequence[Track], *, armed: bool) -> list[Track]:
        """`tracks` as the rule is to see them at `t_s`."""
        known = {track.id for track in tracks}
        for kept in (self._away_since_s, self._here_since_s):
            for gone in kept.keys() - known:
                del kept[gone]
        return [self._shown(t_s, track, counts=armed and track.watched) for track in tracks]

    def _shown(self, t_s: float, track: Track, *, counts: bool) -> Track:
        if not counts:
            self._away_since_s.setdefault(track.id, t_s)
            return replace(track, state=TrackState.UNKNOWN) if track.state.is_violation else track
        away_since_s = self._away_since_s.pop(track.id, None)
        if away_since_s is not None and t_s - away_since_s > _BRIDGE_S:
            self._here_since_s[track.id] = t_s
        here_since_s = self._here_since_s.get(track.id)
        if here_since_s is None or here_since_s <= track.state_since_s:
            return track
        return replace(track, state_since_s=here_since_s)
