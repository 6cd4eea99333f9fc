"""Exports as agents send them: spans and log events in OTLP's JSON, and the same in protobuf."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE = "5b8aa5a2d2c872e8321cf37308d69df2"
BEGAN = 1_795_000_000_000_000_000

USER = {"role": "user", "parts": [{"type": "text", "content": "Where is my parcel 4711?"}]}
ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "It arrives on Friday."}], "finish_reason": "stop"}


def span_id(number: int) -> str:
    """The id of the n-th span, from 1; ids are in no order."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


def value(plain: object) -> dict[str, Any]:
    """OTLP's AnyValue of a JSON value."""
    match plain:
        case bool():
            return {"boolValue": plain}
        case int():
            return {"intValue": str(plain)}
        case float():
            return {"doubleValue": plain}
        case list():
            return {"arrayValue": {"values": [value(one) for one in plain]}}
        case dict():
            return {"kvlistValue": {"values": attributes(plain)}}
        case _:
            return {"stringValue": str(plain)}


def attributes(plain: Mapping[str, object]) -> list[dict[str, Any]]:
    """A list of key and value."""
    return [{"key": name, "value": value(one)} for name, one in plain.items()]


def span(
    number: int, plain: Mapping[str, object], *, parent: int = 0, trace: str = TRACE, name: str = "", **more: Any
) -> dict[str, Any]:
    """The n-th span, one second after the one before and two seconds long."""
    made: dict[str, Any] = {
        "traceId": trace,
        "spanId": span_id(number),
        "name": name or f"span {number}",
        "kind": 3,
        "startTimeUnixNano": str(BEGAN + number * 10**9),
        "endTimeUnixNano": str(BEGAN + (number + 2) * 10**9),
        "attributes": attributes(plain),
    }
    return made | ({"parentSpanId": span_id(parent)} if parent else {}) | more


def event(
    plain: Mapping[str, object], *, name: str, number: int = 0, trace: str = TRACE, **more: Any
) -> dict[str, Any]:
    """A log event beside the n-th span; beside none for 0."""
    made: dict[str, Any] = {
        "timeUnixNano": str(BEGAN + 60 * 10**9),
        "eventName": name,
        "attributes": attributes(plain),
    }
    return made | ({"traceId": trace, "spanId": span_id(number)} if number else {}) | more


def traces(spans: Iterable[Mapping[str, Any]], **resource: str) -> dict[str, Any]:
    """An export of spans."""
    about = {"attributes": attributes({"service.name": "shop"} | resource)}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]}


def logs(events: Iterable[Mapping[str, Any]], **resource: str) -> dict[str, Any]:
    """An export of log events."""
    about = {"attributes": attributes({"service.name": "shop"} | resource)}
    return {"resourceLogs": [{"resource": about, "scopeLogs": [{"scope": {}, "logRecords": list(events)}]}]}


def as_json(export: Mapping[str, Any]) -> bytes:
    """As it is sent in JSON."""
    return json.dumps(export).encode()


def as_protobuf(export: Mapping[str, Any]) -> bytes:
    """The same in protobuf."""
    message = ExportTraceServiceRequest() if "resourceSpans" in export else ExportLogsServiceRequest()
    return ParseDict(_ids_as_base64(export), message).SerializeToString()


def _ids_as_base64(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: base64.b64encode(bytes.fromhex(one)).decode()
                if name in ("traceId", "spanId", "parentSpanId")
                else _ids_as_base64(one)
                for name, one in value.items()
            }
        case list():
            return [_ids_as_base64(one) for one in value]
        case _:
            return value


def genai(**more: object) -> dict[str, object]:
    """A model call by the GenAI conventions."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "small",
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
        "gen_ai.input.messages": json.dumps([USER]),
        "gen_ai.output.messages": json.dumps([ANSWER]),
        "gen_ai.response.id": "chatcmpl-1",
    } | more


def genai_tool_loop() -> list[dict[str, Any]]:
    """An agent that looks something up: the agent's span, two model calls and a tool between them."""
    call = {"type": "tool_call", "id": "call_1", "name": "track", "arguments": {"parcel": 4711}}
    asks = {"role": "assistant", "parts": [call], "finish_reason": "tool_call"}
    gave = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "Friday"}]}
    second = json.dumps([USER, asks, gave])
    return [
        span(1, {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "talk 9", "user.id": "anna"}),
        span(2, genai(**{"gen_ai.output.messages": json.dumps([asks]), "gen_ai.response.id": "chatcmpl-0"}), parent=1),
        span(
            3,
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "track",
                "gen_ai.tool.call.id": "call_1",
                "gen_ai.tool.call.arguments": '{"parcel": 4711}',
                "gen_ai.tool.call.result": "Friday",
            },
            parent=1,
        ),
        span(4, genai(**{"gen_ai.input.messages": second}), parent=1),
    ]


def openinference_tool_loop() -> list[dict[str, Any]]:
    """The same in OpenInference."""
    said = "llm.input_messages."
    first = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "small",
        f"{said}0.message.role": "system",
        f"{said}0.message.content": "Be brief.",
        f"{said}1.message.role": "user",
        f"{said}1.message.content": "Where is my parcel 4711?",
    }
    call = "message.tool_calls.0.tool_call."
    asks = {
        "message.role": "assistant",
        f"{call}id": "call_1",
        f"{call}function.name": "track",
        f"{call}function.arguments": '{"parcel": 4711}',
    }
    second = {
        **{f"{said}2.{name}": one for name, one in asks.items()},
        f"{said}3.message.role": "tool",
        f"{said}3.message.tool_call_id": "call_1",
        f"{said}3.message.content": "Friday",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "It arrives on Friday.",
        "output.value": json.dumps({"id": "chatcmpl-1", "choices": []}),
    }
    return [
        span(1, {"openinference.span.kind": "AGENT", "session.id": "talk 9", "user.id": "anna"}),
        span(2, first | {f"llm.output_messages.0.{name}": one for name, one in asks.items()}, parent=1),
        span(
            3,
            {
                "openinference.span.kind": "TOOL",
                "tool.name": "track",
                "input.value": '{"parcel": 4711}',
                "output.value": "Friday",
            },
            parent=1,
        ),
        span(4, first | second, parent=1),
    ]


def legacy_tool_loop() -> list[dict[str, Any]]:
    """The same as OpenLLMetry sent it before it took up the conventions."""
    first = {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.response.model": "small",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Where is my parcel 4711?",
        "traceloop.association.properties.session_id": "talk 9",
        "traceloop.association.properties.user_id": "anna",
    }
    asks = {"role": "assistant", "tool_calls.0.id": "call_1", "tool_calls.0.name": "track"} | {
        "tool_calls.0.arguments": '{"parcel": 4711}'
    }
    second = {
        **{f"gen_ai.prompt.2.{name}": one for name, one in asks.items()},
        "gen_ai.prompt.3.role": "tool",
        "gen_ai.prompt.3.tool_call_id": "call_1",
        "gen_ai.prompt.3.content": "Friday",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "It arrives on Friday.",
        "gen_ai.response.id": "chatcmpl-1",
    }
    return [
        span(1, {"traceloop.span.kind": "workflow", "traceloop.entity.name": "support"}),
        span(2, first | {f"gen_ai.completion.0.{name}": one for name, one in asks.items()}, parent=1),
        span(
            3,
            {
                "traceloop.span.kind": "tool",
                "traceloop.entity.name": "track",
                "traceloop.entity.input": '{"parcel": 4711}',
                "traceloop.entity.output": "Friday",
            },
            parent=1,
        ),
        span(4, first | second, parent=1),
    ]
