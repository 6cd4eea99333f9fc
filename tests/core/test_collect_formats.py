"""Files: every row comes with its true line, a bad row does not stop the rest, a wrong file is refused at once."""

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.collect.files.formats import Table
from loop.collect.files.rows import CELL_MAX, ROW_MAX, Row, RowError
from loop.errors import InvalidInput


def rows(content: bytes, name: str) -> list[Row | RowError]:
    return list(Table(io.BytesIO(content), name=name))


def good(content: bytes, name: str) -> list[tuple[int, list[object]]]:
    return [(row.line, list(row.fields.values())) for row in rows(content, name) if isinstance(row, Row)]


def bad(content: bytes, name: str) -> list[tuple[int, str]]:
    return [(row.line, row.code) for row in rows(content, name) if isinstance(row, RowError)]


# CSV ------------------------------------------------------------------------------------------------


def test_csv_lines_are_counted_through_quoted_line_breaks_blank_lines_and_crlf() -> None:
    content = b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n\r\n"say ""hi""",2\r\n3,"end, of file"'
    assert good(content, "t.csv") == [(2, ["1", "x\r\ny"]), (5, ['say "hi"', "2"]), (6, ["3", "end, of file"])]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1\n2,3\n", [(2, "cells")]),
        (b"a,b\n1,2,3\n2,3\n", [(2, "cells")]),
        (b"a,b\n1,\x002\n2,3\n", [(2, "nul")]),
        (b"a,b\n1,\xff\n2,3\n", [(2, "not_utf8")]),
        (b"a,b\n1,\xed\xa0\x80\n2,3\n", [(2, "not_utf8")]),  # a surrogate in UTF-8
        (b'a,b\n"x"y,1\n2,3\n', [(2, "quote")]),
        (b'a,b\n2,3\n1,"open\n4,5\n', [(3, "quote")]),
    ],
)
def test_a_bad_csv_row_is_refused_with_its_line_and_the_rest_is_read(
    content: bytes, expected: list[tuple[int, str]]
) -> None:
    assert bad(content, "t.csv") == expected
    assert ["2", "3"] in [cells for _, cells in good(content, "t.csv")]


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_cell_of_five_megabytes_is_refused_and_the_batch_goes_on(quote: bytes) -> None:
    content = b"a,b\n1," + quote + b"x" * 5_000_000 + quote + b"\n2,3\n"
    refused = [row for row in rows(content, "t.csv") if isinstance(row, RowError)]
    assert [(row.line, row.code) for row in refused] == [(2, "too_large")]
    assert "5,000,000" in refused[0].reason
    assert good(content, "t.csv") == [(3, ["2", "3"])]


def test_a_line_too_long_to_hold_is_skipped_to_its_end_even_inside_quotes() -> None:
    flood = b"y" * (ROW_MAX + 10)
    content = b'a,b\n1,"x\n' + flood + b'\nz"\n2,3\n4,' + flood + b'\n5,"' + flood + b'\nq"\n6,7\n'
    assert bad(content, "t.csv") == [(2, "too_large"), (6, "too_large"), (7, "too_large")]
    assert good(content, "t.csv") == [(5, ["2", "3"]), (9, ["6", "7"])]


def test_a_quoted_cell_of_many_lines_that_is_too_long_to_hold_is_skipped_to_its_closing_quote() -> None:
    content = b'a,b\n1,"' + (b"y" * 999_999 + b"\n") * 24 + b'"\n2,3\n'
    (refused,) = (row for row in rows(content, "t.csv") if isinstance(row, RowError))
    assert (refused.line, refused.code) == (2, "too_large")
    assert refused.reason.startswith("The row has 24,000,0")
    assert good(content, "t.csv") == [(27, ["2", "3"])]


def test_a_quote_that_is_never_closed_costs_its_own_line_and_no_other() -> None:
    content = b'a,b\n1,2\n"3,4\n5,6\n7,"8"\n'
    assert bad(content, "t.csv") == [(3, "quote")]
    assert good(content, "t.csv") == [(2, ["1", "2"]), (4, ["5", "6"]), (5, ["7", "8"])]


def test_hostile_quotes_are_not_read_to_the_end_of_the_file_line_after_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.collect.files.delimited._AGAIN_MAX", 10_000)
    found = rows(b"a,b\n" + b'x""","\n' * 2_000, "t.csv")
    assert all(isinstance(row, RowError) for row in found)
    assert len(found) < 50, "what was not read again is refused as a whole"


def test_columns_called_alike_are_told_apart_and_a_header_that_comes_again_is_no_row() -> None:
    content = b"a,,a\n1,2,3\na,,a\n4,5,6,\n"
    assert Table(io.BytesIO(content), name="t.csv").columns == ("a", "column_2", "a (3)")
    assert bad(content, "t.csv") == [(3, "header")]
    assert good(content, "t.csv") == [(2, ["1", "2", "3"]), (4, ["4", "5", "6"])]


def test_the_largest_allowed_cell_is_read() -> None:
    assert good(b"a,b\n1," + b"x" * CELL_MAX + b"\n", "t.csv")[0][1][1] == "x" * CELL_MAX


@pytest.mark.parametrize("header", [b"a;b\n1;2\n", b"a\tb\n1\t2\n", b'"a,x";b\n1;2\n'])
def test_semicolons_and_tabs_are_recognised_by_the_header(header: bytes) -> None:
    assert good(header, "t.csv") == [(2, ["1", "2"])]


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    ['"', '""', "a,b", "x\ny", "\r\n", " ", ""]
)


@settings(deadline=None)
@given(st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=6)))
def test_what_the_standard_writer_writes_is_read_as_the_standard_reader_reads_it(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([[f"c{index}" for index in range(len(table[0]))], *table])
    expected = list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1:]
    assert [cells for _, cells in good(text.getvalue().encode(), "t.csv")] == expected


# JSON -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"a": ', "broken_json"),
        (b"[1, 2]", "not_object"),
        (b'{"a": NaN}', "number"),
        (b'{"a": -Infinity}', "number"),
        (b'{"a": 1e400}', "number"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "number"),
        (b'{"a": 9223372036854775808}', "number"),
        (b'{"a": "x\\u0000y"}', "nul"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b'{"a": "' + b"x" * 5_000_000 + b'"}', "too_large"),
        (b'{"a": "' + b"x" * (ROW_MAX + 1) + b'"}', "too_large"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "depth"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "depth"),
        (b'{"a": 1, "a": 2}', "duplicate_name"),
    ],
)
def test_a_bad_json_line_is_refused_with_its_line_and_the_rest_is_read(line: bytes, code: str) -> None:
    content = b'{"a": 1}\n\n' + line + b'\n{"a": 2}\n'
    assert bad(content, "t.jsonl") == [(3, code)]
    assert good(content, "t.jsonl") == [(1, [1]), (4, [2])]


@pytest.mark.parametrize("beside", ["", ', "b": [' + ",".join(["{}"] * 100) + "]", ', "b": "\\u0041"'])
def test_the_deepest_nesting_is_the_same_whatever_stands_beside_it(beside: str) -> None:
    for levels, fits in ((63, True), (64, False), (65, False)):
        line = '{"a": ' + "[" * levels + "]" * levels + beside + "}"
        assert bad(line.encode(), "t.jsonl") == ([] if fits else [(1, "depth")])


def test_a_json_list_is_read_element_by_element_with_true_lines() -> None:
    content = b'[\n  {"a": "x, ]}\\"",\n   "b": [1, {"c": 2}]},\n\n  {"a": \n},\n  7, {"a": "\\\\"}\n]\n'
    assert good(content, "t.json") == [(2, ['x, ]}"', [1, {"c": 2}]]), (7, ["\\"])]
    assert bad(content, "t.json") == [(5, "broken_json"), (7, "not_object")]


storable = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(storable, storable | st.integers(0, 9), min_size=1), min_size=1),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_any_json_list_of_objects_is_read_whole(
    objects: list[dict[str, object]], indent: int | None, is_ascii: bool
) -> None:
    content = json.dumps(objects, indent=indent, ensure_ascii=is_ascii).encode()
    assert [row.fields for row in rows(content, "t.json") if isinstance(row, Row)] == objects


def test_a_list_longer_than_one_chunk_and_one_that_breaks_off_are_told_apart() -> None:
    whole = json.dumps([{"a": "\\" * 7, "n": number} for number in range(20_000)]).encode()
    assert [row.fields["n"] for row in rows(whole, "t.json") if isinstance(row, Row)] == list(range(20_000))
    assert len(good(whole[:-20], "t.json")) == 19_999
    assert [code for _, code in bad(whole[:-20], "t.json")] == ["broken_json"]
    assert [code for _, code in bad(whole + b" x", "t.json")] == ["broken_json"]


def test_an_element_too_long_to_hold_is_refused_in_bounded_memory_and_the_rest_is_read() -> None:
    content = b'[{"a": 1},{"a": "' + b"x" * (4 * ROW_MAX) + b'"},\n{"a": 2}]'
    tracemalloc.start()
    found = rows(content, "t.json")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [row.reason for row in found if isinstance(row, RowError)] == [
        f"The element has {4 * ROW_MAX + 9:,} bytes; at most {ROW_MAX:,} are read."
    ]
    assert (found[0], found[2]) == (Row(1, {"a": 1}), Row(2, {"a": 2}))
    assert peak < 4 * ROW_MAX


# Parquet --------------------------------------------------------------------------------------------


def parquet(**columns: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_parquet_values_become_plain_values() -> None:
    content = parquet(
        text=["a", None],
        at=[datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None],
        ratings=[["Bad", "Good"], []],
        nested=[{"x": 1}, None],
        raw=[b"bytes", b"\xff"],
    )
    assert good(content, "t.parquet") == [
        (1, ["a", "2026-01-02T03:04:05.000000+00:00", ["Bad", "Good"], {"x": 1}, "bytes"])
    ]
    assert bad(content, "t.parquet") == [(2, "not_utf8")]


def test_a_parquet_row_that_cannot_be_kept_is_refused_and_the_rest_is_read() -> None:
    content = parquet(value=[1.0, float("nan"), 2.0], text=["a", "b", "nul\0"])
    assert bad(content, "t.parquet") == [(2, "number"), (3, "nul")]
    assert good(content, "t.parquet") == [(1, [1.0, "a"])]


def test_a_damaged_parquet_file_is_refused() -> None:
    content = parquet(a=[1, 2, 3])
    with pytest.raises(InvalidInput, match="damaged"):
        Table(io.BytesIO(content[:-10]), name="t.parquet")


# The file as a whole --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "t.csv", "empty"),
        (b"\xef\xbb\xbf \n", "t.jsonl", "empty"),
        (b"a,b\n", "t.csv", "no rows"),
        (b"[]", "t.json", "no rows"),
        (b"{}\n", "t.jsonl", "no fields"),
        (b"\x1f\x8b\x08\x00rest", "t.csv.gz", "gzip"),
        (b"PK\x03\x04rest", "t.xlsx", "Excel"),
        (b"\xff\xfea\x00,\x00", "t.csv", "--encoding"),
        (b"<!DOCTYPE html><html>", "t.csv", "web page"),
        (b"a,b\n1,2\n", "t.jsonl", "neither JSON nor Parquet"),
        (b'{"a": 1}\n', "t.csv", "JSON objects"),
        (b"a,b\n1,2\n", "t.parquet", "neither JSON nor Parquet"),
        (b"PAR1....PAR1", "t.csv", "Parquet"),
        (b"PAR1....PAR1", "t.parquet", "damaged"),
        (b'{\n  "a": 1\n}\n', "t.json", "one JSON object"),
        (b"a,b\r1,2\r", "t.csv", "CR alone"),
        (b"a,b\n1,2\n", "t.docx", "not read"),
        (b"\x00\x01\x02\x00" * 50, "t.csv", "binary"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_before_any_row(
    content: bytes, name: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        Table(io.BytesIO(content), name=name)


def test_a_text_stream_is_refused_with_the_remedy() -> None:
    with pytest.raises(InvalidInput, match="binary mode"):
        Table(io.StringIO("a,b\n1,2\n"), name="t.csv")  # type: ignore[arg-type]


def test_json_lines_named_json_and_files_without_extension_are_read_by_content() -> None:
    assert good(b'{"a": 1}\n{"a": 2}\n', "t.json") == [(1, [1]), (2, [2])]
    assert good(b"a,b\n1,2\n", "export") == [(2, ["1", "2"])]


@settings(deadline=None)
@given(
    st.binary(max_size=300)
    | st.binary(max_size=60).map(lambda tail: b'a,"b"\n' + tail)
    | st.binary(max_size=60).map(lambda tail: b'{"a": 1}\n{"a"' + tail)
    | st.binary(max_size=60).map(lambda tail: b'[{"a": 1}, {' + tail)
    | st.binary(max_size=60).map(lambda tail: b"PAR1" + tail + b"PAR1"),
    st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet", "t", "t.bin"]),
)
def test_arbitrary_bytes_give_rows_or_invalid_input_and_nothing_else(content: bytes, name: str) -> None:
    try:
        found = rows(content, name)
    except InvalidInput:
        return
    assert found
    lines = [row.line for row in found]
    assert lines == sorted(lines)
    assert all(1 <= line <= content.count(b"\n") + 1 for line in lines)


def wrapped(text: str, *, name: str = "export.json") -> Table:
    return Table(io.BytesIO(text.encode()), name=name)


@pytest.mark.parametrize(
    "text",
    [
        '{"tickets":[{"a": 1}, {"a": 2}]}',
        '{"tickets":[{"a": 1}, {"a": 2}]}\n',
        '{\n  "count": 2, "next_page": null, "at": "x, [y]", "tickets": [\n    {"a": 1},\n    {"a": 2}\n  ]\n}\n',
        '\ufeff{"results": [{"a": 1}, {"a": 2}], "count": 2, "is_last": true}',
    ],
)
@pytest.mark.parametrize("name", ["export.json", "export.txt"])
def test_an_object_around_a_list_is_read_as_the_list(text: str, name: str) -> None:
    table = wrapped(text, name=name)
    assert table.format == "json"
    assert [row.fields for row in table if isinstance(row, Row)] == [{"a": 1}, {"a": 2}]


def test_rows_of_a_list_in_an_object_keep_their_lines_and_a_broken_one_stops_none() -> None:
    table = wrapped('{\n"tickets": [\n{"a": 1},\n{"a": },\n{"a": 3}\n]}')
    assert [(row.line, isinstance(row, Row)) for row in table] == [(3, True), (4, False), (5, True)]


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        ("", "not closed"), ('], "users": [{"id": 7}]}', "more than one list"), ("]", "not closed"),
        ("] x", "not closed"),
    ],
)  # fmt: skip
def test_what_follows_the_list_is_told_and_not_lost_in_silence(tail: str, reason: str) -> None:
    rows = list(wrapped(f'{{"tickets": [{{"a": 1}}{tail}'))
    said = [row.reason for row in rows if not isinstance(row, Row)]
    assert [row.fields for row in rows if isinstance(row, Row)] == ([{"a": 1}] if tail else [])
    assert len(said) == 1
    assert reason in said[0]


def test_rows_that_hold_a_list_are_no_wrapper() -> None:
    one = '{"messages": [{"role": "user", "content": "Hi"}]}'
    for text in (one, f"{one}\n{one}\n"):
        table = wrapped(text)
        assert table.format == "jsonl"
        assert len(list(table)) == len(text.splitlines())
    two = '{"parts": [{"x": 1}], "a": 1}\n{"parts": [], "a": 2}\n'
    assert [row.fields["a"] for row in wrapped(two) if isinstance(row, Row)] == [1, 2]
    (row,) = wrapped('{"parts": [{"x": 1}]}\n', name="rows.jsonl")
    assert isinstance(row, Row)


def test_a_large_list_in_an_object_is_read_whole() -> None:
    many = [{"a": number, "text": "\\" * (number % 7) + "x" * (number % 300)} for number in range(5_000)]
    rows = list(wrapped(json.dumps({"next": None, "tickets": many})))
    assert [row.fields["a"] for row in rows if isinstance(row, Row)] == list(range(5_000))
    assert len(rows) == 5_000
