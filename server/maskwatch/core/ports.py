"""The protocols along the line: what a source, a detector, a classifier, a tracker and a rule must do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import (
    AlertChange,
    AlertKind,
    Face,
    Frame,
    Image,
    MaskVerdict,
    Observation,
    Picture,
    Track,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What a source found when it opened: codec (FFmpeg's short name), size in pixels, nominal frames a second.

    `passthrough` says that the encoded packets can be shown by a browser as they are (H.264 without B-frames).
    """

    codec: str
    width: int
    height: int
    fps: float | None = None
    passthrough: bool = False
    audio_codec: str | None = None
    b_frames: bool = False
    """Whether pictures are predicted from later ones: costs latency, and browsers can't be given the packets."""
    transport: str | None = None
    """How it comes: tcp, udp, file, device."""
    keyframes_on_request: bool = False
    """Whether the source makes a keyframe when asked for one; others make them when they like."""
    detects_on: str | None = None
    """Of a camera with two streams, the one that is looked at: `sub`, or `main` while the small one fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFrame:
    """A decoded frame whose pixels are converted to RGB only if somebody looks at it.

    `to_rgb()` gives uint8 RGB, height x width x 3; it may be called once or more, from any thread. `picture`, where the
    source has one, gives parts and small versions of the same for less. Of a camera with two streams, not every frame
    is to be looked at (`for_looks`) or shown (`for_show`), and `full_rgb()` decodes the same moment in full size.
    `decode_s` is the processor time that decoding took since the frame before, in seconds; None where it is not known.
    """

    sequence: int
    captured_monotonic_s: float
    captured_utc: datetime
    to_rgb: Callable[[], Image]
    media_ticks: int | None = None
    picture: Picture | None = None
    for_looks: bool = True
    for_show: bool = True
    full_rgb: Callable[[], Image | None] | None = None
    decode_s: float | None = None

    @property
    def live_ticks(self) -> int:
        """90 kHz time of this picture in the live view, modulo 2**32: of its packet, or else of its arrival."""
        if self.media_ticks is not None:
            return self.media_ticks
        return int(self.captured_monotonic_s * 90_000) % 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPacket:
    """One encoded access unit (H.264 or H.265, Annex B), to be passed on or kept without re-encoding.

    `ticks` is 90 kHz modulo 2**32, ever growing. `shown_ticks` is when the picture is shown by the stream's own 90 kHz
    clock; given only where pictures are decoded in another order than they are shown.
    """

    data: bytes
    ticks: int
    keyframe: bool
    captured_monotonic_s: float
    shown_ticks: int | None = None


class SourceSink(Protocol):
    """Where a source delivers. All three are cheap, never block, and may be called from the source's own thread."""

    def opened(self, info: StreamInfo) -> None:
        """The stream is open and decodable; called again when its format changes."""

    def frame(self, frame: RawFrame) -> None:
        """One decoded frame; the newest overwrites what nobody took."""

    def packet(self, packet: EncodedPacket) -> None:
        """One encoded packet, in decoding order; browsers can show it only if the stream is `passthrough`."""


class StopSignal(Protocol):
    """What tells a source to stop; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to stop now."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until told to stop, at most `timeout` seconds; True when told."""


class FrameSource(Protocol):
    """A camera. Runs once: no retry of its own (the supervisor does that)."""

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """Deliver frames until `stop`; block the calling thread. Returns only on stop, else raises `SourceError`."""


@runtime_checkable
class Knocking(Protocol):
    """A source that can tell cheaply whether its camera is there at all: it is opened the moment that it comes back."""

    def knock(self) -> bool:
        """Whether it takes a connection. Blocks for about a second at most."""


class FaceDetector(Protocol):
    """Finds every face."""

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        """One list of faces a picture, in pixels of that picture, best score first. Pictures may differ in size."""


@runtime_checkable
class ScalingDetector(FaceDetector, Protocol):
    """A detector that scales every picture to one size, and so may as well be given it at that size."""

    @property
    def input_px(self) -> int:
        """The longer side, in pixels, that pictures are scaled to."""


class MaskClassifier(Protocol):
    """Judges faces."""

    @property
    def crop_margin(self) -> float:
        """Context around the face box that the crops must show, as a share of the box's longer side on each side."""

    def classify(self, crops: Sequence[Image]) -> list[MaskVerdict]:
        """One verdict a crop (square RGB, any size), in order, judged in one batch."""


@runtime_checkable
class ScalingClassifier(MaskClassifier, Protocol):
    """A classifier that scales every crop to one size, and so has no use for one that is many times larger."""

    @property
    def input_px(self) -> int:
        """The longer side, in pixels, that crops are scaled to."""


Encoding = NDArray[np.float64]
"""What tells faces apart: 128 numbers, near to each other for one person. In memory only, and never in a log."""


class FaceEncoder(Protocol):
    """Tells whether two faces are the same person."""

    @property
    def same_within(self) -> float:
        """Two encodings no further apart than this (Euclidean) are one person."""

    def encode(self, image: Image, face: Face) -> Encoding | None:
        """The encoding of `face` in `image` (uint8 RGB); None if it can't be made out."""


class Tracker(Protocol):
    """Follows people across the looks of one camera."""

    def update(self, t_s: float, observations: Sequence[Observation]) -> list[Track]:
        """All people known at `t_s`, those out of sight included until they are forgotten."""

    def join(self, gone_id: int, kept_id: int) -> bool:
        """Follow the person `gone_id` as `kept_id` from now on, whom they turned out to be; False if that can't be."""

    def forget(self) -> None:
        """Forget everybody: the camera was lost. Ids are not used again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of judging one look: the people, marked with whether they count; what changed; what was held back."""

    tracks: tuple[Track, ...]
    changes: tuple[AlertChange, ...] = ()
    held_back: tuple[AlertKind, ...] = ()
    next_due_s: float | None = None
    """When a look is wanted because something is to be decided then (monotonic seconds); None: nothing is."""


class Rule(Protocol):
    """Turns people and pictures into alerts."""

    def step(self, frame: Frame, tracks: Sequence[Track]) -> Judgement:
        """What follows from `tracks`, as found in `frame`: who counts, and which alerts are raised and closed."""

    def told_of(self, track_id: int) -> AlertKind | None:
        """The kind of alert that tells of this person's violation, which is not over."""

    def shown_of(self, track_id: int) -> AlertKind | None:
        """As `told_of`, if people were shown that alert: one that was held back excuses nobody elsewhere."""

    def join(self, gone_id: int, kept_id: int) -> None:
        """The person `gone_id`, of whom no alert tells, turned out to be `kept_id`."""

    def excuse(self, t_s: float, track_id: int, kind: AlertKind) -> None:
        """An alert tells of this person's violation already: raise none before the mask was on, or they left."""

    def close_all(self, t_s: float) -> list[AlertChange]:
        """Close every open alert because the camera is gone."""
