"""A blind audit: the lead never sees what is on file, a first answer stands, and what was settled stands for good."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from loop import desk, engine, wiring
from loop.errors import Conflict, InvalidInput, NotAllowed
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Parts
from loop.records import Actor, Bundle, Changes, EditInstructions, EvalCase, Grading, Role, Split
from loop.settings import Settings
from storage.database import Database
from tests import builders
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.conftest import Ratchet
from tests.shell.desk_world import LEADS, OPERATOR

ANNA = Actor(name="anna", role=Role.APPROVER)
DAYS = timedelta(days=1)


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk`, on each database, with cases that its leads' feedback made."""
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    made = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + 2 * DAYS)
    desk_world.arrive(made, rows=60)
    engine.turn(made)
    return made


def on_file(parts: Parts) -> dict[str, EvalCase]:
    return {case.id: case for case in parts.store.cases()}


def answer_all(parts: Parts, audit_id: str, *, actor: Actor, says: Callable[[EvalCase], str]) -> None:
    cases = on_file(parts)
    while (asked := desk.next_question(parts, audit_id, actor=actor)) is not None:
        said = says(cases[asked.case_id])
        desk.answer_question(parts, audit_id, asked.case_id, actor=actor, answer=said)


def right(case: EvalCase) -> str:
    return case.expected


def wrong(case: EvalCase) -> str:
    return "invoice" if case.expected != "invoice" else "refund"


def test_the_draw_is_of_what_examines_and_never_of_ones_own(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=10)
    pool = [case for case in on_file(parts).values() if case.split in HIDDEN_SPLITS]
    assert (len(set(audit.case_ids)), audit.drawn_from, audit.lead) == (10, len(pool), "olga")
    assert set(audit.case_ids) <= {case.id for case in pool}
    assert desk.begin_audit(parts, actor=OPERATOR, n=10) == audit, "an open audit goes on"
    lead = Actor(name=LEADS[0], role=Role.APPROVER)
    own = desk.begin_audit(parts, actor=lead, n=10)
    assert own.drawn_from == sum(case.author != lead.name for case in pool)
    assert {on_file(parts)[key].author for key in own.case_ids} == {LEADS[1]}


def test_another_chance_draws_other_questions(parts: Parts) -> None:
    first = desk.begin_audit(replace(parts, token=lambda: "a"), actor=OPERATOR, n=8)
    other = desk.begin_audit(replace(parts, token=lambda: "b"), actor=ANNA, n=8)
    assert set(first.case_ids) != set(other.case_ids)


def test_a_question_shows_nothing_of_what_is_on_file(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=10)
    asked = desk.next_question(parts, audit.id, actor=OPERATOR)
    assert asked is not None
    case = on_file(parts)[asked.case_id]
    assert (asked.question, asked.place, asked.of) == (case.question, 1, 10)
    assert set(asked.model_dump()) == {"audit_id", "case_id", "place", "of", "question", "context", "choices"}
    assert set(asked.choices) == {one.expected for one in on_file(parts).values() if one.split in HIDDEN_SPLITS}
    assert desk.answer_question(parts, audit.id, asked.case_id, actor=OPERATOR, answer=wrong(case)) is None
    assert desk.disagreements(parts, audit.id, actor=OPERATOR) == [], "blind until all is answered"
    with pytest.raises(Conflict, match="every question is answered"):
        desk.settle_answer(parts, audit.id, asked.case_id, actor=OPERATOR, keep="file")


def test_a_first_answer_stands(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=3)
    case = on_file(parts)[audit.case_ids[0]]
    desk.answer_question(parts, audit.id, case.id, actor=OPERATOR, answer=wrong(case))
    desk.answer_question(parts, audit.id, case.id, actor=OPERATOR, answer=wrong(case).upper())
    with pytest.raises(Conflict, match="first answer stands"):
        desk.answer_question(parts, audit.id, case.id, actor=OPERATOR, answer=right(case))
    (kept,) = parts.store.audit_answers(audit.id)
    assert (kept.answer, kept.expected, kept.agrees, kept.kept) == (wrong(case), case.expected, False, "")


def test_agreement_confirms_and_is_reported_with_its_interval(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=10)
    missed = set(audit.case_ids[:2])
    answer_all(parts, audit.id, actor=OPERATOR, says=lambda case: wrong(case) if case.id in missed else right(case))
    found = desk.last_agreement(parts)
    assert found is not None
    assert (found.agreed, found.compared, found.open_disagreements, found.share) == (8, 10, 2, 0.8)
    assert found.low == pytest.approx(0.4902, abs=1e-4)  # Wilson 95 %, 8 of 10
    assert found.high == pytest.approx(0.9433, abs=1e-4)
    confirmed = {case.id for case in on_file(parts).values() if case.vouched_by == "olga"}
    assert confirmed == set(audit.case_ids) - missed
    assert all(on_file(parts)[key].feedback_id is None for key in confirmed)


def test_what_the_lead_settles_replaces_what_was_on_file_and_stays(parts: Parts, database: Database) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=6)
    before = on_file(parts)
    answer_all(parts, audit.id, actor=OPERATOR, says=wrong)
    open_ones = desk.disagreements(parts, audit.id, actor=OPERATOR)
    assert {(one.answer, one.expected) for one in open_ones} == {
        (wrong(before[key]), before[key].expected) for key in audit.case_ids
    }
    keeps_file, *rest = open_ones
    desk.settle_answer(parts, audit.id, keeps_file.case_id, actor=OPERATOR, keep="file", reason="my slip")
    for one in rest:
        desk.settle_answer(parts, audit.id, one.case_id, actor=OPERATOR, keep="lead")
    (kept,) = parts.store.case_audits()
    assert kept.ended_at is not None
    assert desk.disagreements(parts, audit.id, actor=OPERATOR) == []
    after = {case.question: case for case in parts.store.cases()}
    for one in rest:
        old, new = before[one.case_id], after[one.question]
        assert (new.split, new.group, new.interaction_id) == (old.split, old.group, old.interaction_id)
        assert (new.expected, new.author, new.vouched_by, new.feedback_id) == (one.answer, "olga", "olga", None)
    assert after[keeps_file.question].expected == keeps_file.expected
    for _ in range(3):
        engine.turn(parts)
    assert {case.question: case.expected for case in parts.store.cases()}.items() >= {
        one.question: one.answer for one in rest
    }.items()
    assert engine.recheck(parts) == ()
    found = desk.last_agreement(parts)
    assert found is not None
    assert (found.agreed, found.compared) == (0, 6), "who slipped did not agree blind"
    assert database.store("desk").check_journal().is_intact


def test_sealed_questions_that_were_drawn_are_no_secret_to_the_lead(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=20)
    cases = on_file(parts)
    sealed = {key for key in audit.case_ids if cases[key].split is Split.SEALED}
    assert sealed
    assert parts.store.shown_cases(["olga"]) == sealed
    assert parts.store.shown_cases(["anna"]) == frozenset()


def test_whoever_was_shown_sealed_questions_is_not_examined_on_them(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=ANNA, n=20)
    cases = on_file(parts)
    sealed = sum(cases[key].split is Split.SEALED for key in audit.case_ids)
    for actor in (ANNA, OPERATOR):
        operations = (EditInstructions(new=f"Be kind, says {actor.name}."),)
        desk.draft(parts, actor=actor, operations=operations, title="Kinder", rationale="People asked.")
    engine.turn(parts)
    left_out = {}
    for item in parts.store.proposals():
        if item.proposal.authors and item.report is not None:
            of_sealed = [one for one in item.report.left_out if one.split is Split.SEALED]
            left_out[item.proposal.authors[0]] = [(one.shown, one.repeated) for one in of_sealed] or [(0, 0)]
    ((shown, repeated),) = left_out["anna"]
    assert sealed - repeated <= shown <= sealed, "one that repeats an older case is counted as that"
    assert shown
    assert [one[0] for one in left_out["olga"]] == [0]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CORRECTOR, Role.REVIEWER])
def test_who_may_not_examine_sees_no_question(parts: Parts, role: Role) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=3)
    for actor in (Actor(name="olga", role=role), ANNA):
        with pytest.raises(NotAllowed):
            desk.next_question(parts, audit.id, actor=actor)
    with pytest.raises(NotAllowed):
        desk.begin_audit(parts, actor=Actor(name="vera", role=role))


def test_a_label_that_does_not_exist_is_asked_for_again(parts: Parts) -> None:
    audit = desk.begin_audit(parts, actor=OPERATOR, n=3)
    with pytest.raises(InvalidInput, match="Known are: invoice"):
        desk.answer_question(parts, audit.id, audit.case_ids[0], actor=OPERATOR, answer="invoyce")
    desk.answer_question(parts, audit.id, audit.case_ids[0], actor=OPERATOR, answer="warranty", is_new_label=True)
    assert parts.store.audit_answers(audit.id)[0].answer == "warranty"


def test_words_are_compared_by_the_lead(sqlite_database: Database) -> None:
    agent = desk_world.agent().model_copy(update={"grading": Grading.TEXT})
    sqlite_database.create_agent(agent, Bundle(), now=NOON, actor="olga")
    parts = wiring.parts_for(Settings(), sqlite_database, "desk", clock=lambda: NOON + 2 * DAYS)
    text = {"grading": Grading.TEXT, "expected": "Within five days.", "split": Split.DEV}
    parts.store.commit(Changes(cases=tuple(builders.case(number, **text) for number in range(3))))
    audit = desk.begin_audit(parts, actor=OPERATOR)
    said = dict(zip(audit.case_ids, ("within five days", "In five days", "Never"), strict=True))
    answer_all(parts, audit.id, actor=OPERATOR, says=lambda case: said[case.id])
    alike, other = desk.disagreements(parts, audit.id, actor=OPERATOR)
    assert (alike.agrees, other.agrees) == (None, None)
    desk.settle_answer(parts, audit.id, alike.case_id, actor=OPERATOR, keep="same")
    desk.settle_answer(parts, audit.id, other.case_id, actor=OPERATOR, keep="lead")
    found = desk.last_agreement(parts)
    assert found is not None
    assert (found.agreed, found.compared) == (2, 3)
    assert sorted(case.expected for case in parts.store.cases()) == ["Never", "Within five days.", "Within five days."]


def test_a_sample_of_sealed_cases_falls_due_for_ever(parts: Parts) -> None:
    def on(day: int) -> Parts:
        return replace(parts, clock=lambda: NOON + day * DAYS)

    sealed = [case for case in on_file(parts).values() if case.split is Split.SEALED]
    assert [desk.samples_due(on(day)) for day in (29, 30, 61)] == [0, 5, 10]
    assert desk.samples_due(on(10_000)) == len(sealed)
    audit = desk.begin_audit(on(61), actor=OPERATOR, kind="sample")
    assert (len(audit.case_ids), audit.drawn_from) == (10, len(sealed))
    answer_all(on(61), audit.id, actor=OPERATOR, says=right)
    assert [desk.samples_due(on(day)) for day in (61, 91)] == [0, min(5, len(sealed) - 10)]
    again = desk.begin_audit(on(91), actor=OPERATOR, kind="sample")
    assert not set(again.case_ids) & set(audit.case_ids)


def words(parts: Parts) -> str:
    return " ".join(desk.examiner_words(desk.examination(parts), slug="desk"))


def test_who_examines_is_said_with_what_is_unknown(parts: Parts, database: Database) -> None:
    made = [case for case in on_file(parts).values() if case.split in HIDDEN_SPLITS]
    most = max(sum(case.author == lead for case in made) for lead in LEADS)
    told = words(parts)
    assert f"{len(made)} cases examine" in told
    assert "made by 2 people" in told
    assert f"made {most / len(made):.0%}" in told
    assert "is unknown: there was no blind audit" in told
    assert "Nobody is named" not in told
    desk.change_settings(database, parts, actor=OPERATOR, settings=["trusted_authors="])
    told = words(parts)
    assert f"Nobody is named to examine: {len(made)} cases" in told
    assert "a gain of 5 points shows as 4.0 to 4.5" in told
    assert "ratchet cases audit --agent desk" in told
    assert "trusted_authors+=NAME" in told
    audit = desk.begin_audit(parts, actor=OPERATOR, n=10)
    missed = set(audit.case_ids[:2])
    answer_all(parts, audit.id, actor=OPERATOR, says=lambda case: wrong(case) if case.id in missed else right(case))
    told = words(parts)
    assert "8 of 10 answers on file agreed: 80%, between 49% and 94%" in told
    assert "With 20% wrong, a gain of 5 points shows as 3.0 to 4.0" in told


def test_the_terminal_audits_and_the_turn_says_who_examines(
    ratchet: Ratchet, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(sqlite_url)
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    parts = wiring.parts_for(Settings(), database, "desk")
    desk_world.arrive(parts, rows=40)
    engine.turn(parts)
    cases, given = on_file(parts), list[str]()

    def prompt(text: str, **_options: object) -> str:
        if text != "Right is":
            return "m"
        (audit,) = parts.store.case_audits()
        asked = desk.next_question(parts, audit.id, actor=Actor(name="olga", role=Role.ADMIN))
        assert asked is not None
        given.append(asked.case_id)
        return wrong(cases[asked.case_id]) if len(given) == 1 else right(cases[asked.case_id])

    monkeypatch.setattr("click.prompt", prompt)
    said = ratchet("cases", "audit", "--agent", "desk", "--questions", "4")
    assert said.code == 0, said.err
    assert "olga agrees with 3 of 4 answers on file: 75%, between 30% and 95%" in said.out
    assert "ended. olga agrees with 3 of 4" in ratchet("cases", "audits", "--agent", "desk").out
    assert len(given) == 4
    replaced = next(case for case in parts.store.cases() if case.question == cases[given[0]].question)
    assert (replaced.expected, replaced.vouched_by) == (wrong(cases[given[0]]), "olga")
    assert ratchet("agent", "set", "desk", "trusted_authors=").code == 0
    told = ratchet("turn", "--agent", "desk").out
    assert "Nobody is named to examine" in told
    assert "3 of 4 answers on file agreed" in told
    database.close()
