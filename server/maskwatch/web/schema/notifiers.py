"""Notifiers and deliveries as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, RootModel
from pydantic_core import PydanticCustomError

from maskwatch.config_notifiers import RESERVED_NOTIFIER_NAMES, check_notifier_name
from maskwatch.core.types import AlertKind, Severity
from maskwatch.store.records import EventAction
from maskwatch.web.schema.base import Wire


def _check_new_name(name: str) -> str:
    try:
        return check_notifier_name(name)
    except ValueError as error:
        code = "name_reserved" if name in RESERVED_NOTIFIER_NAMES else "name_invalid"
        raise PydanticCustomError(code, "{why}", {"why": str(error)}) from None


class NotifierState(Wire):
    """How a target is doing."""

    waiting: int = 0
    """Notices that it is still to be told."""
    oldest_waiting_s: float = 0.0
    """Seconds that the oldest of them has waited, while the server ran."""
    dead: int = 0
    """Notices that were given up; they can be sent again or dropped."""
    delivered: int = 0
    success_at: datetime | None = None
    """When it took a notice last."""
    failure_at: datetime | None = None
    """When it did not take one last."""
    error: str | None = None
    """What is wrong now, with what to do; none once it took a notice again."""


class Notifier(Wire):
    """A target that is told of alerts."""

    name: str
    type: str
    """Kind of target: webhook, mqtt, email, apprise, webpush."""
    enabled: bool
    """A paused target (false) is told nothing; what waited before still waits."""
    fixed: bool
    """Set by the settings file: the page can't change it."""
    cameras: list[str]
    """Only alerts of these cameras; of all when empty."""
    kinds: list[AlertKind]
    """Only alerts of these kinds; of all when empty."""
    actions: list[EventAction]
    """What must happen to an alert."""
    min_severity: Severity
    with_pictures: bool
    options: dict[str, Any]
    """The settings of its type; secrets are masked with `***`."""
    trouble: str | None = None
    """Why nothing can be sent to it as it is set up, with what to do."""
    state: NotifierState


class NotifierList(RootModel[list[Notifier]]):
    """All targets: those of the settings file first, then the others as they were added."""


class NotifierCreate(Wire):
    """A target to add."""

    name: Annotated[str, AfterValidator(_check_new_name)]
    type: str = Field(max_length=32)
    enabled: bool = True
    cameras: list[Annotated[str, Field(max_length=63)]] = Field(default=[], max_length=500)
    kinds: list[AlertKind] = Field(default=[], max_length=50)
    actions: list[EventAction] = Field(
        default=[EventAction.RAISED, EventAction.ESCALATED, EventAction.CLOSED], min_length=1, max_length=50
    )  # fmt: skip
    min_severity: Severity = Severity.INFO
    with_pictures: bool = True
    options: dict[str, Any] = Field(default_factory=dict)
    """The settings of its type; secrets are kept encrypted and never shown again."""


class NotifierChange(Wire):
    """What to change of a target; what is left out stays. An option masked with `***` stays as it was."""

    enabled: bool | None = None
    cameras: list[Annotated[str, Field(max_length=63)]] | None = Field(default=None, max_length=500)
    kinds: list[AlertKind] | None = Field(default=None, max_length=50)
    actions: list[EventAction] | None = Field(default=None, min_length=1, max_length=50)
    min_severity: Severity | None = None
    with_pictures: bool | None = None
    options: dict[str, Any] | None = None


class NotifierTest(Wire):
    """Settings of a target to try before they are saved."""

    type: str = Field(max_length=32)
    options: dict[str, Any] = Field(default_factory=dict)
    with_pictures: bool = True
    of: str | None = Field(default=None, max_length=63)
    """The target that these settings are to change: its secrets stand where an option is masked with `***`."""


class NotifierType(Wire):
    """A kind of target, and the JSON schema of its options."""

    type: str
    summary: str
    options_schema: dict[str, Any]


class NotifierTypes(RootModel[list[NotifierType]]):
    """Every kind of target that can be added."""


class NotifierTestResult(Wire):
    """What a target said to a test."""

    ok: bool
    message: str
    remedy: str = ""
    seconds: float | None = None
    """How long it took."""


class DeadLetter(Wire):
    """A notice that was given up."""

    event_id: int
    action: EventAction
    at: datetime
    alert_id: str
    camera: str
    kind: AlertKind
    attempts: int
    dead_at: datetime
    error: str


class DeadLetters(Wire):
    """Some of a target's dead letters, oldest first."""

    letters: list[DeadLetter]
    next_after: int | None = None
    """Ask with `after` set to it for those that follow."""


class DeadLetterQuery(Wire):
    """Query of dead letters."""

    after: int = Field(default=0, ge=0, le=2**62)
    limit: int = Field(default=50, ge=1, le=200)


class DeadLetterChoice(Wire):
    """Which dead letter; all of the target when left out."""

    event_id: int | None = Field(default=None, ge=0, le=2**62)


class DeadLetterCount(Wire):
    """How many dead letters it was done with."""

    count: int


class PushKey(Wire):
    """What a browser subscribes to Web Push with."""

    key: str
    """The server's public key (VAPID), in base64url."""
