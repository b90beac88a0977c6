"""Architectures of the mask classifier. All take uint8 RGB (0..255) squares and end in a softmax over their labels."""

from pathlib import Path
from typing import Any

import keras
from keras import layers

from maskwatch.errors import ModelError
from maskwatch.training import efficientnet_lite

COMPACT_SIZE = 80
LARGE_SIZE = 96
SEED_SIZE = 224
SEED_PARAMETERS = 11_169_218


def build_compact(classes: int = 3, *, width: int = 48, size: int = COMPACT_SIZE) -> keras.Model:
    """The classifier that ships: a small residual network for one CPU core.

    Full convolutions where there are few channels, separable residual blocks where there are many; average pooling to
    a 3-row grid keeps "above the mask" and "below the mask" apart, which tells a mask under the nose from a right one.
    """
    picture = keras.Input((size, size, 3), name="picture", dtype="uint8")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(picture)
    x = _convolution(x, width // 2, 3, 2, "stem")
    x = _convolution(x, width, 3, 2, "widen")
    x = _residual(x, width, "low")
    for stage, (channels, blocks) in enumerate(((2 * width, 2), (4 * width, 2))):
        x = _convolution(x, channels, 3, 2, f"down{stage}")
        for block in range(blocks):
            x = _residual(x, channels, f"stage{stage}_{block}")
    side = size // 16
    x = layers.DepthwiseConv2D((side, side), name="collect")(x)
    x = layers.BatchNormalization(name="collect_norm")(x)
    x = layers.ReLU(name="collect_relu")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.2, name="drop")(x)
    logits = layers.Dense(classes, name="logits")(x)
    return keras.Model(picture, layers.Softmax(name="probabilities")(logits), name="maskwatch_classifier")


def build_large(classes: int = 3, *, weights: Path | None = None, size: int = LARGE_SIZE) -> keras.Model:
    """A classifier many times slower than the one that ships, and better: it teaches that one, or serves by itself.

    EfficientNet-Lite0 with the ImageNet `weights` of a .pth file, and a head as the compact one's. Without `weights`
    it is random, to be given those of a classifier trained before.

    Raises:
        ModelError: the file of weights is missing or does not fit.
    """
    picture = keras.Input((size, size, 3), name="picture", dtype="uint8")
    x = efficientnet_lite.body(picture)
    rows, columns = x.shape[1:3]
    mean = keras.initializers.Constant(1 / (rows * columns))
    x = layers.DepthwiseConv2D((rows, columns), depthwise_initializer=mean, name="collect")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.2, name="drop")(x)
    logits = layers.Dense(classes, name="logits")(x)
    model = keras.Model(picture, layers.Softmax(name="probabilities")(logits), name="maskwatch_large_classifier")
    if weights is not None:
        efficientnet_lite.take_imagenet(model, weights)
    return model


def _convolution(x: Any, channels: int, side: int, stride: int, name: str) -> Any:
    x = layers.Conv2D(channels, side, strides=stride, padding="same", use_bias=False, name=name)(x)
    return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_norm")(x))


def _residual(x: Any, channels: int, name: str) -> Any:
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_depth")(x)
    y = layers.BatchNormalization(name=f"{name}_depth_norm")(y)
    y = _convolution(y, channels, 1, 1, f"{name}_point")
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_mix")(y)
    y = layers.BatchNormalization(name=f"{name}_mix_norm")(y)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, y]))


def build_seed_cnn(classes: int = 2) -> keras.Model:
    """The network of the article this project grew from: three convolutions and a very wide dense layer."""
    model = keras.Sequential(name="seed_cnn")
    model.add(keras.Input((SEED_SIZE, SEED_SIZE, 3), name="picture", dtype="uint8"))
    model.add(layers.Rescaling(1 / 255, name="scale"))
    for index, channels in enumerate((32, 64, 128)):
        model.add(layers.Conv2D(channels, 3, activation="relu", name=f"conv{index}"))
        model.add(layers.MaxPooling2D(2, name=f"pool{index}"))
    model.add(layers.Flatten(name="flat"))
    model.add(layers.Dense(128, activation="relu", name="dense"))
    model.add(layers.Dense(classes, activation="softmax", name="probabilities"))
    return model


def build_transfer(
    classes: int = 3, *, backbone: str = "MobileNetV2", weights: Path | None = None, size: int = 96
) -> keras.Model:
    """A `keras.applications` backbone with a new head.

    `weights` is a file of the backbone's weights; without it they come from the hub, as Keras fetches them.

    Raises:
        ModelError: the backbone is unknown, the file does not fit it, or the hub can't be reached.
    """
    make = getattr(keras.applications, backbone, None)
    if make is None or not callable(make):
        raise ModelError(f"Keras has no backbone {backbone!r}.", remedy="Try MobileNetV2 or EfficientNetV2B0.")
    if weights is not None and not weights.is_file():
        raise ModelError(f"The file of weights {weights} does not exist.", remedy="Check --weights.")
    try:
        body = make(include_top=False, weights=str(weights) if weights else "imagenet", input_shape=(size, size, 3))
    except Exception as error:  # noqa: BLE001 - the hub and HDF5 raise whatever they please
        where = f"the file {weights}" if weights else "the hub"
        raise ModelError(
            f"The weights of {backbone} could not be loaded from {where}: {type(error).__name__}.",
            remedy="Name a file of weights without the top layers with --weights.",
        ) from None
    picture = keras.Input((size, size, 3), name="picture", dtype="uint8")
    x = picture if "Efficient" in backbone else layers.Rescaling(1 / 127.5, offset=-1, name="scale")(picture)
    x = layers.GlobalAveragePooling2D(name="pool")(body(x, training=False))
    x = layers.Dropout(0.2, name="drop")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(picture, outputs, name=f"transfer_{backbone.lower()}")
