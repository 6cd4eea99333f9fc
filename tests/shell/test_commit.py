"""A commit is written whole or not at all, and writing it again changes nothing."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop.errors import Conflict, InvalidInput, NotFound
from loop.ports import Store
from loop.records import (
    FEEDBACK_MOVES,
    PROPOSAL_MOVES,
    Agent,
    Changes,
    Derived,
    FeedbackMove,
    FeedbackState,
    Mover,
    Person,
    Proposal,
    ProposalMove,
    ProposalState,
    Record,
    Report,
    RowCounts,
    SignIn,
    SignInLink,
    Split,
    Verdict,
    as_shown,
    look_of,
    may_move,
)
from storage.rows import TABLES
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding
from tests.shell.whole import arrivals, everything, path, snapshot


def drafted(proposal: Proposal) -> dict[str, object]:
    """A proposal with its candidate's content, for a commit."""
    return {"proposals": (proposal,), "bundles": deciding.drafting(proposal).bundles}


def test_every_record_comes_back_as_it_was(store: AgentStore) -> None:
    port: Store = store
    arrived, changes = arrivals(), everything()
    proposal = deciding.proposal(base=store.head())
    report = builders.report(proposal, level=0.0027, verdict=Verdict.PROVED)
    assert arrived.keep(store) == RowCounts(new=5)
    written = port.commit(changes.model_copy(update={**drafted(proposal), "reports": (report,)}))

    assert written == RowCounts(moved=1)
    assert tuple(port.interactions(["i1", "i2", "none"]).values()) == arrived.interactions
    items = port.feedback()
    assert tuple(item.feedback for item in items) == arrived.feedback
    assert [item.state for item in items] == [FeedbackState.HELD, FeedbackState.NEW]
    assert items[0].flags == changes.flags["f1"]
    assert port.feedback_items(["f1", "none"]) == {"f1": items[0]}
    assert tuple(port.issues()) == changes.issues
    assert tuple(port.cases()) == changes.cases
    assert port.cases([Split.DEV]) == [changes.cases[1]]
    assert tuple(port.measurements()) == changes.measurements
    assert tuple(port.comparisons()) == changes.comparisons
    assert port.last_turn() == changes.turn
    item = port.proposal("p1")
    assert (item.proposal, item.report, item.state) == (proposal, report, ProposalState.DRAFTED)
    assert port.proposals() == [item]
    assert [look.number for look in port.ledger().looks] == [1]


def test_the_same_commit_again_changes_nothing_but_the_journal(store: AgentStore) -> None:
    arrived, changes = arrivals(), everything()
    proposal = deciding.proposal(base=store.head())
    changes = changes.model_copy(update={**drafted(proposal), "reports": (builders.report(proposal),)})
    arrived.keep(store)
    store.commit(changes)
    before = snapshot(store)
    counted = store.change_counter()

    assert arrived.keep(store) == RowCounts(duplicate=5)
    assert store.commit(changes) == RowCounts()
    assert snapshot(store) == before
    assert store.change_counter() == counted
    assert store.check_journal().is_intact


def test_an_interaction_with_other_content_is_brought_up_to_date(store: AgentStore) -> None:
    first = builders.interaction(1)
    later = builders.interaction(1, answer="Here it is.", attributes={"a": 1})
    assert store.append(interactions=(first,)).new == 1
    assert store.append(interactions=(later, builders.interaction(2))) == RowCounts(new=1, updated=1)
    assert store.interactions(["i1"]) == {"i1": later}


def test_the_last_of_one_interaction_in_a_batch_counts(store: AgentStore) -> None:
    batch = tuple(builders.interaction(1, answer=answer) for answer in ("a", "b", "b"))
    assert store.append(interactions=batch) == RowCounts(new=1, updated=1, duplicate=1)
    assert store.interactions(["i1"])["i1"].answer == "b"


COMMITTERS = (Mover.LOOP, Mover.PERSON, Mover.RELEARNING)
"""Whose moves come by a commit; decisions, releases and newer words of an author have writers of their own."""


def test_every_feedback_move_is_as_the_table_says(sqlite_store: AgentStore) -> None:
    number = itertools.count(1)
    for was, now in itertools.product(FeedbackState, FeedbackState):
        told = builders.feedback(next(number))
        sqlite_store.append(feedback=(told,))
        change = Changes(feedback_moves=(FeedbackMove(feedback_id=told.id, was=was, now=now),))
        if any(may_move(FEEDBACK_MOVES, was, now, by=one) for one in COMMITTERS):
            for step in path(FeedbackState.NEW, was, FEEDBACK_MOVES):
                move = FeedbackMove(feedback_id=told.id, was=step[0], now=step[1])
                sqlite_store.commit(Changes(feedback_moves=(move,)))
            assert sqlite_store.commit(change).moved == 1
            assert sqlite_store.feedback_items([told.id])[told.id].state is now
        else:
            with pytest.raises(InvalidInput):
                sqlite_store.commit(change)


def test_every_proposal_move_by_a_commit_is_as_the_table_says(sqlite_store: AgentStore) -> None:
    for was, now in itertools.product(ProposalState, ProposalState):
        change = Changes(proposal_moves=(ProposalMove(proposal_id="p", was=was, now=now),))
        if any(may_move(PROPOSAL_MOVES, was, now, by=one) for one in COMMITTERS):
            assert sqlite_store.commit(change).moved == 0
        else:
            with pytest.raises(InvalidInput):
                sqlite_store.commit(change)


def test_a_move_from_where_it_no_longer_stands_is_skipped(store: AgentStore) -> None:
    store.append(feedback=(builders.feedback(1),))
    move = FeedbackMove(feedback_id="f1", was=FeedbackState.NEW, now=FeedbackState.VALID)
    assert store.commit(Changes(feedback_moves=(move,))).moved == 1
    assert store.commit(Changes(feedback_moves=(move,))).moved == 0


def test_a_retired_case_is_gone_until_it_comes_again(store: AgentStore) -> None:
    store.commit(Changes(cases=(builders.case(1), builders.case(2))))
    store.commit(Changes(retired_cases=("case1",)))
    assert [case.id for case in store.cases()] == ["case2"]
    store.commit(Changes(cases=(builders.case(1, question="Changed?"),)))
    assert store.cases() == [builders.case(1), builders.case(2)]


def test_flags_and_issues_replace_the_earlier_ones(store: AgentStore) -> None:
    arrivals().keep(store)
    store.commit(everything())
    (issue,) = store.issues()
    store.commit(Changes(flags={"f1": ()}, issues=(issue.model_copy(update={"support": 7}),)))
    assert store.feedback_items(["f1"])["f1"].flags == ()
    assert [one.support for one in store.issues()] == [7]
    store.commit(Changes(derived=Derived(dropped_issues=(issue.id,))))
    assert store.issues() == []


def looked(proposal: Proposal, number: int, **fields: Any) -> Report:
    """A report that was charged for a look."""
    return builders.report(proposal, id=f"look-{number}", level=0.0027, sealed_looks=number, seed=number, **fields)


def test_a_second_report_is_shown_instead_of_the_first_and_both_are_kept_and_count_as_looks(store: AgentStore) -> None:
    drafted = deciding.proposal(base=store.head())
    first, second = looked(drafted, 1), looked(drafted, 2)
    store.commit(deciding.drafting(drafted).model_copy(update={"reports": (first,)}))
    before = store.proposal("p1").evidence_digest
    store.commit(Changes(reports=(second,)))
    assert store.proposal("p1").report == as_shown(second, state=ProposalState.DRAFTED)
    assert store.reports("p1") == [first, second]
    assert store.proposal("p1").evidence_digest not in ("", before)
    assert [look.number for look in store.ledger().looks] == [1, 2]


def test_one_look_is_charged_once_however_many_tests_took_it(store: AgentStore) -> None:
    """Two workers read the same budget; the second is told, and nothing of its report is written."""
    drafted = deciding.proposal(base=store.head())
    store.commit(deciding.drafting(drafted).model_copy(update={"reports": (looked(drafted, 1),)}))
    late = looked(drafted, 1).model_copy(update={"id": "late"})
    with pytest.raises(Conflict, match="looked at the sealed cases meanwhile"):
        store.commit(Changes(reports=(late,)))
    assert [one.id for one in store.reports("p1")] == ["look-1"]
    assert store.commit(Changes(reports=(looked(drafted, 1),))) == RowCounts(), "the same report again is harmless"


def test_the_ledger_is_what_the_reports_say(store: AgentStore) -> None:
    drafted = deciding.proposal(base=store.head())
    better = builders.evidence(fixed=4, broken=0, p_better=0.001)
    reports = (
        looked(drafted, 1),
        builders.report(drafted, id="uncharged"),
        looked(drafted, 2, verdict=Verdict.PROVED, sealed=better, dev=builders.evidence(), at=builders.at(9)),
    )
    store.commit(deciding.drafting(drafted).model_copy(update={"reports": reports}))
    ledger = store.ledger()
    assert ledger.looks == tuple(filter(None, map(look_of, reports)))
    assert [look.is_proved for look in ledger.looks] == [False, True]
    assert ledger.dev_shown_since == builders.at(5)


def test_a_decided_proposal_keeps_the_evidence_it_was_decided_on(store: AgentStore) -> None:
    item = deciding.waiting(store)
    store.decide(deciding.decision(item))
    store.commit(Changes(reports=(builders.report(item.proposal, id="late", seed=8),)))
    assert store.proposal("p1").report == builders.report(item.proposal)
    assert [report.id for report in store.reports("p1")] == ["late", "report-p1"]
    assert store.proposal("p1").evidence_digest == item.evidence_digest


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "a\x00b"}, "text"),
        ({"label": "\ud800"}, "label"),
        ({"attributes": {"deep": [{"a\x00": 1}]}}, "attributes"),
        ({"attributes": {"made": object()}}, "attributes"),
        ({"author": "a" * 256}, "author"),
        ({"agent": "other"}, "agent"),
    ],
)
def test_what_a_database_cannot_keep_is_refused_by_field(store: AgentStore, change: dict, field: str) -> None:
    bad = builders.feedback(2).model_copy(update=change)
    with pytest.raises(InvalidInput) as refused:
        store.append(interactions=(builders.interaction(1),), feedback=(bad,))
    assert refused.value.field == field
    assert "a" * 99 not in str(refused.value)
    assert store.interactions(["i1"]) == {}


def test_text_that_only_spells_a_nul_is_kept(store: AgentStore) -> None:
    told = builders.feedback(1, text="write \\u0000 in JSON")
    store.append(feedback=(told,))
    assert store.feedback()[0].feedback == told


def test_a_commit_that_fails_at_its_end_leaves_nothing(store: AgentStore) -> None:
    stray = builders.report(deciding.proposal(base=store.head()))
    with pytest.raises(NotFound):
        store.commit(Changes(cases=(builders.case(1),), reports=(stray,)))
    assert store.cases() == []


def test_the_change_counter_moves_only_when_there_may_be_something_to_do(store: AgentStore) -> None:
    counts = [store.change_counter()]
    store.append(feedback=(builders.feedback(1),))
    counts.append(store.change_counter())
    item = deciding.waiting(store)
    counts.append(store.change_counter())
    store.decide(deciding.decision(item))
    counts.append(store.change_counter())
    deciding.deploy(store, deciding.decision(item))
    counts.append(store.change_counter())
    assert len(set(counts)) == len(counts)
    store.append(feedback=(builders.feedback(1),))
    store.commit(Changes(daily=everything().daily, issues=(), turn=everything().turn))
    assert store.change_counter() == counts[-1]


OF_NO_AGENT = {Agent, Person, SignIn, SignInLink}
"""Who may come in belongs to the workspace; what they may do belongs to an agent."""


@pytest.mark.parametrize("kind", sorted(TABLES, key=lambda kind: kind.__name__))
def test_every_field_is_a_column_or_in_the_body(kind: type[Record]) -> None:
    columns = TABLES[kind].core().columns
    assert "body" in columns or set(kind.model_fields) <= set(columns.keys())
    assert "agent" in columns or kind in OF_NO_AGENT


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=5))
def test_any_text_comes_back_as_it_was(sqlite_store: AgentStore, texts: list[str]) -> None:
    told = builders.interaction(1, question=texts[0], answer=texts[1], attributes={texts[2]: texts[3:]})
    sqlite_store.append(interactions=(told,))
    assert sqlite_store.interactions(["i1"])["i1"] == told
