import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.core.types import CameraState
from maskwatch.errors import ConfigError, SourceError, SourceReason
from maskwatch.pipeline.backoff import Backoff
from maskwatch.pipeline.status import CameraStatus
from maskwatch.pipeline.supervisor import CameraSupervisor
from tests.unit.pipeline.parts import CountingTelemetry, ScriptedSource, raw_frame


class Collector:
    """A sink that keeps what it got."""

    def __init__(self) -> None:
        self.frames: list[RawFrame] = []

    def opened(self, info: StreamInfo) -> None:
        self.info = info

    def frame(self, frame: RawFrame) -> None:
        self.frames.append(frame)

    def packet(self, packet: EncodedPacket) -> None:
        raise AssertionError(packet)


class Rig:
    """A supervised source and everything it told."""

    def __init__(self, wait_s: float = 0.001) -> None:
        self.source, self.sink, self.telemetry = ScriptedSource(), Collector(), CountingTelemetry()
        self.statuses: queue.Queue[CameraStatus] = queue.Queue()
        self.create_error: Exception | None = None
        self.heard: Callable[[CameraStatus], None] = lambda _status: None
        self.supervisor = CameraSupervisor(
            "hall",
            create_source=self._create,
            sink=self.sink,
            telemetry=self.telemetry,
            on_status=self._told,
            backoff=Backoff(first_s=wait_s, longest_s=wait_s),
        )

    def _told(self, status: CameraStatus) -> None:
        self.heard(status)
        self.statuses.put(status)

    def _create(self) -> ScriptedSource:
        if self.create_error is not None:
            raise self.create_error
        return self.source

    def await_state(self, state: CameraState) -> CameraStatus:
        while True:
            status = self.statuses.get(timeout=10)
            if status.state is state:
                return status

    def open(self) -> None:
        assert self.source.opened.wait(10)
        self.source.opened.clear()


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.supervisor.stop()
    assert rig.supervisor.join(10)


def test_connecting_until_the_first_frame_then_online(rig: Rig) -> None:
    rig.supervisor.start()
    assert rig.await_state(CameraState.CONNECTING).reason is None
    rig.open()
    rig.source.send(raw_frame(0, time.monotonic()))
    status = rig.await_state(CameraState.ONLINE)
    assert status.info is not None
    assert status.info.codec == "h264"
    assert [frame.sequence for frame in rig.sink.frames] == [0]


def test_who_hears_that_a_camera_is_online_finds_its_picture(rig: Rig) -> None:
    """A page asks for it at once."""
    rig.supervisor.start()
    rig.open()
    passed_on: queue.Queue[int] = queue.Queue()
    rig.heard = lambda status: passed_on.put(len(rig.sink.frames)) if status.state is CameraState.ONLINE else None
    rig.source.send(raw_frame(0, time.monotonic()))
    assert passed_on.get(timeout=10) == 1


def test_a_failure_is_told_and_tried_again(rig: Rig) -> None:
    rig.supervisor.start()
    rig.open()
    rig.source.error = SourceError(SourceReason.REFUSED, "Nobody listens there.", remedy="Check the port.")
    rig.source.end.set()
    status = rig.await_state(CameraState.OFFLINE)
    assert status.reason == "refused"
    assert status.message == "Nobody listens there. Check the port."
    assert status.next_try_utc is not None
    rig.open()
    rig.source.send(raw_frame(1, time.monotonic()))
    rig.await_state(CameraState.ONLINE)
    assert rig.telemetry.reconnects["hall", "refused"] == 1
    assert rig.source.runs == 2


def test_an_offline_camera_does_not_flicker_to_connecting_while_it_is_tried(rig: Rig) -> None:
    rig.source.error = SourceError(SourceReason.REFUSED, "Nobody listens there.")
    rig.supervisor.start()
    for _ in range(3):
        rig.open()
        rig.source.end.set()
    rig.open()
    states = [state for _, state, _ in rig.telemetry.states]
    assert CameraState.CONNECTING not in states[states.index(CameraState.OFFLINE) :]


def test_a_stream_that_ends_quietly_is_an_error(rig: Rig) -> None:
    rig.supervisor.start()
    rig.open()
    rig.source.end.set()
    assert rig.await_state(CameraState.OFFLINE).reason == "ended"


def test_a_source_that_crashes_costs_only_a_retry_and_its_message_is_not_shown(rig: Rig) -> None:
    rig.supervisor.start()
    rig.open()
    rig.source.error = KeyError("rtsp://user:secret@host")
    rig.source.end.set()
    status = rig.await_state(CameraState.OFFLINE)
    assert status.reason == "internal"
    assert "secret" not in status.message
    rig.open()


def test_broken_settings_are_not_tried_again_by_themselves_but_on_demand() -> None:
    rig = Rig()
    rig.create_error = ConfigError("Unknown option 'x'.", remedy="Take it out.")
    rig.supervisor.start()
    status = rig.await_state(CameraState.MISCONFIGURED)
    assert (status.next_try_utc, status.message) == (None, "Unknown option 'x'. Take it out.")
    rig.create_error = None
    rig.supervisor.retry()
    rig.open()
    rig.supervisor.stop()
    assert rig.supervisor.join(10)


def test_retry_ends_a_long_wait() -> None:
    rig = Rig(wait_s=3600)
    rig.source.error = SourceError(SourceReason.TIMEOUT, "No answer.")
    rig.supervisor.start()
    rig.open()
    rig.source.end.set()
    rig.await_state(CameraState.OFFLINE)
    rig.supervisor.retry()
    rig.open()
    rig.supervisor.stop()
    assert rig.supervisor.join(10)


def test_a_source_that_crashes_when_knocked_at_costs_no_more_than_the_wait() -> None:
    class Crashes(ScriptedSource):
        def knock(self) -> bool:
            raise KeyError("rtsp://user:secret@host")

    rig = Rig()
    rig.source = Crashes()
    rig.source.error = SourceError(SourceReason.TIMEOUT, "No answer.")
    rig.supervisor.start()
    for _ in range(2):
        rig.open()
        rig.source.end.set()
    rig.open()
    rig.supervisor.stop()
    assert rig.supervisor.join(10)


def test_silence_is_stalled_then_opened_anew(rig: Rig) -> None:
    rig.supervisor.start()
    rig.open()
    rig.source.send(raw_frame(0, time.monotonic()))
    rig.await_state(CameraState.ONLINE)
    rig.supervisor.tick(time.monotonic() + 4)
    assert rig.await_state(CameraState.STALLED).next_try_utc is None
    rig.source.send(raw_frame(1, time.monotonic()))
    rig.await_state(CameraState.ONLINE)
    rig.supervisor.tick(time.monotonic() + 9)
    status = rig.await_state(CameraState.STALLED)
    assert (status.reason, status.next_try_utc is not None) == ("stalled", True)
    rig.open()


def test_the_next_supervisor_of_a_camera_waits_for_the_one_before(rig: Rig) -> None:
    rig.supervisor.start()
    rig.open()
    after = ScriptedSource()
    successor = CameraSupervisor(
        "hall",
        create_source=lambda: after,
        sink=rig.sink,
        telemetry=rig.telemetry,
        on_status=lambda _: None,
        after=rig.supervisor,
    )
    successor.start()
    assert not after.opened.wait(0.05)
    rig.supervisor.stop()
    assert after.opened.wait(10)
    successor.stop()
    assert successor.join(10)


def test_nothing_is_told_of_a_camera_once_it_was_stopped(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be removed right after: what is counted of it then would never end."""
    note, order, stopped = rig.telemetry.camera_state, queue.SimpleQueue[str](), threading.Event()

    def stop() -> None:
        rig.supervisor.stop()
        order.put("stopped")
        stopped.set()

    def slow(camera: str, state: CameraState, reason: str | None) -> None:
        threading.Thread(target=stop).start()
        stopped.wait(0.05)
        note(camera, state, reason)
        order.put("told")

    monkeypatch.setattr(rig.telemetry, "camera_state", slow)
    rig.supervisor.start()
    assert [order.get(timeout=10) for _ in range(2)] == ["told", "stopped"]
