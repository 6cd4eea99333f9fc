"""CSV and TSV through the standard reader: rows with true line numbers, in bounded memory, one bad row at a time."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence

from loop.collect.files.rows import CELL_MAX, ROW_MAX, Lines, Row, RowError, not_utf8, nul, too_large
from loop.errors import InvalidInput

_QUOTED = re.compile(rb'"[^"]*"?')
DELIMITERS = (",", ";", "\t", "|")
_COLUMNS_MAX = 2000
_AGAIN_MAX = 64 * 1024 * 1024
"""Bytes that are read a second time after quotes that were never closed, over the whole file: hostile ones would have
every line read to the end of the file."""


class DelimitedRows:
    """The rows of a CSV or TSV file (RFC 4180 with LF or CRLF). The header is read when this is made."""

    def __init__(self, lines: Lines, *, delimiter: str = "") -> None:
        """`delimiter`: empty finds out from the header: comma, semicolon, tab or bar.

        Raises InvalidInput when there is no usable header.
        """
        # One number for the whole process. `_texts` bounds a whole record, so no cell can be larger.
        csv.field_size_limit(max(csv.field_size_limit(), ROW_MAX))
        self._lines = lines
        self._delimiter = delimiter
        self._is_open_at_end = False
        self._held: list[bytes] = []
        self._pending: deque[tuple[int, bytes]] = deque()
        self._again = 0
        self._header_cells()

    def _header_cells(self) -> None:
        first = self._next_record()
        if first is None:
            raise InvalidInput("The file has no header.", remedy="Its first line has to name the columns.")
        if isinstance(first, RowError):
            raise InvalidInput(f"The header on line {first.line} cannot be read. {first.reason}")
        self._header = first[1]
        if len(first[1]) > _COLUMNS_MAX:
            raise InvalidInput(f"The header names {len(first[1]):,} columns; at most {_COLUMNS_MAX:,} are read.")
        self.columns = tuple(unique_names(first[1]))

    def __iter__(self) -> Iterator[Row | RowError]:
        """Rows in file order. Blank lines are skipped."""
        wanted = len(self.columns)
        while (record := self._next_record()) is not None:
            if isinstance(record, RowError):
                yield record
                continue
            line, cells = record
            if len(cells) > wanted and not any(cells[wanted:]):
                cells = cells[:wanted]  # a separator at the end of every line
            if cells == self._header:
                yield RowError(line, "header", "The line is the header once more.")
            elif len(cells) == wanted:
                yield Row(line, dict(zip(self.columns, cells, strict=True)))
            else:
                yield RowError(line, "cells", f"The row has {len(cells):,} cells, the header names {wanted:,}.")

    def _next_record(self) -> tuple[int, list[str]] | RowError | None:
        while (taken := self._take()) is not None:
            start, line = taken
            if not self._delimiter:
                bare = _QUOTED.sub(b"", line)
                self._delimiter = max(DELIMITERS, key=lambda mark: bare.count(mark.encode()))
            try:
                # A reader for each record: the standard one does not say where a record began.
                cells = next(csv.reader(self._texts(line), delimiter=self._delimiter, strict=True))
            except csv.Error as error:
                return self._broken(start, error)
            except _TooLong as long:
                return self._skip(start, long)
            if cells:
                return _checked(start, cells)
        return None

    def _take(self) -> tuple[int, bytes] | None:
        """The next line with its number; one that is read again comes first."""
        if self._pending:
            return self._pending.popleft()
        line = self._lines.take()
        return None if line is None else (self._lines.number, line)

    def _texts(self, line: bytes) -> Iterator[str]:
        """A record's lines for the standard reader, which asks for another while a quote is open."""
        size, is_open = 0, False
        self._held = []
        while True:
            size += self._lines.cut_size or len(line)
            if size > ROW_MAX:
                raise _TooLong(size, is_open=is_open != self._toggles(line))
            yield line.decode(errors="surrogateescape")
            is_open = True
            following = self._take()
            if following is None:
                self._is_open_at_end = True
                return
            line = following[1]
            self._held.append(line)

    def _toggles(self, line: bytes) -> bool:
        """Whether the line opens or closes a quoted cell: it has an odd number of quotes."""
        return (self._lines.cut_quotes if self._lines.cut_size else line.count(b'"')) % 2 == 1

    def _skip(self, start: int, long: "_TooLong") -> RowError:
        """Go on to the end of the quoted cell that a record too long to hold left open.

        The standard reader could find it only by holding it.
        """
        size, is_open = long.size, long.is_open
        while is_open and (taken := self._take()) is not None:
            size += self._lines.cut_size or len(taken[1])
            is_open = not self._toggles(taken[1])
        return too_large(start, size, limit=ROW_MAX, what="The row")

    def _broken(self, start: int, error: csv.Error) -> RowError:
        """The refusal of a record with a broken quote. What it swallowed after its first line is read again."""
        size = sum(map(len, self._held))
        if self._held and self._again + size <= _AGAIN_MAX:
            self._again += size
            self._pending.extendleft(
                (start + count, line) for count, line in reversed(list(enumerate(self._held, start=1)))
            )
            self._is_open_at_end = False
            return RowError(
                start, "quote", "A quote is opened here and never closed properly. Double a quote in a cell."
            )
        if self._is_open_at_end:
            span = f"lines {start:,} to {self._lines.number:,}"
            return RowError(start, "quote", f"A quote opened here is never closed; {span} could not be read.")
        if "new-line" in str(error):
            return RowError(
                start, "quote", "A CR stands outside quotes, as where lines end with CR alone. Save with LF."
            )
        return RowError(start, "quote", "There is text after a closing quote. Double a quote inside a cell.")


class _TooLong(Exception):
    """A record that cannot be held."""

    def __init__(self, size: int, *, is_open: bool) -> None:
        """`size`: bytes so far. `is_open`: whether its last line leaves a quoted cell open."""
        super().__init__(size)
        self.size = size
        self.is_open = is_open


def _checked(line: int, cells: list[str]) -> tuple[int, list[str]] | RowError:
    try:
        size = max(len(cell.encode()) for cell in cells)
    except UnicodeEncodeError:  # what could not be decoded went through the reader as lone surrogates
        return not_utf8(line)
    if size > CELL_MAX:
        return too_large(line, size)
    if any("\0" in cell for cell in cells):
        return nul(line)
    return line, cells


def unique_names(cells: Sequence[str]) -> list[str]:
    """Names of columns from a header: an empty one is named by its place, one that comes again gets its place too."""
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column_{number}"
        while name in names:
            name = f"{name} ({number})"
        names[name] = None
    return list(names)
