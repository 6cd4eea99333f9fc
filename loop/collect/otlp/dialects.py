"""The three dialects in which agents are traced, each a function from a span's attributes to what the span tells.

    genai          OpenTelemetry's GenAI conventions: `gen_ai.operation.name`, messages as JSON
    openinference  `openinference.span.kind`, messages flattened
    legacy         OpenLLMetry and GenAI before 1.37: `gen_ai.prompt.0.content`, `traceloop.span.kind`

The conventions are young and rename things; so every name has its older forms, and what is unknown is ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from loop.collect.otlp.messages import Message, messages_from
from loop.collect.otlp.parts import Kind
from loop.collect.otlp.values import Attributes, as_text, list_under, mapping, parse_json, pick_texts, text


@dataclass(frozen=True, slots=True)
class SpanContent:
    """What one span says, in any dialect."""

    kind: Kind
    name: str = ""
    """Of the model, the tool or the agent."""
    inputs: list[Message] = field(default_factory=list)
    instructions: str = ""
    """A system prompt given apart from the messages."""
    outputs: list[Message] = field(default_factory=list)
    given: str = ""
    """What went in, as text, where it is no conversation."""
    output: str = ""
    """What came out, as text, where it is no conversation."""
    call: str = ""
    """The id of the tool call that this tool span answers."""
    response: str = ""
    """The id the provider gave the answer."""
    attributes: Mapping[str, Any] = field(default_factory=dict)


Dialect: TypeAlias = Callable[[Attributes, str], SpanContent | None]
"""Attributes and the span's name → what it tells; None: not my dialect."""

_OPERATIONS: dict[str, Kind] = {
    "chat": "model",
    "generate_content": "model",
    "text_completion": "model",
    "invoke_agent": "agent",
    "invoke_workflow": "agent",
    "execute_tool": "tool",
    "retrieval": "retrieval",
    "embeddings": "bare",
    "create_agent": "bare",
    "plan": "bare",
}
_MODEL = (
    "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model", "gen_ai.response.model",
    "gen_ai.response.finish_reasons", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens", "gen_ai.usage.cost",
    "llm.provider", "llm.system", "llm.model_name", "llm.finish_reason", "llm.token_count.prompt",
    "llm.token_count.completion", "gen_ai.prompt.name", "gen_ai.prompt.version", "llm.prompt_template.version",
    "prompt.id", "gen_ai.agent.name", "gen_ai.agent.id", "agent.name", "error.type",
)  # fmt: skip
"""Attributes kept under their own names: who answered, at what price, from which prompt."""


def genai(attributes: Attributes, name: str) -> SpanContent | None:
    """OpenTelemetry's GenAI conventions, as of 1.37 and later."""
    operation = text(attributes, "gen_ai.operation.name")
    inputs = messages_from(attributes.get("gen_ai.input.messages"))
    outputs = messages_from(attributes.get("gen_ai.output.messages"))
    if not operation and not inputs and not outputs:
        return None
    kind = _OPERATIONS.get(operation, "model" if inputs or outputs else "bare")
    if kind == "model" and not inputs and not outputs and list_under(attributes, "gen_ai.prompt"):
        return None  # the legacy dialect beside the new operation name
    tool = text(attributes, "gen_ai.tool.name") if kind == "tool" else ""
    return SpanContent(
        kind=kind,
        name=tool
        or text(attributes, *_AGENT_NAMES[:1] if kind == "agent" else ("gen_ai.response.model", "gen_ai.request.model"))
        or name,
        inputs=inputs,
        instructions="\n".join(
            message.text
            for message in messages_from({"role": "system", "parts": parse_json(_instructions(attributes))})
            if message.text
        ),
        outputs=outputs,
        given=text(attributes, "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text"),
        output=text(attributes, "gen_ai.tool.call.result", "gen_ai.retrieval.documents"),
        call=text(attributes, "gen_ai.tool.call.id"),
        response=text(attributes, "gen_ai.response.id"),
        attributes=pick_texts(attributes, _MODEL),
    )


_AGENT_NAMES = ("gen_ai.agent.name", "agent.name", "agentops.agent.name", "traceloop.entity.name")


def _instructions(attributes: Attributes) -> object:
    found = parse_json(attributes.get("gen_ai.system_instructions"))
    return [{"type": "text", "content": found}] if isinstance(found, str) else found


_OPENINFERENCE: dict[str, Kind] = {
    "LLM": "model",
    "AGENT": "agent",
    "CHAIN": "agent",
    "TOOL": "tool",
    "RETRIEVER": "retrieval",
    "RERANKER": "retrieval",
    "GUARDRAIL": "check",
}


def openinference(attributes: Attributes, name: str) -> SpanContent | None:
    """Arize's OpenInference."""
    named = text(attributes, "openinference.span.kind").upper()
    if not named:
        return None
    kind = _OPENINFERENCE.get(named, "bare")
    given, output = text(attributes, "input.value"), text(attributes, "output.value")
    raw = mapping(attributes.get("output.value"))
    inputs = [_unflat(one) for one in list_under(attributes, "llm.input_messages")]
    outputs = [_unflat(one) for one in list_under(attributes, "llm.output_messages")]
    if kind in ("model", "agent"):
        inputs = inputs or conversation(given, role="user")
        outputs = outputs or conversation(output, role="assistant")
    if kind == "retrieval":
        output = output or "\n\n".join(
            text(one, "document.content") for one in list_under(attributes, "retrieval.documents")
        )
    is_completion = kind == "model" and isinstance(raw.get("choices", raw.get("output")), list)
    return SpanContent(
        kind=kind,
        name=text(attributes, "tool.name", *(("agent.name",) if kind == "agent" else ("llm.model_name",))) or name,
        inputs=inputs,
        outputs=outputs,
        given=text(attributes, "tool.parameters") if kind == "tool" and not given else given,
        output=output,
        call=text(attributes, "tool_call.id", "tool.id"),
        response=text(attributes, "gen_ai.response.id") or (as_text(raw.get("id")) if is_completion else ""),
        attributes=pick_texts(attributes, _MODEL),
    )


_LEGACY: dict[str, Kind] = {
    "workflow": "agent",
    "agent": "agent",
    "session": "agent",
    "tool": "tool",
    "llm": "model",
    "guardrail": "check",
}


def legacy(attributes: Attributes, name: str) -> SpanContent | None:
    """OpenLLMetry, AgentOps and the GenAI conventions before 1.37."""
    span_kind = text(attributes, "traceloop.span.kind", "agentops.span.kind").lower()
    prompts = [_unflat(one) for one in list_under(attributes, "gen_ai.prompt")]
    completions = [_unflat(one) for one in list_under(attributes, "gen_ai.completion")]
    request = text(attributes, "llm.request.type")
    if not span_kind and not prompts and not completions and request not in ("chat", "completion"):
        return None
    kind = "model" if prompts or completions or request in ("chat", "completion") else _LEGACY.get(span_kind, "bare")
    given = text(attributes, "traceloop.entity.input", "agentops.entity.input", "tool.parameters")
    output = text(attributes, "traceloop.entity.output", "agentops.entity.output", "tool.result")
    if kind == "agent":
        prompts, completions = conversation(given, role="user"), conversation(output, role="assistant")
    model = text(attributes, "gen_ai.response.model", "gen_ai.request.model")
    return SpanContent(
        kind=kind,
        name=(model if kind == "model" else text(attributes, "tool.name", "traceloop.entity.name")) or name,
        inputs=prompts,
        outputs=[one if one.role else Message("assistant", one.text, one.calls) for one in completions],
        given=given,
        output=output,
        response=text(attributes, "gen_ai.response.id"),
        attributes=pick_texts(attributes, _MODEL),
    )


DIALECTS: Mapping[str, Dialect] = {"openinference": openinference, "genai": genai, "legacy": legacy}
"""In the order in which they are tried: who speaks two says more in the first."""


def span_content(attributes: Attributes, name: str) -> SpanContent | None:
    """What the span tells; None when it is not about an agent."""
    return next((found for read in DIALECTS.values() if (found := read(attributes, name)) is not None), None)


_WORDED = (
    "input", "question", "query", "prompt", "user_input", "message", "text", "inputs", "kwargs", "args", "output",
    "answer", "response", "result", "content", "outputs", "final_output",
)  # fmt: skip


def conversation(value: str, *, role: str) -> list[Message]:
    """What went into or came out of an agent or a chain: a text, messages, or an object with one of them inside."""
    return _talk(parse_json(value), role, 0) if value.strip() else []


def _talk(value: object, role: str, depth: int) -> list[Message]:
    match value:
        case str():
            return [Message(role, value)] if value.strip() else []
        case {"choices": [{"message": {}}, *_] as choices}:
            return messages_from([choice["message"] for choice in choices[:1]])
        case {"messages": [*_]}:
            return _named(messages_from(value), role)
        case [{"role": str()}, *_] | {"role": str()}:
            return _named(messages_from(value), role)
        case [one] if depth < 4:
            return _talk(one, role, depth + 1)
        case {} if depth < 4:
            named = next((value[name] for name in _WORDED if value.get(name)), None)
            if named is None and len(value) == 1:
                named = next(iter(value.values()))
            return _talk(named, role, depth + 1) if named is not None else [Message(role, as_text(value))]
        case None:
            return []
        case _:
            return [Message(role, as_text(value))]


def _named(messages: list[Message], role: str) -> list[Message]:
    """Of what came out, only what was said last: a graph gives back the whole conversation."""
    return messages[-1:] if role == "assistant" else messages


def _unflat(place: Mapping[str, Any]) -> Message:
    """One place of a flattened message list → a message."""
    plain: dict[str, Any] = {name.removeprefix("message."): value for name, value in place.items()}
    contents = list_under(plain, "contents")
    if contents and not plain.get("content"):
        plain["content"] = [
            {"type": text(one, "message_content.type"), "text": text(one, "message_content.text")} for one in contents
        ]
    else:
        plain["content"] = _parts_or_text(plain.get("content"))
    calls = list_under(plain, "tool_calls")
    if calls:
        plain["tool_calls"] = [_call(one) for one in calls]
    elif plain.get("function_call.name"):
        plain["tool_calls"] = [
            {"name": plain["function_call.name"], "arguments": plain.get("function_call.arguments", "")}
        ]
    return messages_from([plain])[0]


def _parts_or_text(content: object) -> object:
    """A text that is the JSON of content parts, as OpenLLMetry writes them, as parts; else as it is."""
    found = parse_json(content)
    is_parts = isinstance(found, list) and found and all(isinstance(one, dict) and "type" in one for one in found)
    return found if is_parts else content


def _call(place: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": text(place, "tool_call.id", "id"),
        "name": text(place, "tool_call.function.name", "function.name", "name"),
        "arguments": text(place, "tool_call.function.arguments", "function.arguments", "arguments"),
    }
