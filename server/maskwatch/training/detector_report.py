"""Judging an exported detector: recall by size at several picture sizes, empty scenes, time beside YuNet's."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskwatch.core.ports import FaceDetector
from maskwatch.core.types import Box, Face, Image
from maskwatch.detectors.maskwatch import MaskwatchDetector, MaskwatchDetectorConfig
from maskwatch.detectors.yunet import YunetConfig, YunetDetector
from maskwatch.training.datasets import Scene, pictures_in, read_picture
from maskwatch.training.detector_evaluation import Judged, judge, match
from maskwatch.training.detector_training import ALLOWED_UNMATCHED, BACKGROUNDS_HELD_OUT, DetectorSets
from maskwatch.training.patches import cut_square
from maskwatch.training.report import detector_curves, gallery, plot_precision_recall

SIZES_JUDGED = (320, 640, 960)
_DEFAULT_SIZE = 640
_LOWEST = 0.05
_LOWEST_CHOSEN = 0.3


def report_detector(
    onnx_file: Path,
    sets: DetectorSets,
    root: Path,
    out: Path,
    *,
    sizes: Sequence[int] = SIZES_JUDGED,
    min_score: float | None = None,
) -> dict[str, Any]:
    """All figures of a detector, for its card; curves and a gallery of mistakes go to `out`.

    `sizes` must hold 640, the default. `min_score` is chosen so that few boxes match no face, if it is not given.
    """
    found = {size: detections(onnx_file, sets.scenes, size=size) for size in sizes}
    judged = {size: judge(sets.scenes, found[size], sets.teacher) for size in sizes}
    if min_score is None:
        min_score = round(max(_LOWEST_CHOSEN, judged[_DEFAULT_SIZE].score_for(ALLOWED_UNMATCHED)) + 5e-4, 3)
    plot_precision_recall(detector_curves(judged[_DEFAULT_SIZE]), out / "precision_recall.png")
    gallery(mistakes(sets.scenes, found[_DEFAULT_SIZE], min_score), out / "mistakes.png")
    rows = [{"size": size, **judged[size].figures(min_score)} for size in sizes]
    return {
        "held-out scenes, at the default score": rows,
        "held-out scenes, where 0.15 boxes a picture match no face": [
            {"size": size, **judged[size].figures(judged[size].score_for(ALLOWED_UNMATCHED))} for size in sizes
        ],
        "scenes without faces": backgrounds(onnx_file, root, min_score),
    }


def default_score(figures: dict[str, Any]) -> float:
    """The score that `report_detector` chose."""
    return float(figures["held-out scenes, at the default score"][0]["min_score"])


def detections(onnx_file: Path, scenes: Sequence[Scene], *, size: int, min_score: float = _LOWEST) -> list[list[Face]]:
    """What an exported detector finds in each scene."""
    detector = MaskwatchDetector(MaskwatchDetectorConfig(model=onnx_file, size=size, min_score=min_score))
    return [detector.detect([read_picture(scene.path)])[0] for scene in scenes]


def backgrounds(onnx_file: Path, root: Path, min_score: float) -> dict[str, Any]:
    """In what share of the scenes without faces nothing is found: all of them, and those no training saw."""
    detector = MaskwatchDetector(MaskwatchDetectorConfig(model=onnx_file, size=_DEFAULT_SIZE, min_score=min_score))
    clean = [not detector.detect([read_picture(path)])[0] for path in pictures_in(root / "backgrounds")]
    held_out = clean[::BACKGROUNDS_HELD_OUT]
    return {
        "pictures": len(clean),
        "without_a_face": float(np.mean(clean)) if clean else float("nan"),
        "held_out_pictures": len(held_out),
        "held_out_without_a_face": float(np.mean(held_out)) if held_out else float("nan"),
    }


def side_by_side(
    onnx_file: Path, teacher: Path, *, rounds: int = 60, sizes: Sequence[int] = SIZES_JUDGED
) -> list[dict[str, float]]:
    """Milliseconds a picture on one thread, ours and YuNet's in turn: the median and the least of `rounds`."""
    rows = []
    picture = np.random.default_rng(3).integers(0, 256, (360, 640, 3), np.uint8)
    for size in sizes:
        ours: FaceDetector = MaskwatchDetector(MaskwatchDetectorConfig(model=onnx_file, size=size, min_score=0.5))
        theirs: FaceDetector = YunetDetector(YunetConfig(model=teacher, size=size, min_score=0.5))
        times: dict[str, list[float]] = {"ours": [], "yunet": []}
        for _ in range(rounds):
            for name, detector in (("ours", ours), ("yunet", theirs)):
                times[name].append(_seconds(detector, picture))
        rows.append(
            {"size": size}
            | {f"{name}_ms": float(np.median(taken)) * 1e3 for name, taken in times.items()}
            | {f"{name}_least_ms": min(taken) * 1e3 for name, taken in times.items()}
        )
    return rows


def side_by_side_on(
    scenes: Sequence[Scene], onnx_file: Path, teacher: Path, *, rounds: int = 3
) -> list[dict[str, float]]:
    """Milliseconds a scene on one thread at 640, where there are faces to look at again: the mean of each one's least.

    The detector alone, as it is served, and YuNet look in turn.
    """
    settings = MaskwatchDetectorConfig(model=onnx_file, size=_DEFAULT_SIZE)
    looks: dict[str, FaceDetector] = {
        "ours": MaskwatchDetector(settings),
        "without_rescorer": MaskwatchDetector(settings.model_copy(update={"rescore": False})),
        "yunet": YunetDetector(YunetConfig(model=teacher, size=_DEFAULT_SIZE)),
    }
    least = {name: np.full(len(scenes), np.inf) for name in looks}
    for index, scene in enumerate(scenes):
        picture = read_picture(scene.path)
        for _ in range(rounds):
            for name, detector in looks.items():
                least[name][index] = min(least[name][index], _seconds(detector, picture))
    return [{"scenes": len(scenes)} | {f"{name}_ms": float(taken.mean()) * 1e3 for name, taken in least.items()}]


def _seconds(detector: FaceDetector, picture: Image) -> float:
    started = time.perf_counter()
    detector.detect([picture])
    return time.perf_counter() - started


def mistakes(
    scenes: Sequence[Scene], found: Sequence[Sequence[Face]], min_score: float, *, most: int = 64
) -> list[tuple[Image, str]]:
    """Faces that were missed, largest first, and boxes that match no face, surest first."""
    missed: list[tuple[float, Scene, Box, str]] = []
    extra: list[tuple[float, Scene, Box, str]] = []
    for scene, faces in zip(scenes, found, strict=True):
        kept = [face for face in faces if face.score >= min_score]
        owners, left_over = match(scene, kept)
        for owner, labelled in zip(owners, scene.faces, strict=True):
            if not owner:
                size = labelled.box.longer_side
                missed.append((size, scene, labelled.box, f"missed {size:.0f} px"))
        extra += [(kept[i].score, scene, kept[i].box, f"extra {kept[i].score:.2f}") for i in left_over]
    chosen = [item for group in (missed, extra) for item in sorted(group, key=lambda item: -item[0])[: most // 2]]
    return [(cut_square(read_picture(scene.path), box), text) for _, scene, box, text in chosen]


def judged_at(onnx_file: Path, sets: DetectorSets, *, size: int) -> Judged:
    """Every detection at one size, matched with the labels of the held-out scenes."""
    return judge(sets.scenes, detections(onnx_file, sets.scenes, size=size), sets.teacher)
