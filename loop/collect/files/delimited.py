"""CSV and TSV: rows with true line numbers, in bounded memory, one bad row at a time.

The standard reader is not used: its cell limit is one number for the whole process, it cannot go on
after a cell beyond that limit, and it does not say where a row began. The dialect is the same
(RFC 4180 with LF or CRLF); a test holds the two against each other.
"""

import re
from collections.abc import Iterator

from loop.collect.files.lines import Lines
from loop.collect.files.rows import CELL_MAX, ROW_MAX, Row, RowError, not_utf8, nul, too_large
from loop.errors import InvalidInput

_QUOTED = re.compile(rb'"[^"]*"?')
_DELIMITERS = (b",", b";", b"\t")
_COLUMNS_MAX = 2000


class DelimitedRows:
    """The rows of a CSV or TSV file. The header is read when this is made."""

    def __init__(self, lines: Lines, *, delimiter: bytes | None = None) -> None:
        """`delimiter`: None finds out from the header: comma, semicolon or tab.

        Raises InvalidInput when there is no usable header.
        """
        self._lines = lines
        self._delimiter = delimiter
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
        if any("\r" in name for name in names):
            raise InvalidInput("The file ends its lines with CR alone.", remedy="Save it with LF or CRLF line ends.")
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
            if self._lines.cut_size:
                return self._skip_cut(start, is_open=self._lines.cut_quotes % 2 == 1)
            if self._delimiter is None:
                self._delimiter = _delimiter_of(line)
            if b'"' in line:
                return self._quoted(line, start)
            body = line.rstrip(b"\r\n")
            if body:
                return _decoded(start, body.split(self._delimiter))
        return None

    def _quoted(self, line: bytes, start: int) -> tuple[int, list[str]] | RowError:
        """A record with at least one quote, which may go on over many lines."""
        assert self._delimiter is not None
        cells: list[bytes] = []
        at, record_size, largest = 0, 0, 0
        while True:
            if line[at : at + 1] != b'"':
                end = line.find(self._delimiter, at)
                cell = line[at:end] if end >= 0 else line[at:].rstrip(b"\r\n")
                is_last = end < 0
                at = end + 1
            else:
                parts: list[bytes] = []
                size, at = 0, at + 1
                while (close := _closing_quote(line, at)) < 0:
                    size += len(line) - at
                    if size <= CELL_MAX and record_size + size <= ROW_MAX:
                        parts.append(line[at:])
                    following = self._lines.take()
                    if following is None:
                        return _never_closed(start, self._lines.number)
                    if self._lines.cut_size:
                        return self._skip_cut(start, is_open=self._lines.cut_quotes % 2 == 0)
                    line, at = following, 0
                size += close - at
                parts.append(line[at:close])
                largest = max(largest, size)
                cell = b"".join(parts).replace(b'""', b'"') if size <= CELL_MAX else b""
                at = close + 1
                is_last = line[at : at + 1] != self._delimiter
                if is_last and line[at:].rstrip(b"\r\n"):
                    return RowError(
                        start, "quote", "There is text after a closing quote. Double a quote inside a cell."
                    )
                at += 1
            record_size += len(cell)
            if record_size <= ROW_MAX:
                cells.append(cell)
            if is_last:
                break
        if largest > CELL_MAX:
            return too_large(start, largest)
        if record_size > ROW_MAX:
            return too_large(start, record_size, limit=ROW_MAX, what="The row")
        return _decoded(start, cells)

    def _skip_cut(self, start: int, *, is_open: bool) -> RowError:
        """Behind a line too long to hold: go on to the end of the quoted cell it left open."""
        size = self._lines.cut_size
        while is_open and (line := self._lines.take()) is not None:
            quotes = self._lines.cut_quotes if self._lines.cut_size else line.count(b'"')
            is_open = quotes % 2 == 0
        return too_large(start, size, limit=ROW_MAX, what="The line")


def _closing_quote(line: bytes, at: int) -> int:
    """Where the quoted cell that has begun before `at` ends; -1 when not on this line."""
    while (found := line.find(b'"', at)) >= 0:
        if line[found + 1 : found + 2] != b'"':
            return found
        at = found + 2
    return -1


def _never_closed(start: int, last: int) -> RowError:
    return RowError(
        start, "quote", f"A quote opened here is never closed; lines {start:,} to {last:,} could not be read."
    )


def _decoded(line: int, cells: list[bytes]) -> tuple[int, list[str]] | RowError:
    if (size := max(map(len, cells))) > CELL_MAX:
        return too_large(line, size)
    try:
        texts = [cell.decode() for cell in cells]
    except UnicodeDecodeError:
        return not_utf8(line)
    if any("\0" in text for text in texts):
        return nul(line)
    return line, texts


def _delimiter_of(header: bytes) -> bytes:
    bare = _QUOTED.sub(b"", header)
    return max(_DELIMITERS, key=bare.count)
