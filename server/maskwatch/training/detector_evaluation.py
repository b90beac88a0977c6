"""How good a detector is: recall by the size of the face, and boxes that match no face, over a set of scenes.

A detection matches a face if their boxes overlap by an IoU of at least 0.35; each face is matched once, by the best
detection first. A detection that matches no label but a face that the teacher sees at 1280 px is not held against the
detector: nobody labelled that face.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskwatch.core.geometry import intersection_over_union
from maskwatch.core.types import Face, MaskLabel
from maskwatch.training.datasets import Scene

MATCH = 0.35
TEACHER_SCORE = 0.6
"""Teacher's finds at 1280 px of at least this score count as true faces that nobody labelled."""
SIZES: tuple[tuple[str, float, float], ...] = (("large", 48, np.inf), ("medium", 24, 48), ("small", 0, 24))
"""Slices by the longer side of the labelled face, in pixels of the picture as it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Every detection and every face of a set of scenes, matched.

    `scores`, `wrong` and `known` have one entry a detection: its score, whether it matches no label, and whether the
    teacher sees a face there. `face_*` have one entry a labelled face: the score of the detection that matched it (0
    if none did), its size, whether it is labelled as wearing a mask (rightly or not).
    """

    pictures: int
    scores: NDArray[np.float64]
    wrong: NDArray[np.bool_]
    known: NDArray[np.bool_]
    face_scores: NDArray[np.float64]
    face_sizes: NDArray[np.float64]
    face_masked: NDArray[np.bool_]

    def unmatched(self, min_score: float, *, discount: bool = True) -> float:
        """Detections that match no face, per picture."""
        counted = self.wrong & ~self.known if discount else self.wrong
        return float((counted & (self.scores >= min_score)).sum() / max(1, self.pictures))

    def recall(self, min_score: float, low: float = 0, high: float = np.inf, *, masked: bool | None = None) -> float:
        """Share of the faces of `low` to `high` pixels that are found; of all, or only the masked or bare ones."""
        chosen = (self.face_sizes >= low) & (self.face_sizes < high)
        if masked is not None:
            chosen &= self.face_masked == masked
        found = self.face_scores[chosen] >= max(min_score, 1e-9)
        return float(found.mean()) if len(found) else float("nan")

    def score_for(self, unmatched: float) -> float:
        """The lowest score at which at most so many detections a picture match no face."""
        allowed = int(unmatched * self.pictures)
        mistakes = np.sort(self.scores[self.wrong & ~self.known])[::-1]
        return 0.0 if len(mistakes) <= allowed else float(np.nextafter(mistakes[allowed], 2))

    def figures(self, min_score: float) -> dict[str, float]:
        """All figures at one score."""
        row = {"min_score": min_score, "unmatched": self.unmatched(min_score)}
        row["unmatched_all"] = self.unmatched(min_score, discount=False)
        for name, low, high in SIZES:
            row[f"recall_{name}"] = self.recall(min_score, low, high)
            for kind, masked in (("masked", True), ("bare", False)):
                row[f"recall_{name}_{kind}"] = self.recall(min_score, low, high, masked=masked)
        return row


def judge(
    scenes: Sequence[Scene], detections: Sequence[Sequence[Face]], teacher: Sequence[Sequence[Face]] | None = None
) -> Judged:
    """Match detections (best first) with the labels of their scenes, and the rest with the teacher's finds."""
    scores: list[float] = []
    wrong: list[bool] = []
    known: list[bool] = []
    face_scores: list[float] = []
    for index, (scene, found) in enumerate(zip(scenes, detections, strict=True)):
        owners, unmatched = match(scene, found)
        face_scores += owners
        seen = teacher[index] if teacher is not None else ()
        for position, face in enumerate(found):
            scores.append(face.score)
            wrong.append(position in unmatched)
            known.append(
                any(
                    other.score >= TEACHER_SCORE and intersection_over_union(other.box, face.box) >= MATCH
                    for other in seen
                )
            )
    faces = [face for scene in scenes for face in scene.faces]
    return Judged(
        pictures=len(scenes),
        scores=np.array(scores, np.float64),
        wrong=np.array(wrong, bool),
        known=np.array(known, bool),
        face_scores=np.array(face_scores, np.float64),
        face_sizes=np.array([face.box.longer_side for face in faces], np.float64),
        face_masked=np.array([face.label is not MaskLabel.NO_MASK for face in faces], bool),
    )


def match(scene: Scene, found: Sequence[Face]) -> tuple[list[float], set[int]]:
    """For each labelled face the score of the detection that matches it, or 0; and the detections left over."""
    owners = [0.0] * len(scene.faces)
    left_over: set[int] = set()
    for position, face in enumerate(found):
        overlaps = [
            0.0 if owners[index] else intersection_over_union(face.box, labelled.box)
            for index, labelled in enumerate(scene.faces)
        ]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if best >= 0 and overlaps[best] >= MATCH:
            owners[best] = face.score
        else:
            left_over.add(position)
    return owners, left_over
