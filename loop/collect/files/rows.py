"""What a file is read into: physical lines in bounded memory, rows, and the reason of every row that is refused."""

from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias

CELL_MAX = 1024 * 1024
"""Bytes one cell or string may have."""

ROW_MAX = 16 * 1024 * 1024
"""Bytes one row may have; also the most that is ever held of a row that is longer."""

_BOM = b"\xef\xbb\xbf"

Code: TypeAlias = Literal[
    "broken_json", "not_object", "cells", "quote", "too_large", "nul", "surrogate", "not_utf8", "number", "depth",
    "duplicate_name", "value_type", "missing", "field", "header",
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
    return RowError(line, "not_utf8", "The row holds bytes that are not of the file's encoding. Save it as UTF-8.")


def nul(line: int) -> RowError:
    """The refusal of a NUL character."""
    return RowError(line, "nul", "The row contains a NUL character.")


class Lines:
    """Reads line by line and says how far it is. A line longer than ROW_MAX is cut, the rest skipped."""

    def __init__(self, stream: BinaryIO) -> None:
        """`stream`: binary, buffered, at its start."""
        self._stream = stream
        self.number = 0
        """Lines read so far; after `take` the 1-based number of that line."""
        self.position = 0
        """Bytes read so far."""
        self.cut_size = 0
        """Full size in bytes of the last line when it was cut, else 0."""
        self.cut_quotes = 0
        """Double quotes in the last line when it was cut: an odd number opens or closes a quoted cell."""

    def take(self) -> bytes | None:
        """The next line with its line end, without a byte order mark; None at the end."""
        line = self._stream.readline(ROW_MAX)
        if not line:
            return None
        self.number += 1
        self.position += len(line)
        self.cut_size = 0
        if len(line) >= ROW_MAX and not line.endswith(b"\n"):
            self._skip_rest(line)
        if self.number == 1 and line.startswith(_BOM):
            return line[len(_BOM) :]
        return line

    def _skip_rest(self, line: bytes) -> None:
        size, quotes = len(line), line.count(b'"')
        while more := self._stream.readline(1 << 20):
            size += len(more)
            quotes += more.count(b'"')
            self.position += len(more)
            if more.endswith(b"\n"):
                break
        if size > len(line):
            self.cut_size, self.cut_quotes = size, quotes
