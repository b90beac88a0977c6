"""Remembers, of people who may become an alert, the best look at their face and the picture from before it began."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from maskwatch.core.crops import FACE_CONTEXT, cut_out
from maskwatch.core.types import (
    AlertAction,
    AlertChange,
    Box,
    Frame,
    Image,
    Keepsake,
    MaskLabel,
    Observation,
    Picture,
    Track,
    TrackState,
)

_MOST_PEOPLE = 32
"""People remembered at a time; beyond, alerts show the deciding look. Bounds memory in a crowd."""
_MOST_PICTURES = 4
"""Pictures from before, over all people of the camera: people who come together share one."""
_LONGEST_PX = 1280
"""Longer side of a picture from before."""
_VIOLATIONS = (MaskLabel.NO_MASK, MaskLabel.INCORRECT)


@dataclass(frozen=True, slots=True)
class _Before:
    image: Image
    utc: datetime


@dataclass(slots=True)
class _Person:
    before: _Before | None
    weight: float = -1.0
    face: Image | None = None
    box: Box | None = None
    utc: datetime | None = None

    def remember(self, frame: Frame, seen: Observation) -> None:
        """This is the best look so far."""
        with suppress(ValueError, OSError, MemoryError):  # A face less; the looks go on.
            part, face = cut_out(frame.picture, seen.face, FACE_CONTEXT)
            self.face, self.box = part.copy(), face.box  # a part would keep the whole picture in memory
            self.weight, self.utc = seen.quality.weight, frame.captured_utc


class Keepsakes:
    """One camera's. Costs nothing while nobody is seen without a mask. On one inference thread at a time."""

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}
        self._earlier: Frame | None = None

    def look(self, frame: Frame, tracks: Sequence[Track], changes: Sequence[AlertChange]) -> Mapping[str, Keepsake]:
        """Take note of one look at `frame`; what is remembered for the alerts it raised, by their ids."""
        for id_ in self._people.keys() - {track.id for track in tracks}:
            del self._people[id_]
        before: _Before | None = None
        for track in tracks:
            seen = track.observation
            if track.state is TrackState.COMPLIANT:
                self._people.pop(track.id, None)
            elif seen is not None and seen.verdict.label in _VIOLATIONS:
                person = self._people.get(track.id)
                if person is None and len(self._people) < _MOST_PEOPLE:
                    before = before or self._before()
                    person = self._people[track.id] = _Person(before)
                if person is not None and seen.quality.weight > person.weight:
                    person.remember(frame, seen)
        self._earlier = frame
        raised = [change for change in changes if change.action is AlertAction.RAISED]
        return {change.alert_id: kept for change in raised if (kept := self._keepsake(change)) is not None}

    def forget(self) -> None:
        """The camera is gone: so is everybody, and what was seen before."""
        self._people.clear()
        self._earlier = None

    def _before(self) -> _Before | None:
        """The look before this one as a picture, unless enough of these are kept already."""
        if self._earlier is None:
            return None
        pictures = {id(person.before) for person in self._people.values() if person.before is not None}
        if len(pictures) >= _MOST_PICTURES:
            return None
        try:
            return _Before(_small(self._earlier.picture), self._earlier.captured_utc)
        except (ValueError, OSError, MemoryError):
            return None  # A picture less; the looks go on.

    def _keepsake(self, change: AlertChange) -> Keepsake | None:
        person = self._people.get(change.track_id) if change.track_id is not None else None
        if person is None or person.face is None or person.box is None or person.utc is None or not person.face.size:
            return None
        before, person.before = person.before, None
        return Keepsake(
            face=person.face,
            face_box=person.box,
            face_weight=person.weight,
            face_utc=person.utc,
            before=before.image if before else None,
            before_utc=before.utc if before else None,
        )


def _small(picture: Picture) -> Image:
    scale = min(1.0, _LONGEST_PX / max(picture.width, picture.height))
    return picture.scaled(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
