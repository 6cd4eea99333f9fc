"""One row of a file: its fields, or the reason why it cannot be used."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

CELL_MAX = 1024 * 1024
"""Bytes one cell or string may have."""

ROW_MAX = 16 * 1024 * 1024
"""Bytes one row may have; also the most that is ever held of a row that is longer."""

Code: TypeAlias = Literal[
    "broken_json", "not_object", "cells", "quote", "too_large", "nul", "surrogate", "not_utf8", "number", "depth",
    "duplicate_name", "value_type", "missing", "field",
]  # fmt: skip
"""Why a row was refused, for counting. `reason` is for reading."""


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row."""

    line: int
    """1-based physical line where the row starts; in Parquet the 1-based row."""
    fields: dict[str, Any]
    """By column, in the order of the file. JSON values only: text, finite numbers, booleans, None, lists, objects."""


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that cannot be used. The rows after it are read all the same."""

    line: int
    """1-based physical line where the row starts."""
    code: Code
    reason: str
    """In words. Never quotes what the row holds."""


def too_large(line: int, size: int, *, limit: int = CELL_MAX, what: str = "A cell") -> RowError:
    """The refusal of a cell or row of `size` bytes."""
    return RowError(line, "too_large", f"{what} has {size:,} bytes; at most {limit:,} are read.")


def not_utf8(line: int) -> RowError:
    """The refusal of bytes in another encoding."""
    return RowError(line, "not_utf8", "The row is not valid UTF-8. Save the file as UTF-8.")


def nul(line: int) -> RowError:
    """The refusal of a NUL character."""
    return RowError(line, "nul", "The row contains a NUL character.")
