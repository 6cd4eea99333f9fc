"""Settings of an agent: each can be set, is checked, explained and in the journal, and moves nothing that is stored."""

from typing import get_args

import pytest

from loop import desk, engine
from loop.errors import Conflict, InvalidInput, NotAllowed
from loop.ports import Parts
from loop.records import Actor, Limits, Role, TurnReport, case_set_digest
from storage.database import Database
from tests.shell import deciding, desk_world, real_desk
from tests.shell.conftest import Ratchet
from tests.shell.desk_world import OPERATOR, stage


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk`, on each database, on a clock that stands still."""
    return real_desk.create(database)


def put(database: Database, parts: Parts, *settings: str, actor: Actor = OPERATOR) -> dict[str, tuple[str, str]]:
    return desk.change_settings(database, parts, actor=actor, settings=settings)


OTHER = {"str": "another", "int": "7", "float": "0.125", "bool": "true"}


@pytest.mark.parametrize("key", sorted(Limits.model_fields))
def test_every_limit_can_be_set_and_is_explained(database: Database, parts: Parts, key: str) -> None:
    explained = {one.key: one for one in desk.explained_settings(parts.store.agent)}
    assert explained[key].meaning
    assert explained[key].default
    annotation = Limits.model_fields[key].annotation
    kind = (*get_args(annotation), annotation)[0].__name__
    wanted = "rate" if key == "detectors_off" else OTHER.get(kind, "0.125")
    put(database, parts, f"{key}={wanted}")
    assert {one.key: one.value for one in desk.explained_settings(parts.store.agent)}[key] == wanted
    put(database, parts, f"{key}={explained[key].default}")
    assert getattr(parts.store.agent.limits, key) == getattr(Limits(), key)


def test_everything_else_an_operator_decides_can_be_set(database: Database, parts: Parts) -> None:
    put(database, parts, "name=Front desk", "task=Answers.", "mode=simple", "trusted_authors=ann, bob")
    agent = parts.store.agent
    assert (agent.name, agent.task, agent.mode.value) == ("Front desk", "Answers.", "simple")
    assert agent.trusted_authors == ("ann", "bob")
    put(database, parts, "trusted_authors+=cy", "trusted_authors-=ann")
    assert parts.store.agent.trusted_authors == ("bob", "cy")
    put(database, parts, "trusted_authors=")
    assert parts.store.agent.trusted_authors == ()


@pytest.mark.parametrize(
    ("setting", "field", "words"),
    [
        ("alpha=0.9", "alpha", "less than 0.5"),
        ("min_sources=few", "min_sources", "integer"),
        ("mode=fast", "mode", "manual"),
        ("aplha=0.1", "aplha", "Known are"),
        ("slug=other", "slug", "no setting"),
        ("is_demo=true", "is_demo", "no setting"),
        ("alpha", "alpha", "KEY=VALUE"),
        ("alpha+=0.1", "alpha", "not a list"),
        ("name=", "name", "character"),
    ],
)
def test_what_cannot_be_set_names_field_and_remedy_and_changes_nothing(
    database: Database, parts: Parts, setting: str, field: str, words: str
) -> None:
    before = parts.store.agent
    with pytest.raises(InvalidInput, match=words) as refused:
        put(database, parts, "task=new", setting)
    assert refused.value.field == field
    assert refused.value.remedy
    assert parts.store.agent == before
    assert [entry.action for entry in parts.store.journal()] == ["create agent"]  # type: ignore[attr-defined]


def test_only_an_admin_may_set(database: Database, parts: Parts) -> None:
    with pytest.raises(NotAllowed):
        put(database, parts, "alpha=0.01", actor=Actor(name="ann", role=Role.APPROVER))


def test_a_setting_is_in_the_journal_once_with_what_it_was(database: Database, parts: Parts) -> None:
    assert put(database, parts, "alpha=0.01") == {"alpha": ("0.05", "0.01")}
    assert put(database, parts, "alpha=0.01") == {}
    put(database, parts, "trusted_authors=ann")
    entries = [entry for entry in database.store("desk").journal() if entry.action == "set agent"]
    assert [(one.actor, one.subject) for one in entries] == [("olga", "desk")] * 2
    assert entries[0].digests["alpha"] == "0.05 → 0.01"
    assert "ann" not in str(entries[1].digests)
    assert database.store("desk").check_journal().is_intact


def test_two_who_set_at_once_do_not_undo_each_other(database: Database, parts: Parts) -> None:
    was = parts.store.agent
    put(database, parts, "alpha=0.01")
    stale = was.model_copy(update={"task": "older"})
    with pytest.raises(Conflict):
        database.change_agent(stale, was=was, note=deciding.note(was.slug))
    assert parts.store.agent.limits.alpha == 0.01


def settled(parts: Parts) -> TurnReport:
    for _ in range(4):
        report = engine.turn(parts)
        if not report.did_something:
            break
    return report


def identity(parts: Parts) -> list[object]:
    """What a setting must not move."""
    store = parts.store
    return [
        [(one.number, one.digest, store.bundle(one.digest).digest) for one in (*store.versions(), *store.candidates())],
        {case.id: case.split for case in store.cases()},
        case_set_digest(store.cases()),
        [item.evidence_digest for item in store.proposals()],
    ]


def test_other_limits_take_effect_at_the_next_turn_and_what_is_stored_keeps_its_identity(
    database: Database, parts: Parts
) -> None:
    desk_world.arrive(parts, rows=80)
    settled(parts)
    before = identity(parts)
    changed = put(database, parts, "sealed_share=0.1", "dev_share=0.1", "min_sources=1")
    assert any("judged again" in words for words in desk.consequences(changed))
    assert identity(parts) == before
    assert any("judged again" in words for words in stage(engine.turn(parts), "validate").words)
    settled(parts)
    after = identity(parts)
    assert {key: after[1][key] for key in before[1]} == before[1]  # type: ignore[index, attr-defined]
    assert engine.recheck(parts) == ()


def test_grading_is_set_only_while_there_is_no_case(database: Database, parts: Parts) -> None:
    put(database, parts, "grading=text")
    put(database, parts, "grading=label")
    desk_world.arrive(parts, rows=80)
    engine.turn(parts)
    with pytest.raises(Conflict, match="graded by label"):
        put(database, parts, "grading=text")
    assert parts.store.agent.grading.value == "label"


def test_the_terminal_sets_shows_and_explains(ratchet: Ratchet) -> None:
    assert ratchet("agent", "create", "desk", "--grading", "label").code == 0
    said = ratchet("agent", "set", "desk", "alpha=0.01", "trusted_authors+=dana")
    assert (said.code, said.out.splitlines()[:2]) == (0, ["trusted_authors: none → dana", "alpha: 0.05 → 0.01"])
    assert "Nothing changed" in ratchet("agent", "set", "desk", "alpha=0.01").out
    shown = ratchet("agent", "show", "desk").out
    assert "0.01  (default 0.05)" in shown
    assert "120: 8 for each of 0 classes, at least 120" in shown
    assert "20% of all that is corrected, by at most 60% of what the people vouched for say" in shown
    explained = ratchet("agent", "set", "desk", "--explain", "alpha=0.02").out
    assert "above 0, below 0.5" in explained
    assert "(default 0.05)" in explained
    assert ratchet("agent", "show", "desk").out == shown
    refused = ratchet("agent", "set", "desk", "alpha=2")
    assert (refused.code, "ratchet: alpha" in refused.err) == (1, True)
