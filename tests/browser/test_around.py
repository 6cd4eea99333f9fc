"""What surrounds the pages, in a real browser: addresses nobody has, a worker that stops while somebody looks."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from dashboard.menu import SCREENS, Screen
from loop.jobs.fleet import Fleet
from loop.jobs.transact import make_engine
from tests.browser.conftest import Served, Visits, settled

COLOURS = "all => all.map(one => [one.innerText.trim(), getComputedStyle(one).backgroundColor])"
"""Name and background of each."""


def test_an_address_that_no_page_has_says_so_and_leads_to_today(visits: Visits, served: Served) -> None:
    page = visits("/review?agent=desk")
    answer = page.goto(f"{served.address}/nope?agent=desk")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    expect(page.get_by_text("/nope")).to_be_visible()
    page.get_by_role("link", name="Open Today").click()
    settled(page)
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()


def test_an_agent_nobody_has_is_said_and_another_one_opened_by_hand(visits: Visits) -> None:
    page = visits("/review?agent=nope")
    expect(page.get_by_text("There is no agent nope here.")).to_be_visible()
    page.get_by_role("button", name="Open desk", exact=True).click()
    settled(page)
    expect(page.get_by_text("There is no agent nope here.")).to_have_count(0)


def test_a_worker_that_stops_and_starts_is_said_on_the_open_page_without_a_reload(
    visits: Visits, served: Served
) -> None:
    engine = make_engine(served.database.engine.url.render_as_string())
    fleet = Fleet(engine, "worker-a", dead_seconds=10.0)
    try:
        fleet.join()
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE ratchet_worker SET beat_at = beat_at + 3600"))
        page = visits("/review?agent=desk")
        expect(page.get_by_text("The worker stopped")).to_have_count(0)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE ratchet_worker SET beat_at = beat_at - 7200"))
        expect(page.get_by_text("The worker stopped 1 hour ago", exact=False)).to_be_visible()
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE ratchet_worker SET beat_at = beat_at + 7200"))
        expect(page.get_by_text("The worker stopped")).to_have_count(0)
    finally:
        fleet.leave()
        engine.dispose()


@pytest.mark.parametrize("screen", {one.section: one for one in SCREENS}.values(), ids=lambda one: one.title)
def test_the_tab_names_the_page_and_the_menu_marks_its_section(visits: Visits, screen: Screen) -> None:
    page = visits(f"/{screen.path}?agent=desk")
    expect(page).to_have_title(f"{screen.title} · Ratchet")
    sections = page.get_by_test_id("stTopNavSection")
    marked = [name for name, colour in sections.evaluate_all(COLOURS) if colour != "rgba(0, 0, 0, 0)"]
    assert marked == [screen.section] * bool(screen.section)
