"""What a reader of Review sees without pressing: the list that follows, digits on buttons, tables on a phone."""

import re

import pytest
from playwright.sync_api import Browser, expect

from loop import desk, wiring
from loop.records import Actor, Role
from loop.settings import Settings
from tests.browser.conftest import Served, Visits, settled
from tests.browser.test_review_desk import high, low
from tests.desk_process import PATIENCE

pytestmark = pytest.mark.browser

ANA = Actor(name="ana", role=Role.APPROVER)


def test_the_list_beside_follows_what_others_decide(served: Served, visits: Visits) -> None:
    store = served.agent("follows")
    parts = wiring.parts_for(Settings(database_url=str(served.database.engine.url)), served.database, "follows")
    page = visits(f"/review?agent=follows&p={low(store)}")
    listed = page.locator(".st-key-queue label", has_text="Start refunds in chat")
    expect(listed).to_have_count(1)
    item = store.proposal(high(store))
    desk.reject(parts, item.proposal.id, actor=ANA, seen_digest=item.evidence_digest, reason="Not in chat.")
    expect(listed).to_have_count(0)
    expect(page.get_by_role("heading", name=re.compile("Learn 46 ways"))).to_be_visible()


def test_a_digit_stands_on_every_button_that_one_presses(served: Served, visits: Visits) -> None:
    store = served.agent("digits-shown")
    page = visits(f"/review?agent=digits-shown&p={low(store)}")
    shown = "all => all.map(one => getComputedStyle(one, '::after').content)"
    answers = page.locator("[class*=st-key-answers-] [data-testid=stButtonGroup] button")
    assert len(set(answers.evaluate_all(shown))) == 1
    assert "digit" in answers.evaluate_all(shown)[0]
    page.keyboard.press("x")
    reasons = page.locator("[class*=st-key-categories-] [data-testid=stButtonGroup] button")
    expect(reasons).to_have_count(6)
    assert "digit" in reasons.evaluate_all(shown)[-1]
    expect(page.get_by_role("button", name="Tone", exact=True)).to_have_count(1)


def test_what_undo_would_take_back_stands_beside_it_in_the_same_row(served: Served, visits: Visits) -> None:
    store = served.agent("beside")
    page = visits(f"/review?agent=beside&p={low(store)}")
    page.keyboard.press("a")
    expect(page.locator(".st-key-way-back")).to_contain_text("Learn 46 ways")
    settled(page)
    undo = page.locator(".st-key-undo").bounding_box()
    beside = page.locator(".st-key-way-back").bounding_box()
    assert undo is not None
    assert beside is not None
    assert abs((undo["y"] + undo["height"] / 2) - (beside["y"] + beside["height"] / 2)) < undo["height"] / 2
    assert beside["x"] > undo["x"]


def test_a_wide_table_stands_as_a_list_on_a_phone(served: Served, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1_000)
    page.goto(f"{served.address}/releases?agent=desk")
    settled(page)
    cells = page.locator("table.rt-many td").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert cells
    assert min(width for width in cells if width) > 250, "no cell is a column of single words"
    heads = (
        page.locator("table.rt-many tr >> nth=1").locator("td").evaluate_all("all => all.map(one => one.dataset.head)")
    )
    assert "Right on sealed cases" in heads, "each cell says what it is"
    context.close()
