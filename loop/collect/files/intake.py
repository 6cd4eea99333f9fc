"""File ingestion: a stream becomes batches of records, each refused row with its line and reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from pydantic import Field, ValidationError

from loop.collect.build import RowDefaults, RowRecords
from loop.collect.files import presets
from loop.collect.files.fields import Cells, Unusable, choose_columns
from loop.collect.files.formats import Table
from loop.collect.files.presets import Preset
from loop.collect.files.rows import RowError
from loop.collect.sanitize import unfit_reason
from loop.errors import InvalidInput
from loop.records import Article, Feedback, Interaction, Moment, Record

_BATCH_BYTES = 8 * 1024 * 1024
_NO_MAPPING: Mapping[str, str] = {}


class Options(Record):
    """What the file does not say."""

    default_at: Moment | None = None
    """Date of rows that name no time, and when everything was received. Give the same one at every import
    of the same file, such as its modification time, and a second import changes nothing. None: `now`."""
    author: str = Field(default="", max_length=128)
    """Who gave feedback that names no author; empty: what the preset says. It counts as one person."""
    low: float = 0.0
    """The worst rating on the file's scale."""
    high: float = 1.0
    """The best rating on the file's scale; above `low`."""
    vouched: frozenset[str] = frozenset()
    """Authors in the file who are who it says, on the operator's word; of everybody else it proves nothing."""
    batch_rows: int = Field(default=1000, ge=1, le=100_000)
    """Rows per batch, at most."""


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


def read(
    stream: BinaryIO,
    *,
    name: str,
    preset: str,
    agent: str,
    now: datetime,
    mapping: Mapping[str, str] = _NO_MAPPING,
    options: Options | None = None,
) -> Iterator[Batch]:
    """The records of a file, batch by batch, in bounded memory.

    `stream`: binary and seekable, read from its start, not closed. `name`: of the file, with its
    extension. `preset`: a key of PRESETS. `mapping`: column by our field name, for columns named
    otherwise. `now`: aware; used only where the file and the options name no time.

    Ids depend on the file's content alone. With `options.default_at` whole records do.

    Raises InvalidInput at the call, before anything is given, when the file is not what it should be,
    has no rows, or lacks a column; and at the end when not one row could be used.
    """
    chosen = presets.preset(preset)
    options = options or Options()
    if options.high <= options.low:
        raise InvalidInput("The scale's best rating has to be above its worst.", field="high")
    if now.tzinfo is None:
        raise InvalidInput("The time has no zone.", field="now")
    table = Table(stream, name=name)
    columns = choose_columns(chosen.fields, table.columns, mapping, takes_context=chosen.takes_context)
    defaults = RowDefaults(
        agent=agent,
        source=f"import:{name[-120:]}",
        author=options.author or chosen.author,
        at=(options.default_at or now).astimezone(UTC),
        low=options.low,
        high=options.high,
        vouched=options.vouched,
    )
    return _batches(table, chosen, columns=columns, defaults=defaults, batch_rows=options.batch_rows)


def _batches(
    table: Table, preset: Preset, *, columns: Mapping[str, str], defaults: RowDefaults, batch_rows: int
) -> Iterator[Batch]:
    described: set[int] = set()
    buffer = _RowBuffer(described)
    first_error: RowError | None = None
    is_empty = True
    begun_at = 0
    for row in table:
        result = row if isinstance(row, RowError) else _records_of(Cells(row, columns), preset, defaults=defaults)
        if isinstance(result, RowError):
            first_error = first_error or result
            buffer.rejected.append(result)
        else:
            is_empty = False
            buffer.add(result, line=row.line)
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


class _RowBuffer:
    """Row buffer of one batch."""

    def __init__(self, described: set[int]) -> None:
        """`described`: the interactions earlier rows of the file have described, by 64 bits of their ids."""
        self._described = described
        self.rows = 0
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
        )


def _records_of(cells: Cells, preset: Preset, *, defaults: RowDefaults) -> RowRecords | RowError:
    try:
        records = preset.make(cells, defaults=defaults)
    except Unusable as unusable:
        return RowError(cells.line, unusable.code, unusable.reason)
    except ValidationError as invalid:
        names = sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False) if error["loc"]})
        return RowError(cells.line, "field", f"The row has a value that is not allowed for: {', '.join(names)}.")
    reason = next(filter(None, map(unfit_reason, records.feedback)), "")
    return RowError(cells.line, "missing", reason) if reason else records
