"""What the page of Review says of a change: counted right, read once, in plain words, with who decided and why."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from dashboard.components.review import actions, changes, evidence, people, remarks, results
from loop import desk, roles
from loop.change import diff
from loop.errors import NotAllowed
from loop.ports import Parts
from loop.records import (
    Actor,
    Bundle,
    Changes,
    Decision,
    Example,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Role,
    StakesLevel,
    Verdict,
)
from loop.records.approvals import Approvals
from loop.records.cards import Card, WeeklyReach
from storage.store import AgentStore
from tests import builders
from tests.screens import seed
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words
from tests.screens.test_decisions import high, low

ANA = Actor(name="ana", role=Role.APPROVER)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """These presses are far apart; held keys have tests of their own."""
    monkeypatch.setattr(actions, "QUIET", 0.0)
    monkeypatch.setattr(actions, "SETTLED", 0.0)


def test_new_examples_with_one_answer_are_read_once_with_every_question() -> None:
    new = tuple(Example(id=f"n{n}", question=f"When {n}?", answer="It takes 5 days.") for n in range(7))
    other = Example(id="o", question="Where?", answer="At the door.")
    shown = changes.folded(diff.changes(Bundle(), Bundle(examples=(*new, other))))
    assert [(one.change.element_id, len(one.alike)) for one in shown] == [("n0", 6), ("o", 0)]
    html = changes.render(shown, layout="Side by side", left="Live", right="Proposed")
    assert html.count("It takes 5 days") == 1
    assert "one answer to 7 questions" in html
    assert all(f"When {n}?" in html for n in range(7))
    offered = remarks.places([one.change for one in shown])
    assert not [one for one in offered if "When 3" in one], "a line that is not drawn carries no comment"


def test_the_line_a_comment_is_about_is_offered_as_it_is_written(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    button(app, "comment-").click().run()
    about = next(one for one in app.selectbox if (one.key or "").startswith("comment-on-"))
    assert [one for one in about.options if "line 5: " in one]
    assert not [one for one in about.options if "\\" in one]


def test_what_was_decided_is_counted_without_what_was_taken_back(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    title = workspace.proposal(low(workspace)).proposal.title
    assert "you decided" not in page_words(app)
    button(app, "approve-").click().run()
    assert "you decided 1" in page_words(app)
    assert f"“{title[:20]}" in page_words(app), "the key says what it undoes"
    button(app, "undo").click().run()
    assert "you decided" not in page_words(app)
    button(app, "approve-").click().run()
    assert "you decided 1" in page_words(app)


def test_what_is_decided_waits_no_more_and_says_by_whom_and_why(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    digest = workspace.proposal(low(workspace)).evidence_digest
    chips = page_words(opens("review", p=low(workspace))).partition("Proved better")[0]
    assert chips.count("waits ") == 2
    desk.reject(parts, low(workspace), actor=ANA, seen_digest=digest, categories=("tone",), reason="Too curt for us.")
    told = page_words(opens("review", p=low(workspace))).partition("Proved better")[0]
    assert "ana rejected it, " in told
    assert "(tone) “Too curt for us.”" in told
    assert told.count("waits ") == 1, "only that every change waits for a person"


def test_the_second_of_two_reads_what_the_first_wrote() -> None:
    item = ProposalItem(proposal=builders.proposal(), state=ProposalState.WAITING)
    first = Decision(
        id="d1",
        agent="desk",
        proposal_id=item.proposal.id,
        verb="endorse",
        actor=ANA,
        reason="Legal agrees.",
        seen_digest=item.evidence_digest,
        at=datetime(2026, 11, 22, tzinfo=UTC),
        effective_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    store = SimpleNamespace(decisions=lambda _: [first])
    (told,) = people.told(item, approvals=Approvals(needed=2, given=("ana",)), store=store)  # type: ignore[arg-type]
    assert told.startswith("ana approved it, ")
    assert told.endswith("“Legal agrees.” A second person has to approve it too.")
    assert people.told(item, approvals=Approvals(needed=2), store=store) == [  # type: ignore[arg-type]
        "It takes two people to approve it."
    ]
    assert people.told(item, approvals=Approvals(needed=1), store=store) == []  # type: ignore[arg-type]


def test_an_empty_clash_list_says_what_it_looked_at_and_what_it_does_not_see(
    workspace: AgentStore, opens: Opens
) -> None:
    item = workspace.proposal(low(workspace))
    card = Card(sentence="It says more.", reach=WeeklyReach(per_week=3))
    made = seed.report(item.proposal, verdict=Verdict.PROVED, seed=15).model_copy(update={"card": card})
    workspace.commit(Changes(reports=(made,)))
    told = page_words(opens("review", p=low(workspace)))
    assert "Nothing live was found that says otherwise" in told
    assert "not what contradicts in other ways" in told


def test_what_each_filter_would_show_is_counted_beside_the_list(workspace: AgentStore, opens: Opens) -> None:
    waiting = workspace.proposals([ProposalState.WAITING])
    high_stakes = [one for one in waiting if one.proposal.stakes.level is StakesLevel.HIGH]
    told = page_words(opens("review"))
    assert f"{len(waiting)} wait: {len(high_stakes)} high stakes, " in told
    app = opens("review")
    shown = app.segmented_control(key="show").set_value("Not recommended").run().radio(key="queue").options
    assert f", {len(shown)} not recommended." in told


def test_what_is_being_tested_again_is_not_said_to_be_decided(workspace: AgentStore, opens: Opens) -> None:
    waiting = workspace.proposals([ProposalState.WAITING])
    again = [
        one.proposal.model_copy(update={"id": f"again-{one.proposal.id}", "replaces": one.proposal.id})
        for one in waiting
    ]
    was, now = ProposalState.WAITING, ProposalState.STALE
    moves = tuple(ProposalMove(proposal_id=one.proposal.id, was=was, now=now, reason="v9.") for one in waiting)
    workspace.commit(Changes(proposals=tuple(again)))
    workspace.commit(Changes(proposal_moves=moves))
    told = page_words(opens("review"))
    assert f"Being tested again, 0 of {len(again)}." in told
    assert "Nothing waits right now" in told
    assert "is decided" not in told


def test_the_tab_of_what_a_change_rests_on_says_how_much_that_is(workspace: AgentStore) -> None:
    item = workspace.proposal(low(workspace))
    assert evidence.tabs(item)[0] == f"Feedback behind it {len(item.proposal.evidence)}"


def test_no_difference_is_not_told_as_a_gain_of_nothing() -> None:
    made = builders.report(builders.proposal(), expected_gain=0.0)
    assert "Expect as many right as now." in results.moved(made)
    assert "0.0 of 100" not in results.moved(made)


def test_who_may_not_is_told_so_in_plain_words() -> None:
    with pytest.raises(NotAllowed, match="may not approve a change of high stakes"):
        roles.check(Actor(name="rob", role=Role.REVIEWER), "decide_high")
