"""Reads one row by our names: where each field lies, which are constant, and what a cell may hold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from loop.collect.files.moments import DateOrder, moment_of
from loop.collect.files.objects import value_of
from loop.collect.files.paths import find, without, word_of
from loop.collect.files.ratings import Decimal, NoRating, Scale, number_in, rating_in
from loop.collect.files.rows import Code, Row

CONTEXT = "context."
"""`context.plan=tariff` maps a column to a context field."""
WITHIN = "message."
"""Fields that are looked for in each message of a row, not in the row."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a shape of records is made of."""

    name: str
    """Ours, as in `--map question=…`."""
    says: str
    """What it holds, for help texts."""
    is_needed: bool = False
    or_else: str = ""
    """For a needed field: the field that will do instead."""


class Unusable(ValueError):
    """This row cannot be used; becomes a RowError."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each field of one file lies."""

    columns: Mapping[str, tuple[str, ...]]
    """By our name the columns or paths to look in; the first that holds something counts."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    """By our name what every row says, in place of a column."""
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By our name what the file's words mean, in small letters; `*` stands for all others."""

    def __contains__(self, name: str) -> bool:
        return name in self.columns or name in self.constants

    @property
    def read(self) -> set[str]:
        """Every column and path that some field reads."""
        return {path for name, paths in self.columns.items() if not name.startswith(WITHIN) for path in paths}


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a file writes times, numbers and ratings."""

    order: DateOrder = ""
    zone: tzinfo = UTC
    """Of times that name none."""
    scale: Scale = field(default_factory=Scale)

    @property
    def decimal(self) -> Decimal:
        """What stands before the fraction."""
        return self.scale.decimal


class Cells:
    """One row, by our names. Every reader raises Unusable, naming the column, at a value it cannot take."""

    def __init__(self, row: Row, chosen: ColumnMap, *, conventions: Conventions) -> None:
        self.line = row.line
        self.conventions = conventions
        self.chosen = chosen
        self._fields = row.fields

    def raw(self, name: str) -> Any:
        """The value as it is in the file, or what its word means; None when there is none."""
        if name in self.chosen.constants:
            return self.chosen.constants[name]
        value = None
        for path in self.chosen.columns.get(name, ()):
            value = find(self._fields, path)
            if value is not None and value != "":
                break
        words = self.chosen.words.get(name)
        return meant(value, words) if words else value

    def text(self, name: str, *, is_needed: bool = False) -> str:
        """As text; empty when there is none. Numbers are written out, parts of a message joined, the rest refused."""
        text = text_of(self.raw(name))
        if text is None:
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
        if isinstance(value, str):
            number = number_in(value, decimal=self.conventions.decimal)
            if number is None:
                raise self.unusable(name, "holds text where a number is expected")
            return number
        number = float(value)
        if not math.isfinite(number):
            raise Unusable("number", f"The column {self._column(name)} holds NaN or an infinity.")
        return number

    def rating(self, name: str) -> float | None:
        """As a rating from 0 (worst) to 1 (best); None where nobody rated."""
        return self.rating_of(self.raw(name), name)

    def rating_of(self, value: object, name: str) -> float | None:
        """One rating of a field that holds several."""
        if isinstance(value, (list, dict)):
            raise self.unusable(name, "holds a list or an object where a rating is expected")
        try:
            return rating_in(value, scale=self.conventions.scale)
        except NoRating as wrong:
            raise self.unusable(name, f"holds {wrong}") from None

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
        value = word_of(self.raw(name))
        if not value:
            return default
        if value in _YES:
            return True
        if value in _NO:
            return False
        raise self.unusable(name, "has to be true or false")

    def items(self, name: str) -> list[Any]:
        """As a list; a single value is a list of one; empty when there is none."""
        value = self.raw(name)
        if value is None or value == "":
            return []
        value = value_of(value) if isinstance(value, str) else value
        return value if isinstance(value, list) else [value]

    def moment(self, name: str) -> datetime | None:
        """As a moment in UTC; None when empty. See `moment_of`."""
        return self.moment_in(self.raw(name), name)

    def moment_in(self, value: object, name: str) -> datetime | None:
        """One time of a field that holds several."""
        if value is None or value == "":
            return None
        found = moment_of(value, order=self.conventions.order, zone=self.conventions.zone)
        if found is None:
            order = self.conventions.order
            says = f"that is read with the {order} first" if order else "(ISO 8601, or seconds since 1970)"
            raise self.unusable(name, f"holds no time {says}")
        return found

    def context(self) -> dict[str, str | int | float | bool | None]:
        """Context fields: the object in the column `context`, and every column mapped to `context.NAME`."""
        whole = self.raw("context")
        if whole is not None and whole != "" and not isinstance(whole, dict):
            raise self.unusable("context", "has to be an object")
        found = dict(whole or {})
        for name in {**self.chosen.columns, **self.chosen.constants}:
            if name.startswith(CONTEXT):
                found[name.removeprefix(CONTEXT)] = self.raw(name)
        if any(isinstance(value, (list, dict)) for value in found.values()):
            raise self.unusable("context", "has a field that is a list or an object")
        return found

    def rest(self) -> dict[str, Any]:
        """What no field reads, verbatim."""
        return without(self._fields, self.chosen.read)

    def unusable(self, name: str, what: str) -> Unusable:
        """The refusal of this field's value."""
        return Unusable("field", f"The column {self._column(name)} {what}.")

    def _column(self, name: str) -> str:
        return column_list(self.chosen.columns.get(name, (name,))[:3])


_YES_WORDS = "true yes 1 y t ja oui si sí sim wahr vrai verdadero vero waar verdadeiro x on"
_YES = frozenset(_YES_WORDS.split())
_NO_WORDS = "false no 0 n f nein non não nee falsch faux falso onwaar off -"
_NO = frozenset(_NO_WORDS.split())


def meant(value: Any, words: Mapping[str, Any]) -> Any:
    """What a word of the file means; the word itself where the table says nothing of it."""
    word = word_of(value)
    if not word:
        return value
    return words.get(word, words.get("*", value))


def text_of(value: Any) -> str | None:
    """A value as text: numbers written out, the text parts of a chat message joined; None for what has none."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | int() | float():
            return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        case {"content": inner} | {"text": inner}:
            return text_of(inner)
        case list() if value and all(map(_is_part, value)):
            return "\n".join(text for part in value if (text := str(part.get("text", ""))))
        case _:
            return None


def _is_part(part: Any) -> bool:
    """A content part of a chat message; those that are no text have a type and say nothing here."""
    return isinstance(part, dict) and (isinstance(part.get("text"), str) or isinstance(part.get("type"), str))


def column_list(names: Sequence[str]) -> str:
    """Column names for a message: printable, short, not all of a thousand."""
    clean = ["".join(letter if letter.isprintable() else "?" for letter in name[:40]) for name in names[:20]]
    return ", ".join(clean) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
