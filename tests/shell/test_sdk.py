"""The SDK never fails the agent, loses nothing while the server is away, and sends each record once."""

import ast
import asyncio
import json
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import loop.sdk
from loop.sdk import Limits, Ratchet
from storage.database import Database
from storage.store import AgentStore
from tests.serving import new_key, serving
from tests.shell.sdk_server import Answer, SdkServer, Sent, sdk_server

NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there."""


def limits(folder: Path, **more: Any) -> Limits:
    return Limits(**{"spool": folder, "every": 0.02, "pause": 0.01, "longest_pause": 0.05, "at_exit": 20.0} | more)


@pytest.fixture
def server() -> Iterator[SdkServer]:
    with sdk_server() as running:
        yield running


@pytest.fixture
def ratchet(server: SdkServer, tmp_path: Path) -> Iterator[Ratchet]:
    client = Ratchet(server.url, agent="shop", key="rk_x", limits=limits(tmp_path))
    yield client
    client.close()


def spooled(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.json"))


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(loop.sdk.__file__).read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in modules} <= sys.stdlib_module_names


def test_three_lines_record_every_call_of_a_function(ratchet: Ratchet, server: SdkServer) -> None:
    @ratchet.observed
    def answer(question: str) -> str:
        ratchet.step("tool", name="track", input={"parcel": 4711}, output="Friday")
        return f"{question} Friday."

    assert answer("When?") == "When? Friday."
    assert ratchet.flush()
    (made,) = server.records("interactions")
    assert (made["question"], made["answer"]) == ("When?", "When? Friday.")
    assert made["steps"] == [{"kind": "tool", "name": "track", "input": '{"parcel": 4711}', "output": "Friday"}]
    (sent,) = server.sent
    assert sent.path == "/api/v1/agents/shop/interactions/batch"
    assert sent.headers["authorization"] == "Bearer rk_x"


def test_async_and_streaming_functions_are_recorded_whole(ratchet: Ratchet, server: SdkServer) -> None:
    @ratchet.observed(topic="async")
    async def later(question: str) -> str:
        return f"{question} later"

    @ratchet.observed
    def stream(question: str) -> Iterator[str]:
        yield from (question, " in", " pieces")

    @ratchet.observed
    async def stream_later(question: str) -> AsyncIterator[str]:
        for piece in (question, " by and by"):
            yield piece

    async def run() -> list[str]:
        return [await later("a"), *stream("b"), *[piece async for piece in stream_later("c")]]

    assert asyncio.run(run()) == ["a later", "b", " in", " pieces", "c", " by and by"]
    assert ratchet.flush()
    made = {one["question"]: one["answer"] for one in server.records("interactions")}
    assert made == {"a": "a later", "b": "b in pieces", "c": "c by and by"}


def test_turns_of_tasks_and_threads_do_not_mix(ratchet: Ratchet, server: SdkServer) -> None:
    @ratchet.observed
    async def answer(question: str) -> str:
        await asyncio.sleep(0)
        ratchet.step("tool", name=question)
        await asyncio.sleep(0)
        return question

    async def run() -> None:
        await asyncio.gather(*(answer(str(number)) for number in range(20)))

    threads = [threading.Thread(target=asyncio.run, args=(run(),)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert ratchet.flush()
    made = server.records("interactions")
    assert len(made) == 80
    assert all([step["name"] for step in one["steps"]] == [one["question"]] for one in made)


def test_an_exception_of_the_agent_goes_on_and_is_recorded_as_a_failure(ratchet: Ratchet, server: SdkServer) -> None:
    with pytest.raises(KeyError), ratchet.interaction("When?", episode_id="e1"):
        raise KeyError
    assert ratchet.flush()
    (made,) = server.records("interactions")
    assert (made["method"], made["attributes"]) == ("failed", {"failure": "KeyError"})
    assert made["episode_id"] == "e1"


def test_feedback_outcome_and_takeover_are_sent_as_the_api_takes_them(ratchet: Ratchet, server: SdkServer) -> None:
    turn = ratchet.record("When?", "Friday.", customer="anna")
    ratchet.feedback(turn, "thumbs", author="anna", value=0.0)
    ratchet.outcome("e1", 1.0, author="crm")
    ratchet.takeover("e1", "On Monday.", author="ben")
    assert ratchet.flush()
    thumbs, outcome, takeover = server.records("feedback")
    assert (thumbs["interaction_id"], thumbs["kind"], thumbs["value"]) == (turn, "thumbs", 0.0)
    assert (outcome["episode_id"], outcome["kind"], outcome["value"]) == ("e1", "outcome", 1.0)
    assert (takeover["episode_id"], takeover["kind"], takeover["text"]) == ("e1", "takeover", "On Monday.")
    assert all(one["id"] and one["at"] for one in (thumbs, outcome, takeover))


class Odd:
    """Nothing JSON has a form for."""

    def __str__(self) -> str:
        raise RuntimeError


def test_nothing_that_is_recorded_raises_into_the_agent(ratchet: Ratchet, server: SdkServer, tmp_path: Path) -> None:
    knot: list[Any] = []
    knot.append(knot)
    for odd in (None, 1, "\ud800\0", b"\xff", float("nan"), 10**400, knot, {1: {2}}, object(), Odd()):
        ratchet.record(odd, odd, attributes={"odd": odd})
        ratchet.feedback("i1", "comment", author="anna", text=odd)
        with ratchet.interaction(odd) as turn:
            turn.step("tool", input=odd, output=odd, attributes=odd)
    assert ratchet.flush()
    for one in server.taken:
        json.loads(one.body, parse_constant=lambda name: pytest.fail(name))
    blocked = tmp_path / "file"
    blocked.write_text("")
    lost = Ratchet(NOWHERE, agent="shop", limits=limits(blocked, records=5))
    for number in range(50):
        lost.record(f"q{number}", "a")
    lost.close()
    assert lost.counts.dropped == 50
    assert Ratchet("no url at all", agent="", limits=limits(tmp_path)).version() is None


def test_what_is_recorded_while_the_server_is_away_is_sent_once_when_it_is_back(tmp_path: Path) -> None:
    away = True
    with sdk_server(lambda _: Answer(503, headers={"Retry-After": "0"}) if away else Answer()) as server:
        client = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
        ids = {client.record(f"q{number}", "a") for number in range(250)}
        assert client.flush()
        assert server.taken == []
        assert spooled(tmp_path)
        away = False
        ids.add(client.record("new", "a"))
        wait_until(lambda: not spooled(tmp_path) and len(server.records("interactions")) >= 251)
        client.close()
        made = [one["id"] for one in server.records("interactions")]
    assert sorted(made) == sorted(ids)
    assert client.counts.sent == 251


def test_what_one_process_left_on_disk_the_next_one_sends(tmp_path: Path) -> None:
    with sdk_server() as first:
        url = first.url
        port = int(url.rpartition(":")[2])
    client = Ratchet(url, agent="shop", limits=limits(tmp_path, at_exit=0.1))
    kept = client.record("q", "a")
    client.close()
    assert len(spooled(tmp_path)) == 1
    assert all(one.stat().st_mode & 0o077 == 0 for one in spooled(tmp_path)), "texts lie there as they were"
    with sdk_server(port=port) as server:
        other = Ratchet(url, agent="shop", limits=limits(tmp_path))
        new = other.record("q2", "a")
        wait_until(lambda: not spooled(tmp_path))
        other.close()
        assert {one["id"] for one in server.records("interactions")} == {kept, new}


def test_a_batch_sent_again_has_the_same_key_and_bytes(tmp_path: Path) -> None:
    seen: list[Sent] = []

    def deaf(sent: Sent) -> Answer:
        seen.append(sent)
        return Answer() if len(seen) > 3 else Answer(500)

    with sdk_server(deaf) as server:
        client = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
        client.record("q", "a")
        wait_until(lambda: bool(server.taken))
        client.close()
    assert len({(one.headers["idempotency-key"], one.body) for one in seen}) == 1


def test_a_broken_file_in_the_spool_holds_nothing_up(tmp_path: Path, server: SdkServer) -> None:
    client = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
    (folder,) = [one for one in tmp_path.iterdir() if one.is_dir()]
    (folder / "000.json").write_text('{"kind": "interac')
    client.record("q", "a")
    assert client.flush()
    wait_until(lambda: not spooled(tmp_path))
    client.close()
    assert client.counts.sent == 1


def test_memory_is_bounded_when_there_is_no_disk(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    client = Ratchet(NOWHERE, agent="shop", limits=limits(file, records=100, longest_pause=60.0, pause=60.0))
    for number in range(1_000):
        client.record(f"q{number}", "a")
    assert len(client._sender._queue) <= 100
    client.close()
    assert client.counts.dropped == 1_000


def test_a_batch_that_is_too_large_is_sent_in_parts_and_what_is_refused_is_counted(tmp_path: Path) -> None:
    def picky(sent: Sent) -> Answer:
        records = json.loads(sent.body)["interactions"]
        if len(records) > 3:
            return Answer(413)
        refused = [{"place": at, "reason": "no"} for at, one in enumerate(records) if one["question"] == "bad"]
        return Answer(201, {"ids": [], "refused": refused})

    with sdk_server(picky) as server:
        client = Ratchet(server.url, agent="shop", limits=limits(tmp_path, every=0.5))
        for number in range(10):
            client.record("bad" if number == 4 else f"q{number}", "a")
        assert client.flush()
        client.close()
        assert len(server.records("interactions")) == 10
    assert (client.counts.sent, client.counts.refused) == (9, 1)


def test_a_redirection_is_not_followed_because_the_key_would_go_along(tmp_path: Path, server: SdkServer) -> None:
    with sdk_server(lambda _: Answer(307, headers={"Location": server.url})) as elsewhere:
        client = Ratchet(elsewhere.url, agent="shop", key="rk_x", limits=limits(tmp_path, at_exit=0.1))
        client.record("q", "a")
        client.version()
        client.close()
    assert server.sent == []
    assert spooled(tmp_path)


SCRIPT = """
import sys
from pathlib import Path
from loop.sdk import Limits, Ratchet
ratchet = Ratchet(sys.argv[1], agent="shop", limits=Limits(spool=Path(sys.argv[2]), every=60.0, at_exit=20.0))
for number in range(20):
    ratchet.record(f"q{number}", "a")
"""


def test_what_waits_at_the_end_of_the_program_is_sent_or_put_on_disk(server: SdkServer, tmp_path: Path) -> None:
    for url, where in ((server.url, tmp_path / "a"), (NOWHERE, tmp_path / "b")):
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT, url, str(where)], capture_output=True, text=True, timeout=120
        )
        assert (ran.returncode, ran.stdout) == (0, "")
    assert len(server.records("interactions")) == 20
    assert spooled(tmp_path / "a") == []
    assert sum(len(json.loads(one.read_text())["records"]) for one in spooled(tmp_path / "b")) == 20


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_fork_sends_what_each_process_recorded_and_nothing_twice(
    ratchet: Ratchet, server: SdkServer, tmp_path: Path
) -> None:
    ratchet.record("warm", "up")
    assert ratchet.flush()
    waiting = Ratchet(server.url, agent="shop", limits=limits(tmp_path, every=60.0))
    waiting.record("parent", "a")
    forked = multiprocessing.get_context("fork")
    children = [forked.Process(target=_in_child, args=(ratchet, number)) for number in range(3)]
    for one in children:
        one.start()
    for one in children:
        one.join(60)
    waiting.close()
    asked = sorted(one["question"] for one in server.records("interactions"))
    assert asked == ["child 0", "child 1", "child 2", "parent", "warm"]
    assert len(server.taken) == 5


def _in_child(ratchet: Ratchet, number: int) -> None:
    ratchet.record(f"child {number}", "a")


LIVE = {"agent": "shop", "number": 3, "digest": "d" * 64, "released_at": None, "bundle": {"instructions": "Be kind."}}


def test_the_live_version_is_loaded_when_it_changed_and_kept_while_the_server_is_away(tmp_path: Path) -> None:
    def bundles(sent: Sent) -> Answer:
        known = sent.headers.get("if-none-match") == '"3"'
        return Answer(304, b"") if known else Answer(200, LIVE, {"ETag": '"3"'})

    with sdk_server(bundles) as server:
        client = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
        assert client.version(max_age=0) == LIVE
        assert client.version(max_age=0) == LIVE
        assert client.version(max_age=60) == LIVE
        assert [one.headers.get("if-none-match") for one in server.sent] == [None, '"3"']
        assert [one.path for one in server.sent] == ["/api/v1/agents/shop/bundle"] * 2
        with client.interaction("When?") as turn:
            pass
        assert (turn.fields["version"], turn.fields["bundle_digest"]) == (3, "d" * 64)
        client.close()
    again = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
    assert again.version() == LIVE
    assert Ratchet(server.url, agent="other", limits=limits(tmp_path)).version() is None


@pytest.mark.parametrize(
    "page", ["<html>busy</html>", [], {"number": 4}, {**LIVE, "number": None}, {**LIVE, "bundle": 1}]
)
def test_a_page_that_is_no_version_leaves_the_version_at_hand(tmp_path: Path, page: object) -> None:
    said: list[object] = [LIVE, page]
    with sdk_server(lambda _: Answer(200, said.pop(0) if said else page)) as server:
        client = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
        assert client.version(max_age=0) == LIVE
        assert client.version(max_age=0) == LIVE
        with client.interaction("When?") as turn:
            turn.answer = "Friday"
        assert turn.fields["version"] == 3
        client.close()
    assert Ratchet(server.url, agent="shop", limits=limits(tmp_path)).version() == LIVE


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"tag": "3"}', '{"tag": "3", "live": {"number": 3}}', "\x00"])
def test_a_spoilt_copy_of_the_version_is_asked_for_again(spoilt: str, tmp_path: Path) -> None:
    with sdk_server(lambda sent: Answer(200, LIVE, {"ETag": '"3"'})) as server:
        first = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
        assert first.version() == LIVE
        first.close()
        (kept,) = [one for one in tmp_path.rglob("*") if one.is_file() and "d" * 64 in one.read_text("utf-8")]
        kept.write_text(spoilt, "utf-8")
        again = Ratchet(server.url, agent="shop", limits=limits(tmp_path))
        assert again.version() == LIVE
        assert server.sent[-1].headers.get("if-none-match") is None
        again.close()


def test_the_real_api_takes_all_that_is_recorded_and_gives_the_live_version(
    sqlite_url: str, sqlite_database: Database, sqlite_store: AgentStore, tmp_path: Path
) -> None:
    with serving(sqlite_url) as port:
        key = new_key(sqlite_database).text
        client = Ratchet(f"http://127.0.0.1:{port}", agent="desk", key=key, limits=limits(tmp_path))
        live = client.version()
        assert live is not None
        assert (live["number"], live["digest"]) == (0, sqlite_store.head().digest)
        assert client.version(max_age=0) == live
        with client.interaction("When?", episode_id="e1", customer="anna", context={"plan": "basic"}) as turn:
            turn.step("tool", name="track", input={"parcel": 4711}, output="Friday", milliseconds=2.5)
            turn.answer = "Friday."
        assert client.flush()
        client.feedback(turn.id, "edit", author="ben", text="On Friday, by noon.", reason="It was too short.")
        client.outcome("e1", 0.0, author="crm")
        client.takeover("e1", "I called them.", author="ben")
        assert client.flush()
        client.close()
    assert (client.counts.sent, client.counts.refused, client.counts.spooled) == (4, 0, 0)
    made = sqlite_store.interactions([turn.id])[turn.id]
    assert (made.answer, made.version, made.bundle_digest) == ("Friday.", 0, live["digest"])
    assert (made.source, made.steps[0].name, made.steps[0].milliseconds) == ("api:helpdesk", "track", 2.5)
    said = {(one.feedback.kind.value, one.feedback.interaction_id) for one in sqlite_store.feedback()}
    assert said == {("edit", turn.id), ("outcome", turn.id), ("takeover", turn.id)}


def wait_until(is_so: Any) -> None:
    """Raises AssertionError when it does not come to be in a minute."""
    for _ in range(6_000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to be")
