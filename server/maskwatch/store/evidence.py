"""A new alert, with why it was raised as JSON: enough to judge it later without the video."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from maskwatch.core.types import LABELS, AlertChange, Evidence, Keepsake, MaskLabel, MeasuredEvidence, SeenLook
from maskwatch.store.records import AlertState, StoredAlert
from maskwatch.store.tables import without_nul


def new_alert(
    change: AlertChange,
    *,
    at: datetime,
    frame_size: tuple[int, int],
    keepsake: Keepsake | None = None,
    snapshot_error: str | None = None,
) -> StoredAlert:
    """The alert that `change` raises `at` a time, from a picture of `frame_size` (width and height in pixels).

    Its confidence is the probability that the deciding look gave to what the alert is about; 1 for what was measured.
    """
    evidence, measured = change.evidence, change.measured
    values: dict[str, Any] = {}
    confidence = 0.0
    if measured is not None:
        values, confidence = measured_to_json(measured, frame_size), 1.0
    elif evidence is not None:
        values = evidence_to_json(evidence, frame_size)
        verdict = evidence.verdict
        confidence = float(verdict.probabilities.get(MaskLabel(change.kind.value), verdict.confidence))
    if keepsake is not None:
        values["face_picture"] = _face_picture(keepsake, at)
    if snapshot_error is not None:
        values["snapshot_error"] = snapshot_error
    return StoredAlert(
        id=change.alert_id,
        camera=change.camera,
        kind=change.kind,
        state=AlertState.RAISED,
        track_id=change.track_id,
        raised_at=at,
        confidence=confidence,
        evidence=values,
        severity=change.severity,
    )


def evidence_to_json(evidence: Evidence, frame_size: tuple[int, int]) -> dict[str, Any]:
    """`evidence` as plain JSON values; `frame_size` is width and height of the picture its box lies in, in pixels."""
    box = evidence.box
    width, height = frame_size
    return {
        "box": [round(float(value), 1) for value in (box.x1, box.y1, box.x2, box.y2)],
        "frame": {"width": width, "height": height},
        "label": evidence.verdict.label.value,
        "probabilities": _plain(evidence.verdict.probabilities),
        "quality": _plain(asdict(evidence.quality)),
        "belief": _plain(evidence.belief),
        "seen_s": round(float(evidence.seen_s), 3),
        "violation_s": round(float(evidence.violation_s), 3),
        "looks": int(evidence.looks),
        "trail": _trail_to_json(evidence.trail),
        "settings": _plain(evidence.settings),
    }


def _trail_to_json(trail: Sequence[SeenLook]) -> dict[str, Any]:
    """The looks as columns, oldest first; `at_s` counts from the deciding look, which is the last, at 0.

    Columns, because a list of alerts holds many of them: a look takes 70 bytes instead of 200.
    """
    decided_s = trail[-1].at_s if trail else 0.0
    return {
        "at_s": [round(float(look.at_s - decided_s), 3) for look in trail],
        "label": [look.label.value for look in trail],
        "weight": [_share(look.weight) for look in trail],
        **{
            column: {label.value: [_share(each.get(label, 0.0)) for each in shares] for label in LABELS}
            for column, shares in (
                ("probabilities", [look.probabilities for look in trail]),
                ("belief", [look.belief for look in trail]),
            )
        },
    }


def _share(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def measured_to_json(measured: MeasuredEvidence, frame_size: tuple[int, int]) -> dict[str, Any]:
    """`measured` as plain JSON values; the frame is left out where there was none."""
    width, height = frame_size
    values = {"measured": plain_facts(measured.values), "settings": _plain(measured.settings)}
    return {**values, "frame": {"width": width, "height": height}} if width and height else values


def plain_facts(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured, as JSON can hold it."""
    return {without_nul(str(key)): _plain(value) for key, value in measured.items()}


def _face_picture(keepsake: Keepsake, at: datetime) -> dict[str, Any]:
    """Where the face lies in its picture (shares of it), how good that look was, and how long before the alert."""
    height, width = keepsake.face.shape[:2]
    box = keepsake.face_box
    picture: dict[str, Any] = {
        "box": [round(v, 4) for v in (box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height)],
        "weight": round(float(keepsake.face_weight), 4),
        "earlier_s": round((at - keepsake.face_utc).total_seconds(), 3),
    }
    if keepsake.before_utc is not None:
        picture["before_s"] = round((at - keepsake.before_utc).total_seconds(), 3)
    return picture


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it: numpy's numbers as Python's, what is unknown as text."""
    if isinstance(value, Mapping):
        return {without_nul(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        # Neither SQLite's nor PostgreSQL's JSON knows NaN and infinity.
        return round(value, 6) if np.isfinite(value) else None
    if isinstance(value, str):
        return without_nul(str(value))
    return value if value is None or isinstance(value, (bool, int)) else str(value)
