"""A recording sent down the very same line as a live camera, at the recording's own time and as fast as it goes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from maskwatch.core.ports import FaceEncoder, RawFrame
from maskwatch.core.types import AlertChange, AlertKind, CameraState, Look, MaskLabel, TrackState
from maskwatch.pipeline.identity import IdentityDesk
from maskwatch.pipeline.judges import Judges
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.spec import CameraSpec

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""A recording's clock starts here: the same recording gives the same answer whenever it is replayed."""


def replay(
    frames: Iterable[RawFrame],
    spec: CameraSpec,
    looker: Looker,
    evidence_settings: Mapping[str, Any],
    encoder: FaceEncoder | None = None,
) -> Iterator[Look]:
    """Look at `frames` as `spec` says and yield every look, with the alerts it changed.

    `captured_monotonic_s` of the frames is the time in the recording. Alerts are numbered in the order they are
    raised: the same frames and settings give the same looks, always. A recording does not know when it was made, so
    schedules do not count.
    """
    spec = replace(spec, rules=spec.rules.model_copy(update={"schedules": ()}), disarm=None)
    raised = iter(range(1, 1_000_000_000))
    judges = Judges.for_camera(spec, lambda: str(next(raised)), evidence_settings)
    identity = IdentityDesk(encoder, at_once=True) if encoder is not None else None
    line = judges.line(spec, Silent(), wake=lambda _line: None, identity=identity)
    for raw in frames:
        line.frame(raw)
        frame = line.take()
        if frame is None:
            continue
        look = line.advance(frame, looker.look([looker.view(frame.picture, line.closer_look)])[0])
        if look is not None:
            yield look


def recorded_utc(time_s: float) -> datetime:
    """The wall clock of a replay at `time_s` into the recording."""
    return _EPOCH + timedelta(seconds=time_s)


class Silent:
    """Telemetry for a replay, which reports by its output."""

    def frame_decoded(self, camera: str, decode_s: float | None = None) -> None:
        """Not counted."""

    def frame_sampled(self, camera: str) -> None:
        """Not counted."""

    def frame_dropped(self, camera: str, stage: str, reason: str) -> None:
        """Not counted."""

    def looks_missed(self, camera: str, looks: int) -> None:
        """A replay misses none."""

    def stage_seconds(self, stage: str, seconds: float) -> None:
        """Not timed."""

    def camera_state(self, camera: str, state: CameraState, reason: str | None) -> None:
        """There is none."""

    def camera_reconnect(self, camera: str, reason: str) -> None:
        """There is none."""

    def camera_removed(self, camera: str) -> None:
        """There is none."""

    def face_judged(self, camera: str, label: MaskLabel) -> None:
        """Not counted."""

    def people_in_view(self, camera: str, people: Mapping[TrackState, int]) -> None:
        """Not counted."""

    def alert_changed(self, change: AlertChange, frame_age_s: float | None) -> None:
        """Not counted."""

    def alert_held_back(self, camera: str, kind: AlertKind) -> None:
        """The summary says it."""

    def camera_armed(self, camera: str, *, armed: bool) -> None:
        """It is, always."""

    def worker_failed(self, error: str) -> None:
        """A replay fails aloud."""
