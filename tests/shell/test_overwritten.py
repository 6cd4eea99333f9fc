"""An import that is taken back leaves every interaction as it was before, whatever came in which order."""

from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop import collect, desk, wiring
from loop.errors import Damaged
from loop.ports import Parts
from loop.records import Actor, Import, Role, RowCounts, TaintScope, Unlearning
from loop.settings import Settings
from storage.database import Database
from storage.inspection import inspect
from storage.keys import JournalKeys
from storage.store import AgentStore
from storage.tables import OverwrittenRow, metadata
from tests import builders
from tests.fakes import FakeClock
from tests.shell import real_desk

OLGA = Actor(name="olga", role=Role.ADMIN)
KEPT = OverwrittenRow.core()
KEYS = JournalKeys(keys=(b"k" * 32,), began=builders.NOON)


@pytest.fixture
def signed(database_url: str) -> Iterator[Database]:
    opened = Database.open(database_url, keys=KEYS)
    yield opened
    opened.close()


@pytest.fixture
def parts(signed: Database) -> Parts:
    signed.create_agent(builders.agent(), builders.bundle(), now=builders.NOON, actor="rita")
    return real_desk.parts_after(signed)


def came(parts: Parts, answers: Sequence[str], *, name: str = "") -> RowCounts:
    """Interactions 0, 1, … with these answers, in an import when it has a name; empty: left out."""
    into = Import(id=name, agent="desk", name=name, actor="olga", at=builders.NOON) if name else None
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=builders.NOON, into=into)
    told = [builders.interaction(number, answer=answer) for number, answer in enumerate(answers) if answer]
    return collect.receive(parts.store, door=door, interactions=told).written


def taken(parts: Parts, name: str) -> Unlearning:
    return desk.unlearn(parts, TaintScope(import_id=name), actor=OLGA, reason="wrong")


def answers(parts: Parts, n: int = 3) -> list[str]:
    known = parts.store.interactions([f"i{number}" for number in range(n)])
    return [known[f"i{number}"].answer for number in range(n) if f"i{number}" in known]


def is_sound(parts: Parts) -> bool:
    assert isinstance(parts.store, AgentStore)
    with parts.store._engine.connect() as connection:
        return inspect(connection, "desk").faults == ()


def test_what_was_there_comes_back_and_what_was_not_touched_stays(parts: Parts) -> None:
    came(parts, ["a", "b", "c"])
    assert came(parts, ["A", "b", "C"], name="one").updated == 2
    assert answers(parts) == ["A", "b", "C"]
    made = taken(parts, "one")
    assert answers(parts) == ["a", "b", "c"]
    assert taken(parts, "one").id == made.id
    assert answers(parts) == ["a", "b", "c"]
    assert is_sound(parts)


def test_it_stays_away_until_it_is_given_back(parts: Parts) -> None:
    came(parts, ["a"])
    came(parts, ["A"], name="one")
    made = taken(parts, "one")
    for again in ("", "two"):
        assert came(parts, ["A"], name=again) == RowCounts(duplicate=1)
    assert answers(parts) == ["a"]
    assert came(parts, ["other"]).updated == 1, "other words are no part of what was taken back"
    came(parts, ["a"])
    desk.undo_unlearning(parts, made.id, actor=OLGA)
    assert answers(parts) == ["A"]
    assert came(parts, ["A"]).duplicate == 1
    assert is_sound(parts)


def test_two_changes_by_one_import_are_one(parts: Parts) -> None:
    came(parts, ["a"])
    came(parts, ["A"], name="one")
    came(parts, ["AA"], name="one")
    taken(parts, "one")
    assert answers(parts) == ["a"]


def test_what_another_door_wrote_since_is_left_alone(parts: Parts) -> None:
    came(parts, ["a", "b"])
    came(parts, ["A", "B"], name="one")
    came(parts, ["by hand"])
    taken(parts, "one")
    assert answers(parts) == ["by hand", "b"]
    assert is_sound(parts)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(["one", "two", "three"]), last=st.integers(0, 3))
def test_imports_are_taken_back_in_any_order(sqlite_url: str, order: list[str], last: int) -> None:
    """Whatever is left stands as if the others had never come."""
    opened = Database.open(sqlite_url, keys=KEYS)
    try:
        slug = f"desk-{''.join(one[1] for one in order)}-{last}-{len(opened.agents())}"
        opened.create_agent(builders.agent(slug=slug), builders.bundle(), now=builders.NOON, actor="rita")
        parts = wiring.parts_for(Settings(), opened, slug, clock=FakeClock(builders.at(60)))
        content = {"one": ["A", "B", ""], "two": ["", "BB", "CC"], "three": ["AAA", "BBB", "CCC"]}
        told = dict.fromkeys(range(3), "")
        for name in ("", *content):
            into = Import(id=name, agent=slug, name=name, actor="olga", at=builders.NOON) if name else None
            door = collect.Door(actor=OLGA, action="import", journal="import file", at=builders.NOON, into=into)
            said = content.get(name, ["a", "b", "c"])
            made = [builders.interaction(n, agent=slug, answer=one) for n, one in enumerate(said) if one]
            collect.receive(parts.store, door=door, interactions=made)
        for name in order[:last]:
            taken(parts, name)
        left = [name for name in content if name not in order[:last]]
        told = {n: next((content[one][n] for one in reversed(left) if content[one][n]), "abc"[n]) for n in range(3)}
        assert answers(parts) == list(told.values())
    finally:
        opened.close()


def test_feedback_that_waited_for_an_import_is_not_the_imports(parts: Parts, signed: Database) -> None:
    store = signed.store("desk")
    of = collect.deliveries.EpisodeFeedback("e7", builders.feedback(7, interaction_id="e7", source="api:x"))
    made = collect.prepare(collect.Delivery(agent="desk", door="api:x", of_episodes=[of]), at=builders.NOON)
    store.deliver([made.parcel], captured=[], now=builders.NOON)
    into = Import(id="one", agent="desk", name="one", actor="olga", at=builders.NOON)
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=builders.NOON, into=into)
    asked = builders.interaction(7, episode_id="e7")
    collect.receive(parts.store, door=door, interactions=[asked], feedback=[builders.feedback(8, interaction_id="i7")])
    assert set(taken(parts, "one").moved) == {"f8"}


def test_erasing_a_subject_reaches_what_stood_before_the_import(parts: Parts) -> None:
    asked = builders.interaction(1, question="Where is Wilhelmina's cello?", customer="wilhelmina")
    plain = asked.model_copy(update={"question": "Where?", "customer": "nobody"})
    door = collect.Door(actor=OLGA, action="import", journal="import file", at=builders.NOON)
    collect.receive(parts.store, door=door, interactions=[asked, builders.interaction(2, customer="wilhelmina")])
    into = Import(id="one", agent="desk", name="one", actor="olga", at=builders.NOON)
    again = collect.Door(actor=OLGA, action="import", journal="import file", at=builders.NOON, into=into)
    collect.receive(parts.store, door=again, interactions=[plain])
    made = desk.erase(parts, "customer", "wilhelmina", actor=OLGA, reason="asked")
    assert made.reached["overwritten"] == 1
    assert isinstance(parts.store, AgentStore)
    with parts.store._engine.connect() as connection:
        said = [str(connection.execute(sa.select(table)).all()) for table in metadata.tables.values()]
    assert not any("cello" in one for one in said)
    taken(parts, "one")
    assert is_sound(parts)


def test_what_was_changed_from_outside_is_not_given_back(parts: Parts) -> None:
    came(parts, ["a"])
    came(parts, ["A"], name="one")
    assert isinstance(parts.store, AgentStore)
    connection = parts.store._engine.connect().execution_options(begin="write")
    with connection, connection.begin():
        body = dict(connection.execute(sa.select(KEPT.c.body)).scalar_one())
        connection.execute(sa.update(KEPT).values(body=body | {"answer": "forged"}))
    with pytest.raises(Damaged):
        taken(parts, "one")
    assert answers(parts) == ["A"]
