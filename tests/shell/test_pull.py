"""Pulls from other tools over real HTTP into a database: complete, once, going on where they were, and nowhere else."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from loop import desk, wiring
from loop.errors import InvalidInput, SourceFailed
from loop.outbound import Destinations, Outbound, SourceTarget
from loop.outbound.pulling import PageOutcome, Puller, Rounds, connector_of, together
from loop.ports import Parts
from loop.records import Actor, FeedbackKind, FeedbackState, Interaction, Role, TaintScope
from loop.settings import Settings
from storage.connecting import reading
from storage.database import Database
from storage.inspection import inspect
from storage.store import AgentStore
from storage.tables import InteractionRow
from tests import builders
from tests.shell.agent_server import listen
from tests.shell.conftest import Ratchet
from tests.shell.tool_servers import Langfuse, LangSmith

NOON = builders.NOON
OLGA = Actor(name="olga", role=Role.ADMIN)
PAIR = ("authorization", "Basic cGs6c2s=")
"""`pk:sk`, as HTTP spells it."""


def at(minutes: float) -> str:
    """So many minutes after noon, as the tools write it."""
    return (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


class World:
    """An agent, a clock that is set by hand, and pulls for it."""

    def __init__(self, database: Database, store: AgentStore, parts: Callable[[str], Parts]) -> None:
        self.database, self.store, self.now, self.pauses = database, store, NOON + timedelta(hours=3), list[float]()
        self.puller = Puller(
            database.cursors, parts=parts, deliveries=database.store, clock=lambda: self.now, pause=self.pauses.append
        )

    def pull(self, target: SourceTarget) -> PageOutcome:
        return together(self.puller.pull("tool", target, agent="desk"))

    def interactions(self) -> dict[str, Interaction]:
        with reading(self.database.engine) as connection:
            ids = connection.execute(sa.select(InteractionRow.core().c.id)).scalars().all()
        return self.store.interactions(ids)

    def feedback(self) -> set[tuple[str, FeedbackKind, float | None, str, str]]:
        told = [one.feedback for one in self.store.feedback(list(FeedbackState))]
        return {(one.interaction_id, one.kind, one.value, one.text, one.author) for one in told}


@pytest.fixture
def world(database: Database, store: AgentStore) -> World:
    def parts(slug: str) -> Parts:
        return wiring.parts_for(Settings(), database, slug)

    return World(database, store, parts)


def langfuse_trace(number: int, **more: Any) -> dict[str, Any]:
    tool = {
        "id": f"o{number}-tool", "type": "TOOL", "name": "lookup", "startTime": at(number), "endTime": at(number + 0.1),
        "parentObservationId": f"o{number}", "input": {"order": "A1"}, "output": "shipped", "level": "DEFAULT",
        "model": None, "metadata": {}, "statusMessage": None,
    }  # fmt: skip
    call = tool | {
        "id": f"o{number}", "type": "GENERATION", "parentObservationId": None, "model": "gpt-4o-mini", "name": "chat",
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"Where is order {number}?"}],
        "output": {"role": "assistant", "content": "It arrives on Friday."}, "endTime": at(number + 0.2),
    }  # fmt: skip
    return {
        "id": f"trace-{number}", "timestamp": at(number), "name": "support", "sessionId": "s-1", "userId": "u-7",
        "input": None, "output": None, "observations": [call, tool], "metadata": {}, "tags": [], **more,
    }  # fmt: skip


def score(number: int, kind: str, value: object, **more: Any) -> dict[str, Any]:
    return {
        "id": f"score-{number}-{kind}", "traceId": f"trace-{number}", "sessionId": None, "observationId": None,
        "name": "thumbs", "source": "ANNOTATION", "dataType": kind, "timestamp": at(number), "updatedAt": at(number),
        "authorUserId": "anna", "comment": None, "metadata": {}, "configId": None,
        "value": value if not isinstance(value, str) else 0, "stringValue": str(value), **more,
    }  # fmt: skip


def langfuse_target(url: str) -> SourceTarget:
    return SourceTarget(kind="langfuse", url=url.removesuffix("/answer"), key=SecretStr("pk:sk"))


def test_langfuse_traces_and_scores_arrive_with_their_steps_and_people(world: World) -> None:
    tool = Langfuse(PAIR, traces=[langfuse_trace(number) for number in range(5)])
    tool.configs = {"stars": {"id": "stars", "dataType": "NUMERIC", "minValue": 1, "maxValue": 5}}
    tool.scores = [
        score(0, "BOOLEAN", 0, comment="It came on Monday."),
        score(1, "CORRECTION", "It arrives on Monday.", name="answer"),
        score(2, "NUMERIC", 4, name="rating", configId="stars", source="API", authorUserId=None),
        score(3, "NUMERIC", 0.2, name="toxicity", source="EVAL", authorUserId=None),
        score(4, "NUMERIC", 87, name="thumbs"),
        score(5, "CATEGORICAL", "bad", traceId=None, sessionId="s-1", name="overall", timestamp=at(2.5)),
    ]
    with listen(tool.reply) as server:
        done = world.pull(langfuse_target(server.url))
    made = world.interactions()
    assert set(made) == {f"trace-{number}" for number in range(5)}
    first = made["trace-0"]
    assert (first.question, first.answer, first.source) == ("Where is order 0?", "It arrives on Friday.", "pull:tool")
    assert [(step.kind, step.output) for step in first.steps] == [
        ("model", "It arrives on Friday."), ("tool", "shipped"),
    ]  # fmt: skip
    assert [step.kind for step in made["trace-3"].steps] == ["model", "tool", "check"]  # a judge is no person
    assert world.feedback() == {
        ("trace-0", FeedbackKind.THUMBS, 0.0, "It came on Monday.", "anna"),
        ("trace-1", FeedbackKind.EDIT, None, "It arrives on Monday.", "anna"),
        ("trace-2", FeedbackKind.CSAT, 0.75, "", "u-7"),
        ("trace-2", FeedbackKind.THUMBS, 0.0, "", "anna"),  # of the session: its last answer by then
    }
    assert done.rejected == {"A score does not say its scale: name `min` and `max` in the metadata.": 1}


def test_a_second_pull_brings_only_what_is_new_and_what_was_judged_late(world: World) -> None:
    tool = Langfuse(PAIR, traces=[langfuse_trace(number) for number in range(3)])
    with listen(tool.reply) as server:
        target = langfuse_target(server.url)
        assert world.pull(target).written.new == 3
        assert world.pull(target).written.new == 0
        world.now += timedelta(days=5)
        tool.traces.append(langfuse_trace(9, timestamp=at(60 * 24 * 4)))
        tool.scores.append(score(0, "BOOLEAN", 0, timestamp=at(60 * 24 * 4)))
        tool.asked.clear()
        assert world.pull(target).written.new == 2
        assert [path for path in tool.asked if "/traces/trace-" in path] == [
            "/api/public/traces/trace-9", "/api/public/traces/trace-0",
        ]  # fmt: skip
        assert world.pull(target).written.new == 0
    assert len(world.feedback()) == 1


def test_a_pull_that_breaks_goes_on_at_the_page_where_it_was(world: World) -> None:
    tool = Langfuse(PAIR, traces=[langfuse_trace(number) for number in range(6)])
    with listen(tool.reply) as server:
        target = langfuse_target(server.url)
        pulled = world.puller.pull("tool", target, agent="desk")
        assert [kept.is_last for kept in islice(pulled, 2)] == [False, False]
        pulled.close()
        tool.busy = [500] * 5
        with pytest.raises(SourceFailed, match=r"status 500"):
            world.pull(target)
        tool.asked.clear()
        assert world.pull(target).written.new == 2
        assert "page=3" in tool.asked[0]
    assert len(world.interactions()) == 6


def test_a_limit_is_waited_for_as_long_as_it_says(world: World) -> None:
    tool = Langfuse(PAIR, traces=[langfuse_trace(0)], busy=[429, 429])
    with listen(tool.reply) as server:
        assert world.pull(langfuse_target(server.url)).written.new == 1
    assert world.pauses == [7.0, 7.0]


def run(name: str, trace: str, kind: str, start: float, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "trace_id": trace, "parent_run_id": None, "name": name, "run_type": kind, "start_time": at(start),
        "end_time": at(start + 0.5), "inputs": {}, "outputs": {}, "error": None, "extra": {}, "status": "success",
        **more,
    }  # fmt: skip


def langsmith() -> LangSmith:
    human = {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"]}
    reply = human | {"id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": {"content": "On Friday."}}
    asked = human | {"kwargs": {"content": "Where is it?"}}
    about = {"metadata": {"thread_id": "t-1", "user_id": "u-7"}}
    tool = LangSmith(("x-api-key", "lsv2-key"))
    for number in range(3):
        trace = f"trace-{number}"
        tool.runs += [
            run(trace, trace, "chain", number, inputs={"question": "Where is it?"}, outputs={"output": "On Friday."},
                extra=about),
            run(f"{trace}-llm", trace, "llm", number + 0.1, parent_run_id=trace, inputs={"messages": [[asked]]},
                outputs={"generations": [[{"text": "On Friday.", "message": reply}]]},
                extra={"metadata": {"ls_model_name": "gpt-4o-mini"}}),
            run(f"{trace}-tool", trace, "tool", number + 0.2, parent_run_id=trace, inputs={"order": 1},
                outputs={"output": "shipped"}),
        ]  # fmt: skip
    tool.runs.append(run("running", "running", "chain", 4, end_time=None))
    said = {
        "comment": None,
        "value": None,
        "correction": None,
        "modified_at": at(5),
        "created_at": at(5),
        "extra": None,
    }
    tool.feedback = [
        said | {"id": "f1", "run_id": "trace-0", "trace_id": "trace-0", "key": "user_score", "score": 0,
                "comment": "Wrong day.", "correction": {"output": "On Monday."},
                "feedback_source": {"type": "app", "user_id": "anna"}},
        said | {"id": "f2", "run_id": "trace-1-llm", "trace_id": "trace-1", "key": "correctness", "score": 0.3,
                "feedback_source": {"type": "model"}},
    ]  # fmt: skip
    return tool


def test_langsmith_runs_and_feedback_arrive_and_a_trace_that_runs_waits_for_its_end(world: World) -> None:
    tool = langsmith()
    with listen(tool.reply) as server:
        target = SourceTarget(
            kind="langsmith", url=server.url.removesuffix("/answer"), key=SecretStr("lsv2-key"), project="support"
        )
        assert world.pull(target).written.new == 5
        assert world.pull(target).written.new == 0
        made = world.interactions()
        assert set(made) == {"trace-0", "trace-1", "trace-2"}
        assert (made["trace-0"].question, made["trace-0"].answer) == ("Where is it?", "On Friday.")
        assert [(step.kind, step.input, step.output) for step in made["trace-0"].steps] == [
            ("model", "Where is it?", "On Friday."), ("tool", '{"order": 1}', '{"output": "shipped"}'),
        ]  # fmt: skip
        assert made["trace-1"].steps[-1].kind == "check"
        assert world.feedback() == {
            ("trace-0", FeedbackKind.THUMBS, 0.0, "Wrong day.", "anna"),
            ("trace-0", FeedbackKind.EDIT, None, "On Monday.", "anna"),
        }
        tool.runs[-1] |= {"end_time": at(6), "inputs": {"question": "And now?"}, "outputs": {"output": "Now."}}
        world.database.cursors.forget("desk", connector_of("tool", target))
        assert world.pull(target).written.new == 1


def test_nothing_is_asked_of_another_address_or_after_a_redirect(world: World) -> None:
    elsewhere = Langfuse(PAIR, traces=[langfuse_trace(0)])
    with listen(elsewhere.reply) as other:
        moved = {"Location": other.url}
        with listen(lambda call: (302, {}, moved)) as server, pytest.raises(SourceFailed, match="302"):
            world.pull(langfuse_target(server.url))
    assert elsewhere.asked == []
    for url in ("http://169.254.169.254", "http://tool.example", "https://0x7f000001", "file:///etc/passwd"):
        with pytest.raises(InvalidInput):
            world.pull(SourceTarget(kind="langfuse", url=url))


def test_a_wrong_key_and_a_strange_reply_are_told_without_quoting_them(world: World) -> None:
    tool = Langfuse(("authorization", "Basic other"))
    with listen(tool.reply) as server, pytest.raises(SourceFailed) as refused:
        world.pull(langfuse_target(server.url))
    assert str(refused.value) == "tool refused the key. Give it again: ratchet source add"
    for strange in (b"canary", b'{"data": "canary"}', b'{"data": []}', b"[1"):
        with listen(lambda call, said=strange: (200, said)) as server, pytest.raises(SourceFailed) as unread:
            world.pull(langfuse_target(server.url))
        assert "canary" not in str(unread.value)
    assert world.database.cursors.read("desk", connector_of("tool", langfuse_target(server.url))) is None


def test_the_worker_pulls_a_page_at_a_time_until_all_is_read_and_again_when_it_is_due(
    world: World, tmp_path: Any
) -> None:
    tool, said = Langfuse(PAIR, traces=[langfuse_trace(number) for number in range(4)]), list[str]()
    with listen(tool.reply) as server:
        where = Destinations(tmp_path / "outbound.json")
        target = langfuse_target(server.url).model_copy(update={"agent": "desk", "minutes": 10.0})
        where.write(Outbound(sources={"tool": target, "idle": target.model_copy(update={"agent": ""})}))
        rounds = Rounds(world.puller, destinations=where, clock=lambda: world.now, report=said.append)
        assert [rounds.round() for _ in range(5)] == [1, 1, 1, 0, 0]
        world.now += timedelta(minutes=11)
        assert rounds.round() == 1
        tool.key = ("authorization", "new")
        world.now += timedelta(minutes=11)
        assert [rounds.round() for _ in range(2)] == [0, 0]
    assert said == [
        "desk: 2 new records from tool.", "desk: 2 new records from tool.",
        "desk: tool refused the key. Give it again: ratchet source add",
    ]  # fmt: skip


def test_a_pull_is_taken_back_whole_and_pulling_again_doubles_nothing(world: World) -> None:
    mine = builders.interaction(50)
    world.store.append(interactions=[mine], feedback=[builders.feedback(50)])
    tool = Langfuse(PAIR, traces=[langfuse_trace(number) for number in range(5)])
    tool.scores = [score(number, "BOOLEAN", 0, comment="No.") for number in range(5)]
    parts = wiring.parts_for(Settings(), world.database, "desk")
    with listen(tool.reply) as server:
        done = world.pull(langfuse_target(server.url))
        (made,) = world.store.imports()
        assert (made.id, made.name, made.new) == (done.into, "pull:tool", 10)
        taken = desk.unlearn(parts, TaintScope(import_id=made.id), actor=OLGA, reason="the wrong tool")
        assert len(taken.moved) == 5
        assert world.store.feedback_counts([FeedbackState.EXCLUDED])[FeedbackState.EXCLUDED] == 5
        again = world.pull(langfuse_target(server.url))
        assert (again.written.new, again.written.updated) == (0, 0)
        from_start = together(world.puller.pull("tool", langfuse_target(server.url), agent="desk", since=NOON))
        assert (from_start.written.new, from_start.written.updated, from_start.written.duplicate) == (0, 0, 10)
        tool.traces.append(langfuse_trace(170))
        assert world.pull(langfuse_target(server.url)).written.new == 1
    assert [one.new for one in world.store.imports()] == [1, 10]
    assert world.store.feedback_items(["f50"])["f50"].state is FeedbackState.NEW
    with world.database.engine.connect() as connection:
        assert inspect(connection, "desk").faults == ()


def test_what_a_pull_overwrote_comes_back_and_stays_until_it_is_given_back(world: World) -> None:
    parts = wiring.parts_for(Settings(), world.database, "desk")
    tool, world.now = Langfuse(PAIR, traces=[langfuse_trace(0)]), NOON + timedelta(minutes=10)
    with listen(tool.reply) as server:
        world.pull(langfuse_target(server.url))
        before = world.interactions()["trace-0"]
        tool.traces[0]["observations"][0]["output"]["content"] = "It arrives on Sunday."
        changed = world.pull(langfuse_target(server.url))
        assert (changed.written.updated, world.interactions()["trace-0"].answer) == (1, "It arrives on Sunday.")
        taken = desk.unlearn(parts, TaintScope(import_id=changed.into), actor=OLGA, reason="wrong")
        assert world.interactions()["trace-0"] == before
        world.now += timedelta(minutes=5)
        again = world.pull(langfuse_target(server.url))
        assert (again.written.updated, again.into) == (0, "")
        assert world.interactions()["trace-0"] == before
        desk.undo_unlearning(parts, taken.id, actor=OLGA)
        assert world.interactions()["trace-0"].answer == "It arrives on Sunday."
        assert world.pull(langfuse_target(server.url)).written.updated == 0


def test_a_round_in_pages_is_one_import_even_where_it_broke(world: World) -> None:
    tool = Langfuse(PAIR, traces=[langfuse_trace(number) for number in range(6)])
    with listen(tool.reply) as server:
        pulled = world.puller.pull("tool", langfuse_target(server.url), agent="desk")
        next(pulled)
        pulled.close()
        world.now += timedelta(minutes=3)
        world.pull(langfuse_target(server.url))
    (made,) = world.store.imports()
    assert (made.new, len(world.interactions())) == (6, 6)


def test_the_command_names_a_source_pulls_it_and_says_what_came(ratchet: Ratchet, monkeypatch: Any) -> None:
    monkeypatch.setenv("TOOL_KEY", "pk:sk")
    assert ratchet("agent", "create", "desk").code == 0
    trace = langfuse_trace(0, timestamp=(datetime.now(NOON.tzinfo) - timedelta(hours=2)).isoformat())
    with listen(Langfuse(PAIR, traces=[trace]).reply) as server:
        url = server.url.removesuffix("/answer")
        monkeypatch.setattr("click.prompt", lambda *words, **options: "env:TOOL_KEY")
        assert ratchet("source", "add", "live", "langfuse", url, "--key").code == 0
        assert "langfuse" in ratchet("source", "list").out
        first, second = ratchet("pull", "live", "--agent", "desk").out.splitlines()
        assert first == "Records: 1 new, 0 updated, 0 known. Rejected: 0."
        made = second.split()[7]
        assert second == f"Take it back whole: ratchet import undo {made} --agent desk --reason WHY"
        again = json.loads(ratchet("pull", "live", "--agent", "desk", "--json").out)
        assert (again["new"], again["import"]) == (0, "")
        listed = ratchet("import", "list", "--agent", "desk").out
        assert (listed.count("\n"), "pull:live" in listed, made in listed) == (1, True, True)
        undone = ratchet("import", "undo", made, "--agent", "desk", "--reason", "wrong", "--yes", "--later")
        assert undone.code == 0, undone
        begin = f"{datetime.now(NOON.tzinfo) - timedelta(days=2):%Y-%m-%d}"
        said = ratchet("pull", "live", "--agent", "desk", "--since", begin).out
        assert "0 new, 0 updated, 1 known" in said
        assert "What was taken back stays away: ratchet unlearn --undo gives it back." in said
    assert ratchet("source", "remove", "live").code == 0
    gone = ratchet("pull", "live", "--agent", "desk")
    assert (gone.code, gone.err) == (1, "ratchet: There is no source live. See them: ratchet source list\n")
