"""Lists in a real browser: walked by keyboard, opened by a press; on a phone what is opened lies on top."""

import pytest
from playwright.sync_api import Page, expect

from loop import desk, engine, wiring
from loop.records import Actor, Changes, Role, Split
from loop.settings import Settings
from storage.store import AgentStore
from tests.browser.conftest import Served, Visits, settled
from tests.browser.pressing import counted, ready
from tests.screens.test_cases_page import case

pytestmark = pytest.mark.browser

DANA = Actor(name="dana", role=Role.ADMIN)
PHONE = {"width": 390, "height": 844}
LISTS = {"feedback": ("feedback", "f"), "cases": ("cases?section=Cases", "case"), "activity": ("activity", "e")}
"""By page: its address, and the name under which the address carries what is open."""


def seeded(served: Served, slug: str) -> AgentStore:
    store = served.agent(slug)
    store.commit(Changes(cases=tuple(case(n, Split.DEV, agent=slug) for n in range(60))))
    return store


def address(path: str, slug: str) -> str:
    return f"/{path}{'&' if '?' in path else '?'}agent={slug}"


def tap(page: Page, place: int) -> str:
    """Press the row at this place with the mouse or a finger; its id."""
    row = page.locator("[role=option]").nth(place)
    row.scroll_into_view_if_needed()
    row.click()
    page.wait_for_timeout(300)
    settled(page)
    return str(row.get_attribute("data-id"))


@pytest.mark.parametrize("name", LISTS)
def test_every_long_list_is_walked_by_keyboard_opened_by_enter_or_a_press_and_closed(
    served: Served, visits: Visits, name: str
) -> None:
    path, param = LISTS[name]
    seeded(served, f"lists-{name}")
    page = visits(address(path, f"lists-{name}"))
    sent = counted(page)
    ready(page)
    before = len(sent.frames)
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    wanted = page.locator("[role=option].is-active").get_attribute("data-id")
    assert wanted == page.locator("[role=option]").nth(1).get_attribute("data-id")
    assert len(sent.frames) == before, "moving in a list asks nothing of the server"
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    settled(page)
    assert f"{param}={wanted}" in page.url
    pressed = tap(page, 3)
    assert f"{param}={pressed}" in page.url
    ready(page)
    page.keyboard.press("Escape")
    settled(page)
    assert f"{param}=" not in page.url


@pytest.mark.parametrize("name", LISTS)
def test_on_a_phone_what_is_opened_lies_over_the_list_and_closing_it_leaves_one_where_one_was(
    served: Served, visits: Visits, name: str
) -> None:
    path, param = LISTS[name]
    seeded(served, f"phone-{name}")
    page = visits(address(path, f"phone-{name}"))
    page.set_viewport_size(PHONE)
    settled(page)
    tapped = tap(page, 12)
    assert f"{param}={tapped}" in page.url
    close = page.get_by_role("button", name="Close", exact=False).first
    expect(close).to_be_in_viewport()
    close.click()
    settled(page)
    expect(page.locator(f"[role=option][data-id='{tapped}']")).to_be_in_viewport(timeout=5_000)


def test_an_answer_to_correct_is_chosen_by_a_press_and_j_still_goes_to_the_next(served: Served, visits: Visits) -> None:
    served.agent("chosen")
    page = visits("/corrections?agent=chosen")
    rows = page.locator("[role=option]")
    ids = [one.get_attribute("data-id") for one in rows.all()]
    assert tap(page, 2) == ids[2]
    assert f"c={ids[2]}" in page.url
    ready(page)
    page.keyboard.press("j")
    page.wait_for_timeout(300)
    settled(page)
    assert f"c={ids[3]}" in page.url


def test_a_tried_answer_is_corrected_as_any_other_word_by_word_and_by_keyboard(served: Served, visits: Visits) -> None:
    store = served.agent("tried")
    parts = wiring.parts_for(Settings(), served.database, "tried")
    made = [desk.ask_versions(parts, actor=DANA, question=f"Where is my parcel {n}?", numbers=(0,)) for n in range(2)]
    for probe in made:
        store.end_probe(engine.answer_probe(parts, probe))
    page = visits(f"/try?agent=tried&t={made[0].id}")
    assert tap(page, 0) == made[1].id
    ready(page)
    page.keyboard.press("e")
    box = page.get_by_label("What it should have said")
    expect(box).to_be_focused()
    page.keyboard.type(" And thank you.")
    expect(page.locator(".rt-editor-diff ins")).to_contain_text("And thank you.")
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    settled(page)
    box.focus()
    page.keyboard.press("Control+Enter")
    settled(page)
    expect(page.get_by_text("Correction saved.")).to_be_visible()
    (said,) = [one.feedback for one in store.feedback() if one.feedback.author == "dana"]
    assert said.text.endswith("And thank you.")
    assert said.reason == "Incomplete"


def test_words_before_the_first_one_leave_it_unmarked_while_one_types(served: Served, visits: Visits) -> None:
    served.agent("greeting")
    page = visits("/corrections?agent=greeting&c=i8")
    ready(page)
    page.keyboard.press("e")
    page.keyboard.press("Control+Home")
    page.keyboard.type("Dear Ann, ")
    inserted = page.locator(".rt-editor-diff ins")
    expect(inserted).to_have_text(" inserted: Dear Ann, ", timeout=5_000)
    expect(page.locator(".rt-editor-diff del")).to_have_count(0)
    expect(page.locator(".rt-editor-sum")).to_have_text("2 words added, 0 words removed")
    for _ in range(len("Ann, ")):
        page.keyboard.press("Backspace")
    page.keyboard.press("Control+Shift+End")
    page.keyboard.press("Delete")
    expect(page.locator(".rt-editor-diff del").first).to_be_visible(timeout=5_000)
