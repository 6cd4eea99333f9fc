"""Importers as data: what a kind of file holds, as one TOML file that anybody can write.

    says = "tickets of our own helpdesk, one per row"
    recognise = [["ticket_no", "reply_sent"]]     # a file that has all of these columns is of this kind

    [[rows]]                                      # one way to read a row; of several the first that fits
    when = { channel = ["chat", "mail"] }         # left out: every row
    becomes = "exchanges"                         # what a row is: see SHAPES; "nothing" passes it over
    constants = { kind = "edit" }                 # our field = what every row says
    low = 1                                       # the worst rating of the file's scale; high: the best
    high = 5
    [rows.columns]                                # our field = the column or path, or several to look in
    question = "request.text"
    sent = ["reply_sent", "reply"]
    [rows.words.rating]                           # what words of a column mean
    gut = 1

A field that is not named is looked for in the column of its own name. What a shape reads: `ratchet import --help`.
"""

import tomllib
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from pydantic import Field as Setting
from pydantic import ValidationError, field_validator

from loop.collect.files.fields import CONTEXT
from loop.collect.files.moments import DateOrder
from loop.collect.files.paths import find, word_of
from loop.collect.files.shapes import NOTHING, SHAPES, Shape
from loop.errors import InvalidInput
from loop.records import Record

Value: TypeAlias = str | int | float | bool
_LARGEST = 256 * 1024
_MORE = ">"
"""`when = { "reactions.up" = ">0" }`: a number above this one."""


class RowRule(Record):
    """One way to read a row: when it applies, what the row becomes, and where each field lies."""

    becomes: str
    """A key of SHAPES, or `nothing`: the row holds nothing for us and is passed over."""
    when: dict[str, Value | tuple[Value, ...]] = Setting(default_factory=dict)
    """By column or path, what it has to say: a value, one of several, `true` or `false` also for being there at all,
    or `>5`. All of them have to fit."""
    columns: dict[str, tuple[str, ...]] = Setting(default_factory=dict)
    """By our field, the columns or paths to look in, in this order."""
    constants: dict[str, Value] = Setting(default_factory=dict)
    """By our field, what every row says."""
    words: dict[str, dict[str, Value]] = Setting(default_factory=dict)
    """By our field, what the file's words mean; `*` stands for all others."""
    low: float | None = None
    """The worst rating; None: found out, or 0."""
    high: float | None = None
    """The best rating; None: found out, or 1."""

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """One column is a list of one."""
        if not isinstance(value, dict):
            return value
        return {name: (paths,) if isinstance(paths, str) else tuple(paths) for name, paths in value.items()}

    @field_validator("becomes")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != NOTHING and value not in SHAPES:
            raise ValueError(f"a row can become: {', '.join([*SHAPES, NOTHING])}")
        return value

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Whether the row is one of these."""
        return all(_says(find(fields, path), wanted) for path, wanted in self.when.items())


class Importer(Record):
    """What a kind of file holds."""

    name: str
    says: str
    """In a few words."""
    recognise: tuple[tuple[str, ...], ...] = ()
    """Sets of columns or paths; a file that has all of one set is of this kind."""
    author: str = ""
    """Who gave feedback that names no author; empty: what the shape says."""
    dates: DateOrder = ""
    """Whether dates such as 03/04/2026 begin with the day or the month; empty: found out."""
    rows: tuple[RowRule, ...] = Setting(min_length=1)

    def rule_of(self, fields: Mapping[str, Any]) -> RowRule | None:
        """How to read this row; None when no rule fits."""
        return next((rule for rule in self.rows if rule.fits(fields)), None)

    def has(self, names: Collection[str]) -> bool:
        """Whether some rule has each of these fields."""
        shapes = [SHAPES[rule.becomes] for rule in self.rows if rule.becomes != NOTHING]
        return all(any(_is_field(name, shape) for shape in shapes) for name in names)


def importer_from_toml(text: str, *, name: str) -> Importer:
    """An importer that somebody wrote. Raises InvalidInput, naming the place and the remedy."""
    if len(text) > _LARGEST:
        raise InvalidInput(f"The importer {name} is larger than 256 KB.", field=name)
    try:
        return importer_from(tomllib.loads(text), name=name)
    except tomllib.TOMLDecodeError as broken:
        raise InvalidInput(f"The importer {name} is not TOML: {broken}.", field=name) from None


def importer_from(told: Mapping[str, Any], *, name: str) -> Importer:
    """The same from values that were read. Raises InvalidInput."""
    try:
        made = Importer.model_validate({"says": name, **told, "name": name})
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"The importer {name} cannot be used: {where or 'file'}: {first['msg'].removeprefix('Value error, ')}.",
            field=where,
            remedy="See one with: ratchet import show interactions",
        ) from None
    for rule in made.rows:
        _check_fields(rule, name=name)
    return made


def _check_fields(rule: RowRule, *, name: str) -> None:
    if rule.becomes == NOTHING:
        return
    shape = SHAPES[rule.becomes]
    unknown = sorted(one for one in {*rule.columns, *rule.constants, *rule.words} if not _is_field(one, shape))
    if unknown:
        known = {field.name for field in shape.fields}
        raise InvalidInput(
            f"The importer {name} names {', '.join(unknown)}, which {rule.becomes} does not have.",
            field=unknown[0],
            remedy=f"Fields: {', '.join(sorted(known))}.",
        )


def _is_field(name: str, shape: Shape) -> bool:
    known = {field.name for field in shape.fields}
    return name in known or ("context" in known and name.startswith(CONTEXT))


def _says(value: Any, wanted: Value | tuple[Value, ...]) -> bool:
    if isinstance(wanted, tuple):
        return any(_says(value, one) for one in wanted)
    if isinstance(wanted, bool):
        is_said = value not in (None, "", False, [], {}) and word_of(value) not in ("false", "0")
        return is_said is wanted
    if isinstance(wanted, str) and wanted.startswith(_MORE):
        return isinstance(value, int | float) and not isinstance(value, bool) and value > float(wanted[1:])
    return word_of(value) == word_of(wanted)
