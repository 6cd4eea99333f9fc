"""What a test found is withheld of practice: no page says it, or that it is practice, before the decision."""

import pytest

from loop.records import Changes, ProposalState
from storage.store import AgentStore
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words
from tests.screens.test_decisions import low, notices, patient, proposal

__all__ = ["patient"]

TITLE = "Answer every word “invoice”"


@pytest.fixture
def practice(workspace: AgentStore) -> str:
    """A change that its test found harmful, drawn back into the queue."""
    found = proposal(workspace, TITLE)
    assert workspace.proposal(found).state is ProposalState.WAITING
    workspace.commit(Changes(practice={found: "harmful"}))
    return found


def test_no_page_tells_what_its_test_found(workspace: AgentStore, opens: Opens, practice: str) -> None:
    app = opens("review", p=practice)
    pages = page_words(app) + page_words(button(app, "numbers").click().run())
    captions = next(one for one in app.radio if one.key == "queue").proto.captions
    assert "Judge by the answers" in pages
    assert [one for one in captions if "judge by the answers" in one]
    for told in ("Harmful", "Evidence: reject", "mid-p", "It breaks 61", "Expect", "practice"):
        assert told not in pages + " ".join(captions), told
    today = page_words(opens(""))
    assert TITLE in today
    assert "Harmful" not in today
    assert "Judge by the answers" in today


def test_the_history_does_not_tell_it_either(workspace: AgentStore, opens: Opens, practice: str) -> None:
    app = opens("review", p=practice)
    app.session_state[f"evidence-{practice}"] = "History"
    page = page_words(app.run())
    assert "Tested" in page
    assert "harmful" not in page


def test_it_is_told_when_it_was_decided(workspace: AgentStore, opens: Opens, practice: str) -> None:
    app = opens("review", p=practice)
    button(app, "approve-").click().run()
    assert "That was a practice change. Its test had found that it breaks answers." in notices(app)
    assert workspace.proposal(practice).state is ProposalState.SET_ASIDE


def test_of_a_change_like_any_other_the_verdict_stands(workspace: AgentStore, opens: Opens) -> None:
    page = page_words(opens("review", p=low(workspace)))
    assert "Judge by the answers" not in page
    assert "Proved better" in page
