"""What a row holds does not depend on the way it was written: quick paths write what the plain ones do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from loop.collect import Delivery, prepare
from loop.errors import InvalidInput
from loop.ports.deliveries import Parcel
from loop.records import Feedback, FeedbackKind
from storage.content import content_digest
from storage.database import Database
from storage.rows import from_row, storable, to_feedback_row
from storage.store import AgentStore
from storage.tables import FeedbackRow
from tests import builders

_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(), st.text(max_size=5), st.datetimes()
)
_ATTRIBUTES = st.dictionaries(st.text(max_size=5), st.one_of(_VALUES, st.lists(_VALUES, max_size=2)), max_size=4)


@st.composite
def feedbacks(draw: st.DrawFn) -> Feedback:
    """Feedback of every kind, with whatever a source may have said besides."""
    return builders.feedback(
        1,
        kind=draw(st.sampled_from(FeedbackKind)),
        value=draw(st.none() | st.floats(0, 1)),
        text=draw(st.text(max_size=10)),
        teaches=draw(st.booleans()),
        seconds_to_answer=draw(st.none() | st.floats(0, 1e6)),
        supersedes=draw(st.none() | st.text(min_size=1, max_size=5)),
        attributes=draw(_ATTRIBUTES),
    )


@given(told=feedbacks())
def test_a_row_of_feedback_holds_what_the_record_says_in_json(told: Feedback) -> None:
    try:
        payload = storable(told)
    except InvalidInput as refusal:
        with pytest.raises(InvalidInput, match=str(refusal.field)):
            to_feedback_row(told)
        return
    row = to_feedback_row(told)
    assert row.pop("content_digest") == content_digest(told, payload)
    assert row.pop("state") == ("new" if told.teaches else "excluded")
    assert row == payload | {"at": told.at, "received_at": told.received_at}
    assert from_row(Feedback, row) == Feedback.model_validate(payload)


@pytest.mark.parametrize("field", ["text", "reason", "attributes", "supersedes"])
@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_what_no_database_holds_is_refused_by_its_field(field: str, bad: str) -> None:
    said: Any = {"screen": bad} if field == "attributes" else bad
    told = builders.feedback(1).model_copy(update={field: said})
    with pytest.raises(InvalidInput) as refusal:
        to_feedback_row(told)
    assert refusal.value.field == field


def test_a_time_has_one_spelling_whichever_way_its_row_was_written(
    sqlite_database: Database, sqlite_store: AgentStore
) -> None:
    """SQLite compares times as texts: of two spellings of one moment, one is always too early."""
    sqlite_store.append(interactions=[builders.interaction(1), builders.interaction(2)])
    sqlite_store.append(interactions=[builders.interaction(1, answer="Here.")])  # replaced by another statement
    sqlite_store.append(feedback=[builders.feedback(1)])
    with sqlite_database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT at FROM interaction UNION ALL SELECT received_at FROM feedback")
        assert {len(spelled) for (spelled,) in rows} == {len("2026-06-01 12:00:00.000000")}


def test_what_came_at_the_very_moment_is_found_from_it_and_up_to_it(database: Database, store: AgentStore) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    store.append(feedback=[builders.feedback(1, at=noon, received_at=noon)])
    parcel = Parcel(door="api:a", feedback=(builders.feedback(2, at=noon, received_at=noon),))
    store.deliver([parcel], captured=[], now=noon)
    table = FeedbackRow.core()
    with database.engine.connect() as connection:
        for which in (table.c.received_at >= noon, table.c.received_at <= noon, table.c.received_at == noon):
            assert connection.execute(sa.select(sa.func.count()).where(which)).scalar() == 2
        for which in (table.c.received_at > noon, table.c.received_at < noon):
            assert connection.execute(sa.select(sa.func.count()).where(which)).scalar() == 0


def test_an_interaction_is_counted_once_as_answered_whoever_speaks_about_it_and_however_often(
    store: AgentStore,
) -> None:
    def deliver(*feedback: Feedback) -> int:
        made = prepare(Delivery(agent="desk", door="api:a", feedback=feedback), at=builders.NOON)
        store.deliver([made.parcel], captured=[made.capture], now=builders.NOON)
        return {one.door: one.with_outcome for one in store.captures()}.get("api:agent", 0)

    asked = [builders.interaction(number, source="api:agent") for number in (1, 2, 3)]
    store.deliver([Parcel(door="api:agent", interactions=tuple(asked))], captured=[], now=builders.NOON)
    assert deliver(builders.feedback(1), builders.feedback(2, interaction_id="i1")) == 1
    assert deliver(builders.feedback(1)) == 1, "a duplicate"
    assert deliver(builders.feedback(4, interaction_id="i1", author="a9")) == 1, "another person"
    assert deliver(builders.feedback(5, interaction_id="i1", at=builders.at(50))) == 1, "the same person again"
    assert deliver(builders.feedback(6, interaction_id="i2")) == 2
    assert deliver(builders.feedback(7, interaction_id="i8")) == 2, "not there yet"
    late = builders.interaction(8, source="api:agent")
    store.deliver([Parcel(door="api:agent", interactions=(late,))], captured=[], now=builders.NOON)
    assert deliver() == 3


def test_a_word_replaces_the_earlier_one_of_its_author_among_many_of_others(store: AgentStore) -> None:
    """Many speak about one target, under names that are alike."""
    crowd = [builders.feedback(n, interaction_id="i1", author=f"a{n}", at=builders.at(n)) for n in range(1, 30)]
    store.append(feedback=crowd)
    again = [
        builders.feedback(n + 100, interaction_id="i1", author=f"a{n}", label="late", at=builders.at(60 + n))
        for n in (3, 7)
    ]
    store.append(feedback=again)
    said = {one.feedback.id: one.feedback.supersedes for one in store.feedback()}
    assert len(said) == 29
    assert (said["f103"], said["f107"], "f3" in said, "f7" in said) == ("f3", "f7", False, False)


def test_ids_by_the_thousand_are_told_apart(store: AgentStore) -> None:
    def some(first: int) -> list[Feedback]:
        return [builders.feedback(n, at=builders.NOON + timedelta(seconds=n)) for n in range(first, first + 1_500)]

    assert store.append(feedback=some(0)).new == 1_500
    told = store.append(feedback=some(750))
    assert (told.new, told.duplicate) == (750, 750)


def test_nothing_of_another_agent_is_looked_up(database: Database, store: AgentStore) -> None:
    other = database.create_agent(builders.agent("other"), builders.bundle(), now=builders.NOON, actor="rita")
    other.append(interactions=[builders.interaction(1, agent="other")], feedback=[builders.feedback(1, agent="other")])
    store.deliver(
        [Parcel(door="api:a", feedback=(builders.feedback(1, at=builders.at(99)),))], captured=[], now=builders.NOON
    )
    (mine,) = store.feedback()
    assert mine.feedback.supersedes is None
    assert store.captures()[0].orphans == 1
