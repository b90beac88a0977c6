import gc
import queue
import time
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Literal

import numpy as np
import pytest

from maskwatch.config import LookingOptions, RuleSettings
from maskwatch.core.compliance import Compliance
from maskwatch.core.sampler import Sampler
from maskwatch.core.tracker import MotionTracker
from maskwatch.core.types import AlertAction, AlertChange, Grey, Image, Look, MaskLabel
from maskwatch.pipeline.camera_rules import CameraRules
from maskwatch.pipeline.line import CameraLine
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.pipeline.ready import ReadyQueue
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.worker import InferenceWorker
from tests.unit.pipeline.parts import CountingTelemetry, OneFaceDetector, SameVerdictClassifier, SlowDetector, raw_frame


class Bench:
    """A worker with its queue, and cameras made on demand."""

    def __init__(self, detector: OneFaceDetector | None = None, budget_s: float = 0.05) -> None:
        self.telemetry = CountingTelemetry()
        self.ready = ReadyQueue(budget_s)
        self.detector, self.classifier = detector or OneFaceDetector(), SameVerdictClassifier()
        self.looks: queue.Queue[Look] = queue.Queue()
        self.worker = InferenceWorker(
            looker=Looker(detector=self.detector, classifier=self.classifier, telemetry=self.telemetry),
            queue=self.ready,
            telemetry=self.telemetry,
            on_look=self.looks.put,
        )

    def close(self) -> None:
        self.detector.gate.set()
        self.ready.close()
        self.worker.join(10)
        assert not self.worker.is_alive

    def line(
        self,
        name: str,
        *,
        min_face_px: float = 16,
        looks_per_s: float = 5,
        dwell_s: float = 2.0,
        looking: LookingOptions | None = None,
    ) -> CameraLine:
        ids = count()
        return CameraLine(
            name,
            sampler=Sampler(looks_per_s),
            tracker=MotionTracker(),
            compliance=Compliance(),
            rule=CameraRules(
                CameraSpec(name=name, url="test:", rules=RuleSettings(dwell_s=dwell_s)),
                lambda: f"{name}{next(ids)}",
                {},
            ),
            min_face_px=min_face_px,
            telemetry=self.telemetry,
            wake=self.ready.wake,
            looking=looking,
        )


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    bench.worker.start()
    yield bench
    bench.close()


def test_a_frame_becomes_a_look(bench: Bench) -> None:
    line = bench.line("hall")
    line.frame(raw_frame(7, time.monotonic()))
    look = bench.looks.get(timeout=10)
    assert (look.frame.camera, look.frame.sequence) == ("hall", 7)
    assert [track.observation.verdict.label for track in look.tracks if track.observation] == [MaskLabel.NO_MASK]
    assert bench.telemetry.stages >= {"convert", "detect", "classify", "track"}


def test_only_sampled_frames_are_looked_at_and_the_rest_are_counted(bench: Bench) -> None:
    line = bench.line("hall")
    start_s = time.monotonic()
    for index in range(30):
        line.frame(raw_frame(index, start_s + index / 15))
        if index % 3 == 0:
            bench.looks.get(timeout=10)
    assert bench.telemetry.decoded["hall"] == 30
    assert bench.telemetry.sampled["hall"] == 10
    assert bench.telemetry.drops["hall", "sampler", "not_due"] == 20


def test_a_busy_worker_looks_at_the_newest_frame_and_counts_what_it_missed(bench: Bench) -> None:
    line = bench.line("hall")
    bench.detector.gate.clear()
    start_s = time.monotonic()
    line.frame(raw_frame(0, start_s))
    while bench.telemetry.sampled["hall"] == 0:
        pass  # until the worker holds the first frame
    for index in range(1, 6):
        line.frame(raw_frame(index, start_s + index))
    bench.detector.gate.set()
    assert [bench.looks.get(timeout=10).frame.sequence for _ in range(2)] == [0, 5]
    assert bench.telemetry.drops["hall", "slot", "overwritten"] == 4


def test_cameras_that_are_due_share_one_batch(bench: Bench) -> None:
    bench.detector.gate.clear()
    lines = [bench.line(f"camera{index}") for index in range(6)]
    now_s = time.monotonic()
    lines[0].frame(raw_frame(0, now_s))
    while bench.telemetry.sampled["camera0"] == 0:
        pass
    for line in lines[1:]:
        line.frame(raw_frame(0, now_s))
    bench.detector.gate.set()
    cameras = {bench.looks.get(timeout=10).frame.camera for _ in lines}
    assert len(cameras) == 6
    assert bench.detector.batches == [1, 5]


def test_a_failing_model_costs_one_round_and_is_counted(bench: Bench) -> None:
    line = bench.line("hall")
    bench.detector.fail_once = True
    now_s = time.monotonic()
    line.frame(raw_frame(0, now_s))
    while not bench.telemetry.failures["RuntimeError"]:
        pass
    line.frame(raw_frame(1, now_s + 1))
    assert bench.looks.get(timeout=10).frame.sequence == 1


def test_a_frame_that_cant_be_converted_costs_only_its_own_camera_a_look(bench: Bench) -> None:
    def broken() -> Image:
        raise ValueError("bad pixels")

    bench.detector.gate.clear()
    first, bad, good = bench.line("first"), bench.line("bad"), bench.line("good")
    now_s = time.monotonic()
    first.frame(raw_frame(0, now_s))
    while not bench.telemetry.sampled["first"]:
        pass
    bad.frame(raw_frame(0, now_s, broken))
    good.frame(raw_frame(0, now_s))
    bench.detector.gate.set()
    assert [bench.looks.get(timeout=10).frame.camera for _ in range(2)] == ["first", "good"]
    assert bench.telemetry.drops["bad", "convert", "ValueError"] == 1


def test_an_unforeseen_fault_of_one_frame_takes_no_look_of_the_others(bench: Bench) -> None:
    """They were waiting for their turn in the same round, and would not ask for another."""

    def broken() -> Image:
        raise RuntimeError("a plug-in's own")

    bench.detector.gate.clear()
    first, bad, good = bench.line("first"), bench.line("bad"), bench.line("good")
    now_s = time.monotonic()
    first.frame(raw_frame(0, now_s))
    while not bench.telemetry.sampled["first"]:
        pass
    bad.frame(raw_frame(0, now_s, broken))
    good.frame(raw_frame(0, now_s))
    bench.detector.gate.set()
    assert bench.looks.get(timeout=10).frame.camera == "first"
    while not (bench.telemetry.drops["bad", "convert", "RuntimeError"] or bench.telemetry.failures["RuntimeError"]):
        pass
    good.frame(raw_frame(1, now_s + 1))
    assert bench.looks.get(timeout=10).frame.camera == "good"


def test_pixels_that_cant_be_measured_cost_no_alert(bench: Bench) -> None:
    """The rule has noted by then that the alert is raised, and would not raise it again."""

    class Damaged(RgbPicture):
        def luma(self, width: int, height: int) -> Grey:
            raise ValueError("bad pixels")

    line = bench.line("hall", dwell_s=0.3)
    changes: list[AlertChange] = []
    for index in range(5):
        frame = raw_frame(index, 1000 + index * 0.6)
        line.frame(replace(frame, picture=Damaged(frame.to_rgb())))
        changes += bench.looks.get(timeout=10).changes
    assert [change.action for change in changes] == [AlertAction.RAISED]


def test_faces_below_the_smallest_size_are_not_judged(bench: Bench) -> None:
    line = bench.line("hall", min_face_px=31, dwell_s=0.0)
    line.frame(raw_frame(0, time.monotonic()))
    look = bench.looks.get(timeout=10)
    assert [track.observation.verdict.label for track in look.tracks if track.observation] == [MaskLabel.UNKNOWN]
    assert look.changes == ()


def test_losing_the_camera_closes_what_is_open(bench: Bench) -> None:
    line = bench.line("hall", dwell_s=0.3)
    start_s = time.monotonic()
    changes: list[AlertChange] = []
    for index in range(5):
        line.frame(raw_frame(index, start_s + index / 5))
        changes += bench.looks.get(timeout=10).changes
    assert [change.action for change in changes] == [AlertAction.RAISED]
    (closed,) = line.lose(start_s + 2)
    assert closed.alert_id == changes[0].alert_id


def test_a_line_that_has_ended_is_not_looked_at_any_more_and_not_kept(bench: Bench) -> None:
    line, other = bench.line("hall"), bench.line("other")
    line.end()
    bench.ready.forget(line)
    line.frame(raw_frame(0, time.monotonic()))  # its decode thread has not heard yet
    other.frame(raw_frame(0, time.monotonic()))
    assert bench.looks.get(timeout=10).frame.camera == "other"
    assert bench.telemetry.sampled["hall"] == 0
    kept = weakref.ref(line)
    del line
    gc.collect()
    assert kept() is None


class Overload:
    """A worker whose looks take as long as the time between two frames, and each round is one camera."""

    def __init__(self) -> None:
        self.detector = SlowDetector()
        self.bench = Bench(self.detector, budget_s=1e-9)
        self.bench.ready.took(1, 1.0)
        self.bench.worker.start()

    def run(self, lines: list[CameraLine], rounds: int) -> list[Look]:
        """The looks that come, one for each round of frames, and of which frames."""
        start_s = time.monotonic()
        looks: list[Look] = []
        for turn in range(rounds):
            for line in lines:
                line.frame(raw_frame(turn, start_s + turn / 15))
            self.detector.passes.release()
            looks.append(self.bench.looks.get(timeout=10))
        return looks


@pytest.fixture
def overload() -> Iterator[Overload]:
    overload = Overload()
    yield overload
    for _ in range(100):
        overload.detector.passes.release()
    overload.bench.close()


def test_when_overloaded_looks_fall_evenly_and_never_the_age_of_what_is_looked_at(overload: Overload) -> None:
    lines = [overload.bench.line(f"camera{index}") for index in range(5)]
    looks = overload.run(lines, 60)
    counts = Counter(look.frame.camera for look in looks)
    assert len(counts) == 5
    assert max(counts.values()) - min(counts.values()) <= 2
    # The frame of a look was the camera's newest when its turn came, however long it had waited for that.
    assert max(turn - look.frame.sequence for turn, look in enumerate(looks)) <= 1
    assert min(overload.bench.telemetry.missed[line.name] for line in lines) > 0
    assert all(line.figures(looks[-1].frame.captured_monotonic_s).reduced for line in lines)


def test_when_overloaded_looks_go_by_priority(overload: Overload) -> None:
    priorities: dict[str, Literal["low", "normal", "high"]] = {"till": "high", "hall": "normal", "yard": "low"}
    lines = [
        overload.bench.line(name, looks_per_s=15, looking=LookingOptions(priority=priority))
        for name, priority in priorities.items()
    ]
    counts = Counter(look.frame.camera for look in overload.run(lines, 72))
    assert counts["till"] > counts["hall"] > counts["yard"] > 0


def test_a_machine_that_keeps_up_misses_no_look(bench: Bench) -> None:
    line = bench.line("hall")
    start_s = time.monotonic()
    for index in range(30):
        line.frame(raw_frame(index, start_s + index / 15))
        if index % 3 == 0:
            bench.looks.get(timeout=10)
    assert bench.telemetry.missed["hall"] == 0
    assert not line.figures(start_s + 2).reduced


def test_the_cost_of_decoding_is_a_share_of_the_last_seconds(bench: Bench) -> None:
    line, unknown = bench.line("hall"), bench.line("phone")
    start_s = time.monotonic()
    for index in range(75):
        line.frame(replace(raw_frame(index, start_s + index / 15), decode_s=0.002))
        unknown.frame(raw_frame(index, start_s + index / 15))
    assert line.figures(start_s + 4.99).decode_share == pytest.approx(0.03)
    assert unknown.figures(start_s + 4.99).decode_share is None


def test_a_round_takes_as_many_cameras_as_its_budget_allows() -> None:
    ready = ReadyQueue(budget_s=0.05)
    assert ready.round_size == 16
    ready.took(4, 0.04)
    assert ready.round_size == 5
    for _ in range(50):
        ready.took(1, 0.2)
    assert ready.round_size == 1


def test_a_motion_gate_skips_looks_while_nothing_moves_and_counts_them(bench: Bench) -> None:
    line = bench.line("hall", looking=LookingOptions(motion_gate=True))
    start_s = time.monotonic()
    line.frame(raw_frame(0, start_s))
    assert bench.looks.get(timeout=10).frame.sequence == 0
    for index in range(1, 4):
        line.frame(raw_frame(index, start_s + index * 0.2))
        while bench.telemetry.drops["hall", "motion_gate", "still"] < index:
            pass
    line.frame(raw_frame(4, start_s + 1.1))  # somebody is in view: once a second even when nothing moves
    assert bench.looks.get(timeout=10).frame.sequence == 4
    line.frame(raw_frame(5, start_s + 1.4, lambda: np.full((48, 64, 3), 255, np.uint8)))
    line.frame(raw_frame(6, start_s + 1.7, lambda: np.tile(np.arange(64, dtype=np.uint8)[:, None] * 4, (48, 1, 3))))
    assert bench.looks.get(timeout=10).frame.sequence in (5, 6)
