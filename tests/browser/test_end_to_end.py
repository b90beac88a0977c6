"""The main job, as a user sees it: a bare face in front of a camera becomes a row in the page's feed of alerts."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, expect

from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.server import StartMaskwatch
from tests.servers.rtsp import Mount, RtspServer

pytestmark = [pytest.mark.browser, pytest.mark.rtsp, pytest.mark.timeout(180)]
QUICK = {"dwell_s": 1.0}
PATIENCE_MS = 45_000
PLAYED_FOR_A_WHILE = """video => new Promise(done => {
  const look = () => video.currentTime > 0.5 ? done() : video.requestVideoFrameCallback(look);
  look();
})"""


def test_a_bare_face_before_an_rtsp_camera_becomes_a_row_in_the_feed_and_goes_when_the_camera_does(
    start_maskwatch: StartMaskwatch,
    make_rtsp_server: Callable[..., RtspServer],
    bare_face_clip: Path,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
) -> None:
    camera = make_rtsp_server(
        Mount(path="/door", clips=[str(bare_face_clip)], audio="aac", user="me", password="pw-31")
    )
    server = start_maskwatch({"cameras": {"door": {"url": camera.url("/door"), "rules": QUICK}}})
    page = watched_context(chromium(), viewport={"width": 1440, "height": 900}).page()
    page.goto(server.url)
    row = page.get_by_role("list", name="Alerts").get_by_role("listitem").first
    expect(row).to_contain_text("No mask", timeout=PATIENCE_MS)
    expect(row).to_contain_text("door")
    expect(row).to_contain_text("% sure")
    # The face is there to be seen, and so is the video, which plays.
    expect(row.locator("img").first).to_be_visible()
    assert row.locator("img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.locator("video").first.evaluate(PLAYED_FOR_A_WHILE)
    page.screenshot(path=ARTIFACTS / "rtsp-alert.png")
    camera.kill()
    expect(row).not_to_contain_text("Still in view", timeout=PATIENCE_MS)
    assert "pw-31" not in page.content()
    assert "pw-31" not in server.log


def test_a_bare_face_before_a_phone_becomes_a_row_in_the_feed(
    start_maskwatch: StartMaskwatch,
    bare_face_clip: Path,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
    tmp_path: Path,
) -> None:
    server = start_maskwatch({"cameras": {"phone": {"url": "webrtc:", "rules": QUICK}}})
    recording = as_mjpeg(bare_face_clip, tmp_path / "face.mjpeg")
    phone = chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={recording}",
    )
    desk = watched_context(chromium(), viewport={"width": 1440, "height": 900}).page()
    desk.goto(server.url)
    publisher = watched_context(phone, viewport={"width": 390, "height": 844}).page()
    publisher.goto(server.url + desk.request.get(f"{server.url}/api/v1/cameras/phone").json()["publish_url"])
    publisher.get_by_role("button", name="Start").click()
    row = desk.get_by_role("list", name="Alerts").get_by_role("listitem").first
    expect(row).to_contain_text("No mask", timeout=PATIENCE_MS)
    expect(row).to_contain_text("phone")
    publisher.screenshot(path=ARTIFACTS / "publish.png")
    desk.screenshot(path=ARTIFACTS / "whip-alert.png")
    publisher.get_by_role("button", name="Stop").click()
    expect(row).not_to_contain_text("Still in view", timeout=PATIENCE_MS)


def as_mjpeg(clip: Path, target: Path) -> Path:
    """`clip` in the one kind of file that Chromium takes for a camera."""
    with av.open(str(clip)) as source, av.open(str(target), "w", format="mjpeg") as sink:
        video = source.streams.video[0]
        out = sink.add_stream("mjpeg", rate=15, options={"qscale": "3"})
        out.width, out.height, out.pix_fmt = video.width, video.height, "yuvj420p"
        for frame in source.decode(video):
            sink.mux(out.encode(frame.reformat(format="yuvj420p")))
        sink.mux(out.encode())
    return target
