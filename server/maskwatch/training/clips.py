"""Judging both models on clips, by the very line that watches cameras: does a bare mouth ever become a mask?"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maskwatch.config import RuleSettings
from maskwatch.core.ports import FaceDetector, MaskClassifier, RawFrame
from maskwatch.core.types import MaskLabel, TrackState
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.replay import Silent, recorded_utc, replay
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.sources.recording import read_recording

_DETECT_FPS = 5.0
_SMALLEST_PX = 32.0


def clip_figures(folder: Path, detector: FaceDetector, classifier: MaskClassifier) -> list[dict[str, Any]]:
    """One row a clip, none of which shows a mask.

    `looks` counts faces of 32 px and more that were judged, `mask` and `incorrect` the share of those said to wear
    one; `mask_state` says whether anybody was ever held to be compliant; `flips` is how often a verdict on a person
    changed, `flips_a_minute` the same for each person's minute in view.
    """
    looker = Looker(detector=detector, classifier=classifier, telemetry=Silent())
    return [_judge(path, looker) for path in sorted(folder.glob("*.mp4"))]


def _judge(path: Path, looker: Looker) -> dict[str, Any]:
    labels: Counter[MaskLabel] = Counter()
    states: dict[int, list[TrackState]] = defaultdict(list)
    seen: dict[int, list[float]] = defaultdict(list)
    spec = CameraSpec(
        name="clip", url=str(path), detect_fps=_DETECT_FPS, rules=RuleSettings(), options={"detail": "off"}
    )
    for look in replay(_frames(path), spec, looker, {}):
        for track in look.tracks:
            if track.observation is None:
                continue
            seen[track.id].append(track.last_seen_s)
            if track.state is not TrackState.UNKNOWN:
                states[track.id].append(track.state)
            if track.observation.quality.size_px >= _SMALLEST_PX:
                labels[track.observation.verdict.label] += 1
    judged = sum(count for label, count in labels.items() if label is not MaskLabel.UNKNOWN)
    flips = sum(a is not b for line in states.values() for a, b in itertools.pairwise(line))
    minutes = sum(times[-1] - times[0] for times in seen.values()) / 60
    return {
        "clip": path.stem,
        "looks": judged,
        "mask": labels[MaskLabel.MASK] / max(1, judged),
        "incorrect": labels[MaskLabel.INCORRECT] / max(1, judged),
        "mask_state": any(TrackState.COMPLIANT in line for line in states.values()),
        "flips": flips,
        "flips_a_minute": flips / max(minutes, 1 / 60),
    }


def _frames(path: Path) -> Iterator[RawFrame]:
    for recorded in read_recording(path):
        yield RawFrame(
            sequence=recorded.index,
            captured_monotonic_s=recorded.time_s,
            captured_utc=recorded_utc(recorded.time_s),
            to_rgb=recorded.picture.rgb,
            picture=recorded.picture,
        )
