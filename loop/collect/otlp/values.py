"""Attribute values: read leniently, since each sender spells them its own way.

A message list is an array of maps on a log event, the same as JSON text on a span, and in two dialects it is flattened:
`llm.input_messages.0.message.role`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Attributes = Mapping[str, Any]

_INDEX_MAX = 10_000
"""Places of a flattened list that are read."""


def text(attributes: Attributes, *names: str) -> str:
    """The first of these that says something, as text; empty when none does."""
    for name in names:
        value = attributes.get(name)
        if value is not None and value != "":
            return as_text(value)
    return ""


def number(attributes: Attributes, *names: str) -> float | None:
    """The first of these that is a number; a truth value is none."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if isinstance(value, str):
            try:
                found = float(value)
            except ValueError:
                continue
            if abs(found) < 1e308:  # neither an infinity nor NaN
                return found
    return None


def whole(attributes: Attributes, *names: str) -> int | None:
    """The first of these that is a whole number from 0 to 2³¹."""
    found = number(attributes, *names)
    return int(found) if found is not None and 0 <= found < 2**31 and found == int(found) else None


def as_text(value: object) -> str:
    """Text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def parse_json(value: object) -> Any:
    """What a JSON text says; a text that is none stays one, and what is structured already stays so."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def mapping(value: object) -> dict[str, Any]:
    """A JSON object, from text too; empty for anything else."""
    found = parse_json(value)
    return found if isinstance(found, dict) else {}


def list_under(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    """The list under `prefix.0.…`, each place an object by the rest of the name, nested lists included."""
    places: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1] == ".":
            index, _, rest = name[len(prefix) + 1 :].partition(".")
            if rest and index.isascii() and index.isdigit() and len(index) <= 5 and int(index) < _INDEX_MAX:
                places.setdefault(int(index), {})[rest] = value
    return [places[index] for index in sorted(places)]


def pick_texts(attributes: Attributes, names: Iterable[str]) -> dict[str, Any]:
    """Those of these names that say something, texts cut to a line's length."""
    found: dict[str, Any] = {}
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str):
            value = value[:500]
        if value is not None and value != "" and value != []:
            found[name] = value
    return found
