"""Following people across the looks of one camera, by motion and size. Ages in seconds: any rate of looks will do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from maskwatch.core.geometry import intersection_over_union
from maskwatch.core.types import LABELS, Box, Observation, Track, TrackState

_NO_BELIEF = dict.fromkeys(LABELS, 1 / len(LABELS))


@dataclass(slots=True)
class _Person:
    """A person being followed: where they were seen last and how fast they moved, in pixels a second."""

    id: int
    box: Box
    first_seen_s: float
    last_seen_s: float
    velocity: tuple[float, float] = (0.0, 0.0)
    followed_s: float = 0.0
    """How long their motion has been known; 0 for somebody seen only once."""
    observation: Observation | None = field(default=None)

    def predicted(self, t_s: float, box: Box, *, horizon_s: float, overshoot: float) -> Box:
        """Where the box should be at `t_s`, if `box` is this person.

        Motion surely goes on for `horizon_s`. Later the person may have stopped, gone on or walked a little faster
        (by `overshoot`): of all places on that way the one nearest to `box` counts.
        """
        age_s = t_s - self.last_seen_s
        if age_s > horizon_s:
            age_s = self._nearest_s(box, horizon_s, age_s * overshoot)
        dx, dy = self.velocity[0] * age_s, self.velocity[1] * age_s
        return Box(self.box.x1 + dx, self.box.y1 + dy, self.box.x2 + dx, self.box.y2 + dy)

    def _nearest_s(self, box: Box, least_s: float, most_s: float) -> float:
        """When, between `least_s` and `most_s` on their way, they come nearest to `box`."""
        (x, y), (from_x, from_y) = box.center, self.box.center
        speed = self.velocity[0] ** 2 + self.velocity[1] ** 2
        if speed <= 0:
            return least_s
        along_s = ((x - from_x) * self.velocity[0] + (y - from_y) * self.velocity[1]) / speed
        return min(max(along_s, least_s), most_s)

    def see(self, t_s: float, observation: Observation, smoothing_s: float) -> None:
        """Take a new look: move the box there and blend the new speed into the old one by the time between."""
        elapsed_s = t_s - self.last_seen_s
        if elapsed_s > 0:
            old_x, old_y = self.box.center
            new_x, new_y = observation.face.box.center
            self.followed_s += elapsed_s
            # Corrected for having begun at rest: the first two looks give the whole speed, not a share of it.
            share = math.expm1(-elapsed_s / smoothing_s) / math.expm1(-self.followed_s / smoothing_s)
            self.velocity = (
                self.velocity[0] + share * ((new_x - old_x) / elapsed_s - self.velocity[0]),
                self.velocity[1] + share * ((new_y - old_y) / elapsed_s - self.velocity[1]),
            )
        self.box, self.last_seen_s, self.observation = observation.face.box, t_s, observation


class MotionTracker:
    """Constant-velocity tracker with best-first matching.

    A face continues the person whose predicted place is nearest, measured in face sizes, so that near and far people
    follow one rule. The reach grows with the time since the person was seen, up to `memory_s`, when they are forgotten:
    somebody who comes out behind a pillar goes on as who they were. Faces the detector is unsure of may continue a
    person but never start one.
    """

    def __init__(self, *, memory_s: float = 2.0, birth_score: float = 0.6) -> None:
        self.memory_s = memory_s
        self.birth_score = birth_score
        self._people: list[_Person] = []
        self._next_id = 1

    _REACH_SIZES = 0.8
    """How far from its predicted place a face may be, in face sizes, between two looks in quick succession."""
    _REACH_SIZES_PER_S = 1.5
    """How much further for each second out of sight."""
    _REACH_MOST_SIZES = 3.0
    _STRIDE_SIZES_PER_S = 7.0
    """How fast people walk: the reach of somebody seen only once, whose way is not known yet."""
    _SIZE_RATIO = 1.8
    """How much larger or smaller a face may become between two looks."""
    _HORIZON_S = 0.6
    _OVERSHOOT = 1.3
    """How much faster somebody out of sight may have walked on."""
    _STALE_PER_S = 0.3
    """Who was seen more recently comes first: so many face sizes a second out of sight."""
    _SMOOTHING_S = 0.3

    def update(self, t_s: float, observations: Sequence[Observation]) -> list[Track]:
        """Match `observations` made at `t_s` to the people known; return all still remembered, oldest first."""
        self._people = [person for person in self._people if t_s - person.last_seen_s <= self.memory_s]
        for person in self._people:
            person.observation = None
        taken = self._match(t_s, observations)
        for index, observation in enumerate(observations):
            if index not in taken and observation.face.score >= self.birth_score:
                self._people.append(_Person(self._next_id, observation.face.box, t_s, t_s, observation=observation))
                self._next_id += 1
        return [self._track(person) for person in self._people]

    def take_over(self, other: "MotionTracker") -> None:
        """Go on following the people of `other`: its settings were changed while they were in view."""
        self._people, self._next_id = other._people, other._next_id  # noqa: SLF001

    def join(self, gone_id: int, kept_id: int) -> bool:
        """The person `gone_id` turned out to be `kept_id`, who was out of sight: follow them as `kept_id` from now on.

        False, and nothing changes, where one of them is not known, or both are in view.
        """
        people = {person.id: person for person in self._people}
        gone, kept = people.get(gone_id), people.get(kept_id)
        if gone is None or kept is None or gone is kept or kept.last_seen_s >= gone.first_seen_s:
            return False
        kept.box, kept.velocity, kept.observation = gone.box, gone.velocity, gone.observation
        kept.last_seen_s, kept.followed_s = gone.last_seen_s, gone.followed_s
        self._people = [person for person in self._people if person is not gone]
        return True

    def forget(self) -> None:
        """Forget everybody; ids are not used again."""
        self._people = []

    def _match(self, t_s: float, observations: Sequence[Observation]) -> set[int]:
        """Give each observation to at most one person, nearest pairs first; return the indices that found one."""
        pairs: list[tuple[float, int, int]] = []
        for person_index, person in enumerate(self._people):
            gap_s = t_s - person.last_seen_s
            for index, observation in enumerate(observations):
                box = observation.face.box
                predicted = person.predicted(t_s, box, horizon_s=self._HORIZON_S, overshoot=self._OVERSHOOT)
                distance = self._distance(predicted, box, self._reach(person, gap_s))
                if distance is not None:
                    pairs.append((distance + self._STALE_PER_S * gap_s, person_index, index))
        pairs.sort()
        matched_people: set[int] = set()
        taken: set[int] = set()
        for _, person_index, index in pairs:
            if person_index not in matched_people and index not in taken:
                matched_people.add(person_index)
                taken.add(index)
                self._people[person_index].see(t_s, observations[index], self._SMOOTHING_S)
        return taken

    def _reach(self, person: _Person, gap_s: float) -> float:
        """How far from their predicted place they may be, in face sizes."""
        per_s = self._REACH_SIZES_PER_S if person.followed_s > 0 else self._STRIDE_SIZES_PER_S
        return min(self._REACH_SIZES + per_s * gap_s, self._REACH_MOST_SIZES)

    def _distance(self, predicted: Box, box: Box, reach: float) -> float | None:
        """How unlike a face's place and size are to the predicted ones, in face sizes; None if out of reach."""
        size, predicted_size = box.longer_side, predicted.longer_side
        if size <= 0 or predicted_size <= 0:
            return None
        ratio = max(size, predicted_size) / min(size, predicted_size)
        if ratio > self._SIZE_RATIO:
            return None
        (x, y), (predicted_x, predicted_y) = box.center, predicted.center
        distance = math.hypot(x - predicted_x, y - predicted_y) / ((size + predicted_size) / 2)
        if distance > reach:
            return None
        return distance + 0.5 * math.log(ratio) + 0.3 * (1 - intersection_over_union(predicted, box))

    @staticmethod
    def _track(person: _Person) -> Track:
        return Track(
            id=person.id,
            box=person.box,
            first_seen_s=person.first_seen_s,
            last_seen_s=person.last_seen_s,
            belief=_NO_BELIEF,
            state=TrackState.UNKNOWN,
            state_since_s=person.first_seen_s,
            observation=person.observation,
        )
