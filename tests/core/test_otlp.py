"""OTLP is read in every form in which it is sent, and a trace comes to the same whatever the order of its exports."""

import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.collect import otlp
from loop.collect.otlp.envelope import INFLATED_MAX, PROTOBUF
from loop.collect.otlp.parts import Judgement, Part
from loop.collect.otlp.wire import ITEMS_MAX
from loop.errors import InvalidInput
from loop.records import FeedbackKind, Interaction
from tests.otlp_bodies import (
    TRACE,
    as_json,
    as_protobuf,
    event,
    genai,
    genai_tool_loop,
    legacy_tool_loop,
    logs,
    openinference_tool_loop,
    span,
    span_id,
    traces,
)

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
SENDER = otlp.Sender("shop", "otlp:helpdesk", author="helpdesk", received_at=NOW)


def parts_of(spans: list[dict[str, Any]]) -> list[Part]:
    return [one for one in said_by(traces(spans)) if isinstance(one, Part)]


def said_by(export: dict[str, Any]) -> list[Part | Judgement]:
    signal: otlp.Signal = "traces" if "resourceSpans" in export else "logs"
    read = otlp.read_export(otlp.decode(as_json(export), signal=signal, encoding=otlp.JSON))
    return [one.what for one in read.sent]


def told(parts: list[Part]) -> Interaction:
    made = otlp.assemble(parts, agent="shop", source="otlp:helpdesk")
    assert made is not None
    return made


def judged(*exports: dict[str, Any], spans: list[dict[str, Any]] | None = None) -> otlp.TargetOutcome:
    """What becomes of the judgements of these exports, where these spans are known."""
    known = parts_of(spans or [])
    judgements = [one for export in exports for one in said_by(export) if isinstance(one, Judgement)]
    return otlp.resolve_targets(
        judgements,
        responses={one.response: one.trace for one in known if one.response},
        talked={(one.trace, one.span) for one in known},
        sender=SENDER,
    )


@pytest.mark.parametrize(
    "export", [traces(genai_tool_loop()), logs([event({"a": [1, {"b": 2.5}]}, name="x", number=2)])]
)
def test_json_with_hexadecimal_ids_and_protobuf_read_the_same(export: dict[str, Any]) -> None:
    signal: otlp.Signal = "traces" if "resourceSpans" in export else "logs"
    from_json = otlp.decode(as_json(export), signal=signal, encoding=otlp.JSON)
    from_protobuf = otlp.decode(as_protobuf(export), signal=signal, encoding=PROTOBUF)
    assert from_json == from_protobuf
    assert not from_json.rejected
    traced = [one.trace for one in from_json.spans] + [one.trace for one in from_json.events]
    assert set(traced) == {TRACE}


def test_unknown_fields_and_enumerations_are_ignored() -> None:
    sent = span(1, genai(), flags=257, kind=99, somethingNew={"deep": [1]}, status={"code": 77, "new": 1})
    assert told(parts_of([sent])).answer == "It arrives on Friday."


def test_one_span_that_cannot_be_read_is_counted_and_the_others_are_taken() -> None:
    broken: list[dict[str, Any]] = [
        span(2, {}, trace="zz"),
        span(3, {}, trace="00" * 16),
        span(4, {}, startTimeUnixNano="yesterday"),
        span(5, {}, startTimeUnixNano="0"),
        span(6, {}) | {"attributes": "none"},
        span(7, {}, trace="abcd"),
    ]
    export = otlp.decode(as_json(traces([span(1, genai()), *broken])), signal="traces", encoding=otlp.JSON)
    assert [one.span for one in export.spans] == [span_id(1)]
    assert len(export.rejected) == len(broken)
    said = json.loads(otlp.success(signal="traces", encoding=otlp.JSON, rejected=export.rejected))
    assert said["partialSuccess"]["rejectedSpans"] == "6"
    assert "hexadecimal" in said["partialSuccess"]["errorMessage"]
    packed = otlp.success(signal="logs", encoding=PROTOBUF, rejected=export.rejected)
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

    assert ExportLogsServiceResponse.FromString(packed).partial_success.rejected_log_records == 6


def test_full_success_leaves_the_partial_success_unset() -> None:
    assert otlp.success(signal="traces", encoding=PROTOBUF) == b""
    assert otlp.success(signal="logs", encoding=otlp.JSON) == b"{}"


def test_a_packed_body_is_never_unpacked_beyond_its_bound() -> None:
    bomb = gzip.compress(b"\0" * (8 * INFLATED_MAX))
    tracemalloc.start()
    try:
        with pytest.raises(otlp.TooLarge):
            otlp.inflate(bomb, "gzip")
        assert tracemalloc.get_traced_memory()[1] < 3 * INFLATED_MAX
    finally:
        tracemalloc.stop()
    assert otlp.inflate(gzip.compress(b"{}"), "GZIP") == b"{}"
    for body, packed in ((gzip.compress(b"{}")[:-3], "gzip"), (b"{}", "gzip"), (b"{}", "br")):
        with pytest.raises(InvalidInput):
            otlp.inflate(body, packed)


HOSTILE = [
    b"", b"\0", b"null", b"[]", b"{}", b'"x"', b"{", b"\xff\xfe{}", b'{"resourceSpans": 7}', b"[" * 100_000,
    b'{"resourceSpans": [[[]]]}', b'{"resourceSpans": [{"scopeSpans": {"spans": 1}}]}', b'{"resourceSpans":' * 5_000,
    b'{"resourceSpans": [{"resource": 5, "scopeSpans": [{"spans": [1, null, "x", [], {}]}]}]}',
    as_json(traces([span(1, {"a": "\ud800"})])), as_json(traces([span(1, {"a": "\0", "gen_ai.input.messages": "\0"})])),
    as_json(traces([span(1, {"a": float("nan"), "b": float("inf")})])), b'{"resourceSpans": 1e400}',
    as_json(traces([span(1, {"a": {"b": 1}}, links=[{}, 7, {"traceId": "00"}], events=[{}, {"name": 7}])])),
    as_json(traces([span(1, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": "[" * 5_000})])),
    as_json(traces([span(1, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": '[{"role": 7, "parts": 7}]'})])),
    as_json(traces([span(1, {"openinference.span.kind": "LLM", "llm.input_messages.99999999999.message.role": "x"})])),
    as_json(traces([span(1, {"openinference.span.kind": "CHAIN", "input.value": '{"input": ' * 50 + "1" + "}" * 50})])),
    as_json(traces([span(1, {"annotations.0.annotation.name": "x", "annotations.0.annotation.score": True})])),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("encoding", [otlp.JSON, PROTOBUF])
def test_hostile_bodies_are_refused_or_read_and_never_break_anything(number: int, encoding: otlp.Encoding) -> None:
    for signal in ("traces", "logs"):
        try:
            read = otlp.read_export(otlp.decode(HOSTILE[number], signal=signal, encoding=encoding))
        except InvalidInput:
            continue
        for one in read.sent:
            if isinstance(one.what, Part):
                otlp.assemble([one.what], agent="shop", source="otlp:x")
            one.what.model_dump_json()


def test_an_export_with_too_many_spans_is_cut_and_says_so() -> None:
    few = as_protobuf(traces([span(1, {})]))
    export = otlp.decode(few * (ITEMS_MAX + 1), signal="traces", encoding=PROTOBUF)
    assert len(export.spans) == ITEMS_MAX
    assert len(export.rejected) == 1


@pytest.mark.parametrize("loop", [genai_tool_loop, openinference_tool_loop, legacy_tool_loop])
def test_every_dialect_tells_the_same_interaction(loop: Callable[[], list[dict[str, Any]]]) -> None:
    made = told(parts_of(loop()))
    assert made.id == TRACE
    assert (made.question, made.answer) == ("Where is my parcel 4711?", "It arrives on Friday.")
    assert (made.episode_id, made.customer) == ("talk 9", "anna")
    assert [(step.kind, step.name) for step in made.steps if step.kind != "message"] == [
        ("model", "small"),
        ("tool", "track"),
        ("model", "small"),
    ]
    tool = next(step for step in made.steps if step.kind == "tool")
    assert (json.loads(tool.input), tool.output) == ({"parcel": 4711}, "Friday")
    assert made.attributes["chat"]["preamble"][0] == {"role": "system", "content": "Be brief."}
    assert "chatcmpl-1" in made.attributes["responses"]


@pytest.mark.parametrize("loop", [genai_tool_loop, openinference_tool_loop, legacy_tool_loop])
def test_tool_calls_that_no_span_tells_of_are_read_from_the_messages(loop: Callable[[], list[dict[str, Any]]]) -> None:
    spans = loop()
    of_models = told(parts_of([spans[1], spans[3]]))
    of_the_last = told(parts_of([spans[3]]))  # each call in a trace of its own, as a plain client is traced
    for made in (of_models, of_the_last):
        assert [(step.name, step.output) for step in made.steps if step.kind == "tool"] == [("track", "Friday")]
    assert otlp.assemble(parts_of([spans[1]]), agent="shop", source="") is None, "it waits for its tool"


@given(
    st.sampled_from([genai_tool_loop, openinference_tool_loop, legacy_tool_loop]).flatmap(
        lambda loop: st.permutations(parts_of(loop()))
    ),
    st.integers(0, 4),
)
def test_the_order_of_parts_and_parts_sent_twice_change_nothing(parts: list[Part], again: int) -> None:
    in_order = sorted(parts, key=lambda part: part.began)
    assert told([*parts, *parts[:again]]) == told(in_order)


def test_the_outermost_agent_says_what_was_asked_and_answered() -> None:
    graph = {"openinference.span.kind": "CHAIN", "input.value": '{"question": "Where is it?"}'}
    root = span(1, graph | {"output.value": '{"answer": "Friday, by noon."}', "output.mime_type": "application/json"})
    inner = span(2, graph | {"input.value": "rewrite: Where is it?", "output.value": "x"}, parent=1)
    made = told(parts_of([inner, span(3, genai(), parent=2), root]))
    assert (made.question, made.answer) == ("Where is it?", "Friday, by noon.")
    assert [step.kind for step in made.steps] == ["message", "model"]


def test_a_failed_call_is_an_interaction_that_failed() -> None:
    sent = genai(**{"error.type": "RateLimitError"})
    del sent["gen_ai.output.messages"]
    made = told(parts_of([span(1, sent, status={"code": 2, "message": "429 slow down"})]))
    assert (made.method, made.answer, made.attributes["failure"]) == ("failed", "", "429 slow down")


def test_a_model_call_without_its_messages_is_told_to_the_sender() -> None:
    export = traces([span(1, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "small"})])
    read = otlp.read_export(otlp.decode(as_json(export), signal="traces", encoding=otlp.JSON))
    assert read.wordless == 1
    said = json.loads(otlp.success(signal="traces", encoding=otlp.JSON, warning=otlp.WORDLESS))
    assert said["partialSuccess"]["rejectedSpans"] == "0"
    assert "CAPTURE_MESSAGE_CONTENT" in said["partialSuccess"]["errorMessage"]


def test_what_an_event_tells_fills_what_the_span_leaves_out() -> None:
    empty = span(1, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "small"})
    sent = genai()
    details = event(
        sent | {name: json.loads(str(sent[name])) for name in ("gen_ai.input.messages", "gen_ai.output.messages")},
        name="gen_ai.client.inference.operation.details",
        number=1,
    )
    parts = [one for one in said_by(logs([details])) if isinstance(one, Part)]
    for both in ([*parts, *parts_of([empty])], [*parts_of([empty]), *parts]):
        made = told(both)
        assert (made.question, made.answer) == ("Where is my parcel 4711?", "It arrives on Friday.")
        assert len(made.steps) == 1


def test_spans_about_no_agent_are_ignored_unless_they_say_whose_conversation_it_is() -> None:
    web = span(1, {"http.request.method": "POST"}, name="POST /chat")
    assert parts_of([web]) == []
    said = span(1, {"http.request.method": "POST", "session.id": "talk 9"}, name="POST /chat")
    made = told(parts_of([span(2, genai(), parent=1), said]))
    assert made.episode_id == "talk 9"
    assert [step.kind for step in made.steps] == ["model"]


def test_only_a_prompt_called_after_the_agent_says_its_version() -> None:
    ours = span(1, genai(**{"gen_ai.prompt.name": "shop", "gen_ai.prompt.version": "7"}))
    theirs = span(1, genai(**{"gen_ai.prompt.name": "greeting", "gen_ai.prompt.version": "7"}))
    plain = span(1, genai(**{"ratchet.version": 3}))
    assert [told(parts_of([one])).version for one in (ours, theirs, plain)] == [7, None, 3]


THUMB = {"gen_ai.evaluation.name": "thumbs", "gen_ai.evaluation.score.value": 0.0, "user.id": "anna"}


def test_an_evaluation_beside_its_span_is_feedback_by_its_author() -> None:
    [given] = judged(logs([event(THUMB, name="gen_ai.evaluation.result", number=4)])).feedback
    assert (given.interaction_id, given.kind, given.value, given.author) == (TRACE, FeedbackKind.THUMBS, 0.0, "anna")
    assert given.source == "otlp:helpdesk"


def test_the_same_on_the_span_itself() -> None:
    happened = {"name": "gen_ai.evaluation.result", "timeUnixNano": "1795000000000000000"}
    said = [happened | {"attributes": event(THUMB, name="")["attributes"]}]
    [given] = judged(traces([span(4, genai(), events=said)])).feedback
    assert (given.interaction_id, given.kind) == (TRACE, FeedbackKind.THUMBS)


def test_an_evaluation_that_names_an_answer_waits_for_it_and_then_finds_it() -> None:
    late = event(
        THUMB | {"gen_ai.response.id": "chatcmpl-1"}, name="gen_ai.evaluation.result", number=9, trace="ab" * 16
    )
    early = judged(logs([late]))
    assert len(early.waiting) == 1
    assert not early.feedback
    [given] = judged(logs([late]), spans=genai_tool_loop()).feedback
    assert given.interaction_id == TRACE


def test_an_evaluation_beside_a_span_that_talked_needs_no_known_answer() -> None:
    named = event(THUMB | {"gen_ai.response.id": "resp-unknown"}, name="gen_ai.evaluation.result", number=4)
    [given] = judged(logs([named]), spans=genai_tool_loop()).feedback
    assert given.interaction_id == TRACE


def annotated(form: str, word: str, **fields: object) -> dict[str, Any]:
    """A carrier span in a trace of its own that links to a span."""
    plain = {f"{form}.0.{word}.{name}": one for name, one in fields.items()}
    link = {"traceId": TRACE, "spanId": span_id(2)}
    kind = {"openinference.span.kind": "EVALUATOR"}
    return span(1, kind | plain | {"session.id": "talk 9"}, trace="ab" * 16, links=[link])


@pytest.mark.parametrize(("form", "word"), [("annotations", "annotation"), ("evaluations", "evaluation")])
@pytest.mark.parametrize("scope", ["", "trace."])
def test_feedback_after_the_fact_is_about_what_it_links_to(form: str, word: str, scope: str) -> None:
    carrier = annotated(scope + form, word, name="correctness", label="thumbs-down", annotator_kind="HUMAN")
    found = judged(traces([carrier]))
    [given] = found.feedback
    assert (given.interaction_id, given.kind, given.value) == (TRACE, FeedbackKind.THUMBS, 0.0)
    assert given.attributes["criterion"] == "correctness"
    assert not [one for one in said_by(traces([carrier])) if isinstance(one, Part)], "the carrier is no conversation"


def test_feedback_on_a_conversation_is_about_the_conversation() -> None:
    carrier = annotated("session.annotations", "annotation", name="resolved", score=1, annotator_kind="HUMAN")
    [(session, given)] = judged(traces([carrier])).of_sessions
    assert (session, given.kind, given.value) == ("talk 9", FeedbackKind.OUTCOME, 1.0)


def test_one_judgement_told_in_both_forms_and_two_exports_is_one() -> None:
    both = {
        f"{form}.0.{word}.{name}": one
        for form, word in (("annotations", "annotation"), ("evaluations", "evaluation"))
        for name, one in {"name": "thumbs", "score": 1, "annotator_kind": "HUMAN"}.items()
    }
    export = traces([span(1, genai() | both)])
    ids = {one.id for one in judged(export, export).feedback}
    assert len(ids) == 1
    assert len([one for one in said_by(export) if isinstance(one, Judgement)]) == 1


def test_a_correction_is_the_better_answer_with_its_reason() -> None:
    fields = {"name": "correction", "explanation": "Wrong day.", "metadata": '{"text": "It arrives on Monday."}'}
    [given] = judged(traces([annotated("annotations", "annotation", annotator_kind="HUMAN", **fields)])).feedback
    assert (given.kind, given.text, given.reason) == (FeedbackKind.EDIT, "It arrives on Monday.", "Wrong day.")


@pytest.mark.parametrize(
    ("name", "annotator"), [("relevance", "LLM"), ("thumbs", "LLM"), ("resolved", "LLM"), ("thumbs", "CODE")]
)
def test_a_machines_opinion_is_a_step_of_the_trace_and_never_feedback(name: str, annotator: str) -> None:
    carrier = annotated("annotations", "annotation", name=name, score=0.3, annotator_kind=annotator)
    found = judged(traces([carrier]))
    assert not found.feedback
    made = told([*parts_of(genai_tool_loop()), *found.checks])
    [check] = [step for step in made.steps if step.kind == "check"]
    assert (check.kind, check.name, check.attributes["score"]) == ("check", name, 0.3)


def test_an_outcome_that_code_measured_is_feedback() -> None:
    [given] = judged(
        traces([annotated("annotations", "annotation", name="resolved", score=0, annotator_kind="CODE")])
    ).feedback
    assert (given.kind, given.value) == (FeedbackKind.OUTCOME, 0.0)


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"name": "stars", "score": 1}, None),
        ({"name": "csat", "score": 4}, None),
        ({"name": "thumbs", "score": -1}, None),
        ({"name": "stars", "score": 9, "metadata": '{"min": 1, "max": 5}'}, None),
        ({"name": "stars", "score": 1, "metadata": '{"min": 1, "max": 5}'}, 0.0),
        ({"name": "stars", "score": 4, "metadata": '{"min": 1, "max": 5}'}, 0.75),
        ({"name": "thumbs", "score": -1, "label": "thumbs-down"}, 0.0),
        ({"name": "csat", "label": "good"}, 1.0),
    ],
)
def test_a_score_without_its_scale_is_refused_and_never_guessed(fields: dict[str, Any], value: float | None) -> None:
    found = judged(traces([annotated("annotations", "annotation", annotator_kind="HUMAN", **fields)]))
    assert [given.value for given in found.feedback] == ([] if value is None else [value])
    assert len(found.refused) == (value is None)


def test_rewards_of_agent_lightning_and_agentops_are_outcomes() -> None:
    lightning = span(5, {"agentlightning.reward.0.name": "reward", "agentlightning.reward.0.value": 1.0}, parent=1)
    agentops = span(6, {"agentops.task.output": '{"type": "reward", "value": 0.25}'}, parent=1)
    given = judged(traces([lightning, agentops])).feedback
    assert [(one.kind, one.value, one.interaction_id) for one in given] == [
        (FeedbackKind.OUTCOME, 1.0, TRACE),
        (FeedbackKind.OUTCOME, 0.25, TRACE),
    ]


@pytest.mark.parametrize(
    ("resource", "allowed", "agent"),
    [
        ({}, ["shop"], "shop"),
        ({}, ["shop", "hotel"], "shop"),
        ({"service.name": "web"}, ["shop", "hotel"], None),
        ({"service.name": "web"}, ["hotel"], "hotel"),
        ({"openinference.project.name": "hotel"}, ["shop", "hotel"], "hotel"),
        ({"ratchet.agent": "hotel"}, ["shop", "hotel"], "hotel"),
        ({"ratchet.agent": "hotel"}, ["shop"], None),
        ({}, [], None),
    ],
)
def test_whose_agent_it_is_is_told_by_the_resource_or_by_the_key(
    resource: dict[str, str], allowed: list[str], agent: str | None
) -> None:
    body = as_json(traces([span(1, genai())], **resource))
    [sent] = otlp.read_export(otlp.decode(body, signal="traces", encoding=otlp.JSON)).sent
    assert otlp.choose_agent(sent, allowed) == agent
