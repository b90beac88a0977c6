"""EfficientNet-Lite0 from a PyTorch file: read without PyTorch, by a reader that runs nothing of what the file says."""

import pickle
import sys
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

from maskwatch.errors import ModelError
from maskwatch.training import efficientnet_lite
from maskwatch.training.classifier_model import build_large
from maskwatch.training.efficientnet_lite import read_state, take_imagenet

MAGIC = 0x1950A86A20F9469CFC6C


class Tensor:
    """Pickles as PyTorch's tensors do."""

    def __init__(self, key: str, array: np.ndarray, *, turned: bool = False) -> None:
        self.key, self.array, self.turned = key, array, turned

    def __reduce__(self) -> tuple[Any, ...]:
        shape, steps = self.array.shape, [step // self.array.itemsize for step in self.array.strides]
        storage = Storage(self.key, self.array.size)
        turned = slice(None, None, -1 if self.turned else 1)
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (storage, 0, tuple(shape[turned]), tuple(steps[turned]), False, OrderedDict())


class Storage:
    def __init__(self, key: str, size: int) -> None:
        self.key, self.size = key, size


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file names of PyTorch, so that one can be written without it."""
    package, utils = ModuleType("torch"), ModuleType("torch._utils")

    def _rebuild_tensor_v2(*_: object) -> None: ...

    class FloatStorage: ...

    for made, module in ((_rebuild_tensor_v2, utils), (FloatStorage, package)):
        made.__module__, made.__qualname__ = module.__name__, made.__name__
        setattr(module, made.__name__, made)
        monkeypatch.setitem(sys.modules, module.__name__, module)


def write(path: Path, tensors: Mapping[str, Tensor]) -> Path:
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: object) -> tuple[Any, ...] | None:
            if isinstance(obj, Storage):
                return "storage", sys.modules["torch"].FloatStorage, obj.key, "cpu", obj.size, None
            return None

    with path.open("wb") as file:
        for head in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(head, file, protocol=2)
        Pickler(file, protocol=2).dump(OrderedDict(tensors))
        pickle.dump([tensor.key for tensor in tensors.values()], file, protocol=2)
        for tensor in tensors.values():
            file.write(tensor.array.size.to_bytes(8, "little") + tensor.array.astype("<f4").tobytes())
    return path


@pytest.mark.usefixtures("torch")
def test_arrays_are_read_in_whatever_order_they_lie(tmp_path: Path) -> None:
    plain = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    turned = np.arange(6, dtype=np.float32).reshape(2, 3) + 100
    state = read_state(write(tmp_path / "a.pth", {"x": Tensor("0", plain), "y": Tensor("1", turned, turned=True)}))
    assert np.array_equal(state["x"], plain)
    assert np.array_equal(state["y"], turned.T)


@pytest.mark.usefixtures("torch")
def test_all_layers_take_their_weights_and_the_head_stays(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    begun = build_large(size=64)
    stored: dict[str, Tensor] = {}
    for layer in begun.layers:
        name = efficientnet_lite._STORED_NAMES.get(layer.name)
        if name is None:
            continue
        parts = ("weight", "bias", "running_mean", "running_var")
        for part, weight in zip(parts, layer.get_weights(), strict=False):
            axes = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (3, 2, 0, 1)
            shape = weight.transpose(axes).shape if weight.ndim == 4 else weight.shape
            values = rng.random(shape, np.float32)
            stored[f"{name}.{part}"] = Tensor(str(len(stored)), values)
    source = write(tmp_path / "lite0.pth", stored)
    model = build_large(weights=source, size=64)
    stem = stored["_conv_stem.weight"].array
    assert np.array_equal(model.get_layer("stem").get_weights()[0], stem.transpose(2, 3, 1, 0))
    depth = stored["_blocks.15._depthwise_conv.weight"].array
    assert np.array_equal(model.get_layer("block15_depth").get_weights()[0], depth.transpose(2, 3, 0, 1))
    assert np.array_equal(model.get_layer("head_norm").get_weights()[3], stored["_bn1.running_var"].array)
    del stored["_conv_head.weight"]
    with pytest.raises(ModelError, match=r"does not fit EfficientNet-Lite0: head \(KeyError\)"):
        take_imagenet(model, write(tmp_path / "cut.pth", stored))


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("kept", [0, 5, 60, -4])
def test_a_file_that_is_cut_off_is_refused(kept: int, tmp_path: Path) -> None:
    whole = write(tmp_path / "a.pth", {"x": Tensor("0", np.ones((4, 4), np.float32))}).read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[:kept])
    with pytest.raises(ModelError, match=r"cut\.pth could not be read"):
        read_state(tmp_path / "cut.pth")


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "harm",)

    with (tmp_path / "evil.pth").open("wb") as file:
        parts: tuple[object, ...] = (MAGIC, 1001, {}, Evil())
        for part in parts:
            pickle.dump(part, file, protocol=2)
    with pytest.raises(ModelError, match=r"evil\.pth could not be read: UnpicklingError"):
        read_state(tmp_path / "evil.pth")
    assert not (tmp_path / "harm").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.pth could not be read: FileNotFoundError"):
        build_large(weights=tmp_path / "none.pth", size=64)
