"""Live video by websocket in a real Chromium, played by the dashboard's own player: each picture with its own time."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from maskwatch.core.ports import StreamInfo
from tests.browser.pages import FLAGS, HEAD, client_module, in_step, open_page, seen
from tests.integration.rtc.parts import HEIGHT, MODULUS, WIDTH, LiveServer, TickingCamera, live_server

pytestmark = pytest.mark.browser

PAGE = (
    HEAD
    + """<script type="module">
import {MsePlayer} from "/player.js";
window.seen = [];
window.failed = [];
window.watch = path => {
  const begun = performance.now();
  let last = null;
  /* Before the player asks: of one picture, both are called, in this order. */
  const note = (now, frame) => { last = frame; video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
  window.player = new MsePlayer(video, path, {
    frame: (ticks, width) =>
      seen.push({code: codeOf(last.mediaTime), ticks, at: performance.now() - begun, width}),
    failed: error => failed.push(String(error)),
  });
};
window.ready = true;
</script>"""
)


@pytest.fixture
async def live() -> AsyncIterator[LiveServer]:
    async with live_server() as server:
        yield server


@pytest.fixture
async def page(live: LiveServer) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        live.files["player.js"] = (client_module("live/mse.ts"), "text/javascript")
        page = await open_page(browser, live, PAGE)
        await page.wait_for_function("window.ready")
        yield page
        await browser.close()


@pytest.mark.parametrize("passthrough", [True, False], ids=["passed on", "encoded"])
async def test_each_picture_has_its_own_time(live: LiveServer, page: Page, passthrough: bool) -> None:
    info = StreamInfo(codec="h264" if passthrough else "hevc", width=WIDTH, height=HEIGHT, passthrough=passthrough)
    with TickingCamera(live.hub.tap("door"), info=info, group=60):
        await page.evaluate("watch('/door/mse')")
        frames = await seen(page, 60)
        assert live.hub.tap("door").encoding is not passthrough
    in_step(frames)
    assert await page.evaluate("failed") == []


async def test_it_catches_up_after_joining_late(live: LiveServer, page: Page) -> None:
    with TickingCamera(live.hub.tap("door"), group=600) as camera:
        await asyncio.to_thread(camera.sent_at_least, 45)
        await page.evaluate("watch('/door/mse')")
        frames = await seen(page, 60)
        newest = camera.newest_ticks
    in_step(frames)
    behind_s = (newest - frames[-1]["ticks"]) % MODULUS / 90_000
    assert behind_s < 1.5, "what is shown is live, though it began with pictures that were 3 s old"


async def test_it_comes_back_to_the_live_edge_after_a_stop(live: LiveServer, page: Page) -> None:
    """A tab in the background, or a machine that slept: what was missed is jumped over."""
    with TickingCamera(live.hub.tap("door"), group=30) as camera:
        await page.evaluate("watch('/door/mse')")
        await seen(page, 10)
        await page.evaluate("video.playbackRate = 0.0625; Object.defineProperty(video, 'playbackRate', {set() {}})")
        before = len(await page.evaluate("seen"))
        sent = camera.packets
        await asyncio.to_thread(camera.sent_at_least, sent + 60)
        frames = await seen(page, before + 5)
        newest = camera.newest_ticks
    behind_s = (newest - frames[-1]["ticks"]) % MODULUS / 90_000
    assert behind_s < 2


async def test_it_goes_on_when_the_camera_comes_back(live: LiveServer, page: Page) -> None:
    """A camera that restarts begins a new clock; the viewer's connection stays."""
    with TickingCamera(live.hub.tap("door"), first_ticks=0):
        await page.evaluate("watch('/door/mse')")
        await seen(page, 20)
    with TickingCamera(live.hub.tap("door"), first_ticks=3_000_000_000):
        await page.wait_for_function("window.seen.filter(frame => frame.ticks >= 3e9).length >= 20", timeout=40_000)
        frames = await seen(page, 40)
    in_step(frames)
    assert await page.evaluate("failed") == []


async def test_the_page_forgets_what_was_shown(live: LiveServer, page: Page) -> None:
    with TickingCamera(live.hub.tap("door"), group=15):
        await page.evaluate("watch('/door/mse')")
        await page.wait_for_function("video.buffered.length && video.currentTime - video.buffered.start(0) > 3")
        await page.wait_for_function("seen.length > 150", timeout=60_000)
        held_s = await page.evaluate("video.buffered.end(video.buffered.length - 1) - video.buffered.start(0)")
    assert held_s < 8


async def test_a_camera_that_goes_ends_it(live: LiveServer, page: Page) -> None:
    with TickingCamera(live.hub.tap("door")):
        await page.evaluate("watch('/door/mse')")
        await seen(page, 5)
        live.hub.remove("door")
        await page.wait_for_function("failed.length === 1")
    assert live.sockets[-1] == 0
