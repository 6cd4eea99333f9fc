"""Whatever a program sends, it is told what is wrong with it, in words of ours, and nothing breaks."""

import gc
import http.client
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.store import AgentStore
from tests.hostile import CANARY, hostile_bodies
from tests.serving import SECONDS, Client, asked, new_key, serving, thumbs

_STATM = Path("/proc/self/statm")


@pytest.fixture
def client(sqlite_url: str, sqlite_database: Database, sqlite_store: AgentStore) -> Iterator[Client]:
    """A program with a key for the agent `desk`."""
    with serving(sqlite_url) as port:
        yield Client(port, new_key(sqlite_database).text)


def resident_mb() -> float:
    """Memory of this process, which the server runs in."""
    gc.collect()
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def send_all(client: Client) -> list[tuple[str, int, bytes]]:
    """Every hostile body, on one connection while it lasts."""
    replies = []
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=SECONDS)
    for name, path, body in hostile_bodies():
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {client.key}"}
        try:
            connection.request("POST", f"/api/v1/agents/desk/{path}", body=body, headers=headers)
            answer = connection.getresponse()
            replies.append((name, answer.status, answer.read()))
        except (BrokenPipeError, ConnectionResetError):  # the body was refused while it was sent
            replies.append((name, 413, b""))
            connection.close()
    connection.close()
    return replies


def test_hostile_bodies_are_refused_below_500_never_quoted_and_leave_no_memory(
    client: Client, sqlite_store: AgentStore
) -> None:
    assert client.interaction(asked()).status == 201
    before = resident_mb() if _STATM.exists() else 0.0
    replies = send_all(client)
    grown = resident_mb() - before if _STATM.exists() else 0.0
    assert len(replies) >= 200
    assert {name: status for name, status, _ in replies if status >= 500} == {}
    assert [name for name, status, body in replies if status >= 400 and CANARY.encode() in body] == []
    assert sum(status >= 400 for _, status, _ in replies) > 400
    assert grown < 64
    assert client.feedback(thumbs(5)).status == 201
    assert [one for one in sqlite_store.captures() if CANARY in repr(one)] == []


@pytest.mark.parametrize(
    "path",
    [
        *("desk/episodes/%00/outcome", "desk/episodes/%20/outcome", "desk/episodes/%ff%fe/outcome"),
        *(f"desk/episodes/{'x' * 2_000}/outcome", "%2e%2e/feedback", "%00/feedback", "d%C3%A9sk/feedback"),
    ],
)
def test_paths_that_name_nothing_are_refused_below_500(client: Client, path: str) -> None:
    reply = client.post(f"/api/v1/agents/{path}", {"value": 1.0, "author": "ann"})
    assert reply.status < 500


def test_headers_that_say_something_else_are_refused_below_500(client: Client) -> None:
    path = "/api/v1/agents/desk/feedback"
    assert client.post(path, thumbs(), content_type="text/plain").status == 415
    assert client.post(path, thumbs(), content_type="").status == 415
    assert client.post(path, thumbs(), content_type="application/json; charset=utf-16").status == 201
    assert client.post(path, thumbs(), content_encoding="gzip").status == 415
    assert client.post(path, thumbs(), idempotency_key="k" * 1_001).status == 400
    assert client.post(path, thumbs(), idempotency_key="\xff\xfe €".encode().decode("latin-1")).status == 201
    assert client.send("PUT", path, b"{}").status == 405
    assert client.send("DELETE", path).status == 405
