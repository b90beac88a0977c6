"""Live video where only a relay gets through: Chromium by way of a real coturn, both watching and sending."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiortc import RTCIceServer
from playwright.async_api import Page, async_playwright

from maskwatch.rtc.ice import IceSettings
from tests.browser.pages import FLAGS, HEAD, client_module, in_step, open_page, seen
from tests.integration.rtc.parts import TOKEN, LiveServer, TickingCamera, live_server
from tests.integration.test_whip import receiving
from tests.servers.turn import PASSWORD, USER, Turn

pytestmark = pytest.mark.browser

PAGE = (
    HEAD
    + """<script>
/* Nothing but relayed candidates, as where a firewall lets nothing else through. */
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(settings) {
    super({...settings, iceTransportPolicy: "relay"});
    window.connection = this;
  }
};
window.pairOf = async () => {
  const stats = [...(await connection.getStats()).values()];
  const pair = stats.find(each => each.type === "candidate-pair" && each.nominated);
  return pair && stats.find(each => each.id === pair.localCandidateId).candidateType;
};
</script>
<script type="module">
import {WhepPlayer} from "/whep.js";
import {Publisher} from "/whip.js";
window.seen = [];
window.failed = [];
window.states = [];
window.watch = (path, servers) => {
  let last = null;
  const note = (now, frame) => { last = frame; video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
  new WhepPlayer(video, path, servers, {
    frame: ticks => seen.push({code: codeOf(last.mediaTime), ticks}),
    failed: error => failed.push({name: error.constructor.name, relayRefused: error.relayRefused}),
  });
};
window.publish = (path, token) => {
  window.publisher = new Publisher(path, token, () => [], state => states.push(state));
  return publisher.start({});
};
window.ready = true;
</script>"""
)


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[Turn]:
    with Turn(tmp_path) as server:
        yield server


def _ice(turn: Turn, credential: str = PASSWORD) -> IceSettings:
    server = RTCIceServer(urls=[turn.url], username=USER, credential=credential)
    return IceSettings(servers=(server,), host_addresses=lambda: ("127.0.0.1",))


@pytest.fixture
async def live(turn: Turn, request: pytest.FixtureRequest) -> AsyncIterator[LiveServer]:
    credential = getattr(request, "param", PASSWORD)
    async with live_server(ice=_ice(turn, credential)) as server:
        yield server


@pytest.fixture
async def page(live: LiveServer) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for name in ("whep", "whip"):
            live.files[f"{name}.js"] = (client_module(f"live/{name}.ts"), "text/javascript")
        page = await open_page(browser, live, PAGE)
        await page.wait_for_function("window.ready")
        yield page
        await browser.close()


async def test_watching_through_the_relay(live: LiveServer, page: Page, turn: Turn) -> None:
    with TickingCamera(live.hub.tap("door"), group=60):
        await page.evaluate(
            "server => watch('/door/whep', [server])", {"urls": turn.url, "username": USER, "credential": PASSWORD}
        )
        frames = await seen(page, 30)
        assert await page.evaluate("pairOf()") == "relay"
    in_step(frames)
    assert turn.logged_in


async def test_sending_through_the_relay(live: LiveServer, page: Page, turn: Turn) -> None:
    """A phone has the camera's token only: it is told of the relay when it shows that."""
    with receiving(live) as receiver:
        await page.evaluate(f"publish('/phone/whip', '{TOKEN}')")
        for _ in range(20):
            await receiver.next()
        assert await page.evaluate("pairOf()") == "relay"
        await page.evaluate("publisher.stop()")


async def test_a_stranger_is_not_told_of_the_relay(live: LiveServer, page: Page) -> None:
    said = await page.evaluate(
        """() => fetch("/phone/whip", {method: "OPTIONS", headers: {Authorization: "Bearer guess"}})
            .then(response => [response.status, response.headers.get("Link")])"""
    )
    assert said == [204, None]


@pytest.mark.parametrize("live", ["guess"], indirect=True)
async def test_a_wrong_credential_is_said(live: LiveServer, page: Page, turn: Turn) -> None:
    with TickingCamera(live.hub.tap("door")):
        await page.evaluate(
            "server => watch('/door/whep', [server])", {"urls": turn.url, "username": USER, "credential": "guess"}
        )
        await page.wait_for_function("failed.length", timeout=40_000)
        assert await page.evaluate("failed") == [{"name": "Unreachable", "relayRefused": True}]
        await page.evaluate(f"publish('/phone/whip', '{TOKEN}')")
        await page.wait_for_function("states.some(state => state.is === 'lost' && state.relayRefused)", timeout=40_000)
        await page.evaluate("publisher.stop()")
    assert not turn.logged_in
