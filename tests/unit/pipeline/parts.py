"""Light parts for the tests of the pipeline: a telemetry that counts, frames made to measure, sources on strings."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from maskwatch.core.ports import RawFrame, SourceSink, StopSignal, StreamInfo
from maskwatch.core.types import (
    AlertChange,
    AlertKind,
    Box,
    CameraState,
    Face,
    Image,
    MaskLabel,
    MaskVerdict,
    TrackState,
)
from maskwatch.errors import SourceError


class CountingTelemetry:
    """Counts everything; `drops` by camera, stage and reason."""

    def __init__(self) -> None:
        self.decoded: Counter[str] = Counter()
        self.sampled: Counter[str] = Counter()
        self.drops: Counter[tuple[str, str, str]] = Counter()
        self.missed: Counter[str] = Counter()
        self.reconnects: Counter[tuple[str, str]] = Counter()
        self.faces: Counter[MaskLabel] = Counter()
        self.failures: Counter[str] = Counter()
        self.states: list[tuple[str, CameraState, str | None]] = []
        self.stages: set[str] = set()
        self.removed: list[str] = []
        self.held_back: Counter[tuple[str, AlertKind]] = Counter()
        self.armed: dict[str, bool] = {}

    def frame_decoded(self, camera: str, decode_s: float | None = None) -> None:
        self.decoded[camera] += 1

    def frame_sampled(self, camera: str) -> None:
        self.sampled[camera] += 1

    def frame_dropped(self, camera: str, stage: str, reason: str) -> None:
        self.drops[camera, stage, reason] += 1

    def looks_missed(self, camera: str, looks: int) -> None:
        self.missed[camera] += looks

    def stage_seconds(self, stage: str, seconds: float) -> None:
        assert seconds >= 0
        self.stages.add(stage)

    def camera_state(self, camera: str, state: CameraState, reason: str | None) -> None:
        self.states.append((camera, state, reason))

    def camera_reconnect(self, camera: str, reason: str) -> None:
        self.reconnects[camera, reason] += 1

    def camera_removed(self, camera: str) -> None:
        self.removed.append(camera)

    def face_judged(self, camera: str, label: MaskLabel) -> None:
        self.faces[label] += 1

    def people_in_view(self, camera: str, people: Mapping[TrackState, int]) -> None:
        pass

    def alert_changed(self, change: AlertChange, frame_age_s: float | None) -> None:
        pass

    def alert_held_back(self, camera: str, kind: AlertKind) -> None:
        self.held_back[camera, kind] += 1

    def camera_armed(self, camera: str, *, armed: bool) -> None:
        self.armed[camera] = armed

    def worker_failed(self, error: str) -> None:
        self.failures[error] += 1


_TEXTURE: Image = np.random.default_rng(1).integers(0, 255, (48, 64, 3)).astype(np.uint8)


def raw_frame(sequence: int, captured_s: float, to_rgb: Callable[[], Image] | None = None) -> RawFrame:
    """A 64 x 48 frame with something to be seen in it."""
    return RawFrame(
        sequence=sequence,
        captured_monotonic_s=captured_s,
        captured_utc=datetime.now(UTC),
        to_rgb=to_rgb or (lambda: _TEXTURE),
    )


class ScriptedSource:
    """A source that the test drives: it delivers what is asked of it from its own thread, then fails or waits."""

    def __init__(self) -> None:
        self.runs = 0
        self.opened = threading.Event()
        self.sink: SourceSink | None = None
        self.error: SourceError | Exception | None = None
        self.end = threading.Event()
        self.hang = threading.Event()
        """While set, it does not hear that it shall stop."""

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        self.runs += 1
        self.sink = sink
        self.opened.set()
        while not stop.wait(0.005):
            if self.end.is_set():
                self.end.clear()
                if self.error is not None:
                    raise self.error
                return
        while self.hang.is_set():
            self.end.wait(0.005)

    def send(self, frame: RawFrame) -> None:
        assert self.sink is not None
        self.sink.opened(StreamInfo(codec="h264", width=64, height=48, fps=15.0))
        self.sink.frame(frame)


class OneFaceDetector:
    """Finds one face in every picture; counts batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fail_once = False

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        assert self.gate.wait(10)
        if self.fail_once:
            self.fail_once = False
            raise RuntimeError("the model stumbled")
        self.batches.append(len(images))
        return [[Face(box=Box(10, 10, 40, 40), score=0.9)] for _ in images]


class SlowDetector(OneFaceDetector):
    """Is done with a batch when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = threading.Semaphore(0)

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        assert self.passes.acquire(timeout=10)
        return super().detect(images)


class SameVerdictClassifier:
    """Says the same of every face."""

    crop_margin = 0.2

    def __init__(self, label: MaskLabel = MaskLabel.NO_MASK) -> None:
        self.label = label

    def classify(self, crops: Sequence[Image]) -> list[MaskVerdict]:
        probabilities = {MaskLabel.MASK: 0.02, MaskLabel.NO_MASK: 0.02, MaskLabel.INCORRECT: 0.02, self.label: 0.96}
        return [MaskVerdict(label=self.label, probabilities=probabilities) for _ in crops]
