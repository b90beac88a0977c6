"""Pictures of a training run or an evaluation, for the folder of the run: they show people, so never commit them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import LABELS, Image
from maskwatch.training.classifier_evaluation import Pictures, Probabilities, confusion, truth_of
from maskwatch.training.detector_evaluation import SIZES, Judged
from maskwatch.training.loop import Row

_TILE = 112


def _axes(width: float, height: float, columns: int = 1) -> tuple[Any, Any]:
    import matplotlib as mpl  # noqa: PLC0415 - heavy

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy

    return plt.subplots(1, columns, figsize=(width, height), squeeze=False)


def _save(figure: Any, target: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415 - heavy

    target.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(target, dpi=110)
    plt.close(figure)


def plot_history(history: Sequence[Row], target: Path) -> None:
    """Loss, and the validation figures, over the epochs."""
    if not history:
        return
    figure, axes = _axes(11, 4, 2)
    epochs = [row["epoch"] for row in history]
    axes[0, 0].plot(epochs, [row["loss"] for row in history])
    axes[0, 0].set(title="training loss", xlabel="epoch")
    for name in history[0]:
        if name not in ("epoch", "loss", "balanced"):
            axes[0, 1].plot(epochs, [row[name] for row in history], label=name.replace("_", " "))
    axes[0, 1].set(title="held-out figures", xlabel="epoch")
    axes[0, 1].legend(fontsize=8)
    _save(figure, target)


def plot_bars(rows: Sequence[Mapping[str, Any]], target: Path) -> None:
    """Groups of bars: one group a figure, one bar a row. The first column names the rows, the others hold 0..1."""
    if not rows:
        return
    heads = list(rows[0])
    figure, axes = _axes(13, 4.5)
    places = np.arange(len(heads) - 1)
    width = 0.8 / len(rows)
    for index, row in enumerate(rows):
        heights = [float(row.get(head, 0.0)) for head in heads[1:]]
        axes[0, 0].bar(places + index * width, heights, width, label=str(row[heads[0]]))
    axes[0, 0].set(xticks=places + 0.4 - width / 2, xticklabels=heads[1:], ylim=(0, 1), ylabel="share that is right")
    for label in axes[0, 0].get_xticklabels():
        label.set(rotation=25, rotation_mode="anchor", ha="right")
    axes[0, 0].legend(fontsize=8, ncols=len(rows), loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)
    _save(figure, target)


def plot_confusion(probabilities: Probabilities, labels: Sequence[Any], target: Path) -> None:
    """The confusion matrix, with numbers of faces."""
    table = confusion(probabilities, labels)
    figure, axes = _axes(4.5, 4)
    axes[0, 0].imshow(table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    names = [label.value for label in LABELS]
    axes[0, 0].set(xticks=range(3), yticks=range(3), xticklabels=names, yticklabels=names, xlabel="said", ylabel="true")
    for (row, column), count in np.ndenumerate(table):
        axes[0, 0].text(column, row, str(count), ha="center", va="center")
    _save(figure, target)


def plot_precision_recall(curves: Mapping[str, tuple[NDArray[Any], NDArray[Any]]], target: Path) -> None:
    """Precision over recall; `curves` holds recall and precision by name."""
    figure, axes = _axes(5.5, 4.5)
    for name, (recall, precision) in curves.items():
        axes[0, 0].plot(recall, precision, label=name)
    axes[0, 0].set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.01))
    axes[0, 0].legend(fontsize=8)
    _save(figure, target)


def classifier_curves(
    probabilities: Probabilities, labels: Sequence[Any]
) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Recall and precision of each label, over all thresholds."""
    truth = truth_of(labels)
    curves = {}
    for index, label in enumerate(LABELS):
        order = np.argsort(-probabilities[:, index], kind="stable")
        hits = np.cumsum(truth[order] == index)
        curves[label.value] = hits / max(1, int((truth == index).sum())), hits / np.arange(1, len(order) + 1)
    return curves


def detector_curves(judged: Judged) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Recall by size over precision, over all scores; faces that nobody labelled are not held against it."""
    scores = np.unique(np.round(judged.scores, 3))
    curves = {}
    for name, low, high in SIZES:
        recall = np.array([judged.recall(score, low, high) for score in scores])
        found = np.array([(judged.face_scores >= score).sum() for score in scores])
        wrong = np.array([judged.unmatched(score) * judged.pictures for score in scores])
        curves[f"{name} faces"] = recall, found / np.maximum(found + wrong, 1)
    return curves


def gallery(tiles: Sequence[tuple[Image, str]], target: Path, *, columns: int = 8) -> None:
    """A sheet of small pictures with a line of text under each."""
    if not tiles:
        return
    cells = []
    for image, text in tiles:
        cell = np.full((_TILE + 16, _TILE, 3), 255, np.uint8)
        cell[:_TILE] = cv2.resize(image, (_TILE, _TILE), interpolation=cv2.INTER_AREA)
        cv2.putText(cell, text, (2, _TILE + 11), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (0, 0, 0), 1, cv2.LINE_AA)
        cells.append(cell)
    while len(cells) % columns:
        cells.append(np.full_like(cells[0], 255))
    sheet = np.vstack([np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)])
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), sheet[..., ::-1])


def worst_faces(
    pictures: Pictures, probabilities: Probabilities, labels: Sequence[Any], *, most: int = 48
) -> list[tuple[Image, str]]:
    """The faces the classifier is most wrong about, with what they are and what it said."""
    truth = truth_of(labels)
    given = probabilities[np.arange(len(truth)), truth]
    order = [index for index in np.argsort(given)[:most] if probabilities[index].argmax() != truth[index]]
    return [
        (pictures[index], f"{labels[index].value}: {LABELS[int(probabilities[index].argmax())].value}")
        for index in order
    ]
