"""The command line: bad input gets a sentence, an exit code, and leaves nothing half-written."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from loop.cli.review import changed_lines
from loop.records import Change, Job
from storage.database import Database
from storage.tables import SecretRow
from tests import fakes
from tests.builders import NOON
from tests.shell.conftest import Ratchet


@pytest.fixture
def desk(ratchet: Ratchet) -> Ratchet:
    """With an agent `desk`."""
    assert ratchet("agent", "create", "desk", "--grading", "label", "--trusted", "lead").code == 0
    return ratchet


def rows_in(url: str) -> int:
    """How many feedback items the agent `desk` has."""
    database = Database.open(url)
    try:
        store = database.store("desk")
        return len(store.feedback())
    finally:
        database.close()


SAID = (
    ("where is my parcel", "parcel"),
    ("refund me please", "refund"),
    ("reset the password", "password"),
    ("send an invoice", "invoice"),
)
GOOD = "text,category,author\nwhere is my parcel,parcel,lead\nrefund please,refund,ann\n"


def test_an_import_counts_what_it_did_and_a_second_one_changes_nothing(desk: Ratchet, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    words = ("import", str(file), "--agent", "desk", "--as", "labelled-queries", "--map", "author=author", "--json")
    first, second = json.loads(desk(*words).out), json.loads(desk(*words).out)
    assert (first["new"], first["duplicate"], first["rejected"]) == (4, 0, 0)
    assert (second["new"], second["updated"], second["duplicate"]) == (0, 0, 4)


def test_a_file_vouches_for_nobody_unless_the_operator_does_and_the_journal_says_so(
    desk: Ratchet, tmp_path: Path, sqlite_url: str
) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    words = ("import", str(file), "--agent", "desk", "--as", "labelled-queries", "--map", "author=author")
    assert "--vouch lead" in desk(*words).out
    desk("turn", "--agent", "desk")
    assert makers(sqlite_url) == {"lead (import)", "ann (import)"}
    assert "--vouch" not in desk(*words, "--vouch", "lead").out
    desk("turn", "--agent", "desk")
    assert makers(sqlite_url) == {"lead", "ann (import)"}
    other = tmp_path / "more.csv"
    other.write_text("text,category,author\nmoney back now,refund,bob\n")
    desk(
        "import", str(other), "--agent", "desk", "--as", "labelled-queries", "--map", "author=author", "--vouch", "lead"
    )
    desk("turn", "--agent", "desk")
    assert makers(sqlite_url) == {"lead", "ann (import)", "bob (import)"}, "a vouch is for a name, not for a file"
    database = Database.open(sqlite_url)
    notes = [one.digests.get("vouched for", "") for one in database.store("desk").journal()]
    database.close()
    assert [one for one in notes if one] == ["lead", "lead"]


def test_the_secret_of_the_draw_is_in_nothing_that_is_printed(
    ratchet: Ratchet, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.new_secret", lambda: "ca0a51" * 10 + "beef")
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    said = [ratchet("agent", "create", "desk", "--grading", "label")]
    said.append(ratchet("import", str(file), "--agent", "desk", "--as", "labelled-queries"))
    said += [ratchet(verb, "--agent", "desk") for verb in ("turn", "recheck", "audit", "review")]
    said += [ratchet("agent", "list"), ratchet("version", "export", "desk"), ratchet("agent", "show", "desk")]
    assert {one.code for one in said} == {0}
    database = Database.open(sqlite_url)
    store = database.store("desk")
    assert store.draw("group", "ann") == database.store("desk").draw("group", "ann")
    printed = [*(one.out + one.err for one in said), repr(store), repr(store.agent), repr(store.journal())]
    printed.append(repr(SecretRow(agent="desk", secret="ca0a51" * 10 + "beef")))
    database.close()
    assert [text for text in printed if "ca0a51" in text] == []


def makers(url: str) -> set[str]:
    """Who made the cases that are in use."""
    database = Database.open(url)
    try:
        return {case.author for case in database.store("desk").cases()}
    finally:
        database.close()


def test_a_turn_says_what_each_stage_did(desk: Ratchet, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    desk("import", str(file), "--agent", "desk", "--as", "labelled-queries")
    said = desk("turn", "--agent", "desk")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines() if not line.startswith(" ")] == [
        "collect",
        "validate",
        "update",
        "test",
        "deploy",
    ]


def test_a_turn_says_when_too_few_people_said_the_same(desk: Ratchet, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    rows = "".join(f"where is parcel number {n},parcel\n" for n in range(12))  # some are held out, some may teach
    file.write_text("text,category\n" + rows)
    desk("import", str(file), "--agent", "desk", "--as", "labelled-queries")
    said = desk("turn", "--agent", "desk")
    assert "a change needs 3 people who say the same" in said.out


def test_a_turn_says_when_nobody_examines_and_what_to_do(ratchet: Ratchet, desk: Ratchet, tmp_path: Path) -> None:
    assert ratchet("agent", "create", "open", "--grading", "label").code == 0
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    for slug, is_said in (("open", True), ("desk", False)):
        ratchet("import", str(file), "--agent", slug, "--as", "labelled-queries")
        said = ratchet("turn", "--agent", slug).out
        assert ("Nothing examines this agent" in said) is is_said
        assert (f"ratchet agent set {slug} trusted_authors+=NAME" in said) is is_said


def test_one_annotator_is_enough_where_the_operator_says_so(ratchet: Ratchet, tmp_path: Path) -> None:
    assert ratchet("agent", "create", "solo", "--grading", "label", "--min-sources", "1", "--trusted", "dana").code == 0
    file = tmp_path / "labels.csv"
    rows = [f"{words} {number},{label}" for number in range(60) for words, label in SAID]
    file.write_text("\n".join(["text,category", *rows]))
    said = ("--author", "dana", "--vouch", "dana")
    ratchet("import", str(file), "--agent", "solo", "--as", "labelled-queries", *said)
    assert "1 proved" in ratchet("turn", "--agent", "solo").out
    listed = ratchet("review", "--agent", "solo", "--list").out
    assert "medium" in listed, "concentrated support is never low stakes"


FILES: dict[str, tuple[str, bytes, str]] = {
    "a picture": ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "binary"),
    "a picture called csv": ("photo.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, ""),
    "an empty file": ("empty.csv", b"", "empty"),
    "a missing column": ("labels.csv", b"question_text,intent\nhello,greet\n", "column"),
    "only a header": ("labels.csv", b"text,category\n", ""),
}


@pytest.mark.parametrize("what", sorted(FILES))
def test_a_file_that_cannot_be_used_is_refused_whole(what: str, desk: Ratchet, tmp_path: Path, sqlite_url: str) -> None:
    name, content, words = FILES[what]
    file = tmp_path / name
    file.write_bytes(content)
    said = desk("import", str(file), "--agent", "desk", "--as", "labelled-queries")
    assert said.code == 1
    assert said.err.strip().splitlines()[-1].startswith("ratchet: ")
    assert words in said.err
    assert "Traceback" not in said.err
    assert rows_in(sqlite_url) == 0


ROWS: dict[str, tuple[bytes, str]] = {
    "a broken JSON line": (b'{"text": "secret-canary", "category"', "JSON"),
    "a cell of 5 MB": (b'{"text": "' + b"a" * 5_000_000 + b'", "category": "x"}', "5,000,000 bytes"),
    "a NUL": (b'{"text": "secret-canary\\u0000", "category": "x"}', ""),
}


@pytest.mark.parametrize("what", sorted(ROWS))
def test_a_bad_row_is_named_by_line_and_reason_and_the_others_go_on(
    what: str, desk: Ratchet, tmp_path: Path, sqlite_url: str
) -> None:
    row, words = ROWS[what]
    file = tmp_path / "labels.jsonl"
    good = b'{"text": "where is my parcel", "category": "parcel"}\n'
    file.write_bytes(good + row + b"\n" + good.replace(b"parcel", b"refund"))
    said = desk("import", str(file), "--agent", "desk", "--as", "labelled-queries")
    assert said.code == 3
    assert "line 2: " in said.out
    assert words in said.out
    assert "secret-canary" not in said.out + said.err
    assert rows_in(sqlite_url) == 2


@pytest.mark.parametrize("good", [b"", b'{"text": "hello", "category": "greet"}\n'])
def test_every_refused_row_is_written_out_even_when_none_could_be_used(
    good: bytes, desk: Ratchet, tmp_path: Path
) -> None:
    file, rejects = tmp_path / "labels.jsonl", tmp_path / "rejects.jsonl"
    file.write_bytes(b'{"text": "", "category": "x"}\n' + good + b'{"text": "where", "category": ""}\n')
    said = desk("import", str(file), "--agent", "desk", "--as", "labelled-queries", "--rejects", str(rejects))
    assert said.code == (3 if good else 1)
    lines = [json.loads(line)["line"] for line in rejects.read_text().splitlines()]
    assert lines == ([1, 3] if good else [1, 2])


def test_an_unknown_agent_is_named_with_those_that_exist(desk: Ratchet, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    said = desk("import", str(file), "--agent", "dexk", "--as", "labelled-queries")
    assert said.code == 1
    assert "desk" in said.err


def test_an_unknown_importer_lists_the_known_ones(desk: Ratchet, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(GOOD)
    said = desk("import", str(file), "--agent", "desk", "--as", "labels")
    assert said.code == 1
    assert "trajectories" in said.err


def test_an_unreachable_database_is_a_sentence_without_the_password(
    ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATCHET_DATABASE_URL", "postgresql+psycopg://ann:hunter2@127.0.0.1:1/ratchet")
    said = ratchet("agent", "list")
    assert said.code == 1
    assert said.err.startswith("ratchet: ")
    assert "hunter2" not in said.err + said.out


def test_a_setting_that_cannot_be_used_is_named_and_not_repeated(
    ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATCHET_PORT", "sk-canary")
    said = ratchet("agent", "list")
    assert said.code == 1
    assert "RATCHET_PORT" in said.err
    assert "sk-canary" not in said.err


def test_an_agent_is_made_once(desk: Ratchet) -> None:
    again = desk("agent", "create", "desk")
    assert again.code == 1
    assert "desk" in again.err


def test_a_slug_that_cannot_be_one_says_what_a_slug_is(ratchet: Ratchet) -> None:
    said = ratchet("agent", "create", "My Desk!")
    assert said.code == 1
    assert "lower-case" in said.err


def test_a_bundle_goes_out_and_comes_in_again(desk: Ratchet, tmp_path: Path) -> None:
    bundle = tmp_path / "start.json"
    bundle.write_text(json.dumps({"instructions": "Sign off with: Ann", "examples": [{"id": "x", "question": "q"}]}))
    assert desk("agent", "create", "other", "--bundle", str(bundle)).code == 0
    assert json.loads(desk("version", "export", "other").out)["bundle"]["instructions"] == "Sign off with: Ann"


def test_the_journal_is_checked(desk: Ratchet) -> None:
    said = desk("audit", "--agent", "desk")
    assert (said.code, "desk: everything follows." in said.out) == (0, True)


def test_jobs_are_listed_with_when_how_often_and_why_and_retried_by_their_name(
    ratchet: Ratchet, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"agent": "desk", "kind": "stage", "subject": "update", "reason": "It met a defect."}
    jobs = fakes.FakeJobs(
        Job(id="stage:desk:update", state="set aside", tries=5, **held),
        Job(id="stage:shop:update", state="failed", tries=2, at=NOON, **held),
    )
    jobs.ensure_turn("desk")
    monkeypatch.setattr("loop.cli.jobs._jobs", lambda _session: nullcontext(jobs))
    assert ratchet("jobs").out.splitlines() == [
        "set aside  stage:desk:update  (5 tries)",
        "           It met a defect.",
        f"failed     stage:shop:update  (again at {NOON:%Y-%m-%d %H:%M:%S} UTC, 2 tries)",
        "           It met a defect.",
        "waits      turn:desk",
    ]
    assert ratchet("jobs", "retry", "stage:desk:update").code == 0
    assert {job.state for job in jobs.jobs()} == {"failed", "waits"}
    said = ratchet("jobs", "retry", "stage:desk:validate")
    assert (said.code, said.err) == (1, "ratchet: No job of this name failed.\n")


def test_reviewing_with_nothing_waiting_says_so(desk: Ratchet) -> None:
    assert "Nothing waits" in desk("review", "--agent", "desk").out


def test_rolling_back_to_a_version_that_does_not_exist_is_refused(desk: Ratchet) -> None:
    said = desk("rollback", "--agent", "desk", "--to", "7", "--reason", "it hurts")
    assert said.code == 1
    assert "version" in said.err


def test_a_reviewer_sees_every_changed_line_whatever_it_begins_with() -> None:
    change = Change(
        section="instructions",
        element_id="instructions",
        title="Instructions",
        before="Be kind.\n-- never refund",
        after="Be kind.\n++ always refund",
    )
    assert changed_lines(change) == [" Be kind.", "--- never refund", "+++ always refund"]
