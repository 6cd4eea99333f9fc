"""How a thing gets its identity: from its content, in one canonical spelling."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

Scalar: TypeAlias = str | int | float | bool | None
"""What a context field or an attribute may hold."""


class Record(BaseModel):
    """A frozen record. A change is a new record (`record.model_copy(update=...)`)."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


Moment: TypeAlias = AwareDatetime
"""A point in time: aware, UTC when we made it."""


def canonical(value: object) -> bytes:
    """One spelling for one value: JSON, keys sorted, no spaces, UTF-8, times in UTC.

    Records are written without the fields that still have their default, so adding a field to a
    record later does not change the identity of what was stored before.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(
        "utf-8", "surrogatepass"
    )


def digest(value: object) -> str:
    """SHA-256 of the canonical spelling, 64 hexadecimal characters."""
    return hashlib.sha256(canonical(value)).hexdigest()


def derived_id(prefix: str, *parts: object) -> str:
    """An id that the same content always gets again: `prefix_` and 20 hexadecimal characters."""
    return f"{prefix}_{digest(list(parts))[:20]}"


def _plain(value: object) -> Any:
    match value:
        case BaseModel():
            return {name: _plain(item) for name, item in _told_fields(value)}
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case Enum():
            return value.value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted(_plain(item) for item in value)
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case _:
            return value


def _told_fields(record: BaseModel) -> list[tuple[str, object]]:
    """The fields that differ from their default, and always `kind`, which tells the members of a union apart."""
    told: list[tuple[str, object]] = []
    for name, field in type(record).model_fields.items():
        item = getattr(record, name)
        if name == "kind" or field.is_required() or item != field.get_default(call_default_factory=True):
            told.append((name, item))
    return told
