"""Alerts as the API shows them, what somebody does with them, and which of them are asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from maskwatch.core.types import AlertKind, CloseReason, Severity
from maskwatch.store.records import FeedbackFilter, Truth
from maskwatch.web.schema.base import Wire

MOST_SNOOZE_MINUTES = 7 * 24 * 60


class AlertState(StrEnum):
    """Where an alert is in its life."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Feedback(Wire):
    """What somebody said of an alert."""

    wrong: bool
    """Whether the alert is wrong; else it is right."""
    truth: Truth | None = None
    """What the face truly was, if they said so: mask, no_mask, incorrect, or not_a_face."""
    at: datetime
    by: str | None = None


class Alert(Wire):
    """An alert as the API shows it."""

    id: str
    camera: str
    kind: AlertKind
    severity: Severity
    state: AlertState
    track_id: int | None = None
    """The person; None for alerts about a camera, a crowd, or what was held back."""
    raised_at: datetime
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    """When it is raised again, if it is still open then."""
    snoozed_by: str | None = None
    escalate_at: datetime | None = None
    """When it is escalated if nobody acknowledges it; see the setting `alerts.escalate_after_s`."""
    escalated_at: datetime | None = None
    feedback: Feedback | None = None
    event_id: int
    """Id of the newest event of this alert: of two accounts of it, the one with the greater is the newer."""
    confidence: float
    """Probability of the label at the look that raised it; 1 for what is about no single person."""
    evidence: dict[str, Any]
    """Why it was raised: looks, belief, quality, settings and model versions; or what was `measured`."""
    face_url: str | None = None
    """Picture of the face (JPEG), if one is kept."""
    frame_url: str | None = None
    """The whole picture with boxes drawn in (JPEG), if one is kept."""
    before_url: str | None = None
    """The last picture from before it began (JPEG), if one is kept."""
    clip_url: str | None = None
    """A short video (MP4), if one is kept; it comes some seconds after the alert."""


class AlertPage(Wire):
    """One page of alerts, newest first."""

    alerts: list[Alert]
    next_cursor: str | None = None


class Acknowledge(Wire):
    """Who saw an alert."""

    by: str | None = Field(default=None, max_length=100)


class Snooze(Wire):
    """How long an alert is to rest: either of `minutes` and `until`."""

    minutes: float | None = Field(default=None, gt=0, le=MOST_SNOOZE_MINUTES)
    until: AwareDatetime | None = None
    """At most a week from now."""
    by: str | None = Field(default=None, max_length=100)
    """Who wants it; whoever is logged in counts before this."""

    @model_validator(mode="after")
    def _is_one_time(self) -> Self:
        if (self.minutes is None) == (self.until is None):
            msg = "one of minutes and until must be given"
            raise ValueError(msg)
        return self


class Judgement(Wire):
    """Whether an alert is right or wrong, and what the face truly was."""

    wrong: bool
    truth: Truth | None = None
    """Only of a wrong one: mask, no_mask, incorrect, or not_a_face."""
    by: str | None = Field(default=None, max_length=100)
    """Who says so; whoever is logged in counts before this."""

    @model_validator(mode="after")
    def _truth_is_of_a_wrong_one(self) -> Self:
        if self.truth is not None and not self.wrong:
            msg = "the truth of a right alert is what it says"
            raise ValueError(msg)
        return self


EventName = Literal[
    "raised",
    "closed",
    "acknowledged",
    "snoozed",
    "woken",
    "escalated",
    "marked",
    "unmarked",
    "clip",
    "erased",
    "updated",
    "reminded",
]
"""What happened to an alert. `updated`: it says something else now; `reminded`: it goes on; `woken`: its snooze ran
out; `clip`: its clip is there; `unmarked`: what was said of it is taken back."""


class HistoryEntry(Wire):
    """One thing that happened to an alert, and how it stood then."""

    event_id: int
    action: EventName
    at: datetime
    by: str | None = None
    """Who did it, if somebody did whose name is known."""
    state: AlertState
    close_reason: CloseReason | None = None
    snoozed_until: datetime | None = None
    feedback: Feedback | None = None


class AlertHistory(Wire):
    """Everything that happened to an alert, oldest first."""

    events: list[HistoryEntry]


def _split(value: object) -> object:
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


class AlertConditions(Wire):
    """Which alerts; what is left out does not narrow it. Several kinds or states: with commas between."""

    camera: str | None = Field(default=None, max_length=63)
    kind: Annotated[list[AlertKind], BeforeValidator(_split)] = Field(default_factory=list)
    severity: Severity | None = None
    state: Annotated[list[AlertState], BeforeValidator(_split)] = Field(default_factory=list)
    feedback: FeedbackFilter | None = None
    """`wrong` or `right`: marked as such; `none`: not marked."""
    escalated: bool | None = None
    since: AwareDatetime | None = None
    """Raised at this time or later."""
    until: AwareDatetime | None = None
    """Raised before this time."""
    min_confidence: float | None = Field(default=None, ge=0, le=1)


class AlertFilter(AlertConditions):
    """Query of the list of alerts."""

    cursor: str | None = Field(default=None, max_length=500)
    """`next_cursor` of the page before."""
    limit: int = Field(default=50, ge=1, le=200)


class AlertExport(AlertConditions):
    """Query of an export of alerts."""

    format: Literal["csv", "json"] = "csv"


class AlertRange(Wire):
    """Which alerts to erase: at least one of `since` and `until` must be given."""

    since: AwareDatetime | None = None
    """Raised at this time or later."""
    until: AwareDatetime | None = None
    """Raised before this time."""
    camera: str | None = Field(default=None, max_length=63)

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if self.since is None and self.until is None:
            msg = "since or until must be given, so that nobody erases everything by accident"
            raise ValueError(msg)
        return self


class Erased(Wire):
    """How many alerts were erased, pictures and all."""

    count: int
