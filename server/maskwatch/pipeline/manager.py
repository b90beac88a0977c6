"""All cameras: adds, changes, pauses and removes them while the service runs."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from maskwatch.config import split_options
from maskwatch.core.outage import OutageRule
from maskwatch.core.ports import EncodedPacket, FrameSource, RawFrame, SourceSink, StreamInfo
from maskwatch.core.types import AlertChange, CameraState, CloseReason
from maskwatch.errors import NotFoundError, SourceReason
from maskwatch.pipeline.camera_rules import outage_rule, rated
from maskwatch.pipeline.identity import IdentityDesk
from maskwatch.pipeline.judges import Judges
from maskwatch.pipeline.line import CameraLine
from maskwatch.pipeline.ready import ReadyQueue
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.status import CameraFigures, CameraStatus
from maskwatch.pipeline.supervisor import CameraSupervisor
from maskwatch.pipeline.telemetry import Telemetry

_TICK_S = 0.5
_LOST_AFTER_S = 5.0
"""A camera that is not online for this long is lost: its alerts are closed. Shorter gaps are bridged by the tracker."""


class _FanOut:
    """Gives everything a source delivers to the camera's line and its taps; the line can be replaced while it runs."""

    def __init__(self, line: CameraLine, taps: Sequence[SourceSink]) -> None:
        self.line = line
        self._taps = tuple(taps)

    def opened(self, info: StreamInfo) -> None:
        for tap in self._taps:
            tap.opened(info)

    def frame(self, frame: RawFrame) -> None:
        if frame.for_looks:
            self.line.frame(frame)
        if frame.for_show:
            for tap in self._taps:
                tap.frame(frame)

    def packet(self, packet: EncodedPacket) -> None:
        for tap in self._taps:
            tap.packet(packet)


@dataclass(slots=True)
class _Camera:
    spec: CameraSpec
    judges: Judges
    fan_out: _FanOut
    supervisor: CameraSupervisor | None
    disabled_since: datetime
    outage: OutageRule
    offline_since_s: float | None = None
    lost: bool = False
    was_online: bool = False
    """Since it was added or changed."""

    @property
    def line(self) -> CameraLine:
        return self.fan_out.line


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerPorts:
    """What the manager needs of the rest of the house; the callbacks are called on the loop."""

    create_source: Callable[[CameraSpec], FrameSource]
    make_taps: Callable[[str], Sequence[SourceSink]]
    on_status: Callable[[str, CameraStatus], None]
    on_changes: Callable[[Sequence[AlertChange]], None]
    """Alerts raised or closed without a look: their camera is gone, or is back."""
    new_alert_id: Callable[[], str]
    evidence_settings: Mapping[str, Any]
    """Goes into the evidence of every alert: the models' versions."""
    telemetry: Telemetry
    identity: IdentityDesk | None = None
    """Recognises people across cameras, where that is asked for."""


class CameraManager:
    """Owns a supervisor and a line for every camera. All methods are called on the loop and never block it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, queue: ReadyQueue, ports: ManagerPorts) -> None:
        self._loop = loop
        self._queue = queue
        self._ports = ports
        self._cameras: dict[str, _Camera] = {}
        self._leaving: dict[str, CameraSupervisor] = {}
        """Of cameras that were removed: stopped, but not ended yet."""
        self._ticker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the watchdog."""
        self._ticker = self._loop.create_task(self._tick_forever(), name="camera-watchdog")

    async def close(self) -> None:
        """Stop every camera and wait for its thread."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        supervisors = [camera.supervisor for camera in self._cameras.values() if camera.supervisor is not None]
        supervisors += self._leaving.values()
        for supervisor in supervisors:
            supervisor.stop()
        await asyncio.gather(*(asyncio.to_thread(supervisor.join, 10.0) for supervisor in supervisors))

    def names(self) -> list[str]:
        """All cameras, in the order they were added."""
        return list(self._cameras)

    def apply(self, spec: CameraSpec) -> None:
        """Add a camera, or make it what `spec` says. What does not change goes on undisturbed."""
        present = self._cameras.get(spec.name)
        if present is None:
            self._add(spec)
        else:
            self._change(present, spec)

    def remove(self, name: str) -> None:
        """Stop a camera and forget it; its open alerts are closed. Does not wait for a source that hangs.

        Its thread ends by itself, in the time that the source's own limits allow. A camera added under the same name
        before that begins when it has ended.

        Raises:
            NotFoundError: there is no such camera.
        """
        camera = self._find(name)
        del self._cameras[name]
        if camera.supervisor is not None:
            camera.supervisor.stop()
            self._leaving[name] = camera.supervisor
        self._lose(camera)
        self._end_outage(camera)
        camera.line.end()
        self._queue.forget(camera.line)
        self._ports.telemetry.camera_removed(name)

    def status(self, name: str) -> CameraStatus:
        """What a camera is doing now.

        Raises:
            NotFoundError: there is no such camera.
        """
        return self._status(self._find(name))

    def figures(self, name: str) -> CameraFigures:
        """Its figures over the last seconds.

        Raises:
            NotFoundError: there is no such camera.
        """
        return self._find(name).line.figures(time.monotonic())

    def latest(self, name: str) -> RawFrame | None:
        """Its newest frame, however old; None before the first one.

        Raises:
            NotFoundError: there is no such camera.
        """
        return self._find(name).line.latest

    def retry(self, name: str) -> None:
        """Open it now instead of waiting for the next try.

        Raises:
            NotFoundError: there is no such camera.
        """
        supervisor = self._find(name).supervisor
        if supervisor is not None:
            supervisor.retry()

    # ---- inside ----

    def _find(self, name: str) -> _Camera:
        camera = self._cameras.get(name)
        if camera is None:
            raise NotFoundError(f"There is no camera named {name!r}.", remedy="Look at the list of cameras.")
        return camera

    def _add(self, spec: CameraSpec) -> None:
        judges = self._judges(spec)
        camera = _Camera(
            spec=spec,
            judges=judges,
            fan_out=_FanOut(self._line(spec, judges), self._ports.make_taps(spec.name)),
            supervisor=None,
            disabled_since=datetime.now(UTC),
            outage=outage_rule(spec, self._ports.new_alert_id),
        )
        self._cameras[spec.name] = camera
        self._open(camera, after=self._leaving.pop(spec.name, None))

    def _change(self, camera: _Camera, spec: CameraSpec) -> None:
        old, camera.spec = camera.spec, spec
        if _line_of(old) != _line_of(spec):
            outage = outage_rule(spec, self._ports.new_alert_id)
            outage.take_over(camera.outage)
            camera.outage = outage
            judges = self._judges(spec)
            camera.line.end()  # a look on its way must not change any more what is taken over
            judges.take_over(camera.judges)
            line = self._line(spec, judges)
            line.latest = camera.line.latest
            self._queue.forget(camera.line)
            if not spec.looking.identity:
                camera.line.forget_faces()
            camera.judges, camera.fan_out.line = judges, line
        if _source_of(old) != _source_of(spec):
            before = camera.supervisor
            if before is not None:
                before.stop()
            camera.disabled_since = datetime.now(UTC)
            self._open(camera, after=before or self._leaving.pop(spec.name, None))

    def _open(self, camera: _Camera, *, after: CameraSupervisor | None) -> None:
        if not camera.spec.enabled:
            camera.supervisor = None
            if after is not None:
                self._leaving[camera.spec.name] = after
            self._lose(camera)
            self._end_outage(camera)
            self._ports.telemetry.camera_state(camera.spec.name, CameraState.DISABLED, None)
            self._ports.on_status(camera.spec.name, self._status(camera))
            return
        spec = camera.spec
        supervisor = CameraSupervisor(
            spec.name,
            create_source=lambda: self._ports.create_source(spec),
            sink=camera.fan_out,
            telemetry=self._ports.telemetry,
            on_status=lambda status: self._post_status(supervisor, status),
            after=after,
        )
        camera.supervisor = supervisor
        camera.offline_since_s, camera.lost, camera.was_online = time.monotonic(), False, False
        supervisor.start()

    def _judges(self, spec: CameraSpec) -> Judges:
        return Judges.for_camera(spec, self._ports.new_alert_id, self._ports.evidence_settings)

    def _line(self, spec: CameraSpec, judges: Judges) -> CameraLine:
        return judges.line(spec, self._ports.telemetry, self._queue.wake, self._ports.identity)

    def _post_status(self, supervisor: CameraSupervisor, status: CameraStatus) -> None:
        self._loop.call_soon_threadsafe(self._on_status, supervisor, status)

    def _on_status(self, supervisor: CameraSupervisor, told: CameraStatus) -> None:
        camera = self._cameras.get(supervisor.name)
        if camera is None or camera.supervisor is not supervisor:
            return
        if told.state is CameraState.ONLINE:
            camera.lost, camera.was_online = False, True
        # The present one counts: the camera's thread and the watchdog may overtake each other on their way here.
        status = supervisor.status
        if status.state is CameraState.ONLINE:
            camera.offline_since_s = None
        elif camera.offline_since_s is None:
            camera.offline_since_s = time.monotonic()
        self._ports.on_status(supervisor.name, status)

    @staticmethod
    def _status(camera: _Camera) -> CameraStatus:
        if camera.supervisor is None:
            return CameraStatus(
                state=CameraState.DISABLED, message="Paused.", since_utc=camera.disabled_since, reason=None
            )
        return camera.supervisor.status

    def _lose(self, camera: _Camera) -> None:
        camera.lost = True
        changes = camera.line.lose(time.monotonic())
        if changes:
            self._ports.on_changes(changes)

    def _end_outage(self, camera: _Camera) -> None:
        """Nobody expects pictures of this camera any more."""
        changes = camera.outage.close_all(time.monotonic(), CloseReason.SETTINGS_CHANGED)
        if changes:
            self._ports.on_changes(changes)

    def _watch_outage(self, camera: _Camera, supervisor: CameraSupervisor, now_s: float) -> None:
        """Raise, remind of and close the alert that a camera is away."""
        armed = camera.spec.arming.is_armed(datetime.now(UTC))
        self._ports.telemetry.camera_armed(camera.spec.name, armed=armed)
        status = supervisor.status
        # Nobody expects anything of a phone that has not been picked up yet.
        awaited = status.reason != SourceReason.WAITING or camera.was_online
        since_s = camera.offline_since_s if awaited else None
        facts = {"state": status.state.value, "reason": status.reason}
        changes = camera.outage.step(now_s, since_s, armed=armed, facts=facts)
        if changes:
            self._ports.on_changes(rated(changes, camera.spec.rules.severity))

    async def _tick_forever(self) -> None:
        while True:
            now_s = time.monotonic()
            for camera in self._cameras.values():
                if camera.supervisor is not None:
                    camera.supervisor.tick(now_s)
                    self._watch_outage(camera, camera.supervisor, now_s)
                if (
                    not camera.lost
                    and camera.offline_since_s is not None
                    and now_s - camera.offline_since_s >= _LOST_AFTER_S
                ):
                    self._lose(camera)
            self._leaving = {name: each for name, each in self._leaving.items() if not each.ended}
            await asyncio.sleep(_TICK_S)


def _line_of(spec: CameraSpec) -> tuple[object, ...]:
    """What of a camera its line is made from."""
    return spec.detect_fps, spec.rules, spec.disarm, spec.looking


def _source_of(spec: CameraSpec) -> tuple[object, ...]:
    """What of a camera its source is made from."""
    return spec.url, split_options(spec.options)[1], spec.enabled
