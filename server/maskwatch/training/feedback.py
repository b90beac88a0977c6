"""Alerts that people marked right or wrong, with their faces: judged by a classifier, or exported to train one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from maskwatch.config import MaskwatchSettings
from maskwatch.core.crops import FACE_CONTEXT, square_crop
from maskwatch.core.geometry import clip
from maskwatch.core.ports import MaskClassifier
from maskwatch.core.types import Box, Image, MaskLabel
from maskwatch.errors import DataSetError
from maskwatch.store.reading import Readable, reading
from maskwatch.store.records import AlertQuery, FeedbackFilter, StoredAlert, Truth

_PAGE = 200
_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedFace:
    """A face somebody judged. `truth` is what it wears, None where they only said what it does not (`not_label`)."""

    alert_id: str
    image: Image
    box: Box
    truth: MaskLabel | None
    not_label: MaskLabel | None = None

    def is_right(self, said: MaskLabel) -> bool:
        """Whether a verdict agrees with the person."""
        return said is self.truth if self.truth is not None else said not in (self.not_label, MaskLabel.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Everything that was marked: the faces, and how many alerts have none to judge."""

    faces: Sequence[MarkedFace]
    without_picture: int
    not_a_face: int


def read_marked(settings: MaskwatchSettings) -> Marked:
    """The marked alerts of the data folder that `settings` name.

    Raises:
        ConfigError, PluginError, StoreError: the database can't be read.
    """
    return asyncio.run(_read(settings))


def judge(marked: Marked, classifier: MaskClassifier) -> dict[str, Any]:
    """How a classifier judges the marked faces, as plain values."""
    rows: list[dict[str, Any]] = []
    for start in range(0, len(marked.faces), _BATCH):
        batch = marked.faces[start : start + _BATCH]
        crops = [square_crop(face.image, face.box, classifier.crop_margin) for face in batch]
        for face, verdict in zip(batch, classifier.classify(crops), strict=True):
            rows.append({
                "alert": face.alert_id,
                "truth": face.truth.value if face.truth else f"not {face.not_label}",
                "says": verdict.label.value,
                "confidence": round(verdict.confidence, 4),
                "right": face.is_right(verdict.label),
            })  # fmt: skip
    truths = sorted({row["truth"] for row in rows})
    return {
        "faces": len(rows),
        "right": sum(row["right"] for row in rows),
        "not_a_face": marked.not_a_face,
        "without_picture": marked.without_picture,
        "by_truth": {
            truth: {
                "faces": sum(row["truth"] == truth for row in rows),
                "right": sum(row["right"] for row in rows if row["truth"] == truth),
            }
            for truth in truths
        },
        "wrong": [{key: row[key] for key in row if key != "right"} for row in rows if not row["right"]],
    }


def export(marked: Marked, folder: Path, margin: float) -> dict[str, int]:
    """Write the faces whose truth is known as `folder/LABEL/ALERT.png`, cut as a classifier gets them; their counts.

    Raises:
        DataSetError: the folder can't be written.
    """
    counts: dict[str, int] = {}
    for face in marked.faces:
        if face.truth is None:
            continue
        file = folder / face.truth.value / f"{face.alert_id}.png"
        crop = cv2.cvtColor(np.ascontiguousarray(square_crop(face.image, face.box, margin)), cv2.COLOR_RGB2BGR)
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.write_bytes(cv2.imencode(".png", crop)[1].tobytes())
        except OSError as error:
            raise DataSetError(f"{file} can't be written: {error.strerror}.", remedy="Name another folder.") from None
        counts[face.truth.value] = counts.get(face.truth.value, 0) + 1
    return counts


async def _read(settings: MaskwatchSettings) -> Marked:
    faces: list[MarkedFace] = []
    without_picture = not_a_face = 0
    async with reading(settings) as store:
        async for alert in _alerts(store):
            truth, not_label = _truth(alert)
            if truth is None and not_label is None:
                not_a_face += 1
                continue
            file = await store.snapshots.path(alert.id, "face")
            image = None if file is None else await asyncio.to_thread(_read_picture, file)
            box = None if image is None else _face_box(alert, image)
            if image is None or box is None:
                without_picture += 1
                continue
            faces.append(MarkedFace(alert_id=alert.id, image=image, box=box, truth=truth, not_label=not_label))
    return Marked(faces=faces, without_picture=without_picture, not_a_face=not_a_face)


async def _alerts(store: Readable) -> AsyncIterator[StoredAlert]:
    for said in (FeedbackFilter.RIGHT, FeedbackFilter.WRONG):
        query = AlertQuery(feedback=said, limit=_PAGE)
        while True:
            page, cursor = await store.alerts.list(query)
            for alert in page:
                yield alert
            if cursor is None:
                break
            query = replace(query, cursor=cursor)


def _truth(alert: StoredAlert) -> tuple[MaskLabel | None, MaskLabel | None]:
    """What the face wears, or what it does not; neither where it is no face, or the alert is about none."""
    labels = {label.value: label for label in MaskLabel}
    claimed, said = labels.get(alert.kind.value), alert.feedback
    if claimed is None or said is None or said.truth is Truth.NOT_A_FACE:
        return None, None
    if not said.wrong:
        return claimed, None
    return (labels[said.truth.value], None) if said.truth is not None else (None, claimed)


def _read_picture(file: Path) -> Image | None:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _face_box(alert: StoredAlert, image: Image) -> Box | None:
    """Where the face lies in its picture: as noted with it, else as it was cut out of the frame."""
    height, width = image.shape[:2]
    noted = alert.evidence.get("face_picture", {}).get("box")
    if noted is not None:
        x1, y1, x2, y2 = noted
        return Box(x1 * width, y1 * height, x2 * width, y2 * height)
    found, frame = alert.evidence.get("box"), alert.evidence.get("frame")
    if found is None or frame is None:
        return None
    box = Box(*found)
    (x, y), half = box.center, box.longer_side * (0.5 + FACE_CONTEXT)
    cut = clip(Box(x - half, y - half, x + half, y + half), frame["width"], frame["height"])
    if not cut.area:
        return None
    scale = width / cut.width
    return Box(
        (box.x1 - cut.x1) * scale, (box.y1 - cut.y1) * scale, (box.x2 - cut.x1) * scale, (box.y2 - cut.y1) * scale
    )
