"""The one way in: whatever comes again, in pieces, in another order or by another door, is stored once."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loop import collect
from loop.errors import NotAllowed
from loop.records import Actor, Feedback, FeedbackKind, Interaction, Role
from tests.builders import NOON, at, feedback, interaction
from tests.fakes import KEY_MAX, FakeArrivals

ADDRESS = "jane@mail.example"


def door(role: Role = Role.ADMIN, **fields: Any) -> collect.Door:
    actor = Actor(name="olga", role=role)
    return collect.Door(**{"actor": actor, "action": "import", "journal": "import file", "at": NOON} | fields)


def receive(arrivals: FakeArrivals, *records: Interaction | Feedback, **fields: Any) -> collect.Receipt:
    return collect.receive(
        arrivals,
        interactions=[one for one in records if isinstance(one, Interaction)],
        feedback=[one for one in records if isinstance(one, Feedback)],
        **{"door": door()} | fields,
    )


def receive_rows(
    arrivals: FakeArrivals, rows: Sequence[dict[str, Any]], *, importer: str, batch_rows: int = 1000
) -> tuple[collect.FileReceipt, list[collect.RowError]]:
    """Import the rows as a file: what became of it, and the rows that were refused."""
    refused: list[collect.RowError] = []
    content = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    batches = collect.read_batches(
        io.BytesIO(content),
        name="rows.jsonl",
        importer=importer,
        agent="desk",
        now=NOON,
        options=collect.Options(default_at=NOON, batch_rows=batch_rows),
    )
    done = collect.receive_file(
        arrivals, batches, door=door(), on_batch=lambda batch, rejected: refused.extend(rejected)
    )
    return done, refused


# Once ------------------------------------------------------------------------------------------------


def test_a_second_delivery_is_all_duplicates_and_leaves_no_trace_in_the_journal() -> None:
    arrivals = FakeArrivals()
    first = receive(arrivals, interaction(), feedback())
    second = receive(arrivals, interaction(), feedback(received_at=at(60)))
    assert (first.written.new, first.written.duplicate) == (2, 0)
    assert (second.written.new, second.written.updated, second.written.duplicate) == (0, 0, 2)
    assert len(arrivals.notes) == 1


@settings(deadline=None)
@given(st.data())
def test_neither_order_nor_grouping_nor_repetition_of_deliveries_matters(data: st.DataObject) -> None:
    minutes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=5))
    said = [feedback(1, id=f"f{number}", label=f"l{minute}", at=at(minute)) for number, minute in enumerate(minutes)]
    records = [interaction(1), interaction(2, id="", episode_id=""), *said, feedback(2, id="", author=ADDRESS)]
    whole = FakeArrivals()
    receive(whole, *records)
    pieces = FakeArrivals()
    shuffled = data.draw(st.permutations(records))
    for one in (*shuffled, *data.draw(st.lists(st.sampled_from(records)))):
        receive(pieces, one)
    assert (pieces.records, pieces.current) == (whole.records, whole.current)


def test_feedback_may_come_before_its_interaction() -> None:
    early, late = FakeArrivals(), FakeArrivals()
    for arrivals, records in ((early, [feedback(), interaction()]), (late, [interaction(), feedback()])):
        assert [receive(arrivals, one).written.new for one in records] == [1, 1]
    assert early.records == late.records


def test_the_same_feedback_through_two_doors_is_one_voice() -> None:
    arrivals = FakeArrivals()
    receive_rows(arrivals, [{"interaction_id": "i1", "label": "refund", "author": "ann"}], importer="feedback")
    by_hand = feedback(1, id="", author="ann", source="api", at=at(5))
    receive(arrivals, by_hand, door=door(Role.CORRECTOR, action="correct"))
    receive_rows(arrivals, [{"interaction_id": "i1", "label": "refund", "author": "ann"}], importer="feedback")
    assert [(one.author, one.label, one.source) for one in arrivals.current.values()] == [("ann", "refund", "api")]


ROWS: dict[str, Any] = {
    "interactions": st.fixed_dictionaries({"id": st.integers(0, 99), "question": st.sampled_from(["a", ADDRESS])}),
    "feedback": st.fixed_dictionaries(
        {
            "question": st.sampled_from(["When?", f"Did {ADDRESS} write?"]),
            "text": st.sampled_from(["Soon.", f"Ask {ADDRESS}", "Ask joe@mail.example or +44 20 7946 0958"]),
            "kind": st.just("edit"),
            "author": st.sampled_from(["ann", ADDRESS]),
        }
    ),
    "labelled-queries": st.fixed_dictionaries(
        {"question": st.sampled_from("pq"), "label": st.sampled_from("ab"), "author": st.sampled_from("xy")}
    ),
    "rated-answers": st.fixed_dictionaries(
        {"question": st.sampled_from("pq"), "ratings": st.lists(st.sampled_from(["Bad", "Good"]), min_size=1)}
    ),
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(ROWS)), st.integers(1, 4))
def test_a_file_imported_in_two_parts_or_in_other_batches_gives_the_same_store(
    data: st.DataObject, importer: str, batch_rows: int
) -> None:
    rows = data.draw(st.lists(ROWS[importer], min_size=2, max_size=6, unique_by=lambda row: row.get("id", id(row))))
    cut = data.draw(st.integers(1, len(rows) - 1))
    whole, parts = FakeArrivals(), FakeArrivals()
    receive_rows(whole, rows, importer=importer)
    for part in (rows[:cut], rows[cut:]):
        receive_rows(parts, part, importer=importer, batch_rows=batch_rows)
    assert parts.records == whole.records
    again, _ = receive_rows(whole, rows, importer=importer, batch_rows=batch_rows)
    assert (again.written.new, again.written.updated) == (0, 0)


def test_of_rows_that_share_a_question_the_first_describes_it_however_they_are_batched() -> None:
    arrivals = FakeArrivals()
    rows = [{"question": "q", "label": "a", "author": name, "at": at(n).isoformat()} for n, name in enumerate("xyz")]
    receive_rows(arrivals, rows, importer="labelled-queries", batch_rows=1)
    again, _ = receive_rows(arrivals, rows, importer="labelled-queries")
    assert [one.at for one in arrivals.records.values() if isinstance(one, Interaction)] == [at(0)]
    assert (again.written.new, again.written.updated) == (0, 0)


# What is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ADMIN, Role.ENGINE)])
def test_only_who_may_import_hands_records_in(role: Role) -> None:
    arrivals = FakeArrivals()
    with pytest.raises(NotAllowed, match="may not import"):
        receive(arrivals, interaction(), door=door(role))
    assert (arrivals.records, arrivals.notes) == ({}, [])


def test_every_record_is_accounted_for_and_one_that_no_store_keeps_stops_no_other() -> None:
    arrivals = FakeArrivals()
    long = feedback(3, author="a" * (KEY_MAX + 1))
    mute = feedback(4, kind=FeedbackKind.EDIT, text=" ")
    receipt = receive(arrivals, interaction(1), interaction(1), feedback(1), feedback(2), long, mute)
    assert (receipt.written.new, receipt.written.updated, receipt.written.duplicate) == (3, 0, 1)
    assert {refused.record.id: bool(refused.reason) for refused in receipt.refused} == {"f3": True, "f4": True}
    assert [one.id for one in receipt.feedback] == ["f1", "f2"]


def test_a_row_that_the_store_refuses_is_named_by_its_line() -> None:
    rows = [{"interaction_id": f"i{n}", "value": 1, "author": "a" * length} for n, length in enumerate([5, 300, 7])]
    done, refused = receive_rows(FakeArrivals(), rows, importer="feedback")
    assert done.written.new == 2
    assert [(row.line, row.reason) for row in refused] == [(2, "Feedback.author is too long.")]


# What is kept ----------------------------------------------------------------------------------------


def test_nothing_is_stored_before_it_is_masked() -> None:
    arrivals = FakeArrivals()
    receipt = receive(
        arrivals, interaction(question=f"I am {ADDRESS}"), feedback(kind=FeedbackKind.EDIT, text=f"Dear {ADDRESS}")
    )
    assert ADDRESS not in json.dumps([one.model_dump(mode="json") for one in arrivals.records.values()])
    assert receipt.feedback == (arrivals.records["f1"],)


def test_a_correction_of_a_stored_interaction_does_not_reuse_its_placeholders_for_somebody_else() -> None:
    (known,) = receive(FakeArrivals(), interaction(question=f"I am {ADDRESS}")).interactions
    said = feedback(kind=FeedbackKind.EDIT, text="Write to boss@mail.example")
    receipt = receive(FakeArrivals(), said, context=[known])
    assert receipt.feedback[0].text == "Write to ⟨EMAIL_2⟩"


def test_articles_keep_personal_data_and_are_not_stored_and_one_that_may_not_enter_is_refused_alone() -> None:
    arrivals = FakeArrivals()
    rows = [
        {"id": "a", "title": "Lost cards", "body": "Call 020 7946 0958."},
        {"id": "b", "title": "Keys", "body": "Key AKIAIOSFODNN7EXAMPLE."},
        {"id": "c", "title": "t" * 500, "body": "Too long a title."},
        {"id": "a", "title": "Lost cards", "body": "Call 020 7946 0958."},
        {"id": "a", "title": "Lost cards", "body": "Write to us."},
        {"id": "d", "title": "Hours", "body": "Nine to five."},
    ]
    done, refused = receive_rows(arrivals, rows, importer="articles")
    assert [article.body for article in done.articles] == ["Call 020 7946 0958.", "Nine to five."]
    assert [row.line for row in refused] == [2, 3, 5]
    assert not any("AKIA" in row.reason for row in refused)
    assert arrivals.records == {}


def test_the_journal_names_who_brought_what_batch_by_batch() -> None:
    arrivals = FakeArrivals()
    rows = [{"interaction_id": f"i{n}", "value": 1 if n != 4 else "?"} for n in range(1, 7)]
    receive_rows(arrivals, rows, importer="feedback", batch_rows=3)
    assert [(note.actor, note.action, note.subject) for note in arrivals.notes] == [("olga", "import file", "desk")] * 2
    assert [(note.digests["feedback"], note.digests["rows rejected"]) for note in arrivals.notes] == [
        ("3", "0"),
        ("2", "1"),
    ]
    receive(arrivals, feedback(label="invoice"))
    assert arrivals.notes[-1].subject == "f1"
