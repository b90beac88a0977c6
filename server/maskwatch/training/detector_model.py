"""The detector's architecture in Keras, and the port of YuNet's weights into it, layer by layer.

Input: uint8 (or float 0..255) RGB, batch x height x width x 3, sides multiples of 32. Output: batch x cells x 15, the
cells of strides 8, 16, 32 in turn, row by row: score in 0..1, centre offset (2), log of the size (2), landmarks (10),
all in strides. `trainable_view` gives the same network with the raw logits that the loss needs.

The design is YuNet's (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023): pairs of a pointwise and a
depthwise convolution, a top-down neck, one shared block a level. The four little heads of a level are one here, since
sixteen channels cost a CPU no more than one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from maskwatch.errors import ModelError

HEAD_CHANNELS = 16  # class, object, box (4), landmarks (10)
_STAGES = (1, 3, 4, 5)  # stages that end in a 2x2 pooling, counted as the original does
LEVELS = 3


def build_detector() -> keras.Model:
    """The network as it is saved and exported: see the module for its input and output."""
    trainable = build_trainable()
    raw = trainable.output
    score = ops.sqrt(ops.sigmoid(raw[..., 0:1]) * ops.sigmoid(raw[..., 1:2]))
    answers = ops.concatenate([score, raw[..., 2:]], axis=-1)
    return keras.Model(trainable.input, answers, name="maskwatch_detector")


def trainable_view(detector: keras.Model) -> keras.Model:
    """The same layers (weights are shared) with raw logits: batch x cells x 16."""
    return keras.Model(detector.input, detector.get_layer("raw").output, name="maskwatch_detector_raw")


def build_trainable() -> keras.Model:
    """The network up to its raw logits."""
    picture = keras.Input((None, None, 3), name="picture", dtype="uint8")
    x = layers.Rescaling(1 / 255, name="scale")(picture)
    x = layers.ZeroPadding2D(1, name="stem_pad")(x)
    x = layers.Conv2D(16, 3, strides=2, activation="relu", name="stem")(x)
    x = _pair(x, 16, "stage0")
    x = layers.MaxPooling2D(name="pool0")(x)
    x = _pair(_pair(x, 16, "stage1a"), 64, "stage1b")
    x = _pair(_pair(x, 64, "stage2a"), 64, "stage2b")
    features = []
    for stage in (3, 4, 5):
        x = layers.MaxPooling2D(name=f"pool{stage}")(x)
        x = _pair(_pair(x, 64, f"stage{stage}a"), 64, f"stage{stage}b")
        features.append(x)
    fine, middle, coarse = features
    coarse = _pair(coarse, 64, "neck2")
    middle = _pair(layers.Add(name="merge1")([middle, _double(coarse, "up1")]), 64, "neck1")
    fine = _pair(layers.Add(name="merge0")([fine, _double(middle, "up0")]), 64, "neck0")
    heads = [_head(_pair(x, 64, f"shared{level}"), level) for level, x in enumerate((fine, middle, coarse))]
    raw = layers.Concatenate(axis=1, name="raw")(heads)
    return keras.Model(picture, raw, name="maskwatch_detector_raw")


def _pair(x: Any, channels: int, name: str) -> Any:
    x = layers.Conv2D(channels, 1, name=f"{name}_point")(x)
    return layers.DepthwiseConv2D(3, padding="same", activation="relu", name=f"{name}_depth")(x)


def _double(x: Any, name: str) -> Any:
    return layers.UpSampling2D(2, interpolation="nearest", name=name)(x)


def _head(x: Any, level: int) -> Any:
    x = layers.Conv2D(HEAD_CHANNELS, 1, name=f"head{level}_point")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name=f"head{level}_depth")(x)
    return layers.Reshape((-1, HEAD_CHANNELS), name=f"head{level}")(x)


def port_yunet(detector: keras.Model, onnx_file: Path) -> None:
    """Fill `detector` with the weights of a YuNet ONNX file.

    Raises:
        ModelError: the file is missing, no ONNX file, or its convolutions are not YuNet's.
    """
    convolutions = list(_convolutions(onnx_file))
    body = _body_layers()
    if len(convolutions) != len(body) + 8 * LEVELS:
        raise ModelError(f"The model file {onnx_file} has {len(convolutions)} convolutions: it is no YuNet.")
    try:
        for name, (kernel, bias) in zip(body, convolutions, strict=False):
            _set(detector.get_layer(name), kernel, bias)
        for level in range(LEVELS):
            _port_head(detector, level, convolutions[len(body) :])
    except ValueError as error:
        raise ModelError(f"The model file {onnx_file} has a convolution of another shape than YuNet's.") from error


def _body_layers() -> list[str]:
    """Names of the layers before the heads, in the order of YuNet's graph."""
    pairs = ["stage0", "stage1a", "stage1b", "stage2a", "stage2b"]
    pairs += [f"stage{stage}{half}" for stage in (3, 4, 5) for half in "ab"]
    pairs += ["neck2", "neck1", "neck0", "shared0", "shared1", "shared2"]
    return ["stem", *(f"{pair}_{part}" for pair in pairs for part in ("point", "depth"))]


Weights = tuple[NDArray[np.float32], NDArray[np.float32]]


def _convolutions(onnx_file: Path) -> Iterator[Weights]:
    import onnx  # noqa: PLC0415 - only the port needs it

    try:
        graph = onnx.load(str(onnx_file)).graph
    except Exception as error:
        raise ModelError(f"The model file {onnx_file} can't be read: {type(error).__name__}.") from error
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv":
            kernel = weights[node.input[1]]
            bias = weights[node.input[2]] if len(node.input) > 2 else np.zeros(len(kernel), np.float32)
            yield kernel, bias


def _set(layer: keras.Layer, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    if layer.name == "stem":
        kernel = kernel[:, ::-1] * 255  # it was trained on BGR in 0..255; ours is fed RGB in 0..1
    if isinstance(layer, layers.DepthwiseConv2D):
        layer.set_weights([kernel.transpose(2, 3, 0, 1), bias])
    else:
        layer.set_weights([kernel.transpose(2, 3, 1, 0), bias])


def _port_head(detector: keras.Model, level: int, heads: list[Weights]) -> None:
    """Join the heads of one level. The graph lists cls, bbox, obj, kps, each for three levels, in two convolutions."""

    def stacked(part: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        kinds = {kind: heads[(index * LEVELS + level) * 2 + part] for index, kind in enumerate("cbok")}
        ordered = [kinds[kind] for kind in "cobk"]
        return np.concatenate([kernel for kernel, _ in ordered]), np.concatenate([bias for _, bias in ordered])

    for part, name in enumerate(("point", "depth")):
        _set(detector.get_layer(f"head{level}_{name}"), *stacked(part))
