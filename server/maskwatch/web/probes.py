"""`/healthz`, `/readyz` and `/metrics`: what Docker, Kubernetes and Prometheus ask."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from maskwatch.errors import MaskwatchError
from maskwatch.web.ports import Check
from maskwatch.web.schema.service import Health, Readiness
from maskwatch.web.services import Services

_CHECK_S = 2.0
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Probes:
    """Answers probes. Ready is who can see people and keep alerts; a camera that is off line changes nothing in it."""

    def __init__(self, services: Services) -> None:
        self._metrics = services.metrics
        self._alerts = services.store.alerts
        self._checks: Mapping[str, Check] = {"database": self._database, **services.checks}

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        return [
            web.get("/healthz", self.health),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """The process lives and its loop answers. Restart it when this fails."""
        return web.json_response(text=Health().model_dump_json())

    async def ready(self, _request: web.Request) -> web.Response:
        """Every part works. Send nobody here, and look at the log, while this fails."""
        found = await asyncio.gather(*(_run(check) for check in self._checks.values()))
        ready = all(problem is None for problem in found)
        checks = {name: problem or "ok" for name, problem in zip(self._checks, found, strict=True)}
        return web.json_response(
            text=Readiness(ready=ready, checks=checks).model_dump_json(),
            status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    async def metrics(self, _request: web.Request) -> web.Response:
        """All metrics."""
        return web.Response(
            body=await asyncio.to_thread(self._metrics.render), headers={hdrs.CONTENT_TYPE: _PROMETHEUS}
        )

    async def _database(self) -> str | None:
        await self._alerts.last_event_id()
        return None


async def _run(check: Check) -> str | None:
    try:
        async with asyncio.timeout(_CHECK_S):
            return await check()
    except TimeoutError:
        return "It does not answer in time."
    except MaskwatchError as error:
        return error.message
