"""From single looks to what is believed of a person. Looks are votes, weighted by quality; "can't tell" is none.

The evidence for each class is a moving average over time (not over frames): a look counts for the time it stands for,
so twice the looks a second give the same belief. Evidence fades while a person can't be judged. What is not covered
by evidence is spread evenly over the classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from maskwatch.core.types import LABELS, MaskLabel, Observation, Track, TrackState

_STATE_OF = {
    MaskLabel.MASK: TrackState.COMPLIANT,
    MaskLabel.NO_MASK: TrackState.NO_MASK,
    MaskLabel.INCORRECT: TrackState.INCORRECT,
}
_VIOLATIONS = (MaskLabel.NO_MASK, MaskLabel.INCORRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceSettings:
    """How quickly looks are believed. `enter` and `leave` are beliefs (0..1), the rest is in seconds."""

    enter: float = 0.6
    """Belief at which a state is taken."""
    leave: float = 0.45
    """Belief below which it is given up: lower than `enter`, so that a state does not flicker."""
    vote_half_life_s: float = 0.35
    """Time of full-weight looks after which half of what was believed before is replaced."""
    fade_half_life_s: float = 6.0
    """Time without a judgeable look after which half of the evidence is gone."""
    longest_vote_s: float = 0.3
    """A look stands for the time since the one before, but never for longer than this: no single one may decide."""


@dataclass(slots=True)
class _Person:
    updated_s: float
    evidence: dict[MaskLabel, float] = field(default_factory=lambda: dict.fromkeys(LABELS, 0.0))
    onset_s: dict[MaskLabel, float] = field(default_factory=dict)
    """When the present evidence for a class began: the first look of the run that led to what is believed now."""
    voted_s: float | None = None
    state: TrackState = TrackState.UNKNOWN
    state_since_s: float = 0.0


class Compliance:
    """Keeps the belief and the state of every person of one camera."""

    _FIRST_VOTE_S = 0.2
    """What the very first look at a person stands for."""
    _ONSET = 0.06
    """Evidence below this is a leftover of odd looks, not the beginning of anything."""
    _DENIED = 0.25
    """The same once a look says the opposite: else odd looks now and then would add up to one begun long ago."""

    def __init__(self, settings: ComplianceSettings | None = None) -> None:
        self.settings = settings or ComplianceSettings()
        self._people: dict[int, _Person] = {}

    def update(self, t_s: float, tracks: Sequence[Track]) -> list[Track]:
        """The same people with belief and state as of `t_s`; people no longer among `tracks` are forgotten."""
        known = {track.id for track in tracks}
        self._people = {id_: person for id_, person in self._people.items() if id_ in known}
        return [self._judge(t_s, track) for track in tracks]

    def take_over(self, other: "Compliance") -> None:
        """Go on with what `other` believes: its settings were changed while people were in view."""
        self._people = other._people  # noqa: SLF001

    def join(self, gone_id: int, kept_id: int) -> None:
        """The person `gone_id` turned out to be `kept_id`: what was believed of them before goes on."""
        gone = self._people.pop(gone_id, None)
        if gone is not None:
            self._people.setdefault(kept_id, gone)

    def _judge(self, t_s: float, track: Track) -> Track:
        person = self._people.setdefault(track.id, _Person(updated_s=t_s, state_since_s=track.first_seen_s))
        self._fade(person, t_s)
        if track.observation is not None:
            self._vote(person, t_s, track.observation)
        belief = self._belief(person)
        self._decide(person, t_s, belief)
        return replace(track, belief=belief, state=person.state, state_since_s=person.state_since_s)

    def _fade(self, person: _Person, t_s: float) -> None:
        keep = 0.5 ** ((t_s - person.updated_s) / self.settings.fade_half_life_s)
        person.updated_s = t_s
        for label in LABELS:
            person.evidence[label] *= keep

    def _vote(self, person: _Person, t_s: float, observation: Observation) -> None:
        weight = observation.quality.weight
        if weight <= 0 or observation.verdict.label is MaskLabel.UNKNOWN:
            return
        stands_for_s = self._FIRST_VOTE_S if person.voted_s is None else t_s - person.voted_s
        stands_for_s = min(stands_for_s, self.settings.longest_vote_s) * weight
        keep = 0.5 ** (stands_for_s / self.settings.vote_half_life_s)
        person.voted_s = t_s
        masked = observation.verdict.label is MaskLabel.MASK
        for label in LABELS:
            denied = masked != (label is MaskLabel.MASK)
            if person.evidence[label] < (self._DENIED if denied else self._ONSET):
                person.onset_s.pop(label, None)
            person.evidence[label] *= keep
            person.evidence[label] += (1 - keep) * observation.verdict.probabilities.get(label, 0.0)
        person.onset_s.setdefault(observation.verdict.label, t_s)

    def _belief(self, person: _Person) -> Mapping[MaskLabel, float]:
        doubt = self._doubt(person)
        return {label: person.evidence[label] + doubt for label in LABELS}

    @staticmethod
    def _doubt(person: _Person) -> float:
        """What no evidence covers, as the share of each class."""
        return max(0.0, 1 - sum(person.evidence.values())) / len(LABELS)

    def _decide(self, person: _Person, t_s: float, belief: Mapping[MaskLabel, float]) -> None:
        """Take the state that is believed enough, or give the present one up; else leave it as it is.

        A bare face and a mask worn wrong are told apart among themselves only after both together are believed to be
        a violation: doubt between the two is no doubt that there is one.
        """
        enter = self.settings.enter
        # Either of the two brings its share of the doubt; together they must not have more of it than a mask has.
        violation = sum(belief[label] for label in _VIOLATIONS) - self._doubt(person)
        if belief[MaskLabel.MASK] >= enter:
            self._take(person, TrackState.COMPLIANT, person.onset_s.get(MaskLabel.MASK, t_s))
        elif violation >= enter:
            if not person.state.is_violation:
                onset_s = min((person.onset_s[label] for label in _VIOLATIONS if label in person.onset_s), default=t_s)
                likelier = max(_VIOLATIONS, key=lambda label: belief[label])
                self._take(person, _STATE_OF[likelier], onset_s)
            for label in _VIOLATIONS:
                if belief[label] >= enter:  # one of the two after all: the violation goes on since it began
                    person.state = _STATE_OF[label]
        elif person.state is not TrackState.UNKNOWN:
            held = violation if person.state.is_violation else belief[MaskLabel.MASK]
            if held < self.settings.leave:
                self._take(person, TrackState.UNKNOWN, t_s)

    @staticmethod
    def _take(person: _Person, state: TrackState, since_s: float) -> None:
        if person.state is not state:
            person.state, person.state_since_s = state, since_s
