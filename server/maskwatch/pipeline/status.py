"""The state of a camera, as its supervisor knows it."""

from dataclasses import dataclass
from datetime import datetime

from maskwatch.core.ports import StreamInfo
from maskwatch.core.types import CameraState


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStatus:
    """What a camera is doing, since when and why.

    `reason` is a stable code (see `SourceReason`), `message` one sentence for a person, `next_try_utc` when the
    supervisor opens it again, `info` what its stream is while it is open.
    """

    state: CameraState
    message: str
    since_utc: datetime
    reason: str | None = None
    next_try_utc: datetime | None = None
    info: StreamInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFigures:
    """Figures of the last seconds: looks and frames a second, median age of a frame when its verdicts are out.

    `decode_share` is what decoding takes of one core, 0..1 and beyond; None where it is not known.
    `reduced` says that the machine has not time for all the looks that are due.
    """

    looks_per_s: float = 0.0
    frames_per_s: float = 0.0
    frame_age_s: float | None = None
    decode_share: float | None = None
    reduced: bool = False
