"""What the line reports about itself. `maskwatch.metrics` turns it into Prometheus metrics; tests count with it."""

from collections.abc import Mapping
from typing import Protocol

from maskwatch.core.types import AlertChange, AlertKind, CameraState, MaskLabel, TrackState


class Telemetry(Protocol):
    """Counters and timings; every method is cheap and may be called from any thread."""

    def frame_decoded(self, camera: str, decode_s: float | None = None) -> None:
        """A frame was decoded, in `decode_s` seconds of processor time where that is known."""

    def frame_sampled(self, camera: str) -> None:
        """A frame was looked at."""

    def frame_dropped(self, camera: str, stage: str, reason: str) -> None:
        """A frame was not looked at: at `stage` (source, sampler, slot, worker, live, websocket), for `reason`."""

    def looks_missed(self, camera: str, looks: int) -> None:
        """So many looks were due while the machine had no time for this camera."""

    def stage_seconds(self, stage: str, seconds: float) -> None:
        """One pass of a stage (convert, detect, crop, classify, weigh, track, record, snapshot) took this long."""

    def camera_state(self, camera: str, state: CameraState, reason: str | None) -> None:
        """A camera's state changed."""

    def camera_reconnect(self, camera: str, reason: str) -> None:
        """A camera is being opened again, because of `reason`."""

    def camera_removed(self, camera: str) -> None:
        """A camera is gone: its series end."""

    def face_judged(self, camera: str, label: MaskLabel) -> None:
        """One face was judged in one look."""

    def people_in_view(self, camera: str, people: Mapping[TrackState, int]) -> None:
        """People now in view by state."""

    def alert_changed(self, change: AlertChange, frame_age_s: float | None) -> None:
        """An alert was raised or closed; `frame_age_s` is the age of the deciding frame when it was published."""

    def alert_held_back(self, camera: str, kind: AlertKind) -> None:
        """An alert of this kind was held back: there were too many in a minute."""

    def camera_armed(self, camera: str, *, armed: bool) -> None:
        """Whether a camera may raise alerts now."""

    def worker_failed(self, error: str) -> None:
        """A round of inference failed with this type of error."""
