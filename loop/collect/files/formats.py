"""Opens a file handed in as a stream: finds out what it is, refuses what it cannot be, gives its rows."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Literal, TypeAlias

from loop.collect.files.columnar import ColumnarRows
from loop.collect.files.delimited import DelimitedRows
from loop.collect.files.layout import Layout, utf8
from loop.collect.files.objects import LineObjects, ListObjects, wrapped_at
from loop.collect.files.rows import Lines, Row, RowError
from loop.errors import InvalidInput

Format: TypeAlias = Literal["csv", "jsonl", "json", "parquet"]

_EXTENSIONS: dict[str, Format] = {
    "csv": "csv",
    "tsv": "csv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "parquet": "parquet",
    "pq": "parquet",
}
_READS = "Hand in CSV, TSV, JSON Lines, a JSON list of objects (or an object around it), or Parquet."
_HEAD = 1 << 16
_FIRST_ROWS = 100
"""Rows looked at before the first is given, to know the columns of a file without a header."""
_FIRST_BYTES = 8 * 1024 * 1024

_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Unpack it, or save the sheet as CSV."),
    (b"BZh", "compressed with bzip2", "Unpack it first."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it first."),
    (b"%PDF", "a PDF document", _READS),
    (b"SQLite format 3\x00", "a SQLite database", _READS),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as CSV."),
)


class Table:
    """An opened file: its columns, its rows, and how far the reading is."""

    def __init__(self, stream: BinaryIO, *, name: str, layout: Layout | None = None) -> None:
        """Open and look at the first rows.

        `stream`: binary and seekable; it is read from its start and not closed. `name`: with the
        extension, as `chats.jsonl`; only the extension is used. `layout`: None is UTF-8, the rest found out.

        Raises InvalidInput when the stream is not a file we read, its content is not what its name
        says, or it has no rows. Where none of the first rows is readable it has no columns.
        """
        layout = layout or Layout()
        self.format: Format = format_of(stream, name, layout=layout)
        self._raw = stream
        rows: Iterator[Row | RowError]
        if self.format != "parquet":
            stream = utf8(stream, layout)
        match self.format:
            case "csv":
                lines = Lines(stream)
                for _ in range(layout.skip):
                    lines.take()
                told = layout.delimiter or ("\t" if name.lower().endswith(".tsv") else "")
                delimited = DelimitedRows(lines, delimiter=told)
                self.columns = delimited.columns
                self._counter: Lines | ListObjects | ColumnarRows = lines
                rows = iter(delimited)
            case "jsonl":
                self._counter = Lines(stream)
                rows = iter(LineObjects(self._counter))
            case "json":
                self._counter = ListObjects(stream)
                rows = iter(self._counter)
            case "parquet":
                self._counter = ColumnarRows(stream)
                self.columns = self._counter.columns
                rows = iter(self._counter)
        first = self._first(rows)
        if self.format in ("jsonl", "json"):
            self.columns = _columns_of(first)
        self._rows = chain(first, rows)

    @property
    def lines_read(self) -> int:
        """Physical lines read so far; in Parquet rows."""
        return self._counter.number

    @property
    def bytes_read(self) -> int:
        """Bytes of the file read so far, for a progress bar. In Parquet in proportion to the rows."""
        return self._counter.position if self.format == "parquet" else self._raw.tell()

    def __iter__(self) -> Iterator[Row | RowError]:
        """Rows in file order, once. A row that cannot be used is a RowError in its place."""
        return self._rows

    def _first(self, rows: Iterator[Row | RowError]) -> list[Row | RowError]:
        first: list[Row | RowError] = []
        for row in rows:
            first.append(row)
            if len(first) >= _FIRST_ROWS or self.bytes_read >= _FIRST_BYTES:
                break
        if not first:
            raise InvalidInput("The file has no rows.", remedy="Check that the export has finished.")
        return first


def _columns_of(first: list[Row | RowError]) -> tuple[str, ...]:
    """The names the first objects use, in the order of their first use; none where none of them is readable."""
    columns = tuple(dict.fromkeys(name for row in first if isinstance(row, Row) for name in row.fields))
    if not columns and any(isinstance(row, Row) for row in first):
        raise InvalidInput("The rows of the file have no fields.", remedy=_READS)
    return columns


def head_of(stream: BinaryIO) -> bytes:
    """The first bytes of a file. Raises InvalidInput where it is no file of bytes, or cannot be read twice."""
    if not stream.seekable():
        raise InvalidInput("The stream cannot be read twice.", remedy="Write it to a file first.")
    stream.seek(0)
    head: bytes = stream.read(_HEAD)
    stream.seek(0)
    if not isinstance(head, bytes):
        raise InvalidInput("The stream gives text.", remedy="Open the file in binary mode.")
    return head


def format_of(stream: BinaryIO, name: str, *, layout: Layout) -> Format:
    """By extension, checked against the content; without a known extension by content alone."""
    head = head_of(stream)
    if layout.encoding in ("utf-16-le", "utf-16-be"):
        head = utf8(stream, layout).read(_HEAD)
        stream.seek(0)
    elif head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InvalidInput("The file is UTF-16 text.", field="name", remedy="Say so: --encoding utf-16-le.")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise InvalidInput("The file is empty.", remedy="Check that the export has finished.")
    _refuse_foreign(head, text)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    wanted = _EXTENSIONS.get(extension)
    seen = _content_of(head, text, is_by_line=wanted == "jsonl")
    if wanted is None:
        if extension in ("txt", "log", "dat", "") or seen != "csv":
            return seen
        raise InvalidInput(f"A file ending in .{_clip(extension)} is not read.", field="name", remedy=_READS)
    if wanted == seen or (wanted == "json" and seen == "jsonl"):
        return seen
    raise InvalidInput(
        f"The file is named .{extension}, but its content is {_IN_WORDS[seen]}.",
        field="name",
        remedy="Hand in the right file, or give it the right extension.",
    )


_IN_WORDS: dict[Format, str] = {
    "csv": "neither JSON nor Parquet",
    "jsonl": "JSON objects",
    "json": "a JSON list",
    "parquet": "Parquet",
}


def _refuse_foreign(head: bytes, text: bytes) -> None:
    for magic, what, remedy in _FOREIGN:
        if head.startswith(magic):
            raise InvalidInput(f"The file is {what}.", field="name", remedy=remedy)
    if text[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise InvalidInput("The file is a web page.", field="name", remedy="Download the export itself; log in first.")
    if not head.startswith(b"PAR1") and head.count(b"\0") * 10 > len(head):
        raise InvalidInput("The file is binary and not Parquet.", field="name", remedy=_READS)


def _content_of(head: bytes, text: bytes, *, is_by_line: bool) -> Format:
    if head.startswith(b"PAR1"):
        return "parquet"
    if text.startswith(b"["):
        return "json"
    if not text.startswith(b"{"):
        return "csv"
    if not is_by_line and wrapped_at(text) >= 0:
        return "json"
    if text.partition(b"\n")[0].strip() == b"{":
        raise InvalidInput(
            "The file is one JSON object.",
            remedy="Hand in a list of objects, an object around one, or one object per line.",
        )
    return "jsonl"


def _clip(extension: str) -> str:
    return "".join(letter for letter in extension[:12] if letter.isalnum())
