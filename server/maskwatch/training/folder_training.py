"""Training on folders of one's own, and the two architectures to compare with: the seed's CNN and transfer learning.

Pictures are read with `tf.io.read_file` into `tf.data` batches that are prepared ahead of training. Without folders of
your own, the held-out split and the pictures of the project's single faces serve.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import keras
import numpy as np

from maskwatch.core.crops import square_crop
from maskwatch.core.types import LABELS, MaskLabel
from maskwatch.errors import DataSetError
from maskwatch.training.cards import DATA_ORIGINS, write_card
from maskwatch.training.classifier_data import MARGIN
from maskwatch.training.classifier_model import COMPACT_SIZE, build_compact, build_seed_cnn, build_transfer
from maskwatch.training.classifier_training import HELD_OUT
from maskwatch.training.datasets import SingleFace, data_root, load_faces, load_folders, read_picture
from maskwatch.training.export import save
from maskwatch.training.loop import Row, write_history
from maskwatch.training.patches import split_faces
from maskwatch.training.report import plot_history

if TYPE_CHECKING:
    from maskwatch.training.recipes import ClassifierRecipe, Report

_EPOCHS, _PATIENCE, _BATCH = 5, 3, 32
_SHOWN = 4
_ROOM_TO_CROP = 1.12
"""Training pictures are read this much larger than the network's input, and cropped to it at a random place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Picture files, and what is worn on each as an index into the labels that are trained."""

    paths: list[Path]
    truth: list[int]


def train_on_folders(recipe: "ClassifierRecipe", *, report: "Report | None", say: Callable[[str], None]) -> Path:
    """Train the architecture that the recipe names; returns the path of the card.

    Raises:
        DataSetError, ModelError: pictures or weights are missing or unreadable.
    """
    labels, train, held = _files(recipe)
    model = _build(recipe, len(labels))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    size = model.input_shape[1]
    epochs = recipe.epochs or _EPOCHS
    history = model.fit(
        batches(train, size, seed=recipe.seed, steps=recipe.steps),
        validation_data=batches(held, size),
        epochs=epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(patience=_PATIENCE, restore_best_weights=True),
            keras.callbacks.BackupAndRestore(recipe.out / "backup"),
            _Progress(report, epochs),
        ],
    )
    rows = _rows(history.history)
    recipe.out.mkdir(parents=True, exist_ok=True)
    write_history(rows, recipe.out / "history.csv")
    plot_history(rows, recipe.out / "history.png")
    stem = recipe.architecture.replace("-", "_")
    model.save(recipe.out / f"{stem}.h5")
    files = save(model, recipe.out, stem)
    for line in _shown(model, held, labels, size):
        say(line)
    return write_card(recipe.out, stem, _card(recipe, model, stem, files, labels, rows, len(train.paths)))


def _files(recipe: "ClassifierRecipe") -> tuple[list[MaskLabel], Files, Files]:
    """Labels, training files and held-out files."""
    if recipe.folders is not None:
        found = load_folders(recipe.folders)
        labels = list(found)
        pairs = [(path, labels.index(label)) for label, paths in found.items() for path in paths]
        order = np.random.default_rng(recipe.seed).permutation(len(pairs))
        cut = max(1, round(len(pairs) * HELD_OUT))
        return labels, _as_files([pairs[i] for i in order[cut:]]), _as_files([pairs[i] for i in order[:cut]])
    labels = list(LABELS[:2])
    parts = split_faces(load_faces(data_root(recipe.data) / "faces" / "faces.json"), held_out=HELD_OUT)
    train, held = (_as_files(_cut(part, labels, recipe.out / "cache" / "faces")) for part in parts)
    return labels, train, held


def _cut(faces: Sequence[SingleFace], labels: Sequence[MaskLabel], folder: Path) -> list[tuple[Path, int]]:
    """The faces cut out as `serve` will show them, as files: with their usual surroundings they give the place away."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = []
    for one in faces:
        target = folder / f"{one.face.label.value}_{one.path.stem}.png"
        if not target.is_file():
            crop = square_crop(read_picture(one.path), one.face.box, MARGIN)
            cv2.imwrite(str(target), np.ascontiguousarray(crop[..., ::-1]))
        pairs.append((target, labels.index(one.face.label)))
    return pairs


def _as_files(pairs: Sequence[tuple[Path, int]]) -> Files:
    if not pairs:
        raise DataSetError("There are too few pictures to train on and to hold some out.")
    for path, _ in pairs:
        read_picture(path)  # an unreadable picture is better found now than in the middle of an epoch
    return Files(paths=[path for path, _ in pairs], truth=[truth for _, truth in pairs])


def _build(recipe: "ClassifierRecipe", classes: int) -> keras.Model:
    if recipe.architecture == "seed-cnn":
        return build_seed_cnn(classes)
    if recipe.architecture == "transfer":
        return build_transfer(classes, backbone=recipe.backbone, weights=recipe.weights)
    return build_compact(classes, size=COMPACT_SIZE)


def batches(files: Files, size: int, *, seed: int | None = None, steps: int | None = None) -> Any:
    """A `tf.data` set of batches; shuffled and augmented if there is a `seed`."""
    import tensorflow as tf  # noqa: PLC0415 - heavy

    def read(path: Any, label: Any) -> tuple[Any, Any]:
        picture = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
        side = size if seed is None else round(size * _ROOM_TO_CROP)
        return tf.ensure_shape(tf.image.resize(picture, (side, side)), (side, side, 3)), label

    data = tf.data.Dataset.from_tensor_slices(([str(path) for path in files.paths], files.truth))
    if seed is None:
        return data.map(read, num_parallel_calls=1).map(_as_pixels).batch(_BATCH).prefetch(2)
    change = _augmentation(seed, size)
    data = data.shuffle(len(files.paths), seed=seed).map(read, num_parallel_calls=1).batch(_BATCH)
    data = data.map(lambda pictures, labels: _as_pixels(change(pictures, training=True), labels)).prefetch(2)
    return data if steps is None else data.take(steps)


def _as_pixels(pictures: Any, labels: Any) -> tuple[Any, Any]:
    import tensorflow as tf  # noqa: PLC0415 - heavy

    return tf.cast(tf.clip_by_value(tf.round(pictures), 0, 255), tf.uint8), labels


def _augmentation(seed: int, size: int) -> keras.Sequential:
    """Flips, rotations, crops, zooms and shifts."""
    return keras.Sequential(
        [
            keras.layers.RandomCrop(size, size, seed=seed),
            keras.layers.RandomFlip("horizontal", seed=seed),
            keras.layers.RandomRotation(0.06, seed=seed),
            keras.layers.RandomZoom((-0.15, 0.1), seed=seed),
            keras.layers.RandomTranslation(0.08, 0.08, seed=seed),
        ]
    )


class _Progress(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Hands Keras' progress on."""

    def __init__(self, report: "Report | None", epochs: int) -> None:
        super().__init__()
        self._report = report
        self._epochs = epochs
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember which epoch it is."""
        del logs
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Report one step."""
        if self._report is not None:
            steps = self.params.get("steps") or batch + 1
            self._report(self._epoch, self._epochs, batch + 1, steps, float((logs or {}).get("loss", 0.0)))


def _rows(history: dict[str, list[float]]) -> list[Row]:
    return [
        {"epoch": index + 1, **{name: float(values[index]) for name, values in history.items()}}
        for index in range(len(history["loss"]))
    ]


def _shown(model: keras.Model, held: Files, labels: Sequence[MaskLabel], size: int) -> list[str]:
    """What the model says of four pictures it never saw."""
    order = np.random.default_rng(0).permutation(len(held.paths))[:_SHOWN].tolist()
    few = Files(paths=[held.paths[index] for index in order], truth=[held.truth[index] for index in order])
    lines = []
    for path, truth, row in zip(few.paths, few.truth, model.predict(batches(few, size), verbose=0), strict=True):
        told = ", ".join(f"{label.value} {part:.3f}" for label, part in zip(labels, row.tolist(), strict=True))
        lines.append(f"{path.name} ({labels[truth].value}): {told}")
    return lines


def _card(
    recipe: "ClassifierRecipe",
    model: keras.Model,
    stem: str,
    files: dict[str, str],
    labels: Sequence[MaskLabel],
    rows: list[Row],
    examples: int,
) -> dict[str, Any]:
    return {
        "name": stem,
        "task": "mask classification",
        "description": f"Trained by `maskwatch train classifier --architecture {recipe.architecture}`.",
        "files": files,
        "labels": [label.value for label in labels],
        "input": {"size": int(model.input_shape[1]), "crop_margin": MARGIN, "pixel_range": "0..255"},
        "architecture": {"design": recipe.architecture, "parameters": int(model.count_params())},
        "training": {"seed": recipe.seed, "epochs": len(rows), "examples": examples},
        "origins": [list(DATA_ORIGINS[4])] if recipe.folders is None else [],
        "figures": {"history": rows},
    }
