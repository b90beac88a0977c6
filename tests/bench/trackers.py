"""Our tracker beside norfair and roboflow's, on faces whose names are known: `python -m tests.bench.trackers`.

Two kinds of scenes: made-up crossings (tests/bench/crossings.py, occlusions up to 2 s), and, with `--clips FOLDER`,
recordings, where following every frame gives the names and the trackers see only some of the frames. Libraries that are
not installed are left out: put norfair or trackers into an environment beside maskwatch to measure them.

- switches: how often a person's number changes; fragments: numbers a person beyond the first; merged: numbers shared
  by people; ms: milliseconds a look. All trackers remember somebody for 3 s; the libraries are told the rate.
"""

import argparse
import itertools
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from maskwatch.core.tracker import MotionTracker
from maskwatch.core.types import Observation
from tests.bench.crossings import STORIES, Seen, looks_at, people_of

MEMORY_S = 3.0
RATES = (2.0, 5.0, 10.0)
Scene = list[Seen]


class Follower(Protocol):
    """A tracker under test."""

    def update(self, t_s: float, observations: Sequence[Observation]) -> list[int | None]:
        """The number of each observation's person, None where the tracker does not follow it (yet)."""


class Ours:
    def __init__(self, looks_per_s: float) -> None:
        self._tracker = MotionTracker(memory_s=MEMORY_S)

    def update(self, t_s: float, observations: Sequence[Observation]) -> list[int | None]:
        tracks = self._tracker.update(t_s, observations)
        numbers = {id(track.observation): track.id for track in tracks if track.observation is not None}
        return [numbers.get(id(each)) for each in observations]


class Norfair:
    """Norfair on the two corners of each face, distances in face sizes."""

    def __init__(self, looks_per_s: float) -> None:
        import norfair

        self._norfair = norfair
        self._tracker = norfair.Tracker(
            distance_function=self._distance,
            distance_threshold=1.5,
            hit_counter_max=max(2, round(MEMORY_S * looks_per_s)),
            initialization_delay=0,
        )

    @staticmethod
    def _distance(detection: Any, person: Any) -> float:
        (x1, y1), (x2, y2) = detection.points
        return float(np.abs(detection.points - person.estimate).mean() / max(x2 - x1, y2 - y1, 1.0))

    def update(self, t_s: float, observations: Sequence[Observation]) -> list[int | None]:
        detections = [
            self._norfair.Detection(points=np.array([[b.x1, b.y1], [b.x2, b.y2]]), data=index)
            for index, b in enumerate(each.face.box for each in observations)
        ]
        people = self._tracker.update(detections=detections)
        numbers = {id(person.last_detection): person.id for person in people}
        return [numbers.get(id(each)) for each in detections]


class Roboflow:
    """One of roboflow's trackers, its buffer and frame rate told the rate of looks."""

    def __init__(self, kind: str, looks_per_s: float) -> None:
        import supervision
        import trackers

        self._detections = supervision.Detections
        self._tracker = getattr(trackers, kind)(
            frame_rate=looks_per_s,
            # It counts frames at 30 a second, whatever the rate.
            lost_track_buffer=round(MEMORY_S * 30),
            minimum_consecutive_frames=1,
            minimum_iou_threshold=0.05,
        )

    def update(self, t_s: float, observations: Sequence[Observation]) -> list[int | None]:
        if not observations:
            self._tracker.update(self._detections.empty())
            return []
        boxes = [each.face.box for each in observations]
        found = self._detections(
            xyxy=np.array([[b.x1, b.y1, b.x2, b.y2] for b in boxes], np.float32),
            confidence=np.array([each.face.score for each in observations], np.float32),
            class_id=np.zeros(len(boxes), int),
            data={"index": np.arange(len(boxes))},
        )
        answer = self._tracker.update(found)
        numbers: list[int | None] = [None] * len(boxes)
        for index, number in zip(answer.data.get("index", ()), answer.tracker_id, strict=True):
            numbers[int(index)] = int(number) if number >= 0 else None
        return numbers


CONTENDERS: dict[str, Callable[[float], Follower]] = {
    "ours": Ours,
    "norfair": Norfair,
    "roboflow SORT": lambda rate: Roboflow("SORTTracker", rate),
    "roboflow ByteTrack": lambda rate: Roboflow("ByteTrackTracker", rate),
    "roboflow OC-SORT": lambda rate: Roboflow("OCSORTTracker", rate),
}


def crossings(looks_per_s: float, scenes: int = 30, seed: int = 7) -> list[Scene]:
    """Made-up scenes with four people each."""
    chance, stories = random.Random(seed), itertools.cycle(STORIES)
    return [
        list(looks_at(people_of(chance, range(4), [next(stories) for _ in range(4)], 2.0), chance, looks_per_s))
        for _ in range(scenes)
    ]


def recordings(folder: Path) -> list[Scene]:
    """Every recording of `folder`, each frame looked at, named by following it frame by frame."""
    from maskwatch.config import DetectionSettings
    from maskwatch.loading import load_models_once
    from maskwatch.pipeline.looking import Looker
    from maskwatch.pipeline.replay import Silent
    from maskwatch.sources.recording import read_recording

    models = load_models_once(DetectionSettings().plugins)
    looker = Looker(detector=models.detector, classifier=models.classifier, telemetry=Silent())
    return [
        named((frame.time_s, looker.look([looker.view(frame.picture)])[0]) for frame in read_recording(path))
        for path in sorted(folder.glob("*.mp4"))
    ]


def named(looks: Iterable[tuple[float, Sequence[Observation]]]) -> Scene:
    """Names by plain overlap from frame to frame, no tracker under test involved; blips of under 8 frames are out."""
    names, count = list(looks), itertools.count()
    before: list[tuple[int, float, Observation]] = []
    rows: list[tuple[float, list[tuple[int, Observation]]]] = []
    seen: dict[int, int] = defaultdict(int)
    for t_s, observations in names:
        before = [each for each in before if t_s - each[1] < 0.35]
        row = []
        for observation in observations:
            near = min(before, key=lambda each: _apart(each[2], observation), default=None)
            name = near[0] if near is not None and _apart(near[2], observation) < 0.5 else next(count)
            before = [each for each in before if each[0] != name] + [(name, t_s, observation)]
            row.append((name, observation))
            seen[name] += 1
        rows.append((t_s, row))
    return [Seen(t_s=t_s, people=tuple(each for each in row if seen[each[0]] >= 8)) for t_s, row in rows]


def _apart(one: Observation, two: Observation) -> float:
    (x, y), (left, top) = one.face.box.center, two.face.box.center
    return float(np.hypot(x - left, y - top)) / max(one.face.box.longer_side, two.face.box.longer_side)


def thinned(scene: Scene, looks_per_s: float) -> Scene:
    """Only as many looks as a camera would be given."""
    kept: Scene = []
    for seen in scene:
        if not kept or seen.t_s - kept[-1].t_s >= 1 / looks_per_s - 0.02:
            kept.append(seen)
    return kept


def measure(make: Callable[[float], Follower], scenes: Sequence[Scene], looks_per_s: float) -> dict[str, float]:
    """The figures of one tracker over some scenes."""
    switches = fragments = merged = people = 0
    took_s: list[float] = []
    for scene in scenes:
        follower = make(looks_per_s)
        lines: dict[int, list[int]] = defaultdict(list)
        for seen in scene:
            observations = [observation for _, observation in seen.people]
            began_s = time.perf_counter()
            numbers = follower.update(seen.t_s, observations)
            took_s.append(time.perf_counter() - began_s)
            for (name, _), number in zip(seen.people, numbers, strict=True):
                if number is not None:
                    lines[name].append(number)
        people += len(lines)
        switches += sum(a != b for line in lines.values() for a, b in itertools.pairwise(line))
        fragments += sum(len(set(line)) - 1 for line in lines.values())
        owners: dict[int, set[int]] = defaultdict(set)
        for name, line in lines.items():
            for number in line:
                owners[number].add(name)
        merged += sum(len(names) - 1 for names in owners.values())
    ms = 1000 * statistics.median(took_s)
    return {"people": people, "switches": switches, "fragments": fragments, "merged": merged, "ms": ms}


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--clips", type=Path, default=None)
    arguments.add_argument("--only", default=None, help="Contenders whose name contains this.")
    options = arguments.parse_args()
    clips = recordings(options.clips) if options.clips else []
    out = ["| scenes | looks/s | tracker | people | switches | fragments | merged | ms a look |", "|" + " --- |" * 8]
    for rate in RATES:
        sets = {"crossings": crossings(rate), "clips": [thinned(scene, rate) for scene in clips]}
        for (kind, scenes), (name, make) in itertools.product(sets.items(), CONTENDERS.items()):
            if not scenes or (options.only and options.only not in name):
                continue
            try:
                got = measure(make, scenes, rate)
            except ImportError:
                continue
            counts = " | ".join(f"{got[key]:.0f}" for key in ("people", "switches", "fragments", "merged"))
            out.append(f"| {kind} | {rate:g} | {name} | {counts} | {got['ms']:.2f} |")
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
