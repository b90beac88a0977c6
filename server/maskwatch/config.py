"""The settings: one pydantic model, read from YAML, environment and command line. Units are in the names.

Unknown keys are refused. Whatever is wrong, the error names the file and the key, says what is expected, and never
repeats the value (it may hold a password).
"""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
import yaml
from pydantic import (
    AfterValidator,
    Field,
    IPvAnyAddress,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from maskwatch.config_base import Settings
from maskwatch.config_notifiers import NotifierSettings
from maskwatch.config_rules import (
    DEFAULT_SEVERITY,
    MOST_SCHEDULES,
    MOST_ZONES,
    ScheduleSettings,
    Severities,
    TimeZone,
    ZoneSettings,
)
from maskwatch.core.types import AlertKind
from maskwatch.errors import ConfigError
from maskwatch.plugins import first_problem

_CAMERA_NAME = re.compile(r"[a-z0-9_-]{1,63}")
RESERVED_CAMERA_NAMES = frozenset(
    {
        "add", "alerts", "api", "assets", "camera", "cameras", "docs", "favicon", "health", "healthz", "index", "live",
        "login", "logout", "metrics", "publish", "readyz", "settings", "setup", "static", "whep", "whip", "ws",
    }
)  # fmt: skip
"""Names that would hide a page or an address of the server itself."""


def check_camera_name(name: str) -> str:
    """Return `name` if a camera may have it.

    Raises:
        ValueError: it is reserved, or not 1 to 63 characters of a-z, 0-9, _ and -.
    """
    if not _CAMERA_NAME.fullmatch(name):
        msg = "a camera's name is 1 to 63 characters out of a-z, 0-9, _ and -"
        raise ValueError(msg)
    if name in RESERVED_CAMERA_NAMES:
        msg = f"the name {name!r} is reserved for an address of the server; choose another"
        raise ValueError(msg)
    return name


CameraName = Annotated[str, AfterValidator(check_camera_name)]


class ServerSettings(Settings):
    """Where the server listens."""

    host: str = "127.0.0.1"
    """Address to listen on. Any other than a loopback address needs a password (`maskwatch users set-password`)."""
    port: int = Field(default=8640, ge=0, le=65535)
    """TCP port; 0 lets the system choose one."""
    public_url: str | None = None
    """Address under which phones and browsers reach this server, when it differs (behind a proxy, say)."""
    trusted_hosts: tuple[str, ...] = ()
    """Further host names that requests may name in `Host` (a guard against DNS rebinding)."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


class TlsMode(StrEnum):
    """How https comes about."""

    OFF = "off"
    SELF_SIGNED = "self_signed"
    FILES = "files"


class TlsSettings(Settings):
    """Encryption of the web page. Phones give their camera to https pages only."""

    mode: TlsMode = TlsMode.OFF
    """`off`, `self_signed` (made at the first start, kept in the data folder) or `files`."""
    certificate: Path | None = None
    """PEM certificate chain, with `files`."""
    key: Path | None = None
    """PEM private key, with `files`."""

    @model_validator(mode="after")
    def _files_are_named(self) -> Self:
        if self.mode is TlsMode.FILES and (self.certificate is None or self.key is None):
            msg = "with mode 'files', both certificate and key must be given"
            raise ValueError(msg)
        return self


class DetectionSettings(Settings):
    """Which models look at the pictures."""

    detector: dict[str, Any] = Field(default_factory=lambda: {"type": "maskwatch"})
    """Face detector plug-in: `type` and its own settings."""
    classifier: dict[str, Any] = Field(default_factory=lambda: {"type": "maskwatch"})
    """Mask classifier plug-in: `type` and its own settings."""
    runtime: Literal["onnx", "openvino", "keras"] = "onnx"
    """`onnx` runs the exported models on ONNX Runtime, `openvino` on OpenVINO (extra `openvino`); `keras` the Keras
    files themselves (extra `train`)."""
    threads: int = Field(default=1, ge=1, le=64)
    """Inference threads; each takes the newest frames of the cameras that are due and batches over them."""
    budget_ms: float = Field(default=50.0, ge=1, le=10_000)
    """Milliseconds that a round of looks may take: how many cameras are looked at together."""

    @property
    def plugins(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The settings of detector and classifier, with the common runtime where theirs names none."""
        detector, classifier = (
            {"runtime": self.runtime, **each} if each.get("type") == "maskwatch" and not each.get("model") else each
            for each in (self.detector, self.classifier)
        )
        return detector, classifier


class RuleSettings(Settings):
    """When a person without a mask becomes an alert."""

    dwell_s: float = Field(default=2.0, ge=0, le=3600)
    """Seconds a person must have been believed to wear no mask before an alert is raised."""
    rearm_s: float = Field(default=2.0, ge=0, le=3600)
    """Seconds a mask must be seen on until an alert is closed; only then the same person may raise another."""
    repeat_after_s: float | None = Field(default=None, gt=0, le=86_400)
    """Seconds after which a violation that goes on is alerted again; none: one violation is one alert."""
    memory_s: float = Field(default=3.0, gt=0, le=60)
    """Seconds a person out of sight is remembered as the same person; then the alert is closed."""
    min_face_px: float = Field(default=16.0, ge=4)
    """Faces whose longer side is below this are never judged ("can't tell")."""
    min_confidence: float = Field(default=0.6, ge=0.34, le=1)
    """Belief that a state needs before it is taken; between states a margin keeps it from flickering."""
    alert_incorrect: bool = True
    """Whether a mask worn wrong (nose or chin out) raises an alert of kind `incorrect`."""
    zones: tuple[ZoneSettings, ...] = Field(default=(), max_length=MOST_ZONES)
    """Polygons in the picture that people must stand in, or must not, to raise alerts; without any, everybody does."""
    time_zone: TimeZone = "UTC"
    """Time zone of the schedules, such as `Asia/Jakarta`."""
    schedules: tuple[ScheduleSettings, ...] = Field(default=(), max_length=MOST_SCHEDULES)
    """Windows of the week in which alerts may be raised; without any, always."""
    severity: Severities = Field(default_factory=lambda: dict(DEFAULT_SEVERITY))
    """How much each kind of alert matters: `info`, `warning` or `critical`. Kinds left out keep their default."""
    max_alerts_per_minute: int | None = Field(default=20, ge=1, le=10_000)
    """Alerts about people that are raised in one minute at most; one more says how many were held back. None: all."""
    crowd_below_percent: float | None = Field(default=None, gt=0, le=100)
    """Raise an alert of kind `crowd` when fewer than this share of the people in view wear a mask; none: never."""
    crowd_for_minutes: float = Field(default=2.0, ge=0, le=1440)
    """Minutes for which that must last."""
    crowd_min_people: int = Field(default=3, ge=1, le=1000)
    """People who must be in view for that, of whom it can be told whether they wear a mask."""
    offline_after_s: float | None = Field(default=60.0, gt=0, le=604_800)
    """Seconds without pictures until an alert of kind `camera_offline` is raised; none: never."""
    offline_reminder_s: float | None = Field(default=3600.0, gt=0, le=2_592_000)
    """Seconds after that alert until one reminder that the camera is still away; none: no reminder."""
    blind_after_s: float | None = Field(default=30.0, gt=0, le=604_800)
    """Seconds of a black, covered, blurred or frozen picture until an alert `camera_blind` is raised; none: never."""


class LiveSettings(Settings):
    """Live video to and from browsers."""

    ice_servers: tuple[dict[str, Any], ...] = ()
    """STUN and TURN servers as WebRTC's RTCIceServer (`urls`, `username`, `credential`); none by default."""
    ice_addresses: tuple[str, ...] = ()
    """Addresses of this machine that browsers are told to send video to and from; all of them by default."""
    udp_ports: str | None = Field(default=None, pattern=r"^[0-9]{1,5}-[0-9]{1,5}$")
    """UDP ports of WebRTC's video, such as `50000-50100`, for firewalls and containers; any free one by default. A live
    picture takes one at each of the machine's addresses."""
    public_ip: IPvAnyAddress | None = None
    """Address under which browsers reach those ports, where it is none of this machine's own: behind NAT that keeps the
    port numbers, such as a container's."""
    max_viewers: int = Field(default=32, ge=0, le=1000)
    """Live pictures sent at the same time, by WebRTC or websocket, over all cameras and browsers."""
    jpeg_quality: int = Field(default=75, ge=10, le=95)
    """Quality of the still pictures where WebRTC can't be had."""

    @field_validator("udp_ports")
    @classmethod
    def _is_a_range(cls, text: str | None) -> str | None:
        if text is not None:
            first, _, last = text.partition("-")
            if not 1024 <= int(first) <= int(last) <= 65_535:
                msg = "give the first and the last port, from 1024 to 65535, such as 50000-50100"
                raise ValueError(msg)
        return text

    @property
    def port_range(self) -> range | None:
        """`udp_ports` as a range."""
        if self.udp_ports is None:
            return None
        first, _, last = self.udp_ports.partition("-")
        return range(int(first), int(last) + 1)


class LookingOptions(Settings):
    """How a camera's pictures are looked at: what its `options` may say besides what its source knows."""

    priority: Literal["low", "normal", "high"] = "normal"
    """When the machine has not time for every look: `high` gets twice as many as `normal`, `low` half as many."""
    motion_gate: bool = False
    """Whether to skip looks while nothing moves; people in view are looked at once a second, an empty scene every 5."""
    detail: Literal["auto", "off"] = "auto"
    """With `auto`, a part of a large picture where faces are small is looked at closer, while there is time for it."""
    identity: bool = True
    """Whether people on this camera are known again by their faces, where the setting `identity` is on at all."""

    @property
    def weight(self) -> float:
        """Turns beside other cameras, where there is not time for all."""
        return {"low": 1.0, "normal": 2.0, "high": 4.0}[self.priority]


def split_options(options: Mapping[str, Any]) -> tuple[LookingOptions, dict[str, Any]]:
    """A camera's options: those of looking, and those that are its source's.

    Raises:
        ValidationError: one of looking's is not valid.
    """
    own = {name: value for name, value in options.items() if name in LookingOptions.model_fields}
    return LookingOptions.model_validate(own), {name: options[name] for name in options if name not in own}


class CameraSettings(Settings):
    """One camera."""

    url: SecretStr
    """`rtsp://…`, `onvif://…`, `http://…` (MJPEG, HLS), a path or `file:…`, `device:/dev/video0`, `webrtc:`."""
    enabled: bool = True
    """A disabled (paused) camera is kept but not opened."""
    detect_fps: float = Field(default=5.0, gt=0, le=60)
    """Looks a second."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Further settings: of its source, such as `transport: udp` for RTSP or `loop: false` for a file, and of looking at
    it: `priority`, `motion_gate`, `detail` and `identity`."""
    rules: RuleSettings = RuleSettings()
    """When an alert is raised."""

    @model_validator(mode="after")
    def _options_of_looking_are_valid(self) -> Self:
        split_options(self.options)
        return self


class AlertSettings(Settings):
    """What happens to an alert once it is raised."""

    escalate_after_s: float | None = Field(default=None, gt=0, le=604_800)
    """An alert that nobody acknowledges for this many seconds is escalated, once; null: never."""
    clip_before_s: float = Field(default=0.0, ge=0, le=60)
    """Seconds of video before the alert that its clip shows. With `clip_after_s` 0 as well, no clip is kept."""
    clip_after_s: float = Field(default=0.0, ge=0, le=120)
    """Seconds of video after the alert that its clip shows."""
    clip_memory_megabytes: float = Field(default=32.0, gt=0, le=1024)
    """Memory a camera's newest packets may take, for clips; where that is too little, clips begin later."""

    @property
    def clips(self) -> bool:
        """Whether clips are kept."""
        return self.clip_before_s + self.clip_after_s > 0


class KindRetention(Settings):
    """Limits of one kind of alert, beside those of all."""

    max_age_days: float | None = Field(default=None, gt=0)
    """Alerts of this kind are erased when they are older than this."""
    max_megabytes: float | None = Field(default=None, gt=0)
    """The oldest pictures and clips of this kind are erased beyond this many megabytes (1e6 bytes)."""


class RetentionSettings(Settings):
    """How long alerts, their pictures and their clips are kept. Whichever limit is reached first counts."""

    max_age_days: float = Field(default=30.0, gt=0)
    """Alerts older than this are erased with their pictures and clips."""
    max_megabytes: float = Field(default=2000.0, gt=0)
    """The oldest pictures are erased beyond this many megabytes (1e6 bytes)."""
    picture_max_age_days: float | None = Field(default=None, gt=0)
    """Pictures older than this are erased; null: they stay as long as their alerts."""
    clip_max_age_days: float | None = Field(default=None, gt=0)
    """Clips older than this are erased; null: they stay as long as their alerts."""
    clip_max_megabytes: float = Field(default=2000.0, gt=0)
    """The oldest clips are erased beyond this many megabytes (1e6 bytes)."""
    kinds: dict[AlertKind, KindRetention] = Field(default_factory=dict)
    """Narrower limits by kind of alert, such as `incorrect: {max_age_days: 7}`."""
    snapshots: bool = True
    """Whether to keep pictures with each alert: the face, the whole frame, and what was there before."""


class DatabaseSettings(Settings):
    """Where alerts and cameras are kept."""

    url: SecretStr | None = None
    """`postgresql://user:password@host/name`; without it, an SQLite file in the data folder."""


class LogSettings(Settings):
    """What is logged."""

    level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """Lowest level that is written."""
    format: str = Field(default="console", pattern="^(console|json)$")
    """`console` for people, `json` for collectors."""


class MaskwatchSettings(Settings):
    """All settings of the service."""

    server: ServerSettings = ServerSettings()
    tls: TlsSettings = TlsSettings()
    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("maskwatch", appauthor=False)))
    """Folder of the database, snapshots, keys and certificates."""
    database: DatabaseSettings = DatabaseSettings()
    detection: DetectionSettings = Field(default_factory=DetectionSettings)
    rules: RuleSettings = RuleSettings()
    """Rules of cameras added in the dashboard; a camera's own `rules` override them key by key."""
    identity: bool = False
    """Whether to know people again by their faces, across occlusions and cameras (extra `face-recognition`)."""
    live: LiveSettings = LiveSettings()
    cameras: dict[CameraName, CameraSettings] = Field(default_factory=dict)
    """Cameras set by this file; the dashboard shows them as such. Others are added in the dashboard."""
    notifiers: tuple[NotifierSettings, ...] = ()
    """Targets that are told of alerts, set by this file. Others are added in the dashboard."""
    alerts: AlertSettings = AlertSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()

    @field_validator("notifiers")
    @classmethod
    def _notifiers_differ(cls, notifiers: tuple[NotifierSettings, ...]) -> tuple[NotifierSettings, ...]:
        names = [notifier.name for notifier in notifiers]
        if twice := {name for name in names if names.count(name) > 1}:
            msg = f"the name {min(twice)!r} is given to two notifiers"
            raise ValueError(msg)
        return notifiers

    @model_validator(mode="before")
    @classmethod
    def _camera_rules_inherit(cls, values: Any) -> Any:
        """Let each camera's rules override the common ones key by key."""
        if not isinstance(values, dict):
            return values
        common, cameras = values.get("rules"), values.get("cameras")
        if not isinstance(common, dict) or not isinstance(cameras, dict):
            return values
        merged = {
            name: {**camera, "rules": merged_rules(common, camera.get("rules") or {})}
            if isinstance(camera, dict) and isinstance(camera.get("rules") or {}, dict)
            else camera
            for name, camera in cameras.items()
        }
        return {**values, "cameras": merged}


def merged_rules(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The rules `own` over the `common` ones, key by key; severities kind by kind."""
    merged = {**common, **own}
    ours, theirs = own.get("severity"), common.get("severity")
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        merged["severity"] = {**theirs, **ours}
    return merged


def load_settings(file: Path | None, overrides: dict[str, Any] | None = None) -> MaskwatchSettings:
    """Read the settings from `file` (YAML), the environment (`MASKWATCH_DATA_DIR`) and `overrides` (top-level keys).

    Raises:
        ConfigError: the file is missing or no YAML, or a setting is unknown or broken.
    """
    values = _read_yaml(file) if file is not None else {}
    if "MASKWATCH_DATA_DIR" in os.environ:
        values["data_dir"] = os.environ["MASKWATCH_DATA_DIR"]
    values.update(overrides or {})
    try:
        return MaskwatchSettings.model_validate(values)
    except ValidationError as error:
        where = f"{file}: " if file else ""
        raise ConfigError(
            f"{where}{first_problem(error)}.", remedy="The settings are described in docs/configuration.md."
        ) from None


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"The settings file {file} can't be read: {error.strerror}.", remedy="Check the path given to --config."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{file}{line}: this is not valid YAML.", remedy="Mind the indentation and colons.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{file}: the settings must be keys and values.", remedy="See docs/configuration.md.")
    return values
