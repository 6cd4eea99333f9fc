"""`ratchet import` looks first and writes nothing until told; from a messy export to a tested proposal, and back."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from loop.records import OPEN_STATES, FeedbackState
from storage.database import Database
from storage.tables import metadata
from tests.helpdesks import EXPORTS
from tests.shell.conftest import Ratchet

GOOD = "question,answer,sent,rating,agent\n" + "".join(
    f"Where is order {n}?,On its way.,It is in the depot.,{n % 5 + 1},mia\n" for n in range(20)
)


@pytest.fixture
def desk(ratchet: Ratchet) -> Ratchet:
    """With an agent `desk`."""
    assert ratchet("agent", "create", "desk").code == 0
    return ratchet


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(GOOD)
    return path


def rows_of(url: str) -> dict[str, int]:
    """How many rows every table has that has any."""
    database = Database.open(url)
    try:
        with database.engine.connect() as connection:
            counts = {
                table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() or 0
                for table in metadata.sorted_tables
            }
    finally:
        database.close()
    return {name: count for name, count in counts.items() if count}


def texts_of(url: str) -> str:
    """Everything that is stored, as text."""
    database = Database.open(url)
    try:
        with database.engine.connect() as connection:
            return "\n".join(
                str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))
            )
    finally:
        database.close()


@pytest.mark.parametrize("which", EXPORTS)
def test_from_a_messy_export_to_a_tested_proposal_in_three_commands_and_back_out_again(
    which: str, ratchet: Ratchet, tmp_path: Path, sqlite_url: str
) -> None:
    export = EXPORTS[which](count=150)
    path, rejects, journal = tmp_path / export.name, tmp_path / "rejects.jsonl", tmp_path / "journal.jsonl"
    path.write_bytes(export.content)
    one, two = export.people[:2]

    assert ratchet("agent", "create", "desk", "--trusted", one, "--trusted", two).code == 0
    known = ("--vouch", one, "--vouch", two, "--rejects", str(rejects))
    done = ratchet("import", str(path), "--agent", "desk", "--yes", *known)
    assert done.code == 3, "some rows were refused, the others came in"
    assert ratchet("turn", "--agent", "desk").code == 0

    assert len(rejects.read_text().splitlines()) == export.bad
    database = Database.open(sqlite_url)
    store = database.store("desk")
    began = store.bundle(store.head().digest)
    assert [item for item in store.proposals() if store.reports(item.proposal.id)], "a proposal was tested"
    assert store.cases()
    (made,) = store.imports()
    assert export.canary in texts_of(sqlite_url)

    assert ratchet("import", "undo", made.id, "--agent", "desk", "--reason", "the wrong file", "--yes").code == 0
    counts = {state: count for state, count in store.feedback_counts().items() if count}
    assert set(counts) == {FeedbackState.EXCLUDED}
    assert (store.cases(), store.issues()) == ([], [])
    assert OPEN_STATES.isdisjoint(item.state for item in store.proposals())
    assert store.bundle(store.head().digest) == began
    assert ratchet("audit", "--agent", "desk").code == 0
    database.close()

    gone = ratchet("agent", "delete", "desk", "--reason", "a trial", "--yes", "--journal", str(journal))
    assert gone.code == 0
    assert rows_of(sqlite_url) == {}
    acts = [json.loads(line)["action"] for line in journal.read_text().splitlines()]
    assert (acts[0], acts[-1], "import file" in acts) == ("create agent", "delete agent", True)
    assert export.canary not in journal.read_text()
    assert ratchet("agent", "create", "desk").code == 0
    assert ratchet("audit").code == 0, "the journal of the next one begins anew"


def test_nothing_is_written_until_somebody_says_so(desk: Ratchet, file: Path, sqlite_url: str) -> None:
    before = rows_of(sqlite_url)
    looked = desk("import", str(file), "--agent", "desk")
    assert (looked.code, rows_of(sqlite_url)) == (4, before)
    assert all(words in looked.out for words in ("20 rows", "answer ", "sent ", "edit by mia", "1 (worst) to 5 (best)"))
    assert "--yes" in looked.err
    told = desk("import", str(file), "--agent", "desk", "--json")
    assert (told.code, json.loads(told.out)["written"], rows_of(sqlite_url)) == (4, False, before)
    assert desk("import", str(file), "--agent", "desk", "--look", "--yes").code == 0
    assert rows_of(sqlite_url) == before
    assert desk("import", str(file), "--agent", "desk", "--yes").code == 0
    assert rows_of(sqlite_url)["interaction"] == 20


def test_an_answer_on_a_terminal_is_as_good_as_a_flag(
    desk: Ratchet, file: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.cli.importing._is_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert desk("import", str(file), "--agent", "desk").code == 4
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "y")
    assert desk("import", str(file), "--agent", "desk").code == 0
    assert rows_of(sqlite_url)["interaction"] == 20


@pytest.mark.parametrize(
    ("content", "flags", "settled"),
    [
        ("question,answer,rating\nWhere is it?,Here.,0\nWhy is it?,So.,5\n", (), ("--low", "0", "--high", "5")),
        ("question,answer,rating\nWhere is it?,Here.,1\nWhy is it?,So.,4\n", ("--as", "exchanges"),
         ("--high", "5", "--low", "1")),
        ("question,answer,date\nWhere is it?,Here.,03/04/2026\nWhy is it?,So.,04/04/2026\n", (), ("--dates", "month")),
        ("A,B\nWhere is it,I wonder\nI wonder,so do I\n", (), ("--map", "question=A")),
    ],
)  # fmt: skip
def test_what_cannot_be_known_stops_the_file_even_with_yes_and_one_flag_settles_it(
    content: str, flags: tuple[str, ...], settled: tuple[str, ...], desk: Ratchet, tmp_path: Path, sqlite_url: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    before = rows_of(sqlite_url)
    stopped = desk("import", str(path), "--agent", "desk", "--yes", *flags)
    assert (stopped.code, rows_of(sqlite_url)) == (4, before)
    assert settled[0] in stopped.err + stopped.out
    assert desk("import", str(path), "--agent", "desk", "--yes", *flags, *settled).code == 0
    assert rows_of(sqlite_url)["interaction"] == 2


def test_refused_rows_are_written_out_and_the_exit_code_tells(desk: Ratchet, tmp_path: Path) -> None:
    path, rejects = tmp_path / "t.csv", tmp_path / "rejects.jsonl"
    path.write_text(GOOD + "one cell\n")
    words = ("import", str(path), "--agent", "desk", "--yes", "--rejects", str(rejects))
    assert desk(*words).code == 3
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [22]
    path.write_text("question,answer\nonly one\nand one\n")
    assert desk(*words).code == 1
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [2, 3]


def test_a_guess_is_kept_as_an_importer_and_reads_the_next_export(
    desk: Ratchet, file: Path, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "importers"
    folder.mkdir()
    kept = folder / "our-desk.toml"
    assert desk("import", str(file), "--agent", "desk", "--look", "--save", str(kept)).code == 0
    text = kept.read_text()
    assert ('"sent" = ["sent"]' in text, "high = 5" in text) == (True, True)
    assert desk("import", str(file), "--agent", "desk", "--with", str(kept)).code == 0
    assert rows_of(sqlite_url)["interaction"] == 20
    monkeypatch.setenv("RATCHET_IMPORTERS", str(folder))
    assert "our-desk" in desk("import", "kinds").out
    again = json.loads(desk("import", str(file), "--agent", "desk", "--as", "our-desk", "--json").out)
    assert (again["new"], again["duplicate"] > 20) == (0, True)


def test_help_lists_the_fields_and_the_exit_codes(ratchet: Ratchet) -> None:
    told = ratchet("import", "--help").out
    for words in ("--map", "question*", "sent", "taken_over", "context.NAME", "Exit codes:", "  3  ", "  4  "):
        assert words in told
    assert "becomes" in ratchet("import", "show", "zendesk").out
    assert ratchet("import", "show", "poems").code == 1
    assert "github-review" in ratchet("import", "kinds").out


def test_an_import_again_with_somebody_vouched_for_is_sound(desk: Ratchet, file: Path, sqlite_url: str) -> None:
    desk("agent", "set", "desk", "trusted_authors+=mia")
    assert "--vouch mia" in desk("import", str(file), "--agent", "desk", "--yes").out
    assert desk("import", str(file), "--agent", "desk", "--yes", "--vouch", "mia").code == 0
    assert desk("turn", "--agent", "desk").code == 0
    audited = desk("audit", "--agent", "desk")
    assert (audited.code, audited.out.count("changed since")) == (0, 0)
    before = rows_of(sqlite_url)["feedback"]
    desk("import", str(file), "--agent", "desk", "--yes", "--vouch", "mia")
    assert rows_of(sqlite_url)["feedback"] == before


def test_only_whoever_sets_up_deletes_an_agent_and_its_journal_is_never_written_over(
    desk: Ratchet, file: Path, tmp_path: Path, sqlite_url: str
) -> None:
    desk("import", str(file), "--agent", "desk", "--yes")
    before = rows_of(sqlite_url)
    taken = tmp_path / "taken.jsonl"
    taken.write_text("x")
    assert desk("agent", "delete", "desk", "--reason", "r", "--yes", "--journal", str(taken)).code == 1
    nowhere = tmp_path / "no" / "such" / "folder.jsonl"
    assert desk("agent", "delete", "desk", "--reason", "r", "--yes", "--journal", str(nowhere)).code == 1
    assert desk("agent", "delete", "desk", "--reason", " ", "--yes", "--journal", str(tmp_path / "j")).code == 1
    assert (rows_of(sqlite_url), taken.read_text()) == (before, "x")
