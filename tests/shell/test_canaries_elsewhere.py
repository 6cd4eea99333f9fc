"""The other doors: what comes by files, pulls, the SDK and the terminal, and what leaves, hold no canary either."""

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from loop import cli, desk, evaluate
from loop.errors import InvalidInput
from loop.outbound import Courier, Destinations, FileTarget, Outbound, SourceTarget, WebhookTarget, new_secret
from loop.outbound.pulling import Puller, together
from loop.ports import Parts
from loop.records import Actor, Answer, Bundle, FeedbackState, ModelChoice, Role, TaintScope
from loop.sdk import Limits, Ratchet
from loop.sdk_litellm import record
from storage.database import Database
from storage.outbox import Outbox
from tests import builders
from tests.fakes import FakeClock
from tests.otlp_bodies import event, genai, logs, span, traces
from tests.serving import Client
from tests.shell import deciding, real_desk
from tests.shell.agent_server import Call, listen
from tests.shell.canaries import SECRETS, Canary, in_files, leaked, planted, quoted
from tests.shell.gateway_site import GatewaySite, run, until
from tests.shell.provider import Said, serve
from tests.shell.test_pull import PAIR, Langfuse, langfuse_trace, score

OLGA = Actor(name="olga", role=Role.ADMIN, is_single_operator=True)


@pytest.fixture
def site(database_url: str) -> Iterator[GatewaySite]:
    """A server with all its doors; the provider behind its gateway is not asked here."""
    with serve(lambda _: Said("no")) as provider, run(database_url, provider) as running:
        yield running


@pytest.fixture
def parts(site: GatewaySite) -> Parts:
    return real_desk.parts_after(site.database)


@pytest.fixture
def shell(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The command, on either database: exit code and everything it said."""
    call = commands(database_url, monkeypatch, capsys)
    assert call("agent", "create", "desk")[0] == 0
    return call


def commands(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The command on a database."""
    monkeypatch.setenv("RATCHET_DATABASE_URL", url)
    monkeypatch.setenv("RATCHET_OPERATOR", "olga")

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["ratchet", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


def leaked_at(url: str) -> set[str]:
    opened = Database.open(url)
    try:
        return leaked(opened)
    finally:
        opened.close()


# programs -----------------------------------------------------------------------------------------------------------
def test_batches_and_ends_of_episodes_keep_none_and_say_none_back(
    site: GatewaySite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client, said = Client(int(site.url.rpartition(":")[2]), site.key), list[bytes]()
    asked = [
        {"id": f"i{n}", "episode_id": f"e{n}", "question": one.text, "answer": one.text, "method": "x",
         "steps": [{"kind": "tool", "name": "crm", "input": one.text, "output": one.text,
                    "attributes": {"raw": [one.text]}}]}
        for n, one in enumerate(planted())
    ]  # fmt: skip
    told = [
        {"interaction_id": f"i{n}", "kind": "comment", "text": one.text, "author": f"rater {n}",
         "attributes": {one.text: one.text}}
        for n, one in enumerate(planted())
    ]  # fmt: skip
    base = "/api/v1/agents/desk"
    replies = [
        client.post(f"{base}/feedback/batch", {"feedback": told}),  # before what it is about
        client.post(f"{base}/interactions/batch", {"interactions": asked}),
        client.post(f"{base}/interactions/batch", {"interactions": [one | {"nonsense": one} for one in asked]}),
    ]
    for n, one in enumerate(planted()):
        ended = {"author": "olga", "reason": one.text}
        replies.append(client.post(f"{base}/episodes/e{n}/outcome", {"value": 0.0, **ended}))
        replies.append(client.post(f"{base}/episodes/e{n}/takeover", {"text": one.text, **ended}))
        replies.append(client.post(f"{base}/episodes/unknown{n}/takeover", {"text": one.text, **ended}))
    said = [reply.body for reply in replies]
    assert [reply.status // 100 for reply in replies] == [2, 2, 4] + [2] * 45
    assert [quoted(one.decode()) for one in said] == [[]] * len(said)
    assert len(site.all()) == 15
    assert leaked(site.database) == set()
    assert quoted(caplog.text) == []


def test_log_events_keep_none(site: GatewaySite) -> None:
    client = Client(int(site.url.rpartition(":")[2]), site.key)
    said = []
    for number, one in enumerate(planted(), start=1):
        trace = f"{number:032x}"
        judged = {
            "gen_ai.evaluation.name": "correction", "gen_ai.evaluation.score.label": "bad",
            "gen_ai.evaluation.explanation": one.text, "gen_ai.response.id": f"waits-{number}", "note": one.text,
        }  # fmt: skip
        said += [event(judged, name="gen_ai.evaluation.result", number=n, trace=trace) for n in (0, 1)]
        assert client.post("/v1/traces", traces([span(1, genai(), trace=trace)])).status == 200
    reply = client.post("/v1/logs", logs(said))
    assert reply.status == 200
    assert quoted(reply.body.decode()) == []
    assert leaked(site.database) == set()


def test_the_sdk_and_the_litellm_callback_keep_none_and_leave_no_spool(site: GatewaySite, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    limits = Limits(spool=spool, every=0.02, pause=0.01, longest_pause=0.05, at_exit=0.2)
    away = Ratchet(site.url, agent="desk", key="rk_wrong", limits=limits)  # what is refused so waits on the disk
    for n, one in enumerate(planted()):
        away.record(one.text, one.text, id=f"i{n}", context={"note": one.text})
        away.feedback(f"i{n}", "edit", author=f"rater {n}", text=one.text, reason=one.text)
    away.close()
    held = list(spool.rglob("*.json"))
    assert held
    assert [path.stat().st_mode & 0o077 for path in held] == [0] * len(held)
    back = Ratchet(site.url, agent="desk", key=site.key, limits=limits)
    for n, one in enumerate(planted()):
        payload = {
            "id": f"chatcmpl-{n}", "messages": [{"role": "user", "content": one.text}], "model": "m",
            "response": {"choices": [{"message": {"role": "assistant", "content": one.text}}]},
            "status": "success", "metadata": {}, "startTime": 1.77e9, "endTime": 1.77e9 + 2, "call_type": "completion",
        }  # fmt: skip
        record(back, {"standard_logging_object": payload})
    assert until(lambda: back.flush() and len(site.all()) == 30)
    back.close()
    assert in_files([spool]) == set(), "what was delivered is not left on the disk"
    assert leaked(site.database) == set()


def test_pulls_keep_none(site: GatewaySite, parts: Parts) -> None:
    tool = Langfuse(PAIR, traces=[])
    for n, one in enumerate(planted()):
        trace = langfuse_trace(n, userId=one.text, tags=[one.text], metadata={"note": one.text})
        trace["observations"][0] |= {
            "input": [{"role": "user", "content": one.text}], "output": {"role": "assistant", "content": one.text},
        }  # fmt: skip
        trace["observations"][1] |= {"input": {"order": one.text}, "output": one.text}
        tool.traces.append(trace)
        tool.scores += [score(n, "BOOLEAN", 0, comment=one.text), score(n, "CORRECTION", one.text, name="answer")]
    puller = Puller(
        site.database.cursors, parts=lambda _: parts, deliveries=site.database.store,
        clock=lambda: builders.at(180), pause=lambda _: None,
    )  # fmt: skip
    with listen(tool.reply) as server:
        target = SourceTarget(kind="langfuse", url=server.url.removesuffix("/answer"), key=SecretStr("pk:sk"))
        done = together(puller.pull("tool", target, agent="desk"))
    assert done.written.new == 45
    assert leaked(site.database) == set()


# files --------------------------------------------------------------------------------------------------------------
Rows = Callable[[str, int], dict[str, Any]]
EXPORTS: dict[str, Rows] = {
    "exchanges": lambda t, n: {"question": t, "draft": t, "sent": f"{t}!", "rating": n % 5 + 1, "author": f"r{n}"},
    "interactions": lambda t, n: {"id": f"i{n}", "question": t, "answer": t, "customer": t, "note": t},
    "feedback": lambda t, n: {"question": t, "answer": t, "kind": "edit", "text": f"{t}!", "author": f"r{n}"},
    "labelled-queries": lambda t, n: {"text": t, "category": "parcel", "author": f"r{n}", "channel": t},
    "rated-answers": lambda t, n: {"question": t, "passage_id": n, "ratings": ["Bad"], "comments": [t]},
    "questions-with-articles": lambda t, n: {"question": t, "article_id": f"a{n}", "author": f"r{n}", "note": t},
    "editor-pairs": lambda t, n: {"prompt": t, "before": t, "after": f"{t}!", "editor": f"r{n}", "reason": t},
    "openai-chat": lambda t, n: {
        "messages": [{"role": "system", "content": t}, {"role": "user", "content": t},
                     {"role": "assistant", "content": t}]},
    "github-review": lambda t, n: {
        "id": n, "diff_hunk": t, "suggestion": t, "accepted": False, "reject_reason": t, "accepted_by": f"r{n}",
        "path": t},
    "zendesk": lambda t, n: {
        "id": n, "subject": t, "description": t, "requester_id": 7, "created_at": "2026-05-01T10:00:00Z",
        "comments": [{"id": n * 10 + k, "body": t, "author_id": who, "public": True,
                      "created_at": f"2026-05-01T10:0{k}:00Z"} for k, who in enumerate((7, 99, 7, 8))],
        "satisfaction_rating": {"score": "bad", "comment": t}},
    "freshdesk": lambda t, n: {
        "id": n, "subject": t, "description_text": t, "requester_id": 7, "created_at": "2026-05-01T10:00:00Z",
        "conversations": [{"body_text": t, "user_id": 8, "incoming": False, "private": False,
                           "created_at": "2026-05-01T10:01:00Z"}]},
    "langfuse": lambda t, n: {
        "id": f"t{n}", "timestamp": "2026-05-01T10:00:00Z", "name": "x", "input": t, "output": t, "userId": t},
    "langsmith": lambda t, n: {
        "id": f"t{n}", "run_type": "chain", "inputs": {"question": t}, "outputs": {"answer": t},
        "start_time": "2026-05-01T10:00:00", "extra": {"note": t}},
    "tensorzero": lambda t, n: {
        "inference_id": f"t{n}", "metric_name": "solved", "value": False, "tags": {"note": t}, "comment": t},
    "tickets": lambda t, n: {
        "id": n, "messages": [{"role": "customer", "text": t}, {"role": "agent", "text": t, "author": "bot"},
                              {"role": "agent", "text": t, "author": "mia"}]},
    "trajectories": lambda t, n: {
        "id": f"t{n}", "messages": [{"role": "user", "content": t}, {"role": "assistant", "content": t,
         "tool_calls": [{"function": {"name": "crm", "arguments": json.dumps({"note": t})}}]},
        {"role": "tool", "content": t}, {"role": "assistant", "content": t}]},
}  # fmt: skip
"""A row of every shipped importer but articles, which are here below."""


def test_every_shipped_importer_is_tried() -> None:
    from loop.collect import shipped_importers

    assert set(shipped_importers()) == {*EXPORTS, "articles"}


@pytest.mark.parametrize("importer", EXPORTS)
def test_files_of_every_kind_keep_none_and_refuse_without_quoting(
    importer: str, shell: Callable[..., tuple[int, str]], database_url: str, tmp_path: Path
) -> None:
    rows = [EXPORTS[importer](one.text, n) for n, one in enumerate(planted(), start=1)]
    path, rejects = tmp_path / "export.jsonl", tmp_path / "rejects.jsonl"
    broken = json.dumps({"nonsense": [one.text for one in planted()]})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + broken + "\n", encoding="utf-8")
    constants = ("--map", "bot:=99") if importer == "zendesk" else ()
    code, said = shell(
        "import", str(path), "--agent", "desk", "--as", importer, "--yes", "--rejects", str(rejects), *constants
    )
    assert code in (0, 3), said
    assert "Records: 0 new" not in said, said
    assert quoted(said) == []
    assert rejects.read_text().count("\n") >= 1
    assert quoted(rejects.read_text()) == []
    assert leaked_at(database_url) == set()


def _spelled(rows: list[dict[str, str]], name: str) -> bytes:
    if name.endswith(".parquet"):
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), out)
        return out.getvalue()
    if name.endswith(".json"):
        return json.dumps({"count": len(rows), "tickets": rows}).encode()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], delimiter="\t" if name.endswith(".tsv") else ";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-16" if name.endswith(".tsv") else "cp1252")


@pytest.mark.parametrize("name", ["chats.csv", "chats.tsv", "chats.json", "chats.parquet"])
def test_files_of_every_format_keep_none_and_the_look_writes_nothing(
    name: str, shell: Callable[..., tuple[int, str]], database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    rows = [
        {"question": one.text, "draft": one.text, "sent": f"Grüße! {one.text}", "agent": f"r{n}", "customer": one.text}
        for n, one in enumerate(planted())
    ]
    path.write_bytes(_spelled(rows, name))
    assert shell("import", str(path), "--agent", "desk", "--look")[0] == 0
    code, said = shell("import", str(path), "--agent", "desk", "--yes")
    assert (code, "Records: 30 new" in said) == (0, True), said
    assert leaked_at(database_url) == set()


def test_articles_of_a_file_and_handed_in_cases_keep_none(
    shell: Callable[..., tuple[int, str]], database_url: str, tmp_path: Path
) -> None:
    cases, articles = tmp_path / "cases.jsonl", tmp_path / "articles.jsonl"
    rows = [{"question": f"{n}: {one.text}", "expected": one.text if one.name in SECRETS else "yes",
             "context": {"note": one.text}, "must_include": [one.text] if one.name in SECRETS else []}
            for n, one in enumerate(planted())]  # fmt: skip
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, said = shell("cases", "import", str(cases), "--agent", "desk")
    assert (code, quoted(said)) == (0, []), said
    helps = [{"id": f"a{n}", "title": f"Help {n}", "body": one.text, "questions": [one.text]}
             for n, one in enumerate(planted()) if one.name in SECRETS]  # fmt: skip
    articles.write_text("".join(json.dumps(row) + "\n" for row in helps), encoding="utf-8")
    code, said = shell("import", str(articles), "--agent", "desk", "--as", "articles", "--yes")
    assert quoted(said) == []
    assert leaked_at(database_url) == set()
    for split in ("log", "dev"):
        code, told = shell("cases", "export", "--agent", "desk", "--split", split)
        assert (code, quoted(told)) == (0, [])


# a person ------------------------------------------------------------------------------------------------------------
def test_reasons_names_and_settings_by_the_terminal_keep_none(
    shell: Callable[..., tuple[int, str]], database_url: str, tmp_path: Path
) -> None:
    opened = Database.open(database_url)
    opened.store("desk").append(interactions=[builders.interaction(1)], feedback=[builders.feedback(1)])
    opened.close()
    for one in planted():
        for words in (
            ("unlearn", "i1", "--agent", "desk", "--reason", one.text, "--yes", "--later"),
            ("erase", "--agent", "desk", "--customer", one.value, "--reason", one.text, "--yes", "--later"),
            ("import", "undo", one.value, "--agent", "desk", "--reason", one.text, "--yes", "--later"),
            ("raw", "show", one.value, "--agent", "desk"),
        ):
            code, said = shell(*words)
            assert quoted(said) == [], (words[0], one.name)
            assert code in (0, 1)
    assert leaked_at(database_url) == set()
    journal = tmp_path / "journal.jsonl"
    code, said = shell("agent", "delete", "desk", "--reason", planted()[10].text, "--yes", "--journal", str(journal))
    assert code == 0, said
    assert quoted(journal.read_text()) == []


def test_what_models_and_your_own_agent_answer_keeps_none(site: GatewaySite, parts: Parts) -> None:
    class Talker:
        def __init__(self, one: Canary) -> None:
            self._said = Answer(method="model", text=one.text, label=one.text[:200], uses=(one.text,))

        def answer(self, questions: Any) -> list[Answer]:
            return [self._said] * len(questions)

    bundle = Bundle(model=ModelChoice(name="openai/scripted"))
    for n, one in enumerate(planted()):
        memory = evaluate.AnswerMemory(parts.store, lambda _, one=one: Talker(one))
        told = memory.ask(bundle, [builders.case(n, id=f"k{n}")])
        assert quoted(told[f"k{n}"].model_dump_json()) == []
        assert parts.store.answers(bundle.digest, [f"k{n}"]) == told, "it is signed as it is kept"
    assert leaked(site.database) == set()


# out -----------------------------------------------------------------------------------------------------------------
def test_what_leaves_holds_none(
    site: GatewaySite, parts: Parts, tmp_path: Path, shell_on: Callable[..., tuple[int, str]]
) -> None:
    client = Client(int(site.url.rpartition(":")[2]), site.key)
    for n, one in enumerate(planted()):
        assert client.interaction({"id": f"i{n}", "question": one.text, "answer": one.text}).status == 201
        said = desk.correct(parts, actor=OLGA, interaction_id=f"i{n}", door="dashboard",
                            correction=desk.Correction(text=f"Say {one.text}", reason=one.text))  # fmt: skip
        desk.judge(parts, [said.id], actor=OLGA, to=FeedbackState.RELEASED, reason=one.text)
        desk.unlearn(parts, TaintScope(items=(said.id,)), actor=OLGA, reason=one.text)
    deciding.ship(site.store, "p1")
    told, heard = list[str](), list[bytes]()

    def hook(call: Call) -> tuple[int, object]:
        heard.append(call.body)
        return 500 if len(heard) == 1 else 204, planted()[0].text.encode()

    with listen(hook) as server:
        where = Destinations(tmp_path / "outbound.json")
        secret = new_secret()
        where.write(Outbound(
            webhooks={"ops": WebhookTarget(url=server.url, secret=SecretStr(secret))},
            files={"file": FileTarget(agent="desk", path=tmp_path / "live.json")},
        ))  # fmt: skip
        clock = FakeClock(builders.at(600))
        courier = Courier(
            Outbox(site.database.engine), destinations=where, agents=lambda: ["desk"], store=site.database.store,
            clock=clock, report=told.append,
        )  # fmt: skip
        courier.deliver()
    assert heard
    assert [quoted(body.decode()) for body in heard] == [[]] * len(heard)
    assert quoted("\n".join(told)) == []
    bundle = client.send("GET", "/api/v1/agents/desk/bundle")
    assert (bundle.status, quoted(bundle.body.decode())) == (200, [])
    for words in (
        ("version", "export", "desk"), ("agent", "show", "desk"), ("held", "--agent", "desk"),
        ("unlearn", "--agent", "desk", "--list"), ("audit", "--agent", "desk"), ("cases", "list", "--agent", "desk"),
    ):  # fmt: skip
        assert quoted(shell_on(*words)[1]) == [], words
    assert quoted((tmp_path / "live.json").read_text()) == []
    assert leaked(site.database) == set()


@pytest.fixture
def shell_on(
    site: GatewaySite, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The command on the site's database."""
    return commands(database_url, monkeypatch, capsys)


def test_a_proposal_with_a_secret_is_refused_and_not_kept(site: GatewaySite, parts: Parts) -> None:
    from loop.records import EditInstructions

    for one in planted():
        if one.name in SECRETS:
            with pytest.raises(InvalidInput):
                desk.draft(parts, actor=OLGA, operations=[EditInstructions(new=one.text)], title="t", rationale="r")
    assert leaked(site.database) == set()
