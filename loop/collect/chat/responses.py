"""OpenAI responses (`POST /v1/responses`): items in, items out, and a stream that says what it did at the end."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from loop.collect.chat.events import Event, write_event
from loop.collect.chat.exchange import ChatAnswer, ChatRequest, Message
from loop.collect.chat.reading import (
    MESSAGES_MAX,
    as_text,
    assistant,
    counts,
    error_of,
    objects,
    scalars,
    settings,
    short,
    text_of,
    tool_call,
    within,
)

_ENDS = ("response.completed", "response.incomplete", "response.failed")
_ARGUMENTS = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")
_HEAD = ("id", "object", "created_at", "model", "status", "usage", "error")


class Responses:
    """The provider may keep the history: a request then brings what is new (`loop.collect.chat.Dialect`)."""

    name = "responses"

    def asked(self, request: Mapping[str, Any]) -> ChatRequest:
        """See `Dialect.asked`."""
        given = request.get("input")
        system = text_of(request.get("instructions"))
        messages: list[Message] = [{"role": "system", "content": system}] if system else []
        if isinstance(given, str):
            messages.append({"role": "user", "content": text_of(given)})
        else:
            messages += _messages(objects(given))
        conversation = request.get("conversation")
        return ChatRequest(
            messages=messages,
            model=short(request.get("model")),
            customer=short(request.get("safety_identifier") or request.get("user")),
            context=scalars(request.get("metadata")),
            continues=short(request.get("previous_response_id")),
            conversation=short(within(conversation, "id") if isinstance(conversation, dict) else conversation),
            is_streamed=request.get("stream") is True,
            is_formed=within(request.get("text"), "format", "type") not in (None, "text")
            or request.get("tool_choice") not in (None, "auto", "none")
            or request.get("background") is True,
            is_stored=request.get("store") is not False or bool(request.get("previous_response_id") or conversation),
            tools=tuple(short(one.get("name") or one.get("type")) for one in objects(request.get("tools")))[:50],
            settings=settings(request, "temperature", "top_p", "max_output_tokens"),
        )

    def said(self, response: Mapping[str, Any]) -> ChatAnswer:
        """See `Dialect.said`. A tool the provider ran itself is a call and its result."""
        made = _messages(objects(response.get("output")))
        if made and made[-1]["role"] != "assistant":
            made.append(assistant("", []))
        return ChatAnswer(
            messages=made,
            id=short(response.get("id")),
            model=short(response.get("model")),
            finish=short(within(response, "incomplete_details", "reason") or response.get("status")),
            usage=counts(response.get("usage")),
            error=error_of(response),
        )

    def joined(self, events: Iterable[Event]) -> dict[str, Any]:
        """See `Dialect.joined`: the response the stream ends with; of one that was cut, the items so far."""
        whole: dict[str, Any] = {}
        items: dict[int, _Item] = {}
        for event in events:
            data = event.data
            kind, index = data.get("type"), data.get("output_index")
            if kind in _ENDS and isinstance(data.get("response"), dict):
                return dict(data["response"])
            if kind in ("response.created", "response.in_progress") and isinstance(data.get("response"), dict):
                whole |= {key: data["response"].get(key) for key in _HEAD}
            elif kind == "error":
                whole["error"] = {"code": data.get("code"), "type": data.get("type")}
            elif isinstance(index, int) and (index in items or len(items) < MESSAGES_MAX):
                items.setdefault(index, _Item()).add(str(kind), data)
        return whole | {"output": [items[index].whole() for index in sorted(items)]}

    def guided(self, request: Mapping[str, Any], guidance: str) -> dict[str, Any]:
        """See `Dialect.guided`: at the end of `instructions`, which no later response inherits."""
        own = request.get("instructions")
        return {**request, "instructions": f"{own}\n\n{guidance}" if isinstance(own, str) and own else guidance}

    def reply(self, text: str, *, request: Mapping[str, Any], id: str, at: datetime) -> dict[str, Any]:  # noqa: A002
        """See `Dialect.reply`."""
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        item = {"id": f"msg_{id}", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
        nothing = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        details = {
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        kept = {key: request.get(key) for key in ("instructions", "metadata", "previous_response_id", "temperature")}
        return {
            "id": f"resp_{id}",
            "object": "response",
            "created_at": int(at.timestamp()),
            "status": "completed",
            "model": request.get("model", ""),
            "output": [item],
            "parallel_tool_calls": True,
            "tool_choice": request.get("tool_choice", "auto"),
            "tools": request.get("tools", []),
            "error": None,
            "incomplete_details": None,
            "usage": nothing | details,
        } | kept

    def streamed(self, reply: Mapping[str, Any], *, request: Mapping[str, Any]) -> list[bytes]:
        """See `Dialect.streamed`."""
        del request  # a stream is the same for every request
        item = reply["output"][0]
        part = item["content"][0]
        where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        begun = {**reply, "status": "in_progress", "output": [], "usage": None}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": begun},
            {"type": "response.in_progress", "response": begun},
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {**item, "status": "in_progress", "content": []},
            },
            {"type": "response.content_part.added", **where, "part": {**part, "text": ""}},
            {"type": "response.output_text.delta", **where, "delta": part["text"], "logprobs": []},
            {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []},
            {"type": "response.content_part.done", **where, "part": part},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": dict(reply)},
        ]
        return [write_event({**one, "sequence_number": at}, name=one["type"]) for at, one in enumerate(events)]


class _Item:
    """One output item of a stream, growing."""

    def __init__(self) -> None:
        self._item: dict[str, Any] = {}
        self._text: list[str] = []
        self._arguments: list[str] = []

    def add(self, kind: str, data: Mapping[str, Any]) -> None:
        if isinstance(data.get("item"), dict):
            self._item = dict(data["item"])
            if kind == "response.output_item.done":
                self._text, self._arguments = [], []
        delta = data.get("delta")
        if isinstance(delta, str) and kind in ("response.output_text.delta", "response.refusal.delta"):
            self._text.append(delta)
        elif isinstance(delta, str) and kind in _ARGUMENTS:
            self._arguments.append(delta)

    def whole(self) -> dict[str, Any]:
        made = dict(self._item)
        if self._text:
            made["content"] = [{"type": "output_text", "text": "".join(self._text)}]
        if self._arguments:
            made["arguments"] = "".join(self._arguments)
        return made


def _messages(items: list[dict[str, Any]]) -> list[Message]:
    """Items as messages of the OpenAI form: neighbouring calls belong to one message of the assistant's."""
    made: list[Message] = []
    for item in items:
        kind = short(item.get("type")) or "message"
        if kind == "message":
            role, said = short(item.get("role")) or "user", text_of(item.get("content"))
            made.append(assistant(said, []) if role == "assistant" else {"role": role, "content": said})
        elif kind.endswith("_call_output"):
            message = {"role": "tool", "tool_call_id": short(item.get("call_id")), "content": _output(item)}
            made.append(message)
        elif kind in ("function_call", "custom_tool_call"):
            arguments = item.get("arguments") if kind == "function_call" else item.get("input")
            _call(made, tool_call(item.get("call_id"), item.get("name"), arguments))
        elif kind.endswith("_call"):  # a tool the provider ran itself
            rest = {key: value for key, value in item.items() if key not in ("id", "type", "status")}
            _call(made, tool_call(item.get("id"), kind.removesuffix("_call"), rest))
            made.append({"role": "tool", "tool_call_id": short(item.get("id")), "content": short(item.get("status"))})
    return made


def _call(made: list[Message], call: dict[str, Any]) -> None:
    if made and made[-1]["role"] == "assistant":
        made[-1] = {**made[-1], "tool_calls": [*made[-1].get("tool_calls", ()), call]}
    else:
        made.append(assistant("", [call]))


def _output(item: Mapping[str, Any]) -> str:
    given = item.get("output")
    return text_of(given) if isinstance(given, list) else as_text(given)
