"""Anthropic messages (`POST /v1/messages`): content blocks, tool use and results, and their streams."""

import json
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
    settings,
    short,
    text_of,
    tool_call,
    within,
)

_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_THOUGHTS = ("thinking", "redacted_thinking")


class Messages:
    """Messages of blocks in, one message of blocks out (`loop.collect.chat.Dialect`)."""

    name = "anthropic.messages"

    def asked(self, request: Mapping[str, Any]) -> ChatRequest:
        """See `Dialect.asked`. Tool results become messages of their own, as in the OpenAI form."""
        system = text_of(request.get("system"))
        messages: list[Message] = [{"role": "system", "content": system}] if system else []
        for given in objects(request.get("messages")):
            messages += _messages(given)
        return ChatRequest(
            messages=messages,
            model=short(request.get("model")),
            customer=short(within(request.get("metadata"), "user_id")),
            is_streamed=request.get("stream") is True,
            is_formed=within(request.get("tool_choice"), "type") not in (None, "auto", "none")
            or bool(request.get("output_format") or request.get("output_config")),
            tools=tuple(short(one.get("name")) for one in objects(request.get("tools")) if one.get("name"))[:50],
            settings=settings(request, "temperature", "top_p", "top_k", "max_tokens"),
        )

    def said(self, response: Mapping[str, Any]) -> ChatAnswer:
        """See `Dialect.said`. What a tool of the provider's gave back stands between what the model said."""
        return ChatAnswer(
            messages=_messages({"role": "assistant", "content": response["content"]})
            if isinstance(response.get("content"), list)
            else [],
            id=short(response.get("id")),
            model=short(response.get("model")),
            finish=short(response.get("stop_reason")),
            usage=counts(response.get("usage")),
            error=error_of(response),
        )

    def joined(self, events: Iterable[Event]) -> dict[str, Any]:
        """See `Dialect.joined`: blocks put together by their index."""
        whole: dict[str, Any] = {}
        usage: dict[str, Any] = {}
        blocks: dict[int, _Block] = {}
        for event in events:
            data, index = event.data, event.data.get("index")
            match data.get("type"):
                case "message_start" if isinstance(data.get("message"), dict):
                    whole |= data["message"]
                    usage |= counts(whole.get("usage"))
                case "content_block_start" if isinstance(index, int) and len(blocks) < MESSAGES_MAX:
                    blocks[index] = _Block(data.get("content_block"))
                case "content_block_delta" if isinstance(index, int) and index in blocks:
                    blocks[index].add(data.get("delta"))
                case "message_delta":
                    whole |= data["delta"] if isinstance(data.get("delta"), dict) else {}
                    usage |= counts(data.get("usage"))
                case "error":
                    whole["error"] = data.get("error")
        return whole | {"content": [blocks[index].whole() for index in sorted(blocks)], "usage": usage}

    def guided(self, request: Mapping[str, Any], guidance: str) -> dict[str, Any]:
        """See `Dialect.guided`: one block more at the end of `system`, behind what may be cached."""
        system, block = request.get("system"), {"type": "text", "text": guidance}
        if isinstance(system, str) and system:
            return {**request, "system": [{"type": "text", "text": system}, block]}
        return {**request, "system": [*system, block] if isinstance(system, list) else [block]}

    def reply(self, text: str, *, request: Mapping[str, Any], id: str, at: datetime) -> dict[str, Any]:  # noqa: A002
        """See `Dialect.reply`."""
        del at  # this API gives no time
        return {
            "id": f"msg_{id}",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", ""),
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }

    def streamed(self, reply: Mapping[str, Any], *, request: Mapping[str, Any]) -> list[bytes]:
        """See `Dialect.streamed`."""
        del request  # a stream is the same for every request
        text, usage = reply["content"][0]["text"], reply["usage"]
        ends = {"stop_reason": reply["stop_reason"], "stop_sequence": None}
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": {**reply, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ends, "usage": {"output_tokens": usage["output_tokens"]}},
            {"type": "message_stop"},
        ]
        return [write_event(one, name=one["type"]) for one in events]


class _Block:
    """One block of a stream, growing."""

    def __init__(self, start: object) -> None:
        self._start = start if isinstance(start, dict) else {}
        self._text: list[str] = []
        self._json: list[str] = []

    def add(self, delta: object) -> None:
        if isinstance(text := within(delta, "text"), str):
            self._text.append(text)
        if isinstance(piece := within(delta, "partial_json"), str):
            self._json.append(piece)

    def whole(self) -> dict[str, Any]:
        made = dict(self._start)
        if made.get("type") == "text":
            made["text"] = as_text(made.get("text")) + "".join(self._text)
        if self._json:
            made["input"] = _parsed("".join(self._json))
        return made


def _messages(given: Mapping[str, Any]) -> list[Message]:
    """One message of blocks as messages of the OpenAI form."""
    role, content = short(given.get("role")) or "user", given.get("content")
    if not isinstance(content, list):
        said = text_of(content)
        return [assistant(said, [])] if role == "assistant" else [{"role": role, "content": said}]
    return _assistant(objects(content)) if role == "assistant" else _user(role, objects(content))


def _assistant(blocks: list[dict[str, Any]]) -> list[Message]:
    made: list[Message] = []
    text: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for block in blocks:
        kind = short(block.get("type"))
        if kind in _CALLS:
            calls.append(tool_call(block.get("id"), block.get("name"), block.get("input")))
        elif kind.endswith("_tool_result"):  # a tool the provider ran itself
            made += [assistant(text_of(text), calls), _result(block)]
            text, calls = [], []
        elif kind not in _THOUGHTS:
            text.append(block)
    return [*made, assistant(text_of(text), calls)]


def _user(role: str, blocks: list[dict[str, Any]]) -> list[Message]:
    results = [_result(block) for block in blocks if block.get("type") == "tool_result"]
    said = text_of([block for block in blocks if block.get("type") != "tool_result"])
    if not results:
        return [{"role": role, "content": said}]
    # Text beside a result is a remark to the model, not a new question.
    return [*results, {"role": "remark", "content": said}] if said else results


def _result(block: Mapping[str, Any]) -> Message:
    given = block.get("content")
    failed = block.get("is_error") is True or str(within(given, "type")).endswith("_error")
    said = text_of(given) if isinstance(given, str) or _is_text(given) else as_text(given)
    message = {"role": "tool", "tool_call_id": short(block.get("tool_use_id")), "content": said}
    return message | ({"is_error": True} if failed else {})


def _parsed(text: str) -> object:
    """Arguments as the client sends them again: an object. What was cut off stays text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_text(given: object) -> bool:
    return isinstance(given, list) and all(within(one, "type") in ("text", "image", "document") for one in given)
