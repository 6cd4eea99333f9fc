"""JSON paths, a small subset: where a field lies in a row of nested objects, as `ticket.comments[author=bot][-1].body`.

    name.name           a field of an object; `"a name"` in double quotes may hold dots and brackets
    [0] [-1]            one element of a list
    [*]                 every element, as a list
    [role=user]         every element whose field says so, as a list; a field name may be dotted

A column whose whole name is the path comes first, so that `Nr. [alt]` is a column. Text that is JSON is opened on the
way. A path that leads nowhere gives None, as an empty cell does.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from loop.collect.files.objects import value_of

_STEP = re.compile(r'\.?(?:"([^"]+)"|([^.\[\]"]+))|\[([^\[\]]*)\]')
_LONGEST = 500


class Step(NamedTuple):
    """One step of a path. Exactly one of the first three says something; `key` with `value` filters."""

    name: str | None = None
    place: int | None = None
    is_all: bool = False
    key: str = ""
    value: str = ""


@lru_cache(maxsize=4096)
def steps_of(path: str) -> tuple[Step, ...]:
    """A path taken apart. Raises ValueError where it is none."""
    steps: list[Step] = []
    at = 0
    if not path.strip() or len(path) > _LONGEST:
        raise ValueError("A path is a name, or names with dots between them.")
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (at == 0 and path[0] in ".["):
            raise ValueError(f"A path cannot have {path[at]!r} at its place {at + 1}.")
        quoted, name, inside = found.groups()
        steps.append(Step(name=quoted or name) if inside is None else _selector(inside))
        at = found.end()
    return tuple(steps)


def _selector(inside: str) -> Step:
    key, is_filter, value = inside.partition("=")
    if is_filter and key:
        return Step(key=key, value=value)
    if inside == "*":
        return Step(is_all=True)
    if re.fullmatch(r"-?\d{1,6}", inside):
        return Step(place=int(inside))
    raise ValueError(f"[{inside}] is neither a number, nor *, nor NAME=VALUE.")


def find(fields: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None where there is none, or where the path is the name of a column that is not there."""
    if path in fields:
        return fields[path]
    try:
        steps = steps_of(path)
    except ValueError:
        return None
    return _walk(fields, steps) if len(steps) > 1 else None


def _walk(value: Any, steps: tuple[Step, ...]) -> Any:
    for step in steps:
        value = value_of(value) if isinstance(value, str) else value
        if step.name is not None:
            value = _named(value, step.name)
        elif not isinstance(value, list):
            return None
        elif step.place is not None:
            value = value[step.place] if -len(value) <= step.place < len(value) else None
        elif step.key:
            value = [item for item in value if isinstance(item, Mapping) and says(item, step.key, step.value)]
        if value is None:
            return None
    return value


def _named(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list):  # behind [*] and filters: the field of every element
        found = [item[name] for item in value if isinstance(item, Mapping) and item.get(name) is not None]
        return found or None
    return None


def says(fields: Mapping[str, Any], path: str, wanted: str) -> bool:
    """Whether the value at a path is written so; `true` and `false` are booleans, letter case does not count."""
    return word_of(find(fields, path)) == wanted.strip().casefold()


def word_of(value: Any) -> str:
    """A value as one writes it in a path or a table of words: in small letters; empty for None, lists and objects."""
    match value:
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value).strip().casefold()
        case _:
            return ""


def without(fields: Mapping[str, Any], paths: set[str]) -> dict[str, Any]:
    """The row without what is at these paths, as far as they only name fields; what a list held goes with the list."""
    kept = dict(fields)
    for path in paths:
        if path in kept:
            del kept[path]
            continue
        try:
            names = [step.name for step in steps_of(path)]
        except ValueError:
            continue
        cut = next((at for at, name in enumerate(names) if name is None), len(names))
        _drop(kept, [name for name in names[:cut] if name is not None])
    return kept


def _drop(inner: dict[str, Any], names: list[str]) -> None:
    """Copies on the way down, so that the row itself stays as it was."""
    *above, last = names
    for name in above:
        below = inner.get(name)
        if not isinstance(below, dict):
            return
        inner[name] = dict(below)
        inner = inner[name]
    inner.pop(last, None)
