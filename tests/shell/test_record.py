"""What was written of every row that decides is in the journal: a change from outside is found, and stops the loop."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from loop import engine, wiring
from loop.errors import BrokenChain, Damaged
from loop.jobs import steps
from loop.jobs.tries import Pace
from loop.records import Answer, Changes, Note, ProposalMove, ProposalState
from loop.settings import Settings
from storage.database import Database
from storage.inspection import Inspection, damage, inspect, open_copy
from storage.keys import JournalKeys
from storage.record import KINDS, read_digests, read_seals
from storage.tables import metadata
from tests import builders, tampering
from tests.shell import deciding


@pytest.fixture
def record(database_url: str) -> Iterator[Database]:
    """The agent of `tests.tampering`, its journal signed."""
    opened = Database.open(database_url, keys=tampering.KEYS)
    tampering.build(opened)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_record(sqlite_url: str) -> Iterator[Database]:
    """The same, where the kind of database does not matter."""
    opened = Database.open(sqlite_url, keys=tampering.KEYS)
    tampering.build(opened)
    yield opened
    opened.close()


def inspected(database: Database) -> Inspection:
    with database.engine.connect() as connection:
        return inspect(connection, "desk")


def copied(database: Database, path: Path) -> int:
    """A backup in one file; the size of its pages."""
    connection = sqlite3.connect(str(database.engine.url.database))
    connection.execute(f"VACUUM INTO '{path}'")
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    return int(size)


def tamper(database: Database, name: str) -> None:
    """One change, for good."""
    connection = tampering.begin(database.engine)
    tampering.CHANGES[name](connection)
    connection.commit()
    connection.close()


def test_a_record_nobody_touched_follows(record: Database) -> None:
    found = inspected(record)
    assert found.faults == ()
    assert found.signed == found.entries == len(record.store("desk").journal())
    record.store("desk").check_head()


def test_the_record_that_is_tampered_with_has_a_row_of_every_kind(sqlite_record: Database) -> None:
    with sqlite_record.engine.connect() as connection:
        empty = [name for name in KINDS if not read_digests(connection, "desk", name)]
        unsealed = [name for name in KINDS if not read_seals(connection, "desk", name)]
    assert (empty, unsealed) == ([], [])


def test_every_change_from_outside_is_found(record: Database) -> None:
    missed = []
    for name, change in tampering.CHANGES.items():
        connection = tampering.begin(record.engine)
        change(connection)
        found = inspect(connection, "desk")
        if not found.faults or not all(fault.what and "ratchet" in fault.repair for fault in found.faults):
            missed.append(name)
        connection.close()
    assert missed == []
    assert inspected(record).is_sound, "the changes were undone"


STOPS = (
    "head set to another version",
    "bundle, version and head without a decision",
    "live version pointed to another bundle",
    "decision's actor rewritten",
    "decisions deleted",
    "releases deleted",
    "proposal back from live to approved",
    "trusted authors changed",
    "mode changed",
    "end of the journal cut",
    "end of the journal cut and the head row fixed",
    "journal emptied",
    "journal written anew",
    "journal written anew under the old signatures",
    "trusted authors changed with the seal on them",
    "trusted authors changed with the entry that noted them",
    "approval of what is live taken back by hand",
    "sums beside the live version rewritten",
    "limits changed",
)
"""Changes under the live version itself: a turn does not walk history to find them."""


@pytest.mark.parametrize("name", STOPS)
def test_what_is_changed_under_the_live_version_stops_the_next_turn_and_the_next_answer(
    sqlite_record: Database, name: str
) -> None:
    parts = wiring.parts_for(Settings(), sqlite_record, "desk")
    tamper(sqlite_record, name)
    with pytest.raises(BrokenChain, match="ratchet audit --agent desk"):
        engine.turn(parts)
    with pytest.raises(BrokenChain):
        engine.apply_due(parts)
    with pytest.raises(BrokenChain, match="ratchet rollback"):
        parts.store.live_bundle()


def test_a_worker_says_why_it_does_not_turn_and_tries_again_later(sqlite_record: Database) -> None:
    tamper(sqlite_record, "mode changed")
    parts = wiring.parts_for(Settings(), sqlite_record, "desk")
    said: list[str] = []
    with pytest.raises(BrokenChain):
        steps.begin_turn(steps.Bench(parts=lambda _: parts, pace=Pace(), report=said.append), "desk")
    assert "does not follow from the record" in said[0]
    (failed,) = parts.store.failed_jobs()
    assert (failed.kind, failed.tries, failed.retry_at is not None) == ("turn", 1, True)
    assert "ratchet audit" in failed.reason


def test_a_value_nobody_of_ours_wrote_stops_the_turn_too(sqlite_record: Database) -> None:
    store = sqlite_record.store("desk")
    with sqlite_record.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE agent SET limits = '{'")
    with pytest.raises(BrokenChain):
        store.check_head()
    with pytest.raises(Damaged, match="ratchet audit"):
        sqlite_record.store("desk")
    assert not inspected(sqlite_record).is_sound


def test_the_trick_with_the_demo_flag_is_found(sqlite_record: Database) -> None:
    with sqlite_record.engine.begin() as connection:
        for statement in (
            "UPDATE agent SET is_demo = 1",
            "DELETE FROM audit",
            "UPDATE agent SET is_demo = 0",
        ):
            connection.exec_driver_sql(statement)
    assert {"journal", "live version"} <= {fault.subject for fault in inspected(sqlite_record).faults}


def test_a_row_that_was_changed_is_never_taken_for_ours_by_writing_to_it_again(sqlite_record: Database) -> None:
    tamper(sqlite_record, "proposal's words rewritten")
    store = sqlite_record.store("desk")
    away = ProposalMove(proposal_id="open", was=ProposalState.WAITING, now=ProposalState.SET_ASIDE)
    for write in (
        lambda: store.commit(Changes(proposal_moves=(away,))),
        lambda: store.decide(deciding.decision(store.proposal("open"))),
    ):
        with pytest.raises(Damaged, match="proposal"):
            write()
    assert store.proposal("open").state is ProposalState.WAITING


def test_an_approval_on_a_report_that_was_rewritten_is_refused(sqlite_record: Database) -> None:
    tamper(sqlite_record, "verdict set to proved")
    store = sqlite_record.store("desk")
    with pytest.raises(Damaged, match="report"):
        store.decide(deciding.decision(store.proposal("open")))


def test_a_row_that_was_changed_together_with_its_seal_is_named(sqlite_record: Database) -> None:
    tamper(sqlite_record, "trusted authors changed with the seal on them")
    found = {fault.subject: fault.what for fault in inspected(sqlite_record).faults}
    assert "of the journal does not name it" in found["agent desk"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE report SET looks = 0, verdict = 'harmful' WHERE proposal_id = 'late'",
        "UPDATE proposal SET rationale = 'Everybody asked for it.' WHERE id = 'late'",
        "UPDATE decision SET reason = 'all agreed' WHERE proposal_id = 'late'",
    ],
)
def test_what_was_changed_between_the_approval_and_its_release_does_not_go_live(
    sqlite_record: Database, statement: str
) -> None:
    store = sqlite_record.store("desk")
    approval = deciding.decision(deciding.waiting(store, "late"))
    store.decide(approval)
    with sqlite_record.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    before = store.head()
    applied = deciding.deploy(store, *store.decisions("late"))
    assert (applied.outcome, store.head()) == ("stale", before)
    assert "is not what the journal says was written" in applied.reason


def test_rolling_back_repairs_a_live_version_nobody_released(sqlite_record: Database) -> None:
    store = sqlite_record.store("desk")
    tamper(sqlite_record, "head set to another version")
    deciding.roll_back(store, to=0, undone=None)
    store.check_head()
    assert inspected(sqlite_record).is_sound


def test_what_the_operator_accepts_is_in_the_journal_and_no_longer_a_fault(sqlite_record: Database) -> None:
    store = sqlite_record.store("desk")
    tamper(sqlite_record, "expected answers of sealed cases rewritten")
    tamper(sqlite_record, "entry of the journal deleted")
    before = inspected(sqlite_record)
    assert before.faults
    told = {f"accepted {fault.id}": "1" for fault in before.faults}
    store.accept_record(Note(actor="olga", action="accept record", subject="desk", at=builders.at(99), digests=told))
    after = inspected(sqlite_record)
    assert after.faults == ()
    assert [fault.subject for fault in after.accepted] == ["entry 4"]
    assert (store.journal()[-1].actor, store.journal()[-1].action) == ("olga", "accept record")
    store.check_head()


def test_an_upgraded_journal_goes_on_unsigned_until_there_is_a_key(sqlite_url: str) -> None:
    plain = Database.open(sqlite_url)
    store = tampering.build(plain)
    plain.close()
    later = JournalKeys(keys=(b"z" * 32,), began=datetime.max.replace(tzinfo=UTC))
    signed = Database.open(sqlite_url, keys=later)
    found = inspected(signed)
    assert (found.faults, found.signed) == ((), 0)
    deciding.waiting(signed.store("desk"), "later")
    found = inspected(signed)
    assert (found.faults, found.signed) == ((), 1)
    signed.close()
    lost = Database.open(sqlite_url, keys=JournalKeys(keys=(b"n" * 32,)))
    assert [fault.subject for fault in inspected(lost).faults] == [f"entry {found.entries}", "live version"]
    lost.close()
    named = Database.open(sqlite_url, keys=JournalKeys(keys=(b"n" * 32,), lost=frozenset({later.name})))
    assert inspected(named).is_sound
    named.close()
    del store


def test_a_backup_that_may_not_be_written_is_audited_and_nothing_is_made_beside_it(
    sqlite_record: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    copied(sqlite_record, folder / "copy.db")
    (folder / "copy.db").chmod(0o444)
    before = (folder / "copy.db").read_bytes()
    folder.chmod(0o555)
    try:
        copy = open_copy(str(folder / "copy.db"), keys=tampering.KEYS)
        with copy.connect() as connection:
            assert damage(connection) == []
            assert inspect(connection, "desk").is_sound
            with pytest.raises(sa.exc.OperationalError), connection.begin_nested():
                connection.exec_driver_sql("UPDATE agent SET name = 'x'")
        copy.dispose()
    finally:
        folder.chmod(0o755)
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").read_bytes() == before


@pytest.mark.parametrize("page", range(6, 18, 2))
def test_a_damaged_page_is_noticed(sqlite_record: Database, tmp_path: Path, page: int) -> None:
    path = tmp_path / "copy.db"
    size = copied(sqlite_record, path)
    with path.open("r+b") as file:
        file.seek(page * size)
        file.write(b"\xff" * size)
    copy = open_copy(str(path), keys=tampering.KEYS)
    with copy.connect() as connection:
        assert damage(connection)
    copy.dispose()


def test_an_answer_written_from_outside_is_heard_by_no_test_and_named(record: Database) -> None:
    store = record.store("desk")
    bundle, answer = "b" * 64, Answer(text="", label="refund", method="rule", confidence=1.0)
    store.keep_answers(bundle, {"case1": answer})
    assert store.answers(bundle, ["case1"]) == {"case1": answer}
    assert inspected(record).is_sound
    forged = {"agent": "desk", "digest": bundle, "body": answer.model_dump(mode="json")}
    with record.engine.begin() as connection:
        kept = connection.execute(sa.text("SELECT body FROM answer")).scalar_one()
        signature = (json.loads(kept) if isinstance(kept, str) else kept)["signature"]
        for case_id, more in (("case2", {}), ("case3", {"signature": signature})):
            row = forged | {"case_id": case_id, "body": {**forged["body"], **more}}
            connection.execute(sa.insert(metadata.tables["answer"]), row)
    assert store.answers(bundle, ["case1", "case2", "case3"]) == {"case1": answer}
    assert [fault.subject.split()[-1] for fault in inspected(record).faults] == ["case2", "case3"]
    right = answer.model_copy(update={"label": "parcel"})
    store.keep_answers(bundle, {"case1": right, "case2": right, "case3": right})
    assert store.answers(bundle, ["case1", "case2", "case3"]) == {"case1": answer, "case2": right, "case3": right}
    assert inspected(record).is_sound
