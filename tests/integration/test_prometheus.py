"""What a real Prometheus makes of our metrics."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CameraState, TrackState
from maskwatch.metrics import CONTENT_TYPE, Metrics
from tests.fixtures.prometheus import StartPrometheus


class _Exposed:
    """Metrics at an address; `scrapes` counts who asked."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.address = ""
        self._scrapes = 0
        self._scraped = asyncio.Condition()

    async def answer(self, _request: web.Request) -> web.Response:
        async with self._scraped:
            self._scrapes += 1
            self._scraped.notify_all()
        body = await asyncio.to_thread(self.metrics.render)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def scraped(self, times: int) -> None:
        """Wait for so many more scrapes; all but the last have been stored by then."""
        async with self._scraped:
            target = self._scrapes + times
            await self._scraped.wait_for(lambda: self._scrapes >= target)


@pytest.fixture
async def exposed() -> AsyncIterator[_Exposed]:
    served = _Exposed()
    app = web.Application()
    app.router.add_get("/metrics", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.address = "{}:{}".format(*runner.addresses[0])
    yield served
    await runner.cleanup()


async def test_prometheus_reads_and_answers(exposed: _Exposed, start_prometheus: StartPrometheus) -> None:
    metrics = exposed.metrics
    metrics.camera_state("lobby", CameraState.ONLINE, None)
    metrics.camera_state("gate", CameraState.OFFLINE, "refused")
    metrics.people_in_view("lobby", {TrackState.NO_MASK: 2, TrackState.COMPLIANT: 1})
    change = AlertChange(
        action=AlertAction.RAISED, alert_id="a", camera="lobby", track_id=1, kind=AlertKind.NO_MASK, at_s=0.0
    )
    for age_s in (0.11, 0.12, 0.13, 0.14):
        metrics.alert_changed(change, age_s)
    prometheus = start_prometheus(exposed.address)
    await exposed.scraped(3)

    assert await prometheus.query("maskwatch_camera_up") == {"lobby": 1, "gate": 0}
    assert await prometheus.query('maskwatch_camera_down{reason="refused"}') == {"gate": 1}
    assert await prometheus.query('sum(maskwatch_people_in_view{label=~"no_mask|incorrect"})') == {"": 2}
    age = await prometheus.query("histogram_quantile(0.5, sum by (le) (maskwatch_alert_frame_age_seconds_bucket))")
    assert age[""] == pytest.approx(0.125)
    assert await prometheus.query('up{job="maskwatch"}') == {"": 1}

    for _ in range(50):
        metrics.frame_decoded("lobby")
        metrics.frame_sampled("lobby")
    metrics.camera_removed("gate")
    await exposed.scraped(3)
    assert await prometheus.query("maskwatch_frames_decoded_total") == {"lobby": 50}
    assert await prometheus.query("maskwatch_camera_up") == {"lobby": 1}


async def test_the_alert_rules_watch(exposed: _Exposed, start_prometheus: StartPrometheus) -> None:
    exposed.metrics.camera_state("gate", CameraState.OFFLINE, "refused")
    exposed.metrics.snapshot_failed("snapshot_disk_full")
    exposed.metrics.disk_free(10**11)
    prometheus = start_prometheus(exposed.address)
    await exposed.scraped(12)
    alerts = {alert["labels"]["alertname"]: alert for alert in (await prometheus.ask("alerts"))["alerts"]}
    assert alerts["MaskwatchSnapshotsFailing"]["state"] == "firing"
    assert alerts["MaskwatchCameraDown"]["state"] == "pending"
    assert alerts.keys() == {"MaskwatchSnapshotsFailing", "MaskwatchCameraDown"}
