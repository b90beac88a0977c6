from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from maskwatch.errors import ModelError
from maskwatch.training.detector_training import blend
from maskwatch.training.loop import Batch, Row, Run, prefetched, set_seed
from maskwatch.training.recipes import take_weights


def tiny(units: int = 3) -> keras.Model:
    set_seed(3, threads=1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
    return model


def batches(epoch: int) -> Iterator[Batch]:
    for step in range(4):
        x = np.random.default_rng((epoch, step)).normal(size=(8, 4)).astype(np.float32)
        yield x, x.sum(axis=1, keepdims=True)


def run_of(model: keras.Model, folder: Path, epochs: int, figures: list[float] | None = None, **more: int) -> Run:
    script = iter(figures) if figures is not None else None

    def validate() -> Row:
        return {"figure": next(script) if script is not None else -float(np.square(model.get_weights()[0]).sum())}

    return Run(
        model=model,
        folder=folder,
        epochs=epochs,
        steps=4,
        batches=batches,
        validate=validate,
        watch="figure",
        **more,  # type: ignore[arg-type]
    )


def test_a_run_that_was_cut_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = run_of(tiny(), tmp_path / "whole", 4).go()
    run_of(tiny(), tmp_path / "cut", 2).go()
    resumed = run_of(tiny(), tmp_path / "cut", 4).go(resume=True)
    assert [row["loss"] for row in resumed] == pytest.approx([row["loss"] for row in whole], rel=1e-5)
    assert [row["figure"] for row in resumed] == pytest.approx([row["figure"] for row in whole], rel=1e-5)


def test_the_same_seed_makes_the_same_run(tmp_path: Path) -> None:
    runs = [run_of(tiny(), tmp_path / name, 2).go() for name in ("one", "other")]
    assert runs[0] == runs[1]


def test_the_best_weights_are_kept_and_patience_ends_the_run(tmp_path: Path) -> None:
    model = tiny()
    history = run_of(model, tmp_path, 9, [0.1, 0.5, 0.4, 0.3, 0.2], patience=2).go()
    assert [row["figure"] for row in history] == [0.1, 0.5, 0.4, 0.3]
    best = tiny()
    best.load_weights(tmp_path / "best.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), best.get_weights(), strict=True))


def test_nothing_to_resume_and_another_architecture_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"last\.npz does not exist"):
        run_of(tiny(), tmp_path, 1).go(resume=True)
    run_of(tiny(), tmp_path, 1).go()
    with pytest.raises(ModelError, match="another architecture"):
        run_of(tiny(units=5), tmp_path, 2).go(resume=True)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    run = run_of(tiny(), tmp_path, 1)
    run.batches = lambda _epoch: iter([(np.full((8, 4), np.nan, np.float32), np.zeros((8, 1), np.float32))])
    with pytest.raises(ModelError, match="loss became nan"):
        run.go()


def test_batches_made_ahead_come_in_order() -> None:
    assert list(prefetched(lambda index: (index,), 9, ahead=3)) == [(index,) for index in range(9)]
    assert list(prefetched(lambda index: (index,), 0)) == []


def test_what_fails_while_making_a_batch_is_not_swallowed() -> None:
    def make(index: int) -> Batch:
        if index == 2:
            raise ValueError("spoiled")
        return (index,)

    with pytest.raises(ValueError, match="spoiled"):
        list(prefetched(make, 5))


def test_blending_mixes_the_trained_weights_with_those_begun_with() -> None:
    model = tiny()
    begun_with = model.get_weights()
    model.set_weights([weight + 1 for weight in begun_with])
    blend(model, begun_with, share=0.7)
    for mixed, old in zip(model.get_weights(), begun_with, strict=True):
        assert mixed == pytest.approx(old + 0.7, abs=1e-6)


def test_only_a_model_of_the_same_architecture_can_be_trained_further(tmp_path: Path) -> None:
    tiny(units=5).save(tmp_path / "other.keras")
    for name in ("other.keras", "missing.keras"):
        with pytest.raises(ModelError, match=name):
            take_weights(tiny(), tmp_path / name)
