"""Where and when a camera's alerts count, set on its page: by finger, by keys, by mouse."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_accessibility import SMALL_TARGETS, axe_faults
from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.clips import Clips
from tests.fixtures.server import MaskwatchServer, StartMaskwatch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PATIENCE_MS = 45_000
SEEN_S = """() => {
  const [, seconds] = /for ([0-9]+) s/.exec(document.querySelector('.people').textContent) ?? [];
  return seconds === undefined ? null : Number(seconds);
}"""
LEFT_HALF = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture
def server(start_maskwatch: StartMaskwatch) -> MaskwatchServer:
    return start_maskwatch()


@pytest.fixture
def page(
    server: MaskwatchServer,
    clips: Clips,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
) -> Page:
    """A phone on the page of `door`, which sees a bare face in its left half and a masked one in its right."""
    page = watched_context(chromium(), **PHONE).page()
    added = page.request.post(
        f"{server.url}/api/v1/cameras",
        data={"name": "door", "url": str(clips.two_people), "rules": {"dwell_s": 3600}},
        headers={"Origin": server.url},
    )
    assert added.ok, added.text()
    page.goto(f"{server.url}/cameras/door")
    expect(page.locator(".page-state")).to_contain_text("Watching", timeout=PATIENCE_MS)
    expect(page.locator(".people li strong")).to_have_count(2, timeout=PATIENCE_MS)
    return page


def rules_of(page: Page, server: MaskwatchServer) -> dict[str, Any]:
    rules: dict[str, Any] = page.request.get(f"{server.url}/api/v1/cameras/door").json()["rules"]
    return rules


def be_quick(page: Page, server: MaskwatchServer) -> None:
    """From now on, half a second without a mask is enough."""
    rules = {**rules_of(page, server), "dwell_s": 0.5}
    changed = page.request.patch(
        f"{server.url}/api/v1/cameras/door", data={"rules": rules}, headers={"Origin": server.url}
    )
    assert changed.ok, changed.text()


def save(editor: Locator) -> None:
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_text("Saved")).to_be_visible()


def drag_by_finger(page: Page, handle: Locator, to: tuple[float, float]) -> None:
    """Put a finger on `handle`, move it to a place of the picture (shares of it), lift it."""
    handle.scroll_into_view_if_needed()
    at, stage = handle.bounding_box(), page.locator(".zone-stage").bounding_box()
    assert at is not None
    assert stage is not None
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    to_x, to_y = stage["x"] + to[0] * stage["width"], stage["y"] + to[1] * stage["height"]
    move_finger(page, (x, y), (to_x, to_y))


def move_finger(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Put a finger down, move it, stop, and lift it. (Chromium may still swallow a tap that follows: click instead.)"""
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, share: float) -> None:
        point = {"x": start[0] + (end[0] - start[0]) * share, "y": start[1] + (end[1] - start[1]) * share}
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})

    touch("touchStart", 0)
    for step in (1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8):
        touch("touchMove", step / 8)
        page.evaluate("new Promise(requestAnimationFrame)")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    finger.detach()


def test_a_zone_is_drawn_by_finger_and_whoever_is_in_it_raises_no_alert(page: Page, server: MaskwatchServer) -> None:
    editor = page.locator(".zone-editor")
    editor.get_by_role("button", name="Add a zone").tap()
    corners = page.locator(".zone-corner")
    expect(corners).to_have_count(4)
    for index, to in enumerate(LEFT_HALF):
        drag_by_finger(page, corners.nth(index), to)
    editor.get_by_label("Name").fill("Mirror")
    editor.get_by_label("Alerts for people").select_option("exclude")
    save(editor)
    (zone,) = rules_of(page, server)["zones"]
    assert (zone["name"], zone["mode"]) == ("Mirror", "exclude")
    assert [x for point in zone["points"] for x in point] == pytest.approx([x for p in LEFT_HALF for x in p], abs=0.02)
    assert axe_faults(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    page.screenshot(path=ARTIFACTS / "zone-phone.png", full_page=True)
    be_quick(page, server)
    expect(page.locator(".people")).to_contain_text("outside the zones: no alert", timeout=PATIENCE_MS)
    expect(page.locator(".alert-row")).to_have_count(0)
    editor.get_by_role("button", name="Remove Mirror").click()
    expect(corners).to_have_count(0)
    save(editor)
    expect(page.locator(".alert-row")).to_have_count(1, timeout=PATIENCE_MS)


def test_a_zone_is_drawn_by_keys_and_one_that_crosses_itself_is_not_saved(page: Page, server: MaskwatchServer) -> None:
    editor = page.locator(".zone-editor")
    editor.get_by_role("button", name="Add a zone").press("Enter")
    corner = page.locator(".zone-corner").first
    corner.press("ArrowLeft")
    corner.press("Shift+ArrowUp")
    expect(corner).to_have_accessible_name("Corner 1 of Zone 1, at 29% from the left and 25% from the top")
    page.get_by_role("button", name="Add a corner after corner 1 of Zone 1").press("Enter")
    expect(page.locator(".zone-corner")).to_have_count(5)
    page.locator(".zone-corner").nth(1).press("Delete")
    expect(page.locator(".zone-corner")).to_have_count(4)
    for _ in range(12):
        corner.press("Shift+ArrowRight")
    expect(editor.get_by_role("alert")).to_contain_text("The outline of Zone 1 crosses itself.")
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()
    for _ in range(12):
        corner.press("Shift+ArrowLeft")
    save(editor)
    (zone,) = rules_of(page, server)["zones"]
    assert len(zone["points"]) == 4
    editor.get_by_role("button", name="Remove Zone 1").press("Enter")
    save(editor)
    assert rules_of(page, server)["zones"] == []


def test_a_finger_beside_the_zone_scrolls_the_page(page: Page) -> None:
    page.locator(".zone-editor").get_by_role("button", name="Add a zone").tap()
    page.locator(".zone-stage").scroll_into_view_if_needed()
    stage = page.locator(".zone-stage").bounding_box()
    assert stage is not None
    before = page.evaluate("scrollY")
    x, y = stage["x"] + 0.1 * stage["width"], stage["y"] + 0.8 * stage["height"]
    move_finger(page, (x, y), (x, y - 150))
    page.wait_for_function("before => scrollY > before + 100", arg=before)


def test_outside_the_hours_that_are_set_nothing_is_raised(page: Page, server: MaskwatchServer) -> None:
    """The hours are Tokyo's; the day chosen is the one before yesterday there."""
    hours = page.locator("form").filter(has=page.get_by_role("button", name="Add a time"))
    hours.get_by_role("button", name="Add a time").tap()
    hours.get_by_label("Time zone of the camera").select_option("Asia/Tokyo")
    tokyo = datetime.now(UTC) + timedelta(hours=9)
    wanted = DAYS[(tokyo - timedelta(days=2)).weekday()]
    for day in DAYS:
        hours.get_by_role("checkbox", name=day).set_checked(day == wanted)
    hours.get_by_label("From", exact=True).fill("22:00")
    hours.get_by_label("To", exact=True).fill("06:00")
    expect(hours.locator("legend")).to_have_text(f"{wanted[:3]} 22:00 to 06:00")
    save(hours)
    rules = rules_of(page, server)
    assert rules["time_zone"] == "Asia/Tokyo"
    assert rules["schedules"] == [{"days": [wanted[:3].lower()], "start": "22:00", "end": "06:00"}]
    expect(page.get_by_text("Not alerting until")).to_be_visible(timeout=PATIENCE_MS)
    be_quick(page, server)
    expect(page.locator(".people")).to_contain_text("No mask", timeout=PATIENCE_MS)
    expect(page.locator(".alert-row")).to_have_count(0)
    page.screenshot(path=ARTIFACTS / "hours-phone.png", full_page=True)
    hours.get_by_role("checkbox", name=wanted).uncheck()
    expect(hours.get_by_role("alert")).to_have_text("This time never comes: choose a day.")
    expect(hours.get_by_role("button", name="Save")).to_be_disabled()
    hours.get_by_role("button", name="Remove").tap()
    save(hours)
    expect(page.locator(".alert-row")).to_have_count(1, timeout=PATIENCE_MS)


def test_who_is_in_view_is_said_although_the_picture_is_out_of_sight(page: Page) -> None:
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator(".stage").first).not_to_be_in_viewport()
    seen_s = page.evaluate(SEEN_S)
    assert seen_s is not None
    # What is not told again is forgotten after 2.5 s.
    page.wait_for_function(f"wanted => ({SEEN_S})() >= wanted", arg=seen_s + 4, timeout=PATIENCE_MS)
