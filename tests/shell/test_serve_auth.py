"""Who gets in: keys from headers alone, before a byte of the body is read, and not a request more than allowed."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loop import desk, wiring
from loop.serve import auth, calls
from loop.serve.auth import Bucket
from storage.database import Database
from storage.store import AgentStore
from tests.builders import NOON
from tests.serving import OPERATOR, Client, asked, new_key, serving, thumbs
from tests.shell.conftest import Ratchet


@pytest.fixture
def port(sqlite_url: str, sqlite_store: AgentStore) -> Iterator[int]:
    """Of a server on the agent `desk`."""
    with serving(sqlite_url) as listening:
        yield listening


def raw_reply(port: int, head: str, *, body: bytes = b"") -> bytes:
    """What a server says to bytes; the connection stays open for sending."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body)
        return connection.recv(65_536)


def test_without_a_live_key_there_is_401_before_the_body_is_sent(port: int) -> None:
    head = (
        "POST /api/v1/agents/desk/feedback/batch HTTP/1.1\nHost: h\nContent-Type: application/json\n"
        "Content-Length: 200000000\n{key}"
    )
    for key in ("", "Authorization: Bearer rk_000000000000_" + "x" * 43 + "\n", "Authorization: Basic eDp5\n"):
        assert raw_reply(port, head.format(key=key)).startswith(b"HTTP/1.1 401")


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent_and_one_that_lies_while_it_is(
    port: int, sqlite_database: Database
) -> None:
    key = new_key(sqlite_database).text
    head = (
        "POST /api/v1/agents/desk/feedback HTTP/1.1\nHost: h\nContent-Type: application/json\n"
        f"Authorization: Bearer {key}\n"
    )
    assert raw_reply(port, head + "Content-Length: 200000000\n").startswith(b"HTTP/1.1 413")
    piece = b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n"
    assert raw_reply(port, head + "Transfer-Encoding: chunked\n", body=piece * 6).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_given_up(
    port: int, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "BODY_SECONDS", 0.1)
    key = new_key(sqlite_database).text
    head = "POST /api/v1/agents/desk/feedback HTTP/1.1\nHost: h\nContent-Type: application/json\nContent-Length: 9\n"
    assert raw_reply(port, f"{head}Authorization: Bearer {key}\n", body=b"{").startswith(b"HTTP/1.1 408")


def test_a_revoked_or_expired_key_opens_nothing_and_writes_nothing(
    port: int, sqlite_database: Database, sqlite_store: AgentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "KNOWN_SECONDS", 0.0)
    made = new_key(sqlite_database)
    client = Client(port, made.text)
    assert client.feedback(thumbs()).status == 201
    desk.revoke_key(sqlite_database, made.keys[0].id, actor=OPERATOR, clock=wiring.utc_now)
    assert (client.feedback(thumbs(2)).status, client.feedback(thumbs(2)).code) == (401, "key")
    old = desk.create_key(
        sqlite_database,
        desk.KeyOrder(client="old", agents=["desk"], days=1),
        actor=OPERATOR,
        clock=lambda: wiring.utc_now() - timedelta(days=2),
        chance=wiring.key_chance(),
    )
    assert Client(port, old.text).feedback(thumbs(3)).status == 401
    assert len(sqlite_store.feedback()) == 1


def test_a_key_with_another_secret_opens_nothing(port: int, sqlite_database: Database) -> None:
    text = new_key(sqlite_database).text
    other = text[:-1] + ("A" if text[-1] != "A" else "B")
    assert Client(port, other).feedback(thumbs()).status == 401
    assert Client(port, "").send("GET", "/api/v1/agents/desk/version", x_api_key=text).status == 200


def test_a_key_that_was_written_into_the_database_from_outside_opens_nothing(
    port: int, sqlite_database: Database
) -> None:
    made = new_key(sqlite_database)
    forged = made.text.replace(made.keys[0].id, "f" * 12)
    with sqlite_database.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO api_key SELECT agent, :forged, client, verbs, secret_digest, created_at, expires_at,"
                " revoked_at FROM api_key WHERE id = :id"
            ),
            {"forged": "f" * 12, "id": made.keys[0].id},
        )
    assert Client(port, made.text).feedback(thumbs()).status == 201
    assert Client(port, forged).feedback(thumbs()).status == 401


def test_a_key_that_sends_too_much_is_told_how_long_to_wait(
    port: int, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "RATE", 0.01)
    monkeypatch.setattr(auth, "BURST", 2.0)
    client = Client(port, new_key(sqlite_database).text)
    other = Client(port, new_key(sqlite_database, client="other").text)
    replies = [client.feedback(thumbs()) for _ in range(3)]
    assert [one.status for one in replies] == [201, 201, 429]
    assert int(replies[-1].headers["retry-after"]) >= 1
    assert other.feedback(thumbs()).status == 201


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(rate=2.0, burst=3.0)
    assert [bucket.take(0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert [bucket.take(1.0) for _ in range(3)] == [0, 0, 1]


def test_people_of_two_programs_are_two_people(port: int, sqlite_database: Database, sqlite_store: AgentStore) -> None:
    programs = [Client(port, new_key(sqlite_database, client=name).text) for name in ("helpdesk", "chat")]
    for value, client in enumerate(programs):
        client.feedback(thumbs(1, author="ann", value=float(value)))
    assert sorted(one.feedback.source for one in sqlite_store.feedback()) == ["api:chat", "api:helpdesk"]


def test_health_and_the_description_need_no_key(port: int) -> None:
    nobody = Client(port)
    health = nobody.get("/healthz").json
    assert (health["status"], health["worker"]["state"]) == ("degraded", "never")
    assert health["database"] == {"is_readable": True, "is_writable": True}
    told = nobody.get("/api/openapi.json").json
    assert told["openapi"] == "3.1.0"
    assert "/api/v1/agents/{agent}/feedback" in told["paths"]


def test_a_key_is_made_shown_once_listed_and_revoked_in_the_terminal(
    ratchet: Ratchet, sqlite_store: AgentStore, sqlite_database: Database
) -> None:
    made = ratchet("keys", "create", "helpdesk", "--agent", "desk", "--verb", "feedback:write", "--days", "30")
    text = made.out.strip()
    assert text.startswith("rk_")
    listed = ratchet("keys", "list").out
    assert "helpdesk" in listed
    assert text.rsplit("_", 1)[-1] not in listed
    (told,) = json.loads(ratchet("keys", "list", "--json").out)
    assert (told["verbs"], "secret_digest" in told) == (["feedback:write"], False)
    assert ratchet("keys", "revoke", told["id"]).out == "Revoked at desk.\n"
    assert "revoked" in ratchet("keys", "list").out
    assert ratchet("keys", "revoke", "nothing").code == 1
    assert ratchet("keys", "create", "x y", "--agent", "desk").code == 1
    assert ratchet("keys", "create", "helpdesk", "--agent", "nobody").code == 1
    said = [entry.action for entry in sqlite_store.journal()]
    assert [one for one in said if "key" in one] == ["create key", "revoke key"]
    assert sqlite_store.check_journal().is_intact


def test_the_last_use_of_a_key_is_noted(port: int, sqlite_database: Database) -> None:
    client = Client(port, new_key(sqlite_database).text)
    client.interaction(asked())
    for _ in range(500):
        ((_, used),) = sqlite_database.api_keys()
        if used is not None:
            break
        time.sleep(0.02)
    assert used is not None
    assert used > NOON
