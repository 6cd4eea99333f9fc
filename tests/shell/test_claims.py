"""What corrections say, with a real database: held with the claim quoted, freed by one decision, settable facts."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from loop import cli, desk, engine, wiring
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Bundle, Feedback, FeedbackKind, FeedbackState, Role
from loop.settings import Settings
from storage.database import Database
from tests.builders import NOON, agent, feedback, interaction

RITA = Actor(name="rita", role=Role.ADMIN)
SAID = "Refunds take 5 business days."


@pytest.fixture
def parts(sqlite_database: Database) -> Parts:
    """An agent of whom three colleagues said the same, and one something else."""
    sqlite_database.create_agent(agent(), Bundle(), now=NOON, actor="olga")
    found = wiring.parts_for(Settings(), sqlite_database, "desk", clock=lambda: NOON + timedelta(days=9))
    texts = [SAID, SAID, SAID, "We close at 5 pm."]
    asked = [interaction(number, answer="We will see.") for number in range(1, 5)]
    said = [edit(number, text) for number, text in enumerate(texts, start=1)]
    found.store.append(interactions=asked, feedback=said)
    engine.turn(found)
    return found


def edit(number: int, text: str, **fields: Any) -> Feedback:
    return feedback(number, kind=FeedbackKind.EDIT, text=text, source="helpdesk", **fields)


def states(parts: Parts) -> list[FeedbackState]:
    items = parts.store.feedback_items([f"f{number}" for number in range(1, 5)])
    return [items[key].state for key in sorted(items)]


def test_a_claim_that_rests_on_nothing_waits_and_one_release_frees_all_alike(parts: Parts) -> None:
    assert states(parts) == [FeedbackState.HELD] * 4
    (first, second) = desk.waiting_claims(parts)
    assert len(first.frees) == 2
    assert SAID in first.reason
    assert second.frees == ()
    desk.judge(parts, [first.feedback_id], actor=RITA, to=FeedbackState.RELEASED, reason="It is so.")
    engine.turn(parts)
    assert sorted(states(parts)) == ["held", "released", "valid", "valid"]
    assert engine.recheck(parts) == ()


def test_it_is_told_who_said_it_and_who_stands_behind_it(parts: Parts) -> None:
    support = desk.support_of(parts, ["f1"], with_people=True)["f1"]
    (claim,) = support.open_claims
    assert {sayer.name for sayer in claim.sayers} == {"a1 (helpdesk)", "a2 (helpdesk)", "a3 (helpdesk)"}
    assert all(sayer.is_staff and sayer.weight == "new" for sayer in claim.sayers)
    assert support.words == "Nobody yet stands behind all of it."
    desk.judge(parts, ["f1"], actor=RITA, to=FeedbackState.RELEASED, reason="It is so.")
    engine.turn(parts)
    assert "let pass at the desk" in desk.support_of(parts, ["f2"])["f2"].words


def test_a_fact_the_operator_sets_frees_what_says_it_and_keeps_its_commas(
    parts: Parts, sqlite_database: Database
) -> None:
    fact = "Refunds take 5 business days, counted from the scan."
    desk.change_settings(sqlite_database, parts, actor=RITA, settings=[f"facts+={fact}"])
    assert parts.store.agent.facts == (fact,)
    engine.turn(parts)
    assert states(parts)[:3] == [FeedbackState.VALID] * 3
    assert engine.recheck(parts) == ()
    desk.change_settings(sqlite_database, parts, actor=RITA, settings=[f"facts-={fact}"])
    engine.turn(parts)
    assert states(parts)[:3] == [FeedbackState.HELD] * 3


def test_every_read_of_claims_finds_its_rows_through_an_index(parts: Parts, sqlite_database: Database) -> None:
    asked: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "FROM claim" in statement and not many:
            asked[statement] = parameters

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    parts.store.append(interactions=[interaction(9, answer="We will see.")], feedback=[edit(9, SAID)])
    engine.turn(parts)
    desk.waiting_claims(parts)
    event.remove(sqlite_database.engine, "before_cursor_execute", note)
    assert len(asked) >= 4
    with sqlite_database.engine.connect() as connection:
        for statement, parameters in asked.items():
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not [step for step in plan if step.startswith("SCAN claim") or step.endswith("(agent=?)")], plan


def test_a_fact_holds_no_secret(parts: Parts, sqlite_database: Database) -> None:
    with pytest.raises(InvalidInput, match="facts"):
        desk.change_settings(sqlite_database, parts, actor=RITA, settings=["facts+=The key is AKIAIOSFODNN7EXAMPLE."])


def test_the_terminal_lists_what_waits_and_releases(
    parts: Parts, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATCHET_DATABASE_URL", sqlite_url)
    run = CliRunner()
    told = run.invoke(cli.group, ["held", "--agent", "desk"])
    assert "frees 2 more" in told.output, told.output
    assert "a1 (helpdesk) (staff, new" in told.output
    (first, _) = json.loads(run.invoke(cli.group, ["held", "--agent", "desk", "--json"]).output)
    done = run.invoke(cli.group, ["held", "--agent", "desk", "--release", first["feedback_id"], "--reason", "So it is"])
    assert "Released" in done.output, done.output
    assert FeedbackState.RELEASED in states(parts)
