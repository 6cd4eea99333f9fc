"""The keyboard, in a real browser: one press is one request, late letters reach nothing, every form is left by Esc."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from loop.records import FeedbackState
from storage.store import AgentStore
from tests.browser.conftest import Served, Visits, settled
from tests.browser.pressing import FIRST_BOX, FORM, WAYS, bound, counted, ready
from tests.browser.test_review_desk import by_dana, high, low

pytestmark = pytest.mark.browser


def focus_box(page: Page) -> None:
    page.locator(FIRST_BOX).first.focus()


def focus_pill(page: Page) -> None:
    page.locator(f"{FORM} [data-testid=stButtonGroup] button").first.focus()


def focus_nothing(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")


# one press of Ctrl+Enter in every form: one request, one row ---------------------------------------------------------
def approve_with_reason(page: Page, store: AgentStore) -> Callable[[], int]:
    page.goto(page.url.split("?")[0] + f"?agent={store.agent.slug}&p={high(store)}")
    settled(page)
    ready(page)
    page.keyboard.press("a")
    expect(page.get_by_label("Reason", exact=True)).to_be_focused()
    page.keyboard.type("I read thirty answers.")
    return lambda: len([one for one in by_dana(store) if one.verb == "approve"])


def reject(page: Page, store: AgentStore) -> Callable[[], int]:
    page.goto(page.url.split("?")[0] + f"?agent={store.agent.slug}&p={low(store)}")
    settled(page)
    ready(page)
    page.keyboard.press("x")
    expect(page.get_by_label("In your words")).to_be_focused()
    page.keyboard.type("It reads like a bad joke.")
    return lambda: len([one for one in by_dana(store) if one.verb == "reject"])


def edit(page: Page, store: AgentStore) -> Callable[[], int]:
    before = len(store.proposals())
    page.goto(page.url.split("?")[0] + f"?agent={store.agent.slug}&p={high(store)}")
    settled(page)
    ready(page)
    page.keyboard.press("e")
    page.wait_for_selector(FORM)
    settled(page)
    page.locator(f"{FORM} textarea").nth(1).focus()  # the first is the line it replaces
    page.keyboard.press("Control+End")
    page.keyboard.type(" Be kind.")
    return lambda: len(store.proposals()) - before


def correct(page: Page, store: AgentStore) -> Callable[[], int]:
    page.goto(page.url.replace("/review", "/corrections").split("?")[0] + f"?agent={store.agent.slug}&c=i8")
    settled(page)
    ready(page)
    page.locator(f"{FORM} textarea").first.focus()
    page.keyboard.type(" And thank you.")
    return lambda: len([one for one in store.feedback() if one.feedback.author == "dana"])


def judge(page: Page, store: AgentStore) -> Callable[[], int]:
    page.goto(page.url.replace("/review", "/feedback").split("?")[0] + f"?agent={store.agent.slug}&f=f7")
    settled(page)
    ready(page)
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.keyboard.type("I know this customer.")
    return lambda: len(
        [
            one
            for one in store.feedback_items(["f7"])["f7"].flags
            if one.detector == "person" and store.feedback_items(["f7"])["f7"].state is FeedbackState.RELEASED
        ]
    )


FORMS = {
    "approve with a reason": approve_with_reason,
    "reject": reject,
    "edit": edit,
    "correct": correct,
    "judge": judge,
}


@pytest.mark.parametrize(
    ("form", "way"), [*((form, "held") for form in FORMS), ("reject", "once"), ("reject", "twice at once")]
)
def test_one_press_of_ctrl_enter_is_one_request_and_one_row(
    form: str, way: str, served: Served, visits: Visits
) -> None:
    store = served.agent(f"sends-{list(FORMS).index(form)}-{list(WAYS).index(way)}")
    page = visits(f"/review?agent={store.agent.slug}")
    sent = counted(page)
    rows = FORMS[form](page, store)
    assert sent.since(lambda: WAYS[way](page, "Control+Enter"), page) == 1
    assert rows() == 1
    assert page.get_by_test_id("stAlert").filter(has_text="not waiting").count() == 0


@pytest.mark.parametrize(
    ("place", "key"),
    [(focus_box, "Meta+Enter"), (focus_pill, "Control+Enter"), (focus_nothing, "Control+Enter")],
    ids=["a box, by Cmd", "a pill", "nothing"],
)
def test_a_form_is_sent_wherever_the_focus_is(
    place: Callable[[Page], None], key: str, served: Served, visits: Visits
) -> None:
    store = served.agent(f"focus-{place.__name__.replace('_', '-')}-{key[:4].lower()}")
    page = visits(f"/review?agent={store.agent.slug}")
    sent = counted(page)
    rows = reject(page, store)
    place(page)
    assert sent.since(lambda: page.keyboard.press(key), page) == 1
    assert rows() == 1
    assert f"p={low(store)}" not in page.url, "the next item comes"
    page.wait_for_timeout(700)
    page.keyboard.press("u")
    settled(page)
    assert f"p={low(store)}" in page.url, "and undo brings this one back"


def test_a_double_click_on_send_is_one_request(served: Served, visits: Visits) -> None:
    store = served.agent("clicked")
    page = visits("/review?agent=clicked")
    sent = counted(page)
    rows = reject(page, store)
    button = page.locator(FORM).get_by_role("button", name="Reject")
    assert sent.since(lambda: button.dblclick(), page) == 1
    assert rows() == 1


# letters ------------------------------------------------------------------------------------------------------------
def test_letters_pressed_while_the_next_item_is_drawn_press_nothing(served: Served, visits: Visits) -> None:
    store = served.agent("late")
    page = visits("/review?agent=late")
    reject(page, store)
    page.keyboard.press("Control+Enter")
    page.keyboard.type("axeau", delay=5)
    settled(page)
    assert [one.verb for one in by_dana(store)] == ["reject"]
    assert page.locator(FORM).count() == 0


def test_letters_typed_before_the_box_is_there_are_in_the_box(served: Served, visits: Visits) -> None:
    store = served.agent("early")
    page = visits(f"/review?agent=early&p={low(store)}")
    ready(page)
    page.keyboard.press("x")
    page.keyboard.type("a bad joke, Karl", delay=5)
    settled(page)
    expect(page.get_by_label("In your words")).to_have_value("a bad joke, Karl")
    assert by_dana(store) == []


def test_a_late_word_never_lands_in_the_next_case(served: Served, visits: Visits) -> None:
    store = served.agent("next")
    page = visits("/review?agent=next")
    correct(page, store)
    page.keyboard.press("Control+Enter")
    page.keyboard.type("and this comes too late, xmen", delay=60)  # on over the moment the next case is drawn
    settled(page)
    expect(page.get_by_text("Correction saved.")).to_be_visible()
    box = page.locator(f"{FORM} textarea").first
    assert "late" not in box.input_value()
    (said,) = [one.feedback.text for one in store.feedback() if one.feedback.author == "dana"]
    assert said.endswith("And thank you.")


# lists and corrections ------------------------------------------------------------------------------------------------
def test_a_list_is_walked_without_the_server_and_opened_by_enter(served: Served, visits: Visits) -> None:
    served.agent("walked")
    page = visits("/feedback?agent=walked")
    sent = counted(page)
    ready(page)
    before = len(sent.frames)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    active = page.locator("[role=option].is-active")
    expect(active).to_have_count(1)
    wanted = active.get_attribute("data-id")
    assert len(sent.frames) == before
    assert sent.since(lambda: page.keyboard.press("Enter"), page) == 1
    assert f"f={wanted}" in page.url
    page.keyboard.press("Escape")
    settled(page)
    assert "f=" not in page.url


def test_a_reason_is_read_whole_in_the_list(served: Served, visits: Visits) -> None:
    served.agent("reasons")
    page = visits("/feedback?agent=reasons&state=Needs+a+look")
    row = page.locator("[role=option][data-id=f7]")
    expect(row).to_contain_text("The same words came 14 times within 3 minutes from one network.")
    assert page.locator("[role=listbox]").evaluate("one => one.scrollHeight <= one.clientHeight + 1")


def test_the_ticked_ones_are_judged_together_and_no_tick_follows_to_another_page(
    served: Served, visits: Visits
) -> None:
    page = visits("/feedback?agent=desk")
    ready(page)
    for key in ("t", "j", "t", "o"):
        page.keyboard.press(key)
    settled(page)
    expect(page.get_by_text("2 items chosen.")).to_be_visible()
    page.get_by_role("button", name="Next page").click()
    settled(page)
    expect(page.get_by_text("items chosen.")).to_have_count(0)


def test_a_correction_is_marked_while_typing_said_of_alike_ones_and_taken_back(served: Served, visits: Visits) -> None:
    store = served.agent("answers")
    page = visits("/corrections?agent=answers&c=i8")
    sent = counted(page)
    ready(page)
    before = len(sent.frames)
    page.keyboard.press("e")
    box = page.get_by_role("textbox", name="What it should have said")
    expect(box).to_be_focused()
    assert box.input_value() == store.interactions(["i8"])["i8"].answer
    page.keyboard.type(" It takes four days.")
    expect(page.locator(".rt-editor-diff ins")).to_contain_text("It takes four days.")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    assert len(sent.frames) == before, "marks, focus and reasons ask nothing of the server"
    page.keyboard.press("Control+Enter")
    settled(page)
    assert "c=i8" not in page.url
    expect(page.locator(".st-key-last-said")).to_contain_text("A change takes 3 people")
    page.keyboard.press("m")
    settled(page)
    ready(page)
    page.keyboard.press("Control+Enter")
    settled(page)
    mine = [one for one in store.feedback() if one.feedback.author == "dana"]
    assert len(mine) > 1
    assert {one.feedback.reason for one in mine} == {"Out of date"}
    ready(page)
    page.keyboard.press("u")
    settled(page)
    assert {one.state for one in store.feedback() if one.feedback.author == "dana"} == {FeedbackState.EXCLUDED}
    assert "c=i8" in page.url


# leaving ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["x", "e"])
def test_escape_leaves_a_form_and_changes_nothing(key: str, served: Served, visits: Visits) -> None:
    store = served.agent(f"leaves-{key}")
    page = visits(f"/review?agent=leaves-{key}&p={low(store)}")
    ready(page)
    page.keyboard.press(key)
    page.wait_for_selector(FORM)
    ready(page)
    page.keyboard.press("Escape")
    expect(page.locator(FORM)).to_have_count(0)
    assert by_dana(store) == []


def test_the_list_of_keys_opens_and_closes_without_the_server(served: Served, visits: Visits) -> None:
    page = visits("/review?agent=desk")
    sent = counted(page)
    ready(page)
    before = len(sent.frames)
    for opens, closes in (("?", "Escape"), ("h", "h")):
        page.keyboard.press(opens)
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Approve")
        page.keyboard.press(closes)
        expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    assert len(sent.frames) == before


@pytest.mark.parametrize("path", ["/review?agent=desk", "/feedback?agent=desk&f=f7", "/corrections?agent=desk&c=i8"])
@pytest.mark.parametrize("opened", ["", "x", "e"], ids=["reading", "after X", "after E"])
def test_no_key_presses_two_things(path: str, opened: str, served: Served, visits: Visits) -> None:
    page = visits(path)
    ready(page)
    if opened:
        page.keyboard.press(opened)
        settled(page)
        ready(page)
    found = bound(page)
    assert found
    doubled = {key: some for key, some in found.items() if len(some) > 1}
    assert doubled == {}


def test_ten_answers_are_corrected_without_a_mouse(
    served: Served, visits: Visits, record_property: Callable[[str, object], None]
) -> None:
    store = served.agent("ten")
    page = visits("/corrections?agent=ten")
    sent, pressed, letters, seen = counted(page), 0, 0, []
    for _ in range(10):
        ready(page)
        settled(page)
        (case,) = parse_qs(urlparse(page.url).query).get("c", [""])
        seen.append(case)
        page.keyboard.press("e")
        expect(page.get_by_role("textbox", name="What it should have said")).to_be_focused()
        page.keyboard.type(" Thank you.")
        letters += len(" Thank you.")
        assert sent.since(lambda: page.keyboard.press("Control+Enter"), page) == 1
        pressed += 2
    said = [one.feedback for one in store.feedback() if one.feedback.author == "dana"]
    assert len(said) == 10
    assert len(set(seen)) == len({one.interaction_id for one in said}) == 10, "the next one comes by itself"
    record_property("keys", pressed)
    print(f"10 answers corrected with {pressed} keys and {letters} letters")
