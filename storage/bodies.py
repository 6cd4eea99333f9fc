"""Stored JSON bodies to records, as they were written: limits are checked at the door, once, and not when reading.

A limit that became stricter, or a field that is gone, must not make stored content unreadable.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from loop.errors import Damaged
from loop.records import Record

R = TypeVar("R", bound=Record)


def from_body(kind: type[R], body: Mapping[str, Any]) -> R:
    """The record of a stored body. Raises Damaged when not even its types fit."""
    try:
        return kind.model_validate(body)
    except ValidationError:
        pass
    try:
        record: R = _unlimited(kind, body)
    except (ValidationError, KeyError, TypeError, AttributeError):
        raise Damaged(f"A stored {kind.__name__} cannot be read.", remedy="Restore a backup, or report this.") from None
    return record


def _unlimited(kind: type[Record], body: Mapping[str, Any]) -> Any:
    values: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        if name in body:
            values[name] = _typed(field.annotation, body[name])
        elif field.is_required():
            raise KeyError(name)
    return kind.model_construct(None, **values)


def _typed(wanted: Any, value: Any) -> Any:
    """The value as an annotation asks; of a field, that is its type without its limits."""
    if isinstance(wanted, type) and issubclass(wanted, Record):
        return _unlimited(wanted, value)
    match get_origin(wanted):
        case origin if origin is Annotated:
            return _typed(get_args(wanted)[0], value)
        case origin if origin is tuple:
            return tuple(_typed(get_args(wanted)[0], item) for item in value)
        case origin if origin in (Union, UnionType) and isinstance(value, Mapping):
            return _typed(_member(wanted, value), value)
        case _:
            return _adapter(wanted).validate_python(value)


def _member(union: Any, value: Mapping[str, Any]) -> Any:
    """The member of a union of records that has this `kind`; the only record when there is one."""
    records = [one for one in get_args(union) if isinstance(one, type) and issubclass(one, Record)]
    if len(records) == 1:
        return records[0]
    return next(one for one in records if value["kind"] == one.model_fields["kind"].default)


@cache
def _adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)
