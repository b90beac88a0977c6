"""A second look at the faces that a detector doubts: a small network is shown each of them from near.

A detector sees a whole picture at once, in few pixels a face: it takes a clock for one now and then, and is unsure of
a head that is turned. What both say together decides, added up as log-odds.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from maskwatch.core.crops import square_crop
from maskwatch.core.types import Face, Image
from maskwatch.errors import ModelError
from maskwatch.modelfiles import RuntimeSettings, open_model, read_card, resolve, version_of
from maskwatch.pipeline.picture import fit_square

CROP_MARGIN = 0.36
"""Context that the network sees around a face, as a share of its longer side, on each side."""
OTHER, FACE = range(2)
"""What the network's two outputs stand for."""
_MAX_BATCH = 16  # more at once take as long each, and memory
_CERTAIN = 1e-3  # probabilities closer to 0 or 1 than this count as so: log-odds would grow without end

Floats = NDArray[np.float64]


class Weights(BaseModel):
    """How much the log-odds of each network count.

    `sure` is what the second network would have said of a face that the first is so sure of that nobody asks it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bias: float = 0.0
    detector: float = Field(default=1.0, gt=0)
    crop: float = Field(default=0.0, ge=0)
    sure: float = 3.0

    def score(self, detector: Floats, crop: Floats) -> Floats:
        """The new scores (0..1), of both networks' scores."""
        told = self.bias + self.detector * log_odds(detector) + self.crop * log_odds(crop)
        return np.asarray(1 / (1 + np.exp(-told)), np.float64)


class RescoringCard(BaseModel):
    """What a detector's card says of its second look: the `model`, for which scores it is, and where its own begin.

    `min_score` is of the new scores: the detector's own `min_score` holds where there is no second look.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    lowest: float = Field(gt=0, lt=1)
    highest: float = Field(gt=0, le=1)
    min_score: float = Field(gt=0, lt=1)
    weights: Weights


def log_odds(probabilities: Floats) -> Floats:
    """log(p / (1 - p))."""
    held = np.clip(probabilities, _CERTAIN, 1 - _CERTAIN)
    return np.asarray(np.log(held / (1 - held)), np.float64)


def rescoring_of(detector: Path) -> RescoringCard | None:
    """What the card beside a detector's model says of a second look, if anything.

    Raises:
        ModelError: it makes no sense.
    """
    named = read_card(detector).get("rescorer")
    if named is None:
        return None
    try:
        return RescoringCard.model_validate(named)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ModelError(
            f"The card {detector.with_suffix('.json')} names a rescorer that makes no sense: {where}.",
            remedy="Make it again with `maskwatch train rescorer`, or set rescore: false.",
        ) from None


class Rescorer:
    """Gives the faces of a picture new scores, best first."""

    def __init__(self, card: RescoringCard, folder: Path, settings: RuntimeSettings) -> None:
        """`folder` is where the card lies: it names its model as seen from there.

        Raises:
            ModelError: the model is missing, or does something else.
        """
        path = resolve(None, folder / card.model, settings.runtime)
        self._runner = open_model(path, threads=settings.threads, runtime=settings.runtime, device=settings.device)
        shape = self._runner.input_shape
        if len(shape) != 4 or shape[1] is None or [out[-1] for out in self._runner.output_shapes] != [2]:
            raise ModelError(
                f"The model file {path} is no rescorer: it takes {shape}.",
                remedy="Expected squares of one size, and one output of batch x 2.",
            )
        self._side = shape[1]
        self._card = card
        self.min_score = card.min_score
        self.model_version = version_of(path)

    @property
    def lowest(self) -> float:
        """The detector's lowest score that is worth a second look."""
        return self._card.lowest

    def rescore(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """The same faces of `image` (uint8 RGB) with new scores, best first."""
        if not faces:
            return []
        card = self._card
        scores = np.array([face.score for face in faces])
        told = np.full(len(faces), 1 / (1 + np.exp(-card.weights.sure)))
        doubtful = np.flatnonzero(scores < card.highest).tolist()
        told[doubtful] = self._look(image, [faces[index] for index in doubtful])
        fresh = card.weights.score(scores, told)
        order = np.argsort(-fresh, kind="stable")
        return [replace(faces[index], score=float(fresh[index])) for index in order]

    def _look(self, image: Image, faces: Sequence[Face]) -> Floats:
        """How likely each is a face, by what it looks like from near."""
        told = np.zeros(len(faces))
        for start in range(0, len(faces), _MAX_BATCH):
            some = faces[start : start + _MAX_BATCH]
            batch = np.stack([fit_square(square_crop(image, face.box, CROP_MARGIN), self._side) for face in some])
            (answers,) = self._runner(batch)
            told[start : start + len(some)] = answers[:, FACE]
        return told
