"""File ingestion: a stream becomes batches of records, each refused row with its line and reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from loop.collect.build import RowRecords
from loop.collect.files.formats import Table
from loop.collect.files.importers import Importer
from loop.collect.files.layout import Layout
from loop.collect.files.reading import Options, RowReader, defaults_for
from loop.collect.files.rows import Row, RowError
from loop.collect.files.shipped import importer as shipped_importer
from loop.errors import InvalidInput
from loop.records import Article, Feedback, Interaction

_BATCH_BYTES = 8 * 1024 * 1024
_NO_MAPPING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file, ready for `receive_file`: as they are in the file, not redacted."""

    interactions: tuple[Interaction, ...]
    feedback: tuple[Feedback, ...]
    articles: tuple[Article, ...]
    described: tuple[Interaction, ...]
    """What earlier rows have described and rows of this batch say more about: kept already."""
    rejected: tuple[RowError, ...]
    """Rows that could not be used."""
    lines: Mapping[str, int]
    """By record id, the 1-based line of its row."""
    lines_read: int
    """Of the file so far."""
    bytes_read: int
    """Of the file so far, for a progress bar."""
    passed_over: int = 0
    """Rows that hold nothing for us, as the importer says, such as a judge's scores."""


def read_batches(
    stream: BinaryIO,
    *,
    name: str,
    importer: Importer | str | None,
    agent: str,
    now: datetime,
    mapping: Mapping[str, str] = _NO_MAPPING,
    options: Options | None = None,
    layout: Layout | None = None,
) -> Iterator[Batch]:
    """The records of a file, batch by batch, in bounded memory.

    `stream`: binary and seekable, read from its start, not closed. `name`: of the file, with its
    extension. `importer`: what it holds; a shipped one by its name; None: unknown, for
    the reasons of what cannot be read. `mapping`: column by our field name,
    for columns named otherwise. `now`: aware; used only where the file and the options name no time.
    `layout`: its encoding and how its cells are parted; None: UTF-8, and found out from the header.

    Ids depend on the file's content alone. With `options.default_at` whole records do.

    Raises InvalidInput at the call, before anything is given, when the file is not what it should be,
    has no rows, or lacks a column; and at the end when not one row could be used.
    """
    options = options or Options()
    if now.tzinfo is None:
        raise InvalidInput("The time has no zone.", field="now")
    chosen = shipped_importer(importer) if isinstance(importer, str) else importer
    table = Table(stream, name=name, layout=layout)
    defaults = defaults_for(agent=agent, name=name, at=now, options=options)
    reader = None
    if chosen is not None and table.columns:
        reader = RowReader(chosen, table.columns, mapping=mapping, options=options, defaults=defaults)
    return _batches(table, reader, batch_rows=options.batch_rows)


def _batches(table: Table, reader: RowReader | None, *, batch_rows: int) -> Iterator[Batch]:
    """`reader`: None where no column is known, because none of the first rows is readable."""
    described: set[int] = set()
    buffer = _RowBuffer(described)
    first_error: RowError | None = None
    is_empty = True
    begun_at = 0
    for row in table:
        result = _records_of(row, reader)
        if isinstance(result, RowError):
            first_error = first_error or result
            buffer.rejected.append(result)
        elif result is not None:
            is_empty = False
            buffer.add(result, line=row.line)
        else:
            is_empty = False
            buffer.passed_over += 1
        buffer.rows += 1
        if buffer.rows >= batch_rows or table.bytes_read - begun_at >= _BATCH_BYTES:
            yield buffer.batch(table)
            buffer, begun_at = _RowBuffer(described), table.bytes_read
    if buffer.rows:
        yield buffer.batch(table)
    if is_empty and first_error is not None:
        raise InvalidInput(
            f"Not one row of the file could be used. The first is on line {first_error.line:,}: {first_error.reason}"
        )


def _records_of(row: Row | RowError, reader: RowReader | None) -> RowRecords | RowError | None:
    if isinstance(row, RowError):
        return row
    return reader.records(row) if reader else RowError(row.line, "missing", "The rows before it cannot be read.")


class _RowBuffer:
    """Row buffer of one batch."""

    def __init__(self, described: set[int]) -> None:
        """`described`: the interactions earlier rows of the file have described, by 64 bits of their ids."""
        self._described = described
        self.rows = 0
        self.passed_over = 0
        self.rejected: list[RowError] = []
        self._interactions: list[Interaction] = []
        self._again: dict[str, Interaction] = {}
        self._feedback: list[Feedback] = []
        self._articles: list[Article] = []
        self._lines: dict[str, int] = {}

    def add(self, records: RowRecords, *, line: int) -> None:
        """Take in what a row became. Of rows that share an interaction the first describes it."""
        for interaction in records.interactions:
            mark = hash(interaction.id)
            if records.is_shared and mark in self._described:
                self._again[interaction.id] = interaction
            else:
                self._interactions.append(interaction)
                self._lines[interaction.id] = line
            if records.is_shared:
                self._described.add(mark)
        self._feedback += records.feedback
        self._lines.update((item.id, line) for item in records.feedback)
        self._articles += records.articles
        self._lines.update((article.id, line) for article in records.articles)

    def batch(self, table: Table) -> Batch:
        """What was gathered."""
        return Batch(
            interactions=tuple(self._interactions),
            feedback=tuple(self._feedback),
            articles=tuple(self._articles),
            described=tuple(self._again.values()),
            rejected=tuple(self.rejected),
            lines=self._lines,
            lines_read=table.lines_read,
            bytes_read=table.bytes_read,
            passed_over=self.passed_over,
        )
