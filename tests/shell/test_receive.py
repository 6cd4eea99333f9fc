"""The one way in, on real databases: once is once, whatever door, order and moment of death."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from loop import collect
from loop.records import Actor, FeedbackState, Interaction, Role
from storage.database import Database
from storage.inspection import inspect
from storage.store import AgentStore
from storage.tables import FeedbackRow, InteractionRow
from tests.builders import NOON, at, feedback, interaction
from tests.fakes import FakeArrivals
from tests.shell.killed_import import BATCH, import_file
from tests.shell.test_kill_storage import ROOT, await_quiet

DOOR = collect.Door(actor=Actor(name="olga", role=Role.ADMIN), action="import", journal="import file", at=NOON)
ROWS = 5 * BATCH


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Comments on answers, several on each, with addresses in them."""
    path = tmp_path / "comments.jsonl"
    rows = [
        {
            "question": f"Where is parcel {number % 17}? I am ann{number % 17}@mail.example",
            "answer": "On its way.",
            "kind": "edit",
            "text": f"It arrives on day {number}, dear ann{number % 17}@mail.example",
            "author": f"rater-{number % 7}",
        }
        for number in range(ROWS)
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def notes(store: AgentStore) -> list[dict[str, str]]:
    """What the journal says was imported."""
    return [entry.digests for entry in store.journal() if entry.action == "import file"]


def test_a_second_delivery_changes_nothing_and_is_not_in_the_journal(store: AgentStore, file: Path) -> None:
    first, second = import_file(store, file), import_file(store, file)
    assert (first.written.updated, first.written.duplicate, second.written.new, second.written.updated) == (0, 0, 0, 0)
    assert second.written.duplicate == first.written.new == 17 + ROWS
    assert len(notes(store)) == ROWS // BATCH


def test_a_database_keeps_what_the_fake_keeps(store: AgentStore, file: Path) -> None:
    fake = FakeArrivals()
    import_file(store, file)
    import_file(fake, file)
    same(store, fake)


def test_feedback_before_its_interaction_and_again_by_another_door_is_one_voice(store: AgentStore) -> None:
    collect.receive(store, door=DOOR, feedback=[feedback()])
    collect.receive(store, door=DOOR, interactions=[interaction()])
    again = collect.receive(store, door=DOOR, feedback=[feedback(id="", source="api", at=at(9))])
    assert again.written.updated == 1
    (item,) = store.feedback()
    assert (item.feedback.source, item.feedback.supersedes) == ("api", "f1")
    assert store.interactions(["i1"])["i1"] == interaction()


def test_a_record_the_database_cannot_keep_stops_no_other(store: AgentStore) -> None:
    said = [feedback(1), feedback(2, author="a" * 300), feedback(3)]
    receipt = collect.receive(store, door=DOOR, feedback=said)
    assert (receipt.written.new, [refused.record.id for refused in receipt.refused]) == (2, ["f2"])
    assert "author" in receipt.refused[0].reason
    assert sorted(item.feedback.id for item in store.feedback()) == ["f1", "f3"]


@pytest.mark.kill
def test_an_import_that_is_killed_and_run_again_loses_nothing_and_doubles_nothing(
    database_url: str, database: Database, store: AgentStore, file: Path
) -> None:
    whole = FakeArrivals()
    import_file(whole, file)
    kept = 0
    with subprocess.Popen(
        [sys.executable, "-m", "tests.shell.killed_import", database_url, str(file)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as workers:
        for nth in range(1, ROWS // BATCH + 1):
            for label in ("append:written", "append:kept"):
                told = killed(workers, f"{label} {nth}")
                await_quiet(database)
                kept += label == "append:kept"
                assert len(told) == nth - 1, "it hears of a batch only when that is kept"
                assert len(store.feedback(list(FeedbackState))) == BATCH * kept
                assert sum(int(note["feedback"]) for note in notes(store)) == BATCH * kept
                assert sum(int(note["new"]) for note in notes(store)) == arrived(database)
                with database.engine.connect() as connection:
                    assert inspect(connection, "desk").faults == (), "what is stored is what the journal says arrived"
        assert workers.stdin is not None
        workers.stdin.close()
    assert import_file(store, file).written.new == 0
    assert len(notes(store)) == ROWS // BATCH
    same(store, whole)


def arrived(database: Database) -> int:
    """Rows that are stored."""
    with database.engine.connect() as connection:
        counted = (sa.select(sa.func.count()).select_from(table.core()) for table in (FeedbackRow, InteractionRow))
        return sum(connection.execute(query).scalar_one() for query in counted)


def killed(workers: "subprocess.Popen[str]", order: str) -> list[str]:
    """Let one import be killed; what it was told is kept."""
    assert workers.stdin is not None
    assert workers.stdout is not None
    workers.stdin.write(f"{order}\n")
    workers.stdin.flush()
    answer = json.loads(workers.stdout.readline())
    assert answer["signal"] == signal.SIGKILL, "the import ended by itself"
    return list(answer["done"])


def same(store: AgentStore, fake: FakeArrivals) -> None:
    """The database holds what the fake holds, and of each author's words the latest is current."""
    interactions = {key: one for key, one in fake.records.items() if isinstance(one, Interaction)}
    assert store.interactions(interactions) == interactions
    stored = {item.feedback.id: item for item in store.feedback(list(FeedbackState))}
    assert {*stored, *interactions} == {*fake.records}
    assert all(stored[key].feedback.text == fake.records[key].text for key in stored)
    current = {key for key, item in stored.items() if item.state is not FeedbackState.SUPERSEDED}
    assert current == {one.id for one in fake.current.values()}
