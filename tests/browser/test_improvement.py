"""The manager's page in a real browser: sections by keyboard and by address, files to take away, no rule broken."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from loop import improvement
from loop.records import Verdict
from tests.browser.accessibility import violations
from tests.browser.conftest import Opens, Served, Visits, settled
from tests.manager_world import World, waiting_item
from tests.screens import improving

pytestmark = pytest.mark.browser

BROKEN = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map((one) => one.top)).size > 1 ? cell.textContent : "";
}"""
"""The words of a cell that take more than one line."""
SECTIONS = ("Better", "Why", "Cost", "Next", "Months")


@pytest.fixture(scope="module")
def manager(served: Served) -> str:
    """An agent whose half year is known, by its name."""
    waiting = (waiting_item("large", verdict=Verdict.PROVED, gain=0.04, days=9),)
    store = served.agent("manager")
    improving.keep(store, improvement.overview(World(1, waiting=waiting).facts()))
    return store.agent.slug


def test_a_section_is_chosen_by_keyboard_and_stands_in_the_address(visits: Visits, manager: str) -> None:
    outside: list[str] = []
    console: list[str] = []
    page = visits(f"/improvement?agent={manager}", outside=outside, console=console)
    expect(page.get_by_text("On up to 800 fresh cases each")).to_be_visible()
    why = page.get_by_role("radio", name="Why").or_(page.get_by_role("button", name="Why", exact=True)).first
    why.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("What each release was worth")).to_be_visible()
    settled(page)
    assert "behind=Why" in page.url
    again = visits(page.url.removeprefix(page.url.split("/improvement")[0]))
    expect(again.get_by_text("What each release was worth")).to_be_visible()
    assert (outside, console) == ([], [])


def test_what_else_to_know_opens_by_keyboard(visits: Visits, manager: str) -> None:
    page = visits(f"/improvement?agent={manager}")
    more = page.locator("summary", has_text="What else to know").first
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("If what is asked is like the fresh cases")).to_be_visible()


def test_the_files_hold_what_the_page_says(visits: Visits, manager: str) -> None:
    page = visits(f"/improvement?agent={manager}")
    texts: dict[str, str] = {}
    for label in ("Report to print", "Numbers (CSV)"):
        with page.expect_download() as started:
            page.get_by_role("button", name=label).click()
        name = started.value.suggested_filename
        assert re.fullmatch(rf"{manager}-improvement-\d{{4}}-\d\d-\d\d\.(html|csv)", name)
        texts[label] = Path(started.value.path()).read_text(encoding="utf-8")
    assert "On up to 800 fresh cases each" in texts["Report to print"]
    rows = list(csv.DictReader(io.StringIO(texts["Numbers (CSV)"])))
    assert any(row["words"].startswith("On up to 800 fresh cases each") for row in rows)


def test_the_printed_report_asks_for_nothing_and_breaks_no_rule(visits: Visits, manager: str, served: Served) -> None:
    page = visits(f"/improvement?agent={manager}")
    told = improvement.stored_page(served.database.store(manager))
    assert told is not None
    asked: list[str] = []
    report = page.context.new_page()
    report.on("request", lambda request: asked.append(request.url))
    report.set_content(improvement.as_html(told, name="Manager <b>"))
    expect(report.get_by_role("heading", name="Manager <b>: is it improving?")).to_be_visible()
    assert report.locator("svg").count() == 3
    wide = report.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert (asked, wide) == ([], True)


def test_the_report_prints_on_one_sheet_and_breaks_no_date_or_month(opens: Opens) -> None:
    """Half a year with many decisions waiting, and one of short signals with an alarm."""
    waiting = tuple(waiting_item(f"w{n}", verdict=Verdict.PROVED, gain=0.04, days=9) for n in range(15))
    worlds = World(1, waiting=waiting), World(1, season=None, falls=0.12, waiting=waiting)
    report = opens()
    for world in worlds:
        report.set_content(improvement.as_html(improvement.overview(world.facts()), name="Desk"))
        printed = report.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1
        for width in (800, 390):
            report.set_viewport_size({"width": width, "height": 1000})
            assert report.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
            for one in report.locator("td.once").all():
                words = one.evaluate(BROKEN)
                assert words == "", "no date and no month is broken over lines"


@pytest.mark.parametrize("width", [1440, 390])
def test_no_section_breaks_a_rule_of_accessibility(visits: Visits, manager: str, width: int) -> None:
    page = visits(f"/improvement?agent={manager}")
    page.set_viewport_size({"width": width, "height": 1000})
    for behind in SECTIONS:
        page.goto(f"{page.url.split('/improvement')[0]}/improvement?agent={manager}&behind={behind}")
        settled(page)
        assert violations(page) == [], behind
