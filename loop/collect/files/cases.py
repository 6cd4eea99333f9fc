"""Cases as a file: a question and what is right, one per row; what somebody hands in who answers for it."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from pydantic import ValidationError

from loop.collect.files.columns import choose_columns
from loop.collect.files.fields import Cells, ColumnMap, Conventions, Field, Unusable
from loop.collect.files.formats import Table
from loop.collect.files.rows import RowError
from loop.collect.identity import pseudonym
from loop.records import CaseDraft
from loop.text.redaction import Masker, Redaction

FIELDS = (
    Field("question", "what was asked", is_needed=True),
    Field("expected", "what is right: a label, an article id or a text", is_needed=True),
    Field("topic", "what it is about"),
    Field("group", "customer or conversation: all of one group share a split"),
    Field("context", "typed facts beside the question, as an object"),
    Field("must_include", "pieces a right answer contains, as a list"),
    Field("must_exclude", "pieces a right answer does not contain, as a list"),
)
_LOOKED_FOR = {
    "question": ("question", "text", "input", "query", "prompt"),
    "expected": ("expected", "answer", "label", "article_id", "output", "category", "intent"),
    "group": ("group", "customer", "conversation"),
}
_KEY_MAX = 255
"""Characters of what cases are counted and drawn by."""
_NO_MAPPING: Mapping[str, str] = {}


def read_cases(
    stream: BinaryIO,
    *,
    name: str,
    agent: str,
    mapping: Mapping[str, str] = _NO_MAPPING,
    redaction: Redaction = Redaction.ALL,
) -> Iterator[CaseDraft | RowError]:
    """The cases of a file, in order; a row that cannot be used is a RowError in its place, naming column and remedy.

    `stream`: binary and seekable, read from its start, not closed. Secrets and personal data are masked; in what is
    right, secrets only, because a phone number may be the answer. A split or an author in the file is not read.
    Raises InvalidInput at the call when the file is not what it should be or lacks a column.
    """
    table = Table(stream, name=name)
    columns = choose_columns(FIELDS, table.columns, mapping, looked_for=_LOOKED_FOR, constants={})
    return _drafts(table, ColumnMap(columns), agent=agent, redaction=redaction)


def _drafts(table: Table, chosen: ColumnMap, *, agent: str, redaction: Redaction) -> Iterator[CaseDraft | RowError]:
    conventions = Conventions()
    for row in table:
        if isinstance(row, RowError):
            yield row
            continue
        try:
            yield _draft(Cells(row, chosen, conventions=conventions), agent=agent, redaction=redaction)
        except Unusable as unusable:
            yield RowError(row.line, unusable.code, f"{unusable.reason} Mend the cell, or take the row out.")
        except ValidationError as invalid:
            names = sorted({str(error["loc"][0]) for error in invalid.errors(include_input=False) if error["loc"]})
            yield RowError(row.line, "field", f"A value is not allowed for: {', '.join(names)}. Mend it.")


def _draft(cells: Cells, *, agent: str, redaction: Redaction) -> CaseDraft:
    asked = Masker(redaction)
    told = Masker(Redaction.OFF if redaction is Redaction.OFF else Redaction.SECRETS)
    topic, group = cells.text("topic").strip(), cells.text("group").strip()
    for field, text in (("topic", topic), ("group", group)):
        if len(text) > _KEY_MAX:
            raise cells.unusable(field, f"is longer than {_KEY_MAX} characters")
    return CaseDraft(
        question=asked.mask(cells.text("question", is_needed=True).strip()),
        expected=told.mask(cells.text("expected", is_needed=True).strip()),
        topic=asked.mask(topic),
        group=pseudonym(agent, group),
        context=asked.walk(cells.context()),
        must_include=tuple(map(told.mask, _pieces(cells, "must_include"))),
        must_exclude=tuple(map(told.mask, _pieces(cells, "must_exclude"))),
        line=cells.line,
    )


def _pieces(cells: Cells, name: str) -> tuple[str, ...]:
    some = cells.items(name)
    if not all(isinstance(one, str) for one in some):
        raise cells.unusable(name, "has to be a list of texts")
    return tuple(one for one in some if one.strip())
