"""Chat messages of any shape → the four things an interaction is made of: who asked what, the answer, calls, results.

A message has `content` (a text or a list of parts) and `tool_calls`, as in OpenAI's chat format, or `parts` of the
types text, tool_call and tool_call_response, as in the GenAI conventions.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loop.collect.otlp.parts import Call
from loop.collect.otlp.values import as_text, parse_json

PREAMBLE_MAX = 64 * 1024
"""Bytes of earlier messages that are kept; of what is longer, the system's messages and the last ones."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    role: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    results: dict[str, str] = field(default_factory=dict)
    """By id of the call."""

    def plain(self) -> dict[str, Any]:
        """In OpenAI's chat format, as the rest of the loop keeps messages."""
        made: dict[str, Any] = {"role": self.role, "content": self.text}
        if self.calls:
            made["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.calls
            ]
        return made


@dataclass(frozen=True, slots=True)
class RequestContent:
    """What the messages of a request come to."""

    text: str = ""
    """The last message of a person, or of whoever plays one."""
    preamble: tuple[dict[str, Any], ...] = ()
    """What came before it."""
    calls: tuple[Call, ...] = ()
    """Tool calls made after it."""
    results: dict[str, str] = field(default_factory=dict)
    """What tools gave back after it."""


def messages_from(value: object) -> list[Message]:
    """The messages of a list, or of JSON text that holds one. What is no message is left out."""
    found = parse_json(value)
    if isinstance(found, dict) and isinstance(found.get("messages"), list):
        found = found["messages"]
    if isinstance(found, dict):
        found = [found]
    return [_message(one) for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def request_content(messages: Sequence[Message], *, instructions: str = "") -> RequestContent:
    """`instructions`: a system prompt that was given apart."""
    if instructions:
        messages = [Message("system", instructions), *messages]
    place = next((at for at in range(len(messages) - 1, -1, -1) if _asks(messages[at])), None)
    before = messages if place is None else messages[:place]
    after = messages[place:] if place is not None else messages
    results = {name: text for one in after for name, text in one.results.items()}
    calls = tuple(call for one in after for call in one.calls)
    return RequestContent(messages[place].text if place is not None else "", _bounded(before), calls, results)


def answer_of(messages: Sequence[Message]) -> tuple[str, tuple[Call, ...]]:
    """The text of a response, and the tool calls it asks for."""
    return (
        "\n".join(one.text for one in messages if one.text),
        tuple(call for one in messages for call in one.calls),
    )


def _asks(message: Message) -> bool:
    return message.role in ("user", "human") and bool(message.text.strip())


def _bounded(messages: Sequence[Message]) -> tuple[dict[str, Any], ...]:
    plain = [one.plain() for one in messages]
    size = [len(json.dumps(one)) for one in plain]
    room, kept = PREAMBLE_MAX, set[int]()
    first = [at for at, one in enumerate(messages) if one.role in ("system", "developer")]
    for at in [*first, *(at for at in range(len(plain) - 1, -1, -1) if at not in first)]:
        room -= size[at]
        if room < 0:
            break
        kept.add(at)
    return tuple(plain[at] for at in sorted(kept))


def _message(raw: Mapping[str, Any]) -> Message:
    texts: list[str] = []
    calls: list[Call] = []
    results: dict[str, str] = {}
    role = str(raw.get("role", ""))
    content = raw.get("parts") if isinstance(raw.get("parts"), list) else raw.get("content")
    own_id = as_text(raw.get("tool_call_id", "")) if role == "tool" else ""
    for part in content if isinstance(content, list) else [content]:
        match part:
            case str():
                texts.append(part)
            case Mapping():
                _read_part(part, texts, calls, results, own_id)
            case _:
                pass
    calls += _calls(raw.get("tool_calls"))
    said = "\n".join(text for text in texts if text)
    if role in ("tool", "function") and not results:
        results[own_id or as_text(raw.get("name", ""))] = said
    return Message(role, said, tuple(calls), results)


def _read_part(
    part: Mapping[str, Any], texts: list[str], calls: list[Call], results: dict[str, str], own_id: str
) -> None:
    """One part of a message's content, in either convention."""
    match part.get("type"):
        case "tool_call" | "tool_use":
            arguments = part.get("arguments", part.get("input"))
            calls.append(Call(id=as_text(part.get("id")), name=as_text(part.get("name")), arguments=as_text(arguments)))
        case "tool_call_response" | "tool_result":
            named = as_text(part.get("id", part.get("tool_use_id"))) or own_id
            results[named] = as_text(part.get("response", part.get("result", part.get("content"))))
        case "reasoning" | "thinking":
            pass  # what a model thought is no answer
        case _:
            found = part.get("text", part.get("content"))
            if isinstance(found, str):
                texts.append(found)


def _calls(value: object) -> Iterator[Call]:
    """OpenAI's tool calls: `function` an object, or the fields beside it."""
    found = parse_json(value)
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping):
            function = one.get("function")
            of = function if isinstance(function, Mapping) else one
            name = function if isinstance(function, str) else of.get("name")
            arguments = of.get("arguments", of.get("args"))
            yield Call(id=as_text(one.get("id")), name=as_text(name), arguments=as_text(arguments))
