"""Both ways of live video with a real Chromium: it watches by WHEP and sends by WHIP.

The proof that boxes belong to the picture: the camera writes each picture's media time into its top row; the page reads
it from the pixels it shows and compares it with what `requestVideoFrameCallback` says of that very picture.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import numpy as np
import pytest
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

from maskwatch.core.ports import StreamInfo
from maskwatch.errors import SourceReason
from tests.browser.pages import FLAGS, HEAD, in_step, open_page, seen
from tests.integration.rtc.parts import HEIGHT, MODULUS, TOKEN, WIDTH, LiveServer, TickingCamera, live_server
from tests.integration.test_whip import Receiver, receiving

pytestmark = pytest.mark.browser

PAGE = (
    HEAD
    + """<script>
async function post(path, connection, headers) {
  await connection.setLocalDescription();
  const response = await fetch(path, {
    method: "POST", body: connection.localDescription.sdp, headers: {"Content-Type": "application/sdp", ...headers}});
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  await connection.setRemoteDescription({type: "answer", sdp: await response.text()});
  return response;
}
async function watch(path) {
  window.connection = new RTCPeerConnection();
  connection.addTransceiver("video", {direction: "recvonly"});
  connection.ontrack = event => { video.srcObject = new MediaStream([event.track]); };
  const begun = performance.now();
  const response = await post(path, connection, {});
  const origin = Number(response.headers.get("Maskwatch-Media-Origin"));
  window.seen = [];
  const shown = (now, frame) => {
    const code = codeOf(frame.mediaTime);
    const ticks = ((frame.rtpTimestamp - origin) % 2 ** 32 + 2 ** 32) % 2 ** 32;
    seen.push({code, ticks, at: now - begun, width: frame.width});
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
  return response.headers.get("Location");
}
async function publish(path, token) {
  const media = await navigator.mediaDevices.getUserMedia({video: {width: 1280, height: 720, frameRate: 30}});
  window.connection = new RTCPeerConnection();
  const [track] = media.getVideoTracks();
  track.contentHint = "detail";
  connection.addTransceiver(track, {direction: "sendonly", streams: [media]});
  const response = await post(path, connection, {Authorization: `Bearer ${token}`});
  return response.headers.get("Location");
}
</script>"""
)


@pytest.fixture
async def live() -> AsyncIterator[LiveServer]:
    async with live_server() as server:
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.mark.parametrize("passthrough", [True, False], ids=["passed on", "encoded"])
async def test_chromium_shows_each_picture_with_its_own_time(
    live: LiveServer, browser: Browser, passthrough: bool
) -> None:
    info = StreamInfo(codec="h264" if passthrough else "hevc", width=WIDTH, height=HEIGHT, passthrough=passthrough)
    page = await open_page(browser, live, PAGE)
    with TickingCamera(live.hub.tap("door"), info=info, group=60):
        await page.evaluate("watch('/door/whep')")
        frames = await seen(page, 60)
        assert live.hub.tap("door").encoding is not passthrough
    in_step(frames)


async def test_chromium_catches_up_after_joining_late(live: LiveServer, browser: Browser) -> None:
    """It starts with pictures that are seconds old, and must not stay behind by as much."""
    page = await open_page(browser, live, PAGE)
    with TickingCamera(live.hub.tap("door"), group=600) as camera:
        await asyncio.to_thread(camera.sent_at_least, 45)
        await page.evaluate("watch('/door/whep')")
        frames = await seen(page, 60)
        newest = camera.newest_ticks
    in_step(frames)
    assert frames[0]["at"] < 3000
    behind_s = (newest - frames[-1]["ticks"]) % MODULUS / 90_000
    assert behind_s < 1, "the burst took 3 s of pictures; what is shown now is live"


async def test_chromium_goes_on_when_the_camera_comes_back(live: LiveServer, browser: Browser) -> None:
    """A camera that restarts begins a new clock; the viewer's connection stays."""
    page = await open_page(browser, live, PAGE)
    with TickingCamera(live.hub.tap("door"), first_ticks=0):
        await page.evaluate("watch('/door/whep')")
        await seen(page, 20)
    with TickingCamera(live.hub.tap("door"), first_ticks=3_000_000_000):
        await page.wait_for_function("window.seen.filter(frame => frame.ticks >= 3e9).length >= 20", timeout=20_000)
        frames = await seen(page, 40)
    in_step(frames)


async def test_chromium_is_a_camera_in_full_size(live: LiveServer, browser: Browser) -> None:
    page = await open_page(browser, live, PAGE)
    with receiving(live) as receiver:
        session = await page.evaluate(f"publish('/phone/whip', '{TOKEN}')")
        frames = [await receiver.next() for _ in range(40)]
        assert await page.evaluate("connection.connectionState") == "connected"
        await page.evaluate(f"fetch('{session}', {{method: 'DELETE', headers: {{Authorization: 'Bearer {TOKEN}'}}}})")
    sizes = [frame.to_rgb().shape for frame in frames]
    assert sizes[0] == (720, 1280, 3), "full size at once"
    assert sizes[-1] == (720, 1280, 3)
    # Chromium's fake camera is green, with a dial that turns.
    assert np.argmax(np.median(frames[-1].to_rgb(), axis=(0, 1))) == 1
    assert not np.array_equal(frames[-1].to_rgb(), frames[-10].to_rgb())


async def test_chromium_watches_chromium_without_encoding(live: LiveServer, browser: Browser) -> None:
    """Its H.264 reaches a viewer that comes late as it is, beginning with a keyframe that it was asked for."""
    phone, viewer = await open_page(browser, live, PAGE), await open_page(browser, live, PAGE)
    with receiving(live, also=live.hub.tap("phone")) as receiver:
        await phone.evaluate(f"publish('/phone/whip', '{TOKEN}')")
        for _ in range(30):
            await receiver.next()
        await viewer.evaluate("watch('/phone/whep')")
        frames = await seen(viewer, 30)
        assert not live.hub.tap("phone").encoding
        ticks = {packet.ticks for packet in receiver.packets}
    assert receiver.infos[0].codec == "h264"
    assert {frame["width"] for frame in frames} == {1280}
    assert {frame["ticks"] for frame in frames} <= ticks
    assert frames[0]["at"] < 3000


async def test_a_browser_that_is_killed_is_noticed(live: LiveServer, browser: Browser) -> None:
    page = await open_page(browser, live, PAGE)
    receiver = Receiver(live, stall_timeout_s=2.0)
    await page.evaluate(f"publish('/phone/whip', '{TOKEN}')")
    await receiver.next()
    session = await browser.new_browser_cdp_session()
    with contextlib.suppress(PlaywrightError):
        await session.send("Browser.crash")
    error = await receiver.failed()
    assert error.reason in (SourceReason.STALLED, SourceReason.ENDED)
