"""Every page for everybody: both themes, a desk and a phone, and the states in which people work."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from dashboard.menu import SCREENS, Screen
from tests.browser.accessibility import HEIGHT, THEMES, WIDTHS, plain_offences, violations
from tests.browser.conftest import Served, Visits, settled

pytestmark = pytest.mark.browser


def dressed(page: Page, theme: str, width: int) -> None:
    """The same page in this theme at this width."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.wait_for_function(
        """(isDark) => {
          const [r, g, b] = getComputedStyle(document.querySelector('[data-testid=stApp]'))
            .backgroundColor.match(/[0-9]+/g).map(Number);
          return (r + g + b < 380) === isDark;
        }""",
        arg=theme == "dark",
    )
    settled(page)


def offences(page: Page) -> str:
    """What axe finds in each theme at each width, a line each; empty when all is well."""
    found = []
    for theme in THEMES:
        for width in WIDTHS:
            dressed(page, theme, width)
            found += [f"{theme} {width}: {broken}" for broken in violations(page)]
    return "\n".join(found)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda one: one.path or "today")
def test_a_page_keeps_the_rules_in_both_themes_on_a_desk_and_on_a_phone(
    served: Served, visits: Visits, screen: Screen
) -> None:
    if found := offences(visits(f"/{screen.path}?agent=desk")):
        pytest.fail(found)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda one: one.path or "today")
def test_a_page_is_not_wider_than_a_phone_nor_at_twice_the_size(visits: Visits, screen: Screen) -> None:
    page = visits(f"/{screen.path}?agent=desk")
    for width in (390, 720):  # a phone; a desk of 1,440 pixels at 200 %
        page.set_viewport_size({"width": width, "height": HEIGHT})
        settled(page)
        assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        wide = page.evaluate(
            """() => [...document.querySelectorAll("[class^='rt-']")].filter((one) => {
              const box = one.getBoundingClientRect();
              return box.width && box.right > innerWidth + 1 && getComputedStyle(one).position !== 'absolute';
            }).map((one) => one.className).slice(0, 5)"""
        )
        assert wide == [], f"at {width} pixels"


FORMS: dict[str, Callable[[Page], None]] = {
    "rejecting": lambda page: page.keyboard.press("x"),
    "editing": lambda page: page.keyboard.press("e"),
    "the list of keys": lambda page: page.keyboard.press("h"),
}


@pytest.mark.parametrize("state", FORMS)
def test_a_form_keeps_the_rules_too(visits: Visits, state: str) -> None:
    page = visits("/review?agent=desk")
    page.wait_for_timeout(700)  # a press on a page only just drawn counts for nothing
    FORMS[state](page)
    settled(page)
    if found := offences(page):
        pytest.fail(found)


@pytest.mark.parametrize("path", ["/", "/review?agent=desk", "/open?link=no-such-link", "/nope"])
def test_the_door_keeps_the_rules(served: Served, browser: Browser, path: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{served.address}{path}")
    assert page.locator("[data-testid=stApp]").count() == 0, "nobody is let in here"
    assert page.locator("h1").count() == 1
    if found := plain_offences(page):
        pytest.fail(found)
    context.close()


def test_an_address_that_does_not_exist_keeps_the_rules(visits: Visits) -> None:
    if found := offences(visits("/review?agent=nope")):
        pytest.fail(found)
