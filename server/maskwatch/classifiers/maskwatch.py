"""The classifier that ships with maskwatch, and any Keras or ONNX classifier that the user brings.

A model brings its label order in the JSON card beside it (`maskwatch train` writes one), or the settings name it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maskwatch.core.types import LABELS, Image, MaskLabel, MaskVerdict
from maskwatch.errors import ModelError
from maskwatch.modelfiles import RuntimeSettings, open_model, read_card, resolve, version_of
from maskwatch.pipeline.picture import RgbPicture, fit_square
from maskwatch.plugins import Plugin
from maskwatch.resources import models_dir

PixelRange = Literal["0..255", "0..1", "-1..1"]
_DEFAULT_MARGIN = 0.2
_DEFAULT_SIZE = 224  # where a model leaves its input size free
_MAX_BATCH = 8  # more at once take as long each, or longer, and memory: 3 MB a face of the large one
_SUM_TOLERANCE = 1e-3


class MaskwatchClassifierConfig(RuntimeSettings):
    """Settings of a classifier."""

    type: Literal["maskwatch"] = "maskwatch"
    model: Path | None = Field(
        default=None, description="Model file (.onnx, .keras, .h5); by default the one that ships with maskwatch."
    )
    labels: tuple[Literal["mask", "no_mask", "incorrect"], ...] | None = Field(
        default=None, description="What the model's outputs mean, in order; by default what the card beside it says."
    )
    crop_margin: float | None = Field(
        default=None, ge=0, le=1, description="Context around a face, as a share of its longer side, on each side."
    )
    pixel_range: PixelRange | None = Field(
        default=None, description="Range of the pixels that the model expects; by default its card's, else 0..255."
    )
    second_opinion: bool = Field(
        default=True,
        description="Whether a face that the model is not sure of is shown to a larger one too, where the card beside "
        "the model names one. The one that ships has one.",
    )
    min_confidence: float = Field(
        default=0.5, ge=0, le=1, description="Below this probability the verdict is unknown: can't tell."
    )


class MaskwatchClassifier:
    """Says of a face: mask, no_mask, incorrect, or unknown, with a probability for each.

    A face that its model is not sure of is shown to a larger model as well, where the model's card names one; that
    one's answer counts.
    """

    def __init__(self, config: MaskwatchClassifierConfig) -> None:
        path = resolve(config.model, models_dir() / "classifier.onnx", config.runtime)
        self._model = _Model(path, config)
        self._min_confidence = config.min_confidence
        self._sure_from = 0.0
        self._second: _Model | None = None
        named = second_opinion_of(path) if config.second_opinion else None
        if named is not None:
            self._second, self._sure_from = _Model(named.model, config, is_second=True), named.below
        self.labels = self._model.labels

    @property
    def model_version(self) -> str:
        """Which models judge: `name@hash` of each."""
        models = [self._model] if self._second is None else [self._model, self._second]
        return "+".join(version_of(model.path) for model in models)

    @property
    def crop_margin(self) -> float:
        """Context the crops must show around the face, as a share of the box's longer side, on each side."""
        return self._model.margin

    @property
    def input_px(self) -> int:
        """The longer side, in pixels, that crops are scaled to, by the larger of the models."""
        return max(max(model.size) for model in (self._model, self._second) if model is not None)

    def classify(self, crops: Sequence[Image]) -> list[MaskVerdict]:
        """One verdict a crop (square uint8 RGB of any size), in order."""
        for crop in crops:
            if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3 or 0 in crop.shape:
                raise ValueError(f"expected a crop of uint8 side x side x 3, got {crop.dtype} {crop.shape}")
        told = self._model.probabilities(crops)
        if self._second is not None:
            doubtful = np.flatnonzero(told.max(axis=1, initial=0.0) < self._sure_from).tolist()
            if doubtful:
                told[doubtful] = self._second.probabilities([crops[index] for index in doubtful])
        return [self._verdict(row) for row in told]

    def _verdict(self, row: NDArray[np.float32]) -> MaskVerdict:
        best = int(row.argmax())
        label = LABELS[best] if row[best] >= self._min_confidence else MaskLabel.UNKNOWN
        return MaskVerdict(label=label, probabilities=dict(zip(LABELS, row.tolist(), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """The larger `model` that is shown the faces of which no label is as likely as `below`."""

    model: Path
    below: float


def second_opinion_of(path: Path) -> SecondOpinion | None:
    """What the card beside a model names as its second opinion, if anything.

    Raises:
        ModelError: the card names something that makes no sense.
    """
    named = read_card(path).get("second_opinion")
    if named is None:
        return None
    try:
        return SecondOpinion(model=path.parent / str(named["model"]), below=float(named["below"]))
    except (KeyError, TypeError, ValueError):
        raise ModelError(
            f"The card {path.with_suffix('.json')} names a second opinion that makes no sense.",
            remedy='Expected {"model": "file.onnx", "below": 0.9}, or set second_opinion: false.',
        ) from None


class _Model:
    """One model file: how pictures go into it, and what its outputs mean."""

    def __init__(self, path: Path, config: MaskwatchClassifierConfig, *, is_second: bool = False) -> None:
        """What `config` says of a model does not hold for a second one: its card says it."""
        card = read_card(path)
        self.path = path
        self._runner = open_model(path, threads=config.threads, runtime=config.runtime, device=config.device)
        self.labels = _labels(path, (None if is_second else config.labels) or card.get("labels"), self._outputs())
        settings = card.get("input")
        settings = settings if isinstance(settings, Mapping) else {}
        self.size = self._input_size(settings)
        margin = None if is_second else config.crop_margin
        self.margin = float(settings.get("crop_margin", _DEFAULT_MARGIN) if margin is None else margin)
        pixel_range = None if is_second else config.pixel_range
        self._range: PixelRange = pixel_range or settings.get("pixel_range", "0..255")
        self._columns = [LABELS.index(label) for label in self.labels]

    def probabilities(self, crops: Sequence[Image]) -> NDArray[np.float32]:
        """Probabilities over `LABELS`, one row a crop; classes that the model does not know stay at 0."""
        told = np.zeros((len(crops), len(LABELS)), np.float32)
        for start in range(0, len(crops), _MAX_BATCH):
            batch = np.stack([self._fit(crop) for crop in crops[start : start + _MAX_BATCH]])
            told[start : start + _MAX_BATCH, self._columns] = self._answers(batch)
        return told

    def _fit(self, crop: Image) -> Image:
        height, width = self.size
        return fit_square(crop, height) if height == width else RgbPicture(crop).scaled(width, height)

    def _answers(self, batch: Image) -> NDArray[np.float32]:
        """One row a picture, in the model's own order, summing to 1."""
        pixels: NDArray[Any] = batch
        if self._range == "0..1":
            pixels = batch.astype(np.float32) / 255
        elif self._range == "-1..1":
            pixels = batch.astype(np.float32) / 127.5 - 1
        (answers,) = self._runner(pixels)
        if answers.shape[1] == 1:  # one sigmoid: the probability of the second label
            answers = np.concatenate([1 - answers, answers], axis=1)
        sums = answers.sum(axis=1, keepdims=True)
        if not np.abs(sums - 1).max() <= _SUM_TOLERANCE:
            raise ModelError(
                f"The outputs of the model file {self.path} do not sum to 1: they are no probabilities.",
                remedy="End the model with a softmax.",
            )
        return np.asarray(answers / sums, np.float32)

    def _outputs(self) -> int:
        shapes = self._runner.output_shapes
        width = shapes[0][-1] if shapes and len(shapes[0]) == 2 else None
        if len(shapes) != 1 or width not in (1, 2, 3):
            raise ModelError(
                f"The model file {self.path} is no mask classifier: its outputs are {shapes}.",
                remedy="Expected one output of batch x 2 or batch x 3 probabilities.",
            )
        return max(2, width)

    def _input_size(self, settings: Mapping[str, Any]) -> tuple[int, int]:
        shape = self._runner.input_shape
        if len(shape) != 4 or shape[3] != 3:
            raise ModelError(
                f"The model file {self.path} takes {shape}, not pictures.",
                remedy="Expected batch x height x width x 3.",
            )
        fallback = int(settings.get("size", _DEFAULT_SIZE))
        return shape[1] or fallback, shape[2] or fallback


def _labels(path: Path, named: Sequence[str] | None, outputs: int) -> tuple[MaskLabel, ...]:
    """The meaning of each output.

    Raises:
        ModelError: nobody says it, or what they say does not fit the model.
    """
    if not named:
        raise ModelError(
            f"Nothing says in which order the model file {path} answers.",
            remedy=f"Set labels: [mask, no_mask], or write them to {path.with_suffix('.json').name} beside it.",
        )
    known = {label.value for label in LABELS}
    if len(named) != outputs or len(set(named)) != outputs or not known.issuperset(named):
        raise ModelError(
            f"The labels {list(named)} do not fit the model file {path}, which has {outputs} outputs.",
            remedy=f"Each output needs one of {sorted(known)}, each once.",
        )
    return tuple(MaskLabel(name) for name in named)


PLUGIN = Plugin(type="maskwatch", config=MaskwatchClassifierConfig, create=MaskwatchClassifier)
