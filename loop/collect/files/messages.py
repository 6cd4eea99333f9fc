"""Chat messages and tool calls in any shape in use, brought to one: OpenAI, Anthropic, LangChain, ShareGPT, Gemini.

who wrote    role · from · type · speaker, with human, gpt, ai, model … for user and assistant
what         content · value · text · parts
calls        tool_calls · function_call · tool_use parts; each with `function` as an object or a name, or `name`,
             `tool`, `action`; arguments as text or as an object: arguments, args, kwargs, input, parameters
results      a tool message, or tool_result parts of a user message
"""

import json
from dataclasses import dataclass
from typing import Any

from loop.collect.files.fields import Unusable
from loop.collect.files.objects import value_of

Message = dict[str, Any]

_ROLES = {
    "human": "user", "gpt": "assistant", "ai": "assistant", "model": "assistant", "bot": "assistant",
    "chatgpt": "assistant", "agent": "assistant", "observation": "tool", "tool_response": "tool",
}  # fmt: skip
_WRITER = ("from", "type", "speaker", "author")
_CONTENT = ("value", "text", "parts", "message")
_NAMES = ("name", "tool", "tool_name", "action", "function_name")
_ARGUMENTS = ("arguments", "args", "kwargs", "input", "parameters", "params", "action_input", "tool_input")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool, whatever it looked like."""

    id: Any
    """What its result names; None where nothing does."""
    name: str
    arguments: str
    """As text; JSON where they were an object."""
    kept: dict[str, Any]
    """What is needed to make the call of it again: its rest in OpenAI's shape, else `whole`."""


def messages_in(value: object) -> list[Message]:
    """The messages of a run, each with a role; a list, or the JSON text of one. Raises Unusable."""
    value = value_of(value) if isinstance(value, str) else value
    if not isinstance(value, list) or not value:
        raise Unusable("field", "The messages have to be a list that is not empty.")
    return [shaped for message in value for shaped in _shaped(message)]


def _shaped(message: Any) -> list[Message]:
    """One message as OpenAI writes it; results that stand together in one message become one each."""
    if not isinstance(message, dict):
        raise Unusable("field", "A message is not an object with a role.")
    if not isinstance(message.get("role"), str):
        writer = next((name for name in _WRITER if isinstance(message.get(name), str)), None)
        if writer is None:
            raise Unusable("field", "A message is not an object with a role.")
        message = {"role": message[writer], **message}
    role = _ROLES.get(message["role"])
    if role:
        message = {**message, "role": role, "role_was": message["role"]}
    if "content" not in message:
        found = next((name for name in _CONTENT if name in message), None)
        if found:
            rest = {name: item for name, item in message.items() if name != found}
            message = {**rest, "content": message[found]}
    results = _results_in(message)
    return [message] if results is None else results


def _results_in(message: Message) -> list[Message] | None:
    """Anthropic hands results back as parts of a user message: as tool messages; None where there are none."""
    parts = message.get("content")
    if message["role"] != "user" or not isinstance(parts, list):
        return None
    if not parts or not all(isinstance(part, dict) for part in parts):
        return None
    if not any(part.get("type") == "tool_result" for part in parts):
        return None
    results: list[Message] = []
    others = [part for part in parts if part.get("type") != "tool_result"]
    for part in parts:
        if part.get("type") == "tool_result":
            rest = {name: item for name, item in part.items() if name != "tool_use_id"}
            results.append({"role": "tool", "tool_call_id": part.get("tool_use_id"), **rest})
    return results + ([{**message, "content": others}] if others else [])


def starts_turn(message: Message) -> bool:
    """Whether the user speaks."""
    return bool(message["role"] == "user")


def returned_to(message: Message) -> bool:
    """Whether it is what a tool gave back."""
    return message["role"] == "tool" or (message["role"] == "function" and "tool_call_id" in message)


def calls_in(message: Message) -> list[ToolCall]:
    """The calls of an assistant's message; empty where it has none, or one of them cannot be read."""
    if message["role"] not in ("assistant", "function_call"):
        return []
    given = message.get("tool_calls")
    if given is None and isinstance(message.get("function_call"), dict):
        given = [message["function_call"]]
    if given is None and isinstance(message.get("content"), list):
        given = [part for part in message["content"] if isinstance(part, dict) and part.get("type") == "tool_use"]
    if not isinstance(given, list):
        return []
    calls = [call for one in given if (call := _call(one)) is not None]
    return calls if len(calls) == len(given) else []


def _call(call: Any) -> ToolCall | None:
    if not isinstance(call, dict):
        return None
    function = call.get("function")
    inner = function if isinstance(function, dict) else call
    name = function if isinstance(function, str) else _first(inner, _NAMES)
    if not isinstance(name, str) or not name:
        return None
    arguments = _first(inner, _ARGUMENTS)
    if isinstance(function, dict) and isinstance(function.get("arguments"), str) and "name" in function:
        rest = {key: item for key, item in function.items() if key not in ("name", "arguments")}
        kept: dict[str, Any] = {**call, "function": rest}
    else:
        kept = {"whole": call}
    return ToolCall(id=call.get("id", call.get("tool_call_id")), name=name, arguments=_written(arguments), kept=kept)


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _written(arguments: Any) -> str:
    match arguments:
        case None:
            return ""
        case str():
            return arguments
        case _:
            return json.dumps(arguments, ensure_ascii=False)
