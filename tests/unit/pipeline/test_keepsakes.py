"""What is remembered of people for the pictures of their alert."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from maskwatch.core.types import (
    LABELS,
    AlertAction,
    AlertChange,
    AlertKind,
    Box,
    Face,
    Frame,
    Keepsake,
    MaskLabel,
    MaskVerdict,
    Observation,
    Quality,
    Track,
    TrackState,
)
from maskwatch.pipeline.keepsakes import Keepsakes
from maskwatch.pipeline.picture import RgbPicture

_NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class _Scene:
    """Looks a second apart; the picture of second `n` is all of grey `n`."""

    def __init__(self, width: int = 640, height: int = 360) -> None:
        self.keepsakes = Keepsakes()
        self._size = (height, width, 3)
        self._second = 0

    def look(
        self, *people: tuple[int, MaskLabel, float], raises: int | None = None, states: TrackState = TrackState.NO_MASK
    ) -> Keepsake | None:
        """One look at people (track, what they seem to wear, quality); the keepsake of the alert it raises."""
        self._second += 1
        frame = Frame(
            camera="door",
            sequence=self._second,
            captured_monotonic_s=float(self._second),
            captured_utc=_NOON + timedelta(seconds=self._second),
            picture=RgbPicture(np.full(self._size, self._second, np.uint8)),
        )
        tracks = [_track(*person, state=states) for person in people]
        changes = [] if raises is None else [_raised(raises)]
        return self.keepsakes.look(frame, tracks, changes).get("an-alert")


def _track(id_: int, label: MaskLabel, weight: float, *, state: TrackState) -> Track:
    box = Box(100.0, 100.0, 160.0, 180.0)
    seen = Observation(
        face=Face(box=box, score=0.9),
        verdict=MaskVerdict(label=label, probabilities=dict.fromkeys(LABELS, 1 / 3)),
        quality=Quality(size_px=80, sharpness=50, frontality=1, weight=weight),
    )
    return Track(
        id=id_, box=box, first_seen_s=0, last_seen_s=0, belief={}, state=state, state_since_s=0, observation=seen
    )


def _raised(track_id: int) -> AlertChange:
    return AlertChange(
        action=AlertAction.RAISED, alert_id="an-alert", camera="door", track_id=track_id, kind=AlertKind.NO_MASK, at_s=0
    )


BARE = MaskLabel.NO_MASK


def test_the_best_look_and_the_picture_from_before_it_began() -> None:
    scene = _Scene()
    scene.look()
    scene.look()
    scene.look((1, BARE, 0.3))
    scene.look((1, BARE, 0.9))
    kept = scene.look((1, BARE, 0.5), raises=1)
    assert kept is not None
    assert (kept.face.mean(), kept.face_weight, kept.face_utc) == (4, 0.9, _NOON + timedelta(seconds=4))
    assert kept.before is not None
    assert (kept.before.mean(), kept.before_utc) == (2, _NOON + timedelta(seconds=2))
    box = kept.face_box
    assert (box.width, box.height) == (60, 80)
    assert kept.face.shape[:2] == (160, 160)
    assert kept.face.base is None, "a part would keep the whole picture in memory"


def test_a_mask_in_between_begins_anew() -> None:
    scene = _Scene()
    scene.look((1, BARE, 0.9))
    scene.look((1, MaskLabel.MASK, 0.9), states=TrackState.COMPLIANT)
    scene.look((1, BARE, 0.2))
    kept = scene.look((1, BARE, 0.1), raises=1)
    assert kept is not None
    assert (kept.face.mean(), kept.face_weight) == (3, 0.2)
    assert kept.before is not None
    assert kept.before.mean() == 2


def test_there_is_nothing_before_the_first_look() -> None:
    scene = _Scene()
    kept = scene.look((1, BARE, 0.4), raises=1)
    assert kept is not None
    assert kept.before is None


def test_after_the_camera_was_lost_nothing_is_left() -> None:
    scene = _Scene()
    scene.look((1, BARE, 0.9))
    scene.keepsakes.forget()
    kept = scene.look((1, BARE, 0.1), raises=1)
    assert kept is not None
    assert (kept.face.mean(), kept.before) == (2, None)


def test_a_crowd_is_remembered_in_part_only() -> None:
    scene = _Scene()
    scene.look()
    crowd = [(number, BARE, 0.5) for number in range(50)]
    assert scene.look(*crowd, raises=0) is not None
    assert scene.look(*crowd, raises=49) is None


@pytest.mark.parametrize("size", [(3840, 2160), (1080, 1920)])
def test_a_large_picture_from_before_is_made_smaller(size: tuple[int, int]) -> None:
    scene = _Scene(*size)
    scene.look()
    kept = scene.look((1, BARE, 0.4), raises=1)
    assert kept is not None
    assert kept.before is not None
    assert max(kept.before.shape) == 1280
