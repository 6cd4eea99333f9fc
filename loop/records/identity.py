"""Identity by content: one canonical spelling, hashed; records are spelled with all their fields and a scheme number.

A digest is made once, when content is first kept, and from then on is its name. Stored content is checked
against the body as it was written, never against a record read from it: a default that changed, a field that
was added or a limit that became stricter makes nothing look changed.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

SCHEME = 2
"""How records are spelled for a digest; stands in front of each. 1 (`loop.records.scheme1`) left defaults out."""

Scalar: TypeAlias = str | int | float | bool | None
"""What a context field or an attribute may hold."""


class Record(BaseModel):
    """A frozen record. A change is a new record (`record.model_copy(update=...)`)."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        defer_build=True,  # validators are made for what is used: a hundred classes cost a third of a second
    )

    UNSPOKEN: ClassVar[frozenset[str]] = frozenset()
    """Fields that came after content of this class was first named: not spelled while they hold their default."""


Moment: TypeAlias = AwareDatetime
"""A point in time: aware, UTC when we made it."""


_spell = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_PLAIN = frozenset({str, int, bool, type(None)})


def canonical(value: object) -> bytes:
    """One spelling for one value: JSON, keys sorted, no spaces, UTF-8, times in UTC, records with all fields."""
    return _spell(_plain(value)).encode("utf-8", "surrogatepass")


def digest(value: object) -> str:
    """SHA-256 of the canonical spelling, 64 hexadecimal characters; a record's begins with SCHEME."""
    spelled = [SCHEME, value] if isinstance(value, BaseModel) else value
    return hashlib.sha256(canonical(spelled)).hexdigest()


def body_digest(body: Mapping[str, object]) -> str:
    """The digest of a record from its JSON body: equal to `digest` of the record that was written, if it has no times.

    Reads nothing but the body, so it stays what it was whatever the record's class becomes.
    """
    return digest([SCHEME, body])


def derived_id(prefix: str, *parts: object) -> str:
    """An id that the same content always gets again: `prefix_` and 20 hexadecimal characters."""
    return f"{prefix}_{digest(list(parts))[:20]}"


def unspoken_in(record: BaseModel) -> frozenset[str]:
    """Fields of a record that are not spelled, because they came later and say nothing."""
    later: frozenset[str] = getattr(type(record), "UNSPOKEN", frozenset())
    if not later:
        return later
    fields = type(record).model_fields
    return frozenset(
        name for name in later if getattr(record, name) == fields[name].get_default(call_default_factory=True)
    )


def _plain(value: object) -> Any:
    if type(value) in _PLAIN:
        return value
    match value:
        case BaseModel():
            skipped = unspoken_in(value)
            return {name: _plain(getattr(value, name)) for name in type(value).model_fields if name not in skipped}
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
