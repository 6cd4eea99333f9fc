"""On the Feedback page: what an item influenced is listed before anything can be unlearned, and only then once."""

from loop.records import FeedbackState
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import page_words


def test_the_list_comes_first_then_the_confirmation_and_it_can_be_undone(workspace: AgentStore, opens: Opens) -> None:
    app = opens("feedback", f="f1")
    app.session_state["influence-f1"] = True
    app.run()
    assert not app.exception
    assert "1 feedback item, by 1 person" in page_words(app)
    (press,) = (one for one in app.button if one.label == "Unlearn all of this")
    press.click().run()
    assert workspace.unlearnings() == [], "nobody said that the list was read"
    app.text_input(key="unlearn-why-f1").set_value("an attacker")
    app.checkbox(key="unlearn-sure-f1").check()
    next(one for one in app.button if one.label == "Unlearn all of this").click().run()
    assert not app.exception
    (made,) = workspace.unlearnings()
    assert workspace.feedback_items(["f1"])["f1"].state is FeedbackState.EXCLUDED
    next(one for one in app.button if one.label == "Undo the unlearning").click().run()
    assert workspace.unlearnings()[0].undone_at is not None
    assert workspace.feedback_items(["f1"])["f1"].state is FeedbackState.NEW
    assert made.reason == "an attacker"
