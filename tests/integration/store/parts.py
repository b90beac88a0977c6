"""Alerts and looks to record, and a telemetry that counts."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np

from maskwatch.core.types import (
    LABELS,
    AlertAction,
    AlertChange,
    AlertKind,
    Box,
    CloseReason,
    Evidence,
    Frame,
    Image,
    Look,
    MaskLabel,
    MaskVerdict,
    Quality,
)
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.store.records import AlertState, StoredAlert
from maskwatch.store.snapshots import PictureMaterial

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
FACE = Box(300.0, 200.0, 380.0, 300.0)


def new_alert(number: int = 0, **values: Any) -> StoredAlert:
    """An alert raised `number` seconds after noon."""
    fields: dict[str, Any] = {
        "id": f"alert-{number:05}",
        "camera": "lobby",
        "kind": AlertKind.NO_MASK,
        "state": AlertState.RAISED,
        "track_id": number,
        "raised_at": NOON + timedelta(seconds=number),
        "confidence": 0.9,
        "evidence": {"looks": 11},
    }
    return StoredAlert(**{**fields, **values})


def picture(width: int = 1280, height: int = 720) -> Image:
    """A picture with something in it."""
    ramp = np.linspace(0, 255, width, dtype=np.uint8)[None, :, None]
    return np.ascontiguousarray(np.broadcast_to(ramp, (height, width, 3)))


def material(image: Image | None = None, kind: AlertKind = AlertKind.NO_MASK, **more: Any) -> PictureMaterial:
    """What the pictures of an alert are made from."""
    return PictureMaterial(picture=RgbPicture(picture() if image is None else image), box=FACE, kind=kind, **more)


def raising_look(
    alert_id: str | None = None,
    *,
    camera: str = "lobby",
    image: Image | None = None,
    kind: AlertKind = AlertKind.NO_MASK,
) -> Look:
    """A look that raises one alert, taken just now."""
    now_s = time.monotonic()
    likely = MaskLabel(kind.value)
    probabilities = {label: 0.93 if label is likely else 0.035 for label in LABELS}
    evidence = Evidence(
        box=FACE,
        verdict=MaskVerdict(label=likely, probabilities=probabilities),
        quality=Quality(size_px=100.0, sharpness=80.0, frontality=0.9, weight=0.8),
        belief=probabilities,
        seen_s=3.5,
        violation_s=2.1,
        looks=11,
        settings={"dwell_s": 2.0, "models": {"detector": "maskwatch 1"}},
    )
    change = AlertChange(
        action=AlertAction.RAISED,
        alert_id=alert_id or uuid4().hex,
        camera=camera,
        track_id=7,
        kind=kind,
        at_s=now_s,
        evidence=evidence,
    )
    return _look(camera, now_s, picture() if image is None else image, change)


def closing_look(alert_id: str, *, camera: str = "lobby", reason: CloseReason = CloseReason.MASK_ON) -> Look:
    """A look that closes an alert, taken just now."""
    now_s = time.monotonic()
    change = AlertChange(
        action=AlertAction.CLOSED,
        alert_id=alert_id,
        camera=camera,
        track_id=7,
        kind=AlertKind.NO_MASK,
        at_s=now_s,
        reason=reason,
    )
    return _look(camera, now_s, picture(64, 36), change)


def _look(camera: str, now_s: float, image: Image, *changes: AlertChange) -> Look:
    frame = Frame(
        camera=camera,
        sequence=1,
        captured_monotonic_s=now_s,
        captured_utc=datetime.now(UTC),
        picture=RgbPicture(image),
    )
    return Look(frame=frame, tracks=(), changes=changes)


class CountingTelemetry:
    """What recorder and retention report, counted."""

    def __init__(self) -> None:
        self.stages: Counter[str] = Counter()
        self.changes: list[tuple[AlertAction, str, float | None]] = []
        self.waiting = 0
        self.record_failures: Counter[str] = Counter()
        self.snapshot_failures: Counter[str] = Counter()
        self.retention_failures: Counter[str] = Counter()
        self.snapshot_bytes: int | None = None
        self.clip_bytes: int | None = None
        self.free_bytes: int | None = None

    def stage_seconds(self, stage: str, seconds: float) -> None:
        assert seconds >= 0
        self.stages[stage] += 1

    def alert_changed(self, change: AlertChange, frame_age_s: float | None) -> None:
        self.changes.append((change.action, change.alert_id, frame_age_s))

    def alerts_waiting(self, count: int) -> None:
        self.waiting = count

    def record_failed(self, reason: str) -> None:
        self.record_failures[reason] += 1

    def snapshot_failed(self, reason: str) -> None:
        self.snapshot_failures[reason] += 1

    def retention_failed(self, reason: str) -> None:
        self.retention_failures[reason] += 1

    def snapshots_stored(self, total_bytes: int) -> None:
        self.snapshot_bytes = total_bytes

    def clips_stored(self, total_bytes: int) -> None:
        self.clip_bytes = total_bytes

    def disk_free(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes
