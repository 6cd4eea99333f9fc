"""Review by keyboard alone, in a real browser: the whole demo queue, each way of deciding, and what a phone shows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from loop import desk, engine, wiring
from loop.demo import story
from loop.demo.company import SLUG
from loop.policy import recommend
from loop.records import Actor, ProposalItem, ProposalState, Role
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests.browser.conftest import Served, Visits, settled
from tests.browser.pressing import QUIET, ready
from tests.browser.test_review_desk import high, low
from tests.desk_process import PATIENCE, Desk, running_desk

pytestmark = pytest.mark.browser

ANA = Actor(name="ana", role=Role.APPROVER)


class Keyboard:
    """Keys pressed one by one and counted; the mouse is never used."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.keys = 0
        """Presses that are commands."""
        self.letters = 0
        """Letters of the reasons that were written."""

    def press(self, key: str) -> None:
        ready(self._page)
        self._page.keyboard.press(key)
        self.keys += 1

    def write(self, text: str) -> None:
        self._page.keyboard.type(text)
        self.letters += len(text)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, AgentStore]]:
    """The demo as everybody gets it, with its screens."""
    folder: Path = tmp_path_factory.mktemp("demo")
    url = f"sqlite:///{folder / 'ratchet.db'}"
    database = Database.open(url)
    story.build(Settings(database_url=url), database, seed=0, fresh=True, now=wiring.utc_now())
    with running_desk(url, folder, environment={"RATCHET_OPERATOR": "dana"}) as served:
        yield served, database.store(SLUG)
    database.close()


def shown(page: Page) -> str:
    """Id of the change on the page."""
    return parse_qs(urlparse(page.url).query).get("p", [""])[0]


def decide(keyboard: Keyboard, page: Page, store: AgentStore, item: ProposalItem) -> str:
    """As the evidence says; what it leaves open is turned down."""
    if recommend(item.report, stakes=item.proposal.stakes).verb == "approve":
        keyboard.press("a")
        if desk.needs_reason(store, item):
            expect(page.get_by_label("Reason", exact=True)).to_be_focused()
            keyboard.write("I read what it fixes.")
            keyboard.press("Control+Enter")
        return "approve"
    keyboard.press("x")
    expect(page.get_by_label("In your words")).to_be_focused()
    keyboard.press("3")
    keyboard.press("Control+Enter")
    return "reject"


def test_the_whole_demo_queue_is_decided_without_a_mouse(
    demo: tuple[Desk, AgentStore], browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    served, store = demo
    waiting = [one.proposal.id for one in store.proposals([ProposalState.WAITING])]
    assert len(waiting) >= 5
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    name, value = served.cookie()
    context.add_cookies([{"name": name, "value": value, "url": served.address, "httpOnly": True, "sameSite": "Strict"}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1_000)
    expect.set_options(timeout=PATIENCE * 1_000)
    page.goto(f"{served.address}/review")
    settled(page)
    keyboard = Keyboard(page)
    verbs: dict[str, str] = {}
    while len(verbs) < len(waiting):
        now = shown(page)
        assert now not in verbs, "the next one comes by itself"
        verbs[now] = decide(keyboard, page, store, store.proposal(now))
        page.wait_for_function(f"() => !location.search.includes('p={now}')")
        settled(page)
    assert set(verbs) == set(waiting)
    for proposal_id, verb in verbs.items():
        made = store.decisions(proposal_id)
        assert [(one.verb, one.actor.name) for one in made] == [(verb, "dana")], "one press, one row"
    expect(page.get_by_text("Every proposed change is decided")).to_be_visible()
    record_property("keys", keyboard.keys)
    print(f"{len(waiting)} changes decided with {keyboard.keys} keys and {keyboard.letters} letters of reasons")
    assert keyboard.keys <= 3 * len(waiting)
    context.close()


def test_digits_open_the_answers_and_while_rejecting_the_reasons(served: Served, visits: Visits) -> None:
    store = served.agent("digits")
    page = visits(f"/review?agent=digits&p={low(store)}")
    ready(page)
    page.keyboard.press("4")
    settled(page)
    expect(page.get_by_role("radio", name="Still right")).to_be_checked()
    ready(page)
    page.keyboard.press("x")
    expect(page.get_by_label("In your words")).to_be_focused()
    ready(page)
    page.keyboard.press("4")
    page.keyboard.type("It reads like a bad joke.")
    page.keyboard.press("Control+Enter")
    settled(page)
    (made,) = store.decisions(low(store))
    assert (made.verb, made.categories, made.reason) == ("reject", ("tone",), "It reads like a bad joke.")


def test_an_edit_is_typed_against_the_proposal_and_sent_by_keyboard(served: Served, visits: Visits) -> None:
    store = served.agent("edited")
    page = visits(f"/review?agent=edited&p={high(store)}")
    ready(page)
    page.keyboard.press("e")
    box = page.locator("[data-testid=stForm] textarea").first
    expect(box).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Say so.")
    expect(page.locator(".rt-editor-diff ins").first).to_contain_text("Say so")
    page.keyboard.press("Control+Enter")
    page.wait_for_function(f"() => !location.search.includes('p={high(store)}')")
    settled(page)
    made = store.proposal(shown(page))
    assert made.state is ProposalState.DRAFTED
    assert "confirm the amount. Say so." in made.proposal.changes[0].after


def test_a_second_person_may_read_and_decides_when_the_first_has_gone(served: Served, visits: Visits) -> None:
    store = served.agent("leased")
    parts = wiring.parts_for(Settings(database_url=str(served.database.engine.url)), served.database, "leased")
    desk.view(parts, low(store), actor=ANA)
    page = visits(f"/review?agent=leased&p={low(store)}")
    expect(page.get_by_text("ana is looking at this change")).to_be_visible()
    page.keyboard.press("a")
    page.wait_for_timeout(1_000)
    assert store.decisions(low(store)) == []
    desk.leave(parts, low(store), actor=ANA)
    expect(page.get_by_text("ana is looking at this change")).to_have_count(0)
    ready(page)
    page.wait_for_timeout(QUIET)
    page.keyboard.press("a")
    settled(page)
    assert [one.verb for one in store.decisions(low(store))] == ["approve"]


def test_u_undoes_before_it_is_live_and_takes_the_release_back_after(served: Served, visits: Visits) -> None:
    store = served.agent("back")
    parts = wiring.parts_for(Settings(database_url=str(served.database.engine.url)), served.database, "back")
    before = store.bundle(store.head().digest)
    page = visits(f"/review?agent=back&p={low(store)}")
    for key in ("a", "u", "a"):
        ready(page)
        page.wait_for_timeout(QUIET)
        page.keyboard.press(key)
        settled(page)
    assert [one.verb for one in store.decisions(low(store))] == ["approve", "undo", "approve"]
    assert len(engine.apply_due(replace(parts, clock=lambda: parts.clock() + timedelta(hours=1)))) == 1
    live = store.head().number
    ready(page)
    page.keyboard.press("j")
    expect(page.get_by_role("button", name=f"Take v{live} back")).to_be_enabled()
    ready(page)
    page.wait_for_timeout(QUIET)
    page.keyboard.press("u")
    settled(page)
    assert store.bundle(store.head().digest) == before
    assert store.proposal(low(store)).state is ProposalState.UNDONE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_one_column_and_nothing_wider_than_itself(served: Served, browser: Browser, theme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme)  # type: ignore[arg-type]
    context.add_cookies([served.cookie()])
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1_000)
    page.goto(f"{served.address}/review?agent=desk")
    settled(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("one => one.scrollWidth <= one.clientWidth")
    sides = [page.locator(f".rt-case .rt-said >> nth={n}").bounding_box() for n in (0, 1)]
    assert sides[0] is not None
    assert sides[1] is not None
    assert sides[1]["y"] >= sides[0]["y"] + sides[0]["height"], "the proposed answer stands below the live one"
    queue = page.locator(".st-key-queue").bounding_box()
    assert queue is not None
    assert queue["y"] > sides[1]["y"], "the queue comes after the item"
    context.close()
