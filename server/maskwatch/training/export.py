"""Saving what was trained: the .keras file (the truth), its ONNX export, and a check that both answer the same."""

import contextlib
import io
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np

from maskwatch.errors import ModelError
from maskwatch.modelfiles import open_model, sha256_of

TOLERANCE = 1e-3
"""How far the answers of Keras and ONNX Runtime may be apart on the same pixels."""


def save(model: keras.Model, folder: Path, stem: str) -> dict[str, str]:
    """Write `stem.keras` and `stem.onnx` into `folder`; returns the SHA-256 of each by file name.

    The export keeps the input's free sides free (batch, and height and width where the model leaves them open).
    """
    folder.mkdir(parents=True, exist_ok=True)
    keras_file, onnx_file = folder / f"{stem}.keras", folder / f"{stem}.onnx"
    model.save(keras_file)
    export_onnx(model, onnx_file)
    return {path.name: sha256_of(path) for path in (keras_file, onnx_file)}


def export_onnx(model: keras.Model, target: Path) -> None:
    """Write `model` as ONNX.

    Raises:
        ModelError: the model has an operation that ONNX lacks.
    """
    entry = model.inputs[0]
    signature = [keras.InputSpec(shape=(None, *entry.shape[1:]), dtype=entry.dtype, name="picture")]
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(str(target), format="onnx", input_signature=signature, verbose=False)
    except Exception as error:
        raise ModelError(f"{model.name} can't be exported to {target}: {type(error).__name__}.") from error


def largest_difference(keras_file: Path, onnx_file: Path, batch: Any) -> float:
    """Largest absolute difference between the answers of both files for the same pixels."""
    pairs = zip(open_model(keras_file)(batch), open_model(onnx_file)(batch), strict=True)
    return max(float(np.abs(a - b).max(initial=0.0)) for a, b in pairs)
