"""The page of Review: evidence first, a queue that holds, who reads it, what may be kept, and the way back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.components.elements import glossary, marks
from dashboard.components.review import actions, answers, changes, reading, remarks
from loop import desk, engine, wiring
from loop.change import diff
from loop.change.blocks import blocks
from loop.policy import recommend
from loop.ports import Parts
from loop.records import (
    Actor,
    Article,
    Bundle,
    Changes,
    Example,
    Grade,
    ProposalMove,
    ProposalState,
    Role,
    Verdict,
)
from loop.records.cards import Alarm, Card, Clash, Fact, WeeklyReach
from loop.records.viewing import Viewers
from storage.database import Database
from storage.store import AgentStore
from tests.screens import seed
from tests.screens.conftest import Opens
from tests.screens.reading import button, page_words
from tests.screens.signed_in import come_in
from tests.screens.test_decisions import BEN, address, high, low, notices, proposal, state

LIVE = "Refunds take 10 to 14 days."
ANA = Actor(name="ana", role=Role.APPROVER)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """These presses are far apart; held keys have tests of their own."""
    monkeypatch.setattr(actions, "QUIET", 0.0)
    monkeypatch.setattr(actions, "SETTLED", 0.0)


def show_numbers(app: AppTest) -> str:
    return page_words(button(app, "numbers").click().run())


def view(app: AppTest, name: str) -> str:
    """The page with another kind of answers chosen."""
    chooser = next(one for one in app.segmented_control if (one.key or "").endswith("-view"))
    return page_words(chooser.set_value(name).run())


# the queue -----------------------------------------------------------------------------------------
def test_what_is_listed_as_against_the_evidence_is_what_approving_asks_a_reason_for(
    workspace: AgentStore, opens: Opens
) -> None:
    item = workspace.proposal(low(workspace))
    harmed = seed.report(item.proposal, verdict=Verdict.HARMFUL, seed=21).model_copy(update={"verdict": Verdict.PROVED})
    workspace.commit(Changes(reports=(harmed,)))
    app = opens("review")
    app.segmented_control(key="show").set_value("Not recommended").run()
    listed = {words.partition(" (")[0] for words in app.radio(key="queue").options}
    waiting = [one for one in workspace.proposals([ProposalState.WAITING]) if one.report is not None]
    against = [one for one in waiting if recommend(one.report, stakes=one.proposal.stakes).verb != "approve"]
    assert listed == {one.proposal.title for one in against}
    assert item.proposal.title in listed, "proved, and worse for some"
    assert all(desk.needs_reason(workspace, one) for one in against)


# evidence first ------------------------------------------------------------------------------------
def test_the_first_look_has_what_breaks_before_what_is_fixed_and_before_any_statistic(
    workspace: AgentStore, opens: Opens
) -> None:
    text = page_words(opens("review", p=high(workspace)))
    broken = text.index("order 3")
    fixed = text.index(seed.HOSTILE[:12], broken)
    changes = text.index("words added")
    assert broken < fixed < changes
    for jargon in ("sealed", "dev case", "mid-p", "Tango", "Holm", "look "):
        assert jargon not in text, jargon


def test_why_an_answer_is_graded_so_says_what_it_was_held_against(workspace: AgentStore, opens: Opens) -> None:
    report = workspace.proposal(high(workspace)).report
    assert report is not None
    why = next(one.candidate_grade.reason for one in report.outcomes if one.candidate_grade.reason)
    assert f"Proposed, beside the right answer: {why[:1].lower()}{why[1:]}" in page_words(
        opens("review", p=high(workspace))
    )


def test_the_numbers_are_one_key_away_and_stay_open(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    assert "mid-p McNemar" in show_numbers(app)
    assert "mid-p McNemar" in page_words(button(app, "later").click().run()), "they stay open for the next change"
    assert "mid-p McNemar" not in show_numbers(app)


def test_every_count_is_complete_and_has_a_tab(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    report = workspace.proposal(high(workspace)).report
    assert report is not None
    chooser = next(one for one in app.segmented_control if (one.key or "").endswith("-view"))
    tally = report.dev.tally
    assert [one.split(" ")[-1] for one in chooser.options[1:]] == [
        str(n) for n in (tally.broken, tally.fixed, tally.both_right, tally.both_wrong)
    ]
    assert "were kept to be read" in view(app, "both_right"), "what is not listed is said"


def test_all_that_was_tried_is_read_page_by_page(workspace: AgentStore, opens: Opens) -> None:
    item = workspace.proposal(low(workspace))
    assert item.report is not None
    many = [
        seed.outcome(7 * n + 3).model_copy(update={"case_id": f"k{n}", "question": f"Question {n}?"}) for n in range(25)
    ]
    made = seed.report(item.proposal, verdict=Verdict.PROVED, seed=12)
    tally = made.dev.tally.model_copy(update={"broken": 25})
    made = made.model_copy(update={"dev": made.dev.model_copy(update={"tally": tally})})
    workspace.commit(Changes(reports=(made,), outcomes={made.id: tuple(many)}))
    app = opens("review", p=low(workspace))
    first = view(app, "broken")
    assert "Question 0?" in first
    assert "Question 24?" not in first
    assert "were kept" not in first


def test_what_is_left_is_counted_in_answers_as_its_tab_is(workspace: AgentStore, opens: Opens) -> None:
    item = workspace.proposal(low(workspace))
    same = [seed.outcome(3).model_copy(update={"case_id": f"s{n}", "question": f"Same {n}?"}) for n in range(4)]
    made = seed.report(item.proposal, verdict=Verdict.PROVED, seed=14)
    tally = made.dev.tally.model_copy(update={"broken": 9, "fixed": 0})
    dev = made.dev.model_copy(update={"tally": tally})
    workspace.commit(Changes(reports=(made.model_copy(update={"dev": dev, "outcomes": tuple(same)}),)))
    text = page_words(opens("review", p=low(workspace)))
    assert "The same in 3 more answers of those shown here" in text
    assert "5 more answers under “Breaks”" in text, "nine break, four are on the card"


def test_answers_that_change_by_the_same_words_are_one_card() -> None:
    def said(place: int, text: str) -> object:
        one = seed.outcome(place + 1)
        return one.model_copy(
            update={
                "question": f"When {place}?",
                "base": one.base.model_copy(update={"text": f"You get it within 10 to 14 days, order {place}."}),
                "candidate": one.candidate.model_copy(update={"text": text}),
            }
        )

    alike = [said(n, f"You get it within 5 days, order {n}.") for n in range(3)]
    other = said(9, "You get it within 30 days, order 9.")
    groups = answers.alike([*alike, other])  # type: ignore[list-item]
    assert [len(one.outcomes) for one in groups] == [3, 1]
    assert "<del>" in groups[0].shown.before
    assert "10 to 14" in groups[0].shown.before
    assert "<ins>" in groups[0].shown.after


def test_texts_that_share_next_to_nothing_are_not_marked() -> None:
    found = marks.sides("Please call our hotline.", "I have started your refund, it takes 5 days.")
    assert found.signature == ()
    assert "<del>" not in found.before + found.after


def test_what_a_rule_tests_stands_beside_the_question(workspace: AgentStore, opens: Opens) -> None:
    item = workspace.proposal(low(workspace))
    facts = (Fact(name="order_value", value=103.41, is_decisive=True), Fact(name="plan", value="plus"))
    one = seed.outcome(3).model_copy(update={"facts": facts, "candidate_grade": Grade(is_right=False, reason="No.")})
    made = seed.report(item.proposal, verdict=Verdict.PROVED, seed=13).model_copy(update={"outcomes": (one,)})
    workspace.commit(Changes(reports=(made,)))
    text = page_words(opens("review", p=low(workspace)))
    assert text.index("order_value 103.41") < text.index("Live now")
    assert "1 fact beside the question" in text


def test_the_sentence_the_alarms_and_the_clashes_come_before_the_verdict(workspace: AgentStore, opens: Opens) -> None:
    card = Card(
        sentence="Say refunds take 5 days, not 10 to 14: about 31 answers a week.",
        reach=WeeklyReach(per_week=31),
        alarms=(Alarm(kind="placeholder", words="Says “⟨PHONE_1⟩”.", section="examples", element_id="n1"),),
        clashes=(
            Clash(section="instructions", element_id="", says=LIVE, against="5 days", difference="5 instead of 10"),
        ),
    )  # fmt: skip
    item = workspace.proposal(low(workspace))
    made = seed.report(item.proposal, verdict=Verdict.PROVED, seed=14).model_copy(update={"card": card})
    workspace.commit(Changes(reports=(made,)))
    text = page_words(opens("review", p=low(workspace)))
    places = [text.index(one) for one in (card.sentence, "⟨PHONE_1⟩", LIVE)]
    assert places == sorted(places)
    assert max(places) < text.index("Fixes 25")


def test_every_term_of_the_statistics_is_explained_once_in_a_sentence() -> None:
    told = glossary.explained("Tango interval; another interval. Sealed cases, by mid-p McNemar.")
    assert told.count("rt-term") == 4
    assert told.count('tabindex="0"') == 4


# the queue -----------------------------------------------------------------------------------------
def test_a_filter_holds_and_opens_what_it_matches(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    app.segmented_control(key="show").set_value("High stakes").run()
    assert address(app, "p") == high(workspace)
    assert [one for one in app.radio(key="queue").options if "Learn 46" in one] == []
    app.segmented_control(key="show").set_value("Not recommended").run()
    assert state(workspace, address(app, "p")) is ProposalState.WAITING
    assert "harmful" in page_words(app).lower() or "no useful effect" in page_words(app).lower()


def test_the_queue_stands_beside_with_the_shown_one_marked_and_opens_another(
    workspace: AgentStore, opens: Opens
) -> None:
    app = opens("review", p=low(workspace))
    assert app.radio(key="queue").value == low(workspace)
    assert "3 of 5" in page_words(app)
    app.radio(key="queue").set_value(high(workspace)).run()
    assert address(app, "p") == high(workspace)
    assert "1 of 5" in page_words(app)


def test_two_changes_of_one_name_are_told_apart(workspace: AgentStore, opens: Opens) -> None:
    item = workspace.proposal(low(workspace))
    twin = item.proposal.model_copy(update={"id": "p_twin"})
    waits = ProposalMove(proposal_id="p_twin", was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    workspace.commit(Changes(proposals=(twin,), bundles=(workspace.bundle(twin.candidate_digest),)))
    workspace.commit(Changes(reports=(seed.report(twin, verdict=Verdict.PROVED),), proposal_moves=(waits,)))
    named = [one for one in opens("review").radio(key="queue").options if one.startswith("Learn 46 ways")]
    assert len(set(named)) == 2


# who reads it --------------------------------------------------------------------------------------
def test_while_a_colleague_reads_it_deciding_is_theirs(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    desk.view(parts, low(workspace), actor=ANA)
    app = opens("review", p=low(workspace))
    assert "ana is looking at this change" in page_words(app)
    assert button(app, "approve-").disabled
    assert button(app, "reject-").disabled
    desk.leave(parts, low(workspace), actor=ANA)
    assert not button(app.run(), "approve-").disabled


def test_after_a_decision_comes_one_that_nobody_else_reads(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    following = proposal(workspace, "Say what happens when a parcel is late")
    desk.view(parts, following, actor=ANA)
    app.run()
    button(app, "approve-").click().run()
    assert address(app, "p") not in (low(workspace), following)


def test_who_opens_the_desk_is_shown_a_change_that_nobody_else_reads(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    first = address(opens("review"), "p")
    desk.leave(parts, first, actor=Actor(name="dana", role=Role.ADMIN))
    desk.view(parts, first, actor=ANA)
    second = address(opens("review"), "p")
    assert second not in ("", first)
    desk.view(parts, second, actor=ANA)
    assert address(opens("review"), "p") not in (first, second)


def test_a_colleague_who_took_the_next_one_meanwhile_keeps_it(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    app = opens("review", p=low(workspace))
    following = proposal(workspace, "Say what happens when a parcel is late")
    desk.view(parts, following, actor=ANA)  # after this page was drawn
    button(app, "approve-").click().run()
    assert address(app, "p") not in (low(workspace), following)


def test_of_two_who_come_at_once_each_is_handed_another(
    workspace: AgentStore, parts: Parts, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, came = reading.look, list[str]()

    def looks_too_late(proposal_id: str, *, holds: bool = True) -> Viewers:
        if not came:
            desk.view(parts, proposal_id, actor=ANA)  # after the list was read, before this lease
        came.append(proposal_id)
        return look(proposal_id, holds=holds)

    monkeypatch.setattr(reading, "look", looks_too_late)
    assert address(opens("review"), "p") == came[1] != came[0]


def test_where_all_are_read_by_others_the_first_is_shown(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    for item in workspace.proposals([ProposalState.WAITING]):
        desk.view(parts, item.proposal.id, actor=ANA)
    assert address(opens("review"), "p")


def test_going_on_frees_what_was_read(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    assert desk.viewers(parts, low(workspace), actor=ANA).holder == "dana"
    button(app, "later").click().run()
    assert desk.viewers(parts, low(workspace), actor=ANA).holder == ""


def test_what_one_approved_first_is_left_to_the_second_and_the_desk_goes_on_to_the_next(
    workspace: AgentStore, team: None, sqlite_database: Database, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ben", "ana"):
        come_in(sqlite_database, monkeypatch, name, Role.APPROVER)
    parts = wiring.parts_for(session.settings(), sqlite_database, workspace.agent.slug)
    first = address(opens("review"), "p")
    seen = workspace.proposal(first).evidence_digest
    made = desk.approve(parts, first, actor=ANA, seen_digest=seen, reason="I read what it fixes.")
    assert made.verb == "endorse"
    desk_again = opens("review")
    assert address(desk_again, "p") != first, "the next thing for ana is another"
    assert [one for one in desk_again.radio(key="queue").proto.captions if "approved by 1 of 2" in one]
    app = opens("review", p=first)
    assert "You approved this already" in page_words(app)
    assert desk.viewers(parts, first, actor=BEN).holder == "", "it is ben who is waited for"
    today = opens("")
    assert "Approved by 1 of 2" in page_words(today)
    button(today, "next").click().run()
    assert address(today, "p") not in ("", first)


# comments, parts, the way back ---------------------------------------------------------------------
def test_a_comment_on_a_line_stands_beside_it(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    button(app, "comment-").click().run()
    about = next(one for one in app.selectbox if (one.key or "").startswith("comment-on-"))
    item = workspace.proposal(high(workspace))
    about.set_value(next(one for one in remarks.places(item.proposal.changes) if "line 5" in one))
    app.text_area[0].set_value("Only where the tool is there.")
    button(app, "comment-send-").click().run()
    assert not app.exception
    assert "Only where the tool is there." in page_words(app)
    (said,) = workspace.remarks([high(workspace)])
    assert (said.author, said.line, said.side) == ("dana", 5, "after")
    assert said.quote.startswith("Refunds are processed within 4")


def test_ones_own_comment_is_taken_back_and_nobody_elses(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    mine = low(workspace)
    desk.remark(parts, mine, actor=BEN, text="Ben asks.")
    app = opens("review", p=mine)
    button(app, "comment-").click().run()
    next(one for one in app.text_area if (one.key or "").startswith("comment-")).set_value("Too hasty.")
    button(app, "comment-send-").click().run()
    assert "Too hasty." in page_words(app)
    button(app, "comment-").click().run()
    button(app, "withdraw-").click().run()
    assert not app.exception
    assert "Too hasty." not in page_words(app)
    assert "Ben asks." in page_words(app)


def test_some_of_a_change_is_kept_and_tested_again(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=high(workspace))
    button(app, "keep-").click().run()
    boxes = [one for one in app.checkbox if (one.key or "").startswith("keep-")]
    assert len(boxes) == 3
    boxes[2].uncheck()
    button(app, "keep-send-").click().run()
    assert not app.exception
    made = workspace.proposal(address(app, "p"))
    assert made.state is ProposalState.DRAFTED
    after = made.proposal.changes[0].after
    assert "4 business days" in after
    assert "Never paste" not in after


def test_the_same_edit_of_many_is_read_once() -> None:
    old = tuple(Example(id=f"d{n}", question=f"When {n}?", answer="It takes 10 to 14 days.") for n in range(7))
    new = tuple(one.model_copy(update={"answer": "It takes 5 days."}) for one in old)
    other = Article(id="a", title="Refunds", body="We refund at once.")
    after = Bundle(examples=new, articles=(other,))
    shown = changes.folded(diff.changes(Bundle(examples=old), after))
    assert [(one.change.element_id, len(one.alike)) for one in shown] == [("d0", 6), ("a", 0)]
    html = changes.render(shown, layout="Side by side", left="Live", right="Proposed")
    assert html.count("10 to 14") == 1
    assert all(f"When {n}?" in html for n in range(7))


def test_one_key_takes_the_release_of_the_last_decision_back(workspace: AgentStore, parts: Parts, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    before = workspace.bundle(workspace.head().digest)
    button(app, "approve-").click().run()
    assert button(app, "undo").label == "Undo"
    assert len(engine.apply_due(replace(parts, clock=lambda: parts.clock() + timedelta(hours=1)))) == 1
    live = workspace.head().number
    app.run()
    assert button(app, "undo").label == f"Take v{live} back"
    button(app, "undo").click().run()
    assert workspace.bundle(workspace.head().digest) == before
    assert state(workspace, low(workspace)) is ProposalState.UNDONE
    assert "taken back" in notices(app)
    assert button(app, "undo").disabled


def test_a_change_that_was_drawn_again_leads_to_what_became_of_it(
    workspace: AgentStore, parts: Parts, opens: Opens
) -> None:
    app = opens("review", p=high(workspace))
    digest = workspace.proposal(high(workspace)).evidence_digest
    made = desk.keep(
        parts,
        high(workspace),
        actor=ANA,
        seen_digest=digest,
        kept=[blocks(workspace.proposal(high(workspace)).proposal.changes)[0].id],
    )
    app.run()
    button(app, f"lead-{made.id}").click().run()
    assert address(app, "p") == made.id


def test_rejecting_what_the_evidence_recommends_needs_words(workspace: AgentStore, opens: Opens) -> None:
    app = opens("review", p=low(workspace))
    button(app, "reject-").click().run()
    assert "recommends approving" in app.text_area[0].placeholder
    app.pills[0].set_value(["tone"])
    button(app, "reject-send-").click().run()
    assert state(workspace, low(workspace)) is ProposalState.WAITING
    assert "needs a reason" in notices(app)


# the live version ----------------------------------------------------------------------------------
def test_the_whole_live_version_is_readable_on_one_page(workspace: AgentStore, opens: Opens) -> None:
    text = page_words(opens("releases"))
    for line in seed.INSTRUCTIONS.split("\n"):
        assert line in text
