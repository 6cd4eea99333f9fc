"""Articles are split, merged, found by their titles and written anew only where the rest does not pay for it."""

from dataclasses import replace
from typing import Any

import pytest

from loop.change.operations import apply_all
from loop.records import (
    Article,
    Bundle,
    FeedbackItem,
    FeedbackState,
    Grading,
    Issue,
    IssueSide,
    RetireArticle,
    Split,
    UpsertArticle,
)
from loop.update import UpdateWork
from loop.update.lessons import Lesson, lessons
from loop.update.proposers.knowledge import KnowledgeProposer
from loop.update.rehearsal import rehearse
from loop.update.titles import title_idea
from tests.builders import NOON, agent, case, feedback, interaction
from tests.core.test_search_weights import work

LAMPS = Article(
    id="lamps",
    title="Lamps",
    body="A lamp has a warranty of two years from the day it was bought.\n\nA broken lamp is sent to our workshop in "
    "Leeds in its box.",
)
SHORT = Article(
    id="short", title="Warranty of lamps", body="A lamp has a warranty of two years from the day it was sold."
)
FULL = Article(
    id="full",
    title="Lamps, their warranty",
    body="A lamp has a warranty of two years from the day it was bought, sold.",
)
PETS = Article(id="pets", title="Pets", body="Small animals may travel in the cabin for a fee.")


def answered(
    rows: list[tuple[str, str]], *, used: str, bundle: Bundle, grading: Grading = Grading.TEXT, **fields: Any
) -> UpdateWork:
    """Questions answered from one article and corrected in words, all behind one supported issue, with log cases."""
    items, interactions, cases = {}, {}, []
    body = next((one.body for one in bundle.articles if one.id == used), "")
    for number, (question, better) in enumerate(rows, start=1):
        one = interaction(number, question=question, answer=body, label=None, article_id=used or None, **fields)
        said = feedback(number, kind="edit", label=None, text=better, author=f"a{number % 4}")
        interactions[one.id] = one
        items[said.id] = FeedbackItem(feedback=said, state=FeedbackState.VALID)
        cases.append(
            case(number, split=Split.LOG, question=question, grading=Grading.TEXT, expected=better, feedback_id=said.id)
        )
    issue = Issue(
        id="all",
        agent="desk",
        kind="answer",
        title="all",
        sides=(IssueSide(correction="?", sources=4, feedback_ids=tuple(items)),),
        support=4,
        is_supported=True,
        interaction_ids=(),
        first_at=NOON,
        last_at=NOON,
    )
    return work(
        [],
        bundle=bundle,
        items=items,
        interactions=interactions,
        issues=[issue],
        cases=cases,
        agent=agent(grading=grading),
    )


def titled(found: UpdateWork) -> dict[str, tuple[Any, ...]]:
    return {one.title: one.operations for one in KnowledgeProposer().propose(found).ideas}


# split and merge -------------------------------------------------------------------------------
WARRANTY, WORKSHOP = LAMPS.body.split("\n\n")
PARTS = [
    ("how long is the warranty of a lamp", WARRANTY),
    ("warranty of a lamp from which day", WARRANTY),
    ("where is a broken lamp sent in its box", WORKSHOP),
    ("is the workshop for a broken lamp in leeds", WORKSHOP),
]


def test_an_article_of_which_people_send_single_parts_is_split_into_them() -> None:
    found = answered(PARTS, used="lamps", bundle=Bundle(articles=(LAMPS, PETS)))
    operations = titled(found)["Split the article: Lamps"]
    after = apply_all(found.bundle, operations)
    assert [one.body for one in after.articles] == [WARRANTY, WORKSHOP, PETS.body]
    trial = rehearse(found, operations)
    assert trial is not None
    assert trial.fixed
    assert not trial.broken


def test_nothing_is_split_or_merged_where_the_article_itself_is_the_answer() -> None:
    bundle = Bundle(articles=(LAMPS, PETS))
    assert not titled(answered(PARTS, used="lamps", bundle=bundle, grading=Grading.ARTICLE))
    one_part = [(f"how long is the warranty of lamp {number}", WARRANTY) for number in range(4)]
    assert not titled(answered(one_part, used="lamps", bundle=bundle)), "people sent one part only"


def test_an_article_people_replace_by_a_fuller_twin_is_merged_into_it() -> None:
    rows = [(f"warranty of lamps number {number}", FULL.body) for number in range(4)]
    short = SHORT.model_copy(update={"questions": ("is there a warranty",)})
    found = answered(rows, used="short", bundle=Bundle(articles=(short, FULL, PETS)))
    (operations,) = titled(found).values()
    assert operations[-1] == RetireArticle(article_id="short")
    after = apply_all(found.bundle, operations)
    assert [one.id for one in after.articles] == ["full", "pets"]
    assert after.articles[0].questions == ("is there a warranty",)


def test_parts_sent_by_too_few_people_split_nothing() -> None:
    found = answered(PARTS, used="lamps", bundle=Bundle(articles=(LAMPS, PETS)))
    assert not titled(by_one_person(found))


def test_a_twin_replaced_by_too_few_people_or_that_says_more_stays() -> None:
    rows = [(f"warranty of lamps number {number}", FULL.body) for number in range(4)]
    found = answered(rows, used="short", bundle=Bundle(articles=(SHORT, FULL, PETS)))
    assert not titled(by_one_person(found))
    other = FULL.model_copy(
        update={"body": f"{FULL.body} Bulbs, cables and shades have none, nor do gifts or samples."}
    )
    rows = [(f"warranty of lamps number {number}", other.body) for number in range(4)]
    assert not titled(answered(rows, used="short", bundle=Bundle(articles=(SHORT, other, PETS))))


def by_one_person(found: UpdateWork) -> UpdateWork:
    items = {
        key: item.model_copy(update={"feedback": item.feedback.model_copy(update={"author": "ann"})})
        for key, item in found.items.items()
    }
    return replace(found, items=items)


# missing ---------------------------------------------------------------------------------------
def test_what_people_answered_where_the_agent_had_nothing_becomes_an_article_unless_one_says_it() -> None:
    rows = [
        (f"can i take my {pet} on the ferry", "Yes, on a lead and on deck.") for pet in ("dog", "cat", "puppy", "hound")
    ]
    found = answered(rows, used="", bundle=Bundle(articles=(LAMPS,)), method="handover")
    (operations,) = titled(found).values()
    (operation,) = operations
    assert isinstance(operation, UpsertArticle)
    assert operation.article.body == "Yes, on a lead and on deck."
    known = Article(id="ferry", title="Ferry", body="Yes, on a lead and on deck.")
    assert not titled(answered(rows, used="", bundle=Bundle(articles=(LAMPS, known)), method="handover"))


def test_things_that_too_few_people_answered_are_named_as_the_reason() -> None:
    rows = [("can i take a dog on the ferry", "On deck."), ("is there a warranty for lamps", "Two years.")]
    found = KnowledgeProposer().propose(answered(rows, used="", bundle=Bundle(articles=(PETS,)), method="handover"))
    assert not found.ideas
    assert any("2 questions that people had to answer themselves are about 2 things" in one for one in found.held_back)


# titles ----------------------------------------------------------------------------------------
ASTRAY = [
    ("guinea with a lamp", "pets"),
    ("guinea and lamps sold", "pets"),
    ("guinea two years", "pets"),
    ("guinea on the day it was sold", "pets"),
    ("guinea lamp", "pets"),
    ("guinea day", "pets"),
    ("guinea sold", "pets"),
    ("guinea years", "pets"),
]


def led_astray(extra: list[tuple[str, str]]) -> UpdateWork:
    found = work([*ASTRAY, *extra], bundle=Bundle(articles=(SHORT, PETS)))
    cases = [
        case(number, split=Split.LOG, question=text, grading=Grading.ARTICLE, expected=gold, feedback_id=f"f{number}")
        for number, (text, gold) in enumerate([*ASTRAY, *extra], start=1)
    ]
    return replace(found, cases=cases)


def test_words_people_ask_with_lead_to_an_article_through_its_title() -> None:
    found = led_astray([("warranty of lamps", "short")])
    idea, _ = title_idea(found, lessons(found))
    assert idea is not None
    (operation,) = idea.operations
    assert isinstance(operation, UpsertArticle)
    assert operation.article.title == "Pets · guinea"
    assert "Tried on log cases: " in idea.rationale
    assert idea.title == "Lead to 1 article by words people ask with"


def test_a_title_that_draws_in_what_it_is_not_about_is_not_proposed() -> None:
    found = led_astray([])
    idea, _ = title_idea(found, lessons(found))
    assert idea is not None
    lost = [
        case(40 + n, split=Split.LOG, question=f"guinea {n}", grading=Grading.ARTICLE, expected="hand over")
        for n in range(5)
    ]
    idea, why = title_idea(replace(found, cases=[*found.cases, *lost]), lessons(found))
    assert idea is None
    assert "cost other articles" in why


def test_one_persons_questions_change_no_title_and_a_word_that_leads_elsewhere_too_is_not_added() -> None:
    found = by_one_person(led_astray([]))
    assert title_idea(found, lessons(found)) == (None, "")
    found = led_astray([("guinea warranty of lamps", "short")])
    assert title_idea(found, lessons(found)) == (None, "")


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_questions_change_no_title(n: int) -> None:
    found = led_astray([])
    few: list[Lesson] = lessons(found)[:n]
    assert title_idea(found, few) == (None, "")
