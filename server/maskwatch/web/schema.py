"""What goes over the wire: bodies of the API and messages of the websocket. OpenAPI is made from these models.

Boxes are normalised to 0..1 here and only here. Times are ISO 8601 in UTC.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    SecretStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from maskwatch.config import RESERVED_CAMERA_NAMES, RetentionSettings, RuleSettings, check_camera_name
from maskwatch.core.arming import PauseReason
from maskwatch.core.types import AlertKind, CameraState, CloseReason, MaskLabel, Severity, TrackState
from maskwatch.store.records import FeedbackFilter, Truth

PROTOCOL_VERSION = 1
MOST_SNOOZE_MINUTES = 7 * 24 * 60


class Wire(BaseModel):
    """Base of everything that goes over the wire."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class CameraHealth(Wire):
    """Figures of the last seconds of one camera."""

    looks_per_s: float = 0.0
    frames_per_s: float = 0.0
    frame_age_s: float | None = None
    """From the newest picture's arrival to its verdicts, median of the last looks."""
    decode_share: float | None = None
    """What decoding takes of one processor core; null where it is not known."""
    reduced: bool = False
    """Whether looks are being left out because the machine has not time for all that are due."""


class Alerting(Wire):
    """Whether a camera may raise alerts now; it is watched all the same."""

    armed: bool = True
    reason: PauseReason | None = None
    """Why not: `disarmed` by somebody, or outside of its `schedule`."""
    until: datetime | None = None
    """When it may again; None with a reason: no end is known."""
    disarmed_by: str | None = None
    """Who disarmed it, where they gave a name."""
    disarmed_at: datetime | None = None


class Camera(Wire):
    """A camera as the API shows it."""

    name: str
    url: str
    """Its address without user, password or token."""
    source: str
    """Type of its source: rtsp, http, onvif, file, device, webrtc."""
    state: CameraState
    reason: str | None = None
    """Stable code of why it is not online, such as `unauthorized`; see `SourceReason`."""
    message: str
    """The state in one sentence for a person, with what to do."""
    since: datetime
    """When this state began."""
    next_try_at: datetime | None = None
    enabled: bool
    detect_fps: float
    options: dict[str, Any] = Field(default_factory=dict)
    rules: RuleSettings
    alerting: Alerting = Alerting()
    fixed: bool
    """Set by the settings file: the page can't change it."""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    codec: str | None = None
    passthrough: bool = False
    """Whether browsers get its video as it is (true) or re-encoded."""
    detects_on: str | None = None
    """Of a camera with two streams, the one faces are looked for in: `sub`, or `main` while the small one fails."""
    health: CameraHealth = CameraHealth()
    publish_url: str | None = None
    """For `webrtc:` cameras: the page that turns a phone into this camera, with its token."""


class CameraList(RootModel[list[Camera]]):
    """All cameras: those of the settings file first, then the others as they were added."""


def _check_new_name(name: str) -> str:
    try:
        return check_camera_name(name)
    except ValueError as error:
        code = "name_reserved" if name in RESERVED_CAMERA_NAMES else "name_invalid"
        raise PydanticCustomError(code, "{why}", {"why": str(error)}) from None


class CameraCreate(Wire):
    """A camera to add."""

    name: Annotated[str, AfterValidator(_check_new_name)]
    url: str = Field(min_length=1, max_length=2000)
    """Its address; user and password in it are kept encrypted and never shown again."""
    enabled: bool = True
    detect_fps: float = Field(default=5.0, gt=0, le=60)
    options: dict[str, Any] = Field(default_factory=dict)
    rules: RuleSettings | None = None


class CameraChange(Wire):
    """What to change of a camera; what is left out stays."""

    url: str | None = Field(default=None, min_length=1, max_length=2000)
    enabled: bool | None = None
    detect_fps: float | None = Field(default=None, gt=0, le=60)
    options: dict[str, Any] | None = None
    rules: RuleSettings | None = None


class DisarmRequest(Wire):
    """For how long no alerts are to be raised."""

    minutes: float = Field(ge=1, le=10_080)
    """From now on; a week at most."""
    by: str | None = Field(default=None, max_length=100)
    """Who wants it; without it, who is logged in."""


class CameraTest(Wire):
    """An address to try before it is saved."""

    url: str = Field(min_length=1, max_length=2000)
    options: dict[str, Any] = Field(default_factory=dict)


class CameraTestResult(Wire):
    """What a camera sends, or why it does not work."""

    ok: bool
    reason: str | None = None
    message: str
    remedy: str = ""
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    passthrough: bool = False
    audio_codec: str | None = None
    first_frame_s: float | None = None
    """Seconds from opening to the first picture."""
    picture: str | None = None
    """The first picture as a data URL (JPEG), longest side 640."""


class Discovery(Wire):
    """How to look for cameras on the local network."""

    search_s: float = Field(default=3.0, ge=0.5, le=10)
    """Seconds to wait for answers."""


class DiscoveredCamera(Wire):
    """A camera that answered."""

    host: str
    port: int
    """Where it answers ONVIF."""
    name: str
    """What it calls itself; may be empty."""
    model: str


class Discovered(Wire):
    """The cameras that answered, by address."""

    cameras: list[DiscoveredCamera]


class StreamsQuestion(Wire):
    """Which camera to ask for its streams, and as whom."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")
    port: int = Field(default=80, ge=1, le=65535)
    user: str = Field(default="", max_length=100)
    password: SecretStr = Field(default=SecretStr(""), max_length=200)


class CameraStream(Wire):
    """One stream of a camera."""

    name: str
    """Of its media profile: goes into the option `profile` of an `onvif:` address."""
    url: str
    """Without user and password."""
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    main: bool
    """The one with the largest picture."""
    sub: bool
    """The small one, to look for faces in."""


class CameraStreams(Wire):
    """What a camera says of itself."""

    maker: str
    model: str
    streams: list[CameraStream]


class FrameQuery(Wire):
    """Query of a camera's newest picture."""

    width: int | None = Field(default=None, ge=1, le=10_000)
    """Width in pixels that is enough; the picture may be somewhat wider."""


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


class Login(Wire):
    """User and password."""

    user: str = Field(default="admin", min_length=1, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=1000)


class Session(Wire):
    """Whether this server asks for a password, and who is logged in."""

    login_needed: bool
    """A password is set, and this request came without one."""
    user: str | None = None
    """Who is logged in; None when nobody is, or when no password is set."""


class IceServer(Wire):
    """A STUN or TURN server, as WebRTC's RTCIceServer."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class StoredKind(Wire):
    """What is stored of one kind of alert."""

    kind: AlertKind
    alerts: int
    picture_bytes: int
    clip_bytes: int


class StorageInfo(Wire):
    """What is stored, and how long."""

    picture_bytes: int
    """Bytes of all pictures kept."""
    clip_bytes: int
    """Bytes of all clips kept."""
    kinds: list[StoredKind]
    """The same by kind of alert; those without alerts are left out."""
    clips: bool
    """Whether new alerts get a clip."""
    retention: RetentionSettings


class ServiceInfo(Wire):
    """What a logged-in page needs to know of the server."""

    ice_servers: list[IceServer]
    rules: RuleSettings
    """The common rules: what a camera without its own goes by."""
    storage: StorageInfo
    phones_can_connect: bool
    """Whether a phone can reach this server and will be allowed to give it its camera."""
    phone_hint: str | None = None
    """Why not, in one sentence with what to do."""
    identity: bool
    """Whether people are known again by their faces here; a camera's option `identity` leaves it out."""


class Info(Wire):
    """What this server is. `service` is there for those who are logged in only."""

    version: str
    protocol: int = PROTOCOL_VERSION
    """Version of the websocket's messages."""
    login_needed: bool
    user: str | None = None
    service: ServiceInfo | None = None


class Health(Wire):
    """Answer of `/healthz`."""

    status: Literal["ok"] = "ok"
    meaning: str = "The process is alive and its event loop answers."


class Readiness(Wire):
    """Answer of `/readyz`: ready when every check says `ok`; what is wrong stands in its place otherwise."""

    ready: bool
    checks: dict[str, str]


class Problem(Wire):
    """RFC 9457 problem+json."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    """Stable machine-readable code."""
    remedy: str = ""


# ---- websocket -------------------------------------------------------------------------------------------------------


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


# ---- live video by websocket -----------------------------------------------------------------------------------------


class VideoStart(Wire):
    """Another stream begins; the next binary message is its initialisation segment, every later one a picture."""

    type: Literal["start"] = "start"
    mime: str
    """What to give to `MediaSource.addSourceBuffer`."""
    width: int
    height: int


class VideoKeyframe(Wire):
    """The next binary message is a keyframe: a page may forget all pictures before it."""

    type: Literal["keyframe"] = "keyframe"
    shown_s: float
    """Its time in the stream; see `docs/webrtc.md`."""
