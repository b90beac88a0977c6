"""Pages of a test's own for Chromium, with a reader of the time code that the ticking camera draws."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.integration.rtc.parts import LiveServer

CLIENT = Path(__file__).parents[2] / "client_web"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)

HEAD = """<!doctype html><meta charset="utf-8"><title>live</title><video id="video" autoplay muted playsinline></video>
<script>
const video = document.getElementById("video");
const canvas = new OffscreenCanvas(640, 16), context = canvas.getContext("2d", {willReadFrequently: true});
/* The code in the picture that `mediaTime` belongs to; null if the video shows another one by now, or can't give one
   yet: the call about its very first picture may come before `readyState` says that there is one to take. */
function codeOf(mediaTime) {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  const picture = new VideoFrame(video);
  try {
    if (Math.abs(picture.timestamp - mediaTime * 1e6) > 1) return null;
    context.drawImage(picture, 0, 0, picture.displayWidth, picture.displayHeight * 16 / 360, 0, 0, 640, 16);
  } finally {
    picture.close();
  }
  const pixels = context.getImageData(0, 8, 640, 1).data;
  let code = 0;
  for (let place = 0; place < 32; place++) code = code * 2 + (pixels[(place * 16 + 8) * 4] > 127 ? 1 : 0);
  return code;
}
</script>"""


@cache
def client_module(path: str) -> str:
    """A module of the dashboard (below `client_web/src`) with all that it imports, as JavaScript."""
    esbuild = CLIENT / "node_modules/.bin/esbuild"
    command = [str(esbuild), f"src/{path}", "--bundle", "--format=esm", "--log-level=error"]
    return subprocess.run(command, cwd=CLIENT, check=True, capture_output=True, text=True).stdout


async def open_page(browser: Browser, live: LiveServer, body: str) -> Page:
    """`body` as a page of `live`; whatever goes wrong in it is noted in `live.trouble`."""
    page = await browser.new_page()
    page.on("pageerror", lambda error: live.trouble.append(f"error in the page: {error}"))
    page.on("console", lambda message: live.trouble.append(message.text) if message.type == "error" else None)
    live.files["page"] = (body, "text/html")
    await page.goto(live.url("/page"))
    return page


async def seen(page: Page, count: int) -> list[dict[str, Any]]:
    """What the page noted of its first pictures, once there are so many."""
    await page.wait_for_function(f"window.seen && window.seen.length >= {count}", timeout=40_000)
    frames: list[dict[str, Any]] = await page.evaluate("window.seen")
    return frames


def in_step(frames: list[dict[str, Any]]) -> None:
    """Each picture is the one its time says, without exception.

    A browser calls the page about a picture when the page's thread has time; on a busy machine the video may show the
    next one by then, and reading the pixels would get that. The page can tell: a picture it takes has a time of its
    own, and is left out (no code) if that is another than the one it was called about.
    """
    exact = [frame for frame in frames if frame["code"] is not None]
    assert len(exact) >= len(frames) / 2, f"only {len(exact)} of {len(frames)} pictures could be read in time"
    wrong = [frame for frame in exact if frame["code"] != frame["ticks"]]
    assert not wrong, f"{len(wrong)} of {len(exact)} pictures are not the ones their time says: {wrong[:3]}"
