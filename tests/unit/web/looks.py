"""Looks and events to publish."""

from datetime import UTC, datetime

import numpy as np

from maskwatch.core.types import (
    AlertKind,
    Box,
    Face,
    Frame,
    Look,
    MaskLabel,
    MaskVerdict,
    Observation,
    Quality,
    Track,
    TrackState,
)
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.store.records import AlertEvent, AlertState, EventAction, StoredAlert

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BELIEF = {MaskLabel.MASK: 0.05, MaskLabel.NO_MASK: 0.9, MaskLabel.INCORRECT: 0.05}


def person(track_id: int = 1, *, box: Box = Box(160, 120, 320, 360), in_view: bool = True) -> Track:  # noqa: B008
    """Somebody without a mask."""
    seen = Observation(
        face=Face(box=box, score=0.91234),
        verdict=MaskVerdict(label=MaskLabel.NO_MASK, probabilities=BELIEF),
        quality=Quality(size_px=240, sharpness=50, frontality=1, weight=0.8),
    )
    return Track(
        id=track_id,
        box=box,
        first_seen_s=10.0,
        last_seen_s=12.5,
        belief=BELIEF,
        state=TrackState.NO_MASK,
        state_since_s=11.0,
        observation=seen if in_view else None,
    )


def look(camera: str = "door", sequence: int = 1, *people: Track) -> Look:
    """A look at a picture of 640 x 480."""
    frame = Frame(
        camera=camera,
        sequence=sequence,
        captured_monotonic_s=12.5,
        captured_utc=NOON,
        picture=RgbPicture(np.zeros((480, 640, 3), np.uint8)),
        media_ticks=90_000,
    )
    return Look(frame=frame, tracks=people or (person(),), changes=())


def event(event_id: int) -> AlertEvent:
    """An alert raised."""
    alert = StoredAlert(
        id=f"alert-{event_id}",
        camera="door",
        kind=AlertKind.NO_MASK,
        state=AlertState.RAISED,
        track_id=1,
        raised_at=NOON,
        confidence=0.9,
        evidence={},
    )
    return AlertEvent(event_id=event_id, action=EventAction.RAISED, at=NOON, alert=alert)
