"""Cases that people hand in, protect, keep and take out: decisions stand, and sealed questions stay sealed."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from loop import collect, desk, engine, wiring
from loop.desk.cases import act_on
from loop.errors import Conflict, InvalidInput, NotAllowed
from loop.heldout import HIDDEN_SPLITS
from loop.ports import Parts
from loop.records import (
    Actor,
    Bundle,
    CaseChanges,
    CaseDraft,
    EvalCase,
    Example,
    FeedbackState,
    Role,
    Split,
    case_set_digest,
)
from loop.settings import Settings
from storage.database import Database
from storage.queries import Scope
from storage.queries import cases as queries
from storage.queries.cases import CaseFilter
from storage.tables import CaseActRow
from tests import builders
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.conftest import Ratchet
from tests.shell.desk_world import OPERATOR, stage

APPROVER = Actor(name="anna", role=Role.APPROVER)
TAUGHT = "how do I return the very thing"


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk`, on each database, with cases that its leads' feedback made."""
    bundle = Bundle(examples=(Example(id="x1", question=TAUGHT, label="refund"),))
    database.create_agent(desk_world.agent(), bundle, now=NOON, actor="olga")
    made = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=2))
    desk_world.arrive(made, rows=60)
    settled(made)
    return made


def settled(parts: Parts) -> None:
    for _ in range(4):
        if not engine.turn(parts).did_something:
            break


def drafts(*pairs: tuple[str, str], **fields: object) -> list[CaseDraft]:
    return [
        CaseDraft.model_validate({"question": question, "expected": expected, "line": line} | fields)
        for line, (question, expected) in enumerate(pairs, start=2)
    ]


def hand_in(parts: Parts, some: list[CaseDraft], actor: Actor = OPERATOR) -> desk.HandedIn:
    return desk.hand_in(parts, some, actor=actor, source="cases.csv")


def one_of(parts: Parts, split: Split) -> EvalCase:
    return next(case for case in parts.store.cases([split]) if case.feedback_id is not None)


def journal(database: Database) -> list[str]:
    return [entry.action for entry in database.store("desk").journal()]


def test_cases_are_handed_in_once_by_somebody_who_answers_for_them(parts: Parts, database: Database) -> None:
    some = drafts(*((f"is gift card number {number} still good", "voucher") for number in range(40)))
    first, second = hand_in(parts, some), hand_in(parts, some)
    assert (first.new, first.known, first.refused) == (40, 0, ())
    assert (second.new, second.known, second.refused) == (0, 40, ())
    made = [case for case in parts.store.cases() if case.expected == "voucher"]
    assert {(case.author, case.vouched_by, case.feedback_id) for case in made} == {("olga", "olga", None)}
    assert {case.split for case in made} == set(Split)
    assert first.by_split == {split: sum(case.split is split for case in made) for split in Split}
    assert journal(database).count("import cases") == 1


def test_all_of_one_group_share_a_split(parts: Parts) -> None:
    for number in range(6):
        pairs = [(f"group {number} asks question {place} about bikes", "bike") for place in range(5)]
        hand_in(parts, drafts(*pairs, group=f"family-{number}"))
    made = [case for case in parts.store.cases() if case.expected == "bike"]
    splits = {case.group: {one.split for one in made if one.group == case.group} for case in made}
    assert len(splits) == 6
    assert all(len(some) == 1 for some in splits.values())


def test_what_the_live_version_was_taught_never_examines_it(parts: Parts) -> None:
    for number in range(12):  # whatever the group draws
        hand_in(parts, drafts((TAUGHT + "!" * number, "refund"), group=f"taught-{number}"))
    assert {case.split for case in parts.store.cases() if case.question.startswith(TAUGHT)} == {Split.LOG}


def test_only_an_admin_hands_cases_in(parts: Parts) -> None:
    with pytest.raises(NotAllowed):
        hand_in(parts, drafts(("what is new", "news")), actor=APPROVER)


def test_a_bad_row_names_its_field_and_what_to_do(parts: Parts) -> None:
    case = one_of(parts, Split.DEV)
    hand_in(parts, drafts((case.question, case.expected)))
    done = hand_in(
        parts, drafts(("…", "x"), ("may I swap it", "swap"), ("May I swap it?", "refund"), (case.question, "x"))
    )
    assert [(one.line, one.field) for one in done.refused] == [(2, "question"), (4, "expected"), (5, "expected")]
    (too_long,) = hand_in(parts, drafts(("is it so", "x" * 3_000))).refused
    assert (too_long.field, "at most 255 characters" in too_long.reason) == ("expected", True)
    assert "line 3" in done.refused[1].reason
    assert all(one.reason.rstrip(".").count(".") == 1 for one in done.refused), "what is wrong, then the remedy"
    assert done.new == 1


def test_a_right_answer_on_file_is_confirmed_and_a_wrong_one_replaced_in_its_split(parts: Parts) -> None:
    right, wrong = one_of(parts, Split.DEV), one_of(parts, Split.SEALED)
    done = hand_in(parts, drafts((right.question, right.expected), (wrong.question, "else")))
    assert (done.new, done.confirmed, done.replaced) == (0, 1, 1)
    known = {case.question: case for case in parts.store.cases()}
    kept, fresh = known[right.question], known[wrong.question]
    assert (kept.id, kept.author, kept.vouched_by, kept.feedback_id) == (right.id, right.author, "olga", None)
    assert (fresh.split, fresh.group, fresh.expected) == (wrong.split, wrong.group, "else")
    assert wrong.id not in {case.id for case in parts.store.cases()}


def test_what_people_decided_about_cases_survives_a_rebuild(parts: Parts) -> None:
    right, wrong = one_of(parts, Split.DEV), one_of(parts, Split.SEALED)
    protected = next(case for case in parts.store.cases([Split.DEV]) if case.id != right.id)
    hand_in(parts, drafts((right.question, right.expected), (wrong.question, "else"), ("a brand new question", "new")))
    desk.protect(parts, [protected.id], actor=OPERATOR, reason="a promise to a customer")
    assert any("judged again" in words for words in stage(engine.turn(parts), "validate").words)
    settled(parts)
    before = parts.store.cases()
    assert engine.recheck(parts) == ()
    parts.store.rebuild()
    settled(parts)
    assert engine.recheck(parts) == ()
    assert parts.store.cases() == before
    assert {case.expected for case in before if case.question == wrong.question} == {"else"}
    assert next(case for case in before if case.id == protected.id).is_protected


def test_a_confirmed_case_no_longer_falls_with_the_feedback_that_made_it(parts: Parts) -> None:
    kept, lost = (case for case in parts.store.cases([Split.DEV])[:2])
    hand_in(parts, drafts((kept.question, kept.expected)))
    settled(parts)
    told = [one for one in (kept.feedback_id, lost.feedback_id) if one]
    desk.judge(parts, told, actor=OPERATOR, to=FeedbackState.EXCLUDED, reason="the account was stolen")
    settled(parts)
    in_use = {case.id for case in parts.store.cases()}
    assert (kept.id in in_use, lost.id in in_use) == (True, False)


def test_what_was_handed_in_is_what_the_firewall_compares_with_where_nobody_is_named(
    parts: Parts, database: Database
) -> None:
    desk.change_settings(database, parts, actor=OPERATOR, settings=["trusted_authors="])
    hand_in(parts, drafts(*((f"is gift card number {number} still good", "voucher") for number in range(9))))
    open_one = next(case for case in parts.store.cases() if case.expected == "voucher" and case.split is Split.LOG)
    asked = builders.interaction(900, question=open_one.question, label=None)
    said = builders.feedback(900, label="refund")
    parts.store.append(interactions=[asked], feedback=[said])
    settled(parts)
    (row,) = parts.store.rows("interaction_id", [asked.id])
    assert (row.agree, row.basis) == (0, 0), "a known answer to this very question says otherwise"
    assert engine.recheck(parts) == ()


def test_a_recheck_waits_until_what_was_handed_in_has_been_judged_with(parts: Parts) -> None:
    case = one_of(parts, Split.DEV)
    hand_in(parts, drafts((case.question, case.expected)))
    with pytest.raises(Conflict, match="waits to be judged"):
        engine.recheck(parts)


def test_protecting_is_in_the_journal_and_can_be_taken_back(parts: Parts, database: Database) -> None:
    case = one_of(parts, Split.DEV)
    before = case_set_digest(parts.store.cases())
    assert desk.protect(parts, [case.id], actor=OPERATOR, reason="a promise") == 1
    assert desk.protect(parts, [case.id], actor=OPERATOR, reason="a promise") == 0
    assert case_set_digest(parts.store.cases()) != before, "what counts as right is another question now"
    assert desk.protect(parts, [case.id], actor=OPERATOR, reason="kept", is_protected=False) == 1
    assert case_set_digest(parts.store.cases()) == before
    assert [one for one in journal(database) if "protect" in one] == ["protect case", "unprotect case"]
    assert {act.verb for act in queries.acts(scope(database), case.id)} == {"protect", "unprotect"}


@pytest.mark.parametrize(
    ("ids", "reason", "error"),
    [(["sealed"], "why", NotAllowed), (["dev"], " ", InvalidInput), (["nobody"], "why", InvalidInput)],
)
def test_what_cannot_be_protected_is_refused(parts: Parts, ids: list[str], reason: str, error: type[Exception]) -> None:
    known = {split.value: one_of(parts, split).id for split in HIDDEN_SPLITS}
    with pytest.raises(error):
        desk.protect(parts, [known.get(one, one) for one in ids], actor=OPERATOR, reason=reason)
    assert not any(case.is_protected for case in parts.store.cases())


def test_sealed_cases_leave_only_by_an_admin_who_says_so_and_are_no_secret_to_them_then(
    parts: Parts, database: Database
) -> None:
    everything = list(Split)
    for actor, fields, error in (
        (OPERATOR, {}, InvalidInput),
        (OPERATOR, {"is_burning": True}, InvalidInput),
        (APPROVER, {"is_burning": True, "reason": "a second opinion"}, NotAllowed),
    ):
        with pytest.raises(error):
            desk.case_rows(parts, everything, actor=actor, **fields)
    open_ones = desk.case_rows(parts, [Split.LOG, Split.DEV], actor=APPROVER)
    assert Split.SEALED not in {case.split for case in open_ones}
    assert queries.composition(scope(database)).sealed_shown == 0
    assert "export sealed cases" not in journal(database)
    taken = desk.case_rows(parts, everything, actor=OPERATOR, is_burning=True, reason="a second opinion")
    sealed = {case.id for case in taken if case.split is Split.SEALED}
    assert sealed
    assert parts.store.shown_cases(["olga"]) == sealed
    assert parts.store.shown_cases(["anna"]) == frozenset()
    assert queries.composition(scope(database)).sealed_shown == len(sealed)
    assert journal(database).count("export sealed cases") == 1


def test_whoever_hands_a_sealed_question_in_knows_it(parts: Parts) -> None:
    hand_in(parts, drafts(*((f"is gift card number {number} still good", "voucher") for number in range(20))))
    sealed = {case.id for case in parts.store.cases([Split.SEALED]) if case.expected == "voucher"}
    assert sealed
    assert sealed <= parts.store.shown_cases(["olga"])


def test_a_kept_set_says_for_ever_which_cases_examined(parts: Parts) -> None:
    examining = parts.store.cases(HIDDEN_SPLITS)
    kept = desk.keep_set(parts, "spring", actor=APPROVER)
    assert kept.digest == case_set_digest(examining)
    hand_in(parts, drafts(*((f"is gift card number {number} still good", "voucher") for number in range(20))))
    assert parts.store.case_sets() == [kept]
    assert sorted(case for some in kept.case_ids.values() for case in some) == [case.id for case in examining]
    with pytest.raises(Conflict, match="never changes"):
        desk.keep_set(parts, "spring", actor=OPERATOR)
    assert desk.keep_set(parts, "summer", actor=OPERATOR).digest != kept.digest


def scope(database: Database, slug: str = "desk") -> Scope:
    return Scope(engine=database.engine, agent=slug)


def test_the_page_counts_what_there_is_and_shows_no_sealed_question(parts: Parts, database: Database) -> None:
    stored = parts.store.cases()
    found = queries.composition(scope(database))
    assert (found.log, found.dev, found.sealed) == tuple(sum(case.split is one for case in stored) for one in Split)
    for maker in found.makers:
        mine = [case for case in stored if case.author == maker.name]
        assert (maker.log, maker.dev, maker.sealed) == tuple(sum(case.split is one for case in mine) for one in Split)
        assert (maker.first_at, maker.last_at) == (min(case.at for case in mine), max(case.at for case in mine))
    assert {one.name: one.log + one.dev + one.sealed for one in found.topics} == {
        topic: sum(case.topic == topic for case in stored) for topic in {case.topic for case in stored}
    }
    told = found.model_dump_json() + queries.coverage(scope(database)).model_dump_json()
    assert not [case.question for case in stored if case.question in told]
    with pytest.raises(NotAllowed):
        queries.list_cases(scope(database), CaseFilter(split=Split.SEALED))


def test_open_cases_are_listed_page_by_page_and_narrowed(parts: Parts, database: Database) -> None:
    dev = sorted(parts.store.cases([Split.DEV]), key=lambda case: (case.at, case.id), reverse=True)
    seen, wanted = [], CaseFilter(limit=5)
    while page := queries.list_cases(scope(database), wanted):
        seen += [line.id for line in page]
        wanted = wanted.model_copy(update={"after": (page[-1].at, page[-1].id)})
    assert seen == [case.id for case in dev]
    lead, topic = dev[0].author, dev[0].topic
    of_lead = queries.list_cases(scope(database), CaseFilter(author=lead, topic=topic, limit=500))
    assert [line.id for line in of_lead] == [case.id for case in dev if (case.author, case.topic) == (lead, topic)]
    assert queries.list_cases(scope(database), CaseFilter(is_protected=True)) == []


def test_coverage_names_what_people_ask_and_no_case_does(parts: Parts, database: Database) -> None:
    asked = [
        builders.interaction(number, id=f"asked-{number}", topic="refund" if number % 4 else "warranty", label=None)
        for number in range(1, 41)
    ]
    parts.store.append(interactions=asked)
    found = queries.coverage(scope(database), enough=1)
    by_name = {one.name: one for one in found.topics}
    assert (by_name["refund"].answers, by_name["warranty"].answers) == (30, 10)
    assert [one.name for one in found.bare] == ["warranty"]
    assert found.covered == 0.75
    assert (found.looked_at, found.without_topic) == (100, 60)
    assert queries.coverage(scope(database), enough=10_000).covered == 0


def test_nothing_of_another_agent_is_read(parts: Parts, database: Database) -> None:
    desk.protect(parts, [one_of(parts, Split.DEV).id], actor=OPERATOR, reason="a promise")
    nobody = scope(database, "nobody")
    assert queries.composition(nobody).makers == ()
    assert queries.list_cases(nobody, CaseFilter()) == []
    assert queries.coverage(nobody).topics == ()
    assert queries.acts(nobody, one_of(parts, Split.DEV).id) == []
    database.create_agent(desk_world.agent().model_copy(update={"slug": "other"}), Bundle(), now=NOON, actor="olga")
    other = database.store("other")
    assert (other.makers(), other.labels_on_file(), other.case_sets(), other.case_audits()) == ([], [], [], [])
    assert other.shown_cases(["olga"]) == frozenset()
    assert other.anchors_digest() == ""


def test_a_change_of_cases_is_all_or_nothing(parts: Parts, database: Database) -> None:
    dev, gone = one_of(parts, Split.DEV), "case_gone"
    with pytest.raises(Conflict, match="no longer in use"):
        parts.store.change_cases(
            CaseChanges(
                protected={dev.id: True, gone: True},
                acts=(act_on(parts, dev, "protect", actor=OPERATOR, about="x"),),
            )
        )
    assert not any(case.is_protected for case in parts.store.cases())
    with database.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(CaseActRow.core())).scalar() == 0


def read(content: bytes, name: str = "cases.jsonl"):  # type: ignore[no-untyped-def]
    return list(collect.read_cases(BytesIO(content), name=name, agent="desk"))


def test_a_file_of_cases_is_read_whoever_wrote_it(parts: Parts) -> None:
    exported = desk.case_rows(parts, [Split.DEV], actor=OPERATOR)
    lines = "".join(json.dumps(case.model_dump(mode="json")) + "\n" for case in exported)
    found = read(lines.encode())
    assert [(one.question, one.expected, one.topic) for one in found] == [
        (case.question, case.expected, case.topic) for case in exported
    ]
    (row,) = read("text;label\nWie läuft das, anna@example.org?;Rückgabe\n".encode(), name="cases.csv")
    assert (row.question, row.expected, row.line) == ("Wie läuft das, ⟨EMAIL_1⟩?", "Rückgabe", 2)


def test_a_row_that_cannot_be_read_names_its_column_and_the_others_go_on() -> None:
    found = read(
        b'{"question": "", "expected": "x"}\n{"question": "why", "expected": ["x"]}\n'
        b'{"question": "why", "expected": "x", "must_include": [1]}\n{"question": "why", "expected": "x"}\n'
    )
    assert [one.line for one in found] == [1, 2, 3, 4]
    assert ["question" in found[0].reason, "expected" in found[1].reason, "must_include" in found[2].reason] == [
        True
    ] * 3
    assert isinstance(found[3], CaseDraft)
    (long,) = read(b'{"question": "why", "expected": "x", "group": "' + b"g" * 3_000 + b'"}\n')
    assert "group is longer than 255 characters" in long.reason
    with pytest.raises(InvalidInput, match="expected"):
        read(b'{"question": "why"}\n')


def test_the_terminal_imports_lists_protects_keeps_and_exports(ratchet: Ratchet, tmp_path: Path) -> None:
    assert ratchet("agent", "create", "desk", "--grading", "label").code == 0
    file = tmp_path / "cases.csv"
    rows = "".join(f"where is parcel number {number},parcel\n" for number in range(40))
    file.write_text(f"question,expected\n{rows},lost\n")
    words = ("cases", "import", str(file), "--agent", "desk")
    first = ratchet(*words)
    assert first.code == 0
    assert "40 new" in first.out
    assert "line 42: The column question is empty." in first.out
    assert json.loads(ratchet(*words, "--json").out)["known"] == 40
    told = ratchet("cases", "who", "--agent", "desk").out
    assert "olga" in told
    assert "unknown" in told
    listed = ratchet("cases", "list", "--agent", "desk").out
    case_id = listed.split()[0]
    said = ratchet("cases", "protect", case_id, "--agent", "desk", "--reason", "a promise")
    assert said.out == "1 of 1 are protected from now on.\n"
    assert "(protected)" in ratchet("cases", "list", "--agent", "desk", "--protected").out
    assert ratchet("cases", "keep", "spring", "--agent", "desk").code == 0
    assert "spring" in ratchet("cases", "sets", "--agent", "desk").out
    out = tmp_path / "out.jsonl"
    refused = ratchet("cases", "export", "--agent", "desk", "--burn-sealed", "--out", str(out))
    assert (refused.code, out.exists()) == (1, False)
    words = ("cases", "export", "--agent", "desk", "--burn-sealed", "--reason", "moving house", "--out", str(out))
    assert ratchet(*words).code == 0
    assert {json.loads(line)["split"] for line in out.read_text().splitlines()} == {"sealed"}
    assert ratchet("cases", "coverage", "--agent", "desk").out.startswith("Unknown: none of the newest 0 answers")
    assert "everything follows" in ratchet("audit", "--agent", "desk").out


def test_no_read_of_the_page_walks_all_answers_or_all_cases(sqlite_database: Database) -> None:
    """Every one finds its rows through an index; cases that examine are counted from an index alone."""
    sqlite_database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    parts = wiring.parts_for(Settings(), sqlite_database, "desk", clock=lambda: NOON + timedelta(days=90))
    desk_world.arrive(parts, rows=60)
    engine.turn(parts)
    desk.begin_audit(parts, actor=OPERATOR, n=3)
    asked: dict[str, object] = {}

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked[statement] = parameters

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    mine = scope(sqlite_database)
    queries.composition(mine)
    queries.coverage(mine)
    queries.list_cases(mine, CaseFilter(topic="refund"))
    queries.acts(mine, one_of(parts, Split.DEV).id)
    desk.examination(parts)
    event.remove(sqlite_database.engine, "before_cursor_execute", note)
    steps = []
    with sqlite_database.engine.connect() as connection:
        for statement, parameters in asked.items():
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [(row[3], statement) for row in plan]
    tables = ("interaction", "feedback", "eval_case", "judged")
    scans = [step for step, _ in steps if step.startswith("SCAN") and step.split()[1] in tables]
    whole = [step for step, _ in steps if step.startswith("SEARCH eval_case") and step.endswith("(agent=?)")]
    assert (scans, whole) == ([], [])
    assert any("COVERING INDEX ix_eval_case_maker" in step for step, _ in steps)
