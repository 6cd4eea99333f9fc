"""CSV for spreadsheets, with the formula guard (CSV injection, CWE-1236): no cell is a formula when it is opened.

A text that a spreadsheet may take for a formula gets an apostrophe before it: one whose first sign that is no space is
`=`, `+`, `-`, `@`, a full-width form of these, or that begins with a tab or a line break. The same holds for what
stands after a semicolon, a bar, a tab or a line break inside: a spreadsheet that splits lines there begins a cell with
it. So does one that begins with an apostrophe, so that taking one apostrophe away gives every text back as it was.
Numbers stay numbers.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

JSON_LINES = "application/jsonl"
"""Media type of `json_lines`."""
GUARD_WORDS = (
    "a cell that a spreadsheet would take for a formula begins with an apostrophe; take it away to get it as it was"
)
"""What a person must know of a CSV file."""
Cell: TypeAlias = str | int | float | bool | None

_TRIGGERS = frozenset("=+-@")
_GUARD = "'"
_BREAKS = ("\t", "\r", "\n", "\v", "\f")
_SPLIT = re.compile(r"(?<=[;|\t\r\n\v\f])")
"""Where a spreadsheet of another language, or asked to, begins a cell inside of one of ours."""
_BLANKS = '" \u00a0'


def sheet(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A CSV file with a header, as text; lines end as RFC 4180 says."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([guard_cell(one) for one in columns])
    writer.writerows([guard_cell(one) if isinstance(one, str) else one for one in row] for row in rows)
    return out.getvalue()


def json_lines(rows: Iterable[Mapping[str, object]]) -> str:
    """The same as JSON Lines: one object a line, texts as they are."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def guard_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula, whichever sign it splits lines at."""
    first, *rest = _SPLIT.split(text)
    begins = f"{_GUARD}{first}" if _begins_formula(text, first) else first
    return begins + "".join(f"{_GUARD}{one}" if _holds_formula(one) else one for one in rest)


def unguarded(cell: str) -> str:
    """The text that was guarded."""
    first, *rest = _SPLIT.split(cell)
    if first.startswith(_GUARD) and _begins_formula(cell[1:], first[1:]):
        first = first[1:]
    return first + "".join(one[1:] if one.startswith(_GUARD) and _holds_formula(one[1:]) else one for one in rest)


def _begins_formula(text: str, first: str) -> bool:
    return text.startswith((_GUARD, *_BREAKS)) or _has_trigger(first)


def _holds_formula(piece: str) -> bool:
    """A piece after a separator: quotes before it are not part of a cell that begins there."""
    return piece.startswith(_GUARD) or _has_trigger(piece.lstrip(_BLANKS))


def _has_trigger(text: str) -> bool:
    first = next((one for one in text if not (one.isspace() or unicodedata.category(one) in ("Cf", "Cc"))), "")
    return unicodedata.normalize("NFKC", first)[:1] in _TRIGGERS if first else False
