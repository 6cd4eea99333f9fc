"""Reads the rows of one file by an importer: which rule, which columns, which conventions; a bad row is a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from pydantic import Field, InstanceOf, ValidationError

from loop.collect.build import RowDefaults, RowRecords
from loop.collect.files.columns import check_name, choose_columns
from loop.collect.files.fields import Cells, ColumnMap, Conventions, Unusable
from loop.collect.files.importers import Importer, RowRule, Value
from loop.collect.files.moments import DateOrder
from loop.collect.files.ratings import Decimal, Scale
from loop.collect.files.rows import Row, RowError
from loop.collect.files.shapes import NOTHING, SHAPES, Shape
from loop.collect.sanitize import unfit_reason
from loop.errors import InvalidInput
from loop.records import Moment, Record

RATED = ("rating", "value", "ratings", "reward")
"""Our fields that hold ratings; a scale is the scale of these."""


class Options(Record):
    """What the file does not say."""

    default_at: Moment | None = None
    """Date of rows that name no time, and when everything was received. Give the same one at every import
    of the same file, such as its modification time, and a second import changes nothing. None: `now`."""
    author: str = Field(default="", max_length=128)
    """Who gave feedback that names no author; empty: what the importer says. It counts as one person."""
    low: float | None = None
    """The worst rating on the file's scale; above `high` where 1 is best. None: as the importer says, else 0."""
    high: float | None = None
    """The best rating on the file's scale; None: as the importer says, else 1."""
    decimal: Decimal = "."
    """What stands before the fraction of a number."""
    unrated: frozenset[str] = frozenset()
    """What stands where nobody rated, such as `0` or `–`."""
    order: DateOrder = ""
    """Of dates such as 03/04/2026; empty: as the importer says, else they are not read."""
    zone: InstanceOf[tzinfo] = UTC
    """Of times that name none."""
    constants: dict[str, Value] = Field(default_factory=dict)
    """By our field, what every row says."""
    vouched: frozenset[str] = frozenset()
    """Authors in the file who are who it says, on the operator's word; of everybody else it proves nothing."""
    batch_rows: int = Field(default=1000, ge=1, le=100_000)
    """Rows per batch, at most."""


class RowReader:
    """One file's rows, read by an importer."""

    def __init__(
        self,
        importer: Importer,
        columns: Sequence[str],
        *,
        mapping: Mapping[str, str],
        options: Options,
        defaults: RowDefaults,
    ) -> None:
        """Raises InvalidInput when a field is unknown, a column is not there, or the scale is none."""
        if options.low is not None and options.low == options.high:
            raise InvalidInput("The scale's best rating has to differ from its worst.", field="high")
        _check_known(importer, [*mapping, *options.constants])
        self._importer = importer
        self._rules = [
            None
            if rule.becomes == NOTHING
            else _Rule(rule, columns, mapping=mapping, options=options, importer=importer, defaults=defaults)
            for rule in importer.rows
        ]

    def records(self, row: Row) -> RowRecords | RowError | None:
        """What the row becomes; None where it is passed over."""
        for told, rule in zip(self._importer.rows, self._rules, strict=True):
            if told.fits(row.fields):
                return None if rule is None else rule.records(row)
        return RowError(row.line, "field", f"No rule of {self._importer.name} fits the row.")

    def written(self, row: Row, names: Sequence[str]) -> list[object]:
        """What these fields of the row hold, as it stands there."""
        for told, rule in zip(self._importer.rows, self._rules, strict=True):
            if told.fits(row.fields):
                return [] if rule is None else rule.written(row, names)
        return []

    def chosen(self) -> ColumnMap | None:
        """Where the fields lie, of an importer with one rule; None with several."""
        only = [rule for rule in self._rules if rule is not None]
        return only[0].chosen if len(only) == 1 else None


class _Rule:
    """One rule on one file."""

    def __init__(
        self,
        told: RowRule,
        columns: Sequence[str],
        *,
        mapping: Mapping[str, str],
        options: Options,
        importer: Importer,
        defaults: RowDefaults,
    ) -> None:
        self.shape: Shape = SHAPES[told.becomes]
        mine = {name: column for name, column in mapping.items() if _is_field(self.shape, name)}
        constants = {**told.constants, **{k: v for k, v in options.constants.items() if _is_field(self.shape, k)}}
        constants = {name: value for name, value in constants.items() if name not in mine}
        chosen = choose_columns(
            self.shape.fields,
            columns,
            mine,
            looked_for=told.columns,
            constants=constants,
            is_certain=len(importer.rows) == 1 and not told.when,
        )
        self.chosen = ColumnMap(columns=chosen, constants=constants, words=told.words)
        low = told.low if options.low is None else options.low
        high = told.high if options.high is None else options.high
        self._conventions = Conventions(
            order=options.order or importer.dates,
            zone=options.zone,
            scale=Scale(
                low=0.0 if low is None else low,
                high=1.0 if high is None else high,
                decimal=options.decimal,
                unrated=frozenset(word.strip().casefold() for word in options.unrated),
            ),
        )
        author = options.author or importer.author or self.shape.author
        self._defaults = replace(defaults, author=author)

    def records(self, row: Row) -> RowRecords | RowError:
        """The records of the row, or why there are none."""
        try:
            made = self.shape.make(Cells(row, self.chosen, conventions=self._conventions), defaults=self._defaults)
        except Unusable as unusable:
            return RowError(row.line, unusable.code, unusable.reason)
        except ValidationError as invalid:
            names = sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False) if error["loc"]})
            return RowError(row.line, "field", f"The row has a value that is not allowed for: {', '.join(names)}.")
        reason = next(filter(None, map(unfit_reason, made.feedback)), "")
        return RowError(row.line, "missing", reason) if reason else made

    def written(self, row: Row, names: Sequence[str]) -> list[object]:
        """What these fields hold, as it stands there, what words mean already put in their place."""
        cells = Cells(row, self.chosen, conventions=self._conventions)
        return [value for name in names if name in self.chosen for value in cells.items(name)]


def defaults_for(*, agent: str, name: str, at: datetime, options: Options) -> RowDefaults:
    """What to assume where a row of the file `name` is silent."""
    return RowDefaults(
        agent=agent,
        source=f"import:{name[-120:]}",
        author=options.author,
        at=(options.default_at or at).astimezone(UTC),
        vouched=options.vouched,
    )


def _check_known(importer: Importer, names: Sequence[str]) -> None:
    """Every name has to be a field of some rule."""
    shapes = [SHAPES[rule.becomes] for rule in importer.rows if rule.becomes != NOTHING]
    fields = list({field.name: field for shape in shapes for field in shape.fields}.values())
    for name in names:
        check_name(name, fields)


def _is_field(shape: Shape, name: str) -> bool:
    known = {field.name for field in shape.fields}
    return name in known or ("context" in known and name.startswith("context."))
