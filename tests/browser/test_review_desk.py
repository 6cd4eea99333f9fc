"""What only a real browser shows: keys that are held, words typed and sent at once, two people, hostile text."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from dashboard.menu import SCREENS, Screen
from loop.records import Article, Changes, Decision, ProposalState, UpsertArticle, Verdict
from storage.store import AgentStore
from tests.browser.conftest import Served, Visits, settled
from tests.screens import seed

pytestmark = pytest.mark.browser


def low(store: AgentStore) -> str:
    return next(one.proposal.id for one in store.proposals() if "Learn 46 ways" in one.proposal.title)


def high(store: AgentStore) -> str:
    return next(one.proposal.id for one in store.proposals() if "Start refunds in chat" in one.proposal.title)


def by_dana(store: AgentStore) -> list[Decision]:
    return [one for one in store.decisions() if one.actor.name == "dana"]


def approve(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Approve")).first.click()


@pytest.mark.parametrize(("repeats", "pause"), [(70, 50), (4, 1_500)], ids=["fast", "slower than a page is drawn"])
def test_a_held_key_decides_once(served: Served, visits: Visits, repeats: int, pause: int) -> None:
    store = served.agent(f"held{repeats}")
    for name in ("Delivery", "Exchange"):  # what the next presses would reach
        article = Article(id=name.lower(), title=name, body=f"{name} takes two days.")
        seed.propose(store, (UpsertArticle(article=article),), title=f"Explain {name.lower()}", at=datetime.now(UTC))
    page = visits(f"/review?agent=held{repeats}&p={low(store)}")
    page.keyboard.down("a")
    for _ in range(repeats):
        page.wait_for_timeout(pause)
        page.keyboard.down("a")  # a second `down` without `up` is what a keyboard's repeat sends
    page.keyboard.up("a")
    settled(page)
    assert [one.verb for one in by_dana(store)] == ["approve"]
    assert [one.proposal.id for one in store.proposals([ProposalState.APPROVED])] == [low(store)]


def test_the_words_just_typed_are_the_words_that_are_kept(served: Served, visits: Visits) -> None:
    store = served.agent("typed")
    page = visits(f"/review?agent=typed&p={high(store)}")
    page.keyboard.press("a")
    box = page.get_by_label("Reason", exact=True)
    box.click()
    page.keyboard.type("I read thirty answers, and all of them are better.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Approved.")).to_be_visible()
    settled(page)
    assert [one.reason for one in store.decisions(high(store))] == [
        "I read thirty answers, and all of them are better."
    ]


def test_a_correction_is_sent_with_the_last_word(served: Served, visits: Visits) -> None:
    store = served.agent("corrected")
    page = visits("/corrections?agent=corrected&c=i8")
    page.get_by_role("textbox", name="What it should have said").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Your refund is on its way, today")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Correction saved.")).to_be_visible()
    said = [item.feedback.text for item in store.feedback() if item.feedback.author == "dana"]
    assert said == ["Your refund is on its way, today"]


def test_what_changes_between_look_and_click_is_never_approved(served: Served, visits: Visits) -> None:
    store = served.agent("moved")
    first = visits(f"/review?agent=moved&p={low(store)}")
    retested = seed.report(store.proposal(low(store)).proposal, verdict=Verdict.PROVED, seed=99)
    store.commit(Changes(reports=(retested,)))
    approve(first)
    settled(first)
    assert store.decisions(low(store)) == []
    assert store.proposal(low(store)).state is ProposalState.WAITING
    expect(first.get_by_text("changed since it was shown")).to_be_visible()
    first.keyboard.press("n")
    numbers = first.locator("[data-testid=stMain]")  # as it is read: what explains a word is hidden
    expect(numbers).to_contain_text("seed 99", use_inner_text=True)


def test_the_second_of_two_people_is_told_that_nothing_was_changed(served: Served, visits: Visits) -> None:
    store = served.agent("raced")
    address = f"/review?agent=raced&p={low(store)}"
    first, second = visits(address), visits(address)
    approve(first)
    settled(first)
    approve(second)
    settled(second)
    assert len(store.decisions(low(store))) == 1
    expect(second.get_by_test_id("stAlert")).to_be_visible()


def test_undo_takes_an_approval_back(served: Served, visits: Visits) -> None:
    store = served.agent("undone")
    page = visits(f"/review?agent=undone&p={low(store)}")
    page.keyboard.press("a")
    expect(page.get_by_text("Approved.")).to_be_visible()
    settled(page)
    page.wait_for_timeout(700)
    page.keyboard.press("u")
    settled(page)
    assert store.proposal(low(store)).state is ProposalState.WAITING
    assert f"p={low(store)}" in page.url


def test_letters_typed_into_a_form_press_no_button(served: Served, visits: Visits) -> None:
    store = served.agent("writing")
    page = visits(f"/review?agent=writing&p={high(store)}")
    page.keyboard.press("x")
    page.get_by_label("In your words").click()
    page.keyboard.type("axjku eh")
    page.wait_for_timeout(800)
    assert by_dana(store) == []
    expect(page.get_by_label("In your words")).to_have_value("axjku eh")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.title)
def test_a_page_opens_without_errors_and_without_asking_outside(screen: Screen, served: Served, visits: Visits) -> None:
    outside: list[str] = []
    console: list[str] = []
    page = visits(f"/{screen.path}?agent=desk", outside=outside, console=console)
    expect(page.get_by_text("Demo data").first).to_be_visible()
    assert outside == []
    assert console == []
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("address", ["/review?agent=desk", "/feedback?agent=desk&f=f7", "/corrections?agent=desk&c=i7"])
def test_hostile_words_are_seen_as_words(address: str, served: Served, visits: Visits) -> None:
    outside: list[str] = []
    page = visits(address, outside=outside)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.wait_for_timeout(500)
    expect(page.get_by_text('<img src="http://outside.invalid/x.png"').first).to_be_visible()
    assert page.locator('img[src*="outside.invalid"]').count() == 0
    assert outside == []
    assert dialogs == []


def test_approve_is_not_covered_by_anything(served: Served, visits: Visits) -> None:
    page = visits("/review?agent=desk")
    button = page.get_by_role("button", name=re.compile("Approve")).first
    box = button.bounding_box()
    assert box is not None
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('button')?.innerText ?? ''",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    assert "Approve" in on_top


def test_every_answer_forbids_framing_and_foreign_code(served: Served, visits: Visits) -> None:
    page = visits("/?agent=desk")
    for path in ("/", "/healthz", "/_stcore/health"):
        headers = page.request.get(f"{served.address}{path}").headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"].split("style-src")[0]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
