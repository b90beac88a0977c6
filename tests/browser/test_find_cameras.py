"""From "Find cameras" to a camera that is watched, against a camera of ours: password, streams, test, add."""

from collections.abc import Callable
from typing import Any

import ifaddr
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.rtsp import PASSWORD, USER
from tests.fixtures.server import StartMaskwatch
from tests.servers.onvif_camera import DiscoveryResponder, OnvifCamera, Profile
from tests.servers.rtsp import RtspServer

pytestmark = [pytest.mark.browser, pytest.mark.rtsp, pytest.mark.timeout(240)]
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PATIENCE_MS = 60_000
REFUSED = ("the server responded with a status of 502",)
"""What Chromium itself says of a password that the camera did not take."""


def pick_and_ask(page: Page, url: str, password: str) -> None:
    page.goto(url + "/add")
    page.get_by_role("radio", name="Find cameras").check()
    expect(page.get_by_role("heading", name="1 camera answers")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("radio", name="Front door")).to_be_checked()
    page.get_by_label("User of the camera").fill(USER)
    page.get_by_label("Password of the camera").fill(password)
    page.get_by_role("button", name="Show its streams").click()


def test_a_camera_is_found_picked_tried_and_added(
    start_maskwatch: StartMaskwatch,
    rtsp_server: RtspServer,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
) -> None:
    stream = f"rtsp://127.0.0.1:{rtsp_server.port}"
    profiles = [
        Profile(name="Profile_1", url=f"{stream}/secret", width=640, height=480),
        Profile(name="Profile_2", url=f"{stream}/b-frames", width=320, height=240),
    ]
    own = [ip.ip for card in ifaddr.get_adapters() for ip in card.ips if isinstance(ip.ip, str)]
    scopes = "onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/Eye-3"
    server, browser = start_maskwatch(), chromium()
    with (
        OnvifCamera(profiles, login=(USER, PASSWORD)) as camera,
        DiscoveryResponder(camera.service, scopes=scopes, own_addresses=own),
    ):
        page = watched_context(browser, REFUSED, **DESK).page()
        pick_and_ask(page, server.url, "wrong")
        expect(page.get_by_text("does not accept this user and password")).to_be_visible(timeout=PATIENCE_MS)
        page.screenshot(path=ARTIFACTS / "find-wrong-password.png", full_page=True)
        page.get_by_label("Password of the camera").fill(PASSWORD)
        page.get_by_role("button", name="Show its streams").click()
        expect(page.get_by_role("radio", name="Profile_1")).to_be_checked(timeout=PATIENCE_MS)
        expect(page.get_by_role("radio", name="Profile_2")).to_be_visible()
        expect(page.get_by_role("heading", name="It works.")).to_be_visible(timeout=PATIENCE_MS)
        page.screenshot(path=ARTIFACTS / "find-cameras.png", full_page=True)
        for name, settings in (
            ("find-phone", {**PHONE, "color_scheme": "light"}),
            ("find-dark", {**DESK, "color_scheme": "dark"}),
        ):
            other = watched_context(browser, **settings).page()
            pick_and_ask(other, server.url, PASSWORD)
            expect(other.get_by_role("heading", name="It works.")).to_be_visible(timeout=PATIENCE_MS)
            other.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
            assert other.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.get_by_label("Name", exact=True)).to_have_value("front-door")
        page.get_by_role("button", name="Add this camera").click()
        expect(page).to_have_url(server.url + "/")
        tile = page.get_by_role("article", name="front-door")
        expect(tile.get_by_text("Watching")).to_be_visible(timeout=PATIENCE_MS)
        assert PASSWORD not in page.content()
        assert PASSWORD not in server.log
