"""Issues say what several people say: one vote each, all sides counted, nothing cited that the agent is measured on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.records import AuthorStanding, FeedbackItem, FeedbackKind, FeedbackState, Interaction, Issue, Split
from loop.validate.votes import Electorate, carries, electorate, is_contested
from tests.builders import agent, at, feedback, interaction
from tests.firewall import ValidationOutcome, ValidationWork, group_in
from tests.firewall import judge as step

LOG_GROUP = group_in(Split.LOG)
"""A customer whose cases fall into the log."""
SEALED_GROUP = group_in(Split.SEALED)
"""A customer whose cases are sealed."""

QUESTIONS = (
    "why was the transfer to my landlord declined yesterday",
    "can i change the delivery address of a parcel already sent",
    "what happens when i lose my phone abroad",
    "please explain the strange fee on the march statement",
    "my child wants an own account is that possible",
    "app crashes whenever the camera opens for scanning",
    "which documents prove where i live",
    "exchange rate looked different from the one promised",
)


def judged(
    said: list[dict[str, Any]], *, asked: dict[int, dict[str, Any]] | None = None, **agent_fields: Any
) -> ValidationOutcome:
    items: list[FeedbackItem] = []
    interactions: dict[str, Interaction] = {}
    for number, given_fields in enumerate(said, start=1):
        fields = dict(given_fields)
        at_least = {"at": at(number * 60), "customer": LOG_GROUP, "question": QUESTIONS[(number - 1) % len(QUESTIONS)]}
        interactions[f"i{number}"] = interaction(number, **at_least | (asked or {}).get(number, {}))
        state = fields.pop("state", FeedbackState.NEW)
        items.append(FeedbackItem(feedback=feedback(number, **{"at": at(number * 60)} | fields), state=state))
    return step(
        ValidationWork(
            agent=agent(**agent_fields), items=tuple(items), interactions=interactions, cases=(), now=at(9_999), seed=1
        )
    )


def only(outcome: ValidationOutcome) -> Issue:
    assert len(outcome.issues) == 1
    return outcome.issues[0]


def test_three_people_carry_a_correction_and_one_person_three_times_does_not() -> None:
    three = only(judged([{}, {}, {}]))
    alone = only(judged([{"author": "ann"}] * 3))
    assert (three.kind, three.support, three.is_supported) == ("label", 3, True)
    assert (alone.support, alone.is_supported) == (1, False)
    assert three.sides[0].feedback_ids == ("f1", "f2", "f3")


def test_the_title_quotes_a_piece_of_a_question_and_the_right_label() -> None:
    issue = only(judged([{}, {}, {}]))
    assert "“why was the transfer" in issue.title
    assert "“refund”" in issue.title


def test_confirming_the_label_given_is_no_issue_but_makes_a_case() -> None:
    outcome = judged([{"label": "parcel"}])
    assert outcome.issues == ()
    assert [case.expected for case in outcome.cases] == ["parcel"]


def test_both_sides_of_a_contradiction_are_shown_and_neither_is_supported() -> None:
    same = {number: {"question": QUESTIONS[0]} for number in range(1, 6)}
    outcome = judged([{"label": "refund"}] * 3 + [{"label": "delay"}] * 2, asked=same)
    issue = next(one for one in outcome.issues if one.sides[0].correction == "refund")
    assert [(side.correction, side.sources) for side in issue.sides] == [("refund", 3), ("delay", 2)]
    assert issue.conflict == "3 say “refund”, 2 say “delay”"
    assert not any(one.is_supported for one in outcome.issues)


def test_five_edits_adding_one_sentence_are_one_issue_quoting_it() -> None:
    sentence = "Refunds take 5 business days."
    said = [
        {"kind": FeedbackKind.EDIT, "label": None, "text": f"{opening} {sentence}", "state": FeedbackState.RELEASED}
        for opening in ("Sorry about that!", "Hello Ann.", "Thanks for asking.", "We are on it.", "Good question.")
    ]
    issue = only(judged(said))
    assert (issue.kind, issue.support, issue.is_supported) == ("answer", 5, True)
    assert issue.sides[0].correction == sentence
    assert sentence in issue.title


def test_different_replacements_of_one_sentence_are_sides() -> None:
    asked = {number: {"answer": "Hello. Refunds take 3 days."} for number in range(1, 6)}
    texts = ["Hello. Refunds take 5 days."] * 3 + ["Hello. Refunds take 7 days."] * 2
    said = [{"kind": FeedbackKind.EDIT, "label": None, "text": text, "state": FeedbackState.RELEASED} for text in texts]
    issue = only(judged(said, asked=asked))
    assert [side.correction for side in issue.sides] == ["Refunds take 5 days.", "Refunds take 7 days."]
    assert issue.conflict
    assert not issue.is_supported


def test_taking_a_sentence_out_is_told_as_such() -> None:
    asked = {number: {"answer": "Hello there. We never refund."} for number in range(1, 4)}
    said = [{"kind": FeedbackKind.EDIT, "label": None, "text": "Hello there."}] * 3
    issue = only(judged(said, asked=asked))
    assert "should not say “We never refund.”" in issue.title


def test_takeovers_for_the_same_need_are_one_issue_and_others_stand_alone() -> None:
    asked = {
        1: {"question": "how do i freeze a lost card"},
        2: {"question": "lost my card, how do i freeze it"},
        3: {"question": "freeze card because it is lost"},
        4: {"question": "which opening hours has the branch in bonn"},
    }
    answers = ["Open the app and tap freeze card."] * 3 + ["The branch opens from nine to five."]
    said = [
        {"kind": FeedbackKind.TAKEOVER, "label": None, "text": text, "state": FeedbackState.RELEASED}
        for text in answers
    ]
    issues = judged(said, asked=asked).issues
    assert [(issue.kind, issue.support) for issue in issues] == [("knowledge", 3), ("knowledge", 1)]


def test_complaints_are_gathered_by_topic_and_content_people_dissent() -> None:
    low = {"kind": FeedbackKind.THUMBS, "label": None, "value": 0.0}
    high = low | {"value": 1.0}
    complained = [low | {"text": f"this did not help me with {question}"} for question in QUESTIONS[:4]]
    alone = only(judged(complained))
    disputed = only(judged(complained + [dict(high) for _ in range(4)]))
    assert (alone.kind, alone.topic, alone.is_supported) == ("complaint", "parcel", True)
    assert not disputed.is_supported


def test_a_rating_without_words_is_no_complaint_but_a_failed_outcome_is() -> None:
    low = {"label": None, "value": 0.0}
    assert judged([low | {"kind": FeedbackKind.THUMBS}]).issues == ()
    assert only(judged([low | {"kind": FeedbackKind.OUTCOME}])).kind == "complaint"


def test_sealed_and_dev_voices_count_but_are_not_cited() -> None:
    asked = {2: {"customer": SEALED_GROUP}}
    outcome = judged([{}, {"author": "lead"}, {}], asked=asked, trusted_authors=("lead",))
    assert [case.split.value for case in outcome.cases] == ["log", "sealed", "log"]
    issue = only(outcome)
    assert issue.support == 3
    assert issue.sides[0].feedback_ids == ("f1", "f3")
    assert "i2" not in issue.interaction_ids


def test_feedback_that_shall_not_teach_has_no_voice() -> None:
    assert judged([{"teaches": False}] * 3).issues == ()
    assert judged([{"state": FeedbackState.EXCLUDED}] * 3).issues == ()


@settings(deadline=None)
@given(st.permutations(range(8)))
def test_issues_do_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    labels = ["refund", "delay", "refund", "refund", "delay", "fee", "refund", "fee"]
    interactions = {f"i{n}": interaction(n, question=QUESTIONS[n - 1], customer=LOG_GROUP) for n in range(1, 9)}
    items = [FeedbackItem(feedback=feedback(n, label=labels[n - 1]), state=FeedbackState.NEW) for n in range(1, 9)]

    def issues(some: list[FeedbackItem]) -> tuple[Issue, ...]:
        return step(
            ValidationWork(agent=agent(), items=tuple(some), interactions=interactions, cases=(), now=at(999), seed=1)
        ).issues

    assert issues([items[place] for place in order]) == issues(items)


# support ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "of", "carried"),
    [(2, 2, False), (3, 3, True), (3, 4, False), (6, 7, True), (5, 6, False), (18, 20, True), (12, 20, False)],
)
def test_support_needs_sources_and_under_dissent_a_sure_majority(votes: int, of: int, carried: bool) -> None:
    assert carries(votes, of=of, needed=3) is carried


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 6))
def test_more_votes_never_lose_and_more_dissent_never_wins(votes: int, against: int, needed: int) -> None:
    now = carries(votes, of=votes + against, needed=needed)
    assert carries(votes + 1, of=votes + 1 + against, needed=needed) >= now
    assert carries(votes, of=votes + against + 1, needed=needed) <= now


def test_two_against_two_is_contested() -> None:
    assert is_contested(2, against=2)
    assert not is_contested(9, against=1)


def standing(name: str, how: str) -> AuthorStanding:
    return AuthorStanding.model_validate(
        {"name": name, "given": 9, "judged": 9, "agreement": 1, "low": 0.8, "high": 1, "standing": how, "reason": "."}
    )


def test_newcomers_are_capped_once_others_can_carry_and_unreliable_people_have_no_vote() -> None:
    crowd = [standing(f"new{n}", "new") for n in range(60)]
    old = [standing("p1", "proven"), standing("p2", "trusted")]
    names = {one.name for one in crowd}
    assert electorate(crowd, needed=3).votes(names) == 60
    seasoned: Electorate = electorate([*crowd, *old, standing("bad", "unreliable")], needed=3)
    assert seasoned.votes(names) == 1
    assert seasoned.votes(names | {"p1", "p2", "bad"}) == 3
