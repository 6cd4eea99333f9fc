"""Whatever two agents do, neither sees the other."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop.errors import NotFound
from loop.records import Changes
from storage.database import Database
from tests import builders
from tests.shell import deciding
from tests.shell.whole import Arrived, arrivals, everything, snapshot


def test_no_read_of_one_agent_shows_another(database: Database) -> None:
    mine = database.create_agent(builders.agent("mine"), builders.bundle(), now=builders.NOON, actor="a")
    other = database.create_agent(builders.agent("other"), builders.bundle(), now=builders.NOON, actor="b")
    empty = [snapshot(other), other.journal()]
    owned(arrivals(), "mine").keep(mine)
    mine.commit(owned_changes(everything(), "mine"))
    approval = deciding.ship(mine)
    deciding.decision(deciding.waiting(mine, "p2"))
    assert [snapshot(other), other.journal()] == empty
    ids = ["i1", "i2", "f1", "f2"]
    assert other.interactions(ids) == {}
    assert other.feedback_items(ids) == {}
    with pytest.raises(NotFound):
        other.proposal("p1")
    with pytest.raises(NotFound):
        other.bundle(deciding.candidate("p1").digest)
    assert other.due_approvals(builders.at(999)) == []
    assert other.decisions(approval.proposal_id) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.tuples(st.sampled_from(["mine", "other"]), st.integers(1, 4)), max_size=12))
def test_the_same_ids_in_two_agents_never_meet(sqlite_database: Database, numbers: list[tuple[str, int]]) -> None:
    stores = {}
    for slug in ("mine", "other"):
        if slug not in {agent.slug for agent in sqlite_database.agents()}:
            sqlite_database.create_agent(builders.agent(slug), builders.bundle(), now=builders.NOON, actor="a")
        stores[slug] = sqlite_database.store(slug)
    for slug, number in numbers:
        stores[slug].append(
            interactions=[builders.interaction(number, agent=slug, question=f"canary {slug}")],
            feedback=[builders.feedback(number, agent=slug, text=f"canary {slug}")],
        )
        stores[slug].commit(Changes(cases=(builders.case(number, agent=slug, question=f"canary {slug}"),)))
    for slug, foreign in (("mine", "other"), ("other", "mine")):
        seen = repr(snapshot(stores[slug]))
        assert f"canary {foreign}" not in seen
        wanted = {number for owner, number in numbers if owner == slug}
        assert {f"i{number}" for number in wanted} <= set(stores[slug].interactions(f"i{n}" for n in range(5)))


def owned(arrived: Arrived, slug: str) -> Arrived:
    """The same records, of another agent."""
    return Arrived(**{name: _of(records, slug) for name, records in vars(arrived).items()})


def owned_changes(changes: Changes, slug: str) -> Changes:
    """The same changes, of another agent."""
    kinds = ("issues", "cases", "measurements", "comparisons", "daily")
    update: dict = {name: _of(getattr(changes, name), slug) for name in kinds}
    assert changes.turn is not None
    return changes.model_copy(update={**update, "turn": changes.turn.model_copy(update={"agent": slug})})


def _of(records: tuple, slug: str) -> tuple:
    return tuple(one.model_copy(update={"agent": slug}) for one in records)
