"""A look at a file before anything is written: how it is read, five rows as they would arrive, and what is unsure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from loop.collect.build import RowRecords
from loop.collect.files.formats import Table, format_of
from loop.collect.files.guessing.bytes import encoding_of, separator_of
from loop.collect.files.guessing.conventions import misfit, order_of, scale_of
from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.guessing.lacking import without_judgement, without_names
from loop.collect.files.guessing.lexicon import is_english, is_german
from loop.collect.files.guessing.making import importer_for
from loop.collect.files.guessing.profiles import profiles_of
from loop.collect.files.guessing.survey import Survey, first_rows, survey
from loop.collect.files.importers import Importer
from loop.collect.files.layout import Encoding, Layout
from loop.collect.files.paths import find
from loop.collect.files.reading import RATED, Options, RowReader, defaults_for
from loop.collect.files.rows import Row, RowError
from loop.collect.files.shapes import NOTHING

_ROWS = 500
"""Rows whose values say what a column is."""
_PROFILED = 50
"""Rows whose values say what a column may be that nobody named."""
_SHOWN = 5
_KNOWN = 0.6
"""Share of rows that have the columns by which an importer knows its files."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file seems to be."""

    layout: Layout
    importer: Importer
    options: Options
    """With the scale, the order of dates and the decimal mark of this file."""
    columns: tuple[str, ...]
    arriving: tuple[tuple[int, RowRecords], ...]
    """The first rows with their lines, as they would arrive; not redacted."""
    refused: tuple[RowError, ...]
    """The first rows that would be refused."""
    found: Survey
    doubts: tuple[Doubt, ...]

    @property
    def stops(self) -> bool:
        """Whether something has to be settled before anything is written."""
        return any(doubt.stops for doubt in self.doubts)


@dataclass(frozen=True, slots=True)
class FileHints:
    """What the user says of a file; whatever is not said is guessed."""

    importer: Importer | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column by our field."""
    options: Options = field(default_factory=Options)
    encoding: Encoding | None = None
    delimiter: str = ""


def look(stream: BinaryIO, *, name: str, importers: Mapping[str, Importer], now: datetime, hints: FileHints) -> Look:
    """Look at a whole file, in bounded memory; nothing is written.

    `importers`: known ones, which recognise their files. Raises InvalidInput where the file is none we read.
    """
    layout, doubts = _layout(stream, name=name, hints=hints)
    table = Table(stream, name=name, layout=layout)
    columns = table.columns
    rows, unread = first_rows(table, _ROWS)
    if not rows:
        return _unreadable(unread, hints, layout=layout, columns=columns, importers=importers)
    options = hints.options
    chosen = hints.importer or _recognised(rows, importers, names={*hints.mapping, *options.constants})
    if chosen is None:
        if layout.delimiter:
            doubts += without_names(columns, is_told="question" in {*hints.mapping, *options.constants})
        guess = importer_for([row.fields for row in rows], mapping=hints.mapping, constants=options.constants)
        chosen, doubts = guess.importer, [*doubts, *guess.doubts]
        if not guess.is_whole:
            return Look(layout, chosen, options, columns, (), (), Survey(rows=len(rows)), tuple(doubts))
    defaults = defaults_for(agent="look", name=name, at=now, options=options)
    reader = RowReader(chosen, columns, mapping=hints.mapping, options=options, defaults=defaults)
    found = survey(Table(stream, name=name, layout=layout), reader, now=now, unrated=options.unrated)
    options, unsure = _settled(options, found, chosen, reader, columns=columns)
    doubts += unsure
    shown = _with_any_rating(options, found) if any(one.stops and one.field == "rating" for one in doubts) else options
    reader = RowReader(chosen, columns, mapping=hints.mapping, options=shown, defaults=defaults)
    arriving, refused = _arriving(rows, reader)
    if hints.importer is None:
        doubts += without_judgement(
            chosen,
            n_rated=found.ratings.total() + found.rated_in_words + found.unread.total(),
            arriving=[made for _, made in arriving],
            profiles=profiles_of(row.fields for row in rows[:_PROFILED]),
        )
    if not arriving and refused and hints.importer is None and not any(doubt.stops for doubt in doubts):
        doubts.append(Doubt("file", f"None of the first rows can be used. {refused[0].reason}", stops=True))
    lines = tuple(sorted((*unread, *refused), key=lambda row: row.line)[:_SHOWN])
    return Look(layout, chosen, options, columns, arriving, lines, found, tuple(doubts))


def _unreadable(
    refused: Sequence[RowError],
    hints: FileHints,
    *,
    layout: Layout,
    columns: tuple[str, ...],
    importers: Mapping[str, Importer],
) -> Look:
    """A look at a file whose first rows cannot be read; whoever says what it holds may try all the same."""
    says = f"None of the first {len(refused):,} rows can be read. The first is on line {refused[0].line:,}: "
    doubt = Doubt("file", says + refused[0].reason, stops=hints.importer is None)
    found = Survey(rows=len(refused), refused=len(refused))
    importer = hints.importer or next(iter(importers.values()))
    return Look(layout, importer, hints.options, columns, (), tuple(refused[:_SHOWN]), found, (doubt,))


def _layout(stream: BinaryIO, *, name: str, hints: FileHints) -> tuple[Layout, list[Doubt]]:
    doubts: list[Doubt] = []
    if hints.encoding is None:
        found = encoding_of(stream)
        layout = found.layout
        if found.utf8_lines:
            says = f"{found.utf8_lines:,} lines are UTF-8 in a file that is {layout.encoding.upper()}; both are read."
            doubts.append(Doubt("file", says, "--encoding NAME"))
        if found.foreign_lines:
            says = f"{found.foreign_lines:,} lines are not UTF-8 like the others: those are refused, by line."
            doubts.append(Doubt("file", says, "--encoding cp1252"))
    else:
        layout = Layout(encoding=hints.encoding)
    if format_of(stream, name, layout=layout) == "csv":
        parted = separator_of(stream, layout)
        layout = parted.model_copy(update={"delimiter": hints.delimiter}) if hints.delimiter else parted
    return layout, doubts


def _recognised(rows: Sequence[Row], importers: Mapping[str, Importer], *, names: Collection[str]) -> Importer | None:
    """The importer that knows this file by most of its columns, and has all the fields the user named."""
    fitting = [
        (len(paths), _filled(rows, paths), importer)
        for importer in importers.values()
        for paths in importer.recognise
        if _share(rows, paths) >= _KNOWN and importer.has(names)
    ]
    return max(fitting, key=lambda one: one[:2])[2] if fitting else None


def _share(rows: Sequence[Row], paths: Sequence[str]) -> float:
    """Share of rows that have all of these, whether or not they hold something."""
    some = rows[:50]
    have = sum(all(path in row.fields or find(row.fields, path) not in (None, []) for path in paths) for row in some)
    return have / len(some)


def _filled(rows: Sequence[Row], paths: Sequence[str]) -> int:
    """How many of these cells hold something, to tell two importers apart that know the same columns."""
    return sum(find(row.fields, path) not in (None, "", []) for row in rows[:50] for path in paths)


def _settled(
    options: Options, found: Survey, importer: Importer, reader: RowReader, *, columns: Sequence[str]
) -> tuple[Options, list[Doubt]]:
    """The conventions of the file, and what has to be asked."""
    doubts: list[Doubt] = []
    headers = list(columns)
    settled: dict[str, Any] = {}
    rules = [rule for rule in importer.rows if rule.becomes != NOTHING]
    told = (options.low, options.high) if options.low is not None or options.high is not None else None
    own = next(((rule.low, rule.high) for rule in rules if rule.low is not None or rule.high is not None), None)
    if told or own:
        low, high = told or own or (None, None)
        low, high = 0.0 if low is None else low, 1.0 if high is None else high
        doubt = misfit(found.ratings, low=low, high=high, was_told=told is not None)
        doubts += [doubt] if doubt else []
    else:
        chosen = reader.chosen()
        header = " ".join(path for name in RATED for path in (chosen.columns.get(name, ()) if chosen else ()))
        scale = scale_of(found.ratings, header=header, is_german=is_german(headers))
        if isinstance(scale, Doubt):
            doubts.append(scale)
        else:
            settled |= {"low": scale[0], "high": scale[1]}
    if found.commas > found.dots:
        settled["decimal"] = ","
    if not options.order:
        order, unsure = order_of(found.dates, is_english=is_english(headers))
        settled["order"] = importer.dates or order
        doubts += [unsure] if unsure and not importer.dates else []
    if found.unread:
        unread, known = found.unread.total(), found.ratings.total() + found.rated_in_words
        shown = ", ".join(list(found.unread)[:4])
        says = f"{unread:,} ratings are neither numbers nor known words, such as {shown}."
        remedy = "--unrated WORD, or [rows.words.rating] in an importer"
        doubts.append(Doubt("rating", says, remedy, stops=unread > known))
    return options.model_copy(update=settled), doubts


def _with_any_rating(options: Options, found: Survey) -> Options:
    """A scale that holds whatever the file has, so that rows can be shown before it is settled."""
    least, most = min(found.ratings, default=0.0), max(found.ratings, default=1.0)
    return options.model_copy(update={"low": least, "high": max(most, least + 1)})


def _arriving(
    rows: Sequence[Row], reader: RowReader
) -> tuple[tuple[tuple[int, RowRecords], ...], tuple[RowError, ...]]:
    arriving: list[tuple[int, RowRecords]] = []
    refused: list[RowError] = []
    for row in rows:
        made = reader.records(row)
        if isinstance(made, RowError):
            refused.append(made)
        elif made is not None and len(arriving) < _SHOWN:
            arriving.append((row.line, made))
        if len(arriving) >= _SHOWN and len(refused) >= _SHOWN:
            break
    return tuple(arriving), tuple(refused)
