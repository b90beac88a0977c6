"""Who is who among the people of all cameras, by their faces' encodings. Everything here dies with the tracks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from maskwatch.core.ports import Encoding
from maskwatch.core.types import AlertKind, Track


@dataclass(frozen=True, slots=True)
class TrackOf:
    """One track of one camera."""

    camera: str
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The person of `track_id` is the one of `known`."""

    track_id: int
    known: TrackOf


@dataclass(slots=True, repr=False)  # an encoding must not get into a log by way of a repr
class _Entry:
    encoding: Encoding
    known_s: float
    memory_s: float
    in_view: bool = True
    told: AlertKind | None = None


class Gallery:
    """The encodings of the people being followed. One is forgotten `memory_s` after its track has ended."""

    def __init__(self, same_within: float) -> None:
        self._same_within = same_within
        self._entries: dict[TrackOf, _Entry] = {}
        self._same: dict[TrackOf, TrackOf] = {}
        """Tracks that show one person, as long as it has not mattered yet whether an alert tells of them."""

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, who: TrackOf) -> bool:
        return who in self._entries

    def add(self, who: TrackOf, encoding: Encoding, t_s: float, memory_s: float) -> Recognised | None:
        """Keep the encoding of `who`; whom of the others it shows, if anybody: the nearest that is near enough.

        Somebody in view on the same camera at this moment is somebody else.
        """
        best: tuple[float, TrackOf] | None = None
        for other, entry in self._entries.items():
            if other == who or (other.camera == who.camera and entry.in_view):
                continue
            distance = float(np.linalg.norm(entry.encoding - encoding))
            if distance <= self._same_within and (best is None or distance < best[0]):
                best = distance, other
        self._entries[who] = _Entry(encoding, t_s, memory_s)
        if best is None:
            return None
        self._same[who] = best[1]
        return Recognised(track_id=who.id, known=best[1])

    def told_elsewhere(self, camera: str) -> list[tuple[int, AlertKind]]:
        """Tracks of `camera` of whose person an alert on another track tells by now, and its kind; each only once.

        Cameras that overlap recognise somebody before there is any alert, so the bond waits for it.
        """
        told: list[tuple[int, AlertKind]] = []
        for one, other in list(self._same.items()):
            here, there = (one, other) if one.camera == camera else (other, one)
            mine, theirs = self._entries.get(here), self._entries.get(there)
            if mine is None or theirs is None or (mine.told is not None and theirs.told is not None):
                del self._same[one]
            elif here.camera == camera and mine.told is None and theirs.told is not None:
                told.append((here.id, theirs.told))
                del self._same[one]
        return told

    def step(
        self, camera: str, t_s: float, tracks: Mapping[int, Track], told: Mapping[int, AlertKind], memory_s: float
    ) -> None:
        """Note who is followed on `camera`, in view or not, and of whom an alert tells; forget whose time is over."""
        for who, entry in list(self._entries.items()):
            track = tracks.get(who.id) if who.camera == camera else None
            if track is not None:
                entry.known_s, entry.memory_s = t_s, memory_s
                entry.in_view, entry.told = track.observation is not None, told.get(who.id)
            elif who.camera == camera:
                entry.in_view = False
            if t_s - entry.known_s > entry.memory_s:
                del self._entries[who]

    def rename(self, gone: TrackOf, kept: TrackOf) -> None:
        """Two tracks of one camera became one."""
        entry = self._entries.pop(gone, None)
        if entry is not None:
            self._entries[kept] = entry
        self._same.pop(gone, None)
        # Whoever was found to be the one that is gone is the one that was kept.
        for one in [one for one, other in self._same.items() if other == gone]:
            self._same[one] = kept

    def forget(self, camera: str) -> None:
        """Forget everybody of a camera that is gone."""
        for who in [who for who in self._entries if who.camera == camera]:
            del self._entries[who]
