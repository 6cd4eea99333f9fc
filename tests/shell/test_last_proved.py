"""More of the same is held against the newest version that was proved, however many that are only no worse followed."""

import pytest

from loop import engine, evaluate, wiring
from loop.engine import test as stage
from loop.evaluate import TrialWork
from loop.records import (
    Bundle,
    ChangeExamples,
    Changes,
    EditInstructions,
    Operation,
    ProposalItem,
    ProposalMove,
    ProposalState,
    Verdict,
)
from loop.settings import Settings
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.shell import deciding

FIRST = builders.bundle(examples=(builders.example(1), builders.example(2)))
PROVED = builders.bundle(examples=(*FIRST.examples, builders.example(3)))
FOLLOWED = builders.bundle(examples=(*PROVED.examples, builders.example(4)))
LATER = builders.bundle(examples=(*FOLLOWED.examples, builders.example(5)))


def draft(store: AgentStore, name: str, *, bundle: Bundle, operation: Operation) -> None:
    made = deciding.proposal(name, base=store.head(), candidate_digest=bundle.digest, operations=(operation,))
    store.commit(Changes(proposals=(made,), bundles=(bundle,)))


def ship(store: AgentStore, name: str, *, bundle: Bundle, verdict: Verdict) -> None:
    draft(store, name, bundle=bundle, operation=ChangeExamples(add=bundle.examples[-1:]))
    proposal = store.proposal(name).proposal
    move = ProposalMove(proposal_id=name, was=ProposalState.DRAFTED, now=ProposalState.WAITING)
    store.commit(Changes(reports=(builders.report(proposal, verdict=verdict),), proposal_moves=(move,)))
    approval = deciding.decision(store.proposal(name))
    store.decide(approval)
    assert deciding.deploy(store, approval).outcome == "applied"


@pytest.fixture
def tested(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> list[TrialWork]:
    """What the tests of drafts were given."""
    works: list[TrialWork] = []

    def try_proposal(work: TrialWork) -> evaluate.TrialOutcome:
        works.append(work)
        report = builders.report(work.proposal, id=f"of-{work.proposal.id}", verdict=Verdict.NO_WORSE)
        return evaluate.TrialOutcome(report=report, outcomes=())

    monkeypatch.setattr(stage.evaluate, "try_proposal", try_proposal)
    store = sqlite_database.create_agent(builders.agent(), FIRST, now=builders.NOON, actor="rita")
    ship(store, "p1", bundle=PROVED, verdict=Verdict.PROVED)
    ship(store, "p2", bundle=FOLLOWED, verdict=Verdict.NO_WORSE)
    return works


def run(database: Database) -> ProposalItem:
    parts = wiring.parts_for(Settings(), database, "desk")
    engine.turn(parts)
    return parts.store.proposal("p3")


def test_more_of_the_same_is_held_against_the_newest_proved_version(
    sqlite_database: Database, tested: list[TrialWork]
) -> None:
    store = sqlite_database.store("desk")
    draft(store, "p3", bundle=LATER, operation=ChangeExamples(add=LATER.examples[-1:]))
    assert run(sqlite_database).report is not None
    assert [work.base for work in tested] == [FOLLOWED]
    assert [work.proved for work in tested] == [PROVED]


def test_what_came_back_by_a_rollback_is_as_proved_as_it_was(
    sqlite_database: Database, tested: list[TrialWork]
) -> None:
    store = sqlite_database.store("desk")
    deciding.roll_back(store, to=1, undone="p2")
    draft(store, "p3", bundle=LATER, operation=ChangeExamples(add=LATER.examples[-2:]))
    run(sqlite_database)
    assert [work.proved for work in tested] == [PROVED]


def test_anything_else_is_held_against_no_proved_version(sqlite_database: Database, tested: list[TrialWork]) -> None:
    store = sqlite_database.store("desk")
    other = FOLLOWED.model_copy(update={"instructions": "Be brief."})
    draft(store, "p3", bundle=other, operation=EditInstructions(new="Be brief."))
    run(sqlite_database)
    assert [work.proved for work in tested] == [None]
