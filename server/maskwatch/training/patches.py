"""Face patches: every labelled face cut out once with context and five landmarks, ready to be augmented.

Cutting them out of the scenes takes a minute, so the result is cached in one file, keyed by what it was made from.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.crops import square_crop
from maskwatch.core.ports import FaceDetector
from maskwatch.core.types import LABELS, Box, Image, MaskLabel
from maskwatch.training.datasets import LabelledFace, Scene, SingleFace, read_picture

CONTEXT = 0.6
"""Context kept around a face, as a share of its longer side, on each side: room to shift, turn and hang masks low."""
LARGEST = 160
"""Patches are scaled down to at most this many pixels."""
_NEAR = 18  # Hamming distance of 256-bit difference hashes below which two pictures are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One face with context: `box`, `landmarks` (5 x 2, or None) in pixels of `image`; `size_px` is its real size."""

    image: Image
    box: Box
    landmarks: NDArray[np.float32] | None
    label: MaskLabel
    size_px: float
    origin: str

    @property
    def bare(self) -> bool:
        """Whether a mask can be drawn on it."""
        return self.label is MaskLabel.NO_MASK and self.landmarks is not None


def cut(image: Image, face: LabelledFace, origin: str) -> Patch:
    """Cut one face out of its picture."""
    crop = np.ascontiguousarray(square_crop(image, face.box, CONTEXT))
    side = crop.shape[0]
    scale = min(1.0, LARGEST / side)
    if scale < 1:
        crop = np.asarray(cv2.resize(crop, (LARGEST, LARGEST), interpolation=cv2.INTER_AREA), np.uint8)
    middle = side * scale / 2
    width, height = face.box.width * scale, face.box.height * scale
    box = Box(middle - width / 2, middle - height / 2, middle + width / 2, middle + height / 2)
    return Patch(image=crop, box=box, landmarks=None, label=face.label, size_px=face.box.longer_side, origin=origin)


def cut_square(image: Image, box: Box) -> Image:
    """A box with some context, as a square of the picture, for people to look at."""
    return np.ascontiguousarray(square_crop(image, box, CONTEXT))


def from_scenes(scenes: Iterable[Scene], *, smallest_px: float = 12, lowest_score: float = 0.0) -> list[Patch]:
    """Patches of all labelled faces of at least `smallest_px` (longer side) and `lowest_score`."""
    patches = []
    for scene in scenes:
        wanted = [f for f in scene.faces if f.box.longer_side >= smallest_px and f.score >= lowest_score]
        if wanted:
            image = read_picture(scene.path)
            patches += [cut(image, face, scene.source or scene.path.stem) for face in wanted]
    return patches


def from_faces(faces: Iterable[SingleFace]) -> list[Patch]:
    """Patches of single faces, those with a guessed box left out."""
    return [cut(read_picture(one.path), one.face, one.source) for one in faces if one.face.score > 0]


def with_landmarks(patches: Sequence[Patch], detector: FaceDetector) -> list[Patch]:
    """The same patches with the landmarks that `detector` finds on bare faces; others keep None."""
    done = []
    for patch in patches:
        found = detector.detect([patch.image])[0] if patch.label is MaskLabel.NO_MASK else []
        best = max((face for face in found), key=lambda face: _overlap(face.box, patch.box), default=None)
        landmarks = None
        if best is not None and best.landmarks is not None and _overlap(best.box, patch.box) > 0.4:
            landmarks = np.array(best.landmarks, np.float32)
        done.append(
            Patch(
                image=patch.image,
                box=patch.box,
                landmarks=landmarks,
                label=patch.label,
                size_px=patch.size_px,
                origin=patch.origin,
            )
        )
    return done


def split_faces(faces: Sequence[SingleFace], *, held_out: float) -> tuple[list[SingleFace], list[SingleFace]]:
    """Split single faces into training and held-out ones, near-duplicates together.

    The split depends on the pictures alone, so that it is the same in every run.
    """
    hashes = np.stack([_difference_hash(read_picture(face.path)) for face in faces])
    group = np.arange(len(faces))
    for index in range(len(faces)):
        near = np.flatnonzero((hashes[index + 1 :] != hashes[index]).sum(axis=1) <= _NEAR) + index + 1
        for other in near:
            group[group == group[other]] = group[index]
    train: list[SingleFace] = []
    held: list[SingleFace] = []
    for face, leader in zip(faces, group.tolist(), strict=True):
        digest = hashlib.sha256(faces[leader].path.name.encode()).digest()
        (held if digest[0] < held_out * 256 else train).append(face)
    return train, held


def save_patches(patches: Sequence[Patch], target: Path) -> None:
    """Write patches to one .npz file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    missing = np.full((5, 2), np.nan, np.float32)
    np.savez(
        target,
        pixels=np.concatenate([patch.image.reshape(-1) for patch in patches]) if patches else np.zeros(0, np.uint8),
        sides=np.array([patch.image.shape[0] for patch in patches]),
        boxes=np.array([(p.box.x1, p.box.y1, p.box.x2, p.box.y2) for p in patches], np.float32),
        landmarks=np.array([missing if p.landmarks is None else p.landmarks for p in patches], np.float32),
        labels=np.array([LABELS.index(patch.label) for patch in patches]),
        sizes=np.array([patch.size_px for patch in patches]),
        origins=np.array([patch.origin for patch in patches]),
    )


def load_patches(source: Path) -> list[Patch]:
    """Read what `save_patches` wrote."""
    with np.load(source) as stored:
        fields = {name: stored[name] for name in stored.files}
    ends = np.cumsum(fields["sides"].astype(np.int64) ** 2 * 3)
    patches = []
    for index, end in enumerate(ends):
        side = int(fields["sides"][index])
        landmarks = fields["landmarks"][index]
        patches.append(
            Patch(
                image=fields["pixels"][end - side * side * 3 : end].reshape(side, side, 3),
                box=Box(*(float(value) for value in fields["boxes"][index])),
                landmarks=None if np.isnan(landmarks).any() else landmarks,
                label=LABELS[int(fields["labels"][index])],
                size_px=float(fields["sizes"][index]),
                origin=str(fields["origins"][index]),
            )
        )
    return patches


def _difference_hash(image: Image) -> NDArray[np.bool_]:
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (17, 16), interpolation=cv2.INTER_AREA)
    return np.asarray(grey[:, 1:] > grey[:, :-1]).reshape(-1)


def _overlap(a: Box, b: Box) -> float:
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    shared = max(0.0, width) * max(0.0, height)
    return shared / max(a.area + b.area - shared, 1e-9)
