"""When a person becomes an alert, and when the alert is over."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class _OpenAlert:
    id: str
    kind: AlertKind


class DwellRule:
    """Raises one alert for a person seen in violation for `dwell_s`; closes it when the mask goes on or they leave.

    While a person can't be judged the alert stays as it is. One violation is one alert, even if it turns from a bare
    face into a mask worn wrong. Alert ids come from `new_id`, so that the core stays free of chance.
    """

    def __init__(
        self,
        *,
        camera: str,
        dwell_s: float,
        kinds: frozenset[AlertKind],
        new_id: Callable[[], str],
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.camera = camera
        self.dwell_s = dwell_s
        self.kinds = kinds
        self._new_id = new_id
        self._settings = dict(settings or {})
        self._open: dict[int, _OpenAlert] = {}
        self._looks: dict[int, int] = {}

    def take_over(self, other: "DwellRule") -> None:
        """Go on with the alerts that `other` has open: its settings were changed while people were in view."""
        self._open, self._looks = other._open, other._looks  # noqa: SLF001

    def step(self, t_s: float, tracks: Sequence[Track]) -> list[AlertChange]:
        """What changes with the look at `t_s`."""
        changes = [
            self._close(t_s, track_id, CloseReason.LEFT)
            for track_id in self._open.keys() - {track.id for track in tracks}
        ]
        self._looks = {track.id: self._looks.get(track.id, 0) + (track.observation is not None) for track in tracks}
        for track in tracks:
            if track.id in self._open:
                if track.state is TrackState.COMPLIANT:
                    changes.append(self._close(t_s, track.id, CloseReason.MASK_ON))
            elif self._is_due(t_s, track):
                changes.append(self._raise(t_s, track))
        return changes

    def close_all(self, t_s: float) -> list[AlertChange]:
        """Close every open alert because the camera is gone."""
        self._looks.clear()
        return [self._close(t_s, track_id, CloseReason.CAMERA_LOST) for track_id in list(self._open)]

    def _is_due(self, t_s: float, track: Track) -> bool:
        kind = _KIND_OF.get(track.state)
        if kind is None or kind not in self.kinds:
            return False
        # The deciding look must show the violation: it becomes the alert's picture.
        if track.observation is None or track.observation.verdict.label not in _VIOLATIONS:
            return False
        # Clocks are floats: a look that lies exactly dwell_s after the first must count as such.
        return t_s - track.state_since_s >= self.dwell_s - 1e-6

    def _raise(self, t_s: float, track: Track) -> AlertChange:
        kind, observation = _KIND_OF[track.state], track.observation
        if observation is None:
            msg = "an alert is raised on a look, and this person was not looked at"
            raise ValueError(msg)
        alert = _OpenAlert(self._new_id(), kind)
        self._open[track.id] = alert
        evidence = Evidence(
            box=observation.face.box,
            verdict=observation.verdict,
            quality=observation.quality,
            belief=dict(track.belief),
            seen_s=t_s - track.first_seen_s,
            violation_s=t_s - track.state_since_s,
            looks=self._looks[track.id],
            settings=self._settings,
        )
        return AlertChange(
            action=AlertAction.RAISED,
            alert_id=alert.id,
            camera=self.camera,
            track_id=track.id,
            kind=kind,
            at_s=t_s,
            evidence=evidence,
        )

    def _close(self, t_s: float, track_id: int, reason: CloseReason) -> AlertChange:
        alert = self._open.pop(track_id)
        return AlertChange(
            action=AlertAction.CLOSED,
            alert_id=alert.id,
            camera=self.camera,
            track_id=track_id,
            kind=alert.kind,
            at_s=t_s,
            reason=reason,
        )
