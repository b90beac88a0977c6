"""`/api/v1/alerts`: list, export, one, erase."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from maskwatch.store.records import AlertQuery
from maskwatch.store.records import AlertState as StoredState
from maskwatch.web.alert_export import export_alerts
from maskwatch.web.hub import Hub
from maskwatch.web.ports import AlertRows
from maskwatch.web.routes import Call, Media, Nothing, Operation
from maskwatch.web.schema.alerts import Alert, AlertConditions, AlertExport, AlertFilter, AlertPage, AlertRange, Erased
from maskwatch.web.views import alert_view

_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class AlertsApi:
    """The operations on alerts. What they change is published to the websocket."""

    def __init__(self, alerts: AlertRows, hub: Hub) -> None:
        self._alerts = alerts
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
                summary="Erase the alerts of a range of time with their pictures and clips",
                query=AlertRange, body=Nothing, answer=Erased, handler=self.erase_range,
            ),
            Operation(
                name="export_alerts", method="GET", path="/alerts/export", tag="alerts",
                summary="All alerts that match, as a file",
                query=AlertExport, body=Nothing, answer=Media("text/csv", "The alerts, newest first."),
                other_types=("application/json",), handler=self.export,
            ),
            Operation(
                name="get_alert", method="GET", path="/alerts/{id}", tag="alerts", summary="One alert",
                query=Nothing, body=Nothing, answer=Alert, handler=self.get, errors=(404,),
            ),
            Operation(
                name="erase_alert", method="DELETE", path="/alerts/{id}", tag="alerts",
                summary="Erase an alert with its pictures and clip",
                query=Nothing, body=Nothing, answer=None, handler=self.erase, errors=(404,),
            ),
        ]  # fmt: skip

    async def list_page(self, call: Call[AlertFilter, Nothing]) -> AlertPage:
        """GET /alerts."""
        query = replace(query_of(call.query), cursor=call.query.cursor, limit=call.query.limit)
        alerts, cursor = await self._alerts.list(query)
        return AlertPage(alerts=[alert_view(alert) for alert in alerts], next_cursor=cursor)

    async def erase_range(self, call: Call[AlertRange, Nothing]) -> Erased:
        """DELETE /alerts."""
        wanted = call.query
        events = await self._alerts.erase_range(wanted.since or _EVER[0], wanted.until or _EVER[1], wanted.camera)
        self._hub.publish_events(events)
        return Erased(count=len(events))

    async def export(self, call: Call[AlertExport, Nothing]) -> web.StreamResponse:
        """GET /alerts/export."""
        return await export_alerts(call.request, self._alerts, query_of(call.query), call.query.format)

    async def get(self, call: Call[Nothing, Nothing]) -> Alert:
        """GET /alerts/{id}."""
        return alert_view(await self._alerts.get(call.part("id")))

    async def erase(self, call: Call[Nothing, Nothing]) -> None:
        """DELETE /alerts/{id}."""
        self._hub.publish_event(await self._alerts.erase(call.part("id")))


def query_of(wanted: AlertConditions) -> AlertQuery:
    """What the store is asked for."""
    return AlertQuery(
        camera=wanted.camera,
        kinds=wanted.kind,
        severity=wanted.severity,
        states=[StoredState(state.value) for state in wanted.state],
        feedback=wanted.feedback,
        escalated=wanted.escalated,
        since=wanted.since,
        until=wanted.until,
        min_confidence=wanted.min_confidence,
    )
