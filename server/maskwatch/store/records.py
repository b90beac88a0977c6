"""The rows as the rest of the house sees them: plain values, detached from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from maskwatch.core.types import AlertKind, CloseReason, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCamera:
    """A camera that was added in the dashboard. What is secret is in clear here and encrypted in the database."""

    name: str
    url: str = field(repr=False)
    enabled: bool = True
    detect_fps: float = 5.0
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Only the rules that differ from the common ones."""
    publish_token: str | None = field(default=None, repr=False)
    """What a phone must show to send as this camera; given by the store to `webrtc:` cameras."""


class AlertState(StrEnum):
    """Where an alert is in its life."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Truth(StrEnum):
    """What an alert's face truly was, as a person says who looked at it."""

    MASK = "mask"
    NO_MASK = "no_mask"
    INCORRECT = "incorrect"
    NOT_A_FACE = "not_a_face"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person said of an alert: right or wrong and, where they said it, what the face truly was."""

    wrong: bool
    at: datetime
    by: str | None = None
    truth: Truth | None = None


class FeedbackFilter(StrEnum):
    """Alerts by what people said of them."""

    WRONG = "wrong"
    RIGHT = "right"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert. Times are aware UTC. `evidence` is JSON: box, belief, quality, looks, settings, model versions.

    An alert that is about no single person has no `track_id`, a `confidence` of 1, and in its evidence what was
    `measured`.
    """

    id: str
    camera: str
    kind: AlertKind
    state: AlertState
    track_id: int | None
    raised_at: datetime
    confidence: float
    evidence: Mapping[str, Any]
    severity: Severity = Severity.WARNING
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str | None = None
    escalate_at: datetime | None = None
    """When it is to be escalated unless somebody acknowledges it; None if it is not."""
    escalated_at: datetime | None = None
    feedback: Feedback | None = None
    event_id: int = 0
    """Of the newest event of this alert: of two accounts of it, the one with the greater is the newer."""
    has_face: bool = False
    has_frame: bool = False
    has_before: bool = False
    has_clip: bool = False


class EventAction(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    """Its snooze ran out while it was still open: it is raised again."""
    ESCALATED = "escalated"
    """Nobody acknowledged it in time."""
    MARKED = "marked"
    """Somebody said that it is right or wrong."""
    UNMARKED = "unmarked"
    CLIP = "clip"
    """Its clip is there to be played."""
    ERASED = "erased"
    UPDATED = "updated"
    REMINDED = "reminded"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One change of one alert, as committed. `event_id` grows by commit order and is never used twice."""

    event_id: int
    action: EventAction
    at: datetime
    alert: StoredAlert
    by: str | None = None
    """Who did it; None where nobody did, or nobody is known by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Which alerts to list, newest first; any of the kinds and states given. `cursor` is what the page before gave."""

    camera: str | None = None
    kinds: Sequence[AlertKind] = ()
    severity: Severity | None = None
    states: Sequence[AlertState] = ()
    feedback: FeedbackFilter | None = None
    escalated: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_confidence: float | None = None
    cursor: str | None = None
    limit: int = 50
