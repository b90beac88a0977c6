"""Two pages send as the same camera: the later one has the place, the earlier one says so and stays quiet."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.pages import FLAGS, client_module, open_page
from tests.integration.rtc.parts import TOKEN, LiveServer, live_server
from tests.integration.test_whip import receiving

pytestmark = pytest.mark.browser

PAGE = f"""<!doctype html><meta charset="utf-8"><title>phone</title><script type="module">
import {{Publisher}} from "/whip.js";
window.states = [];
window.publisher = new Publisher("/phone/whip", "{TOKEN}", () => [], state => states.push(state));
window.ready = true;
</script>"""

TAKEN = "states.at(-1)?.is === 'blocked' && states.at(-1).by === 'taken'"
LIVE = "states.at(-1)?.is === 'live'"


@pytest.fixture
async def live() -> AsyncIterator[LiveServer]:
    async with live_server() as server:
        server.files["whip.js"] = (client_module("live/whip.ts"), "text/javascript")
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield browser
        await browser.close()


async def _phone(browser: Browser, live: LiveServer) -> Page:
    page = await open_page(browser, live, PAGE)
    await page.wait_for_function("window.ready")
    return page


async def test_the_earlier_page_gives_way_until_asked(live: LiveServer, browser: Browser) -> None:
    with receiving(live) as receiver:
        first, second = await _phone(browser, live), await _phone(browser, live)
        await first.evaluate("publisher.start({})")
        await first.wait_for_function(LIVE)
        await second.evaluate("publisher.start({})")
        await second.wait_for_function(LIVE)
        await first.wait_for_function(TAKEN, timeout=40_000)
        assert await first.evaluate("publisher.stream") is None, "its camera is off"
        for _ in range(10):
            await receiver.next()
        assert await second.evaluate(LIVE), "nobody takes turns"
        assert live.publishers[-1] == 1
        # Somebody presses the button.
        await first.evaluate("publisher.start({})")
        await first.wait_for_function(LIVE)
        await second.wait_for_function(TAKEN, timeout=40_000)
        await first.evaluate("publisher.stop()")
    # What the page did not ask for nicely, the browser writes to the console: the answer of the goodbye.
    assert all("404" in trouble for trouble in live.trouble)
    live.trouble.clear()
