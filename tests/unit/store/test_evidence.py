import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.types import Box, Evidence, MaskLabel, MaskVerdict, Quality, SeenLook
from maskwatch.store.evidence import evidence_to_json


def _evidence(**settings: Any) -> Evidence:
    # What a model gives is numpy's, whatever the types say.
    third: Any = np.float32(1 / 3)
    probabilities = dict.fromkeys((MaskLabel.MASK, MaskLabel.NO_MASK, MaskLabel.INCORRECT), third)
    edge: Any = np.float32(1.25)
    looks: Any = np.int64(11)
    return Evidence(
        box=Box(edge, 2, 3, 4),
        verdict=MaskVerdict(label=MaskLabel.NO_MASK, probabilities=probabilities),
        quality=Quality(size_px=np.float64(80), sharpness=float("inf"), frontality=1, weight=0.5),
        belief=probabilities,
        seen_s=3.14159265,
        violation_s=np.float64(2),
        looks=looks,
        trail=tuple(
            SeenLook(
                at_s=np.float64(at_s), label=MaskLabel.NO_MASK, probabilities=probabilities, weight=1.0, belief=belief
            )
            for at_s, belief in ((9.8, {}), (10.0, probabilities))
        ),
        settings=settings,
    )


def test_what_an_alert_tells_of_its_reasons() -> None:
    values = evidence_to_json(
        _evidence(dwell_s=2.0, models={"detector": "1"}, kinds=frozenset({"no_mask"})), (1280, 720)
    )
    assert json.loads(json.dumps(values, allow_nan=False)) == {
        "box": [1.2, 2.0, 3.0, 4.0],
        "frame": {"width": 1280, "height": 720},
        "label": "no_mask",
        "probabilities": {"mask": 0.333333, "no_mask": 0.333333, "incorrect": 0.333333},
        "quality": {"size_px": 80.0, "sharpness": None, "frontality": 1, "weight": 0.5},
        "belief": {"mask": 0.333333, "no_mask": 0.333333, "incorrect": 0.333333},
        "seen_s": 3.142,
        "violation_s": 2.0,
        "looks": 11,
        "trail": {
            "at_s": [-0.2, 0.0],
            "label": ["no_mask", "no_mask"],
            "weight": [1.0, 1.0],
            "probabilities": {"mask": [0.333, 0.333], "no_mask": [0.333, 0.333], "incorrect": [0.333, 0.333]},
            "belief": {"mask": [0.0, 0.333], "no_mask": [0.0, 0.333], "incorrect": [0.0, 0.333]},
        },
        "settings": {"dwell_s": 2.0, "models": {"detector": "1"}, "kinds": ["no_mask"]},
    }


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(np.float32("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(anything=_ANYTHING)
def test_any_setting_becomes_json_that_every_database_takes(anything: Any) -> None:
    text = json.dumps(evidence_to_json(_evidence(thing=anything), (1, 1)), allow_nan=False)
    assert "\\u0000" not in text
