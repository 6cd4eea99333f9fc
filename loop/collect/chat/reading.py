"""Reading what strangers send: JSON and texts in bounded work, never an exception for a shape nobody promised."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from loop.collect.chat.exchange import Message, Unreadable
from loop.records import ContextFields

BODY_MAX = 8 * 1024 * 1024
"""Bytes of a body that are read, packed or not; a larger one passes and is not recorded."""
TEXT_MAX = 100_000
"""Characters kept of one text."""
MESSAGES_MAX = 2_000
"""Messages and content parts read of one call."""
NAME_MAX = 200
"""Characters of an id, a name or a model."""

_DEPTH_MAX = 100
_CUT = "…"


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises Unreadable for anything else, for what is too large, and for nesting above 100."""
    if len(body) > BODY_MAX:
        raise Unreadable("too_large")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("broken_json") from None
    if not isinstance(found, dict):
        raise Unreadable("not_object")
    if body.count(b"{") + body.count(b"[") > _DEPTH_MAX and _depth(found) > _DEPTH_MAX:
        raise Unreadable("depth")
    return found


def decode_body(body: bytes, encoding: str) -> bytes:
    """The body without its content encoding, at most BODY_MAX bytes of it. Raises Unreadable."""
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflated(body, zlib.MAX_WBITS | 16)
        case "deflate":
            return _inflated(body, zlib.MAX_WBITS if body[:1] == b"\x78" else -zlib.MAX_WBITS)
        case _:
            raise Unreadable("encoding")


def clean(text: object, *, limit: int = TEXT_MAX) -> str:
    """A text that a database can hold: cut, without NUL and halves of surrogate pairs; empty for anything else."""
    if not isinstance(text, str) or not text:
        return ""
    if text.startswith("data:") and len(text) > NAME_MAX:  # a picture or a sound, as base64
        return f"[{text[5:60].partition(';')[0] or 'data'}]"
    kept = text if len(text) <= limit else text[:limit] + _CUT
    if kept.isascii() and "\0" not in kept:
        return kept
    return kept.replace("\0", "").encode("utf-8", "replace").decode()


def short(value: object) -> str:
    """A short text, such as an id or a model."""
    return clean(value, limit=NAME_MAX)


def entries(value: object) -> list[Any]:
    """The items of a list, at most MESSAGES_MAX; the newest where there are more. Empty for anything else."""
    return value[-MESSAGES_MAX:] if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """Those items of a list that are objects."""
    return [one for one in entries(value) if isinstance(one, dict)]


def within(value: object, *names: str) -> Any:
    """What stands under these names, one inside the other; None when something on the way is no object."""
    for one in names:
        if not isinstance(value, dict):
            return None
        value = value.get(one)
    return value


def text_of(content: object) -> str:
    """The text of a content: a string, or parts of which those without text are named in brackets."""
    if isinstance(content, str):
        return clean(content)
    said = []
    for part in entries(content):
        if isinstance(part, str):
            said.append(clean(part))
        elif isinstance(part, dict):
            found = part.get("text") or part.get("refusal")
            said.append(clean(found) if isinstance(found, str) else f"[{short(part.get('type')) or 'part'}]")
    return clean("\n".join(one for one in said if one))


def as_text(value: object) -> str:
    """A text as it is, anything else as JSON; arguments come in both shapes."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    try:
        return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))
    except (ValueError, RecursionError):
        return ""


def tool_call(call_id: object, called: object, arguments: object) -> dict[str, Any]:
    """A tool call in the OpenAI form."""
    function = {"name": short(called), "arguments": as_text(arguments)}
    return {"id": short(call_id), "type": "function", "function": function}


def assistant(text: str, calls: list[dict[str, Any]]) -> Message:
    """An assistant's message."""
    return {"role": "assistant", "content": text} | ({"tool_calls": calls} if calls else {})


def scalars(value: object, *, limit: int = 32) -> ContextFields:
    """The plain values of an object: numbers, booleans and short texts."""
    kept: ContextFields = {}
    for key, item in value.items() if isinstance(value, dict) else ():
        if len(kept) >= limit or not isinstance(key, str) or len(key) > 80:
            continue
        if isinstance(item, str):
            kept[clean(key)] = clean(item, limit=1_000)
        elif isinstance(item, bool | int | float) and abs(item) < 2**53:  # neither infinite nor NaN
            kept[clean(key)] = item
    return kept


def settings(request: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Of these fields, those that are numbers or short words."""
    return scalars({one: request[one] for one in names if one in request})


def counts(value: object) -> dict[str, int]:
    """The whole numbers of an object, such as tokens used."""
    found = value.items() if isinstance(value, dict) else ()
    return {
        key: item
        for key, item in list(found)[:20]
        if isinstance(key, str) and isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 2**53
    }


def error_of(response: Mapping[str, Any]) -> str:
    """Type or code of an error body, never its message: that may quote the prompt or the key."""
    error = response.get("error")
    if isinstance(error, dict):
        return short(error.get("type") or error.get("code")) or "error"
    return short(error) and "error"


def _inflated(body: bytes, window: int) -> bytes:
    try:
        made = zlib.decompressobj(window)
        text = made.decompress(body, BODY_MAX)
    except zlib.error:
        raise Unreadable("encoding") from None
    if made.unconsumed_tail:
        raise Unreadable("too_large")
    return text


def _depth(value: object) -> int:
    """How deep it is nested, without recursion, counted no further than is allowed."""
    level, depth = [value], 0
    while level and depth <= _DEPTH_MAX:
        depth += 1
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, dict | list)
        ]
    return depth
