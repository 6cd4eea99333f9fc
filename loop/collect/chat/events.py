"""Server-sent events: the pieces of a streamed answer, split as the HTML standard says (§9.2.6), in one pass."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

EVENTS_MAX = 200_000
"""Events read of one answer."""

_LINE = re.compile(r"\r\n|\n|\r")


class Event(NamedTuple):
    """One event whose data is a JSON object."""

    name: str
    """As the `event:` line says; empty without one."""
    data: dict[str, Any]


def read_events(body: bytes) -> Iterator[Event]:
    """The events of a stream, in order. What is not a JSON object, such as `[DONE]`, is passed over.

    A last event that was cut off is left out.
    """
    name, data, count = "", list[str](), 0
    lines = _LINE.split(body.decode("utf-8", "replace").removeprefix("\ufeff"))
    for line in lines[:-1]:  # what follows the last line end is not whole
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
            continue
        if data:
            count += 1
            if count > EVENTS_MAX:
                return
            found = _object("\n".join(data))
            if found is not None:
                yield Event(name, found)
        name, data = "", []


def write_event(data: dict[str, Any] | str, *, name: str = "") -> bytes:
    """One event as bytes."""
    body = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {body}\n\n".encode()


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
