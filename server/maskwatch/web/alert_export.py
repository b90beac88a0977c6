"""Alerts as a file: CSV for spreadsheets, JSON for programs; written page by page, however many there are."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from aiohttp import hdrs, web

from maskwatch.store.records import AlertQuery, StoredAlert
from maskwatch.web.ports import AlertRows
from maskwatch.web.views import alert_view

_PAGE = 500
_COLUMNS = (
    "id", "camera", "kind", "severity", "state", "raised_at", "closed_at", "close_reason", "confidence",
    "acknowledged_at", "acknowledged_by", "snoozed_until", "snoozed_by", "escalated_at", "marked", "truth",
    "marked_at", "marked_by", "looks", "seen_s", "violation_s",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


async def export_alerts(
    request: web.Request, alerts: AlertRows, query: AlertQuery, form: Literal["csv", "json"]
) -> web.StreamResponse:
    """Answer with every alert that `query` asks for, newest first, as they are while the file is being written."""
    # The first page is read before anything is answered: a database that is away is told as such.
    pages = _pages(alerts, query)
    first = await anext(pages)
    name = f"maskwatch-alerts-{datetime.now(UTC):%Y%m%d-%H%M%S}.{form}"
    response = web.StreamResponse(headers={
        hdrs.CONTENT_TYPE: "text/csv; charset=utf-8" if form == "csv" else "application/json",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
    })  # fmt: skip
    await response.prepare(request)
    write = _csv if form == "csv" else _json
    await response.write(write(first, is_first=True).encode())
    async for page in pages:
        await response.write(write(page, is_first=False).encode())
    if form == "json":
        await response.write(b"\n]\n")
    await response.write_eof()
    return response


async def _pages(alerts: AlertRows, query: AlertQuery) -> AsyncIterator[Sequence[StoredAlert]]:
    cursor: str | None = None
    while True:
        page, cursor = await alerts.list(replace(query, cursor=cursor, limit=_PAGE))
        yield page
        if cursor is None:
            return


def _json(alerts: Sequence[StoredAlert], *, is_first: bool) -> str:
    parts = [json.dumps(alert_view(alert).model_dump(mode="json")) for alert in alerts]
    begin = "[\n" if is_first else (",\n" if parts else "")
    return begin + ",\n".join(parts)


def _csv(alerts: Sequence[StoredAlert], *, is_first: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if is_first:
        writer.writerow(_COLUMNS)
    for alert in alerts:
        writer.writerow([_cell(value) for value in _row(alert)])
    return text.getvalue()


def _row(alert: StoredAlert) -> list[object]:
    said, evidence = alert.feedback, alert.evidence
    marked = None if said is None else "wrong" if said.wrong else "right"
    return [
        alert.id, alert.camera, alert.kind.value, alert.severity.value, alert.state.value, alert.raised_at,
        alert.closed_at,
        alert.close_reason, round(alert.confidence, 4), alert.acknowledged_at, alert.acknowledged_by,
        alert.snoozed_until, alert.snoozed_by, alert.escalated_at, marked, said and said.truth, said and said.at,
        said and said.by, evidence.get("looks"), evidence.get("seen_s"), evidence.get("violation_s"),
    ]  # fmt: skip


def _cell(value: object) -> object:
    """A value as a cell. What a person may have typed must not become a formula in somebody's spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
