"""Saving what was trained: the .keras file (the truth), its ONNX export, and a check that both answer the same."""

import contextlib
import io
import json
import logging
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from maskwatch.errors import ModelError
from maskwatch.modelfiles import open_model, read_card, sha256_of
from maskwatch.training.onnx_passes import halve_weights, slim_entry

TOLERANCE = 1e-3
"""How far the answers of Keras and ONNX Runtime may be apart on the same pixels."""


def save(model: keras.Model, folder: Path, stem: str, *, half: bool = False) -> dict[str, str]:
    """Write `stem.keras` and `stem.onnx` into `folder`; returns the SHA-256 of each by file name.

    The export keeps the input's free sides free (batch, and height and width where the model leaves them open). With
    `half` the weights are rounded to 16 bits, the model's own as well, and the files are half as large.
    """
    if half:
        model.set_weights([weight.astype(np.float16).astype(np.float32) for weight in model.get_weights()])
    folder.mkdir(parents=True, exist_ok=True)
    keras_file, onnx_file = folder / f"{stem}.keras", folder / f"{stem}.onnx"
    keras_file.with_suffix(".json").unlink(missing_ok=True)  # a card of what was here before would not fit
    keras.Model(model.inputs, model.outputs, name=model.name).save(keras_file)  # without the optimizer's state
    _compress(keras_file)
    export_onnx(model, onnx_file, half=half)
    return {path.name: sha256_of(path) for path in (keras_file, onnx_file)}


def _compress(archive: Path) -> None:
    """Deflate a .keras file, which is a ZIP archive that Keras does not compress: a fifth to a half of it is gone."""
    with zipfile.ZipFile(archive) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as smaller:
        for name, content in parts.items():
            smaller.writestr(name, content)


def export_onnx(model: keras.Model, target: Path, *, half: bool = False) -> None:
    """Write `model` as ONNX, its weights in 16 bits if `half`.

    Raises:
        ModelError: the model has an operation that ONNX lacks.
    """
    entry = model.inputs[0]
    signature = [keras.InputSpec(shape=(None, *entry.shape[1:]), dtype=entry.dtype, name="picture")]
    import onnx  # noqa: PLC0415 - only exporting needs it

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(str(target), format="onnx", input_signature=signature, verbose=False)
        exported = onnx.load(target)
        slim_entry(exported)
        if half:
            halve_weights(exported)
        onnx.save(exported, target)
    except Exception as error:
        raise ModelError(f"{model.name} can't be exported to {target}: {type(error).__name__}.") from error


def largest_difference(keras_file: Path, onnx_file: Path, batch: Any) -> float:
    """Largest absolute difference between the answers of both files for the same pixels."""
    pairs = zip(open_model(keras_file)(batch), open_model(onnx_file)(batch), strict=True)
    return max(float(np.abs(a - b).max(initial=0.0)) for a, b in pairs)


def export_file(source: Path, target: Path) -> tuple[Path, float]:
    """Export a .keras or .h5 file; returns the file written and how far apart both answer.

    If the card beside `source` lists its files, the new hash is written there.

    Raises:
        ModelError: it can't be loaded or exported, or the export answers differently.
    """
    if not source.is_file():
        raise ModelError(f"The model file {source} does not exist.", remedy="Name a .keras or .h5 file.")
    try:
        model = keras.saving.load_model(source, compile=False)
    except Exception as error:
        raise ModelError(f"The model file {source} can't be loaded by Keras: {type(error).__name__}.") from error
    export_onnx(model, target)
    shape = [side or default for side, default in zip(model.inputs[0].shape, (2, 128, 96, 3), strict=True)]
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    told = np.asarray(model(pixels, training=False))
    card_file = target.with_suffix(".json")
    if card_file.is_file():
        card = read_card(target)
        card.setdefault("files", {})[target.name] = sha256_of(target)
        card_file.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (exported,) = open_model(target)(pixels)
    apart = float(np.abs(told - exported).max(initial=0.0))
    if not apart <= TOLERANCE:
        raise ModelError(f"The export {target} answers differently from {source}, by up to {apart:.2g}.")
    return target, apart
