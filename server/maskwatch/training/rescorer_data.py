"""Training batches for a rescorer: half faces, half what the detector takes for one, shifted and degraded."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Image
from maskwatch.detectors.rescoring import CROP_MARGIN
from maskwatch.training import augment
from maskwatch.training.augment import Rng
from maskwatch.training.candidates import MARGIN, SIDE, Candidates
from maskwatch.training.loop import Batch, prefetched

Targets = NDArray[np.float32]

SHARES = {"faces": 0.5, "others": 0.32, "in empty scenes": 0.18}
"""Share of each kind of candidate in a batch."""
TRUST = 0.6
"""Share of the teacher's answer in what is learned of a candidate; the rest is the label's."""
_LARGE_PX, _DOUBTED = 48, 0.8
_SEEN = SIDE * (1 + 2 * CROP_MARGIN) / (1 + 2 * MARGIN)  # pixels of a cut-out that the network is shown
_CHANGES = (
    (0.5, augment.light),
    (0.25, augment.colour_cast),
    (0.06, augment.low_light),
    (0.05, augment.grey),
    (0.06, augment.soft_blur),
    (0.2, augment.jpeg),
)


@dataclass(slots=True, kw_only=True)
class RescorerData:
    """Draws training batches from candidates. The same seed, epoch and step give the same batch.

    `told` is what a teacher says of each candidate (how likely it is a face); of those that nobody knows it is all
    there is to learn.
    """

    candidates: Candidates
    size: int
    batch: int
    seed: int
    told: Targets | None = None
    _targets: Targets = field(init=False)
    _groups: list[tuple[float, NDArray[np.intp], NDArray[np.float64]]] = field(init=False)

    def __post_init__(self) -> None:
        truths = self.candidates.truths
        self._targets = truths.copy()
        if self.told is not None:
            self._targets = np.where(np.isnan(truths), self.told, TRUST * self.told + (1 - TRUST) * truths)
        is_face = np.where(np.isnan(truths), self._targets, truths) > 0.5
        known, empty = ~np.isnan(self._targets), self.candidates.empty
        kinds = {"faces": is_face, "others": ~is_face & ~empty, "in empty scenes": ~is_face & empty}
        self._groups = []
        for name, chosen in kinds.items():
            members = np.flatnonzero(chosen & known)
            if len(members):
                self._groups.append((SHARES[name], members, np.cumsum(self._weights(members, faces=name == "faces"))))

    def _weights(self, members: NDArray[np.intp], *, faces: bool) -> NDArray[np.float64]:
        """What is to be learned most: faces that the detector doubts, others that it believes, and large ones."""
        scores = self.candidates.scores[members].astype(np.float64)
        weights = np.where(scores < _DOUBTED, 3.0, 1.0) if faces else 0.3 + 2 * scores
        weights *= np.where(self.candidates.sizes[members] >= _LARGE_PX, 2.0, 1.0)
        return np.asarray(weights / weights.sum(), np.float64)

    def batches(self, epoch: int, steps: int) -> Iterator[Batch]:
        """The batches of one epoch: pictures (n x size x size x 3, uint8) and probabilities (n x 2: other, face)."""
        return prefetched(lambda step: self.make(epoch, step), steps)

    def make(self, epoch: int, step: int) -> Batch:
        """One batch."""
        rng = np.random.default_rng((self.seed, epoch, step))
        pictures = np.empty((self.batch, self.size, self.size, 3), np.uint8)
        targets = np.empty((self.batch, 2), np.float32)
        shares = np.array([share for share, _, _ in self._groups])
        for row in range(self.batch):
            _, members, reached = self._groups[int(rng.choice(len(shares), p=shares / shares.sum()))]
            index = members[min(int(np.searchsorted(reached, rng.random())), len(members) - 1)]
            coarse = self.candidates.sizes[index] > _LARGE_PX and rng.random() < 0.15
            pictures[row] = _degraded(np.array(self.candidates.crops[index]), self.size, rng, coarse=coarse)
            targets[row] = 1 - self._targets[index], self._targets[index]
        return pictures, targets


def _degraded(crop: Image, size: int, rng: Rng, *, coarse: bool) -> Image:
    if coarse:  # a near face may come from a poor camera
        crop = augment.shrink(crop, int(rng.integers(16, 56)), rng)
    seen = _SEEN * crop.shape[0] / SIDE
    middle = ((crop.shape[0] - 1) / 2,) * 2
    drawn = _resized(augment.jittered_crop(crop, middle, seen, rng, strength=0.6), size)
    for chance, change in _CHANGES:
        if rng.random() < chance:
            drawn = change(drawn, rng)
    return drawn


def plain(candidates: Candidates, size: int) -> NDArray[np.uint8]:
    """The candidates as the network sees them, without augmentation: n x size x size x 3."""
    edge = round((SIDE - _SEEN) / 2)
    shown = candidates.crops[:, edge : SIDE - edge, edge : SIDE - edge]
    return np.stack([_resized(crop, size) for crop in shown]) if len(shown) else np.zeros((0, size, size, 3), np.uint8)


def _resized(crop: Image, size: int) -> Image:
    how = cv2.INTER_AREA if crop.shape[0] > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (size, size), interpolation=how), np.uint8)
