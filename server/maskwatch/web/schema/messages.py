"""Messages of the websocket that tells of faces, alerts and cameras."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from maskwatch.core.types import MaskLabel, TrackState
from maskwatch.web.schema.alerts import Alert, EventName
from maskwatch.web.schema.base import Wire
from maskwatch.web.schema.cameras import Camera


class Message(Wire):
    """Base of the messages from the server; `v` is the version of the protocol."""

    v: Literal[1] = 1


class HelloMessage(Message):
    """First message after connecting, and again as the answer to `subscribe`."""

    type: Literal["hello"] = "hello"
    server_version: str
    server_time: datetime
    last_event_id: int
    """Id of the newest event; resume from the last id you saw."""
    resumed: bool = False
    """Every event since `resume_from` follows. False after asking to resume: too long ago, load the alerts again."""
    cameras: list[Camera]
    open_alerts: int


class Person(Wire):
    """A person in view."""

    track_id: int
    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 as shares of the picture's width and height."""
    score: float
    """Detector's score."""
    label: MaskLabel
    """What this look says; `unknown` when it can't tell."""
    confidence: float
    probabilities: dict[MaskLabel, float]
    state: TrackState
    """What is believed of the person."""
    belief: float
    """How much the state is believed, 0..1."""
    quality: float
    """Weight of this look, 0..1."""
    seen_s: float
    """Seconds since first seen."""
    watched: bool = True
    """False outside of the camera's zones: no alert is raised for this person."""


class FacesMessage(Message):
    """Everybody in view of one camera in one frame. Not kept, has no event id; the newest one counts."""

    type: Literal["faces"] = "faces"
    camera: str
    sequence: int
    captured_at: datetime
    media_ticks: int | None = None
    """90 kHz time of this very frame in the live video; see the header `Maskwatch-Media-Origin` of the WHEP answer."""
    width: int
    height: int
    people: list[Person]


class AlertMessage(Message):
    """Something happened to an alert."""

    type: Literal["alert"] = "alert"
    event_id: int
    action: EventName
    at: datetime
    by: str | None = None
    alert: Alert


class CameraMessage(Message):
    """A camera was added, changed, removed, or its state changed. The newest one counts."""

    type: Literal["camera"] = "camera"
    action: Literal["added", "changed", "removed", "state"]
    camera: Camera


class ErrorMessage(Message):
    """What the client sent made no sense; the connection stays open."""

    type: Literal["error"] = "error"
    code: str
    message: str


ServerMessage = Annotated[
    HelloMessage | FacesMessage | AlertMessage | CameraMessage | ErrorMessage, Field(discriminator="type")
]


class Subscribe(Wire):
    """From the client: which cameras to follow. `cameras` None means all; [] none (alerts and states still come)."""

    v: Literal[1] = 1
    type: Literal["subscribe"] = "subscribe"
    cameras: list[str] | None = None
    """Cameras whose `faces` are wanted."""
    resume_from: int | None = None
    """Id of the last event seen; every later event is sent, without a gap."""
