"""Who may log in, in the settings: the first password, a second person, a forgotten own password, a removal."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import axe_faults
from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.server import StartMaskwatch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
FIRST, SECOND = "correct horse", "battery staple"
REFUSED = ["401 (Unauthorized)", "403 (Forbidden)"]


def test_people_are_let_in_and_shown_out(
    start_maskwatch: StartMaskwatch, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    server, browser = start_maskwatch(), chromium()
    page = watched_context(browser, allowed=REFUSED).page()
    page.goto(f"{server.url}/settings")
    users = page.get_by_role("region", name="Who may log in")
    expect(users).to_contain_text("No password is set")
    users.get_by_role("button", name="Set a password").click()
    expect(users.get_by_label("User")).to_have_value("admin")
    fill(page, FIRST)
    expect(users.get_by_role("listitem")).to_contain_text("admin")
    expect(users).to_contain_text("you")
    assert users.get_by_role("button", name="Remove admin").count() == 0  # the last one stays

    users.get_by_role("button", name="Add a person").click()
    users.get_by_label("User").fill("Suster Ayu")
    fill(page, SECOND, own="not mine at all")
    expect(users.get_by_text("That is not your password.")).to_be_visible()
    fill(page, SECOND, own=FIRST)
    expect(users.get_by_role("listitem")).to_have_count(2)
    assert axe_faults(page) == []
    users.screenshot(path=ARTIFACTS / "users.png")

    nurse = watched_context(browser, allowed=REFUSED, viewport={"width": 390, "height": 844}).page()
    nurse.goto(f"{server.url}/settings")
    nurse.get_by_label("User").fill("Suster Ayu")
    nurse.get_by_label("Password").fill(SECOND)
    nurse.get_by_role("button", name="Sign in").click()
    hers = nurse.get_by_role("region", name="Who may log in")
    expect(hers.get_by_role("listitem").filter(has_text="you")).to_contain_text("Suster Ayu")
    hers.screenshot(path=ARTIFACTS / "users-phone.png")

    users.get_by_role("button", name="Remove Suster Ayu").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(users.get_by_role("listitem")).to_have_count(1)
    nurse.reload()
    expect(nurse.get_by_role("heading", name="Sign in")).to_be_visible()


def fill(page: Page, password: str, own: str | None = None) -> None:
    page.get_by_label("New password", exact=True).fill(password)
    if own is not None:
        page.get_by_label("Your own password").fill(own)
    page.get_by_role("button", name="Save").click()
