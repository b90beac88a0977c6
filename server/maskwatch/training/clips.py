"""Judging both models on clips, by the very line that watches cameras: does a bare mouth ever become a mask?"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maskwatch.config import RuleSettings
from maskwatch.core.ports import FaceDetector, MaskClassifier, RawFrame
from maskwatch.core.types import AlertAction, MaskLabel, TrackState
from maskwatch.pipeline.looking import Looker
from maskwatch.pipeline.replay import Silent, recorded_utc, replay
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.sources.recording import read_recording

_DETECT_FPS = 5.0
_SMALLEST_PX = 32.0
_DWELL_S = 0.5
_MINUTE_S = 60.0


def clip_figures(folder: Path, detector: FaceDetector, classifier: MaskClassifier) -> list[dict[str, Any]]:
    """One row a clip, none of which shows a mask.

    `looks` counts faces of 32 px and more that were judged, `mask` and `incorrect` the share of those said to wear
    one; `mask_state` says whether anybody was ever held to be compliant; `flips` is how often the state of a person
    changed in all, `most_flips` the most of any one person, `flips_a_minute` the same for each person's minute in view;
    `steady` whether nobody's changed more than once in any minute. `alerts` counts alerts at a dwell of 0.5 s (the
    clips are short), `twice` the people alerted more than once.
    """
    looker = Looker(detector=detector, classifier=classifier, telemetry=Silent())
    return [_judge(path, looker) for path in sorted(folder.glob("*.mp4"))]


def _judge(path: Path, looker: Looker) -> dict[str, Any]:
    labels: Counter[MaskLabel] = Counter()
    states: dict[int, list[TrackState]] = defaultdict(list)
    seen: dict[int, list[float]] = defaultdict(list)
    flipped: dict[int, list[float]] = defaultdict(list)
    alerted: Counter[int | None] = Counter()
    rules = RuleSettings(dwell_s=_DWELL_S, blind_after_s=None)
    spec = CameraSpec(name="clip", url=str(path), detect_fps=_DETECT_FPS, rules=rules, options={"detail": "off"})
    for look in replay(_frames(path), spec, looker, {}):
        alerted.update(change.track_id for change in look.changes if change.action is AlertAction.RAISED)
        for track in look.tracks:
            if track.observation is None:
                continue
            seen[track.id].append(track.last_seen_s)
            if track.state is not TrackState.UNKNOWN:
                if states[track.id] and states[track.id][-1] is not track.state:
                    flipped[track.id].append(track.last_seen_s)
                states[track.id].append(track.state)
            if track.observation.quality.size_px >= _SMALLEST_PX:
                labels[track.observation.verdict.label] += 1
    judged = sum(count for label, count in labels.items() if label is not MaskLabel.UNKNOWN)
    flips = sum(len(times) for times in flipped.values())
    minutes = sum(times[-1] - times[0] for times in seen.values()) / 60
    return {
        "clip": path.stem,
        "looks": judged,
        "mask": labels[MaskLabel.MASK] / max(1, judged),
        "incorrect": labels[MaskLabel.INCORRECT] / max(1, judged),
        "mask_state": any(TrackState.COMPLIANT in line for line in states.values()),
        "alerts": alerted.total(),
        "twice": sum(count > 1 for count in alerted.values()),
        "flips": flips,
        "most_flips": max((len(times) for times in flipped.values()), default=0),
        "steady": all(b - a >= _MINUTE_S for times in flipped.values() for a, b in itertools.pairwise(times)),
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
