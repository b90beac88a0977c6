"""Making probabilities mean what they say: one temperature, and one offset a class, fitted on held-out faces.

The training batches hold far more masks worn wrong than there are in the world; the offsets undo that. Both are folded
into the last dense layer, so that the exported model needs no extra step.
"""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import MaskLabel
from maskwatch.training.classifier_evaluation import Probabilities, truth_of

_ROUNDS, _RATE = 2000, 0.05
_HOLD = 1e-3  # pulls the offsets towards 0 where there are few faces to learn them from


def fit_scaling(probabilities: Probabilities, labels: Sequence[MaskLabel]) -> tuple[float, NDArray[np.float64]]:
    """Temperature and offsets that make held-out labels likeliest: softmax(log p / temperature + offsets)."""
    logits = np.log(np.clip(probabilities.astype(np.float64), 1e-9, 1))
    wanted = np.eye(logits.shape[1])[truth_of(labels)]
    sharpness, offsets = 1.0, np.zeros(logits.shape[1])
    for _ in range(_ROUNDS):
        told = _softmax(sharpness * logits + offsets)
        gap = (told - wanted) / len(logits)
        sharpness = max(0.05, sharpness - _RATE * float((gap * logits).sum()))
        offsets -= _RATE * 10 * (gap.sum(axis=0) + _HOLD * offsets)
        offsets -= offsets.mean()
    return 1 / sharpness, offsets


def fold(model: keras.Model, temperature: float, offsets: NDArray[np.float64]) -> None:
    """Put temperature and offsets into the dense layer called `logits`."""
    layer = model.get_layer("logits")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel / temperature, bias / temperature + offsets.astype(np.float32)])


def scale(probabilities: Probabilities, temperature: float, offsets: NDArray[np.float64]) -> Probabilities:
    """What the model says once temperature and offsets are folded in."""
    return _softmax(np.log(np.clip(probabilities, 1e-9, 1)) / temperature + offsets).astype(np.float32)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float64)
