"""CSV and TSV through the standard reader: rows with true line numbers, in bounded memory, one bad row at a time."""

import csv
import re
from collections.abc import Iterator

from loop.collect.files.rows import CELL_MAX, ROW_MAX, Lines, Row, RowError, not_utf8, nul, too_large
from loop.errors import InvalidInput

_QUOTED = re.compile(rb'"[^"]*"?')
_DELIMITERS = (b",", b";", b"\t")
_COLUMNS_MAX = 2000


class DelimitedRows:
    """The rows of a CSV or TSV file (RFC 4180 with LF or CRLF). The header is read when this is made."""

    def __init__(self, lines: Lines, *, delimiter: bytes | None = None) -> None:
        """`delimiter`: None finds out from the header: comma, semicolon or tab.

        Raises InvalidInput when there is no usable header.
        """
        # One number for the whole process. `_texts` bounds a whole record, so no cell can be larger.
        csv.field_size_limit(max(csv.field_size_limit(), ROW_MAX))
        self._lines = lines
        self._delimiter = delimiter
        self._is_open_at_end = False
        self._header_cells()

    def _header_cells(self) -> None:
        first = self._next_record()
        if first is None:
            raise InvalidInput("The file has no header.", remedy="Its first line has to name the columns.")
        if isinstance(first, RowError):
            raise InvalidInput(f"The header on line {first.line} cannot be read. {first.reason}")
        names = [cell.strip() or f"column_{number}" for number, cell in enumerate(first[1], start=1)]
        if len(names) > _COLUMNS_MAX:
            raise InvalidInput(f"The header names {len(names):,} columns; at most {_COLUMNS_MAX:,} are read.")
        if len(set(names)) < len(names):
            raise InvalidInput("Two columns of the header have the same name.", remedy="Rename one of them.")
        self.columns = tuple(names)

    def __iter__(self) -> Iterator[Row | RowError]:
        """Rows in file order. Blank lines are skipped."""
        wanted = len(self.columns)
        while (record := self._next_record()) is not None:
            if isinstance(record, RowError):
                yield record
                continue
            line, cells = record
            if len(cells) == wanted:
                yield Row(line, dict(zip(self.columns, cells, strict=True)))
            else:
                yield RowError(line, "cells", f"The row has {len(cells):,} cells, the header names {wanted:,}.")

    def _next_record(self) -> tuple[int, list[str]] | RowError | None:
        while (line := self._lines.take()) is not None:
            start = self._lines.number
            if self._delimiter is None:
                bare = _QUOTED.sub(b"", line)
                self._delimiter = max(_DELIMITERS, key=bare.count)
            try:
                # A reader for each record: the standard one does not say where a record began.
                cells = next(csv.reader(self._texts(line), delimiter=self._delimiter.decode(), strict=True))
            except csv.Error as error:
                return self._broken(start, error)
            except _TooLong as long:
                return self._skip(start, long)
            if cells:
                return _checked(start, cells)
        return None

    def _texts(self, line: bytes) -> Iterator[str]:
        """A record's lines for the standard reader, which asks for another while a quote is open."""
        size, is_open = 0, False
        while True:
            size += self._lines.cut_size or len(line)
            if size > ROW_MAX:
                raise _TooLong(size, is_open=is_open != self._toggles(line))
            yield line.decode(errors="surrogateescape")
            is_open = True
            following = self._lines.take()
            if following is None:
                self._is_open_at_end = True
                return
            line = following

    def _toggles(self, line: bytes) -> bool:
        """Whether the line opens or closes a quoted cell: it has an odd number of quotes."""
        return (self._lines.cut_quotes if self._lines.cut_size else line.count(b'"')) % 2 == 1

    def _skip(self, start: int, long: "_TooLong") -> RowError:
        """Go on to the end of the quoted cell that a record too long to hold left open.

        The standard reader could find it only by holding it.
        """
        size, is_open = long.size, long.is_open
        while is_open and (line := self._lines.take()) is not None:
            size += self._lines.cut_size or len(line)
            is_open = not self._toggles(line)
        return too_large(start, size, limit=ROW_MAX, what="The row")

    def _broken(self, start: int, error: csv.Error) -> RowError:
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
