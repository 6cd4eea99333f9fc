"""Presets: what one row of each kind of file becomes, and what is refused with which words."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop.collect import SHAPES, Batch, Options, read_batches, shipped_importers
from loop.collect.files.moments import moment_of
from loop.errors import InvalidInput
from loop.records import FeedbackKind, canonical
from tests.builders import NOON, at


def lines(*objects: dict[str, Any]) -> bytes:
    return "".join(json.dumps(item) + "\n" for item in objects).encode()


def take(content: bytes, importer: str, *, name: str = "rows.jsonl", **told: Any) -> Batch:
    """The whole file as one batch."""
    told = {"now": NOON, "agent": "desk", "options": Options(default_at=NOON, batch_rows=1000)} | told
    (batch,) = read_batches(io.BytesIO(content), name=name, importer=importer, **told)
    return batch


# Each importer ----------------------------------------------------------------------------------------


def test_a_labelled_query_becomes_an_unanswered_interaction_and_a_label() -> None:
    batch = take(b"text,category,channel\nWhere is my card?,card_arrival,chat\n", "labelled-queries", name="q.csv")
    (interaction,), (feedback,) = batch.interactions, batch.feedback
    assert (interaction.question, interaction.answer, interaction.label) == ("Where is my card?", "", None)
    assert interaction.attributes == {"channel": "chat"}
    assert (feedback.kind, feedback.label, feedback.author) == (FeedbackKind.LABEL, "card_arrival", "anonymous")
    assert feedback.interaction_id == interaction.id
    assert interaction.source == "import:q.csv"


def test_one_question_with_two_labels_stays_two_observations_when_nobody_is_named() -> None:
    batch = take(b"text,category\nHelp,a\nHelp,b\nHelp,a\n", "labelled-queries", name="q.csv")
    assert sorted({item.id: item.label or "" for item in batch.feedback}.values()) == ["a", "b"]
    assert len({made.id for made in batch.interactions}) == 2
    assert len({made.episode_id for made in batch.interactions}) == 1  # never on both sides of a split


def test_one_question_labelled_by_two_people_is_one_interaction() -> None:
    batch = take(b"text,category,author\nHelp,a,ann\nHelp,b,bob\n", "labelled-queries", name="q.csv")
    assert len(batch.interactions) == 1
    assert [(item.author, item.label) for item in batch.feedback] == [("ann", "a"), ("bob", "b")]


def test_a_rated_answer_becomes_one_interaction_and_a_csat_per_rating() -> None:
    row = {
        "question": "May I travel?",
        "passage_id": 82,
        "ratings": ["Excellent", "acceptable", "Could be Improved", "Bad"],
        "comments": ["good", "", None, "no"],
    }
    batch = take(lines(row), "rated-answers")
    (interaction,) = batch.interactions
    assert interaction.article_id == "82"
    assert [item.value for item in batch.feedback] == [1.0, 2 / 3, 1 / 3, 0.0]
    assert [item.text for item in batch.feedback] == ["good", "", "", "no"]
    assert {item.kind for item in batch.feedback} == {FeedbackKind.CSAT}
    assert {item.interaction_id for item in batch.feedback} == {interaction.id}


def test_raters_without_a_name_are_distinct_within_a_row_and_never_add_up_over_rows() -> None:
    rows = [{"question": f"q{n}", "passage_id": n, "ratings": ["Bad", "Bad"]} for n in range(50)]
    batch = take(lines(*rows), "rated-answers")
    assert {item.author for item in batch.feedback} == {"rater-1", "rater-2"}
    assert {item.attributes["author_is"] for item in batch.feedback} == {"position"}
    named = take(lines({"question": "q", "ratings": ["Bad"], "authors": ["ann"]}), "rated-answers")
    assert [(item.author, "author_is" in item.attributes) for item in named.feedback] == [("ann", False)]


def test_numeric_ratings_need_the_scale_they_are_on() -> None:
    rows = lines({"question": "q", "passage_id": 1, "ratings": [4]}, {"question": "q", "passage_id": 2, "ratings": [1]})
    batch = take(rows, "rated-answers", options=Options(default_at=NOON, low=1, high=5))
    assert [item.value for item in batch.feedback] == [0.75, 0.0]
    batch = take(rows, "rated-answers")
    assert [item.value for item in batch.feedback] == [1.0]
    assert [(error.line, error.code) for error in batch.rejected] == [(1, "field")]


def test_a_question_with_its_article_becomes_an_article_label() -> None:
    batch = take(lines({"id": 0, "question": "q", "gold_passage_id": 398}), "questions-with-articles")
    (feedback,) = batch.feedback
    assert (feedback.kind, feedback.article_id, feedback.label) == (FeedbackKind.LABEL, "398", None)
    assert batch.interactions[0].attributes == {"id": 0}


def test_an_article_takes_its_headings_into_the_title() -> None:
    row = {"passage_id": 7, "page_title": "Help", "section_headers": ["Cards", "Lost"], "section_content": "Call us."}
    (article,) = take(lines(row), "articles").articles
    assert (article.id, article.title, article.body) == ("7", "Help › Cards › Lost", "Call us.")


def test_plain_interactions_keep_every_column() -> None:
    row = {
        "id": "t-1",
        "conversation_id": "c-9",
        "user_id": "u-3",
        "input": "Where?",
        "output": "There.",
        "label": "where",
        "confidence": 0.5,
        "version": 3,
        "created_at": "2026-05-01T10:00:00+02:00",
        "tariff": "gold",
        "days": 4,
        "extra": {"a": [1]},
    }
    (made,) = take(lines(row), "interactions", mapping={"context.plan": "tariff", "context.days": "days"}).interactions
    assert (made.id, made.episode_id, made.customer) == ("t-1", "c-9", "u-3")
    assert (made.question, made.answer, made.label, made.confidence, made.version) == (
        "Where?",
        "There.",
        "where",
        0.5,
        3,
    )
    assert made.at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert made.context == {"plan": "gold", "days": 4}
    assert made.attributes == {"extra": {"a": [1]}}


def test_feedback_finds_the_interaction_of_another_file_by_its_external_id() -> None:
    for external in ("t-1", "a b/c?", "x" * 300):
        (made,) = take(lines({"id": external, "question": "q"}), "interactions").interactions
        (item,) = take(lines({"interaction_id": external, "value": "up"}), "feedback").feedback
        assert item.interaction_id == made.id


def test_feedback_described_by_its_question_shares_one_interaction() -> None:
    rows = [
        {"question": "q", "answer": "a", "author": "ann", "value": 1, "at": 1_700_000_000},
        {"question": "q", "answer": "a", "author": "bob", "text": "Better so.", "kind": "edit", "at": 1_700_000_100},
    ]
    batch = take(lines(*rows), "feedback")
    assert len(batch.interactions) == 1
    assert [item.kind for item in batch.feedback] == [FeedbackKind.CSAT, FeedbackKind.EDIT]
    assert [item.at.timestamp() for item in batch.feedback] == [1_700_000_000, 1_700_000_100]
    assert all(item.received_at == NOON for item in batch.feedback)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"label": "a", "value": 1}, FeedbackKind.LABEL),
        ({"article_id": 4}, FeedbackKind.LABEL),
        ({"value": "👎", "text": "wrong"}, FeedbackKind.CSAT),
        ({"text": "wrong"}, FeedbackKind.COMMENT),
        ({"kind": "Takeover", "text": "I will do it."}, FeedbackKind.TAKEOVER),
        ({"kind": "thumbs", "value": False}, FeedbackKind.THUMBS),
    ],
)
def test_the_kind_of_feedback_follows_from_what_is_there(row: dict[str, Any], kind: FeedbackKind) -> None:
    (item,) = take(lines({"interaction_id": "i1", **row}), "feedback").feedback
    assert item.kind == kind


@pytest.mark.parametrize(
    "row",
    [
        {"interaction_id": "i1", "kind": "praise", "value": 1},
        {"interaction_id": "i1", "kind": "edit"},
        {"interaction_id": "i1", "kind": "thumbs", "text": "fine"},
        {"interaction_id": "i1", "kind": "label", "value": 1},
        {"interaction_id": "i1"},
        {"interaction_id": "i1", "value": 7},
        {"interaction_id": "i1", "value": "so-so"},
        {"interaction_id": "i1", "value": 1, "seconds_to_answer": -1},
        {"interaction_id": "i1", "value": 1, "teaches": "perhaps"},
        {"interaction_id": "i1", "value": 1, "at": "yesterday"},
        {"interaction_id": {"a": 1}, "value": 1},
        {"interaction_id": "", "value": 1},
    ],
)
def test_feedback_that_says_nothing_usable_is_refused_and_the_rest_goes_on(row: dict[str, Any]) -> None:
    batch = take(lines({"interaction_id": "i0", "value": 1}, row), "feedback")
    assert [error.line for error in batch.rejected] == [2]
    assert [item.interaction_id for item in batch.feedback] == ["i0"]


# Columns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("importer", "mapping", "told"),
    [
        ("labelled-queries", {}, ["category", "text", "sentiment", "--map label=COLUMN"]),
        ("labelled-queries", {"label": "klass"}, ["klass", "text, sentiment"]),
        ("labelled-queries", {"colour": "text"}, ["colour", "Fields:", "question", "context.NAME"]),
        ("trajectories", {"context.x": "text"}, ["context.x", "Fields:"]),
        ("feedback", {}, ["interaction_id", "--map interaction_id=COLUMN"]),
        ("questions", {}, list(shipped_importers())),
    ],
)
def test_a_column_that_is_missing_is_named_with_what_there_is_and_the_remedy(
    importer: str, mapping: dict[str, str], told: list[str]
) -> None:
    content = b"text,sentiment\nHelp,glad\n"
    with pytest.raises(InvalidInput) as caught:  # at the call: nothing has been given yet
        read_batches(io.BytesIO(content), name="q.csv", importer=importer, agent="desk", now=NOON, mapping=mapping)
    assert all(part in str(caught.value) for part in told)


def test_a_column_that_later_rows_lack_refuses_those_rows_only() -> None:
    batch = take(
        lines({"text": "a", "category": "x"}, {"text": "b"}, {"text": "c", "category": "y"}), "labelled-queries"
    )
    assert [(error.line, error.code) for error in batch.rejected] == [(2, "missing")]
    assert [item.label for item in batch.feedback] == ["x", "y"]


def test_a_file_of_which_no_row_can_be_read_gives_the_reasons_and_ends_in_an_error() -> None:
    batches = read_batches(io.BytesIO(b'{"a": \n{"b": \n'), name="r.jsonl", importer="feedback", agent="desk", now=NOON)
    assert [row.line for row in next(batches).rejected] == [1, 2]
    with pytest.raises(InvalidInput, match="Not one row"):
        next(batches)


def test_a_file_of_which_no_row_can_be_used_ends_in_an_error() -> None:
    content = lines({"text": "a", "category": ""}, {"text": "", "category": "x"})
    with pytest.raises(InvalidInput, match="Not one row"):
        take(content, "labelled-queries")


@pytest.mark.parametrize("shape", list(SHAPES))
def test_every_shape_says_what_it_is_for_and_has_distinct_field_names(shape: str) -> None:
    names = [field.name for field in SHAPES[shape].fields]
    assert len(names) == len(set(names))
    assert SHAPES[shape].says
    assert all(field.says for field in SHAPES[shape].fields)


# Times ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-06-01T12:00:00Z", NOON),
        ("2026-06-01 14:00:00+02:00", NOON),
        ("2026-06-01 12:00", NOON),
        ("20260601", NOON - timedelta(hours=12)),
        (NOON.timestamp(), NOON),
        (str(int(NOON.timestamp())), NOON),
        (NOON.timestamp() * 1e3, NOON),
        (NOON.timestamp() * 1e6, NOON),
        (NOON.timestamp() * 1e9, NOON),
        ("soon", None),
        (True, None),
        (-5, None),
        (1e30, None),
        ([], None),
        ("9999-12-31T23:59:59-23:00", None),
    ],
)
def test_times_are_read_in_utc_from_iso_and_from_epochs(value: object, moment: datetime | None) -> None:
    assert moment_of(value) == moment


# Twice ----------------------------------------------------------------------------------------------

ROWS: dict[str, Any] = {
    "interactions": st.fixed_dictionaries({"question": st.text(min_size=1), "answer": st.text()}),
    "feedback": st.fixed_dictionaries({"question": st.text(min_size=1), "value": st.integers(0, 1)}),
    "labelled-queries": st.fixed_dictionaries({"text": st.text(min_size=1), "category": st.sampled_from("abc")}),
    "rated-answers": st.fixed_dictionaries(
        {"question": st.text(min_size=1), "ratings": st.lists(st.sampled_from(["Bad", "Good"]), min_size=1, max_size=3)}
    ),
    "trajectories": st.fixed_dictionaries(
        {
            "messages": st.just([{"role": "user", "content": "hi"}]),
            "reward": st.integers(0, 1),
            "trial": st.integers(0, 9),
        }
    ),
    "questions-with-articles": st.fixed_dictionaries(
        {"question": st.text(min_size=1), "article_id": st.integers(0, 9)}
    ),
    "articles": st.fixed_dictionaries({"title": st.text(min_size=1), "body": st.text(min_size=1)}),
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(list(ROWS)), st.integers(1, 10_000))
def test_importing_twice_gives_the_same_records_whenever_and_in_whatever_batches(
    data: st.DataObject, importer: str, later: int
) -> None:
    content = lines({"padding": 1}, *data.draw(st.lists(ROWS[importer], min_size=1, max_size=6)))

    def all_records(now: datetime, options: Options) -> list[bytes]:
        try:
            batches = list(
                read_batches(
                    io.BytesIO(content), name="r.jsonl", importer=importer, agent="desk", now=now, options=options
                )
            )
        except InvalidInput:
            return []
        return sorted(
            {
                canonical(record)
                for batch in batches
                for record in (*batch.interactions, *batch.feedback, *batch.articles)
            }
        )

    declared = all_records(NOON, Options(default_at=NOON))
    assert declared == all_records(at(later), Options(default_at=NOON, batch_rows=1))
    ids = [[json.loads(record)["id"] for record in all_records(now, Options())] for now in (NOON, at(later))]
    assert sorted(ids[0]) == sorted(ids[1])


def test_a_renamed_file_and_another_agent_keep_and_change_ids() -> None:
    content = lines({"text": "q", "category": "a"})
    first = take(content, "labelled-queries").interactions[0].id
    assert take(content, "labelled-queries", name="renamed.jsonl").interactions[0].id == first
    assert take(content, "labelled-queries", agent="other").interactions[0].id != first


def test_batches_are_no_larger_than_asked_and_count_what_was_read() -> None:
    content = lines(*({"text": f"q{n}", "category": "a"} for n in range(25)))
    batches = list(
        read_batches(
            io.BytesIO(content),
            name="r.jsonl",
            importer="labelled-queries",
            agent="desk",
            now=NOON,
            options=Options(batch_rows=10),
        )
    )
    assert [len(batch.interactions) for batch in batches] == [10, 10, 5]
    assert batches[-1].lines_read == 25
    assert batches[-1].bytes_read == len(content)


plain = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
nested = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "tool_calls"]), inner)
    ),
)
odd_rows = st.lists(
    st.dictionaries(
        st.sampled_from(["question", "text", "messages", "ratings", "at", "id", "value", "reward"]), nested
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(
    st.binary(max_size=200) | odd_rows.map(lambda rows: lines(*rows)),
    st.sampled_from(list(shipped_importers())),
    st.sampled_from(["r.jsonl", "r.csv", "r"]),
)
def test_whatever_is_handed_in_gives_batches_or_invalid_input(content: bytes, importer: str, name: str) -> None:
    try:
        for batch in read_batches(io.BytesIO(content), name=name, importer=importer, agent="desk", now=NOON):
            assert batch.interactions or batch.feedback or batch.articles or batch.rejected
    except InvalidInput:
        return
