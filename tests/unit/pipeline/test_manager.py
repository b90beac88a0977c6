import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from maskwatch.config import RuleSettings
from maskwatch.core.ports import RawFrame
from maskwatch.core.types import AlertAction, AlertChange, CameraState, CloseReason, Look
from maskwatch.errors import NotFoundError, SourceError, SourceReason
from maskwatch.pipeline.bus import LookBus
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.manager import CameraManager, ManagerPorts
from maskwatch.pipeline.ready import ReadyQueue
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.status import CameraStatus
from maskwatch.pipeline.worker import InferenceWorker
from tests.unit.pipeline.parts import (
    CountingTelemetry,
    OneFaceDetector,
    SameVerdictClassifier,
    ScriptedSource,
    raw_frame,
)

QUICK = RuleSettings(dwell_s=0.0, min_face_px=4)


class House:
    """A manager with a real worker and bus, and cameras that the test drives."""

    def __init__(self) -> None:
        self.telemetry = CountingTelemetry()
        self.sources: dict[str, ScriptedSource] = {}
        self.specs: list[CameraSpec] = []
        self.statuses: asyncio.Queue[tuple[str, CameraStatus]] = asyncio.Queue()
        self.looks: asyncio.Queue[Look] = asyncio.Queue()
        self.closed: list[AlertChange] = []
        self.next_s = time.monotonic()
        self.queue = ReadyQueue()
        self.detector = OneFaceDetector()
        loop, ids = asyncio.get_running_loop(), count(1)
        self.bus = LookBus(loop, lambda _: None)
        self.bus.subscribe(self.looks.put_nowait)
        self.worker = InferenceWorker(
            looker=Looker(detector=self.detector, classifier=SameVerdictClassifier(), telemetry=self.telemetry),
            queue=self.queue,
            telemetry=self.telemetry,
            on_look=self.bus.post,
        )
        self.worker.start()
        self.manager = CameraManager(
            loop,
            self.queue,
            ManagerPorts(
                create_source=self._create,
                make_taps=lambda _: (),
                on_status=lambda name, status: self.statuses.put_nowait((name, status)),
                on_changes=self._on_closed,
                new_alert_id=lambda: f"alert{next(ids)}",
                evidence_settings={"models": {"detector": "test"}},
                telemetry=self.telemetry,
            ),
        )
        self.manager.start()

    def _create(self, spec: CameraSpec) -> ScriptedSource:
        self.specs.append(spec)
        return self.sources[spec.name]

    def _on_closed(self, changes: Sequence[AlertChange]) -> None:
        self.closed += changes

    def add(self, name: str, **settings: object) -> ScriptedSource:
        source = self.sources[name] = ScriptedSource()
        self.manager.apply(CameraSpec(name=name, url=f"test:{name}", rules=QUICK, **settings))  # type: ignore[arg-type]
        return source

    async def await_state(self, name: str, state: CameraState) -> CameraStatus:
        async with asyncio.timeout(10):
            while True:
                which, status = await self.statuses.get()
                if (which, status.state) == (name, state):
                    return status

    async def see(self, source: ScriptedSource, looks: int = 3) -> list[Look]:
        """Send frames a fifth of a second apart, and get their looks."""
        await asyncio.to_thread(source.opened.wait, 10)
        seen = []
        for index in range(looks):
            self.next_s += 0.2
            source.send(raw_frame(index, self.next_s))
            async with asyncio.timeout(10):
                seen.append(await self.looks.get())
        return seen

    def hold(self, source: ScriptedSource, frame: RawFrame) -> None:
        """Send a frame, and have the worker busy with it until the detector's gate opens."""
        self.detector.gate.clear()
        sampled = self.telemetry.sampled.total()
        source.send(frame)
        while self.telemetry.sampled.total() == sampled:
            pass

    def changes(self) -> list[AlertChange]:
        """All that has come of looks, and without any."""
        looks = [self.looks.get_nowait() for _ in range(self.looks.qsize())]
        return [change for look in looks for change in look.changes] + self.closed

    async def close(self) -> None:
        self.detector.gate.set()
        await self.manager.close()
        self.queue.close()
        await asyncio.to_thread(self.worker.join, 10)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.close()


async def test_a_camera_goes_online_and_its_people_become_alerts(house: House) -> None:
    source = house.add("hall")
    looks = await house.see(source)
    status = await house.await_state("hall", CameraState.ONLINE)
    assert house.manager.status("hall") == status
    changes = [change for look in looks for change in look.changes]
    assert [(change.camera, change.alert_id) for change in changes] == [("hall", "alert1")]
    assert changes[0].evidence is not None
    assert changes[0].evidence.settings["models"] == {"detector": "test"}
    figures = house.manager.figures("hall")
    assert figures.looks_per_s > 0
    latest = house.manager.latest("hall")
    assert latest is not None
    assert latest.sequence == 2


async def test_changed_rules_neither_reopen_the_camera_nor_touch_the_open_alert(house: House) -> None:
    source = house.add("hall")
    await house.see(source)
    house.manager.apply(
        CameraSpec(name="hall", url="test:hall", rules=RuleSettings(dwell_s=60, min_face_px=4), detect_fps=10)
    )
    looks = await house.see(source)
    assert source.runs == 1
    assert [change for look in looks for change in look.changes] == []
    house.manager.remove("hall")
    assert [(change.alert_id, change.reason) for change in house.closed] == [("alert1", CloseReason.CAMERA_LOST)]


async def test_other_ways_of_looking_do_not_reopen_the_camera_either(house: House) -> None:
    source = house.add("hall")
    await house.see(source)
    house.manager.apply(CameraSpec(name="hall", url="test:hall", rules=QUICK, options={"priority": "high"}))
    await house.see(source)
    assert source.runs == 1


async def test_a_changed_address_opens_the_camera_anew_after_the_old_one_ended(house: House) -> None:
    source = house.add("hall")
    await house.see(source, 1)
    source.opened.clear()
    house.manager.apply(CameraSpec(name="hall", url="test:other", rules=QUICK))
    await house.see(source, 1)
    assert [spec.url for spec in house.specs] == ["test:hall", "test:other"]
    assert source.runs == 2


async def test_pausing_closes_alerts_and_stops_the_camera(house: House) -> None:
    source = house.add("hall")
    await house.see(source)
    house.manager.apply(CameraSpec(name="hall", url="test:hall", rules=QUICK, enabled=False))
    status = await house.await_state("hall", CameraState.DISABLED)
    assert (status.message, house.manager.status("hall").state) == ("Paused.", CameraState.DISABLED)
    assert [change.reason for change in house.closed] == [CloseReason.CAMERA_LOST]
    source.opened.clear()
    house.manager.apply(CameraSpec(name="hall", url="test:hall", rules=QUICK))
    await house.see(source, 1)
    await house.await_state("hall", CameraState.ONLINE)


async def test_a_dead_camera_takes_nothing_from_a_healthy_one(house: House) -> None:
    dead = house.add("dead")
    dead.error = SourceError(SourceReason.REFUSED, "Nobody listens there.")
    dead.end.set()
    healthy = house.add("healthy")
    await house.await_state("dead", CameraState.OFFLINE)
    assert [look.frame.camera for look in await house.see(healthy, 5)] == ["healthy"] * 5
    assert house.manager.names() == ["dead", "healthy"]


async def test_an_unknown_camera_is_a_clear_error(house: House) -> None:
    for ask in (house.manager.status, house.manager.figures, house.manager.latest, house.manager.retry):
        with pytest.raises(NotFoundError, match="no camera named 'ghost'"):
            ask("ghost")
    with pytest.raises(NotFoundError):
        house.manager.remove("ghost")


async def test_the_address_of_a_camera_is_not_in_its_repr() -> None:
    assert "secret" not in repr(CameraSpec(name="hall", url="rtsp://user:secret@host/"))


async def test_removing_does_not_wait_for_a_source_that_hangs_but_the_next_one_does(house: House) -> None:
    source = house.add("hall")
    source.hang.set()
    await asyncio.to_thread(source.opened.wait, 10)
    assert source.sink is not None
    house.manager.remove("hall")
    before = house.telemetry.decoded["hall"], list(house.telemetry.states)
    source.send(raw_frame(0, time.monotonic()))  # it hangs no more, and is heard no more
    assert (house.telemetry.decoded["hall"], house.telemetry.states) == before
    successor = house.add("hall")
    assert not await asyncio.to_thread(successor.opened.wait, 0.05)
    source.hang.clear()
    assert await asyncio.to_thread(successor.opened.wait, 10)


async def test_a_camera_that_goes_on_after_a_pause_waits_for_what_was_before_it(house: House) -> None:
    source = house.add("hall")
    source.hang.set()
    await asyncio.to_thread(source.opened.wait, 10)
    house.manager.apply(replace(house.specs[0], enabled=False))
    successor = house.sources["hall"] = ScriptedSource()
    house.manager.apply(replace(house.specs[0], enabled=True))
    assert not await asyncio.to_thread(successor.opened.wait, 0.05)
    source.hang.clear()
    assert await asyncio.to_thread(successor.opened.wait, 10)


def still_open(changes: Sequence[AlertChange]) -> set[str]:
    raised = {change.alert_id for change in changes if change.action is AlertAction.RAISED}
    return raised - {change.alert_id for change in changes if change.action is AlertAction.CLOSED}


async def test_a_look_on_its_way_while_rules_change_leaves_no_alert_open_for_ever(house: House) -> None:
    """What it raised nobody would know of any more, and so nobody close."""
    source = house.sources["hall"] = ScriptedSource()
    spec = CameraSpec(name="hall", url="test:hall", rules=RuleSettings(dwell_s=60, blind_after_s=10))
    house.manager.apply(spec)
    await house.see(source, 1)
    house.next_s += 10
    house.hold(source, raw_frame(1, house.next_s))  # it has been frozen for long enough
    house.manager.apply(replace(spec, detect_fps=10))
    house.detector.gate.set()
    seen = await house.see(source, 1)
    house.manager.remove("hall")
    changes = [change for look in seen for change in look.changes] + house.changes()
    assert [change.action for change in changes].count(AlertAction.RAISED) == 1
    assert still_open(changes) == set()


@pytest.mark.parametrize("goes", ["paused", "removed"])
async def test_a_look_on_its_way_when_its_camera_goes_comes_to_nothing(house: House, goes: str) -> None:
    other, source = house.add("other"), ScriptedSource()
    house.sources["hall"] = source
    spec = CameraSpec(name="hall", url="test:hall", rules=QUICK.model_copy(update={"min_confidence": 0.5}))
    house.manager.apply(spec)
    await asyncio.to_thread(source.opened.wait, 10)
    house.hold(source, raw_frame(0, time.monotonic()))  # one look is enough for an alert
    if goes == "paused":
        house.manager.apply(replace(spec, enabled=False))
    else:
        house.manager.remove("hall")
    house.detector.gate.set()
    (look,) = await house.see(other, 1)
    assert look.frame.camera == "other"
    assert still_open([*look.changes, *house.changes()]) == set()


async def test_a_picture_that_comes_as_its_camera_is_called_stalled_has_the_last_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads tell of one camera: who is told last must not be the one that was overtaken."""
    monkeypatch.setattr("maskwatch.pipeline.supervisor._STALLED_AFTER_S", 0.01)
    source = house.add("hall")
    await house.see(source, 1)
    await house.await_state("hall", CameraState.ONLINE)
    post, frames = house.manager._post_status, iter([raw_frame(1, time.monotonic())])

    def overtaken(*about: Any) -> None:
        if house.manager.status("hall").state is CameraState.STALLED and (frame := next(frames, None)) is not None:
            source.send(frame)
        post(*about)

    monkeypatch.setattr(house.manager, "_post_status", overtaken)
    async with asyncio.timeout(10):
        told = [await house.statuses.get() for _ in range(2)]
    assert [status.state for _, status in told] == [CameraState.ONLINE] * 2
