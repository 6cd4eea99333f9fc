"""LiteLLM callback: every model call of an agent that runs on LiteLLM becomes an interaction, by the SDK.

    import litellm
    from loop.sdk_litellm import callback
    litellm.callbacks.append(callback(agent="shop"))

In LiteLLM's proxy: `litellm_settings: {callbacks: loop.sdk_litellm.proxy_handler_instance}`, with RATCHET_URL,
RATCHET_KEY and RATCHET_AGENT in its environment. It reads LiteLLM's standard payload and nothing else. The interaction
has the id of the provider's response, so `ratchet.feedback(response.id, …)` finds it. A call that ends in tool calls is
no answer yet: the call after it tells of the tools, and is recorded with them as its steps.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from loop.sdk import Ratchet

_log = logging.getLogger("ratchet")
_TALKS = frozenset(
    {
        "completion",
        "acompletion",
        "text_completion",
        "atext_completion",
        "responses",
        "aresponses",
        "anthropic_messages",
    }
)
"""Calls in which somebody is answered; embeddings, images and the like are not."""
_KEPT = ("model", "custom_llm_provider", "prompt_tokens", "completion_tokens", "response_cost", "cache_hit")
_SESSION = ("session_id", "conversation_id", "episode_id")


def callback(ratchet: Ratchet | None = None, *, agent: str = "", url: str = "", key: str = "") -> Any:
    """A `CustomLogger` for `litellm.callbacks`. `ratchet`: one that is there already; else one is made."""
    from litellm.integrations.custom_logger import CustomLogger

    client = ratchet or Ratchet(url, agent=agent, key=key)

    class RatchetLogger(CustomLogger):
        """Hears of every call, plain, async, streamed or failed."""

        def __init__(self) -> None:
            super().__init__()
            self.agent = client.agent  # LiteLLM takes two callbacks whose public texts are equal for one

        def log_success_event(self, kwargs: Any, *_: Any, **__: Any) -> None:
            """A plain call, or the end of a stream."""
            record(client, kwargs)

        def log_failure_event(self, kwargs: Any, *_: Any, **__: Any) -> None:
            """A plain call that failed."""
            record(client, kwargs)

        async def async_log_success_event(self, kwargs: Any, *_: Any, **__: Any) -> None:
            """An async call, or the end of its stream."""
            record(client, kwargs)

        async def async_log_failure_event(self, kwargs: Any, *_: Any, **__: Any) -> None:
            """An async call that failed."""
            record(client, kwargs)

    return RatchetLogger()


def record(ratchet: Ratchet, kwargs: Mapping[str, Any]) -> None:
    """Record a call from what LiteLLM tells its callbacks. Never raises."""
    try:
        payload = kwargs.get("standard_logging_object")
        if isinstance(payload, Mapping) and payload.get("call_type") in _TALKS:
            _record(ratchet, payload)
    except Exception:
        _log.warning("Ratchet lost a call of LiteLLM.", exc_info=True)


def _record(ratchet: Ratchet, payload: Mapping[str, Any]) -> None:
    messages = _messages(payload.get("messages"))
    said, calls = _said(payload.get("response"))
    is_failed = payload.get("status") == "failure"
    if calls and not said and not is_failed:
        return
    asks = [place for place, one in enumerate(messages) if one.get("role") == "user" and _text(one)]
    place = asks[-1] if asks else len(messages)
    attributes = {name: payload[name] for name in _KEPT if payload.get(name) is not None}
    if messages[:place]:
        attributes["chat"] = {"preamble": [dict(one) for one in messages[:place]]}
    if is_failed:
        attributes["failure"] = str(payload.get("error_str") or "error")[:500]
    metadata = payload.get("metadata") or {}
    own = metadata.get("requester_metadata") or {}
    ratchet.record(
        _text(messages[place]) if asks else "",
        said,
        id=payload.get("id"),
        at=datetime.fromtimestamp(payload["startTime"], UTC).isoformat() if payload.get("startTime") else None,
        episode_id=next((str(own[name]) for name in _SESSION if own.get(name)), payload.get("session_id") or None),
        customer=payload.get("end_user") or None,
        method="failed" if is_failed else "model",
        steps=[*_tools(messages[place:]), _model(payload, said, is_failed=is_failed)],
        attributes=attributes,
    )


def _messages(value: object) -> list[Mapping[str, Any]]:
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if isinstance(value, Mapping):
        value = value.get("messages") or value.get("input")
        return _messages(value)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _said(response: object) -> tuple[str, Sequence[Any]]:
    """The words and the tool calls of a response: of chat completions, of responses, or of Anthropic's messages."""
    if isinstance(response, str):
        return response, ()
    if not isinstance(response, Mapping):
        return "", ()
    choices = response.get("choices")
    if isinstance(choices, Sequence) and choices and isinstance(choices[0], Mapping):
        message = choices[0].get("message")
        if isinstance(message, Mapping):
            return _text(message), message.get("tool_calls") or ()
        return str(choices[0].get("text") or ""), ()
    parts = response.get("output") or response.get("content") or ()
    blocks = [one for one in parts if isinstance(one, Mapping)] if isinstance(parts, Sequence) else []
    texts = [_text(one) if one.get("content") else str(one.get("text") or "") for one in blocks]
    calls = [one for one in blocks if one.get("type") in ("function_call", "tool_use")]
    return "\n".join(text for text in texts if text), calls


def _tools(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tool calls made for this question, each with what it gave back."""
    gave = {one.get("tool_call_id"): _text(one) for one in messages if one.get("role") == "tool"}
    calls = [call for one in messages for call in one.get("tool_calls") or () if isinstance(call, Mapping)]
    return [
        {
            "kind": "tool",
            "name": str((call.get("function") or {}).get("name") or ""),
            "input": str((call.get("function") or {}).get("arguments") or ""),
            "output": gave.get(call.get("id"), ""),
        }
        for call in calls
    ]


def _model(payload: Mapping[str, Any], said: str, *, is_failed: bool) -> dict[str, Any]:
    began, ended = payload.get("startTime"), payload.get("endTime")
    took = max((ended - began) * 1000, 0.0) if began and ended else None
    step = {"kind": "model", "name": str(payload.get("model") or "")[:200], "output": said, "is_error": is_failed}
    return step | ({"milliseconds": took} if took is not None else {})


def __getattr__(name: str) -> Any:
    """`proxy_handler_instance`, made when LiteLLM's proxy asks for it: importing this file loads no LiteLLM."""
    if name == "proxy_handler_instance":
        made = globals()[name] = callback()
        return made
    raise AttributeError(f"module {__name__} has no attribute {name}")
