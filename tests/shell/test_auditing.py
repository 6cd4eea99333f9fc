"""`ratchet audit` names what does not follow, says what to do, and its exit code tells; its key is kept elsewhere."""

import json
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loop import engine, wiring
from loop.cli import group
from loop.errors import InvalidInput
from loop.records import Bundle
from loop.settings import Settings
from storage.keys import JournalKeys, name_lost, read_keys
from tests import tampering
from tests.builders import NOON
from tests.shell import deciding, desk_world


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database as a person has it: key in the data folder, anchors beside the file."""
    found = tmp_path / "own" / "ratchet.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"sqlite:///{found}")
    monkeypatch.setenv("RATCHET_OPERATOR", "olga")
    monkeypatch.delenv("RATCHET_JOURNAL_KEY")
    database = wiring.open_database(Settings())
    tampering.build(database)
    database.close()
    return found


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same of an agent whose feedback was judged."""
    found = tmp_path / "own" / "ratchet.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("RATCHET_DATABASE_URL", f"sqlite:///{found}")
    database = wiring.open_database(Settings())
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    parts = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + timedelta(days=2))
    desk_world.arrive(parts, rows=60)
    for _ in range(4):
        if not engine.turn(parts).did_something:
            break
    database.close()
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["audit", *arguments])


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_sound_record_is_said_to_be_with_what_was_looked_at(path: Path) -> None:
    told = run()
    assert told.exit_code == 0, told.output
    assert "desk: everything follows." in told.output
    assert "5 anchors" in told.output
    as_json = json.loads(run("--agent", "desk", "--json").output)
    assert as_json["damage"] == []
    (agent,) = as_json["agents"]
    assert (agent["is_sound"], agent["faults"], agent["signed"]) == (True, [], agent["entries"])


def test_what_does_not_follow_is_named_with_its_repair_and_exit_code_1(path: Path) -> None:
    change(path, "UPDATE decision SET reason = 'all agreed' WHERE id = 'approve-p1'")
    told = run("--agent", "desk")
    assert told.exit_code == 1
    assert "decision approve-p1: It was changed since it was written." in told.output
    assert "ratchet audit --agent desk --accept WHY" in told.output
    (agent,) = json.loads(run("--json").output)["agents"]
    assert [fault["subject"] for fault in agent["faults"]] == ["decision approve-p1"]


def test_a_head_that_was_moved_is_repaired_by_rolling_back(path: Path) -> None:
    change(path, "UPDATE head SET number = 1")
    assert "live version" in run().output
    runner = CliRunner()
    refused = runner.invoke(group, ["version", "export", "desk"])
    assert refused.exit_code == 1
    assert "does not follow from the record" in str(refused.exception)
    back = runner.invoke(group, ["rollback", "--agent", "desk", "--to", "6", "--reason", "moved by hand"])
    assert back.exit_code == 0, back.output
    assert run().exit_code == 0
    assert runner.invoke(group, ["version", "export", "desk"]).exit_code == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE standing SET body = json_set(body, '$.standing', 'proven') WHERE name = 'rater-1'",
        "UPDATE standing SET is_telling = 1 - is_telling WHERE name = 'rater-1'",
        "DELETE FROM standing WHERE name = 'rater-1'",
        "UPDATE judged SET has_voice = 1 - has_voice WHERE feedback_id = 'f1'",
        "DELETE FROM judged WHERE feedback_id = 'f1'",
        "UPDATE issue SET is_supported = 1 - is_supported",
        "UPDATE issue SET body = json_set(body, '$.support', 99)",
        "UPDATE question SET near = near + 1",
    ],
)
def test_who_earned_belief_cannot_be_written_into_the_database_unseen(judged: Path, statement: str) -> None:
    assert run("--agent", "desk").exit_code == 0
    change(judged, statement)
    told = run("--agent", "desk")
    assert told.exit_code == 1
    assert "ratchet recheck --agent desk --rebuild" in told.output
    assert CliRunner().invoke(group, ["recheck", "--agent", "desk", "--rebuild"]).exit_code == 0
    assert run("--agent", "desk").exit_code == 0


def test_a_log_too_long_to_be_judged_again_at_once_is_said_to_be(judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.cli.auditing._AT_ONCE", 10)
    change(judged, "DELETE FROM judged WHERE feedback_id = 'f1'")
    told = run("--agent", "desk")
    assert told.exit_code == 0
    assert "was not made again; it is with --firewall" in told.output
    assert run("--agent", "desk", "--firewall").exit_code == 1


def test_accepting_what_stands_is_an_act_with_a_name_and_a_reason(path: Path) -> None:
    change(path, "UPDATE eval_case SET expected = 'x' WHERE split = 'sealed'")
    assert run().exit_code == 1
    assert isinstance(run("--accept", "known").exception, InvalidInput), "it takes the agent"
    accepted = run("--agent", "desk", "--accept", "restored from the ticket system by hand")
    assert accepted.exit_code == 0, accepted.output
    database = wiring.open_database(Settings())
    entry = database.store("desk").journal()[-1]
    database.close()
    assert (entry.actor, entry.action) == ("olga", "accept record")
    assert run().exit_code == 0


def test_a_backup_is_audited_by_its_path(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    connection = sqlite3.connect(path)
    connection.execute(f"VACUUM INTO '{copy}'")
    connection.close()
    copy.chmod(0o444)
    beside = Path(f"{path}.anchors.jsonl")
    assert run("--database", str(copy), "--anchors", str(beside)).exit_code == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["backup.db", "data", "own"]


def test_a_journal_cut_together_with_its_head_row_is_found_by_the_anchors_alone(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.execute(f"VACUUM INTO '{old}'")
    connection.close()
    database = wiring.open_database(Settings())
    deciding.ship(database.store("desk"), "late")
    database.close()
    assert run("--database", str(old), "--anchors", str(tmp_path / "none")).exit_code == 1
    alone = run("--database", str(old))
    assert alone.exit_code == 0
    assert "a cut end would not show" in alone.output
    told = run("--database", str(old), "--anchors", f"{path}.anchors.jsonl")
    assert told.exit_code == 1
    assert "is missing: the journal was cut" in told.output


def test_a_lost_key_is_survived_and_said(path: Path, tmp_path: Path) -> None:
    key = tmp_path / "data" / "ratchet" / "journal.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    name = read_keys(key).name
    key.unlink()
    none = tmp_path / "none.jsonl"
    none.touch()
    assert "--lost-key" in str(CliRunner().invoke(group, ["turn", "--agent", "desk"]).exception)
    told = run("--anchors", str(none))
    assert told.exit_code == 1
    assert f"signed with a key that is not here ({name})" in told.output
    assert "--lost-key" in told.output
    told = run("--anchors", str(none), "--lost-key", name)
    assert told.exit_code == 0, told.output
    assert CliRunner().invoke(group, ["turn", "--agent", "desk"]).exit_code == 0
    assert "signed with a key that was lost" in told.output


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.key"
    made = read_keys(path)
    assert read_keys(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.began is not None
    given = read_keys(path, given="a" * 40)
    assert given.keys == (b"a" * 40,)
    assert given.name not in ("", made.name)
    name_lost(path, "ab12cd34")
    assert read_keys(path).lost == {"ab12cd34"}
    with pytest.raises(InvalidInput):
        read_keys(path, given="short")
    with pytest.raises(InvalidInput):
        name_lost(path, "../../x")


def test_a_signature_is_of_one_text_and_one_key() -> None:
    keys = JournalKeys(keys=(b"a" * 32, b"b" * 32), lost=frozenset({JournalKeys(keys=(b"c" * 32,)).name}))
    signed = keys.sign("x")
    assert (keys.check("x", signed), keys.check("y", signed), keys.check("x", "")) == ("good", "bad", "none")
    assert keys.check("x", JournalKeys(keys=(b"b" * 32,)).sign("x")) == "good"
    assert keys.check("x", JournalKeys(keys=(b"c" * 32,)).sign("x")) == "lost"
    assert keys.check("x", JournalKeys(keys=(b"d" * 32,)).sign("x")) == "unknown"
    assert b"a" * 32 not in signed.encode()
