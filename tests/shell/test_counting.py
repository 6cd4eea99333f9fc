"""Daily aggregates are kept by increments: whatever happens, they are what a count from scratch gives."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from loop import desk, engine, improvement, wiring
from loop.engine.counting import count_differences
from loop.errors import Conflict
from loop.ports import Parts
from loop.records import Bundle, Changes, FeedbackKind, FeedbackState, Note
from loop.records.counts import DayAnswers, WorkEntry
from loop.settings import Settings
from storage.database import Database
from storage.tables import DailyAnswersRow, DailySignalRow, DailyWorkRow, HourlySignalRow
from tests import builders
from tests.builders import NOON
from tests.shell import desk_world
from tests.shell.desk_world import OPERATOR

DAY = timedelta(days=1)
TWO_DAYS = "2026-06-01", "2026-06-02"


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk` with ten thumbs, a takeover and an edit on the first of June."""
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    made = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + 2 * DAY)
    said = [
        builders.feedback(n, kind=FeedbackKind.THUMBS, label=None, value=float(n < 7), at=NOON + DAY) for n in range(10)
    ]
    said += [
        builders.feedback(10, kind=FeedbackKind.TAKEOVER, label=None, text="I sent it again.", at=NOON + DAY),
        builders.feedback(11, kind=FeedbackKind.EDIT, label=None, text="It is on its way.", at=NOON + DAY),
    ]
    asked = [
        builders.interaction(n, version=0, topic="parcels" if n % 2 else "", at=NOON + timedelta(hours=n % 3))
        for n in range(12)
    ]
    made.store.append(interactions=asked, feedback=said)
    settle(made)
    return made


def settle(parts: Parts) -> None:
    for _ in range(3):
        engine.turn(parts)


def told(parts: Parts) -> dict[str, tuple[int, int, int]]:
    """By kind: told, n, good."""
    return {row.kind: (row.told, row.n, row.good) for row in parts.store.day_signals()}


def test_every_kind_is_counted_by_the_day_of_its_answer(parts: Parts) -> None:
    assert told(parts) == {"edit": (1, 0, 0), "takeover": (1, 0, 0), "thumbs": (10, 10, 7)}
    assert {row.day for row in parts.store.day_signals()} == {"2026-06-01"}
    assert parts.store.day_answers() == [DayAnswers("2026-06-01", 0, 12, 0)]
    hours = parts.store.hour_signals()
    assert {row.hour for row in hours} == {12, 13, 14}
    assert {row.topic for row in hours} == {"parcels", "parcel"}, "the label stands in where no topic is known"
    assert sum(row.n for row in hours) == 10
    assert count_differences(parts) == ()


def test_prices_that_come_with_answers_are_added_up_and_nothing_else_is_a_price(parts: Parts) -> None:
    told: list[object] = [0.002, 0.001, "0.5", None, -1, True, {"usd": 3}, "x"]
    parts.store.append(
        interactions=[
            builders.interaction(200 + n, version=0, at=NOON + DAY, attributes={"response_cost": value})
            for n, value in enumerate(told)
        ]
    )
    settle(parts)
    (day,) = [one for one in parts.store.day_answers() if one.day == TWO_DAYS[1]]
    assert (day.n, day.priced, day.money) == (8, 2, 0.003)
    assert engine.recheck(parts) == ()


def _thumbs_changed(parts: Parts) -> None:
    parts.store.append(
        feedback=[
            builders.feedback(2, id="again", kind=FeedbackKind.THUMBS, label=None, value=0.0, at=NOON + 1.5 * DAY)
        ]
    )


def _taken_back(parts: Parts) -> None:
    desk.judge(parts, ["f10"], actor=OPERATOR, to=FeedbackState.EXCLUDED, reason="by mistake")


def _moved_to_another_day(parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(3, version=0, topic="parcels", at=NOON + DAY)])


def _moved_within_the_day(parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(3, version=0, topic="parcels", at=NOON + timedelta(hours=5))])


def _another_topic(parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(4, version=0, topic="refunds", at=NOON)])


def _moved_without_any_feedback(parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(99, version=0, at=NOON)])
    settle(parts)
    parts.store.append(interactions=[builders.interaction(99, version=0, at=NOON + DAY)])


def _late_answer(parts: Parts) -> None:
    early = builders.feedback(50, kind=FeedbackKind.THUMBS, label=None, value=1.0, at=NOON + DAY)
    parts.store.append(feedback=[early])
    settle(parts)
    parts.store.append(interactions=[builders.interaction(50, version=0, at=NOON - DAY)])


def _all_again(parts: Parts) -> None:
    parts.store.rebuild()


@pytest.mark.parametrize(
    "happens",
    [_thumbs_changed, _taken_back, _moved_to_another_day, _moved_within_the_day, _another_topic,
     _moved_without_any_feedback, _late_answer, _all_again],
)  # fmt: skip
def test_whatever_happens_the_increments_are_what_a_count_from_scratch_gives(
    parts: Parts, happens: Callable[[Parts], None]
) -> None:
    happens(parts)
    settle(parts)
    assert engine.recheck(parts) == ()


def test_an_answer_that_moves_leaves_the_day_it_was_on(parts: Parts) -> None:
    _moved_to_another_day(parts)
    settle(parts)
    assert {row.day: row.n for row in parts.store.day_answers()} == dict(zip(TWO_DAYS, (11, 1), strict=True))
    assert {row.day for row in parts.store.day_signals() if row.kind == "thumbs"} == set(TWO_DAYS)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (DailySignalRow, "signals by day"),
        (HourlySignalRow, "signals by hour"),
        (DailyAnswersRow, "answers by day"),
        (DailyWorkRow, "work by day"),
    ],
)
def test_a_recheck_names_an_aggregate_that_was_changed_from_outside(
    parts: Parts, database: Database, row: type[DailySignalRow], name: str
) -> None:
    _acted(parts, at=NOON + DAY)
    settle(parts)
    table = row.core()
    column = table.c.acts if row is DailyWorkRow else table.c.n
    with database.engine.begin() as connection:
        connection.execute(sa.update(table).values({column: column + 1}))
    (found,) = engine.recheck(parts)
    assert found.startswith(f"The {name} do not follow from the log")


def test_a_recheck_waits_until_the_days_are_counted(parts: Parts) -> None:
    parts.store.append(interactions=[builders.interaction(77, version=0, at=NOON)])
    with pytest.raises(Conflict, match="Answers wait to be counted"):
        engine.recheck(parts)


def test_nothing_new_is_nothing_counted(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(type(parts.store), "signal_cells", lambda *_, **kinds: asked.append(kinds) or [])
    desk.judge(parts, ["f10"], actor=OPERATOR, to=FeedbackState.EXCLUDED, reason="by mistake")
    settle(parts)
    assert len(asked) == 1, "one count, of the day that something was said about"
    parts.store.commit(Changes(notes=(Note(actor="olga", action="set agent", subject="desk", at=NOON + DAY),)))
    settle(parts)
    assert len(asked) == 1


# time of people --------------------------------------------------------------------------------------------
def _acted(parts: Parts, *, at: datetime) -> None:
    desk.judge(replace(parts, clock=lambda: at), ["f11"], actor=OPERATOR, to=FeedbackState.EXCLUDED, reason="odd")


def act(seq: int, minutes: float, actor: str = "rita", action: str = "approve proposal") -> WorkEntry:
    return WorkEntry(seq, actor, action, NOON + timedelta(minutes=minutes))


def test_time_is_what_lies_between_acts_of_one_sitting_and_a_minute_for_the_first() -> None:
    entries = [act(1, 0), act(2, 4), act(3, 13), act(4, 60), act(5, 61, actor="ben")]
    (day,) = improvement.add_work(entries).days
    assert (day.acts, day.seconds) == (5, 60 + 4 * 60 + 9 * 60 + 60 + 60)


def test_what_programs_do_is_nobodys_time() -> None:
    assert improvement.add_work([act(1, 0, action="pull"), act(2, 1, action="receive day")]).days == ()


def test_time_counted_in_pieces_is_the_time_counted_at_once() -> None:
    entries = [act(n, 7.0 * n, actor=("rita", "ben")[n % 2]) for n in range(40)]
    whole = improvement.add_work(entries)
    days, last = {}, {}
    for entry in entries:
        piece = improvement.add_work([entry], days=days.values(), last=last)
        days |= {one.day: one for one in piece.days}
        last = piece.last
    assert (tuple(days.values()), last) == (whole.days, whole.last)
    assert len(last) <= 2, "only who may still be sitting there is remembered"


def test_no_person_stands_in_what_is_kept_of_a_day(parts: Parts, database: Database) -> None:
    _acted(parts, at=NOON + DAY)
    settle(parts)
    assert parts.store.day_work()
    columns = set(DailyWorkRow.core().c.keys())
    assert columns == {"agent", "day", "acts", "seconds"}
