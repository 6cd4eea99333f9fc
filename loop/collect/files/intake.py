"""The way in: files become batches of records, and records of any door are made fit to store.

read    a stream → batches of interactions, feedback and articles, with every refused row and its reason
step    interactions and feedback of any door → the same with ids, checked and redacted
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from pydantic import Field, ValidationError

from loop.collect.build import Door, Made
from loop.collect.files import presets
from loop.collect.files.fields import Cells, Unusable, choose_columns
from loop.collect.files.formats import Table
from loop.collect.files.presets import Preset
from loop.collect.files.rows import RowError
from loop.collect.sanitize import Collected, fit, redacted_article, unfit_reason
from loop.errors import InvalidInput
from loop.records import Article, Feedback, Interaction, Moment, Record
from loop.text.redaction import Redaction

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
    batch_rows: int = Field(default=500, ge=1, le=100_000)
    """Rows per batch, at most."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One batch of a file, ready to commit."""

    interactions: tuple[Interaction, ...]
    feedback: tuple[Feedback, ...]
    articles: tuple[Article, ...]
    rejected: tuple[RowError, ...]
    """Rows of this batch that could not be used."""
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
    redaction: Redaction = Redaction.ALL,
    options: Options | None = None,
) -> Iterator[Parsed]:
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
    door = Door(
        agent=agent,
        source=f"import:{name[-120:]}",
        author=options.author or chosen.author,
        at=(options.default_at or now).astimezone(UTC),
        low=options.low,
        high=options.high,
    )
    return _batches(table, chosen, columns=columns, door=door, redaction=redaction, batch_rows=options.batch_rows)


def step(
    interactions: Iterable[Interaction] = (),
    feedback: Iterable[Feedback] = (),
    *,
    redaction: Redaction = Redaction.ALL,
) -> Collected:
    """Records of any door, made fit to store: ids where they are empty, contents checked, secrets and
    personal data masked, people by pseudonym. Doing it twice changes nothing more.

    Feedback on an interaction handed in with it shares its placeholders. Feedback without a target or
    without what its kind needs is refused with a reason; the rest goes on.
    """
    return fit(interactions, feedback, redaction=redaction, is_checked=False)


def _batches(
    table: Table, preset: Preset, *, columns: Mapping[str, str], door: Door, redaction: Redaction, batch_rows: int
) -> Iterator[Parsed]:
    batch = _Batch()
    shared: set[int] = set()
    first_error: RowError | None = None
    is_empty = True
    begun_at = 0
    for row in table:
        result = row if isinstance(row, RowError) else _made(Cells(row, columns), preset, door=door)
        if isinstance(result, RowError):
            first_error = first_error or result
            batch.rejected.append(result)
        else:
            is_empty = False
            batch.add(result, shared=shared)
        batch.rows += 1
        if batch.rows >= batch_rows or table.bytes_read - begun_at >= _BATCH_BYTES:
            yield batch.parsed(table, redaction=redaction)
            batch, begun_at = _Batch(), table.bytes_read
    if batch.rows:
        yield batch.parsed(table, redaction=redaction)
    if is_empty and first_error is not None:
        raise InvalidInput(
            f"Not one row of the file could be used. The first is on line {first_error.line:,}: {first_error.reason}"
        )


class _Batch:
    """What is gathered until it is given."""

    def __init__(self) -> None:
        self.rows = 0
        self.interactions: list[Interaction] = []
        self.feedback: list[Feedback] = []
        self.articles: list[Article] = []
        self.rejected: list[RowError] = []

    def add(self, made: Made, *, shared: set[int]) -> None:
        """Take in what a row became. Of rows that share an interaction the first describes it: `shared`
        remembers it by 64 bits of its id."""
        for interaction in made.interactions:
            mark = hash(interaction.id)
            if not made.is_shared or mark not in shared:
                self.interactions.append(interaction)
            if made.is_shared:
                shared.add(mark)
        self.feedback += made.feedback
        self.articles += made.articles

    def parsed(self, table: Table, *, redaction: Redaction) -> Parsed:
        """The batch, redacted."""
        ready = fit(self.interactions, self.feedback, redaction=redaction, is_checked=True)
        return Parsed(
            interactions=ready.interactions,
            feedback=ready.feedback,
            articles=tuple(redacted_article(article, redaction) for article in self.articles),
            rejected=tuple(self.rejected),
            lines_read=table.lines_read,
            bytes_read=table.bytes_read,
        )


def _made(cells: Cells, preset: Preset, *, door: Door) -> Made | RowError:
    try:
        made = preset.make(cells, door=door)
    except Unusable as unusable:
        return RowError(cells.line, unusable.code, unusable.reason)
    except ValidationError as invalid:
        names = sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False) if error["loc"]})
        return RowError(cells.line, "field", f"The row has a value that is not allowed for: {', '.join(names)}.")
    reason = next(filter(None, map(unfit_reason, made.feedback)), "")
    return RowError(cells.line, "missing", reason) if reason else made
