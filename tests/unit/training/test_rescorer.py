"""What a rescorer learns from: which finds count as faces, how batches are drawn, and how its word is weighed."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from maskwatch.core.types import Box, Face, Image, MaskLabel
from maskwatch.errors import ModelError
from maskwatch.resources import models_dir
from maskwatch.training.candidates import SIDE, Candidates, collect, cut, load
from maskwatch.training.datasets import LabelledFace, Scene
from maskwatch.training.rescorer_data import RescorerData, plain
from maskwatch.training.rescorer_model import build_rescorer, take_features
from maskwatch.training.rescorer_training import figures_of, fit_weights
from tests.fixtures.faces import noise
from tests.unit.training.data import write_picture

LABELLED, TEACHERS, GUESSED, NOWHERE = (Box(x, 20, x + 40, 60) for x in (10, 110, 210, 310))


class Finds:
    """Finds the same faces in any picture."""

    model_version = "made up"

    def __init__(self, *faces: Face) -> None:
        self._faces = list(faces)

    def detect(self, images: Sequence[Image]) -> list[list[Face]]:
        return [self._faces for _ in images]


def candidates(count: int = 40, *, unknown: int = 0) -> Candidates:
    random = np.random.default_rng(3)
    truths = (np.arange(count) % 2).astype(np.float32)
    truths[:unknown] = np.nan
    crops = random.integers(0, 256, (count, SIDE, SIDE, 3)).astype(np.uint8)
    return Candidates(
        crops=crops,
        scores=random.uniform(0.2, 1, count).astype(np.float32),
        sizes=random.uniform(10, 200, count).astype(np.float32),
        truths=truths,
        empty=np.arange(count) % 4 == 0,
    )


def test_what_is_labelled_or_seen_by_the_teacher_is_a_face(tmp_path: Path) -> None:
    write_picture(tmp_path / "scene.png", noise(100, 400))
    labelled = LabelledFace(box=LABELLED, label=MaskLabel.MASK)
    scene = Scene(path=tmp_path / "scene.png", width=400, height=100, faces=(labelled,))
    detector = Finds(*(Face(box=box, score=0.5) for box in (LABELLED, TEACHERS, GUESSED, NOWHERE)))
    teacher = Finds(Face(box=TEACHERS, score=0.8), Face(box=GUESSED, score=0.4))
    collect(cut([scene], [(640, detector)], teacher), tmp_path / "cache" / "all.crops")
    found = load(tmp_path / "cache" / "all.crops")
    assert found.truths[[0, 1, 3]].tolist() == [1, 1, 0]
    assert np.isnan(found.truths[2])
    assert found.sizes == pytest.approx([40 * 640 / 400] * 4)
    assert found.crops.shape == (4, SIDE, SIDE, 3)
    assert not found.empty.any()


def test_a_label_that_is_itself_a_guess_teaches_nothing(tmp_path: Path) -> None:
    write_picture(tmp_path / "scene.png", noise(100, 400))
    guess = LabelledFace(box=LABELLED, label=MaskLabel.NO_MASK, score=0.4)
    scene = Scene(path=tmp_path / "scene.png", width=400, height=100, faces=(guess,))
    ((*_, truth, _empty),) = cut([scene], [(640, Finds(Face(box=LABELLED, score=0.5)))], Finds())
    assert np.isnan(truth)


def test_a_scene_without_faces_is_known_as_one(tmp_path: Path) -> None:
    write_picture(tmp_path / "scene.png", noise(100, 400))
    scene = Scene(path=tmp_path / "scene.png", width=400, height=100, faces=())
    ((*_, truth, empty),) = cut([scene], [(640, Finds(Face(box=NOWHERE, score=0.5)))], Finds())
    assert (truth, empty) == (0.0, True)


def test_the_same_seed_draws_the_same_batch() -> None:
    one, other = (RescorerData(candidates=candidates(), size=56, batch=32, seed=seed) for seed in (5, 6))
    (pictures, targets), (again, _), (others, _) = one.make(1, 2), one.make(1, 2), other.make(1, 2)
    assert pictures.shape == (32, 56, 56, 3)
    assert targets.sum(axis=1) == pytest.approx(np.ones(32))
    assert np.array_equal(pictures, again)
    assert not np.array_equal(pictures, others)


def test_half_of_a_batch_are_faces_and_nothing_unknown_is_drawn() -> None:
    data = RescorerData(candidates=candidates(unknown=20), size=56, batch=400, seed=5)
    targets = data.make(0, 0)[1]
    assert 0.4 < targets[:, 1].mean() < 0.6
    assert set(np.unique(targets)) == {0.0, 1.0}


def test_of_what_nobody_knows_the_teacher_s_answer_is_learned() -> None:
    some = candidates(unknown=20)
    told = np.full(len(some), 0.8, np.float32)
    targets = RescorerData(candidates=some, size=56, batch=400, seed=5, told=told).make(0, 0)[1][:, 1]
    assert set(np.unique(targets.round(4))) == {np.float32(0.48), np.float32(0.8), np.float32(0.88)}


def test_the_network_is_shown_the_middle_of_a_cut_out() -> None:
    some = candidates(2)
    some.crops[:, 40:72, 40:72] = 255
    some.crops[:, :6] = some.crops[:, -6:] = 0  # beyond what it is shown
    shown = plain(some, 56)
    assert (shown[:, 24:32, 24:32] == 255).all()
    assert (shown[:, 0] > 0).any()


def test_the_weights_are_those_that_made_the_labels() -> None:
    random = np.random.default_rng(8)
    first, second = random.normal(0, 2, 20_000), random.normal(0, 2, 20_000)
    odds = -0.5 + 0.8 * first + 1.5 * second
    some = candidates(1)
    made = Candidates(
        crops=some.crops,
        scores=(1 / (1 + np.exp(-first))).astype(np.float32),
        sizes=np.full(20_000, 48, np.float32),
        truths=(random.random(20_000) < 1 / (1 + np.exp(-odds))).astype(np.float32),
        empty=np.zeros(20_000, bool),
    )
    weights = fit_weights((1 / (1 + np.exp(-second))).astype(np.float32), made)
    assert (weights.bias, weights.detector, weights.crop) == pytest.approx((-0.5, 0.8, 1.5), abs=0.12)


def test_figures_count_only_what_is_known() -> None:
    some = candidates(8, unknown=2)
    told = np.where(np.isnan(some.truths), 0.0, some.truths).astype(np.float32)
    assert figures_of(told, some) == {"faces": 1.0, "others": 1.0, "ranked": 1.0}
    assert figures_of(1 - told, some)["ranked"] == 0.0
    assert figures_of(np.full(8, 0.3, np.float32), some) == {"faces": 0.0, "others": 1.0, "ranked": 0.5}


def test_it_begins_with_the_layers_it_shares_with_the_large_classifier() -> None:
    model = build_rescorer()
    last = model.get_layer("logits").get_weights()[0].copy()
    take_features(model, models_dir() / "classifier_large.keras")
    known = keras.saving.load_model(models_dir() / "classifier_large.keras", compile=False)
    for name in ("stem", "block6_project"):
        assert np.array_equal(model.get_layer(name).get_weights()[0], known.get_layer(name).get_weights()[0])
    assert np.array_equal(model.get_layer("logits").get_weights()[0], last)


@pytest.mark.parametrize(("name", "says"), [("classifier", "no layer in common"), ("gone", "can't be begun with")])
def test_a_file_that_it_can_not_begin_with_is_named(name: str, says: str) -> None:
    with pytest.raises(ModelError, match=rf"{name}\.keras {says}|{name}\.keras has {says}"):
        take_features(build_rescorer(), models_dir() / f"{name}.keras")
