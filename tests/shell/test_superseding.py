"""What one author says later replaces what they said before; the history is kept."""

import itertools
from datetime import timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loop import improvement
from loop.records import (
    FEEDBACK_MOVES,
    Changes,
    FeedbackKind,
    FeedbackMove,
    FeedbackState,
    RowCounts,
)
from storage.store import AgentStore
from tests import builders
from tests.shell.whole import path


def test_two_deliveries_of_one_feedback_are_one(store: AgentStore) -> None:
    store.append(feedback=(builders.feedback(1),))
    again = builders.feedback(1, received_at=builders.at(99))
    elsewhere = builders.feedback(1, at=builders.at(1).astimezone(timezone(timedelta(hours=-3))))
    assert store.append(feedback=(again, elsewhere)).duplicate == 2
    assert store.feedback()[0].feedback.received_at == builders.at(1)


def test_later_feedback_of_the_same_author_supersedes_the_earlier(store: AgentStore) -> None:
    earlier = builders.feedback(1, label="refund")
    later = builders.feedback(1, id="f1b", label="invoice", at=builders.at(5), received_at=builders.at(5))
    store.append(feedback=(earlier,))
    assert store.append(feedback=(later,)) == RowCounts(updated=1)
    assert [(item.feedback.id, item.feedback.supersedes) for item in store.feedback()] == [("f1b", "f1")]
    history = store.feedback([FeedbackState.SUPERSEDED])
    assert [item.feedback for item in history] == [earlier]


def test_a_name_in_a_file_replaces_nobodys_word(store: AgentStore) -> None:
    """Who writes the lead's name into a file neither silences the lead nor is taken for them."""
    store.append(feedback=(builders.feedback(1, author="lead"),))
    forged = builders.feedback(2, interaction_id="i1", author="lead", label="delay", source="import:a.csv")
    assert store.append(feedback=(forged,)) == RowCounts(new=1)
    assert [item.feedback.id for item in store.feedback()] == ["f1", "f2"]
    vouched = builders.feedback(3, interaction_id="i1", author="lead", source="vouched:b.csv", at=builders.at(9))
    assert store.append(feedback=(vouched,)) == RowCounts(updated=1)
    assert [item.feedback.id for item in store.feedback()] == ["f2", "f3"]


def test_what_is_superseded_is_judged_again(store: AgentStore) -> None:
    store.append(feedback=(builders.feedback(1),))
    store.append(feedback=(builders.feedback(1, id="f1b", at=builders.at(5), received_at=builders.at(5)),))
    assert {one.key: one.stamp for one in store.due("facts", limit=3)} == {"f1": 2, "f1b": 1}
    store.append(feedback=(builders.feedback(1, id="f1c", at=builders.at(9), received_at=builders.at(9)),))
    judged = {one.key: one.stamp for one in store.due("facts", limit=4)}
    assert judged == {"f1": 2, "f1b": 2, "f1c": 1}, "what was replaced before stays as it is"


def test_earlier_feedback_that_arrives_late_is_superseded_at_once(store: AgentStore) -> None:
    later = builders.feedback(1, id="f1b", at=builders.at(5))
    store.append(feedback=(later,))
    assert store.append(feedback=(builders.feedback(1),)) == RowCounts(new=1)
    assert [item.feedback.id for item in store.feedback()] == ["f1b"]
    assert store.feedback_items(["f1"])["f1"].state is FeedbackState.SUPERSEDED


def test_another_author_kind_or_target_supersedes_nothing(store: AgentStore) -> None:
    told = (
        builders.feedback(1),
        builders.feedback(2, interaction_id="i1"),
        builders.feedback(3, interaction_id="i1", author="a1", kind=FeedbackKind.COMMENT),
        builders.feedback(4, author="a1"),
    )
    assert store.append(feedback=told) == RowCounts(new=4)
    assert len(store.feedback()) == 4


def test_feedback_whose_id_is_taken_is_kept_under_another_id(store: AgentStore) -> None:
    store.append(feedback=(builders.feedback(1, label="refund"),))
    newer = builders.feedback(1, label="invoice", at=builders.at(9))
    assert store.append(feedback=(newer,)) == RowCounts(updated=1)
    assert store.append(feedback=(newer,)) == RowCounts(duplicate=1)
    (current,) = store.feedback()
    assert (current.feedback.label, current.feedback.supersedes) == ("invoice", "f1")
    assert store.feedback_items(["f1"])["f1"].feedback.label == "refund"


_targets = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_order_of_arrival_does_not_matter(sqlite_store: AgentStore, data: st.DataObject) -> None:
    mark = f"t{next(_targets)}"
    minutes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=6))
    told = [
        builders.feedback(1, id=f"{mark}-{place}", interaction_id=mark, at=builders.at(minute))
        for place, minute in enumerate(minutes)
    ]
    expected = max(told, key=lambda one: (one.at, one.received_at, one.id))
    shuffled = data.draw(st.permutations(told))
    cut = data.draw(st.integers(0, len(told)))
    for part in (shuffled[:cut], shuffled[cut:], shuffled):
        sqlite_store.append(feedback=tuple(part))
    items = sqlite_store.feedback_items([one.id for one in told])
    assert len(items) == len(told)
    assert [name for name, item in items.items() if item.state is not FeedbackState.SUPERSEDED] == [expected.id]


def test_feedback_that_must_not_teach_enters_as_excluded(store: AgentStore) -> None:
    store.append(feedback=(builders.feedback(1, teaches=False),))
    assert store.feedback()[0].state is FeedbackState.EXCLUDED


def test_feedback_may_arrive_before_its_interaction(store: AgentStore) -> None:
    store.append(feedback=(builders.feedback(1, value=1.0),))
    assert [
        (day.number, day.n, day.good) for day in improvement.quality_days(improvement.day_rows(store.signal_cells()))
    ] == [(None, 1, 1)]
    store.append(interactions=(builders.interaction(1, version=0),))
    assert [
        (day.number, day.n, day.good) for day in improvement.quality_days(improvement.day_rows(store.signal_cells()))
    ] == [(0, 1, 1)]


def test_signals_leave_out_what_the_firewall_holds_back(store: AgentStore) -> None:
    states = [state for state in FeedbackState if state is not FeedbackState.SUPERSEDED]
    for place, state in enumerate(states, start=1):
        told = builders.feedback(place, value=0.5 if place % 2 else 0.25)
        answer = builders.interaction(place, version=0, at=builders.at(60 * 24 * (place % 2)))
        store.append(interactions=(answer,), feedback=(told,))
        for step in path(FeedbackState.NEW, state, FEEDBACK_MOVES):
            store.commit(Changes(feedback_moves=(FeedbackMove(feedback_id=told.id, was=step[0], now=step[1]),)))
    counted = {FeedbackState.NEW, FeedbackState.VALID, FeedbackState.RELEASED}
    days = improvement.quality_days(improvement.day_rows(store.signal_cells()))
    assert sum(day.n for day in days) == len(counted)
    assert [day.day for day in days] == sorted({day.day for day in days})
    assert sum(day.good for day in days) == sum(1 for n, one in enumerate(states, 1) if one in counted and n % 2)
