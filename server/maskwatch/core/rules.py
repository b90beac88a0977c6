"""When a person becomes an alert, and when the alert is over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskwatch.core.trail import Trails
from maskwatch.core.types import (
    AlertAction,
    AlertChange,
    AlertKind,
    CloseReason,
    Evidence,
    MaskLabel,
    Track,
    TrackState,
)

_KIND_OF = {TrackState.NO_MASK: AlertKind.NO_MASK, TrackState.INCORRECT: AlertKind.INCORRECT}
_VIOLATIONS = (MaskLabel.NO_MASK, MaskLabel.INCORRECT)
_CLOCK_S = 1e-6
"""Clocks are floats: what lies exactly a limit apart must count as such."""


@dataclass(frozen=True, slots=True)
class _OpenAlert:
    """A violation that an alert was raised for. `id` is None where another camera's alert tells of this person."""

    id: str | None
    kind: AlertKind
    raised_s: float


class DwellRule:
    """Raises one alert for a person seen in violation for `dwell_s`; closes it when the mask goes on or they leave.

    While a person can't be judged the alert stays as it is. One violation is one alert, even if it turns from a bare
    face into a mask worn wrong, and even if a mask is held up for less than `rearm_s`: the alert closes, and the
    person may have another, only after the mask was seen on for that long. With `repeat_after_s` a violation that
    goes on is told again: a new alert takes the place of the one before. Alert ids come from `new_id`, so that the
    core stays free of chance.
    """

    def __init__(
        self,
        *,
        camera: str,
        dwell_s: float,
        kinds: frozenset[AlertKind],
        new_id: Callable[[], str],
        rearm_s: float = 0.0,
        repeat_after_s: float | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.camera = camera
        self.dwell_s = dwell_s
        self.rearm_s = rearm_s
        self.repeat_after_s = repeat_after_s
        self.kinds = kinds
        self._new_id = new_id
        self._settings = dict(settings or {})
        self._open: dict[int, _OpenAlert] = {}
        self._trails = Trails()
        self.next_due_s: float | None = None
        """When the next violation that goes on will have lasted `dwell_s`; None while there is none."""

    def take_over(self, other: "DwellRule") -> None:
        """Go on with the alerts that `other` has open: its settings were changed while people were in view."""
        self._open, self._trails = other._open, other._trails  # noqa: SLF001

    def step(self, t_s: float, tracks: Sequence[Track]) -> list[AlertChange]:
        """What changes with the look at `t_s`."""
        self._trails.step(t_s, tracks)
        changes: list[AlertChange] = []
        for track_id in sorted(self._open.keys() - {track.id for track in tracks}):
            changes += self._close(t_s, track_id, CloseReason.LEFT)
        for track in tracks:
            alert = self._open.get(track.id)
            if alert is None:
                changes += self._raise(t_s, track) if self._is_due(t_s, track) else []
            elif self._is_over(track):
                changes += self._close(t_s, track.id, CloseReason.MASK_ON)
            elif self._repeats(t_s, track, alert):
                changes += [*self._close(t_s, track.id, CloseReason.REPEATED), *self._raise(t_s, track)]
        coming_s = (
            track.state_since_s + self.dwell_s
            for track in tracks
            if track.id not in self._open and self._shows_violation(track)
        )
        self.next_due_s = min((due_s for due_s in coming_s if due_s > t_s), default=None)
        return changes

    def join(self, gone_id: int, kept_id: int) -> None:
        """The person `gone_id`, who has no alert yet, turned out to be `kept_id`."""
        self._trails.join(gone_id, kept_id)

    def told_of(self, track_id: int) -> AlertKind | None:
        """The kind of alert that tells of the person's violation; None where none does, or it is over."""
        alert = self._open.get(track_id)
        return None if alert is None else alert.kind

    def alert_of(self, track_id: int) -> str | None:
        """The alert of this camera that tells of the person's violation, if one does."""
        alert = self._open.get(track_id)
        return None if alert is None else alert.id

    def excuse(self, t_s: float, track_id: int, kind: AlertKind) -> None:
        """Another alert tells of this person's violation already: raise none before the mask was on, or they left."""
        self._open.setdefault(track_id, _OpenAlert(None, kind, t_s))

    def close_all(self, t_s: float) -> list[AlertChange]:
        """Close every open alert because the camera is gone."""
        self._trails.clear()
        return [
            change for track_id in list(self._open) for change in self._close(t_s, track_id, CloseReason.CAMERA_LOST)
        ]

    def _is_due(self, t_s: float, track: Track) -> bool:
        return self._shows_violation(track) and t_s - track.state_since_s >= self.dwell_s - _CLOCK_S

    def _shows_violation(self, track: Track) -> bool:
        kind = _KIND_OF.get(track.state)
        if kind is None or kind not in self.kinds:
            return False
        # The deciding look must show the violation: it becomes the alert's picture.
        return track.observation is not None and track.observation.verdict.label in _VIOLATIONS

    def _is_over(self, track: Track) -> bool:
        """Whether the mask was seen on for long enough; time out of sight proves nothing."""
        seen_s = track.last_seen_s - track.state_since_s
        return track.state is TrackState.COMPLIANT and seen_s >= self.rearm_s - _CLOCK_S

    def _repeats(self, t_s: float, track: Track, alert: _OpenAlert) -> bool:
        if self.repeat_after_s is None or t_s - alert.raised_s < self.repeat_after_s - _CLOCK_S:
            return False
        return self._shows_violation(track)

    def _raise(self, t_s: float, track: Track) -> list[AlertChange]:
        kind, observation = _KIND_OF[track.state], track.observation
        if observation is None:
            msg = "an alert is raised on a look, and this person was not looked at"
            raise ValueError(msg)
        alert_id = self._new_id()
        self._open[track.id] = _OpenAlert(alert_id, kind, t_s)
        evidence = Evidence(
            box=observation.face.box,
            verdict=observation.verdict,
            quality=observation.quality,
            belief=dict(track.belief),
            seen_s=t_s - track.first_seen_s,
            violation_s=t_s - track.state_since_s,
            looks=self._trails.count(track.id),
            trail=self._trails.newest(track.id),
            settings=self._settings,
        )
        return [self._change(AlertAction.RAISED, alert_id, t_s, track.id, kind, evidence=evidence)]

    def _close(self, t_s: float, track_id: int, reason: CloseReason) -> list[AlertChange]:
        alert = self._open.pop(track_id)
        if alert.id is None:
            return []
        return [self._change(AlertAction.CLOSED, alert.id, t_s, track_id, alert.kind, reason=reason)]

    def _change(
        self,
        action: AlertAction,
        alert_id: str,
        t_s: float,
        track_id: int,
        kind: AlertKind,
        *,
        reason: CloseReason | None = None,
        evidence: Evidence | None = None,
    ) -> AlertChange:
        return AlertChange(
            action=action,
            alert_id=alert_id,
            camera=self.camera,
            track_id=track_id,
            kind=kind,
            at_s=t_s,
            reason=reason,
            evidence=evidence,
        )
