"""What a file lacks or holds in vain is said before it is written: no row, rating or time is lost silently."""

import json
from typing import Any

import pytest

from loop.collect.files.guessing.doubts import Doubt
from loop.collect.files.ratings import UNRATED
from loop.errors import InvalidInput
from tests.core.test_import_guess import ROWS, seen, table

HEADER = ("Question", "Draft", "Sent", "Rating", "Agent", "Date", "Customer", "Comment")


def changed(place: int, values: list[str]) -> list[tuple[Any, ...]]:
    """The rows with other values in one column, by turns."""
    return [(*row[:place], values[n % len(values)], *row[place + 1 :]) for n, row in enumerate(ROWS)]


def about(doubts: tuple[Doubt, ...], field: str) -> list[Doubt]:
    return [doubt for doubt in doubts if doubt.field == field]


def lines(*rows: Any) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def test_a_file_without_names_of_columns_is_not_read_by_its_first_row() -> None:
    look = seen(table(ROWS[0], ROWS[1:]))
    (doubt,) = about(look.doubts, "header")
    assert doubt.stops
    assert "line of names" in doubt.remedy


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        ("What did you ask?", "What was drafted?", "What was sent?", "How was it?", "Who?", "When?", "Number", "Why?"),
        ("Q1 2026", *HEADER[1:]),
    ],
)
def test_names_of_columns_are_names_also_where_they_ask_or_hold_a_number(header: tuple[str, ...]) -> None:
    assert not about(seen(table(header, ROWS)).doubts, "header")


def test_whoever_names_the_question_is_not_asked_for_a_header() -> None:
    look = seen(table(ROWS[0], ROWS[1:]), mapping={"question": str(ROWS[0][0])})
    assert not about(look.doubts, "header")


def test_a_rating_is_shown_as_a_number_only_when_its_scale_is_known() -> None:
    look = seen(table(HEADER, changed(3, [str(n) for n in range(1, 9)])))
    assert look.stops
    assert len(look.arriving) == 5, "rows of any rating are shown"
    values = [item.value for _, made in look.arriving for item in made.feedback if item.value is not None]
    assert values == sorted(values), "on some scale, not with the worst as the best"
    assert max(values) < 1


@pytest.mark.parametrize("word", sorted(UNRATED))
def test_a_word_for_nobody_rated_is_no_rating_and_costs_no_row(word: str) -> None:
    look = seen(table(HEADER, changed(3, ["5", word, word.upper(), "1", word])))
    assert look.importer.rows[0].columns["rating"] == ("Rating",)
    assert (look.refused, look.found.unread.total(), look.stops) == ((), 0, False)
    rated = [item.value for _, made in look.arriving for item in made.feedback if item.value is not None]
    assert rated == [1.0, 0.0]


def test_a_column_called_a_rating_that_holds_other_things_is_named() -> None:
    look = seen(table(HEADER, changed(3, ["see ticket", "pending review", "5"])))
    (doubt,) = about(look.doubts, "rating")
    assert "Rating is called like a rating" in doubt.says
    assert "--map rating=Rating" in doubt.remedy


def test_a_column_called_a_date_that_holds_a_spreadsheets_numbers_is_named() -> None:
    look = seen(table(HEADER, changed(5, ["46000.5", "46001.25", "46002"])))
    (doubt,) = about(look.doubts, "at")
    assert "Date is called like a time" in doubt.says


RUN = [{"role": "user", "content": "Cancel it"}, {"role": "assistant", "content": "Done."}]


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        (({"task_id": 1, "status": "solved"}, {"task_id": 2, "status": "failed"}), "--map reward=status"),
        (({"task_id": 1}, {"task_id": 2}), "--map reward=COLUMN"),
        (({"task_id": 1, "success": True}, {"task_id": 2, "success": False}), None),
        (({"metrics": {"final_score": 0.5}}, {"metrics": {"final_score": 1}}), None),
    ],
)
def test_runs_of_which_nothing_says_how_they_ended_ask_for_it(fields: tuple[Any, ...], remedy: str | None) -> None:
    look = seen(lines(*({"messages": RUN} | one for one in fields)), "r.jsonl")
    assert look.importer.name == "trajectories"
    assert [doubt.remedy for doubt in about(look.doubts, "reward")] == ([remedy] if remedy else [])


@pytest.mark.parametrize("constants", [{}, {"bot": "-1"}])
def test_a_ticket_in_which_nobody_is_known_as_the_agent_asks_who_it_is(constants: dict[str, Any]) -> None:
    told = [{"author_id": 9, "body": "Where is it?"}, {"author_id": -1, "body": "On its way."},
            {"author_id": 77, "body": "In the depot."}]  # fmt: skip
    ticket = {"id": 1, "requester_id": 9, "assignee_id": 77, "description": "Where is it?", "comments": told}
    options = seen(lines(ticket), "z.jsonl").options.model_copy(update={"constants": constants})
    look = seen(lines(ticket), "z.jsonl", options=options)
    assert look.importer.name == "zendesk"
    assert [doubt.remedy for doubt in about(look.doubts, "bot")] == ([] if constants else ["--map bot:=ID"])


def test_a_pair_without_what_was_asked_names_the_constant_that_stands_for_it() -> None:
    pair = lines({"before": "We is glad", "after": "We are glad", "editor": "ann"})
    with pytest.raises(InvalidInput, match="what was asked") as refused:
        seen(pair, "e.jsonl")
    assert '--map "question:=TEXT"' in refused.value.remedy
    options = seen(pair, "e.jsonl", mapping={"question": "before"}).options
    look = seen(pair, "e.jsonl", options=options.model_copy(update={"constants": {"question": "Write it"}}))
    assert [one.question for _, made in look.arriving for one in made.interactions] == ["Write it"]
