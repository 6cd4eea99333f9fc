"""The exam leaks through people: by whatever road its questions come into a change, they cannot prove it."""

import random
from collections.abc import Callable, Sequence
from unittest.mock import patch

import pytest

from loop import desk, engine, evaluate
from loop.ports import Parts
from loop.records import (
    Article,
    Bundle,
    ChangeExamples,
    EditInstructions,
    Example,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Limits,
    Operation,
    Proposal,
    Report,
    Split,
    UpsertArticle,
    Verdict,
)
from tests import fake_store
from tests.builders import at
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR

ARTICLES = tuple(Article(id=f"k{n}", title=f"Chapter {n}", body=f"General remarks of chapter {n}.") for n in range(8))
ROWS = 120


def question(number: int) -> str:
    """Words that stand in no article and in no other question."""
    draw = random.Random(number)
    return " ".join("".join(draw.choices("bdfgklmnprstvaeiou", k=7)) for _ in range(7)) + "?"


def corrected(parts: Parts, numbers: Sequence[int]) -> None:
    """A trusted lead says of each question which article answers it."""
    for number in numbers:
        parts.store.append(
            interactions=[
                Interaction(id=f"i{number}", agent="desk", episode_id=f"e{number}", customer=f"c{number}",
                            at=at(number), question=question(number))
            ],
            feedback=[
                Feedback(id=f"f{number}", agent="desk", interaction_id=f"i{number}", kind=FeedbackKind.LABEL,
                         article_id=f"k{number % 8}", author=desk_world.LEADS[0], source="dashboard", at=at(number),
                         received_at=at(number))
            ],
        )  # fmt: skip


@pytest.fixture
def parts() -> Parts:
    limits = Limits(dev_share=0.4, sealed_share=0.45, undo_seconds=0)
    agent = desk_world.agent().model_copy(update={"grading": Grading.ARTICLE, "limits": limits})
    made = fake_store.parts_on(fake_store.FakeStore(agent, Bundle(articles=ARTICLES)))
    corrected(made, range(ROWS))
    engine.turn(made)
    assert made.store.count_cases(Split.SEALED) > 30
    return made


def solved(form: str) -> tuple[Article, ...]:
    """The articles with every question that was corrected, in their text or in their own field."""
    found = []
    for place, article in enumerate(ARTICLES):
        mine = [question(number) for number in range(place, ROWS, 8)]
        if form == "disguised":
            mine = [f"Somebody asked: {' '.join([*one.rstrip('?').split()[3:], *one.split()[:3]])}" for one in mine]
        told = {"questions": tuple(mine)} if form == "questions" else {"body": "\n".join([article.body, *mine])}
        found.append(article.model_copy(update=told))
    return tuple(found)


def upserts(form: str) -> tuple[Operation, ...]:
    return tuple(UpsertArticle(article=one) for one in solved(form))


def drafted(parts: Parts, *operations: Operation) -> Proposal:
    return desk.draft(parts, actor=OPERATOR, operations=operations, title="Better", rationale="It helps.")


def by_draft(parts: Parts) -> Proposal:
    return drafted(parts, *upserts("questions"))


def by_edit(parts: Parts) -> Proposal:
    made = drafted(parts, EditInstructions(new="Be kind."))
    engine.turn(parts)
    seen = parts.store.proposal(made.id).evidence_digest
    operations = (EditInstructions(new="Be kind."), *upserts("text"))
    return desk.edit(parts, made.id, actor=OPERATOR, seen_digest=seen, operations=operations, reason="More of it.")


def by_import(parts: Parts) -> Proposal:
    made = desk.draft_articles(parts, actor=OPERATOR, articles=solved("text"), source="help.jsonl")
    assert made is not None
    return made


def by_disguise(parts: Parts) -> Proposal:
    return drafted(parts, *upserts("disguised"))


def by_examples(parts: Parts) -> Proposal:
    add = tuple(Example(id=f"x{number}", question=question(number), label=f"k{number % 8}") for number in range(ROWS))
    return drafted(parts, ChangeExamples(add=add))


ROADS = [by_draft, by_edit, by_import, by_disguise, by_examples]


def report_on(parts: Parts, road: Callable[[Parts], Proposal]) -> Report:
    made = road(parts)
    engine.turn(parts)
    return parts.store.reports(made.id)[-1]


@pytest.mark.parametrize("road", ROADS)
def test_a_change_that_holds_its_examination_is_not_proved_by_it(
    parts: Parts, road: Callable[[Parts], Proposal]
) -> None:
    report = report_on(parts, road)
    assert report.verdict is Verdict.NOT_ENOUGH_DATA
    assert "had to be set aside" in report.reasons[0]
    (sealed,) = [one for one in report.left_out if one.split is Split.SEALED]
    assert sealed.shown == parts.store.count_cases(Split.SEALED)


@pytest.mark.parametrize("road", ROADS)
def test_without_the_guard_each_of_these_roads_leads_to_a_better_looking_change(
    parts: Parts, road: Callable[[Parts], Proposal]
) -> None:
    with patch.object(evaluate, "added_texts", lambda base, candidate: []):
        report = report_on(parts, road)
    assert report.dev.tally.fixed > 0.8 * report.dev.tally.n > 0


def test_a_change_that_holds_half_of_the_examination_is_judged_by_the_other_half(parts: Parts) -> None:
    add = tuple(Example(id=f"x{n}", question=question(n), label=f"k{n % 8}") for n in range(0, ROWS, 2))
    report = report_on(parts, lambda parts: drafted(parts, ChangeExamples(add=add)))
    there = parts.store.cases([Split.SEALED])
    held = [one for one in there if int((one.interaction_id or "i1")[1:]) % 2 == 0]
    (sealed,) = [one for one in report.left_out if one.split is Split.SEALED]
    assert sealed.shown == len(held)
    assert report.verdict is not Verdict.PROVED


def test_a_change_is_tried_again_when_there_are_more_cases_and_not_because_some_were_set_aside(parts: Parts) -> None:
    report = report_on(parts, by_draft)
    assert report.sealed_there == parts.store.count_cases(Split.SEALED)
    assert engine.due_tests(parts) == []
    corrected(parts, range(ROWS, 3 * ROWS))
    engine.run_stage(parts, "validate", defects=[])
    assert engine.due_tests(parts) == [report.proposal_id]


def test_cases_near_what_the_cited_feedback_is_about_are_set_aside(parts: Parts) -> None:
    cited = parts.store.cases([Split.SEALED])[0]
    number = ROWS + 1
    twin = f"Dear all, {cited.question} Many thanks"
    parts.store.append(
        interactions=[Interaction(id=f"i{number}", agent="desk", episode_id="e", customer="twin", at=at(number),
                                  question=twin)],
        feedback=[Feedback(id=f"f{number}", agent="desk", interaction_id=f"i{number}", kind=FeedbackKind.LABEL,
                           article_id="k1", author="anybody", source="dashboard", at=at(number),
                           received_at=at(number))],
    )  # fmt: skip
    made = desk.draft(
        parts, actor=OPERATOR, operations=(EditInstructions(new="Be kind."),), title="Kind", rationale="For them.",
        evidence=(f"f{number}",),
    )  # fmt: skip
    engine.turn(parts)
    (report,) = parts.store.reports(made.id)
    assert [one.shown for one in report.left_out if one.split is Split.SEALED] == [1]


def test_a_leak_that_went_live_all_the_same_measures_no_version(parts: Parts) -> None:
    before = parts.store.measurements()[-1]
    made = by_draft(parts)
    engine.turn(parts)
    seen = parts.store.proposal(made.id).evidence_digest
    desk.approve(parts, made.id, actor=OPERATOR, seen_digest=seen, reason="I insist")
    engine.turn(parts)
    assert parts.store.head().number > 0
    assert before.n > 30
    assert [one for one in parts.store.measurements() if one.number == parts.store.head().number] == []
    corrected(parts, range(ROWS, 2 * ROWS))
    engine.turn(parts)
    newest = {one.number: one for one in parts.store.measurements()}
    live = newest[parts.store.head().number]
    fresh = [one for one in parts.store.cases([Split.SEALED]) if int((one.interaction_id or "i0")[1:]) >= ROWS]
    assert live.n == len(fresh)
    assert live.case_set_digest == newest[0].case_set_digest
