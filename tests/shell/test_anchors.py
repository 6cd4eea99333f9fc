"""Anchors outside of the database show a journal that was cut or written anew, and never hold anything up."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest

from loop.errors import InvalidInput
from loop.records import Changes
from storage import audit
from storage.anchors import EVERY, Anchor, Anchors, FilePlace, GitPlace, WebPlace, differences, places_of, read_anchors
from storage.database import Database
from storage.inspection import Inspection, inspect
from storage.keys import JournalKeys
from storage.store import AgentStore
from storage.tombstones import erased_entries
from tests import builders, tampering
from tests.shell import deciding


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "anchors.jsonl"


@pytest.fixture
def anchored(sqlite_url: str, path: Path) -> Iterator[Database]:
    """An agent whose journal is anchored in a file; the journal itself is not signed."""
    opened = Database.open(sqlite_url, anchors=Anchors([FilePlace(path)], keys=tampering.KEYS))
    tampering.build(opened)
    yield opened
    opened.close()


def inspected(database: Database, anchors: list[Anchor]) -> Inspection:
    with database.engine.connect() as connection:
        return inspect(connection, "desk", anchors=anchors)


def test_every_release_is_anchored_and_so_is_every_hundredth_entry(anchored: Database, path: Path) -> None:
    store = anchored.store("desk")
    releases = len(store.releases())
    found = read_anchors(path)
    assert [one.number for one in found] == [release.number for release in store.releases()]
    for number in range(EVERY):
        store.commit(Changes(notes=(deciding.note(f"n{number}"),)))
    found = read_anchors(path)
    assert len(found) == releases + 1
    assert found[-1].seq == EVERY
    assert inspected(anchored, found).faults == ()
    assert inspected(anchored, found).anchors == releases + 1


@pytest.mark.parametrize("name", ["end of the journal cut and the head row fixed", "journal written anew"])
def test_a_cut_or_rewritten_journal_differs_from_its_anchors(anchored: Database, path: Path, name: str) -> None:
    connection = tampering.begin(anchored.engine)
    tampering.CHANGES[name](connection)
    journal = audit.read_entries(connection, "desk")
    erased = erased_entries(connection, "desk")
    connection.close()
    assert audit.verify(journal, erased=erased).is_intact, "the chain by itself shows nothing"
    found = differences(read_anchors(path), "desk", journal, keys=tampering.KEYS)
    assert found.faults


def test_an_anchor_nobody_of_ours_wrote_is_told(anchored: Database, path: Path) -> None:
    first, *_ = read_anchors(path)
    forged = first.model_copy(update={"hash": "f" * 64})
    found = differences([forged], "desk", anchored.store("desk").journal(), keys=tampering.KEYS)
    assert ("anchor 1", "Its signature is not of what it says.") in found.faults


def test_a_demo_that_was_deleted_and_built_again_follows(anchored: Database, path: Path) -> None:
    for _ in range(2):
        demo = anchored.create_agent(
            builders.agent("demo", is_demo=True), builders.bundle(), now=builders.NOON, actor="rita"
        )
        demo.commit(Changes(notes=(deciding.note("n"),)))
        with anchored.engine.connect() as connection:
            assert inspect(connection, "demo", anchors=read_anchors(path)).faults == ()
        anchored.delete_demo("demo")


class Broken:
    """A place that is not there."""

    def put(self, anchor: Anchor) -> None:
        raise OSError("no")


def test_a_place_that_cannot_be_written_stops_no_decision(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    database = Database.open(
        sqlite_url, anchors=Anchors([FilePlace(tmp_path / "file" / "below"), Broken()])
    )  # fmt: skip
    store: AgentStore = tampering.build(database)
    assert store.head().number == 6
    database.close()


def test_git_gets_one_commit_an_anchor_and_nothing_else_that_is_staged(tmp_path: Path) -> None:
    def git(*command: str) -> str:
        ran = subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True, text=True)
        return ran.stdout

    git("init", "-q")
    git("config", "user.email", "desk@example.org")
    git("config", "user.name", "desk")
    (tmp_path / "other").write_text("mine", encoding="utf-8")
    git("add", "other")
    place = GitPlace(tmp_path)
    for seq in (1, 2):
        place.put(Anchor(agent="desk", chain="c", seq=seq, hash="h", number=0, at=builders.NOON.isoformat()))
    assert git("log", "--format=%s").splitlines() == [
        "Anchor desk at entry 2, version 0",
        "Anchor desk at entry 1, version 0",
    ]
    assert git("show", "--name-only", "--format=").split() == [GitPlace.NAME]
    assert [one.seq for one in read_anchors(tmp_path / GitPlace.NAME)] == [1, 2]


def test_a_web_address_gets_each_anchor_as_json_and_no_redirect_is_followed() -> None:
    got: list[tuple[str, bytes]] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(307 if self.path == "/moved" else 204)
            self.send_header("Location", "/in")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    anchor = Anchor(agent="desk", chain="c", seq=9, hash="h", number=0, at=builders.NOON.isoformat())
    base = f"http://127.0.0.1:{server.server_port}"
    WebPlace(f"{base}/in").put(anchor)
    with pytest.raises(HTTPError):
        WebPlace(f"{base}/moved").put(anchor)
    server.shutdown()
    server.server_close()
    assert [path for path, _ in got] == ["/in", "/moved"]
    assert Anchor.model_validate_json(got[0][1]) == anchor


def test_places_are_named_in_one_setting(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    found = places_of(f"file, file:{tmp_path}/a,git:{tmp_path},https://anchors.example.org/in", beside=beside)
    assert [type(one) for one in found] == [FilePlace, FilePlace, GitPlace, WebPlace]
    assert places_of("off", beside=beside) == []
    for wrong in ("http://anchors.example.org", "ftp:x", "https://", "file:", "somewhere"):
        with pytest.raises(InvalidInput, match="anchor"):
            places_of(wrong, beside=beside)


def test_an_anchor_without_a_key_still_says_where_the_journal_stood() -> None:
    anchor = Anchor(agent="desk", chain="c", seq=9, hash="h", number=0, at=builders.NOON.isoformat())
    found = differences([anchor.signed(JournalKeys())], "desk", [], keys=JournalKeys())
    assert found.faults == [("entry 9", "It was anchored on 2026-06-01 and is missing: the journal was cut.")]
