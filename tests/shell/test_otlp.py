"""OTLP over real bytes, from the real OpenTelemetry SDK and two instrumentations of openai, into a database."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import openai
import pytest
import sqlalchemy as sa
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as OpenLLMetry
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from sqlalchemy import event as event_of_sqlalchemy

from loop.collect import Delivery, otlp
from loop.records import FeedbackKind, FeedbackState, Interaction
from loop.serve.intake import Intake, Receipt
from storage.connecting import reading
from storage.database import Database
from storage.store import AgentStore
from storage.tables import InteractionRow, TelemetryRow
from storage.telemetry import KEPT, PATIENCE, TRACE_CHARACTERS, TRACE_MAX, KeptPart
from tests import builders
from tests.otlp_bodies import (
    TRACE,
    as_json,
    as_protobuf,
    event,
    genai,
    genai_tool_loop,
    logs,
    openinference_tool_loop,
    span,
    traces,
)
from tests.serving import Client, new_key, serving
from tests.shell import model_server

THUMB: dict[str, str | float] = {
    "gen_ai.evaluation.name": "thumbs",
    "gen_ai.evaluation.score.value": 0.0,
    "user.id": "anna",
}


@pytest.fixture
def client(database_url: str, database: Database, store: AgentStore) -> Iterator[Client]:
    """A program whose key is for the agent `desk`."""
    with serving(database_url) as port:
        yield Client(port, new_key(database).text)


def kept(store: AgentStore) -> dict[str, Interaction]:
    """All interactions, by id."""
    with reading(store._engine) as connection:
        ids = connection.execute(sa.select(InteractionRow.core().c.id)).scalars().all()
    return store.interactions(ids)


def feedback(store: AgentStore) -> list[tuple[str, FeedbackKind, float | None, str]]:
    return [
        (one.feedback.interaction_id, one.feedback.kind, one.feedback.value, one.feedback.author)
        for one in store.feedback(list(FeedbackState))
    ]


def evaluation(**more: Any) -> dict[str, Any]:
    return event(THUMB | more, name="gen_ai.evaluation.result", number=9, trace="ab" * 16)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("kind", "write"), [("application/json", as_json), ("application/x-protobuf", as_protobuf)])
def test_both_encodings_plain_and_packed_are_taken_and_answered_in_kind(
    client: Client, store: AgentStore, kind: str, write: Callable[[Mapping[str, Any]], bytes], packed: bool
) -> None:
    body = write(traces(genai_tool_loop()))
    headers = {"content_type": kind} | ({"content_encoding": "gzip"} if packed else {})
    reply = client.post("/v1/traces", gzip.compress(body) if packed else body, **headers)
    assert (reply.status, reply.headers["content-type"]) == (200, kind)
    assert reply.body == (b"{}" if kind == "application/json" else b"")
    made = kept(store)[TRACE]
    assert (made.answer, made.source) == ("It arrives on Friday.", "otlp:helpdesk")
    assert [step.kind for step in made.steps] == ["model", "tool", "model"]


def test_children_before_parents_in_many_exports_come_to_the_same_as_one(client: Client, store: AgentStore) -> None:
    spans = openinference_tool_loop()
    for one in reversed(spans):
        assert client.post("/v1/traces", traces([one])).status == 200
    in_pieces = kept(store)
    client.post("/v1/traces", traces([dict(one, traceId="cd" * 16) for one in spans]))
    at_once = kept(store)["cd" * 16]
    assert list(in_pieces) == [TRACE]
    assert in_pieces[TRACE].model_copy(update={"id": "", "episode_id": ""}) == at_once.model_copy(
        update={"id": "", "episode_id": ""}
    )


def test_an_export_sent_twice_is_kept_once_and_changes_nothing(client: Client, store: AgentStore) -> None:
    body = traces([*genai_tool_loop()])
    said = logs([event(THUMB, name="gen_ai.evaluation.result", number=4)])
    for _ in range(2):
        client.post("/v1/traces", body)
        client.post("/v1/logs", said)
    assert feedback(store) == [(TRACE, FeedbackKind.THUMBS, 0.0, "anna")]
    assert len(kept(store)) == 1


def test_an_evaluation_that_names_an_answer_before_it_is_traced_is_kept_and_attached(
    client: Client, store: AgentStore
) -> None:
    assert client.post("/v1/logs", logs([evaluation(**{"gen_ai.response.id": "chatcmpl-1"})])).status == 200
    assert feedback(store) == []
    client.post("/v1/traces", traces(genai_tool_loop()))
    client.post("/v1/traces", traces(genai_tool_loop()))
    assert feedback(store) == [(TRACE, FeedbackKind.THUMBS, 0.0, "anna")]


def test_an_evaluation_beside_a_span_that_says_no_such_answer_is_attached_too(
    client: Client, store: AgentStore
) -> None:
    beside = event(THUMB | {"gen_ai.response.id": "resp-7"}, name="gen_ai.evaluation.result", number=4)
    client.post("/v1/logs", logs([beside]))
    assert feedback(store) == []
    client.post("/v1/traces", traces(genai_tool_loop()))
    assert feedback(store) == [(TRACE, FeedbackKind.THUMBS, 0.0, "anna")]
    assert store_waits(store) == 0


def store_waits(store: AgentStore) -> int:
    with reading(store._engine) as connection:
        return int(
            connection.execute(
                sa.select(sa.func.count()).select_from(TelemetryRow.core()).where(TelemetryRow.core().c.trace == "")
            ).scalar_one()
        )


def test_an_evaluation_finds_an_answer_that_came_through_another_door(client: Client, store: AgentStore) -> None:
    store.append(interactions=[builders.interaction(1).model_copy(update={"id": "chatcmpl-77"})])
    client.post("/v1/logs", logs([evaluation(**{"gen_ai.response.id": "chatcmpl-77"})]))
    assert feedback(store) == [("chatcmpl-77", FeedbackKind.THUMBS, 0.0, "anna")]


def test_feedback_on_a_conversation_goes_to_its_last_interaction(client: Client, store: AgentStore) -> None:
    plain = {"name": "resolved", "score": 1, "annotator_kind": "HUMAN"}
    carrier = span(
        1,
        {f"session.annotations.0.annotation.{name}": one for name, one in plain.items()} | {"session.id": "talk 9"},
        trace="ab" * 16,
    )
    client.post("/v1/traces", traces([carrier]))
    client.post("/v1/traces", traces(genai_tool_loop()))
    assert feedback(store) == [(TRACE, FeedbackKind.OUTCOME, 1.0, "helpdesk")]


def test_personal_data_is_masked_in_what_waits_and_in_what_is_told(
    client: Client, store: AgentStore, database: Database
) -> None:
    said = [{"role": "user", "parts": [{"type": "text", "content": "I am ann@mail.example"}]}]
    client.post("/v1/traces", traces([span(1, genai(**{"gen_ai.input.messages": json.dumps(said)}))]))
    late = evaluation(**{"gen_ai.response.id": "later", "gen_ai.evaluation.explanation": "ask ann@mail.example"})
    client.post("/v1/logs", logs([late]))
    waits = [*database.telemetry.parts("desk", {TRACE})[TRACE], *database.telemetry.waiting("desk", {"later"})]
    assert len(waits) == 2
    assert "mail.example" not in json.dumps(waits)
    assert "⟨EMAIL_1⟩" in kept(store)[TRACE].question


def test_what_cannot_be_kept_is_counted_with_its_reason_and_never_sent_again(client: Client, store: AgentStore) -> None:
    stars = {"gen_ai.evaluation.name": "stars", "gen_ai.evaluation.score.value": 1.0}
    reply = client.post("/v1/logs", logs([event(stars, name="gen_ai.evaluation.result", number=4)]))
    assert reply.status == 200
    assert reply.json["partialSuccess"]["rejectedLogRecords"] == "1"
    for _ in range(600):  # counts are written beside the answer
        if captures := store.captures():
            break
        threading.Event().wait(0.05)
    (capture,) = captures
    assert list(capture.rejected.values()) == [1]
    assert "scale" in next(iter(capture.rejected))


def test_spans_for_an_agent_the_key_is_not_for_are_rejected_and_kept_nowhere(client: Client, store: AgentStore) -> None:
    reply = client.post("/v1/traces", traces(genai_tool_loop(), **{"ratchet.agent": "hotel"}))
    assert reply.json["partialSuccess"]["rejectedSpans"] == "4"
    assert kept(store) == {}


def test_a_key_that_may_only_give_feedback_writes_no_interaction(
    client: Client, database: Database, store: AgentStore
) -> None:
    other = Client(client.port, new_key(database, client="rater", verbs=("feedback:write",)).text)
    assert other.post("/v1/traces", traces(genai_tool_loop())).json["partialSuccess"]["rejectedSpans"] == "4"
    other.post("/v1/logs", logs([event(THUMB, name="gen_ai.evaluation.result", number=4)]))
    assert kept(store) == {}
    assert len(feedback(store)) == 1


def test_what_is_wrong_with_a_request_is_said_in_its_encoding_and_quotes_nothing(client: Client) -> None:
    stranger = Client(client.port, "rk_000000000000_" + "x" * 43)
    body = as_json(traces(genai_tool_loop()))
    bomb = gzip.compress(b"\0" * 9_000_000)
    packed = {"content_encoding": "gzip"}
    cases = [
        (stranger, body, {}, 401),
        (client, b"secret", {}, 400),
        (client, body, {"content_type": "text/plain"}, 415),
        (client, body, {"content_encoding": "br"}, 415),
        (client, bomb, packed, 413),
        (client, bomb[:-9], packed, 413),
        (client, gzip.compress(body)[:-9], packed, 400),
        (client, body, {"content_length": str(4 * 1024 * 1024 + 1)}, 413),
    ]
    for who, sent, headers, status in cases:
        reply = who.post("/v1/traces", sent, **headers)
        assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
        assert reply.json["message"]
        assert b"secret" not in reply.body
    refused = client.post("/v1/traces", b"\xff", content_type="application/x-protobuf")
    assert (refused.status, refused.headers["content-type"]) == (400, "application/x-protobuf")


def test_a_full_queue_says_when_to_come_again_and_the_second_try_loses_nothing(
    client: Client, store: AgentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loop.serve.intake.Intake.submit", _busy)
    busy = client.post("/v1/traces", traces(genai_tool_loop()))
    assert busy.status in (429, 503)
    assert int(busy.headers["retry-after"]) >= 1
    monkeypatch.undo()
    assert client.post("/v1/traces", traces(genai_tool_loop())).status == 200
    assert list(kept(store)) == [TRACE]


async def _busy(*_: object) -> None:
    from loop.serve.refusal import Busy

    raise Busy


def test_exports_of_one_trace_that_come_at_once_lose_nothing(client: Client, store: AgentStore) -> None:
    tools = [
        span(
            number,
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f"t{number}"},
            parent=1,
        )
        for number in range(10, 26)
    ]
    sent = [[one] for one in tools] + [genai_tool_loop()]
    threads = [threading.Thread(target=client.post, args=("/v1/traces", traces(some))) for some in sent]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    names = [step.name for step in kept(store)[TRACE].steps if step.kind == "tool"]
    assert sorted(names) == sorted(["track", *(f"t{number}" for number in range(10, 26))])


def test_a_part_that_another_process_keeps_meanwhile_is_told_too(
    client: Client, store: AgentStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = traces([span(9, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "meanwhile"}, parent=1)])
    [sent] = otlp.read_export(otlp.decode(as_json(tool), signal="traces", encoding=otlp.JSON)).sent
    part = KeptPart(TRACE, "meanwhile", "", sent.what.model_dump(mode="json", exclude_defaults=True))
    submit = Intake.submit

    async def after_another(self: Intake, delivery: Delivery) -> Receipt:
        database.telemetry.keep("desk", [part], now=builders.at(0))
        return await submit(self, delivery)

    monkeypatch.setattr(Intake, "submit", after_another)
    client.post("/v1/traces", traces(genai_tool_loop()))
    assert "meanwhile" in [step.name for step in kept(store)[TRACE].steps]


def test_parts_are_thrown_away_after_days_and_what_was_told_stays(database: Database, store: AgentStore) -> None:
    telemetry = database.telemetry
    telemetry.keep(
        "desk", [KeptPart(TRACE, "a", "r1", {"x": 1}), KeptPart("", "j", "r2", {"y": 1})], now=builders.at(0)
    )
    telemetry.keep("desk", [], now=builders.at(0) + KEPT * 1.1)
    assert telemetry.parts("desk", {TRACE}) == {}
    assert telemetry.answers("desk", {"r1"}) == {"r1": TRACE}, "a judgement may still come"
    late = [KeptPart(TRACE, "b", "", {"x": 2})]
    assert telemetry.keep("desk", late, now=builders.at(0) + KEPT * 1.2) == late, "nothing is told anew from a rest"
    assert telemetry.waiting("desk", {"r2"}) == [{"y": 1}]
    telemetry.keep("desk", [], now=builders.at(0) + PATIENCE * 1.1)
    assert telemetry.waiting("desk", {"r2"}) == []


def test_a_trace_without_end_is_cut(database: Database, store: AgentStore) -> None:
    many = [KeptPart(TRACE, str(number), "", {"n": number}) for number in range(TRACE_MAX + 5)]
    assert len(database.telemetry.keep("desk", many, now=builders.at(0))) == 5
    assert len(database.telemetry.parts("desk", {TRACE})[TRACE]) == TRACE_MAX
    half = {"text": "x" * (TRACE_CHARACTERS // 2)}
    long = [KeptPart("ab" * 16, str(number), "", half) for number in range(3)]
    assert len(database.telemetry.keep("desk", long, now=builders.at(0))) == 2
    assert len(database.telemetry.keep("desk", long, now=builders.at(0))) == 3


def test_erasing_an_interaction_reaches_its_parts(database: Database, store: AgentStore) -> None:
    database.telemetry.keep("desk", [KeptPart(TRACE, "a", "r1", {"x": 1})], now=builders.at(0))
    assert database.telemetry.forget("desk", {TRACE}) == 1
    assert database.telemetry.parts("desk", {TRACE}) == {}


def test_no_question_about_traces_reads_them_all(sqlite_database: Database, sqlite_store: AgentStore) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not many and "telemetry" in statement and not statement.startswith("INSERT"):
            asked.append((statement, parameters))

    event_of_sqlalchemy.listen(sqlite_database.engine, "before_cursor_execute", note)
    telemetry, some = sqlite_database.telemetry, [KeptPart(TRACE, "a", "r1", {"x": 1})]
    telemetry.keep("desk", some, now=builders.at(0))
    telemetry.parts("desk", {TRACE})
    telemetry.waiting("desk", {"r1"})
    telemetry.answers("desk", {"r1"})
    telemetry.settle("desk", {"j"})
    telemetry.forget("desk", {TRACE})
    with reading(sqlite_database.engine) as connection:
        plans = [
            [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in asked.copy()
        ]
    assert len(plans) == 8
    assert [plan for plan in plans if any("SCAN telemetry" in step for step in plan)] == []


Instrumentor = type[OpenInference] | type[OpenLLMetry]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("instrumentor", [OpenInference, OpenLLMetry])
def test_a_real_agent_traced_by_a_real_instrumentation_is_heard(
    client: Client, store: AgentStore, instrumentor: Instrumentor
) -> None:
    tracers = TracerProvider(resource=Resource.create({"service.name": "web"}))
    target = f"http://127.0.0.1:{client.port}"
    headers = {"Authorization": f"Bearer {client.key}"}
    exporter = OTLPSpanExporter(f"{target}/v1/traces", headers=headers, compression=Compression.Gzip)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))  # one export for each span: children first
    loggers = LoggerProvider(resource=Resource.create({"service.name": "web"}))
    loggers.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{target}/v1/logs", headers=headers)))
    instrumented = instrumentor()
    instrumented.instrument(tracer_provider=tracers)
    try:
        with model_server.serve(lambda _: "It arrives on Friday.") as provider:
            agent = openai.OpenAI(base_url=provider.base_url, api_key="none")
            with tracers.get_tracer("shop").start_as_current_span("ticket") as ticket:
                ticket.set_attribute("session.id", "talk 9")
                reply = agent.chat.completions.create(
                    model="small",
                    messages=[
                        {"role": "system", "content": "Be brief."},
                        {"role": "user", "content": "Where is my parcel 4711?"},
                    ],
                )
        verdict = LogRecord(
            event_name="gen_ai.evaluation.result",
            timestamp=1_795_000_000_000_000_000,
            severity_number=SeverityNumber.INFO,
            attributes=THUMB | {"gen_ai.response.id": reply.id},
        )
        loggers.get_logger("shop").emit(verdict)
    finally:
        instrumented.uninstrument()
        tracers.shutdown()
        loggers.shutdown()
    (made,) = kept(store).values()
    assert (made.question, made.answer) == ("Where is my parcel 4711?", "It arrives on Friday.")
    assert made.steps[-1].kind == "model"
    assert made.attributes["responses"] == [reply.id]
    assert feedback(store) == [(made.id, FeedbackKind.THUMBS, 0.0, "anna")]
