"""Cameras as the API shows and takes them, and what is found on the network."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, RootModel, SecretStr
from pydantic_core import PydanticCustomError

from maskwatch.config import RESERVED_CAMERA_NAMES, RuleSettings, check_camera_name
from maskwatch.core.arming import PauseReason
from maskwatch.core.types import CameraState
from maskwatch.web.schema.base import Wire


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
