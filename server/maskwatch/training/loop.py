"""The training loop: seeded, resumable after any epoch, with progress on the terminal and a history kept as it goes.

A run lives in one folder: `history.csv` and `history.png`, `last.npz` (weights and optimizer after the last finished
epoch, to go on from), `best.weights.h5` (the weights with the best validation figure).
"""

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from maskwatch.errors import ModelError

_AVERAGE_EVERY, _AVERAGE_MOMENTUM = 4, 0.97

Batch = tuple[Any, ...]
Row = dict[str, float]


@dataclass(slots=True, kw_only=True)
class Run:
    """One training run. `batches(epoch)` gives its batches, seeded by the epoch; `validate()` figures to be kept.

    `watch` is the figure that the best weights have most of. `patience` epochs without a better one end the run
    (0: never).
    """

    model: keras.Model
    folder: Path
    epochs: int
    steps: int
    batches: Callable[[int], Iterator[Batch]]
    validate: Callable[[], Row]
    watch: str
    patience: int = 0
    report: Callable[[int, int, float], None] = lambda _epoch, _step, _loss: None
    history: list[Row] = field(default_factory=list)
    _average: list[Any] = field(default_factory=list, init=False)

    def go(self, *, resume: bool = False) -> list[Row]:
        """Train to the end (from the last finished epoch if `resume`); the model then has the best weights.

        Raises:
            ModelError: there is nothing to resume, or it belongs to another architecture, or the loss is not a number.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if resume:
            self._restore()
        while len(self.history) < self.epochs and not self._out_of_patience():
            epoch = len(self.history)
            row: Row = {"epoch": epoch + 1, "loss": self._one_epoch(epoch)} | self._judge()
            self.history.append(row)
            self._keep()
        if self._best.is_file():
            self.model.load_weights(self._best)
        return self.history

    @property
    def _best(self) -> Path:
        return self.folder / "best.weights.h5"

    def _judge(self) -> Row:
        """Validate with the averaged weights, keep them if they are the best yet, and put the trained ones back."""
        trained = self.model.get_weights()
        self.model.set_weights(self._average)
        row = self.validate()
        if all(row[self.watch] > earlier[self.watch] for earlier in self.history):
            self.model.save_weights(self._best)
        self.model.set_weights(trained)
        return row

    def _track_average(self, followed: int) -> None:
        """A moving average of the weights is steadier than any one of them; it is followed every few steps.

        It is short at first (`followed`: how often it was followed before), or the random weights would stay in it for
        hundreds of steps.
        """
        current = self.model.get_weights()
        if not self._average:
            self._average = current
            return
        momentum = min(_AVERAGE_MOMENTUM, (1 + followed) / (10 + followed))
        self._average = [
            kept + (1 - momentum) * (value - kept) for kept, value in zip(self._average, current, strict=True)
        ]

    def _one_epoch(self, epoch: int) -> float:
        losses = []
        for step, batch in enumerate(self.batches(epoch)):
            loss = float(np.asarray(self.model.train_on_batch(*batch, return_dict=True)["loss"]))
            if not np.isfinite(loss):
                raise ModelError(f"The loss became {loss} in epoch {epoch + 1}.", remedy="Lower the learning rate.")
            self.model.reset_metrics()
            losses.append(loss)
            if step % _AVERAGE_EVERY == 0:
                self._track_average((epoch * self.steps + step) // _AVERAGE_EVERY)
            self.report(epoch, step + 1, loss)
        return float(np.mean(losses))

    def _out_of_patience(self) -> bool:
        if not self.patience or not self.history:
            return False
        best = int(np.argmax([row[self.watch] for row in self.history]))
        return len(self.history) - 1 - best >= self.patience

    def _keep(self) -> None:
        """Write the state so that a cut at any moment leaves the old or the new one, never half of one."""
        write_history(self.history, self.folder / "history.csv")
        arrays: dict[str, Any] = {f"w{index}": np.asarray(value) for index, value in enumerate(self.model.weights)}
        arrays |= {f"a{index}": value for index, value in enumerate(self._average)}
        arrays |= {f"o{index}": np.asarray(value) for index, value in enumerate(self._optimizer_values())}
        fresh = self.folder / "last.tmp.npz"
        arrays["history"] = np.array([list(row.values()) for row in self.history])
        arrays["figures"] = np.array(list(self.history[0]))
        np.savez(fresh, allow_pickle=False, **arrays)
        os.replace(fresh, self.folder / "last.npz")  # noqa: PTH105 - os.replace says that it is atomic

    def _optimizer_values(self) -> list[Any]:
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return list(optimizer.variables)

    def _restore(self) -> None:
        path = self.folder / "last.npz"
        if not path.is_file():
            raise ModelError(f"There is nothing to resume: {path} does not exist.", remedy="Leave --resume out.")
        with np.load(path) as stored:
            for prefix, variables in (("w", self.model.weights), ("o", self._optimizer_values())):
                saved = [stored[f"{prefix}{index}"] for index in range(len(variables)) if f"{prefix}{index}" in stored]
                if [value.shape for value in saved] != [tuple(variable.shape) for variable in variables]:
                    raise ModelError(f"{path} belongs to another architecture.", remedy="Train into another folder.")
                for variable, value in zip(variables, saved, strict=True):
                    variable.assign(value)
            self._average = [stored[f"a{index}"] for index in range(len(self.model.weights))]
            figures = [str(name) for name in stored["figures"]]
            self.history = [dict(zip(figures, row, strict=True)) for row in stored["history"].tolist()]


def write_history(history: list[Row], target: Path) -> None:
    """Write one CSV line an epoch."""
    if not history:
        return
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(history[0]))
        writer.writeheader()
        writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in history)


def set_seed(seed: int, *, threads: int) -> None:
    """Seed Keras, NumPy and TensorFlow, and hold TensorFlow to `threads` cores."""
    import tensorflow as tf  # noqa: PLC0415 - heavy

    keras.utils.set_random_seed(seed)
    with suppress(RuntimeError):  # TensorFlow is running already: it keeps the threads it has
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def prefetched(make: Callable[[int], Batch], count: int, *, ahead: int = 4) -> Iterator[Batch]:
    """`make(0) ... make(count - 1)`, made by one thread a few batches ahead of whoever consumes them."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only while training

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as pool:
        waiting = [pool.submit(make, index) for index in range(min(ahead, count))]
        for index in range(count):
            future = waiting.pop(0)
            if index + ahead < count:
                waiting.append(pool.submit(make, index + ahead))
            yield future.result()


def cosine(peak: float, steps: int) -> Any:
    """A learning rate that rises for a twentieth of `steps` and then falls along a cosine to a hundredth of `peak`."""
    warmup = max(1, steps // 20)
    return keras.optimizers.schedules.CosineDecay(
        peak * 0.1, decay_steps=max(1, steps - warmup), alpha=0.01, warmup_target=peak, warmup_steps=warmup
    )


def figures_of(row: Mapping[str, float]) -> str:
    """One line for the terminal."""
    return "  ".join(f"{name} {value:.4g}" for name, value in row.items())
