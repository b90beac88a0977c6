"""`/api/v1/alerts`: list, one, acknowledge, erase; the pictures of an alert."""

from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import hdrs, web

from maskwatch.errors import NotFoundError
from maskwatch.store.records import AlertQuery
from maskwatch.store.records import AlertState as StoredState
from maskwatch.web.auth import IDENTITY
from maskwatch.web.hub import Hub
from maskwatch.web.ports import AlertRows, Snapshots
from maskwatch.web.routes import Call, Media, Nothing, Operation
from maskwatch.web.schema import Acknowledge, Alert, AlertFilter, AlertPage, AlertRange, Erased
from maskwatch.web.views import alert_view

_JPEG = "image/jpeg"
_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class AlertsApi:
    """The operations on alerts. What they change is published to the websocket."""

    def __init__(self, alerts: AlertRows, snapshots: Snapshots, hub: Hub) -> None:
        self._alerts = alerts
        self._snapshots = snapshots
        self._hub = hub

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="list_alerts", method="GET", path="/alerts", tag="alerts", summary="Alerts, newest first",
                query=AlertFilter, body=Nothing, answer=AlertPage, handler=self.list_page,
            ),
            Operation(
                name="erase_alerts", method="DELETE", path="/alerts", tag="alerts",
                summary="Erase the alerts of a range of time with their pictures",
                query=AlertRange, body=Nothing, answer=Erased, handler=self.erase_range,
            ),
            Operation(
                name="get_alert", method="GET", path="/alerts/{id}", tag="alerts", summary="One alert",
                query=Nothing, body=Nothing, answer=Alert, handler=self.get, errors=(404,),
            ),
            Operation(
                name="erase_alert", method="DELETE", path="/alerts/{id}", tag="alerts",
                summary="Erase an alert with its pictures",
                query=Nothing, body=Nothing, answer=None, handler=self.erase, errors=(404,),
            ),
            Operation(
                name="acknowledge_alert", method="POST", path="/alerts/{id}/acknowledge", tag="alerts",
                summary="Say that somebody has seen it; doing it again changes nothing",
                query=Nothing, body=Acknowledge, body_optional=True, answer=Alert, handler=self.acknowledge,
                errors=(404,),
            ),
            Operation(
                name="alert_face", method="GET", path="/alerts/{id}/face.jpg", tag="alerts",
                summary="Picture of the face",
                query=Nothing, body=Nothing, answer=Media(_JPEG, "The face."), handler=self.face, errors=(404,),
                other_statuses=(304,),
            ),
            Operation(
                name="alert_frame", method="GET", path="/alerts/{id}/frame.jpg", tag="alerts",
                summary="The whole picture",
                query=Nothing, body=Nothing, answer=Media(_JPEG, "The picture."), handler=self.frame, errors=(404,),
                other_statuses=(304,),
            ),
        ]  # fmt: skip

    async def list_page(self, call: Call[AlertFilter, Nothing]) -> AlertPage:
        """GET /alerts."""
        wanted = call.query
        alerts, cursor = await self._alerts.list(
            AlertQuery(
                camera=wanted.camera,
                kind=wanted.kind,
                severity=wanted.severity,
                state=StoredState(wanted.state.value) if wanted.state else None,
                since=wanted.since,
                until=wanted.until,
                min_confidence=wanted.min_confidence,
                cursor=wanted.cursor,
                limit=wanted.limit,
            )
        )
        return AlertPage(alerts=[alert_view(alert) for alert in alerts], next_cursor=cursor)

    async def erase_range(self, call: Call[AlertRange, Nothing]) -> Erased:
        """DELETE /alerts."""
        wanted = call.query
        events = await self._alerts.erase_range(wanted.since or _EVER[0], wanted.until or _EVER[1], wanted.camera)
        self._hub.publish_events(events)
        return Erased(count=len(events))

    async def get(self, call: Call[Nothing, Nothing]) -> Alert:
        """GET /alerts/{id}."""
        return alert_view(await self._alerts.get(call.part("id")))

    async def erase(self, call: Call[Nothing, Nothing]) -> None:
        """DELETE /alerts/{id}."""
        self._hub.publish_event(await self._alerts.erase(call.part("id")))

    async def acknowledge(self, call: Call[Nothing, Acknowledge]) -> Alert:
        """POST /alerts/{id}/acknowledge."""
        by = call.body.by or call.request[IDENTITY].user
        event = await self._alerts.acknowledge(call.part("id"), by)
        if event is not None:
            self._hub.publish_event(event)
        return alert_view(await self._alerts.get(call.part("id")))

    async def face(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        """GET /alerts/{id}/face.jpg."""
        return await self._picture(call.part("id"), "face")

    async def frame(self, call: Call[Nothing, Nothing]) -> web.StreamResponse:
        """GET /alerts/{id}/frame.jpg."""
        return await self._picture(call.part("id"), "frame")

    async def _picture(self, alert_id: str, kind: Literal["face", "frame"]) -> web.StreamResponse:
        file = await self._snapshots.path(alert_id, kind)
        if file is None:
            raise NotFoundError(
                "No such picture is kept.", remedy="It may have been erased to keep within retention's limits.",
                code="no_picture",
            )  # fmt: skip
        # A browser may keep it, but asks each time: an erased picture must not be shown again.
        headers = {hdrs.CACHE_CONTROL: "private, no-cache", hdrs.CONTENT_TYPE: _JPEG}
        return web.FileResponse(file, headers=headers)
