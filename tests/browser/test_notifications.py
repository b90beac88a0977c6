"""Who is told, from the settings page: added, tested, mended; and a push that shows in a real Chromium."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.clips import Clips
from tests.fixtures.server import StartMaskwatch
from tests.servers.http import Receiver

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "locale": "id-ID", "color_scheme": "dark"}
PATIENCE_MS = 45_000
SECRET = "hunter2-s3cret"

ACTIVE = """async () => {
  const { active } = await navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready);
  while (active.state !== 'activated') await new Promise(done => active.addEventListener('statechange', done));
}"""
SHOWN = """async within => {
  const worker = await navigator.serviceWorker.ready;
  const until = performance.now() + within;
  for (;;) {
    const all = await worker.getNotifications();
    if (all.length || performance.now() > until) return all.map(one => [one.title, one.body, one.data.path]);
    await new Promise(requestAnimationFrame);
  }
}"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Receiver()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(20)
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


def _add_webhook(page: Page, url: str) -> None:
    page.get_by_role("button", name="Add a target").click()
    page.get_by_label("Kind").select_option("webhook")
    page.get_by_label("Name").fill("night-shift")
    page.get_by_label("Address").fill(url)
    page.get_by_label("Secret for the signature").fill(SECRET)
    page.screenshot(path=ARTIFACTS / "notifier-form.png", full_page=True)
    page.get_by_role("button", name="Add", exact=True).click()


def test_a_target_is_added_tested_and_its_dead_letters_sent_again(
    start_maskwatch: StartMaskwatch,
    clips: Clips,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
    receiver: Receiver,
) -> None:
    server = start_maskwatch({"cameras": {"door": {"url": str(clips.bare), "rules": {"dwell_s": 0.5}}}})
    browser = chromium()
    page = watched_context(browser, **DESK).page()
    page.goto(f"{server.url}/settings")
    receiver.answer = lambda _: 400
    _add_webhook(page, f"{receiver.url}/{SECRET}")
    target = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="night-shift"))
    expect(target).to_be_visible(timeout=PATIENCE_MS)
    target.get_by_role("button", name="Test: night-shift").click()
    expect(target.get_by_text("The test didn't arrive.")).to_contain_text("400 Bad Request", timeout=PATIENCE_MS)
    assert SECRET not in page.inner_text("body")
    # The camera's own alerts are given up, too, and can be seen.
    page.request.patch(
        f"{server.url}/api/v1/notifiers/night-shift",
        data={"actions": ["raised", "closed", "acknowledged"]},
        headers={"Origin": server.url},
    )
    alerts = page.request.get(f"{server.url}/api/v1/alerts").json()["alerts"]
    for alert in alerts[:1]:
        page.request.post(
            f"{server.url}/api/v1/alerts/{alert['id']}/acknowledge", data={}, headers={"Origin": server.url}
        )
    expect(target.get_by_text("given up")).to_be_visible(timeout=PATIENCE_MS)
    target.get_by_text("given up").click()
    expect(target.get_by_role("link", name="No mask, door").first).to_be_visible()
    page.screenshot(path=ARTIFACTS / "notifiers-desk-light.png", full_page=True)
    for name, look in (("desk-dark", {**DESK, "color_scheme": "dark"}), ("phone-dark-id", PHONE)):
        other = watched_context(browser, **look).page()
        other.goto(f"{server.url}/settings")
        expect(other.get_by_role("heading", name="night-shift")).to_be_visible(timeout=PATIENCE_MS)
        other.screenshot(path=ARTIFACTS / f"notifiers-{name}.png", full_page=True)
        other.close()
    receiver.answer = lambda _: 200
    target.get_by_role("button", name="Send all again").click()
    expect(target.get_by_text("given up")).to_be_hidden(timeout=PATIENCE_MS)
    expect(target.get_by_text("Works")).to_be_visible(timeout=PATIENCE_MS)
    target.get_by_role("button", name="Pause: night-shift").click()
    expect(target.get_by_text("Paused")).to_be_visible(timeout=PATIENCE_MS)
    target.get_by_role("button", name="Remove: night-shift").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nobody is told yet.")).to_be_visible(timeout=PATIENCE_MS)


def test_a_target_is_tried_before_it_is_saved_and_told_only_what_it_asks_for(
    start_maskwatch: StartMaskwatch,
    clips: Clips,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
    receiver: Receiver,
) -> None:
    paused = {"url": str(clips.bare), "enabled": False}
    server = start_maskwatch({"cameras": {"door": paused, "ward": paused}})
    page = watched_context(chromium(), **DESK).page()
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="Add a target").click()
    form = page.locator(".notifier-form")
    form.get_by_label("Kind").select_option("webhook")
    # What is missing is asked for, but for the name, which a test does not need.
    form.get_by_role("button", name="Send a test").click()
    expect(form.get_by_label("Address")).to_be_focused()
    form.get_by_label("Address").fill(f"{receiver.url}/{SECRET}")
    form.get_by_label("Secret for the signature").fill(SECRET)
    receiver.answer = lambda _: 403
    form.get_by_role("button", name="Send a test").click()
    expect(form.get_by_text("The test didn't arrive.")).to_contain_text("403 Forbidden", timeout=PATIENCE_MS)
    receiver.answer = lambda _: 204
    form.get_by_role("button", name="Send a test").click()
    expect(form.get_by_text("The test arrived.")).to_be_visible(timeout=PATIENCE_MS)
    assert receiver.taken[-1].json["action"] == "test"
    assert page.request.get(f"{server.url}/api/v1/notifiers").json() == []
    # Other settings are not what was tried.
    form.get_by_text("Rarely needed").click()
    form.get_by_label("Method").select_option("PUT")
    expect(form.get_by_text("The test arrived.")).to_be_hidden()
    form.get_by_label("Name").fill("night-shift")
    form.get_by_role("group", name="Only these kinds of alert").get_by_label("No mask").check()
    form.get_by_role("group", name="Only these kinds of alert").get_by_label("Camera offline").check()
    form.get_by_role("group", name="Only these cameras").get_by_label("ward").check()
    for action in ("raised", "escalated, since nobody acknowledged it", "over"):
        form.get_by_label(action, exact=True).uncheck()
    expect(form.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    expect(form.get_by_text("Choose at least one")).to_be_visible()
    form.get_by_label("has got its clip").check()
    form.get_by_label("raised", exact=True).check()
    form.get_by_label("At least").select_option("warning")
    form.get_by_role("button", name="Add", exact=True).click()
    target = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="night-shift"))
    expect(target).to_be_visible(timeout=PATIENCE_MS)

    def kept() -> Any:
        return page.request.get(f"{server.url}/api/v1/notifiers/night-shift").json()

    saved = kept()
    assert (saved["kinds"], saved["cameras"]) == (["no_mask", "camera_offline"], ["ward"])
    assert (sorted(saved["actions"]), saved["min_severity"]) == (["clip", "raised"], "warning")
    # A change is tried with the secrets that are kept and never shown.
    target.get_by_role("button", name="Change: night-shift").click()
    expect(form.get_by_role("group", name="Only these kinds of alert").get_by_label("No mask")).to_be_checked()
    form.get_by_role("group", name="Only these kinds of alert").get_by_label("Camera offline").uncheck()
    form.get_by_role("button", name="Send a test").click()
    expect(form.get_by_text("The test arrived.")).to_be_visible(timeout=PATIENCE_MS)
    assert (receiver.taken[-1].method, receiver.taken[-1].path) == ("PUT", f"/{SECRET}")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden(timeout=PATIENCE_MS)
    assert kept()["kinds"] == ["no_mask"]
    assert SECRET not in page.inner_text("body")
    assert SECRET not in server.log


def test_a_push_shows_a_notification(
    start_maskwatch: StartMaskwatch, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    server = start_maskwatch()
    watched = watched_context(chromium(), **DESK, permissions=["notifications"])
    page = watched.page()
    page.goto(f"{server.url}/settings")
    page.evaluate(ACTIVE)
    session = watched.context.new_cdp_session(page)
    registered: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registered.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    while not registered:
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    push = {
        "origin": server.url,
        "registrationId": registered[0],
        "data": '{"title": "No mask: door", "body": "Raised.", "tag": "a1", "path": "/alerts/a1"}',
    }
    for _ in range(20):  # Chromium drops, now and then, a push that its tools hand to a worker that is just starting
        session.send("ServiceWorker.deliverPushMessage", push)
        if shown := page.evaluate(SHOWN, 2_000):
            break
    assert shown == [["No mask: door", "Raised.", "/alerts/a1"]]
