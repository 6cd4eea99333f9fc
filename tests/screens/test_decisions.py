"""Deciding on a screen: what was shown is what is decided, once, and it can be taken back."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.review import actions, reading
from loop import desk, engine
from loop.ports import Parts
from loop.records import Actor, Changes, EditInstructions, FeedbackState, ProposalMove, ProposalState, Role, Verdict
from storage.store import AgentStore
from tests.screens import seed
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words, shortcuts

BEN = Actor(name="ben", role=Role.APPROVER)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """These presses are far apart; held keys have tests of their own."""
    monkeypatch.setattr(actions, "QUIET", 0.0)
    monkeypatch.setattr(actions, "SETTLED", 0.0)


def proposal(store: AgentStore, title: str) -> str:
    return next(item.proposal.id for item in store.proposals() if title in item.proposal.title)


def low(store: AgentStore) -> str:
    return proposal(store, "Learn 46 ways")


def high(store: AgentStore) -> str:
    return proposal(store, "Start refunds in chat")


def state(store: AgentStore, proposal_id: str) -> ProposalState:
    return store.proposal(proposal_id).state


def address(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def typed(app: AppTest, key: str, text: str) -> None:
    """What somebody typed into the text editor of this key."""
    app.session_state[key] = {"text": {"item": key, "text": text}}


def notices(app: AppTest) -> str:
    return " ".join(one.value.replace("\\", "") for one in [*app.toast, *app.error])


def test_approving_low_stakes_takes_one_press_and_shows_the_next(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    button(app, "approve-").click().run()
    assert state(workspace, low(workspace)) is ProposalState.APPROVED
    made = workspace.decisions(low(workspace))[-1]
    assert (made.verb, made.actor.name, made.actor.is_single_operator) == ("approve", "dana", True)
    assert made.seen_digest == workspace.proposal(low(workspace)).evidence_digest
    assert address(app, "p") != low(workspace)
    assert "Press U to undo" in notices(app)


def test_an_approval_can_be_taken_back_while_it_waits(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    button(app, "approve-").click().run()
    button(app, "undo").click().run()
    assert state(workspace, low(workspace)) is ProposalState.WAITING
    assert address(app, "p") == low(workspace)


def test_an_approval_that_could_not_go_live_is_shown_with_its_reason(workspace: AgentStore, opens: Opens) -> None:
    assert "Could not go live" not in page_words(opens(""))
    button(opens("review", p=low(workspace)), "approve-").click().run()
    reason = "The stored content is not the content that was approved."
    move = ProposalMove(proposal_id=low(workspace), was=ProposalState.APPROVED, now=ProposalState.STALE, reason=reason)
    workspace.commit(Changes(proposal_moves=(move,)))
    today = page_words(opens(""))
    assert "Could not go live" in today
    assert reason in today
    assert reason in page_words(opens("review", p=low(workspace)))


def test_high_stakes_ask_for_a_reason_before_anything_is_written(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    button(app, "approve-").click().run()
    assert state(workspace, high(workspace)) is ProposalState.WAITING
    assert not [one for one in app.button if (one.key or "").startswith("later")]
    button(app, "approve-send-").click().run()
    assert state(workspace, high(workspace)) is ProposalState.WAITING
    assert "needs a reason" in notices(app)
    app.text_area[0].set_value("I read thirty answers; all of them are better.")
    button(app, "approve-send-").click().run()
    assert state(workspace, high(workspace)) is ProposalState.APPROVED
    assert workspace.decisions(high(workspace))[-1].reason == "I read thirty answers; all of them are better."


def test_approving_against_the_evidence_asks_for_a_reason(workspace: AgentStore, opens: Opens) -> None:
    harmful = proposal(workspace, "Answer every word")
    app = opens("review", p=harmful)
    button(app, "approve-").click().run()
    assert state(workspace, harmful) is ProposalState.WAITING
    assert button(app, "approve-send-")


def test_a_rejection_keeps_its_reasons(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    button(app, "reject-").click().run()
    app.pills[0].set_value(["too_narrow", "tone"])
    app.text_area[0].set_value("It only helps one customer.")
    button(app, "reject-send-").click().run()
    made = workspace.decisions(low(workspace))[-1]
    assert (made.verb, made.categories, made.reason) == (
        "reject",
        ("too_narrow", "tone"),
        "It only helps one customer.",
    )
    button(app, "undo").click().run()
    assert state(workspace, low(workspace)) is ProposalState.WAITING


def test_a_rejection_without_a_reason_is_refused_and_the_form_stays(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    button(app, "reject-").click().run()
    button(app, "reject-send-").click().run()
    assert state(workspace, low(workspace)) is ProposalState.WAITING
    assert "needs a reason" in notices(app)
    assert button(app, "reject-send-")


def test_an_edit_becomes_a_new_change_that_waits_for_its_test(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    digest = workspace.proposal(high(workspace)).evidence_digest
    button(app, "edit-").click().run()
    typed(app, f"edit-{digest}-0-new", "Refunds take 4 business days. Start them with `create_refund`.")
    button(app, "edit-send-").click().run()
    assert not app.exception
    assert state(workspace, high(workspace)) is ProposalState.EDITED
    made = workspace.proposal(workspace.decisions(high(workspace))[-1].successor_id or "")
    assert made.state is ProposalState.DRAFTED
    assert made.proposal.authors == ("dana",)
    first = made.proposal.operations[0]
    assert isinstance(first, EditInstructions)
    assert first.new == "Refunds take 4 business days. Start them with `create_refund`."
    assert address(app, "p") == made.proposal.id


def test_an_edit_can_be_looked_at_before_it_is_sent(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    button(app, "edit-").click().run()
    typed(app, f"edit-{workspace.proposal(high(workspace)).evidence_digest}-0-new", "Refunds are instant.")
    button(app, "edit-look-").click().run()
    assert "Your wording" in page_words(app)
    assert "Refunds are instant." in page_words(app)
    assert state(workspace, high(workspace)) is ProposalState.WAITING


def test_somebody_faster_wins_and_the_loser_is_told(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    seen = workspace.proposal(low(workspace)).evidence_digest
    desk.reject(parts, low(workspace), actor=BEN, seen_digest=seen, categories=("wrong",), reason="It is wrong.")
    button(app, "approve-").click().run()
    assert state(workspace, low(workspace)) is ProposalState.REJECTED
    assert [one.actor.name for one in workspace.decisions(low(workspace))] == ["ben"]
    assert app.error


@pytest.mark.parametrize("verdict", [Verdict.PROVED, Verdict.HARMFUL])
def test_what_changed_after_it_was_shown_cannot_be_approved(
    workspace: AgentStore, opens: Opens, verdict: Verdict
) -> None:
    app = opens("review", p=low(workspace))
    item = workspace.proposal(low(workspace))
    retested = seed.report(item.proposal, verdict=verdict, seed=8)
    workspace.commit(Changes(reports=(retested,)))
    assert workspace.proposal(low(workspace)).evidence_digest != item.evidence_digest
    button(app, "approve-").click().run()
    assert state(workspace, low(workspace)) is ProposalState.WAITING
    assert workspace.decisions(low(workspace)) == []
    assert "changed since it was shown" in notices(app)


@pytest.mark.parametrize("key", ["approve", "reject", "edit"])
def test_no_form_opens_on_evidence_that_took_the_place_of_what_was_read(
    workspace: AgentStore, opens: Opens, key: str
) -> None:
    app = opens("review", p=high(workspace))
    item = workspace.proposal(high(workspace))
    workspace.commit(Changes(reports=(seed.report(item.proposal, verdict=Verdict.HARMFUL, seed=8),)))
    button(app, f"{key}-").click().run()
    assert not [one for one in app.button if (one.key or "").startswith(f"{key}-send-")]
    assert "changed before you pressed" in page_words(app)
    button(app, f"{key}-").click().run()
    assert button(app, f"{key}-send-"), "what is shown now was read, and the next press is on it"
    assert "changed before you pressed" not in page_words(app)


def test_a_form_closes_when_the_evidence_changes_while_it_is_open(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    button(app, "approve-").click().run()
    item = workspace.proposal(high(workspace))
    workspace.commit(Changes(reports=(seed.report(item.proposal, verdict=Verdict.HARMFUL, seed=8),)))
    app.run()
    assert not [one for one in app.button if (one.key or "").startswith("approve-send-")]
    assert "changed before you pressed" in page_words(app)
    assert workspace.decisions(high(workspace)) == []


def test_a_change_on_a_version_that_is_no_longer_live_cannot_be_approved(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    app = opens("review", p=low(workspace))
    desk.roll_back(parts, actor=BEN, to_number=0, reason="Complaints.")
    button(app, "approve-").click().run()
    assert workspace.decisions(low(workspace)) == []
    assert "no longer live" in page_words(app) + notices(app)
    assert not [one for one in app.button if (one.key or "").startswith("approve-") and not one.disabled]


def test_a_set_aside_change_can_be_brought_back(workspace: AgentStore, opens: Opens) -> None:
    aside = proposal(workspace, "A change for two people")
    app = opens("review", p=aside)
    button(app, "bring-").click().run()
    assert state(workspace, aside) is ProposalState.WAITING


def test_a_draft_shows_that_it_waits_for_its_test_and_offers_no_decision(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=proposal(workspace, "Explain gift cards"))
    assert "Waiting for its test" in page_words(app)
    assert all(one.disabled for one in app.button if (one.key or "").startswith(("approve-", "reject-", "edit-")))


def test_a_page_of_a_large_bundle_says_what_a_decision_covers(workspace: AgentStore, opens: Opens) -> None:
    told = [one.value for one in opens("review", p=low(workspace)).caption]
    assert any("A decision covers all 46." in one for one in told), told


def test_an_empty_desk_says_so(workspace: AgentStore, opens: Opens) -> None:
    waiting = workspace.proposals([ProposalState.WAITING])
    workspace.commit(
        Changes(
            proposal_moves=tuple(
                ProposalMove(proposal_id=one.proposal.id, was=ProposalState.WAITING, now=ProposalState.SET_ASIDE)
                for one in waiting
            )
        )
    )
    app = opens("review")
    assert "Every proposed change is decided" in page_words(app)


def test_an_empty_desk_after_changes_were_drawn_again_stands_still(
    workspace: AgentStore, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draws_again() -> None:
        raise AssertionError("nothing came and nothing changed")

    monkeypatch.setattr(reading, "draw_again", draws_again)
    again = [
        one.proposal.model_copy(update={"id": f"again-{one.proposal.id}", "replaces": one.proposal.id})
        for one in workspace.proposals([ProposalState.WAITING])
    ]
    workspace.commit(Changes(proposals=tuple(again)))
    workspace.commit(
        Changes(
            proposal_moves=tuple(
                ProposalMove(proposal_id=one.proposal.id, was=one.state, now=ProposalState.SET_ASIDE)
                for one in workspace.proposals([ProposalState.WAITING, ProposalState.DRAFTED])
            )
        )
    )
    app = opens("review")
    assert not app.exception
    assert "Every proposed change is decided" in page_words(app)


@pytest.mark.parametrize("doing", ["read", "approve", "reject", "edit", "keep", "comment"])
def test_no_two_buttons_share_a_key_in_any_state_of_the_form(workspace: AgentStore, opens: Opens, doing: str) -> None:
    app = opens("review", p=high(workspace))
    if doing != "read":
        button(app, f"{doing}-").click().run()
    keys = shortcuts(app)
    assert keys
    assert sorted(set(keys)) == sorted(keys)


def test_drafting_offers_no_other_keys(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review")
    button(app, "draft-open").click().run()
    assert sorted(shortcuts(app)) == ["ctrl+enter", "escape"]


def test_a_change_drafted_by_hand_waits_for_its_test(workspace: AgentStore, opens: Opens) -> None:
    app = opens()
    button(app, "draft-open").click().run()
    typed(app, f"draft-{app.session_state['drafting']}-Instruction-whole", f"{seed.INSTRUCTIONS}\nAnswer in French.")
    next(one for one in app.text_input if "one sentence" in one.label).set_value("Answer in their language")
    next(one for one in app.text_area if one.label == "Why?").set_value("Customers write in French.")
    next(one for one in app.button if one.label == "Send to the test").click().run()
    assert not app.exception
    made = workspace.proposal(proposal(workspace, "Answer in their language"))
    assert (made.state, made.proposal.proposer) == (ProposalState.DRAFTED, "person")
    assert made.proposal.authors == ("dana",)
    assert made.proposal.operations == (EditInstructions(new="Answer in French."),)


@pytest.mark.parametrize("kind", ["Instruction", "Rule", "Example", "Article"])
def test_an_empty_draft_is_refused_in_words(workspace: AgentStore, opens: Opens, kind: str) -> None:
    app = opens()
    before = len(workspace.proposals())
    button(app, "draft-open").click().run()
    app.segmented_control[0].set_value(kind).run()
    next(one for one in app.button if one.label == "Send to the test").click().run()
    assert not app.exception
    assert app.error
    assert len(workspace.proposals()) == before


def test_feedback_is_released_with_a_reason_only(workspace: AgentStore, opens: Opens) -> None:
    app = opens("feedback", f="f7")
    app.pills(key="judge-to-f7").set_value(FeedbackState.RELEASED)
    button(app, "judge-send-").click().run()
    assert workspace.feedback_items(["f7"])["f7"].state is FeedbackState.QUARANTINED
    app.text_input(key="judge-why-f7").set_value("I know this customer.")
    button(app, "judge-send-").click().run()
    item = workspace.feedback_items(["f7"])["f7"]
    assert item.state is FeedbackState.RELEASED
    assert any(flag.detector == "person" and "I know this customer." in flag.reason for flag in item.flags)


def test_a_correction_keeps_text_reasons_and_whether_it_teaches(workspace: AgentStore, opens: Opens) -> None:
    app = opens("corrections", c="i8")
    app.session_state["text-i8"] = {"text": {"item": "i8", "text": "Your refund is on its way."}}
    app.pills(key="reasons-i8").set_value(["Out of date"])
    app.checkbox(key="exception-i8").check()
    button(app, "save-i8").click().run()
    assert not app.exception
    said = [item.feedback for item in workspace.feedback() if item.feedback.author == "dana"]
    assert [(one.text, one.reason, one.teaches) for one in said] == [
        ("Your refund is on its way.", "Out of date", False)
    ]
    assert address(app, "c") != "i8"


def test_a_release_is_undone_with_reason_and_confirmation_only(workspace: AgentStore, opens: Opens) -> None:
    app = opens("releases")
    live = workspace.head().number
    button(app, "back-send-").click().run()
    assert workspace.head().number == live
    app.checkbox(key=f"back-sure-{live}").check()
    app.text_input(key=f"back-why-{live}").set_value("Too many complaints.")
    button(app, "back-send-").click().run()
    head = workspace.head()
    assert head.restores == 0
    assert head.number > live
    assert workspace.releases()[-1].reason == "Too many complaints."


def test_a_held_key_is_one_press(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "QUIET", 0.6)
    monkeypatch.setattr(actions, "SETTLED", 0.35)
    session: dict[str, float] = {}
    monkeypatch.setattr(actions.st, "session_state", session)
    clock = iter([10.0, 10.5, 10.55, 11.1, 11.75, 12.4])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    assert [actions.is_quiet() for _ in range(6)] == [False, True, True, True, False, False]


def test_both_approvers_of_one_base_hear_what_became_of_theirs(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    mine, theirs = high(workspace), low(workspace)
    seen = workspace.proposal(theirs).evidence_digest
    desk.approve(parts, theirs, actor=BEN, seen_digest=seen)
    app = opens("review", p=mine)
    button(app, "approve-").click().run()
    app.text_area[0].set_value("I read thirty answers.")
    button(app, "approve-send-").click().run()
    assert "Another approved change may go live first" in notices(app)
    later = replace(parts, clock=lambda: parts.clock() + timedelta(hours=1))
    assert len(engine.apply_due(later)) == 1
    engine.turn(later)
    stale, live = sorted((mine, theirs), key=lambda name: state(workspace, name) is ProposalState.LIVE)
    assert (state(workspace, stale), state(workspace, live)) == (ProposalState.STALE, ProposalState.LIVE)
    approved_live = workspace.decisions(live)[-1].actor.name
    today = page_words(opens(""))
    assert ("You approved it." if stale == mine else "ben approved it.") in today
    assert f"went live first: {approved_live} approved" in today
    assert "went live first" in page_words(opens("review", p=stale))
