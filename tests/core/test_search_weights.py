"""A search that learns which words lead to an article: for all alike, on trial, and without renaming the past."""

import json
from dataclasses import replace
from typing import Any

import pytest

from loop.agent import LocalAgent
from loop.change.operations import apply, apply_all
from loop.change.sections import SECTIONS
from loop.errors import OperationRefused
from loop.evaluate import grade
from loop.heldout import HeldOut
from loop.records import (
    Article,
    Bundle,
    FeedbackItem,
    FeedbackState,
    Grading,
    Issue,
    IssueSide,
    Limits,
    Proposal,
    ProposalItem,
    ProposalState,
    Proposer,
    Question,
    SearchWeights,
    SetSearchWeights,
)
from loop.records.identity import body_digest
from loop.text.search import Search
from loop.text.spelling import normalise
from loop.text.term_weights import Lessons, learn_weights
from loop.text.vectors import Term, buckets_of, count_features, spell_features
from loop.update import UpdateWork, step
from loop.update.lessons import lessons
from loop.update.proposers.search import FEWEST, SearchProposer
from tests.asking import ask_local
from tests.builders import NOON, agent, feedback, interaction, report
from tests.core.test_update import version

TOPICS = tuple(
    "parcel invoice garden window bicycle kitchen passport blanket lantern mirror pillow ladder hammer candle "  # noqa: SIM905
    "basket bottle carpet curtain drawer fridge".split()
)
FRAMES = ("urgent {}", "urgent {} today", "urgent about {}", "my {} urgent", "urgent {} broken", "urgent {} again")
DECOY = Article(id="urgent", title="Urgent", body="Urgent. What is urgent? Call us when it is urgent.")
ARTICLES = (
    *(
        Article(id=topic, title=f"About the {topic}", body=f"Where a {topic} goes and who sees to it.")
        for topic in TOPICS
    ),
    DECOY,
)


def asked(topics: tuple[str, ...] | list[str] = tuple(TOPICS)) -> list[tuple[str, str]]:
    return [(frame.format(topic), topic) for topic in topics for frame in FRAMES]


def taught(pairs: list[tuple[str, str]]) -> Lessons:
    return Lessons(tuple(normalise(text) for text, _ in pairs), tuple(gold for _, gold in pairs))


def as_weights(terms: dict[Term, float], **fields: Any) -> SearchWeights:
    return SearchWeights(
        words={term.text: change for term, change in terms.items() if not term.is_run},
        runs={term.text: change for term, change in terms.items() if term.is_run},
        **fields,
    )


def right(bundle: Bundle, pairs: list[tuple[str, str]]) -> float:
    answers = LocalAgent(bundle).answer([Question(text=text) for text, _ in pairs])
    return sum(answer.article_id == gold for answer, (_, gold) in zip(answers, pairs, strict=True)) / len(pairs)


def work(pairs: list[tuple[str, str]] | None = None, *, authors: int = 8, **fields: Any) -> UpdateWork:
    """Each question corrected once, to its article: no theme has enough support to be taught by itself."""
    bundle = fields.pop("bundle", Bundle(articles=ARTICLES))
    items, interactions, behind = {}, {}, {}
    for number, (text, gold) in enumerate(pairs if pairs is not None else asked(), start=1):
        one = interaction(number, question=text, label=None, article_id="urgent")
        said = feedback(number, label=None, article_id=gold, author=f"a{number % authors}")
        interactions[one.id] = one
        items[said.id] = FeedbackItem(feedback=said, state=FeedbackState.VALID)
        behind.setdefault(gold, []).append(said.id)
    issues = [
        Issue(
            id=gold,
            agent="desk",
            kind="article",
            title=gold,
            sides=(IssueSide(correction=gold, sources=2, feedback_ids=tuple(ids)),),
            support=2,
            is_supported=False,
            interaction_ids=(),
            first_at=NOON,
            last_at=NOON,
        )
        for gold, ids in behind.items()
    ]
    filled: dict[str, Any] = {
        "agent": agent(grading=Grading.ARTICLE),
        "held_out": HeldOut.of(()),
        "base": version(bundle),
        "bundle": bundle,
        "issues": issues,
        "items": items,
        "interactions": interactions,
        "cases": (),
        "earlier": (),
        "reasons": {},
        "ask": ask_local,
        "grade": grade,
        "model": None,
        "boundary": "b7",
        "now": NOON,
    }
    return UpdateWork(**filled | fields)


def proposed(found: UpdateWork) -> Proposal:
    (proposal,) = [one for one in step(found).proposals if one.proposer is Proposer.SEARCH]
    return proposal


# search ----------------------------------------------------------------------------------------
def test_a_question_an_article_solved_takes_nothing_away_from_other_articles() -> None:
    plain = Search(ARTICLES).find([normalise("urgent parcel")], limit=3)
    fed = [one.model_copy(update={"questions": ("urgent parcel now",)}) if one is DECOY else one for one in ARTICLES]
    assert [hit.score for hit in Search(fed).find([normalise("urgent parcel")], limit=3)[0]] == [
        hit.score for hit in plain[0]
    ]


def test_equal_articles_are_found_in_the_order_of_their_ids_however_few_are_wanted() -> None:
    same = [Article(id=name, title="Lamp", body="A lamp.") for name in "dbca"]
    for limit in (1, 2, 3, 4, 9):
        (hits,) = Search(same).find(["lamp"], limit=limit)
        assert [hit.article.id for hit in hits] == sorted("abcd")[:limit]


def test_a_word_that_counts_for_nothing_leads_nowhere() -> None:
    (before,) = Search(ARTICLES).find(["urgent"], limit=1)
    assert before[0].article.id == "urgent"
    terms = spell_features(["urgent"], buckets=count_features(["urgent"]).indices.astype("int64"))
    silent = as_weights(dict.fromkeys(terms.values(), -1.0))
    assert Search(ARTICLES, weights=silent).find(["urgent"], limit=1) == [[]]


def test_every_feature_is_spelled_so_that_it_is_found_again() -> None:
    counts = count_features(["is ppe needed at 5 pm"])
    spelled = spell_features(["is ppe needed at 5 pm"], buckets=counts.indices.astype("int64"))
    assert set(spelled) == set(counts.indices.tolist())
    assert buckets_of(list(spelled.values())).tolist() == list(spelled)
    assert Term("ppe", is_run=False) in spelled.values()
    assert Term("ppe", is_run=True) in spelled.values(), "a word and a run of the same letters are two features"


# learning --------------------------------------------------------------------------------------
def test_what_is_learned_from_some_articles_helps_those_nobody_asked_for() -> None:
    known, others = TOPICS[:14], TOPICS[14:]
    learned = learn_weights(ARTICLES, taught(asked(known)), most=1_000, largest=10.0)
    assert learned is not None
    weights = as_weights(learned.weights)
    assert weights.words["urgent"] < 0
    base, better = Bundle(articles=ARTICLES), Bundle(articles=ARTICLES, search=weights)
    assert right(better, asked(others)) > right(base, asked(others))
    assert learned.trial.untaught_won > learned.trial.untaught_lost
    assert all(flip.before == "urgent" for flip in learned.flips if flip.is_won)


def test_the_same_lessons_give_the_same_weights_and_no_more_than_may_be_kept() -> None:
    first, again = (learn_weights(ARTICLES, taught(asked()), most=20, largest=10.0) for _ in range(2))
    assert first is not None
    assert first == again
    assert 0 < len(first.weights) <= 20
    assert all(-1 <= change <= 10 for change in first.weights.values())


# proposing -------------------------------------------------------------------------------------
def test_corrections_too_few_to_teach_an_answer_teach_the_search() -> None:
    found = work()
    proposal = proposed(found)
    candidate = apply_all(found.bundle, proposal.operations)
    assert right(candidate, asked()) > right(found.bundle, asked())
    assert candidate.search.corrections == len(proposal.evidence) >= FEWEST
    assert set(candidate.search.article_ids) <= set(TOPICS)
    assert "Count less: " in proposal.rationale
    assert "urgent" in proposal.rationale
    assert "instead of “Urgent”" in proposal.rationale, "a flipped answer, in words"
    assert "Strongest downwards: " in proposal.changes[0].after


def test_of_too_few_questions_nothing_is_learned_and_the_turn_says_so() -> None:
    outcome = step(work(asked()[: FEWEST - 1]))
    assert not outcome.proposals
    assert any(f"learns from {FEWEST} on" in line for line in outcome.held_back)


def test_one_unknown_person_alone_teaches_the_search_nothing() -> None:
    outcome = step(work(authors=1))
    assert not outcome.proposals
    assert any("1 people say" in line for line in outcome.held_back)
    named = agent(grading=Grading.ARTICLE, trusted_authors=("a0",))
    assert proposed(work(authors=1, agent=named))


def test_weights_that_do_not_surely_help_are_not_proposed() -> None:
    fine = [(f"{topic} {frame}", topic) for topic in TOPICS for frame in ("today", "again", "soon", "now", "here")]
    outcome = step(work(fine))
    assert not outcome.proposals
    assert any("did not surely help" in line for line in outcome.held_back)


def test_what_examines_the_agent_is_no_lesson() -> None:
    found = work()
    held = HeldOut(frozenset(), frozenset(), frozenset({"c1"}), frozenset())
    assert len(lessons(work(held_out=held))) == len(lessons(found)) - 1


def test_a_disputed_question_is_no_lesson() -> None:
    assert len(lessons(work([*asked(), ("urgent parcel", "invoice")]))) == len(asked()) - 1


def test_a_question_has_the_article_most_people_name_however_often_one_of_them_does() -> None:
    pairs = [("urgent parcel", "parcel")] * 2 + [("urgent parcel", "invoice")] * 3
    found = work(pairs)
    people = dict(zip(found.items, ("ann", "bob", "eve", "eve", "eve"), strict=True))
    items = {key: changed(item, author=people[key]) for key, item in found.items.items()}
    assert [one.article_id for one in lessons(work(pairs, items=items))] == ["parcel"]


def test_what_waits_and_what_is_an_exception_is_no_lesson() -> None:
    found = work()
    held = {**found.items, "f1": found.items["f1"].model_copy(update={"state": FeedbackState.HELD})}
    assert len(lessons(work(items=held))) == len(asked()) - 1
    exception = {**found.items, "f1": changed(found.items["f1"], teaches=False)}
    assert len(lessons(work(items=exception))) == len(asked()) - 1


def changed(item: FeedbackItem, **fields: Any) -> FeedbackItem:
    return item.model_copy(update={"feedback": item.feedback.model_copy(update=fields)})


def test_nobody_unknown_gives_more_than_a_quarter_of_the_lessons() -> None:
    found = work()
    loud = {
        key: item.model_copy(
            update={"feedback": item.feedback.model_copy(update={"author": "a0" if int(key[1:]) > 6 else f"b{key}"})}
        )
        for key, item in found.items.items()
    }
    kept = [int(one.said.feedback_id[1:]) for one in lessons(work(items=loud)) if one.said.author == "a0"]
    assert kept == list(range(1, len(asked()) + 1))[-len(asked()) // 4 :], "the newest"
    named = agent(grading=Grading.ARTICLE, trusted_authors=("a0",))
    assert len(lessons(work(items=loud, agent=named))) == len(asked())


def test_confirmed_answers_and_articles_sent_as_an_answer_are_lessons_too() -> None:
    found = work([])
    kept = interaction(1, question="Where is it?", label=None, article_id="parcel", answer="Where a parcel goes.")
    sent = interaction(2, question="Who sees to it?", label=None, article_id=None, answer="No idea.")
    said = [
        feedback(1, kind="edit", label=None, text="Where a parcel goes."),
        feedback(2, kind="takeover", label=None, text="Where a ladder goes and who sees to it."),
    ]
    items = {one.id: FeedbackItem(feedback=one, state=FeedbackState.VALID) for one in said}
    (issue,) = work([("x", "ladder")]).issues
    sides = (IssueSide(correction="?", sources=1, feedback_ids=("f2",)),)
    text = work(
        [],
        items=items,
        interactions={one.id: one for one in (kept, sent)},
        issues=[issue.model_copy(update={"kind": "knowledge", "sides": sides})],
    )
    assert not lessons(found)
    other = said[1].model_copy(update={"text": "Our ladder colleague will ring you back within the hour, promised."})
    unlike = {**items, "f2": FeedbackItem(feedback=other, state=FeedbackState.VALID)}
    assert [one.article_id for one in lessons(replace(text, items=unlike))] == ["parcel"]
    assert [(one.question, one.article_id) for one in lessons(text)] == [
        ("where is it", "parcel"),
        ("who sees to it", "ladder"),
    ]


def test_weights_that_wait_or_were_refused_come_again_only_with_half_as_much_again() -> None:
    found = work()
    proposal = proposed(found)
    untested = ProposalItem(proposal=proposal, state=ProposalState.DRAFTED)
    weak = ProposalItem(proposal=proposal, state=ProposalState.WAITING, report=report(proposal))
    refused = ProposalItem(proposal=proposal, state=ProposalState.REJECTED)
    for item in (untested, weak, refused):
        outcome = step(work(earlier=[item]))
        assert not outcome.proposals
        assert outcome.held_back
    more = [*asked(), *((f"urgent {topic} {number}", topic) for topic in TOPICS for number in range(4))]
    assert proposed(work(more, earlier=[weak])).replaces == proposal.id
    assert proposed(work(more, earlier=[refused])).replaces is None
    live = apply_all(found.bundle, proposal.operations)
    assert not SearchProposer().propose(work(bundle=live)).ideas
    assert SearchProposer().propose(work(more, bundle=live)).ideas


# identity --------------------------------------------------------------------------------------
def test_a_version_that_learned_no_weights_keeps_the_name_it_always_had() -> None:
    plain = Bundle(articles=ARTICLES)
    body = json.loads(plain.model_dump_json())
    assert "search" not in body
    assert body_digest(body) == plain.digest
    assert Bundle().digest == "66717f19bd2a1eea4f51026f1a7beb62df075b002e0fdc531150d7fd16dfdb33"
    weighed = apply(plain, SetSearchWeights(weights=SearchWeights(words={"urgent": -0.5})))
    assert weighed.digest != plain.digest
    stored = json.loads(weighed.model_dump_json())
    assert body_digest(stored) == weighed.digest
    assert Bundle.model_validate(stored) == weighed
    back = apply(weighed, SetSearchWeights(weights=SearchWeights()))
    assert back.digest == plain.digest


def test_a_weight_outside_its_range_is_refused_and_every_word_is_shown() -> None:
    weights = SearchWeights(words={"urgent": -0.5, "parcel": 0.25}, runs={"urg": -0.125})
    shown = SECTIONS["search"].words(weights)
    assert "urgent -50 %" in shown
    assert "parcel +25 %" in shown
    assert "urg -12.5 %" in shown
    for wrong in ({"urgent": -1.5}, {"urgent": 11.0}, {str(n): 0.5 for n in range(1_001)}):
        with pytest.raises(OperationRefused, match="weight"):
            apply(Bundle(), SetSearchWeights(weights=SearchWeights(words=wrong)))


def test_limits_of_support_hold_for_the_search_as_well() -> None:
    many = agent(grading=Grading.ARTICLE, limits=Limits(min_sources=9))
    assert not step(work(agent=many)).proposals
