"""The face encoder that ships: one person is near to themselves, another is far, and what is missing is named."""

import sys

import numpy as np
import pytest

from maskwatch.core.types import Box, Face, Image
from maskwatch.demo.portraits import Portrait, load_portraits
from maskwatch.errors import PluginError
from maskwatch.loading import load_encoder, load_models_once


def pictured(portrait: Portrait, scale: float) -> tuple[Image, Face]:
    """The portrait at some size, and its face as the shipped detector finds it."""
    image = portrait.scaled(scale).image
    detector = load_models_once(({"type": "maskwatch"}, {"type": "maskwatch"})).detector
    return image, detector.detect([image])[0][0]


def test_one_person_is_near_and_another_far() -> None:
    encoder = load_encoder()
    first, second = load_portraits()
    encodings = [encoder.encode(*pictured(*each)) for each in ((first, 1.0), (first, 0.7), (second, 1.0))]
    assert all(each is not None and each.shape == (128,) for each in encodings)
    one, again, other = (np.asarray(each) for each in encodings)
    assert np.linalg.norm(one - again) < encoder.same_within < np.linalg.norm(one - other)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "face_recognition", None)
    with pytest.raises(PluginError, match="face-recognition"):
        load_encoder()


def test_a_face_at_the_edge_harms_nothing() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    encoding = load_encoder().encode(image, Face(box=Box(-5.0, -5.0, 50.0, 50.0), score=0.9))
    assert encoding is None or encoding.shape == (128,)
