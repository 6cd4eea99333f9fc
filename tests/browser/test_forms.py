"""Every other form of the screens: Ctrl+Enter held is one request and one row. (The five of Review: test_keys.)"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from loop import desk, engine, wiring
from loop.ports import Parts
from loop.records import Actor, Changes, Role, Split
from loop.settings import Settings
from storage.store import AgentStore
from tests.browser.conftest import Served, Visits, settled
from tests.browser.pressing import FORM, Sent, counted, held, ready
from tests.browser.test_review_desk import high, low
from tests.screens.test_cases_page import case

pytestmark = pytest.mark.browser

DANA = Actor(name="dana", role=Role.ADMIN)
DASHBOARD = Path(__file__).parents[2] / "dashboard"


def write(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def tick(page: Page, label: str) -> None:
    page.get_by_role("checkbox", name=label).focus()
    page.keyboard.press("Space")


def form_stands(page: Page) -> None:
    page.wait_for_selector(FORM)
    settled(page)


def open_key(page: Page, key: str) -> None:
    ready(page)
    page.keyboard.press(key)
    form_stands(page)
    ready(page)


def open_section(page: Page, name: str) -> None:
    page.locator("summary", has_text=name).click()
    settled(page)


def sealed_and_dev(store: AgentStore) -> None:
    store.commit(
        Changes(
            cases=tuple(case(n, Split.SEALED if n % 10 == 0 else Split.DEV, agent=store.agent.slug) for n in range(60))
        )
    )


def comment(page: Page, parts: Parts) -> None:
    open_key(page, "m")
    page.keyboard.type("Ask Rita first.")


def keep(page: Page, parts: Parts) -> None:
    open_key(page, "p")
    page.keyboard.press("1")


def draft(page: Page, parts: Parts) -> None:
    page.get_by_role("button", name="Draft a change").click()
    form_stands(page)
    page.locator(f"{FORM} textarea").first.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Say when the shop is closed.")
    write(page, "In one sentence, what changes?", "Say when the shop is closed")
    write(page, "Why?", "Customers stand before the door.")


def unlearn(page: Page, parts: Parts) -> None:
    open_section(page, "What it influenced")
    page.locator("[class*=st-key-in-unlearn-] input[type=text]").focus()
    page.keyboard.type("It was a mistake of ours.")
    tick(page, "I have read the list above")


def alike(page: Page, parts: Parts) -> None:
    ready(page)
    page.keyboard.press("e")
    page.keyboard.type(" And thank you.")
    page.keyboard.press("Control+Enter")
    settled(page)
    open_key(page, "m")


def protect(page: Page, parts: Parts) -> None:
    write(page, "Why?", "It must never go wrong.")


def audit(page: Page, parts: Parts) -> None:
    page.get_by_role("button", name="Begin: 30 questions").click()
    form_stands(page)
    page.locator(f"{FORM} input").first.focus()
    page.keyboard.type("refund")
    page.keyboard.press("Enter")


def keep_set(page: Page, parts: Parts) -> None:
    write(page, "Name", "2026-spring")


def burn(page: Page, parts: Parts) -> None:
    open_section(page, "Sealed cases")
    write(page, "Why?", "The lawyers ask for them.")
    tick(page, "Yes, their secrecy may go")


def try_it(page: Page, parts: Parts) -> None:
    write(page, "What would a customer ask?", "Where is my parcel 1?")


def correct_tried(page: Page, parts: Parts) -> None:
    head = parts.store.head().number
    asked = desk.ask_versions(parts, actor=DANA, question="Where is my parcel 1?", numbers=[head])
    parts.store.end_probe(engine.answer_probe(parts, asked))
    page.goto(f"{page.url.split('?')[0]}?agent={parts.store.agent.slug}&t={asked.id}")
    settled(page)
    write(page, "What it should have said", "It comes tomorrow.")


def make_key(page: Page, parts: Parts) -> None:
    write(page, "Which program gets it?", "billing")


def roll_back(page: Page, parts: Parts) -> None:
    write(page, "Why?", "Customers complain.")
    tick(page, "Yes, change what the agent answers with now")


def pause(page: Page, parts: Parts) -> None:
    write(page, "Why?", "We look at it first.")


def foresee(page: Page, parts: Parts) -> None:
    page.locator("[class*=st-key-in-settings-] input").last.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("240")


def model(page: Page, parts: Parts) -> None:
    page.locator("[class*=st-key-in-model-] input").first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("openai/gpt-4.1-mini")
    page.locator("[class*=st-key-in-model-] input").last.focus()
    page.keyboard.type("It is cheaper.")


Prepare = Callable[[Page, Parts], None]

FORMS: dict[str, tuple[str, Prepare, str]] = {
    "comment": ("review?p={low}", comment, "comment on proposal"),
    "keep some": ("review?p={high}", keep, "edit proposal"),
    "draft": ("review", draft, "draft proposal"),
    "unlearn": ("feedback?f=f7", unlearn, "unlearn"),
    "alike": ("corrections?c=i8", alike, "correct answer"),
    "protect": ("cases?case=case7", protect, "protect case"),
    "audit": ("cases?section=Blind+audit", audit, "answer audit"),
    "keep a set": ("cases?section=Import+and+export", keep_set, "keep case set"),
    "burn": ("cases?section=Import+and+export", burn, "export sealed cases"),
    "correct a tried one": ("try?", correct_tried, "correct answer"),
    "make a key": ("connect?how=http", make_key, "create key"),
    "roll back": ("releases", roll_back, "roll back"),
    "pause": ("loop", pause, "pause loop"),
}
"""By name: the page it is on, how it is filled in, and the action of the one entry its sending makes."""


def opened(name: str, path: str, served: Served, visits: Visits) -> tuple[Page, Parts, Sent]:
    store = served.agent(f"form-{name.replace(' ', '-')}")
    sealed_and_dev(store)
    place, _, more = path.format(low=low(store), high=high(store)).partition("?")
    page = visits(f"/{place}?agent={store.agent.slug}&{more}")
    settings = Settings(database_url=str(served.database.engine.url))
    return page, wiring.parts_for(settings, served.database, store.agent.slug), counted(page)


@pytest.mark.parametrize("name", FORMS)
def test_ctrl_enter_held_is_one_request_and_one_row(name: str, served: Served, visits: Visits) -> None:
    path, prepare, action = FORMS[name]
    page, parts, sent = opened(name, path, served, visits)
    prepare(page, parts)
    before = [one.action for one in parts.store.journal()].count(action)
    assert sent.since(lambda: held(page, "Control+Enter"), page) == 1
    assert [one.action for one in parts.store.journal()].count(action) == before + 1


def test_a_question_is_asked_once(served: Served, visits: Visits) -> None:
    page, parts, _ = opened("try it", "try", served, visits)
    try_it(page, parts)
    before = len(parts.store.probes(limit=50))
    held(page, "Control+Enter")
    expect(page.get_by_text("Being answered")).to_be_visible()
    assert len(parts.store.probes(limit=50)) == before + 1


@pytest.mark.parametrize(
    ("name", "path", "prepare", "says"),
    [
        ("settings", "loop", foresee, "Read what this changes, then save it."),
        ("model", "loop?part=Model", model, "Sent to the test."),
    ],
)
def test_a_form_of_the_loop_is_sent_once(
    name: str, path: str, prepare: Prepare, says: str, served: Served, visits: Visits
) -> None:
    page, parts, sent = opened(name, path, served, visits)
    prepare(page, parts)
    assert sent.since(lambda: held(page, "Control+Enter"), page) == 1
    expect(page.get_by_text(says)).to_be_visible()


def test_from_outside_ctrl_enter_sends_none_of_several_forms(served: Served, visits: Visits) -> None:
    page, parts, sent = opened("several", "loop", served, visits)
    page.evaluate("document.activeElement.blur()")
    before = len(parts.store.journal())
    assert sent.since(lambda: page.keyboard.press("Control+Enter"), page) == 0
    assert len(parts.store.journal()) == before


def test_every_form_of_the_screens_is_sent_by_ctrl_enter() -> None:
    for path in DASHBOARD.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        forms, sends = text.count("keys.open_form("), text.count("keys.show_send(") + text.count("how_ends(")
        assert sends >= forms, f"{path.name}: a form without a way to send it by keyboard"


def test_a_refusal_is_in_sight_where_the_form_was_sent(served: Served, visits: Visits) -> None:
    page, parts, _ = opened("refused", "review", served, visits)
    draft(page, parts)
    write(page, "Why?", "")
    page.keyboard.press("Backspace")
    page.keyboard.press("Control+Enter")
    settled(page)
    expect(page.get_by_text("A draft needs a rationale.")).to_be_in_viewport()
    expect(page.get_by_text("In one sentence, what changes?")).to_be_in_viewport()
