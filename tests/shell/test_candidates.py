"""Candidates have a number and their content before they are live; experiments, reports and releases name them."""

import pytest
import sqlalchemy as sa

from loop.errors import Conflict, InvalidInput, NotFound
from loop.records import Arm, Changes, Experiment
from storage.database import Database
from storage.rows import to_row
from storage.store import AgentStore
from storage.tables import ReleaseRow
from tests import builders
from tests.shell import deciding


def test_the_database_itself_lets_a_step_of_an_approval_happen_once(store: AgentStore, database: Database) -> None:
    approval = deciding.ship(store)
    (release,) = (one for one in store.releases() if one.decision_id == approval.id)
    table = ReleaseRow.core()
    with pytest.raises(sa.exc.IntegrityError), database.engine.begin() as connection:
        connection.execute(sa.insert(table), to_row(release.model_copy(update={"id": "again"})))
    ramped = release.model_copy(update={"id": "more", "step": 1, "share": 0.5})
    with database.engine.begin() as connection:
        connection.execute(sa.insert(table), to_row(ramped))
    assert [one.step for one in store.releases()] == [0, 0, 1]


def test_a_draft_has_a_numbered_candidate_before_it_is_live_and_the_live_history_has_gaps(store: AgentStore) -> None:
    for name in ("p1", "p2"):
        deciding.waiting(store, name)
    assert [(one.number, one.proposal_id, one.parent) for one in store.candidates()] == [(1, "p1", 0), (2, "p2", 0)]
    assert [one.number for one in store.versions()] == [0]
    assert store.bundle(store.candidates()[1].digest) == deciding.candidate("p2")
    item = store.proposal("p2")
    store.decide(deciding.decision(item))
    assert deciding.deploy(store, deciding.decision(item)).outcome == "applied"
    assert [one.number for one in store.versions()] == [0, 2]
    assert store.head() == store.versions()[-1]
    assert store.head().released_at == builders.at(12)
    deciding.waiting(store, "p3")
    release = deciding.roll_back(store, to=0, undone="p2")
    assert (release.number, release.from_number, store.head().number) == (4, 2, 4)
    never = deciding.older(store, to=0, restores=1, digest=deciding.candidate("p1").digest)
    with pytest.raises(NotFound):
        store.roll_back(version=never, release=deciding.return_of(never), undone=None)


def test_a_draft_without_the_content_of_its_candidate_is_refused_whole(store: AgentStore) -> None:
    drafted = deciding.proposal(base=store.head())
    for bundles in ((), (builders.bundle(instructions="Something else."),)):
        with pytest.raises(InvalidInput) as refused:
            store.commit(Changes(proposals=(drafted,), bundles=bundles))
        assert refused.value.field == "bundles"
    assert store.proposals() == []
    assert store.candidates() == []


def test_an_experiment_names_its_arms_and_its_reports(store: AgentStore) -> None:
    item = deciding.waiting(store)
    begun = Experiment(
        id="x1",
        agent="desk",
        kind="live",
        proposal_id="p1",
        arms=(Arm(name="base", number=0, share=0.9), Arm(name="candidate", number=item.number or 0, share=0.1)),
        started_at=builders.NOON,
    )
    found = builders.report(item.proposal, id="live-1", experiment_id="x1", at=builders.at(9))
    store.commit(Changes(experiments=(begun,), reports=(found,)))
    assert store.experiments() == store.experiments("p1") == [begun]
    ended = begun.model_copy(update={"state": "ended", "ended_at": builders.at(9)})
    for _ in range(2):
        store.commit(Changes(experiments=(ended,)))
    assert store.experiments() == [ended]
    assert store.experiments("p2") == []
    assert [report.experiment_id for report in store.reports("p1")] == [None, "x1"]
    with pytest.raises(Conflict):
        store.commit(Changes(reports=(builders.report(item.proposal, id="stray", experiment_id="x9"),)))
