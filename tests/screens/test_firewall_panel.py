"""Feedback says how good the checks are, asks blind without showing what they say, and switches one with a press."""

from streamlit.testing.v1 import AppTest

from loop import desk
from loop.ports import Parts
from loop.records import Actor, Anatomy, Changes, Derived, EditPart, Kept, Role
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import page_words


def opened(opens: Opens) -> AppTest:
    """The page with its section about the checks open."""
    app = opens("feedback")
    app.session_state["firewall"] = True
    return app.run()


DANA = Actor(name="dana", role=Role.ADMIN, is_single_operator=True)


def test_the_panel_says_what_is_unknown_and_what_each_check_holds(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    assert "The checks are counted by the next turn." in page_words(opened(opens))
    panel = desk.recount_firewall(parts, actor=DANA)
    shown = page_words(opened(opens))
    assert f"{panel.held:,} of {panel.looked_at:,} items are held back" in shown
    assert "Unknown is not zero" in shown
    assert "Against known answers" in shown


def test_a_drawn_item_is_judged_with_one_press_and_shows_no_check(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    desk.recount_firewall(parts, actor=DANA)
    desk.draw_firewall_audit(parts, actor=DANA, n=3)
    app = opened(opens)
    assert "Judge blind: 1 of 3" in page_words(app)
    app.button(key="blind-sound").click().run()
    assert not app.exception
    (first,) = parts.store.firewall_verdicts(parts.store.firewall_audits()[0].id)
    assert (first.rater, first.says) == ("dana", "sound")
    assert "Judge blind: 2 of 3" in page_words(app)


def test_one_press_switches_a_check_off_and_the_next_on_again(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    desk.recount_firewall(parts, actor=DANA)
    app = opened(opens)
    for off in (("rate",), ()):
        app.button(key="switch-rate").click().run()
        assert not app.exception
        assert workspace.agent.limits.detectors_off == off
    assert [note.action for note in workspace.journal()][-2:] == ["set agent", "set agent"]


def test_an_edit_is_shown_taken_apart_in_plain_words(workspace: AgentStore, opens: Opens) -> None:
    anatomy = Anatomy(
        parts=(
            EditPart(kind="number", was="It takes 3 days.", now="It takes 5 days."),
            EditPart(kind="personal style", was="", now="Best, <b>Mia</b>"),
        ),
        cause="tool failure",
        why="tool order status failed and was not made good.",
        seconds=180.0,
    )
    workspace.commit(Changes(derived=Derived(kept=(Kept("anatomy", "f9", anatomy.model_dump(mode="json")),))))
    shown = page_words(opens("feedback", f="f9"))
    assert "A number: “It takes 3 days.” became “It takes 5 days.”" in shown
    assert "Personal style, never a rule: “Best, <b>Mia</b>” was put in" in shown
    assert "Taken over because a tool failed. tool order status failed and was not made good." in shown
    assert "The person answered 3 min later, on message 1." in shown
