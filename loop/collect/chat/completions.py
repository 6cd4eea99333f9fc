"""OpenAI chat completions (`POST /v1/chat/completions`), which most compatible servers speak too."""

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

CHOICES_MAX = 32
"""Choices joined of one stream; the first is the one recorded."""
_SYSTEM = ("system", "developer")


class Completions:
    """Messages in, choices out; a stream is deltas of them (`loop.collect.chat.Dialect`)."""

    name = "chat.completions"

    def asked(self, request: Mapping[str, Any]) -> ChatRequest:
        """See `Dialect.asked`."""
        return ChatRequest(
            messages=[_message(one) for one in objects(request.get("messages"))],
            model=short(request.get("model")),
            customer=short(request.get("safety_identifier") or request.get("user")),
            context=scalars(request.get("metadata")),
            is_streamed=request.get("stream") is True,
            is_formed=_is_formed(request),
            tools=_tools(request),
            settings=settings(request, "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "n"),
        )

    def said(self, response: Mapping[str, Any]) -> ChatAnswer:
        """See `Dialect.said`: the first choice."""
        choice = next(iter(objects(response.get("choices"))), None)
        made = choice.get("message") if choice else None
        return ChatAnswer(
            messages=[_message({**made, "role": "assistant"})] if isinstance(made, dict) else [],
            id=short(response.get("id")),
            model=short(response.get("model")),
            finish=short(choice.get("finish_reason")) if choice else "",
            usage=counts(response.get("usage")),
            error=error_of(response),
        )

    def joined(self, events: Iterable[Event]) -> dict[str, Any]:
        """See `Dialect.joined`: deltas put together by the index of choice and tool call."""
        whole: dict[str, Any] = {}
        choices: dict[int, _Choice] = {}
        for event in events:
            for key in ("id", "model", "created", "usage", "error"):
                if event.data.get(key):
                    whole[key] = event.data[key]
            for piece in objects(event.data.get("choices")):
                index = piece.get("index", 0)
                if isinstance(index, int) and 0 <= index < CHOICES_MAX:
                    choices.setdefault(index, _Choice()).add(piece)
        return whole | {"choices": [choices[index].whole(index) for index in sorted(choices)]}

    def guided(self, request: Mapping[str, Any], guidance: str) -> dict[str, Any]:
        """See `Dialect.guided`: one message more, after the system messages the client begins with."""
        messages = list(request.get("messages") or ())
        place = 0
        while place < len(messages) and within(messages[place], "role") in _SYSTEM:
            place += 1
        role = messages[place - 1]["role"] if place else "system"
        return {**request, "messages": [*messages[:place], {"role": role, "content": guidance}, *messages[place:]]}

    def reply(self, text: str, *, request: Mapping[str, Any], id: str, at: datetime) -> dict[str, Any]:  # noqa: A002
        """See `Dialect.reply`."""
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            "id": f"chatcmpl-{id}",
            "object": "chat.completion",
            "created": int(at.timestamp()),
            "model": request.get("model", ""),
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        }

    def streamed(self, reply: Mapping[str, Any], *, request: Mapping[str, Any]) -> list[bytes]:
        """See `Dialect.streamed`."""
        text = reply["choices"][0]["message"]["content"]
        head = {key: reply[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
        deltas: tuple[dict[str, str], ...] = ({"role": "assistant", "content": ""}, {"content": text}, {})
        chunks = [
            {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]}
            for delta in deltas
        ]
        if within(request, "stream_options", "include_usage") is True:
            chunks.append({**head, "choices": [], "usage": reply["usage"]})
        return [*(write_event(chunk) for chunk in chunks), write_event("[DONE]")]


class _Choice:
    """One choice of a stream, growing."""

    def __init__(self) -> None:
        self._content: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._finish: object = None

    def add(self, piece: Mapping[str, Any]) -> None:
        self._finish = piece.get("finish_reason") or self._finish
        delta = piece.get("delta")
        if not isinstance(delta, dict):
            return
        for key, into in (("content", self._content), ("refusal", self._refusal)):
            if isinstance(delta.get(key), str):
                into.append(delta[key])
        for place, call in enumerate(objects(delta.get("tool_calls"))):
            index = call.get("index", place)
            if not isinstance(index, int) or (index not in self._calls and len(self._calls) >= MESSAGES_MAX):
                continue
            known = self._calls.setdefault(index, {"id": "", "name": "", "arguments": []})
            known["id"] = known["id"] or call.get("id")
            known["name"] = known["name"] or within(call, "function", "name")
            arguments = within(call, "function", "arguments")
            if isinstance(arguments, str):
                known["arguments"].append(arguments)

    def whole(self, index: int) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._content) or None}
        if self._refusal:
            message["refusal"] = "".join(self._refusal)
        if self._calls:
            message["tool_calls"] = [
                tool_call(call["id"], call["name"], "".join(call["arguments"]))
                for _, call in sorted(self._calls.items())
            ]
        return {"index": index, "message": message, "finish_reason": self._finish}


def _message(given: Mapping[str, Any]) -> Message:
    """A message whose content is text and whose tool calls have the one form."""
    role = short(given.get("role")) or "user"
    said = text_of(given.get("content")) or text_of(given.get("refusal"))
    if role == "assistant":
        called = given.get("function_call")  # the form before tools
        calls = [
            tool_call(one.get("id"), within(one, "function", "name"), within(one, "function", "arguments"))
            for one in objects(given.get("tool_calls"))
            if isinstance(one.get("function"), dict)
        ]
        calls += [
            tool_call(one.get("id"), within(one, "custom", "name"), within(one, "custom", "input"))
            for one in objects(given.get("tool_calls"))
            if isinstance(one.get("custom"), dict)
        ]
        if isinstance(called, dict):
            calls.append(tool_call("", called.get("name"), called.get("arguments")))
        return assistant(said, calls)
    if role in ("tool", "function"):
        whose = {"tool_call_id": short(given.get("tool_call_id"))} if given.get("tool_call_id") else {}
        named = {"name": short(given.get("name"))} if given.get("name") else {}
        return {"role": "tool", "content": said or as_text(given.get("content")), **whose, **named}
    return {"role": role, "content": said}


def _is_formed(request: Mapping[str, Any]) -> bool:
    form, choice = within(request.get("response_format"), "type"), request.get("tool_choice")
    return form not in (None, "text") or choice not in (None, "auto", "none") or request.get("n") not in (None, 1)


def _tools(request: Mapping[str, Any]) -> tuple[str, ...]:
    named = [within(one, "function", "name") or one.get("name") for one in objects(request.get("tools"))]
    named += [one.get("name") for one in objects(request.get("functions"))]
    return tuple(short(one) for one in named if isinstance(one, str))[:50]
