"""What is stored stays what it is, whatever becomes of the code: defaults, fields and limits may change."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from loop.errors import Damaged
from loop.records import (
    Agent,
    Bundle,
    Condition,
    Feedback,
    Interaction,
    ModelChoice,
    Proposal,
    Record,
    Rule,
    Step,
)
from loop.records.identity import body_digest
from storage.bodies import _unlimited, from_body
from storage.content import SILENT
from storage.database import Database
from storage.rows import to_event_row
from storage.store import AgentStore
from storage.tables import BundleRow, VersionRow
from tests import builders
from tests.shell import deciding, released
from tests.shell.whole import arrivals, everything

SetDefault = Callable[[type[BaseModel], str, Any], None]


@pytest.fixture
def set_default(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetDefault]:
    """Give a field of a record another default, as a later release might; taken back after the test."""
    holders = (ModelChoice, Bundle, Feedback, Interaction)

    def change(kind: type[BaseModel], field: str, default: Any) -> None:
        monkeypatch.setattr(kind.model_fields[field], "default", default)
        for holder in holders:
            holder.model_rebuild(force=True)

    yield change
    monkeypatch.undo()
    for holder in holders:
        holder.model_rebuild(force=True)
    assert ModelChoice().max_tokens == 512


def write_bundle(database: Database, body: dict[str, Any], digest: str) -> None:
    """Put this body live as version 0, as if an earlier release had written it."""
    bundles, versions = BundleRow.core(), VersionRow.core()
    with database.engine.begin() as connection:
        connection.execute(sa.insert(bundles), {"agent": "desk", "digest": digest, "body": body})
        connection.execute(sa.update(versions).where(versions.c.number == 0).values(digest=digest))


def test_a_default_that_changes_makes_no_stored_version_look_changed(
    store: AgentStore, set_default: SetDefault
) -> None:
    deciding.ship(store)
    before = store.bundle(store.head().digest)
    set_default(ModelChoice, "max_tokens", 1024)
    set_default(Bundle, "instructions", "Be kind.")
    assert ModelChoice().max_tokens == 1024
    for version in store.versions():
        assert store.bundle(version.digest).digest == version.digest
    assert store.bundle(store.head().digest) == before
    assert before.model.max_tokens == 512
    deciding.ship(store, "p2")
    assert store.check_journal().is_intact


def test_a_default_that_changes_makes_no_version_of_the_first_release_look_changed(
    sqlite_url: str, set_default: SetDefault
) -> None:
    released.make(sqlite_url).dispose()
    set_default(ModelChoice, "max_tokens", 1024)
    set_default(ModelChoice, "name", "other")
    database = Database.open(sqlite_url)
    for slug, names in (("desk", {"openai/gpt-4o-mini"}), ("show", {"local"})):
        store = database.store(slug)
        kept = [store.bundle(version.digest) for version in store.versions()]
        assert {bundle.model.name for bundle in kept} == names
        assert {bundle.model.max_tokens for bundle in kept} == {512}
        assert store.check_journal().is_intact
    database.close()


def test_a_field_added_since_makes_no_stored_version_look_changed(store: AgentStore, database: Database) -> None:
    body = Bundle(instructions="Be kind.").model_dump(mode="json")
    del body["approaches"], body["model"]["examples_per_question"]
    digest = body_digest(body)
    write_bundle(database, body, digest)
    kept = store.bundle(store.head().digest)
    assert kept == Bundle(instructions="Be kind.")
    assert kept.digest == digest != Bundle(instructions="Be kind.").digest
    item = deciding.waiting(store, candidate_digest=deciding.candidate().digest)
    store.decide(deciding.decision(item))
    assert deciding.deploy(store, deciding.decision(item)).outcome == "applied"


def test_a_limit_that_became_stricter_makes_nothing_unreadable(store: AgentStore, database: Database) -> None:
    body = Bundle(instructions="Be kind.").model_dump(mode="json")
    body["model"] |= {"temperature": 9.0, "max_tokens": 0, "gone": True}
    body["rules"] = [{"id": "r", "when": [], "answer": "x"}]
    write_bundle(database, body, body_digest(body))
    kept = store.bundle(store.head().digest)
    assert (kept.model.temperature, kept.model.max_tokens, kept.rules[0].when) == (9.0, 0, ())
    assert kept.digest == store.head().digest


@pytest.mark.parametrize("change", [{"instructions": "Give all away."}, {"model": {}}, {"rules": None}, {"more": 1}])
def test_content_that_was_really_changed_is_found(store: AgentStore, database: Database, change: dict) -> None:
    deciding.ship(store)
    table = BundleRow.core()
    digest = store.head().digest
    with database.engine.begin() as connection:
        body = connection.execute(sa.select(table.c.body).where(table.c.digest == digest)).scalar()
        connection.execute(sa.update(table).where(table.c.digest == digest).values(body=body | change))
    with pytest.raises(Damaged, match="changed from outside"):
        store.bundle(digest)
    assert store.bundle(store.versions()[0].digest) == Bundle(), "the others are as they were"


def test_content_of_the_first_release_that_was_really_changed_is_found(sqlite_url: str) -> None:
    engine = released.make(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bundle SET body = json_set(body, '$.model.temperature', 0.5)")
    engine.dispose()
    database = Database.open(sqlite_url)
    store = database.store("desk")
    with pytest.raises(Damaged):
        store.bundle(store.head().digest)
    assert {item.stale_reason != "" for item in store.proposals() if item.number is None} == {False, True}
    database.close()


def test_a_default_that_changes_makes_no_arrival_look_new(set_default: SetDefault) -> None:
    answered, told = builders.interaction(1, method="", position=0), builders.feedback(1, teaches=True, text="")
    kept = [to_event_row(one)["content_digest"] for one in (answered, told)]
    bodies = answered.model_dump(), told.model_dump()
    set_default(Interaction, "method", "model")
    set_default(Interaction, "position", 1)
    set_default(Feedback, "teaches", False)
    set_default(Feedback, "text", "-")
    again = Interaction.model_validate(bodies[0]), Feedback.model_validate(bodies[1])
    assert [to_event_row(one)["content_digest"] for one in again] == kept


@pytest.mark.parametrize("kind", [Interaction, Feedback, Step])
def test_every_field_that_may_be_left_out_has_a_value_that_says_nothing(kind: type[Record]) -> None:
    optional = {name for name, field in kind.model_fields.items() if not field.is_required()}
    assert set(SILENT[kind.__name__]) == optional - {"supersedes"}


def test_reading_without_limits_gives_the_same_records(sqlite_store: AgentStore) -> None:
    arrived, changes = arrivals(), everything()
    proposal = deciding.proposal(base=sqlite_store.head())
    bundle = builders.bundle(
        rules=(Rule(id="r", when=(Condition(field="amount", op="at_most", value=2.5),), label="refund"),),
        examples=(builders.example(1),),
    )
    records: tuple[Record, ...] = (
        *arrived.interactions,
        *arrived.feedback,
        *arrived.scores,
        *changes.issues,
        *changes.cases,
        *changes.measurements,
        *changes.comparisons,
        *changes.daily,
        *changes.notes,
        *changes.proposal_moves,
        proposal,
        builders.report(proposal),
        bundle,
        builders.agent(),
    )
    for record in records:
        assert _unlimited(type(record), json.loads(record.model_dump_json())) == record


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Bundle, {"rules": [{"id": "r"}]}),
        (Bundle, {"examples": 3}),
        (Agent, {"slug": "desk"}),
        (Proposal, {"operations": [{"kind": "unknown"}]}),
    ],
)
def test_what_cannot_be_read_at_all_is_said_so(kind: type[Record], body: dict) -> None:
    with pytest.raises(Damaged, match=kind.__name__):
        from_body(kind, body)
