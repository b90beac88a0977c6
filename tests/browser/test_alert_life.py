"""An alert's page and list: two browsers that act on one alert, its clip, its pictures, its history, the export."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import SMALL_TARGETS, axe_faults
from tests.browser.test_end_to_end import as_mjpeg
from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.clips import Clips
from tests.fixtures.server import MaskwatchServer, StartMaskwatch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PATIENCE_MS = 45_000
PLAYED = "video => video.play().then(() => new Promise(done => video.requestVideoFrameCallback(() => done(video.videoWidth))))"  # noqa: E501


@pytest.fixture
def server(start_maskwatch: StartMaskwatch, clips: Clips) -> MaskwatchServer:
    """A service whose camera `door` sees a bare face, with clips, and with little patience."""
    return start_maskwatch({
        "alerts": {"escalate_after_s": 3, "clip_before_s": 1, "clip_after_s": 1},
        "cameras": {"door": {"url": str(clips.two_people), "rules": {"dwell_s": 0.5}}},
    })  # fmt: skip


def _open_alert(page: Page, server: MaskwatchServer) -> None:
    page.goto(server.url + "/alerts")
    page.locator(".alert-row .row-link").first.click(timeout=PATIENCE_MS)
    expect(page.locator(".history li").first).to_contain_text("Raised")


def test_two_browsers_and_one_alert(
    server: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    browser = chromium()
    desk = watched_context(browser, viewport={"width": 1440, "height": 1000}).page()
    nurse = watched_context(browser, viewport={"width": 390, "height": 844}, has_touch=True).page()
    _open_alert(desk, server)
    expect(desk.locator(".history")).to_contain_text("Escalated", timeout=PATIENCE_MS)
    expect(desk.locator(".alert-detail .alert-marks")).to_contain_text("Escalated")
    _open_alert(nurse, server)

    nurse.get_by_text("Snooze", exact=True).click()
    nurse.get_by_role("button", name="For an hour").click()
    expect(desk.locator(".alert-detail .alert-marks")).to_contain_text("Snoozed until")
    expect(desk.locator(".history")).to_contain_text("Snoozed until")
    expect(desk).to_have_title("Alerts · maskwatch")

    # By keys: the alert that is open is marked wrong, and then said what it truly was.
    desk.keyboard.press("w")
    expect(nurse.locator(".alert-detail .alert-marks")).to_contain_text("Marked wrong")
    desk.locator(".judge").get_by_text("Mask", exact=True).click()
    expect(nurse.locator(".history")).to_contain_text("Marked wrong; truly: Mask")
    expect(nurse.locator(".judge label.chosen")).to_have_text("Mask")
    nurse.locator(".judge").get_by_role("button", name="Wrong").click()
    expect(desk.locator(".history")).to_contain_text("The mark was taken back")

    # Both at once: one of them is first, and both see the same.
    # (The button of the second may be gone before it is pressed: what counts is that both were about to.)
    acknowledge = [page.locator(".alert-detail .button.primary").element_handle() for page in (desk, nurse)]
    for button in acknowledge:
        button.evaluate("button => button.click()")
    for page in (desk, nurse):
        expect(page.locator(".history li", has_text=re.compile("^Acknowledged"))).to_have_count(1)
        expect(page.locator(".alert-detail").get_by_role("button", name="Acknowledge")).to_have_count(0)
        assert axe_faults(page) == []
        assert page.evaluate(SMALL_TARGETS) == []
    desk.screenshot(path=ARTIFACTS / "alert-life.png", full_page=True)
    nurse.screenshot(path=ARTIFACTS / "alert-life-phone.png", full_page=True)


def test_the_clip_plays_and_the_filter_is_exported(
    server: MaskwatchServer,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
    tmp_path: Path,
) -> None:
    page = watched_context(chromium(), viewport={"width": 1440, "height": 1000}).page()
    _open_alert(page, server)
    expect(page.locator(".history")).to_contain_text("The clip is there", timeout=PATIENCE_MS)
    page.locator(".media").get_by_text("Clip", exact=True).click()
    assert page.locator(".alert-detail video").evaluate(PLAYED) == 640
    page.get_by_text("Filter", exact=True).click()
    page.locator(".chips").get_by_text("Closed", exact=True).click()
    expect(page.get_by_text("No alert matches the filter")).to_be_visible()
    page.locator(".chips").get_by_text("Open", exact=True).click()
    expect(page.locator(".alert-row")).to_have_count(1)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export as CSV").click()
    downloading.value.save_as(tmp_path / "alerts.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "alerts.csv").read_text())))
    assert [(row["camera"], row["kind"], row["state"]) for row in rows] == [("door", "no_mask", "raised")]


def test_a_range_of_days_is_erased_in_settings(
    server: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    page = watched_context(chromium(), viewport={"width": 1440, "height": 1000}).page()
    _open_alert(page, server)
    expect(page.locator(".history")).to_contain_text("The clip is there", timeout=PATIENCE_MS)
    page.goto(server.url + "/settings")
    table = page.locator(".stored-kinds")
    expect(table).to_contain_text("No mask")
    erase = page.locator(".erase-range").get_by_role("button", name="Erase")
    expect(erase).to_be_disabled()
    page.locator(".erase-range").get_by_label("From").fill("2020-01-01")
    erase.click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page.get_by_text("1 alert is erased.")).to_be_visible()
    expect(table).to_have_count(0)
    assert not [file for file in (server.data_dir / "snapshots").rglob("*") if file.is_file()]


def test_a_phone_that_publishes_h264_gives_a_clip_too(
    start_maskwatch: StartMaskwatch,
    bare_face_clip: Path,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
    tmp_path: Path,
) -> None:
    server = start_maskwatch({
        "alerts": {"clip_before_s": 1, "clip_after_s": 2},
        "cameras": {"phone": {"url": "webrtc:", "rules": {"dwell_s": 1}}},
    })  # fmt: skip
    recording = as_mjpeg(bare_face_clip, tmp_path / "face.mjpeg")
    phone = chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={recording}",
    )
    desk = watched_context(chromium(), viewport={"width": 1440, "height": 1000}).page()
    desk.goto(server.url)
    publisher = watched_context(phone, viewport={"width": 390, "height": 844}).page()
    publisher.goto(server.url + desk.request.get(f"{server.url}/api/v1/cameras/phone").json()["publish_url"])
    publisher.get_by_role("button", name="Start").click()
    _open_alert(desk, server)
    expect(desk.locator(".history")).to_contain_text("The clip is there", timeout=PATIENCE_MS)
    desk.locator(".media").get_by_text("Clip", exact=True).click()
    assert desk.locator(".alert-detail video").evaluate(PLAYED) > 0
    publisher.get_by_role("button", name="Stop").click()
