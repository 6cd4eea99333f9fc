"""What connectors ask and how they read replies: strict about the shape of a page, lenient about what is in it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from loop.collect.otlp.parts import Judgement


class Request(NamedTuple):
    """One request to the other tool. The address and the key are not the connector's business."""

    path: str
    """Below the tool's address, quoted."""
    query: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = None
    """Sent as JSON by POST; None: GET."""


_PAGES_MAX = 1_000

Ask: TypeAlias = Callable[[Request], Any]
"""The reply to a request, as JSON. Raises what the effect raises."""


class Unreadable(ValueError):
    """A reply does not have the form it is documented to have. The message quotes nothing of it."""


class Window(NamedTuple):
    """From `begin` on, before `end`."""

    begin: datetime
    end: datetime


class Listing(NamedTuple):
    """One page of a list of traces."""

    traces: Sequence[str]
    """Ids as the tool gives them, in its order; one may stand there more than once."""
    next: str = ""
    """Where the next page begins, as the tool says it; empty at the end."""
    refused: Sequence[str] = ()
    """A reason for each thing in the list that belongs to no trace. Quotes nothing."""
    judgements: Sequence[Judgement] = ()
    """What was said of whole sessions, each with the trace it is about."""


def rows(reply: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of the list that a reply holds under a name, or is. Raises Unreadable without a list."""
    found: Any = reply
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None and isinstance(reply, Mapping):
        found = []  # protobuf's JSON leaves out empty lists
    if not isinstance(found, list):
        raise Unreadable("A list of it does not have the form that is documented.")
    return [one for one in found if isinstance(one, dict)]


def every(ask: Ask, page: Callable[[str], Request], *, of: str, after: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects of a list on all its pages. `page`: the request of one, by where it begins. Raises Unreadable.

    `of`, `after`: names under which a reply holds the objects, and where the next page begins.
    """
    token = ""
    for _ in range(_PAGES_MAX):
        reply = ask(page(token))
        yield from rows(reply, of)
        token = words(reply, *after)
        if not token:
            return
    raise Unreadable("A list of it does not end.")


def value_at(value: Any, *names: str) -> Any:
    """What stands under these names, one inside the other; None where anything is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def words(value: Any, *names: str) -> str:
    """The same as text; empty for nothing, JSON for what is no text."""
    found = value_at(value, *names)
    if isinstance(found, str):
        return found
    return "" if found is None else json.dumps(found, ensure_ascii=False)


def nanoseconds(value: object) -> int:
    """Since 1970, from ISO 8601; times without a zone are UTC. 0 for what is no time."""
    if not isinstance(value, str):
        return 0
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return 0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1_000


def iso(at: datetime) -> str:
    """In UTC, with milliseconds and a Z, which all of them read."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Pieces of at most `size`, so that no address gets too long."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def unique(items: Sequence[str]) -> list[str]:
    """In their order, each once, without empty ones."""
    return [one for one in dict.fromkeys(items) if one]
