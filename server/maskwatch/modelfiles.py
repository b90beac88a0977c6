"""Model files: their hash, their card, and a runner that answers with ONNX Runtime, OpenVINO or Keras itself.

Detectors and classifiers both need this and must not import each other. Nothing heavy is imported before a model is
opened: ONNX Runtime when it is an .onnx file, OpenVINO or TensorFlow only when they were asked for.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from maskwatch.errors import ModelError, PluginError

Runtime = Literal["onnx", "openvino", "keras"]
Array = NDArray[Any]

KERAS_SUFFIXES = (".keras", ".h5")
_TRAIN_AGAIN = "Make it again with `maskwatch models export`, or name another file."


class RuntimeSettings(BaseModel):
    """What runs a model: settings that detectors and classifiers share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    runtime: Runtime | None = Field(
        default=None,
        description="onnx, openvino (extra `openvino`) or keras (extra `train`); by default what the file's name asks "
        "for, else onnx.",
    )
    device: str = Field(
        default="CPU",
        min_length=1,
        max_length=100,
        description="What OpenVINO runs it on: CPU, GPU (Intel's graphics), NPU or AUTO. The others take the CPU.",
    )
    threads: int = Field(default=1, ge=1, le=64, description="Threads that one run may use.")


class Runner(Protocol):
    """A loaded model: one batch in, its outputs out, in the order the model lists them."""

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the input, None where it is free."""

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        """Shapes of the outputs, None where they are free."""

    def __call__(self, batch: Array) -> list[Array]:
        """The outputs for one batch."""


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file.

    Raises:
        ModelError: the file is missing or can't be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"The model file {path} can't be read: {error.strerror}.", remedy="Check the path in the settings."
        ) from None


def version_of(path: Path) -> str:
    """`name@hash` of a model file: its stem and the first 12 hex digits of its SHA-256, as kept with each alert."""
    return f"{path.stem}@{sha256_of(path)[:12]}"


def read_card(path: Path) -> dict[str, Any]:
    """The card (JSON of the same stem) beside a model file; empty where there is none.

    Raises:
        ModelError: the card is no JSON object.
    """
    card = path.with_suffix(".json")
    if not card.is_file():
        return {}
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(f"The model card {card} is not a JSON object.", remedy=_TRAIN_AGAIN)
    return content


def check_hash(path: Path, card: Mapping[str, Any]) -> None:
    """Compare a model file with the hash its card gives, if it gives one.

    Raises:
        ModelError: the file is not the one that the card describes.
    """
    files = card.get("files")
    expected = files.get(path.name) if isinstance(files, Mapping) else None
    if expected is not None and sha256_of(path) != expected:
        raise ModelError(
            f"The model file {path} has not the SHA-256 that its card {path.with_suffix('.json').name} gives.",
            remedy="It is damaged or was replaced: restore it, or remove the card if the file is your own.",
        )


def open_model(path: Path, *, threads: int = 1, runtime: Runtime | None = None, device: str = "CPU") -> Runner:
    """Load a model with the runtime its file name asks for (.onnx, or .keras and .h5), after checking its hash.

    With `runtime` "openvino" an .onnx file runs on OpenVINO, on its `device` (such as GPU: one of Intel's).

    Raises:
        ModelError: it is missing, damaged, not the one its card describes, or of an unknown kind; or there is no such
            device.
        PluginError: OpenVINO is asked for and not installed.
        ImportError: Keras is asked for and TensorFlow is not installed.
    """
    check_hash(path, read_card(path))
    sha256_of(path)
    if path.suffix == ".onnx":
        if runtime == "openvino":
            return _OpenVinoRunner(path, threads=threads, device=device)
        return _OnnxRunner(path, threads=threads)
    if path.suffix in KERAS_SUFFIXES:
        return _KerasRunner(path)
    raise ModelError(f"The model file {path} is neither .onnx nor .keras nor .h5.", remedy="Name another file.")


def resolve(configured: Path | None, shipped: Path, runtime: Runtime | None) -> Path:
    """Which file to open: the configured one, or the shipped one with the suffix that the runtime needs.

    Raises:
        ModelError: a file was named whose kind is not the one that the runtime loads.
    """
    if configured is None:
        return shipped.with_suffix(".keras" if runtime == "keras" else ".onnx")
    needs_keras = configured.suffix in KERAS_SUFFIXES
    if runtime is not None and needs_keras != (runtime == "keras"):
        raise ModelError(
            f"The model file {configured} can't be loaded with the runtime {runtime!r}.",
            remedy="Set the runtime to 'keras' for .keras and .h5 files, to 'onnx' or 'openvino' for .onnx files.",
        )
    return configured


class _OnnxRunner:
    """ONNX Runtime on the CPU, with as many threads as it is given and no spinning ones."""

    def __init__(self, path: Path, *, threads: int) -> None:
        import onnxruntime as ort  # noqa: PLC0415 - heavy

        ort.disable_telemetry_events()  # on by default in its builds; nothing here tells anybody anything

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A plan of the memory for each shape of batch ever seen saves no time here, and takes 10 MB.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(
                f"The model file {path} can't be loaded: {type(error).__name__}.", remedy=_TRAIN_AGAIN
            ) from error
        if len(self._session.get_inputs()) != 1:
            raise ModelError(f"The model file {path} has more than one input.", remedy=_TRAIN_AGAIN)
        self._path = path
        self._input = self._session.get_inputs()[0]
        self._dtype = np.uint8 if self._input.type == "tensor(uint8)" else np.float32

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return _free(self._input.shape)

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        return [_free(output.shape) for output in self._session.get_outputs()]

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs, in order."""
        return [str(output.name) for output in self._session.get_outputs()]

    def __call__(self, batch: Array) -> list[Array]:
        try:
            return list(self._session.run(None, {self._input.name: batch.astype(self._dtype, copy=False)}))
        except Exception as error:
            raise ModelError(
                f"The model file {self._path} failed on a batch of shape {batch.shape}: {type(error).__name__}.",
                remedy=_TRAIN_AGAIN,
            ) from error


class _OpenVinoRunner:
    """OpenVINO, on the processor or on a graphics unit that it knows, without its telemetry."""

    def __init__(self, path: Path, *, threads: int, device: str) -> None:
        # It tells its maker of each import. Where this module is missing it does not, and nothing here needs it.
        modules: dict[str, Any] = sys.modules
        modules.setdefault("openvino_telemetry", None)
        try:
            import openvino  # noqa: PLC0415 - heavy, and an extra
        except ImportError:
            raise PluginError(
                "The runtime 'openvino' is configured, but OpenVINO is not installed.",
                remedy="Install it: pip install 'maskwatch[openvino]'",
            ) from None
        core = openvino.Core()
        # The same numbers as the other runtimes, and the answer of one batch as soon as can be.
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if device == "CPU":
            settings["INFERENCE_NUM_THREADS"] = threads
        try:
            model = core.read_model(str(path))
        except RuntimeError as error:
            raise ModelError(
                f"The model file {path} can't be loaded: {type(error).__name__}.", remedy=_TRAIN_AGAIN
            ) from error
        try:
            compiled = core.compile_model(model, device, settings)
        except RuntimeError as error:
            found = ", ".join(core.available_devices)
            raise ModelError(
                f"OpenVINO can't run the model file {path} on the device {device!r}.",
                remedy=f"It finds these here: {found}.",
            ) from error
        self._path = path
        self._dtype = np.uint8 if "u8" in str(model.inputs[0].element_type) else np.float32
        self._inputs, self._outputs = model.inputs, model.outputs
        self._request = compiled.create_infer_request()

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return _free_of_openvino(self._inputs[0].partial_shape)

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        return [_free_of_openvino(output.partial_shape) for output in self._outputs]

    def __call__(self, batch: Array) -> list[Array]:
        try:
            self._request.infer({0: batch.astype(self._dtype, copy=False)})
        except RuntimeError as error:
            raise ModelError(
                f"The model file {self._path} failed on a batch of shape {batch.shape}: {type(error).__name__}.",
                remedy=_TRAIN_AGAIN,
            ) from error
        # What it gives is its own memory, and changes with the next batch.
        return [np.array(tensor.data) for tensor in self._request.output_tensors]


class _KerasRunner:
    """Keras itself: slow to start and large, but the very model that was trained."""

    def __init__(self, path: Path) -> None:
        import keras  # noqa: PLC0415 - heavy

        try:
            self._model = keras.saving.load_model(path, compile=False)
        except Exception as error:
            raise ModelError(
                f"The model file {path} can't be loaded by Keras: {type(error).__name__}.", remedy=_TRAIN_AGAIN
            ) from error
        self._path = path

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return tuple(self._model.inputs[0].shape)

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        return [tuple(output.shape) for output in self._model.outputs]

    def __call__(self, batch: Array) -> list[Array]:
        outputs = self._model(batch, training=False)
        many: Sequence[Any] = outputs if isinstance(outputs, list | tuple) else [outputs]
        return [np.asarray(output) for output in many]


def _free(shape: Sequence[Any]) -> tuple[int | None, ...]:
    return tuple(side if isinstance(side, int) else None for side in shape)


def _free_of_openvino(shape: Any) -> tuple[int | None, ...]:
    return tuple(None if side.is_dynamic else int(side.get_length()) for side in shape)
