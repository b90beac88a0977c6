"""All rules of one camera as one: zones, schedule, dwell, crowd, blindness and the limit, in this order."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from maskwatch.core.attention import Attention
from maskwatch.core.blindness import BlindnessRule, glance
from maskwatch.core.crowd import CrowdRule
from maskwatch.core.limits import AlertLimit
from maskwatch.core.outage import OutageRule
from maskwatch.core.ports import Judgement
from maskwatch.core.rules import DwellRule
from maskwatch.core.standing import StandingAlert
from maskwatch.core.types import AlertChange, AlertKind, CloseReason, Frame, Severity, Track
from maskwatch.core.zones import Zones
from maskwatch.pipeline.spec import CameraSpec

_GLANCE_EVERY_S = 0.5
"""How often it is measured whether the picture shows anything: blindness lasts, and measuring costs."""

NewId = Callable[[], str]


class CameraRules:
    """The rule of a camera's line; see `core.ports.Rule`."""

    def __init__(self, spec: CameraSpec, new_id: NewId, evidence_settings: Mapping[str, Any]) -> None:
        rules = spec.rules
        self._severity = rules.severity
        self._arming = spec.arming
        self._zones = Zones([zone.zone for zone in rules.zones])
        self._attention = Attention()
        kinds = {AlertKind.NO_MASK} | ({AlertKind.INCORRECT} if rules.alert_incorrect else set())
        self.dwell = DwellRule(
            camera=spec.name,
            dwell_s=rules.dwell_s,
            rearm_s=rules.rearm_s,
            repeat_after_s=rules.repeat_after_s,
            kinds=frozenset(kinds),
            new_id=new_id,
            settings={
                **evidence_settings,
                "rules": rules.model_dump(mode="json", exclude=_NOT_IN_EVIDENCE),
                "detect_fps": spec.detect_fps,
            },
        )
        self._limit = AlertLimit(_standing(spec, AlertKind.HELD_BACK, new_id), per_minute=rules.max_alerts_per_minute)
        below = rules.crowd_below_percent
        self._crowd = CrowdRule(
            _standing(spec, AlertKind.CROWD, new_id, evidence_settings),
            below=below / 100 if below is not None else None,
            for_s=rules.crowd_for_minutes * 60,
            min_people=rules.crowd_min_people,
        )
        self._blindness = BlindnessRule(
            _standing(spec, AlertKind.CAMERA_BLIND, new_id), blind_after_s=rules.blind_after_s
        )

        self._glanced_s = -math.inf

    def take_over(self, other: "CameraRules") -> None:
        """Go on with the open alerts of `other`: the settings were changed."""
        self._attention.take_over(other._attention)  # noqa: SLF001
        self.dwell.take_over(other.dwell)
        self._limit.take_over(other._limit)  # noqa: SLF001
        self._crowd.take_over(other._crowd)  # noqa: SLF001
        self._blindness.take_over(other._blindness)  # noqa: SLF001

    def step(self, frame: Frame, tracks: Sequence[Track]) -> Judgement:
        """What follows from who is in `frame`, and from its picture."""
        t_s = frame.captured_monotonic_s
        armed = self._arming.is_armed(frame.captured_utc)
        picture = frame.picture
        tracks = [
            replace(track, watched=self._zones.admit(track.box, picture.width, picture.height)) for track in tracks
        ]
        limited = self._limit.step(t_s, self.dwell.step(t_s, self._attention.step(t_s, tracks, armed=armed)))
        changes = [*limited.changes, *self._crowd.step(t_s, tracks, armed=armed)]
        if t_s - self._glanced_s >= _GLANCE_EVERY_S:
            self._glanced_s = t_s
            # What can't be measured says nothing of the camera, and must not take with it what changed above.
            with suppress(ValueError, OSError, MemoryError):
                seen = glance(picture) if self._blindness.is_watching else None
                changes += self._blindness.step(t_s, seen, armed=armed)
        return Judgement(
            tracks=tuple(tracks),
            changes=tuple(rated(changes, self._severity)),
            held_back=limited.held_back,
            next_due_s=self.dwell.next_due_s,
        )

    def told_of(self, track_id: int) -> AlertKind | None:
        """See `core.ports.Rule`."""
        return self.dwell.told_of(track_id)

    def shown_of(self, track_id: int) -> AlertKind | None:
        """See `core.ports.Rule`."""
        return None if self._limit.holds(self.dwell.alert_of(track_id)) else self.dwell.told_of(track_id)

    def join(self, gone_id: int, kept_id: int) -> None:
        """See `core.ports.Rule`."""
        self.dwell.join(gone_id, kept_id)

    def excuse(self, t_s: float, track_id: int, kind: AlertKind) -> None:
        """See `core.ports.Rule`."""
        self.dwell.excuse(t_s, track_id, kind)

    def close_all(self, t_s: float) -> list[AlertChange]:
        """Close every open alert because the camera is gone."""
        lost = CloseReason.CAMERA_LOST
        people = self._limit.step(t_s, self.dwell.close_all(t_s)).changes
        return rated(
            [
                *people,
                *self._limit.close_all(t_s, lost),
                *self._crowd.close_all(t_s, lost),
                *self._blindness.close_all(t_s, lost),
            ],
            self._severity,
        )


def outage_rule(spec: CameraSpec, new_id: NewId) -> OutageRule:
    """The rule that tells when the camera of `spec` is away."""
    return OutageRule(
        _standing(spec, AlertKind.CAMERA_OFFLINE, new_id),
        offline_after_s=spec.rules.offline_after_s,
        offline_reminder_s=spec.rules.offline_reminder_s,
    )


def rated(changes: Iterable[AlertChange], severity: Mapping[AlertKind, Severity]) -> list[AlertChange]:
    """`changes` with how much each matters."""
    return [replace(change, severity=severity.get(change.kind, change.severity)) for change in changes]


_NOT_IN_EVIDENCE = {"schedules", "time_zone", "severity", "offline_after_s", "offline_reminder_s"}
"""Rules that decide nothing about whether a person wears a mask."""


def _standing(
    spec: CameraSpec, kind: AlertKind, new_id: NewId, settings: Mapping[str, Any] | None = None
) -> StandingAlert:
    return StandingAlert(camera=spec.name, kind=kind, new_id=new_id, settings=settings)
