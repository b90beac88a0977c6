"""`/api/v1/alerts/{id}/…`: what people do to an alert, and its history."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from maskwatch.errors import InvalidRequestError
from maskwatch.store.records import AlertEvent
from maskwatch.web.auth import IDENTITY
from maskwatch.web.hub import Hub
from maskwatch.web.ports import AlertLife, AlertRows
from maskwatch.web.routes import Call, Nothing, Operation
from maskwatch.web.schema.alerts import MOST_SNOOZE_MINUTES, Acknowledge, Alert, AlertHistory, Judgement, Snooze
from maskwatch.web.views import alert_view, history_view


class AlertLifeApi:
    """The operations that move an alert on. What they change is published to the websocket."""

    def __init__(self, alerts: AlertRows, life: AlertLife, hub: Hub) -> None:
        self._alerts = alerts
        self._life = life
        self._hub = hub

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="acknowledge_alert", method="POST", path="/alerts/{id}/acknowledge", tag="alerts",
                summary="Say that somebody has seen it; doing it again changes nothing",
                query=Nothing, body=Acknowledge, body_optional=True, answer=Alert, handler=self.acknowledge,
                errors=(404,),
            ),
            Operation(
                name="snooze_alert", method="POST", path="/alerts/{id}/snooze", tag="alerts",
                summary="Let it rest; if it is still open then, it is raised again",
                query=Nothing, body=Snooze, answer=Alert, handler=self.snooze, errors=(404, 409),
            ),
            Operation(
                name="judge_alert", method="PUT", path="/alerts/{id}/feedback", tag="alerts",
                summary="Say that it is right or wrong, and what the face truly was",
                query=Nothing, body=Judgement, answer=Alert, handler=self.judge, errors=(404,),
            ),
            Operation(
                name="take_back_judgement", method="DELETE", path="/alerts/{id}/feedback", tag="alerts",
                summary="Take back what was said of it",
                query=Nothing, body=Nothing, answer=Alert, handler=self.take_back, errors=(404,),
            ),
            Operation(
                name="alert_history", method="GET", path="/alerts/{id}/history", tag="alerts",
                summary="Everything that happened to it, and who did it",
                query=Nothing, body=Nothing, answer=AlertHistory, handler=self.history, errors=(404,),
            ),
        ]  # fmt: skip

    async def acknowledge(self, call: Call[Nothing, Acknowledge]) -> Alert:
        """POST /alerts/{id}/acknowledge."""
        return await self._done(call, await self._life.acknowledge(call.part("id"), _who(call.request, call.body.by)))

    async def snooze(self, call: Call[Nothing, Snooze]) -> Alert:
        """POST /alerts/{id}/snooze."""
        until = _end_of(call.body, datetime.now(UTC))
        return await self._done(call, await self._life.snooze(call.part("id"), until, _who(call.request, call.body.by)))

    async def judge(self, call: Call[Nothing, Judgement]) -> Alert:
        """PUT /alerts/{id}/feedback."""
        said, by = call.body, _who(call.request, call.body.by)
        return await self._done(call, await self._life.mark(call.part("id"), wrong=said.wrong, truth=said.truth, by=by))

    async def take_back(self, call: Call[Nothing, Nothing]) -> Alert:
        """DELETE /alerts/{id}/feedback."""
        return await self._done(call, await self._life.unmark(call.part("id"), _who(call.request, None)))

    async def history(self, call: Call[Nothing, Nothing]) -> AlertHistory:
        """GET /alerts/{id}/history."""
        return AlertHistory(events=[history_view(event) for event in await self._alerts.history(call.part("id"))])

    async def _done(self, call: Call[Any, Any], event: AlertEvent | None) -> Alert:
        if event is None:
            return alert_view(await self._alerts.get(call.part("id")))
        self._hub.publish_event(event)
        return alert_view(event.alert)


def _who(request: web.Request, named: str | None) -> str | None:
    """Whoever is logged in; a name that was sent counts only where nobody is."""
    return request[IDENTITY].user or named


def _end_of(snooze: Snooze, now: datetime) -> datetime:
    if snooze.minutes is not None:
        return now + timedelta(minutes=snooze.minutes)
    until = snooze.until
    if until is None or not now < until <= now + timedelta(minutes=MOST_SNOOZE_MINUTES):
        raise InvalidRequestError(
            "An alert can rest until a time to come, a week from now at most.", remedy="Give another `until`."
        )
    return until.astimezone(UTC)
