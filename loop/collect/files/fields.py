"""Reads one row by our names: which column is which, and what a cell may hold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loop.collect.files.rows import Code, Row
from loop.errors import InvalidInput

CONTEXT = "context."
"""`context.plan=tariff` maps a column to a context field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a preset reads."""

    name: str
    """Ours, as in `--map question=…`."""
    says: str
    """What it holds, for help texts."""
    columns: tuple[str, ...] = ()
    """Columns it is looked for in when it is not mapped, in this order; its own name when empty."""
    is_needed: bool = False
    or_else: str = ""
    """For a needed field: the field that will do instead."""


class Unusable(ValueError):
    """This row cannot be used; becomes a RowError."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason


def choose_columns(
    fields: Sequence[Field], columns: Sequence[str], mapping: Mapping[str, str], *, takes_context: bool
) -> dict[str, str]:
    """Column by our name, for every field that has one.

    Raises InvalidInput when `mapping` uses a name the preset does not read, names a column the file
    does not have, or a needed field has no column; it lists what there is and says the remedy.
    """
    known = {field.name for field in fields}
    chosen: dict[str, str] = {}
    for name, column in mapping.items():
        if name not in known and not (takes_context and name.startswith(CONTEXT) and len(name) > len(CONTEXT)):
            raise InvalidInput(
                f"There is no field {_shown([name])} to map.",
                field=name,
                remedy=f"Fields: {', '.join(sorted(known))}{', context.NAME' if takes_context else ''}.",
            )
        if column not in columns:
            raise InvalidInput(
                f"The file has no column {_shown([column])}, which is mapped to {name}.",
                field=name,
                remedy=f"Its columns: {_shown(columns)}.",
            )
        chosen[name] = column
    for field in fields:
        tried = field.columns or (field.name,)
        found = next((column for column in tried if column in columns and column not in chosen.values()), None)
        if found is not None:
            chosen.setdefault(field.name, found)
    for field in fields:
        if field.is_needed and not chosen.keys() & {field.name, field.or_else}:
            tried = (*(field.columns or (field.name,)), *filter(None, [field.or_else]))
            raise InvalidInput(
                f"The file has no column {' or '.join(tried)} ({field.says}).",
                field=field.name,
                remedy=f"Its columns: {_shown(columns)}. Map one: --map {field.name}=COLUMN.",
            )
    return chosen


class Cells:
    """One row, by our names. Every reader raises Unusable, naming the column, at a value it cannot take."""

    def __init__(self, row: Row, columns: Mapping[str, str]) -> None:
        self.line = row.line
        self._fields = row.fields
        self._columns = columns

    def raw(self, name: str) -> Any:
        """The value as it is in the file; None when there is none."""
        column = self._columns.get(name)
        return None if column is None else self._fields.get(column)

    def text(self, name: str, *, is_needed: bool = False) -> str:
        """As text; empty when there is none. Numbers are written out, lists and objects refused."""
        value = self.raw(name)
        match value:
            case None:
                text = ""
            case str():
                text = value
            case bool() | int() | float():
                text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
            case _:
                raise self.unusable(name, "holds a list or an object where text is expected")
        if is_needed and not text.strip():
            raise Unusable("missing", f"The column {self._column(name)} is empty.")
        return text

    def name_of(self, name: str) -> str | None:
        """A label or id: text without outer spaces; None when empty."""
        return self.text(name).strip() or None

    def number(self, name: str) -> float | None:
        """As a finite number; None when empty."""
        value = self.raw(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, (list, dict)):
            raise self.unusable(name, "holds a list or an object where a number is expected")
        try:
            number = float(value)
        except ValueError:
            raise self.unusable(name, "holds text where a number is expected") from None
        if not math.isfinite(number):
            raise Unusable("number", f"The column {self._column(name)} holds NaN or an infinity.")
        return number

    def whole(self, name: str) -> int | None:
        """As a whole number, 0 or more; None when empty."""
        number = self.number(name)
        if number is None:
            return None
        if number < 0 or not number.is_integer() or number > 2**53:
            raise self.unusable(name, "has to be a whole number, 0 or more")
        return int(number)

    def truth(self, name: str, *, default: bool) -> bool:
        """As yes or no; the default when empty."""
        value = str(self.text(name)).strip().lower()
        if not value:
            return default
        if value in ("true", "yes", "1"):
            return True
        if value in ("false", "no", "0"):
            return False
        raise self.unusable(name, "has to be true or false")

    def items(self, name: str) -> list[Any]:
        """As a list; a single value is a list of one; empty when there is none."""
        value = self.raw(name)
        if value is None or value == "":
            return []
        return value if isinstance(value, list) else [value]

    def moment(self, name: str) -> datetime | None:
        """As a moment in UTC; None when empty. See `moment_of`."""
        value = self.raw(name)
        if value is None or value == "":
            return None
        found = moment_of(value)
        if found is None:
            raise self.unusable(name, "holds no time: write ISO 8601, or seconds since 1970")
        return found

    def context(self) -> dict[str, str | int | float | bool | None]:
        """Context fields: the object in the column `context`, and every column mapped to `context.NAME`."""
        whole = self.raw("context")
        if whole is not None and whole != "" and not isinstance(whole, dict):
            raise self.unusable("context", "has to be an object")
        found = dict(whole or {})
        for name in self._columns:
            if name.startswith(CONTEXT):
                found[name.removeprefix(CONTEXT)] = self.raw(name)
        if any(isinstance(value, (list, dict)) for value in found.values()):
            raise self.unusable("context", "has a field that is a list or an object")
        return found

    def rest(self) -> dict[str, Any]:
        """The columns no field reads, verbatim."""
        used = set(self._columns.values())
        return {column: value for column, value in self._fields.items() if column not in used}

    def unusable(self, name: str, what: str) -> Unusable:
        """The refusal of this field's value."""
        return Unusable("field", f"The column {self._column(name)} {what}.")

    def _column(self, name: str) -> str:
        return _shown([self._columns.get(name, name)])


def moment_of(value: object) -> datetime | None:
    """A time in UTC: ISO 8601 (without a zone it is UTC), or a number since 1970 in seconds,
    milliseconds, microseconds or nanoseconds, told apart by size. None when it is neither."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            if not _is_epoch(text):
                read = datetime.fromisoformat(text)
                return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
            value = float(text)
        if not isinstance(value, (int, float)) or value < 0:
            return None
        scale = next((scale for limit, scale in _EPOCHS if value < limit), None)
        return None if scale is None else datetime.fromtimestamp(value / scale, UTC)
    except (ValueError, OverflowError, OSError):
        return None


_EPOCHS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""Below the limit, the number of units in a second. 1e11 seconds are the year 5138."""


def _is_epoch(text: str) -> bool:
    """Nine digits or more: a shorter run of digits is a date written without dashes."""
    whole, _, fraction = text.partition(".")
    return len(whole) >= 9 and whole.isascii() and whole.isdigit() and (not fraction or fraction.isdigit())


def _shown(names: Sequence[str]) -> str:
    """Column names for a message: printable, short, not all of a thousand."""
    clean = ["".join(letter if letter.isprintable() else "?" for letter in name[:40]) for name in names[:20]]
    return ", ".join(clean) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
