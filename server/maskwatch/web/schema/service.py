"""The service itself as the API shows it: who is logged in, what is stored, how it is, what went wrong."""

from typing import Literal

from pydantic import Field, SecretStr

from maskwatch.config import RetentionSettings, RuleSettings
from maskwatch.core.types import AlertKind
from maskwatch.web.schema.base import PROTOCOL_VERSION, Wire


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
    models: dict[str, str] = Field(default_factory=dict)
    """Files that judge, by what they do (`detector`, `classifier`), each with the start of its SHA-256."""


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
