"""The baseline is said and right: what an agent that answers elsewhere really answered, never an empty version."""

from dataclasses import replace
from datetime import timedelta

import pytest

from loop import desk, engine, evaluate
from loop.errors import AnswersPending
from loop.evaluate import Incumbent, recorded_answers
from loop.ports import Parts
from loop.records import (
    Bundle,
    ChangeExamples,
    Example,
    Feedback,
    FeedbackKind,
    Grading,
    Interaction,
    Limits,
    Report,
    Rule,
    Split,
    Version,
)
from tests import fake_store
from tests.asking import Counting
from tests.builders import NOON, at, case, example, interaction
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR

KINDS = ("refund", "parcel", "password", "invoice")
EMPTY = Bundle()


def arrive(parts: Parts, *, rows: int = 160, unrecorded: int = 0, version: int | None = None) -> None:
    """What another system answered: three of four right; the last `unrecorded` without an answer."""
    interactions, feedback = [], []
    for number in range(rows):
        truth = KINDS[number % 4]
        said = truth if number % 8 < 6 else KINDS[(number + 1) % 4]
        given = {"answer": f"About {said}.", "label": said} if number < rows - unrecorded else {}
        key = str(number)
        interactions.append(
            Interaction(
                id=f"i{key}", agent="desk", episode_id=f"e{key}", customer=f"c{key}", at=at(number), version=version,
                question=f"About {truth} {chr(97 + number % 26) * 5} in {number} {chr(98 + number % 24) * 4}", **given,
            )
        )  # fmt: skip
        feedback.append(
            Feedback(id=f"f{key}", agent="desk", interaction_id=f"i{key}", kind=FeedbackKind.LABEL, label=truth,
                     author=desk_world.LEADS[number % 2], source="dashboard", at=at(number), received_at=at(number))
        )  # fmt: skip
    parts.store.append(interactions=interactions, feedback=feedback)


def agent_parts(bundle: Bundle = EMPTY) -> tuple[Parts, Counting]:
    limits = Limits(dev_share=0.4, sealed_share=0.45, undo_seconds=0)
    store, asked = fake_store.FakeStore(desk_world.agent().model_copy(update={"limits": limits}), bundle), Counting()
    return fake_store.parts_on(store, answerers=asked), asked


def report_on(parts: Parts) -> Report:
    """What the test of a draft that teaches one example finds."""
    engine.turn(parts)
    add = (Example(id="x1", question="quite another thing to ask of us", label="refund"),)
    made = desk.draft(parts, actor=OPERATOR, operations=(ChangeExamples(add=add),), title="Learn", rationale="One.")
    engine.turn(parts)
    (report,) = parts.store.reports(made.id)
    return report


def of_record(parts: Parts) -> float:
    """Share of the dev cases that were really answered right."""
    cases = parts.store.cases([Split.DEV])
    asked = parts.store.interactions([one.interaction_id or "" for one in cases])
    return sum(asked[one.interaction_id or ""].label == one.expected for one in cases) / len(cases)


@pytest.mark.parametrize("version", [None, 0])
def test_what_was_really_answered_stands_for_an_empty_version(version: int | None) -> None:
    parts, asked = agent_parts()
    arrive(parts, version=version)
    report = report_on(parts)
    assert 0.5 < of_record(parts) < 1
    assert report.dev.tally.base_rate == pytest.approx(of_record(parts))
    assert evaluate.RECORDED in report.reasons
    assert report.compared_with == evaluate.RECORDED
    assert EMPTY.digest not in {digest for digest, _ in asked.asked}, "the empty agent is never asked"


def test_cases_without_a_recorded_answer_are_set_aside_and_counted() -> None:
    parts, _ = agent_parts()
    arrive(parts, unrecorded=40)
    report = report_on(parts)
    silent = {split: len(unrecorded(parts, split)) for split in (Split.DEV, Split.SEALED)}
    assert {one.split: one.unanswered for one in report.left_out} == silent
    assert min(silent.values()) > 0
    assert report.dev.tally.n == len(parts.store.cases([Split.DEV])) - silent[Split.DEV]
    assert f"{silent[Split.SEALED]} sealed" in next(one for one in report.reasons if "not recorded" in one)


def unrecorded(parts: Parts, split: Split) -> list[str]:
    """Ids of the cases to whose interaction nothing was answered."""
    asked = {one.id: one.interaction_id or "" for one in parts.store.cases([split])}
    known = parts.store.interactions(asked.values())
    return [case_id for case_id, interaction_id in asked.items() if not known[interaction_id].label]


def test_where_nothing_is_recorded_the_empty_version_is_what_there_is_and_the_card_says_so() -> None:
    parts, _ = agent_parts()
    arrive(parts, unrecorded=160)
    report = report_on(parts)
    assert report.dev.tally.base_rate == 0
    assert report.left_out == ()
    assert report.compared_with == evaluate.EMPTY


def test_a_version_that_can_answer_is_asked_whatever_is_recorded() -> None:
    parts, asked = agent_parts(Bundle(examples=(example(1),)))
    arrive(parts)
    report = report_on(parts)
    assert report.compared_with == evaluate.LIVE
    assert parts.store.head().digest in {digest for digest, _ in asked.asked}


def test_the_first_version_is_measured_by_what_was_recorded_and_the_live_one_on_the_same_cases() -> None:
    parts, _ = agent_parts()
    arrive(parts, unrecorded=20)
    engine.turn(parts)
    add = tuple(Example(id=f"x{one}", question=f"a thing about {one}", label=one) for one in KINDS)
    made = desk.draft(parts, actor=OPERATOR, operations=(ChangeExamples(add=add),), title="Learn", rationale="All.")
    engine.turn(parts)
    seen = parts.store.proposal(made.id).evidence_digest
    desk.approve(parts, made.id, actor=OPERATOR, seen_digest=seen, reason="I insist")
    engine.turn(parts)
    newest = {one.number: one for one in parts.store.measurements()}
    assert set(newest) == {0, parts.store.head().number}
    first, live = newest[0], newest[parts.store.head().number]
    known = [one for one in parts.store.cases([Split.SEALED]) if int((one.interaction_id or "i0")[1:]) < 140]
    asked = parts.store.interactions([one.interaction_id or "" for one in known])
    assert first.right == sum(asked[one.interaction_id or ""].label == one.expected for one in known)
    assert first.n == live.n == len(known)
    assert first.case_set_digest == live.case_set_digest


# which answers are whose ---------------------------------------------------------------------------

LATER = Version(
    agent="desk", number=3, digest="d" * 64, parent=0, proposal_id="p", created_at=at(50), released_at=at(60)
)
FIRST = LATER.model_copy(update={"number": 0, "digest": EMPTY.digest, "created_at": NOON, "released_at": NOON})


@pytest.mark.parametrize(
    ("fields", "is_its"),
    [
        ({"version": 0}, True),
        ({"version": 0, "at": at(99)}, True),
        ({"version": 3}, False),
        ({"version": 7, "at": at(1)}, False),
        ({"version": None, "at": at(59)}, True),
        ({"version": None, "at": at(60)}, False),
        ({"version": None, "at": NOON - timedelta(days=400)}, True),
    ],
)
def test_an_answer_is_the_empty_versions_own_only_while_nothing_else_was_live(fields: dict, is_its: bool) -> None:  # type: ignore[type-arg]
    mine = Incumbent.of(EMPTY.digest, [FIRST, LATER])
    assert mine.gave(interaction(1, **fields)) is is_its
    if fields["version"] is None:
        assert not Incumbent.of(LATER.digest, [FIRST, LATER]).gave(interaction(1, **fields))
        assert Incumbent.of(EMPTY.digest, [FIRST]).gave(interaction(1, **fields))


@pytest.mark.parametrize(
    ("grading", "fields", "method"),
    [
        (Grading.LABEL, {"label": "refund", "method": ""}, "model"),
        (Grading.LABEL, {"label": "refund", "method": "head"}, "head"),
        (Grading.LABEL, {"label": None, "answer": "Of course."}, None),
        (Grading.LABEL, {"label": None, "answer": "", "method": "handover"}, "handover"),
        (Grading.LABEL, {"label": "Hand Over"}, "handover"),
        (Grading.LABEL, {"label": "refund", "method": "failed"}, None),
        (Grading.ARTICLE, {"article_id": "k1"}, "model"),
        (Grading.ARTICLE, {"article_id": None, "answer": "Of course."}, None),
        (Grading.TEXT, {"answer": "Of course."}, "model"),
        (Grading.TEXT, {"answer": " ", "label": "refund"}, None),
    ],
)
def test_only_an_answer_that_can_be_graded_is_a_recorded_one(
    grading: Grading, fields: dict, method: str | None
) -> None:  # type: ignore[type-arg]
    asked = case(1, grading=grading, interaction_id="i1")
    found = recorded_answers([asked], {"i1": interaction(1, **fields)}, incumbent=Incumbent.of("", [FIRST]))
    assert found == {}
    mine = Incumbent.of(EMPTY.digest, [FIRST])
    found = recorded_answers([asked], {"i1": interaction(1, **fields)}, incumbent=mine)
    assert [one.method for one in found.values()] == ([method] if method else [])
    assert recorded_answers([asked], {}, incumbent=mine) == {}


def test_nobody_is_sent_to_ask_an_empty_version() -> None:
    parts, _ = agent_parts()
    arrive(parts)
    engine.turn(parts)
    add = (Example(id="x1", question="quite another thing to ask of us", label="refund"),)
    made = desk.draft(parts, actor=OPERATOR, operations=(ChangeExamples(add=add),), title="Learn", rationale="One.")
    deferred = evaluate.DeferredAnswers(parts.store)
    with pytest.raises(AnswersPending):
        engine.conclude_test(replace(parts, ask=deferred.ask), made.id)
    assert list(deferred.wanted) == [made.candidate_digest]


def test_a_version_is_empty_when_it_has_nothing_to_answer_with() -> None:
    assert evaluate.is_silent(Bundle(instructions="Be kind."))
    rule = Rule.model_validate(
        {"id": "r", "when": [{"field": "question", "op": "contains", "value": "x"}], "label": "y"}
    )
    assert not evaluate.is_silent(Bundle(rules=(rule,)))
    assert not evaluate.is_silent(Bundle(model=EMPTY.model.model_copy(update={"name": "openai/some"})))
    assert not evaluate.is_from_elsewhere({})
