"""EfficientNet-Lite0 in Keras, with ImageNet weights from a PyTorch file: what a teacher of the classifier begins with.

The design is Google's (Apache License 2.0): EfficientNet's blocks with ReLU6 and without squeeze and excitation.
"""

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from maskwatch.errors import ModelError

BLOCKS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel's side, stride of the first, expansion and channels of each stage."""
FEATURES = 1280
_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8"), "HalfStorage": np.dtype("<f2")}


def body(picture: Any) -> Any:
    """The network from a uint8 RGB picture to its last feature map (1280 channels, a 32nd of the picture's sides)."""
    return _norm(layers.Conv2D(FEATURES, 1, use_bias=False, name="head")(trunk(picture)), "head_norm")


def trunk(picture: Any, *, blocks: int | None = None) -> Any:
    """The network from a uint8 RGB picture to the end of its first `blocks` blocks; of all of them by default."""
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(picture)
    x = _norm(layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem")(x), "stem_norm")
    shapes = [
        (side, stride if repeat == 0 else 1, expansion, channels)
        for repeats, side, stride, expansion, channels in BLOCKS
        for repeat in range(repeats)
    ]
    for index, shape in enumerate(shapes[:blocks]):
        x = _block(x, f"block{index}", *shape)
    return x


def _block(x: Any, name: str, side: int, stride: int, expansion: int, channels: int) -> Any:
    y, wide = x, x.shape[-1] * expansion
    if expansion != 1:
        y = _norm(layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand")(y), f"{name}_expand_norm")
    y = layers.DepthwiseConv2D(side, strides=stride, padding="same", use_bias=False, name=f"{name}_depth")(y)
    y = _norm(y, f"{name}_depth_norm")
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=f"{name}_project_norm")(y)
    return layers.Add(name=f"{name}_add")([x, y]) if x.shape == y.shape else y


def _norm(x: Any, name: str) -> Any:
    return layers.ReLU(6, name=f"{name}_relu")(layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=name)(x))


def take_imagenet(model: keras.Model, source: Path) -> None:
    """Give the layers of `body` in `model` the weights of a PyTorch file of EfficientNet-Lite0.

    Raises:
        ModelError: the file is missing, no such file, or of another network.
    """
    stored = read_state(source)
    for layer in model.layers:
        if not layer.weights or layer.name not in _STORED_NAMES:
            continue
        try:
            layer.set_weights(_weights_of(layer, stored, _STORED_NAMES[layer.name]))
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{source} does not fit EfficientNet-Lite0: {layer.name} ({type(error).__name__}).",
                remedy="Name the .pth file of EfficientNet-Lite0 with --weights.",
            ) from None


def _weights_of(layer: Any, stored: Mapping[str, NDArray[Any]], name: str) -> list[NDArray[Any]]:
    if isinstance(layer, layers.BatchNormalization):
        return [stored[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    # PyTorch: out, in, rows, columns. Keras: rows, columns, in, out; depthwise: rows, columns, in, 1.
    axes = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return [stored[f"{name}.weight"].transpose(axes)]


def _stored_names() -> dict[str, str]:
    names = {"stem": "_conv_stem", "stem_norm": "_bn0", "head": "_conv_head", "head_norm": "_bn1"}
    parts = (
        ("expand", "_expand_conv", "_bn0"),
        ("depth", "_depthwise_conv", "_bn1"),
        ("project", "_project_conv", "_bn2"),
    )
    for index in range(sum(repeats for repeats, *_ in BLOCKS)):
        for ours, convolution, norm in parts:
            names[f"block{index}_{ours}"] = f"_blocks.{index}.{convolution}"
            names[f"block{index}_{ours}_norm"] = f"_blocks.{index}.{norm}"
    return names


_STORED_NAMES = _stored_names()


def read_state(source: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a PyTorch state file of the older format (before 1.6), without PyTorch.

    Nothing in the file is run: classes other than ordered dictionaries and plain storages are refused.

    Raises:
        ModelError: the file is missing, of another format, or holds something else.
    """
    try:
        with source.open("rb") as file:
            return _read_state(file)
    except (OSError, pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"The weights {source} could not be read: {type(error).__name__}.",
            remedy="Name a .pth file of plain arrays, as PyTorch wrote them before version 1.6.",
        ) from None


def _read_state(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    if _Arrays(file).load() != _MAGIC:
        raise ValueError("magic number")
    for _ in range(2):  # the protocol's version and the writer's machine
        _Arrays(file).load()
    tensors: dict[str, _Tensor] = _Arrays(file).load()
    storages = {}
    dtypes = {tensor.key: tensor.dtype for tensor in tensors.values()}
    for key in _Arrays(file).load():
        count = int.from_bytes(file.read(8), "little")
        storages[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key])
    return {name: tensor.of(storages) for name, tensor in tensors.items()}


class _Tensor:
    """Where in which storage a tensor lies."""

    def __init__(
        self, storage: tuple[Any, ...], offset: int, shape: tuple[int, ...], steps: tuple[int, ...], *_more: object
    ) -> None:
        _, self.dtype, self.key = storage[:3]
        self._offset, self._shape, self._steps = offset, shape, steps

    def of(self, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """The tensor's numbers, copied.

        Raises:
            ValueError: it reaches beyond its storage.
        """
        whole = storages[self.key]
        last = self._offset + sum((length - 1) * step for length, step in zip(self._shape, self._steps, strict=True))
        if min(self._offset, *self._shape, *self._steps, 0) < 0 or last >= len(whole):
            raise ValueError("tensor beyond its storage")
        bytes_apart = [step * self.dtype.itemsize for step in self._steps]
        return np.lib.stride_tricks.as_strided(whole[self._offset :], self._shape, bytes_apart).copy()


class _Arrays(pickle.Unpickler):
    """Unpickles tensors and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        return pid
