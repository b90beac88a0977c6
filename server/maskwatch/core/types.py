"""The values that walk down the line. Frozen; ages and durations in seconds, boxes in pixels of the decoded frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""RGB picture, height x width x 3."""
Grey = NDArray[np.uint8]
"""Brightness of a picture, height x width."""


class Picture(Protocol):
    """A decoded picture, of which only what somebody looks at is converted. Callable from any thread.

    Sizes and places are in pixels of the whole, upright picture. Every method raises `ValueError` or `OSError` for
    pixels that can't be converted.
    """

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""

    def rgb(self) -> Image:
        """All of it in its own size."""

    def scaled(self, width: int, height: int) -> Image:
        """All of it, scaled to this size."""

    def crop(self, left: int, top: int, width: int, height: int, *, shrink: int = 1) -> Image:
        """A part of it, which must lie inside, in its own resolution or `shrink` times smaller each way.

        What is left over, less than `shrink` pixels at the right and the bottom, is cut off.
        """

    def luma(self, width: int, height: int) -> Grey:
        """Its brightness, scaled to this size: what looks for movement and covered lenses need."""


class MaskLabel(StrEnum):
    """What is believed of a face. `UNKNOWN` ("can't tell") is never a vote."""

    MASK = "mask"
    NO_MASK = "no_mask"
    INCORRECT = "incorrect"
    UNKNOWN = "unknown"


LABELS: tuple[MaskLabel, ...] = (MaskLabel.MASK, MaskLabel.NO_MASK, MaskLabel.INCORRECT)
"""The classes a classifier chooses from, in the order of its softmax outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture of one camera.

    `captured_monotonic_s` is this process's monotonic clock when the picture arrived; `captured_utc` the same moment
    on the wall. `media_ticks` is the 90 kHz timestamp of the picture in the live stream that browsers get (modulo
    2**32), or None where there is no live view; it lets a page draw boxes on the very frame they belong to. `full()`
    decodes the same moment from the camera's large stream, where `image` is of its small one.
    """

    camera: str
    sequence: int
    captured_monotonic_s: float
    captured_utc: datetime
    picture: Picture
    media_ticks: int | None = None
    full: Callable[[], Image | None] | None = None

    @property
    def image(self) -> Image:
        """The whole picture as uint8 RGB; converted each time it is asked for."""
        return self.picture.rgb()


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned box in pixels, half-open: x1 <= x < x2, y1 <= y < y2."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1

    @property
    def longer_side(self) -> float:
        """The longer of width and height, in pixels: what "a face of 48 px" means everywhere in maskwatch."""
        return max(self.width, self.height)

    @property
    def center(self) -> tuple[float, float]:
        """Centre (x, y) in pixels."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    @property
    def area(self) -> float:
        """Area in square pixels; 0 for an empty or inverted box."""
        return max(0.0, self.width) * max(0.0, self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A detected face: its box, the detector's score in 0..1 and, where the detector gives them, five landmarks.

    Landmarks are (x, y) pixels of: the eye on the picture's left, the eye on its right, nose tip, left and right
    mouth corner.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...] | None = None

    def moved(self, x: float, y: float) -> "Face":
        """The same face where the picture's origin lies elsewhere: `x` and `y` pixels are added."""
        box, points = self.box, self.landmarks
        return Face(
            box=Box(box.x1 + x, box.y1 + y, box.x2 + x, box.y2 + y),
            score=self.score,
            landmarks=None if points is None else tuple((left + x, top + y) for left, top in points),
        )

    def scaled(self, x: float, y: float) -> "Face":
        """The same face in a picture that is `x` times as wide and `y` times as high."""
        box, points = self.box, self.landmarks
        return Face(
            box=Box(box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y),
            score=self.score,
            landmarks=None if points is None else tuple((left * x, top * y) for left, top in points),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskVerdict:
    """What a classifier says of one face: `probabilities` over `LABELS` (they sum to 1) and the label they give."""

    label: MaskLabel
    probabilities: Mapping[MaskLabel, float]

    @property
    def confidence(self) -> float:
        """Probability of the label; of the likeliest class when the label is unknown."""
        return self.probabilities.get(self.label, max(self.probabilities.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How far one look at a face can be trusted.

    `size_px` is the longer side of the face, `sharpness` the variance of the Laplacian of the grey face scaled to a
    fixed size, `frontality` 1 for a face seen from the front and towards 0 in profile (1 without landmarks), `weight`
    in 0..1 sums it up: 0 means "can't tell".
    """

    size_px: float
    sharpness: float
    frontality: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One look at one face: where, what it seems to wear, and how far to trust it."""

    face: Face
    verdict: MaskVerdict
    quality: Quality


class TrackState(StrEnum):
    """What is held of a person: nothing yet, compliant, or a violation of one kind."""

    UNKNOWN = "unknown"
    COMPLIANT = "compliant"
    NO_MASK = "no_mask"
    INCORRECT = "incorrect"

    @property
    def is_violation(self) -> bool:
        """Whether this state is one that alerts are raised for."""
        return self in (TrackState.NO_MASK, TrackState.INCORRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One person followed across frames.

    `first_seen_s` and `last_seen_s` are monotonic seconds of the first and the newest look; `state_since_s` is when
    the present state began. `belief` sums to 1 over `LABELS`. `observation` is the newest look, None while the person
    is out of sight and only remembered. `watched` is False for somebody outside the camera's zones: alerts are not
    raised for them.
    """

    id: int
    box: Box
    first_seen_s: float
    last_seen_s: float
    belief: Mapping[MaskLabel, float]
    state: TrackState
    state_since_s: float
    observation: Observation | None = None
    watched: bool = True


class CameraState(StrEnum):
    """What a camera is doing."""

    CONNECTING = "connecting"
    ONLINE = "online"
    STALLED = "stalled"
    OFFLINE = "offline"
    MISCONFIGURED = "misconfigured"
    DISABLED = "disabled"


class AlertKind(StrEnum):
    """What an alert is about: a person, or a camera and what it sees as a whole."""

    NO_MASK = "no_mask"
    INCORRECT = "incorrect"
    CROWD = "crowd"
    CAMERA_OFFLINE = "camera_offline"
    CAMERA_BLIND = "camera_blind"
    HELD_BACK = "held_back"
    """Further alerts that `max_alerts_per_minute` held back."""

    @property
    def is_of_person(self) -> bool:
        """Whether such an alert is about one person, with a track and a face."""
        return self in (AlertKind.NO_MASK, AlertKind.INCORRECT)


class Severity(StrEnum):
    """How much an alert matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertAction(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    CLOSED = "closed"
    UPDATED = "updated"
    """What it says has changed; nobody needs to be told anew."""
    REMINDED = "reminded"
    """It goes on, and somebody is to be told again."""


class CloseReason(StrEnum):
    """Why an alert was closed."""

    MASK_ON = "mask_on"
    LEFT = "left"
    CAMERA_LOST = "camera_lost"
    SERVER_RESTARTED = "server_restarted"
    REPEATED = "repeated"
    """The violation goes on, and a new alert took this one's place, because `repeat_after_s` is set."""
    RECOVERED = "recovered"
    """What it was about is over: the camera is back or sees again, enough people wear masks, nothing is held back."""
    SETTINGS_CHANGED = "settings_changed"
    """It is no longer asked for: a rule was switched off, or the camera paused or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLook:
    """One look at a person as an alert remembers it: when (monotonic seconds), what it said, how far it was trusted
    (0..1), and what was believed after it."""

    at_s: float
    label: MaskLabel
    probabilities: Mapping[MaskLabel, float]
    weight: float
    belief: Mapping[MaskLabel, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why an alert was raised: enough to judge it later without the video.

    `seen_s` is how long the person had been known, `violation_s` how long the violation had lasted, `looks` how many
    looks there were in all and `trail` the newest of them, oldest first; the last one is the look that decided.
    `settings` holds the thresholds and the models' hashes.
    """

    box: Box
    verdict: MaskVerdict
    quality: Quality
    belief: Mapping[MaskLabel, float]
    seen_s: float
    violation_s: float
    looks: int
    trail: tuple[SeenLook, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredEvidence:
    """Why an alert that is about no single person was raised: what was measured, beside the thresholds it met."""

    values: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """An alert raised, closed or changed by a rule. `at_s` is the monotonic time of the look that decided it.

    `track_id` is None for alerts that are about no single person; these say why in `measured`, not in `evidence`.
    """

    action: AlertAction
    alert_id: str
    camera: str
    track_id: int | None
    kind: AlertKind
    at_s: float
    reason: CloseReason | None = None
    evidence: Evidence | None = None
    measured: MeasuredEvidence | None = None
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepsake:
    """What an alert's pictures are made from, beside the deciding frame.

    `face` is the best look of the violation at this face, cut out with context; `face_box` lies in it, in pixels, and
    `face_weight` is that look's quality. `before` is the last picture from before the violation began, None if the
    camera had shown none.
    """

    face: Image
    face_box: Box
    face_weight: float
    face_utc: datetime
    before: Image | None = None
    before_utc: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything that came of looking at one frame: who is there, and which alerts changed."""

    frame: Frame
    tracks: tuple[Track, ...]
    changes: tuple[AlertChange, ...]
    keepsakes: Mapping[str, Keepsake] = field(default_factory=dict)
    """Of alerts raised by this look, by their ids."""
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
