"""Both ways of live video with a real Chromium: it watches by WHEP and sends by WHIP.

The proof that boxes belong to the picture: the camera writes each picture's media time into its top row; the page reads
it from the pixels it shows and compares it with what `requestVideoFrameCallback` says of that very picture.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from maskwatch.core.ports import StreamInfo
from tests.integration.rtc.parts import HEIGHT, TOKEN, WIDTH, LiveServer, TickingCamera, live_server
from tests.integration.test_whip import receiving

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><meta charset="utf-8"><title>live</title><video id="video" autoplay muted playsinline></video>
<script>
const video = document.getElementById("video");
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
  const canvas = new OffscreenCanvas(640, 16), context = canvas.getContext("2d", {willReadFrequently: true});
  window.seen = [];
  const shown = (now, frame) => {
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * 16 / 360, 0, 0, 640, 16);
    const pixels = context.getImageData(0, 8, 640, 1).data;
    let code = 0;
    for (let place = 0; place < 32; place++) code = code * 2 + (pixels[(place * 16 + 8) * 4] > 127 ? 1 : 0);
    const ticks = ((frame.rtpTimestamp - origin) % 2 ** 32 + 2 ** 32) % 2 ** 32;
    seen.push({code, ticks, presented: frame.presentedFrames, at: now - begun, width: frame.width});
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

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
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


async def open_page(browser: Browser, live: LiveServer) -> Page:
    page = await browser.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"error in the page: {error}"))
    page.on("console", lambda message: pytest.fail(message.text) if message.type == "error" else None)
    await page.route("**/page", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    await page.goto(live.url("/page"))
    return page


async def seen(page: Page, count: int) -> list[dict[str, Any]]:
    await page.wait_for_function(f"window.seen && window.seen.length >= {count}", timeout=20_000)
    frames: list[dict[str, Any]] = await page.evaluate("window.seen")
    return frames


def in_step(frames: list[dict[str, Any]]) -> None:
    apart = [(frame["code"], frame["ticks"]) for frame in frames if frame["code"] != frame["ticks"]]
    assert not apart, f"{len(apart)} of {len(frames)} pictures are not the ones their time says: {apart[:5]}"


@pytest.mark.parametrize("passthrough", [True, False], ids=["passed on", "encoded"])
async def test_chromium_shows_each_picture_with_its_own_time(
    live: LiveServer, browser: Browser, passthrough: bool
) -> None:
    info = StreamInfo(codec="h264" if passthrough else "hevc", width=WIDTH, height=HEIGHT, passthrough=passthrough)
    page = await open_page(browser, live)
    with TickingCamera(live.hub.tap("door"), info=info, group=60):
        await page.evaluate("watch('/door/whep')")
        frames = await seen(page, 60)
        assert live.hub.tap("door").encoding is not passthrough
    in_step(frames)
