"""The networks that look at a doubtful face from near. Both take uint8 RGB squares and say: something else, a face."""

from pathlib import Path
from typing import Any

import keras
from keras import layers

from maskwatch.errors import ModelError
from maskwatch.training import efficientnet_lite
from maskwatch.training.classifier_model import build_large

SIZE = 56
_BLOCKS, _WIDTH = 7, 160
_OUTPUTS = 2


def build_rescorer(*, size: int = SIZE) -> keras.Model:
    """The one that ships: the first blocks of EfficientNet-Lite0, and a head as the classifiers'."""
    picture = keras.Input((size, size, 3), name="picture", dtype="uint8")
    x = efficientnet_lite.trunk(picture, blocks=_BLOCKS)
    x = layers.Conv2D(_WIDTH, 1, use_bias=False, name="top")(x)
    x = layers.ReLU(6, name="top_relu")(layers.BatchNormalization(name="top_norm")(x))
    rows, columns = x.shape[1:3]
    mean = keras.initializers.Constant(1 / (rows * columns))
    x = layers.DepthwiseConv2D((rows, columns), depthwise_initializer=mean, name="collect")(x)
    x = layers.Dropout(0.2, name="drop")(layers.Flatten(name="flat")(x))
    answers = layers.Softmax(name="probabilities")(layers.Dense(_OUTPUTS, name="logits")(x))
    return keras.Model(picture, answers, name="maskwatch_rescorer")


def build_large_rescorer() -> keras.Model:
    """One many times slower, and better: it teaches the one that ships."""
    return build_large(_OUTPUTS)


def take_features(model: keras.Model, source: Path) -> None:
    """Give the layers of `model` the weights of those of the same name and shape in a .keras file, but for the last.

    Raises:
        ModelError: the file can't be read, or has none of them.
    """
    try:
        known: Any = {layer.name: layer for layer in keras.saving.load_model(source, compile=False).layers}
    except (OSError, ValueError) as error:
        raise ModelError(f"The model {source} can't be begun with: {type(error).__name__}.") from None
    taken = 0
    for layer in model.layers[:-2]:
        weights = known[layer.name].get_weights() if layer.name in known else []
        if weights and [part.shape for part in weights] == [part.shape for part in layer.get_weights()]:
            layer.set_weights(weights)
            taken += 1
    if not taken:
        raise ModelError(
            f"The model {source} has no layer in common with the rescorer.",
            remedy="Begin with classifier_large.keras, or with a large rescorer.",
        )
