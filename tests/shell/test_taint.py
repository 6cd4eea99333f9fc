"""From feedback everything it influenced is found; unlearning takes it back through the gate, and can be undone."""

from collections.abc import Sequence
from typing import Any

import pytest

from loop import desk, engine
from loop.change import proposal
from loop.change.operations import apply_all
from loop.change.proposal import Idea
from loop.errors import Conflict, DigestMismatch, InvalidInput, NotAllowed
from loop.ports import Parts
from loop.records import (
    Actor,
    Answer,
    Article,
    ChangeExamples,
    Changes,
    Condition,
    EditInstructions,
    Example,
    FeedbackMove,
    FeedbackState,
    Import,
    Note,
    Proposal,
    ProposalMove,
    ProposalState,
    Proposer,
    Role,
    Rule,
    SetRule,
    Split,
    TaintScope,
    UpsertArticle,
)
from storage.database import Database
from storage.inspection import inspect
from tests import builders
from tests.shell import deciding, real_desk

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)
RITA = Actor(name="rita", role=Role.REVIEWER)
ITEMS = range(1, 9)
ARTICLE = Article(id="late", title="Late parcels", body="Wait three days.")
RULE = Rule(id="r1", when=(Condition(field="question", op="contains", value="refund"),), answer="Within ten days.")
OTHER = Rule(id="r2", when=(Condition(field="question", op="contains", value="invoice"),), answer="By mail.")


@pytest.fixture
def parts(database: Database) -> Parts:
    """Eight corrections by six people, validated; f1 to f3 by one person each, f4 and f5 by mallory."""
    store = database.create_agent(
        builders.agent(), builders.bundle(instructions="Be kind."), now=builders.NOON, actor="rita"
    )
    authors = {4: "mallory", 5: "mallory"}
    store.append(
        interactions=[builders.interaction(number) for number in ITEMS],
        feedback=[builders.feedback(number, author=authors.get(number, f"a{number}")) for number in ITEMS],
        notes=[Note(actor="rita", action="import file", subject="desk", at=builders.NOON)],
        into=Import(id="import1", agent="desk", name="labels.csv", actor="rita", at=builders.NOON),
    )
    store.commit(
        Changes(
            feedback_moves=tuple(
                FeedbackMove(feedback_id=f"f{number}", was=FeedbackState.NEW, now=FeedbackState.VALID)
                for number in ITEMS
            )
        )
    )
    return real_desk.parts_after(database)


def drafted(parts: Parts, *operations: Any, evidence: Sequence[str] = (), title: str = "A change") -> Proposal:
    """A machine's change on the live version, tested and on the desk."""
    store = parts.store
    head = store.head()
    base = store.bundle(head.digest)
    cited = [item.feedback for item in store.feedback_items(evidence).values()]
    idea = Idea(operations=operations, title=title, rationale="r", evidence=tuple(evidence), proposer=Proposer.RULES)
    made = proposal.draft(idea, agent=store.agent, base=head, bundle=base, cited=cited, at=builders.at(5))
    waits = ProposalMove(proposal_id=made.id, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    store.commit(
        Changes(
            proposals=(made,),
            bundles=(apply_all(base, operations),),
            reports=(builders.report(made),),
            proposal_moves=(waits,),
        )
    )
    return made


def shipped(parts: Parts, *operations: Any, evidence: Sequence[str] = (), title: str = "A change") -> Proposal:
    """The same, approved and live."""
    made = drafted(parts, *operations, evidence=evidence, title=title)
    approval = deciding.decision(parts.store.proposal(made.id))
    parts.store.decide(approval)
    deciding.deploy(parts.store, approval)
    return made


def case(number: int, **fields: Any) -> Any:
    return builders.case(number, **{"feedback_id": f"f{number}", "interaction_id": f"i{number}"} | fields)


def states(parts: Parts, *ids: str) -> list[str]:
    found = parts.store.feedback_items(ids)
    return [found[one].state.value for one in ids]


def unlearnings(parts: Parts) -> list[Any]:
    return [item for item in parts.store.proposals() if item.proposal.proposer is Proposer.UNLEARNING]


def test_everything_an_item_led_to_is_found_over_stored_links(parts: Parts) -> None:
    store = parts.store
    store.commit(Changes(cases=(case(4, split=Split.DEV), case(1, split=Split.DEV))))
    example = Example(id="x4", question="q", label="refund", feedback_id="f4")
    rule = shipped(parts, SetRule(rule=RULE), evidence=("f1", "f4", "f5"), title="Refund rule")
    bundle = shipped(parts, ChangeExamples(add=(example,)), evidence=("f4",), title="Bundle")
    other = shipped(parts, SetRule(rule=OTHER), evidence=("f1", "f2", "f3"), title="Invoice rule")
    store.keep_answers(store.head().digest, {"case4": Answer(label="refund", method="case")})
    found = desk.trace(parts, TaintScope(items=("f4",)))
    assert {one.id for one in found.proposals} == {rule.id, bundle.id}
    assert [one.id for one in found.cases] == ["case4"]
    assert [(one.number, one.is_made, one.is_live) for one in found.versions] == [
        (1, True, False), (2, True, False), (3, False, True),
    ]  # fmt: skip
    assert len(found.releases) == 3
    assert found.measured == (3,)
    assert set(found.reports) == {f"report-{one.id}" for one in (rule, bundle, other)}
    assert {(one.section, one.element_id, one.stands) for one in found.live} == {
        ("rules", "r1", True), ("examples", "x4", False),
    }, "the rule has two people still"  # fmt: skip
    assert found.clean == 0
    told = "\n".join(line for head, more in desk.taint_paragraphs(found) for line in (head, *more))
    assert "Refund rule" in told
    assert "Version 0 was the last without any of it" in told
    assert "Invoice rule" not in told


def test_what_a_change_cites_is_found_from_an_interaction_a_person_a_door_a_time_and_an_import(parts: Parts) -> None:
    made = drafted(parts, SetRule(rule=RULE), evidence=("f4",))
    for scope, n in (
        (TaintScope(items=("i4",)), 1),
        (TaintScope(author="mallory"), 2),
        (TaintScope(author="mallory", door="api"), 2),  # a key knows them as the desk does
        (TaintScope(door="dashboard"), 8),
        (TaintScope(since=builders.at(-10), until=builders.at(600)), 8),
        (TaintScope(import_id="import1"), 8),
    ):
        found = desk.trace(parts, scope)
        assert (len(found.items), [one.id for one in found.proposals]) == (n, [made.id]), scope
    assert desk.trace(parts, TaintScope(author="mallory", door="import")).items == ()
    with pytest.raises(InvalidInput):
        desk.trace(parts, TaintScope())


def test_unlearned_items_neither_teach_nor_examine_and_doing_it_again_changes_nothing(parts: Parts) -> None:
    store = parts.store
    store.commit(Changes(cases=(case(4), case(1))))
    scope = TaintScope(author="mallory")
    made = desk.unlearn(parts, scope, actor=OLGA, reason="an attacker")
    assert states(parts, "f4", "f5", "f1") == ["excluded", "excluded", "valid"]
    assert [one.id for one in store.cases()] == ["case1"]
    assert "an attacker" in store.feedback_items(["f4"])["f4"].flags[-1].reason
    counted = store.change_counter()
    assert desk.unlearn(parts, scope, actor=OLGA, reason="again") == made
    assert store.change_counter() == counted
    assert [entry.action for entry in store.journal()].count("unlearn") == 1


def test_what_has_lost_its_support_is_proposed_to_be_taken_back_and_goes_live_only_by_approval(parts: Parts) -> None:
    store = parts.store
    shipped(parts, SetRule(rule=RULE), evidence=("f1", "f4", "f5"), title="Refund rule")
    shipped(parts, UpsertArticle(article=ARTICLE), evidence=("f4",), title="Article")
    shipped(parts, EditInstructions(new="Offer a voucher."), evidence=("f5",), title="Wording")
    example = Example(id="x4", question="q", label="refund", feedback_id="f4")
    shipped(parts, ChangeExamples(add=(example,)), evidence=("f4",))
    shipped(parts, SetRule(rule=OTHER), evidence=("f1", "f2", "f3", "f4"), title="Invoice rule")
    head = store.head()
    desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="an attacker")
    for _ in range(3):
        engine.turn(parts)
    assert store.head() == head, "nothing moves without a person"
    back = unlearnings(parts)
    bundle = store.bundle(head.digest)
    after = [apply_all(bundle, item.proposal.operations) for item in back]
    assert {item.state for item in back} == {ProposalState.WAITING}
    assert len(back) == 4
    assert sum(RULE not in one.rules for one in after) == 1
    assert sum(not one.articles for one in after) == 1
    assert sum(one.instructions == "Be kind." for one in after) == 1
    assert sum(not one.examples for one in after) == 1
    assert all(OTHER in one.rules for one in after), "three others say the same"


def test_an_approved_taking_back_is_not_taken_back_itself(parts: Parts) -> None:
    shipped(parts, SetRule(rule=RULE), evidence=("f4", "f5"))
    made = desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="an attacker")
    engine.turn(parts)
    (item,) = unlearnings(parts)
    desk.approve(parts, item.proposal.id, actor=OLGA, seen_digest=item.evidence_digest, reason="yes")
    with pytest.raises(Conflict, match="was approved"):
        desk.undo_unlearning(parts, made.id, actor=OLGA)
    for _ in range(3):
        engine.turn(parts)
        parts.clock.pass_time(minutes=5)
    assert RULE not in parts.store.live_bundle().rules
    assert len(unlearnings(parts)) == 1
    with pytest.raises(Conflict):
        desk.undo_unlearning(parts, made.id, actor=OLGA)


def test_open_changes_that_no_longer_stand_leave_the_desk_and_those_that_do_stay(parts: Parts) -> None:
    falls = drafted(parts, SetRule(rule=RULE), evidence=("f1", "f4", "f5"))
    stays = drafted(parts, SetRule(rule=OTHER), evidence=("f1", "f2", "f3", "f4"))
    desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="an attacker")
    assert parts.store.proposal(falls.id).state is ProposalState.STALE
    assert parts.store.proposal(stays.id).state is ProposalState.WAITING


def test_an_unlearning_that_took_nothing_back_is_undone_as_it_was(parts: Parts) -> None:
    store = parts.store
    store.commit(Changes(cases=(case(1, vouched_by="mallory", feedback_id=None), case(4))))
    open_one = drafted(parts, SetRule(rule=RULE), evidence=("f4",))
    desk.judge(parts, ["f5"], actor=OLGA, to=FeedbackState.QUARANTINED, reason="odd")
    desk.judge(parts, ["f5"], actor=OLGA, to=FeedbackState.RELEASED, reason="fine")
    made = desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="an attacker")
    undone = desk.undo_unlearning(parts, made.id, actor=OLGA)
    assert undone.undone_by == "olga"
    assert desk.undo_unlearning(parts, made.id, actor=OLGA) == undone
    assert states(parts, "f4", "f5") == ["new", "released"], "the firewall looks again; a person's word stands"
    assert all("an attacker" not in flag.reason for flag in store.feedback_items(["f5"])["f5"].flags)
    assert store.proposal(open_one.id).state is ProposalState.WAITING
    assert [entry.action for entry in store.journal()][-1] == "undo unlearning"
    again = desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="after all")
    assert again.id != made.id


def test_an_import_goes_back_whole_without_what_was_there_before_it(parts: Parts) -> None:
    store = parts.store
    note = Note(actor="rita", action="import file", subject="desk", at=builders.NOON)
    second = Import(id="import2", agent="desk", name="more.csv", actor="olga", at=builders.at(9))
    both = [builders.feedback(number, source="import:more.csv") for number in (1, 20, 21)]
    both[0] = builders.feedback(1)  # known since the first import
    asked = [builders.interaction(number) for number in (1, 20, 21)]
    store.append(interactions=asked[:2], feedback=both[:2], notes=[note], into=second)
    store.append(interactions=[builders.interaction(30)], feedback=[builders.feedback(30)])
    store.append(interactions=asked[2:], feedback=both[2:], notes=[note], into=second)
    article = desk.draft_articles(parts, actor=OLGA, articles=[ARTICLE], source="more.csv", into=second)
    assert article is not None
    known = store.import_of("import2")
    assert (known.new, known.known, known.proposal_id) == (4, 2, article.id)
    assert len(known.spans) == 2, "what came in between is not its own"
    made = desk.unlearn(parts, TaintScope(import_id="import2"), actor=OLGA, reason="the wrong file")
    assert sorted(made.moved) == ["f20", "f21"]
    assert states(parts, "f1", "f30") == ["valid", "new"]
    assert store.proposal(article.id).state is ProposalState.STALE
    assert [entry.subject for entry in store.journal() if entry.action == "undo import"] == [made.id]
    assert desk.unlearn(parts, TaintScope(import_id="import2"), actor=OLGA, reason="again") == made


def test_a_live_article_of_an_import_is_proposed_to_be_taken_back(parts: Parts) -> None:
    store = parts.store
    into = Import(id="import3", agent="desk", name="kb.csv", actor="olga", at=builders.at(9))
    article = desk.draft_articles(parts, actor=OLGA, articles=[ARTICLE], source="kb.csv", into=into)
    assert article is not None
    waits = ProposalMove(proposal_id=article.id, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    store.commit(Changes(reports=(builders.report(article),), proposal_moves=(waits,)))
    approval = deciding.decision(store.proposal(article.id))
    store.decide(approval)
    deciding.deploy(store, approval)
    made = desk.unlearn(parts, TaintScope(import_id="import3"), actor=OLGA, reason="the wrong file")
    assert made.taken_back == (article.id,)
    engine.turn(parts)
    (item,) = unlearnings(parts)
    assert apply_all(store.live_bundle(), item.proposal.operations).articles == ()


def test_who_may_not_unlearn_is_refused_and_a_list_that_changed_is_read_again(parts: Parts) -> None:
    counted = parts.store.change_counter()
    found = desk.trace(parts, TaintScope(author="mallory"))
    with pytest.raises(NotAllowed):
        desk.unlearn(parts, TaintScope(author="mallory"), actor=RITA, reason="no")
    with pytest.raises(InvalidInput):
        desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason=" ")
    with pytest.raises(InvalidInput):
        desk.unlearn(parts, TaintScope(author="nobody"), actor=OLGA, reason="no")
    assert parts.store.change_counter() == counted
    drafted(parts, SetRule(rule=RULE), evidence=("f4",))
    with pytest.raises(DigestMismatch):
        desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="no", seen=desk.seen_digest(found))


def test_sealed_cases_are_counted_and_never_named(parts: Parts) -> None:
    parts.store.commit(Changes(cases=(case(4, split=Split.SEALED),)))
    found = desk.trace(parts, TaintScope(items=("f4",)))
    told = "\n".join(line for head, more in desk.taint_paragraphs(found) for line in (head, *more))
    assert "1 sealed in use" in told
    assert "case4" not in told


def test_an_unlearning_and_its_undoing_follow_from_the_journal(parts: Parts, database: Database) -> None:
    parts.store.commit(Changes(cases=(case(4),)))
    drafted(parts, SetRule(rule=RULE), evidence=("f4",))
    made = desk.unlearn(parts, TaintScope(author="mallory"), actor=OLGA, reason="an attacker")
    desk.undo_unlearning(parts, made.id, actor=OLGA)
    with database.engine.connect() as connection:
        assert inspect(connection, "desk").faults == ()


GROWING = {
    "feedback",
    "interaction",
    "eval_case",
    "judged",
    "answer",
    "proposal_source",
    "proposal",
    "report",
    "case_act",
}
"""Tables that grow with history."""


SCOPES = (
    TaintScope(items=("f1",)),
    TaintScope(author="a1"),
    TaintScope(author="a1", door="dashboard"),
    TaintScope(door="import"),
    TaintScope(since=builders.NOON),
    TaintScope(import_id="import1"),
)


def test_no_look_at_what_something_influenced_reads_all_history(
    sqlite_database: Database, selects: dict[str, Any]
) -> None:
    store = sqlite_database.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")
    store.append(
        interactions=[builders.interaction(number) for number in ITEMS],
        feedback=[builders.feedback(number) for number in ITEMS],
        notes=[Note(actor="rita", action="import file", subject="desk", at=builders.NOON)],
        into=Import(id="import1", agent="desk", name="labels.csv", actor="rita", at=builders.NOON),
    )
    store.commit(Changes(cases=(case(1),)))
    parts = real_desk.parts_after(sqlite_database)
    shipped(parts, SetRule(rule=RULE), evidence=("f1",))
    selects.clear()
    for scope in SCOPES:
        desk.trace(parts, scope)
    with sqlite_database.engine.connect() as connection:
        for statement, parameters in list(selects.items()):
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            scans = [step for step in plan if step.startswith("SCAN") and step.split()[1] in GROWING]
            whole = [step.split() for step in plan if step.startswith("SEARCH") and step.endswith("(agent=?)")]
            scans += [" ".join(words) for words in whole if words[1] in GROWING]
            assert scans == [], (scans, statement[:300])


def test_a_file_is_listed_and_taken_back_from_the_terminal(ratchet: Any, tmp_path: Any) -> None:
    assert ratchet("agent", "create", "desk", "--grading", "label").code == 0
    file = tmp_path / "labels.csv"
    rows = [f"where is parcel number {n},parcel" for n in range(4)]
    file.write_text("\n".join(["text,category", *rows]))
    assert "No such command" not in ratchet("import", "--help").out
    first = ratchet("import", str(file), "--agent", "desk", "--as", "labelled-queries")
    assert "Records: 8 new" in first.out, first
    assert ratchet("import", str(file), "--agent", "desk", "--as", "labelled-queries").code == 0
    listed = ratchet("import", "list", "--agent", "desk").out.splitlines()
    assert len(listed) == 1, "a second delivery brings nothing and is none"
    name = listed[0].split()[0]
    traced = ratchet("taint", "--agent", "desk", "--import", name)
    assert "4 feedback items" in traced.out, traced
    done = ratchet("import", "undo", name, "--agent", "desk", "--reason", "wrong file", "--yes", "--later")
    assert (done.code, "4 items excluded" in done.out) == (0, True), done
    assert "taken back" in ratchet("import", "list", "--agent", "desk").out
    record = ratchet("unlearn", "--agent", "desk", "--list").out.split()[0]
    undone = ratchet("unlearn", "--agent", "desk", "--undo", record, "--later")
    assert (undone.code, "is undone" in undone.out) == (0, True), undone
    assert ratchet("unlearn", "f1", "--author", "ann", "--agent", "desk", "--reason", "x").code == 1
    assert "everything follows" in ratchet("audit", "--agent", "desk").out
