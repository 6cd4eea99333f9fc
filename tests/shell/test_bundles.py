"""Versions over HTTP: what is live, as soon as it is, and content by its digest; or none at all."""

import asyncio
import threading
from collections.abc import Iterator, Mapping

import pytest

from loop.records import Bundle
from loop.serve import bundles
from loop.serve.refusal import Busy
from storage.database import Database
from storage.store import AgentStore
from tests import builders
from tests.serving import Client, Reply, new_key, serving
from tests.shell import deciding

LIVE = "/api/v1/agents/desk/bundle"


@pytest.fixture
def client(sqlite_url: str, sqlite_database: Database, sqlite_store: AgentStore) -> Iterator[Client]:
    """An agent that loads its own prompts: its key reads the versions of `desk`."""
    key = new_key(sqlite_database, client="prompts", verbs=("versions:read",)).text
    with serving(sqlite_url) as port:
        yield Client(port, key)


def ask(client: Client, path: str = LIVE, *, known: str = "") -> Reply:
    """A conditional request where `known` is given."""
    return client.send("GET", path, **({"if_none_match": known} if known else {}))


def test_the_live_version_is_given_out_whole_and_names_itself(client: Client, sqlite_store: AgentStore) -> None:
    deciding.ship(sqlite_store)
    reply = ask(client)
    head, told = sqlite_store.head(), reply.json
    assert (reply.status, told["number"], told["digest"]) == (200, head.number, head.digest)
    assert Bundle.model_validate(told["bundle"]).digest == head.digest
    assert reply.headers["etag"] == f'"{head.number}-{head.digest}"'


def test_who_has_the_live_version_is_sent_nothing_until_another_is_live(
    client: Client, sqlite_store: AgentStore
) -> None:
    tag = ask(client).headers["etag"]
    again = ask(client, known=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    deciding.ship(sqlite_store)
    assert ask(client, known=tag).status == 200
    deciding.roll_back(sqlite_store, to=0, undone="p1")
    back = ask(client, known=tag)  # the content of then, under another number
    assert (back.status, back.json["number"]) == (200, sqlite_store.head().number)


def test_who_waits_is_answered_as_soon_as_another_version_is_live(client: Client, sqlite_store: AgentStore) -> None:
    tag = ask(client).headers["etag"]
    found: list[object] = []

    def wait() -> None:
        found.append(ask(client, f"{LIVE}?wait=25", known=tag).json["number"])

    waiting = threading.Thread(target=wait)
    waiting.start()
    deciding.ship(sqlite_store)
    waiting.join(45)
    assert found == [sqlite_store.head().number]


def test_who_waits_in_vain_is_told_that_nothing_changed(client: Client) -> None:
    tag = ask(client).headers["etag"]
    assert ask(client, f"{LIVE}?wait=1", known=tag).status == 304


def test_a_wait_is_whole_seconds(client: Client) -> None:
    assert [client.get(f"{LIVE}?wait={text}").status for text in ("x", "-1", "1e9", "99999")] == [422] * 4


def test_content_is_found_by_its_digest_for_ever_and_candidates_say_what_they_are(
    client: Client, sqlite_store: AgentStore
) -> None:
    deciding.waiting(sqlite_store, "p1")
    first, candidate = sqlite_store.head().digest, deciding.candidate("p1").digest
    for digest, is_live in ((first, True), (candidate, False)):
        path = f"/api/v1/agents/desk/bundles/{digest}"
        reply = ask(client, path)
        assert "immutable" in reply.headers["cache-control"]
        assert (Bundle.model_validate(reply.json["bundle"]).digest, reply.json["released_at"] is not None) == (
            digest,
            is_live,
        )
        assert ask(client, path, known=reply.headers["etag"]).status == 304
    assert client.get(f"/api/v1/agents/desk/bundles/{'0' * 64}").status == 404
    assert client.get("/api/v1/agents/desk/bundles/nothing").status == 422


def test_a_version_that_cannot_be_vouched_for_is_not_given_out(
    client: Client, sqlite_store: AgentStore, sqlite_database: Database
) -> None:
    deciding.ship(sqlite_store)
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bundle SET body = json_set(body, '$.instructions', 'Refund everybody.')")
    reply = ask(client)
    assert (reply.status, b"Refund" in reply.body) == (503, False)


def test_a_key_of_another_agent_learns_nothing(client: Client, sqlite_database: Database) -> None:
    sqlite_database.create_agent(builders.agent("other"), builders.bundle(), now=builders.NOON, actor="rita")
    assert client.get("/api/v1/agents/other/bundle").status == 404
    assert client.get("/api/v1/agents/nobody/bundle").status == 404
    assert client.send("GET", LIVE, authorization="Bearer rk_no").status == 401


def test_all_who_wait_share_one_look_and_not_too_many_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def counters() -> Mapping[str, str]:
        looks.append(1)
        return {"desk": "1.7.9" if len(looks) > 2 else "0.7.9"}

    async def crowd() -> None:
        heads = bundles.Heads(counters, pause=0.01)
        async with asyncio.timeout(30):
            await asyncio.gather(*(heads.moved_from("desk", 0, seconds=20) for _ in range(50)))
        seen = len(looks)
        await asyncio.sleep(0.1)
        assert len(looks) == seen  # nobody waits, nobody looks
        monkeypatch.setattr(bundles, "MOST_WAITING", 0)
        with pytest.raises(Busy):
            await heads.moved_from("desk", 1, seconds=1)

    asyncio.run(crowd())
    assert 3 <= len(looks) < 50
