"""A decision counts only on what was seen, is applied exactly once, and can be taken back until then."""

import threading
from collections.abc import Callable

import pytest

from loop.errors import Conflict, DigestMismatch, InvalidInput, NotFound, RatchetError, StaleBase
from loop.records import Changes, Decision, ProposalMove, ProposalState
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding


def state(store: AgentStore, name: str = "p1") -> ProposalState:
    return store.proposal(name).state


def test_an_approval_is_due_after_its_undo_window_and_goes_live_once(store: AgentStore) -> None:
    approval = deciding.decision(deciding.waiting(store))
    store.decide(approval)
    assert state(store) is ProposalState.APPROVED
    assert store.due_approvals(builders.at(10.5)) == []
    assert store.due_approvals(builders.at(11)) == [approval]
    assert store.decisions() == store.decisions("p1") == [approval]

    assert deciding.deploy(store, approval).outcome == "applied"
    assert state(store) is ProposalState.LIVE
    assert store.head().number == 1
    assert store.bundle(store.head().digest) == deciding.candidate()
    assert store.due_approvals(builders.at(99)) == []

    assert deciding.deploy(store, approval).outcome == "before"
    assert [version.number for version in store.versions()] == [0, 1]
    actions = [entry.action for entry in store.journal() if not entry.action.startswith("write ")]
    assert actions == ["create agent", "approve proposal", "deploy version"]
    assert store.check_journal().is_intact


def test_a_decision_on_something_else_than_what_is_stored_is_refused(store: AgentStore) -> None:
    item = deciding.waiting(store)
    for verb in ("approve", "reject"):
        with pytest.raises(DigestMismatch):
            store.decide(deciding.decision(item, verb, seen_digest="0" * 64))
    store.commit(Changes(reports=(builders.report(item.proposal, id="second", seed=9),)))
    with pytest.raises(DigestMismatch):
        store.decide(deciding.decision(item))
    assert state(store) is ProposalState.WAITING
    assert store.decisions() == []
    store.decide(deciding.decision(store.proposal("p1")))


def test_a_decision_binds_to_the_one_report_that_is_shown(store: AgentStore) -> None:
    item = deciding.waiting(store)
    store.commit(Changes(reports=(builders.report(item.proposal, id="second", seed=9),)))
    shown = store.proposal("p1")
    for wrong in ("report-p1", None):
        with pytest.raises(DigestMismatch):
            store.decide(deciding.decision(shown, report_id=wrong))
    assert store.decisions() == []
    approval = deciding.decision(shown)
    store.decide(approval)
    assert store.decisions() == [approval]
    assert approval.report_id == "second"
    store.commit(Changes(reports=(builders.report(item.proposal, id="third", seed=10),)))
    assert deciding.deploy(store, approval).outcome == "applied", "what comes later changes nothing that was decided"
    assert {report.id for report in store.reports("p1")} == {"report-p1", "second", "third"}


def test_what_was_never_tested_cannot_be_approved(store: AgentStore) -> None:
    store.commit(deciding.drafting(deciding.proposal(base=store.head())))
    with pytest.raises(Conflict):
        store.decide(deciding.decision(store.proposal("p1")))
    move = ProposalMove(proposal_id="p1", was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    store.commit(Changes(proposal_moves=(move,)))
    with pytest.raises(DigestMismatch):
        store.decide(deciding.decision(store.proposal("p1")))


def test_an_approval_on_a_base_that_moved_is_refused(store: AgentStore) -> None:
    late = deciding.waiting(store, "late")
    deciding.ship(store)
    with pytest.raises(StaleBase):
        store.decide(deciding.decision(late))
    assert state(store, "late") is ProposalState.WAITING
    store.decide(deciding.decision(late, "reject"))
    assert state(store, "late") is ProposalState.REJECTED


def test_an_approval_whose_base_moves_before_it_is_applied_becomes_stale(store: AgentStore) -> None:
    first, second = (deciding.decision(deciding.waiting(store, name)) for name in ("p1", "p2"))
    store.decide(first)
    store.decide(second)
    assert deciding.deploy(store, first).outcome == "applied"
    applied = deciding.deploy(store, second)
    assert applied.outcome == "stale"
    assert state(store, "p2") is ProposalState.STALE
    assert store.proposal("p2").stale_reason == applied.reason
    assert "Version 1 went live" in applied.reason
    with pytest.raises(Conflict):
        deciding.deploy(store, second)
    assert store.head().number == 1
    assert store.journal()[-1].action == "mark proposal stale"


def test_a_release_of_another_version_than_the_one_approved_is_refused(store: AgentStore) -> None:
    approval = deciding.decision(deciding.waiting(store))
    store.decide(approval)
    other = deciding.waiting(store, "p2")
    for wrong in ({"number": other.number}, {"from_number": 7}, {"proposal_id": "p2"}, {"agent": "other"}):
        with pytest.raises(InvalidInput):
            deciding.deploy(store, approval, **wrong)
    assert store.head().number == 0
    assert state(store) is ProposalState.APPROVED


def test_an_approval_that_was_never_recorded_or_says_other_than_recorded_is_not_applied(store: AgentStore) -> None:
    approval = deciding.decision(deciding.waiting(store))
    with pytest.raises(NotFound):
        deciding.deploy(store, approval)
    store.decide(approval)
    with pytest.raises(InvalidInput):
        deciding.deploy(store, approval.model_copy(update={"reason": "changed"}))
    assert store.head().number == 0


@pytest.mark.parametrize(("verb", "was"), [("approve", ProposalState.APPROVED), ("reject", ProposalState.REJECTED)])
def test_a_decision_can_be_taken_back_once_and_made_again(store: AgentStore, verb: str, was: ProposalState) -> None:
    item = deciding.waiting(store)
    decided = deciding.decision(item, verb)
    store.decide(decided)
    assert state(store) is was
    undo = deciding.decision(item, "undo", undoes=decided.id)
    store.decide(undo)
    assert state(store) is ProposalState.WAITING
    assert store.due_approvals(builders.at(99)) == []
    with pytest.raises(Conflict):
        store.decide(undo.model_copy(update={"id": "undo-again"}))
    again = deciding.decision(item, "approve", id="again", at=builders.at(20))
    store.decide(again)
    assert store.due_approvals(builders.at(99)) == [again]
    if verb == "approve":
        with pytest.raises(Conflict):
            deciding.deploy(store, decided)
    assert deciding.deploy(store, again).outcome == "applied"


def test_what_is_live_cannot_be_taken_back_as_a_decision(store: AgentStore) -> None:
    approval = deciding.ship(store)
    with pytest.raises(Conflict):
        store.decide(deciding.decision(store.proposal("p1"), "undo", undoes=approval.id))
    with pytest.raises(NotFound):
        store.decide(deciding.decision(store.proposal("p1"), "undo", undoes="nothing"))
    assert state(store) is ProposalState.LIVE


def test_an_edit_brings_its_successor_with_it(store: AgentStore) -> None:
    item = deciding.waiting(store)
    successor = deciding.proposal("p2", base=store.head(), replaces="p1", authors=("rita",))
    with pytest.raises(InvalidInput):
        store.decide(deciding.decision(item, "edit", successor_id="p2"))
    with pytest.raises(InvalidInput):
        store.decide(deciding.decision(item, "approve"), successor=successor)
    edit = deciding.decision(item, "edit", successor_id="p2")
    with pytest.raises(InvalidInput) as refused:
        store.decide(edit, successor=successor)
    assert refused.value.field == "bundles"
    store.decide(edit, successor=successor, candidate=deciding.candidate("p2"))
    assert state(store) is ProposalState.EDITED
    assert store.proposal("p2").proposal == successor
    assert state(store, "p2") is ProposalState.DRAFTED


@pytest.mark.parametrize("verb", ["approve", "edit", "reject"])
def test_a_decision_is_possible_only_from_the_states_it_may_leave(sqlite_store: AgentStore, verb: str) -> None:
    may = {ProposalState.WAITING} | ({ProposalState.SET_ASIDE} if verb == "reject" else set())

    def decide(name: str, verb: str, **fields: str) -> None:
        item = sqlite_store.proposal(name)
        successor = deciding.proposal(f"{name}-next", base=sqlite_store.head()) if verb == "edit" else None
        if successor is not None:
            fields["successor_id"] = successor.id
        candidate = None if successor is None else deciding.candidate(successor.id)
        sqlite_store.decide(deciding.decision(item, verb, **fields), successor=successor, candidate=candidate)

    def move(now: ProposalState) -> Callable[[str], None]:
        step = {"was": ProposalState.WAITING, "now": now}
        return lambda name: (
            sqlite_store.commit(Changes(proposal_moves=(ProposalMove(proposal_id=name, **step),))) and None
        )

    reach: dict[ProposalState, Callable[[str], None]] = {
        ProposalState.WAITING: lambda name: None,
        ProposalState.SET_ASIDE: move(ProposalState.SET_ASIDE),
        ProposalState.STALE: move(ProposalState.STALE),
        ProposalState.APPROVED: lambda name: decide(name, "approve", id=f"earlier-{name}"),
        ProposalState.REJECTED: lambda name: decide(name, "reject", id=f"earlier-{name}"),
        ProposalState.EDITED: lambda name: decide(name, "edit", id=f"earlier-{name}"),
    }
    for was, bring in reach.items():
        name = f"p-{was.value}"
        deciding.waiting(sqlite_store, name)
        bring(name)
        assert state(sqlite_store, name) is was
        if was in may:
            decide(name, verb)
        else:
            with pytest.raises(Conflict):
                decide(name, verb)
            assert state(sqlite_store, name) is was
    sqlite_store.commit(deciding.drafting(deciding.proposal("p-drafted", base=sqlite_store.head())))
    with pytest.raises(Conflict):
        decide("p-drafted", verb)


def test_a_rollback_brings_older_content_back_as_a_new_version(store: AgentStore) -> None:
    deciding.ship(store)
    deciding.roll_back(store, to=0, undone="p1")
    assert store.head().number == 2
    assert store.head().restores == 0
    assert store.bundle(store.head().digest) == builders.bundle()
    assert state(store) is ProposalState.UNDONE
    assert [release.kind for release in store.releases()] == ["start", "deploy", "rollback"]
    assert store.check_journal().is_intact


def test_a_rollback_of_what_is_not_live_changes_nothing(store: AgentStore) -> None:
    deciding.ship(store)
    deciding.roll_back(store, to=0, undone="p1")
    before = store.versions(), store.journal()
    with pytest.raises(Conflict):
        deciding.roll_back(store, to=1, undone="p1")
    late = deciding.older(store, to=0, parent=1)
    with pytest.raises(StaleBase):
        store.roll_back(version=late, release=deciding.return_of(late), undone=None)
    other = deciding.older(store, to=0, digest=deciding.candidate().digest)
    with pytest.raises(DigestMismatch):
        store.roll_back(version=other, release=deciding.return_of(other), undone=None)
    assert (store.versions(), store.journal()) == before


def outcomes(actions: list[Callable[[], object]]) -> list[object]:
    """What each action gave when all start at once: its result, or its error's type."""
    gate = threading.Barrier(len(actions))
    results: list[object] = [None] * len(actions)

    def run(place: int) -> None:
        gate.wait()
        try:
            results[place] = actions[place]()
        except RatchetError as error:
            results[place] = type(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_reviewers_at_once_exactly_one_decides(store: AgentStore) -> None:
    for number in range(5):
        name = f"p{number}"
        item = deciding.waiting(store, name)
        rivals = [deciding.decision(item, verb, id=f"{verb}-{name}") for verb in ("approve", "reject")]
        results = outcomes([lambda one=one: store.decide(one) for one in rivals])
        assert sorted(map(str, results)) == sorted(map(str, [None, Conflict]))
        assert len(store.decisions(name)) == 1
    assert store.check_journal().is_intact


def test_of_many_workers_at_once_exactly_one_applies(database: Database, store: AgentStore) -> None:
    for number in range(5):
        approval: Decision = deciding.decision(deciding.waiting(store, f"p{number}"))
        store.decide(approval)
        workers = [database.store("desk") for _ in range(3)]
        release = deciding.release_for(store, approval)
        results = outcomes(
            [lambda one=one: one.deploy(decision=approval, release=release).outcome for one in workers]  # noqa: B023
        )
        assert sorted(map(str, results)) == ["applied", "before", "before"]
        assert store.head().number == number + 1
    assert store.check_journal().is_intact


def test_many_writers_lose_nothing(database: Database, store: AgentStore) -> None:
    def write(worker: int) -> None:
        mine = database.store("desk")
        for number in range(5):
            told = tuple(builders.feedback(worker * 100 + number * 10 + place) for place in range(10))
            mine.append(feedback=told, notes=(deciding.note(f"{worker}.{number}"),))

    assert outcomes([lambda worker=worker: write(worker) for worker in range(4)]) == [None] * 4
    assert len(store.feedback()) == 200
    assert store.check_journal() == store.check_journal().model_copy(update={"is_intact": True, "entries": 21})
