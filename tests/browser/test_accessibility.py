"""Every page for everybody: axe finds nothing, in both themes and sizes; fingers find their targets; keys suffice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.chromium import ARTIFACTS, WatchedContext
from tests.fixtures.server import MaskwatchServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

AXE = Path(__file__).parents[2] / "client_web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIND_FAULTS = """rules => axe.run(document, { runOnly: rules, rules: { 'target-size': { enabled: true } } })
  .then(({ violations }) => violations.map(
    ({ id, help, nodes }) => `${id}: ${help} @ ${nodes.map(node => node.target.join(' ')).join(', ')}`))"""
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, select, input:not([type=radio]), summary')]
  .filter(e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest('.unseen, .skip'))
  .filter(e => e.matches(':not(a), .row-link, .tile-link') || getComputedStyle(e).display !== 'inline')
  .map(e => {
    const target = e.matches('.row-link, .tile-link') ? e.closest('li, article') : e.closest('label') ?? e;
    const box = target.getBoundingClientRect();
    return [e.outerHTML.slice(0, 90), box.width, box.height];
  })
  .filter(([, width, height]) => width < 43.5 || height < 43.5)"""
TEXT_OVER_TEXT = """() => {
  const lines = [];
  const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const of = text.parentElement;
    if (!text.data.trim() || of.closest('.unseen, .skip, .tile, .stage, svg')) continue;
    if (!of.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) lines.push([box, text.data.trim().slice(0, 40), of]);
  }
  return lines.flatMap(([a, words, of], index) => lines.slice(index + 1)
    .filter(([b, , other]) => other !== of
      && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6)
    .map(([, others]) => `"${words}" lies over "${others}"`));
}"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

PAGES: list[tuple[str, str, str]] = [
    ("live", "/", ".alert-row"),
    ("camera", "/cameras/door", ".people li strong"),
    ("camera-offline", "/cameras/lift", ".not-watching"),
    ("alerts", "/alerts", ".alert-row"),
    ("add", "/add", "#url"),
    ("settings", "/settings", ".segments"),
    ("login", "/login", "#password"),
    ("publish", "/publish/door", ".publish-actions button"),
    ("missing", "/alerts/no-such-alert", ".empty"),
]
LOOKS: dict[str, dict[str, Any]] = {
    "desk-light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "desk-dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone-light": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
    "phone-dark-id": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "locale": "id-ID"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_for_everybody(
    look: str,
    house: MaskwatchServer,
    chromium: Callable[..., Browser],
    watched_context: Callable[..., WatchedContext],
) -> None:
    # The page of an alert that is gone is asked for on purpose.
    settings = LOOKS[look]
    page = watched_context(chromium(), allowed=["404 (Not Found)"], reduced_motion="reduce", **settings).page()
    faults: dict[str, Any] = {}
    (alert, *_) = page.request.get(f"{house.url}/api/v1/alerts?camera=door").json()["alerts"]
    for name, path, sign in [*PAGES, ("alert", f"/alerts/{alert['id']}", ".why li, .history li")]:
        page.goto(house.url + path)
        page.locator(sign).first.wait_for()
        page.screenshot(path=ARTIFACTS / f"{name}-{look}.png")
        found: list[Any] = axe_faults(page)
        if sideways := page.evaluate(SIDEWAYS):
            found.append(f"scrolls sideways by {sideways} px")
        found += page.evaluate(TEXT_OVER_TEXT)
        if settings.get("has_touch"):
            found += page.evaluate(SMALL_TARGETS)
        if found:
            faults[name] = found
    assert not faults, json.dumps(faults, indent=1)


def axe_faults(page: Page) -> list[Any]:
    # Evaluated by the debugger and not added as a script: the page's policy would refuse that, as it should.
    page.evaluate(AXE.read_text())
    return list(page.evaluate(FIND_FAULTS, RULES))


def test_dialogs_are_for_everybody(
    house: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    page = watched_context(chromium(), viewport={"width": 1440, "height": 900}).page()
    page.goto(house.url)
    page.locator(".tile").first.wait_for()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.screenshot(path=ARTIFACTS / "keys.png")
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_the_keyboard_alone_is_enough(
    house: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    page = watched_context(chromium(), viewport={"width": 1440, "height": 900}).page()
    page.goto(house.url)
    page.locator(".alert-row").first.wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("j")
    row = page.locator(".alert-row").first
    expect(row.locator(".row-link")).to_be_focused()
    page.keyboard.press("e")
    expect(row.locator(".acknowledged")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    page.keyboard.press("l")
    expect(page).to_have_url(house.url + "/")
    page.keyboard.press("n")
    page.locator("#url").focus()
    # Typing is typing, not commanding.
    page.keyboard.type("lnas?")
    expect(page.locator("#url")).to_have_value("lnas?")
    expect(page).to_have_url(house.url + "/add")


def test_keys_can_be_switched_off(
    house: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    page = watched_context(chromium()).page()
    page.goto(house.url + "/settings")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.locator("#main").focus()
    page.keyboard.press("a")
    expect(page).to_have_url(house.url + "/settings")


def test_the_page_speaks_indonesian_when_asked_and_keeps_the_choice(
    house: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    page = watched_context(chromium(), viewport={"width": 1440, "height": 900}).page()
    page.goto(house.url + "/settings")
    page.get_by_label("Bahasa Indonesia").check(force=True)
    expect(page.get_by_role("heading", name="Pengaturan")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Peringatan")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "id"


def test_the_theme_is_the_systems_until_it_is_chosen(
    house: MaskwatchServer, chromium: Callable[..., Browser], watched_context: Callable[..., WatchedContext]
) -> None:
    page = watched_context(chromium(), color_scheme="dark").page()
    page.goto(house.url + "/settings")
    background = "getComputedStyle(document.body).backgroundColor"
    page.locator(".segments").first.wait_for()
    dark = page.evaluate(background)
    page.get_by_label("Light").check(force=True)
    assert page.evaluate(background) != dark
    page.emulate_media(color_scheme="light")
    page.reload()
    page.get_by_label("Dark").check(force=True)
    assert page.evaluate(background) == dark
