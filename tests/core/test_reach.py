"""A change's reach is counted from what was answered lately, and said as unknown where it is not known."""

from datetime import timedelta
from typing import Any

import pytest

from loop.change.operations import apply_all
from loop.engine.cards import card_of, decisive_fields
from loop.records import (
    Bundle,
    ChangeExamples,
    Condition,
    EditInstructions,
    Example,
    ModelChoice,
    Operation,
    RetireRule,
    Rule,
    SetRule,
)
from loop.records.cards import Card, WeeklyReach
from loop.records.counts import DayAnswers
from tests import builders
from tests.fake_store import FakeStore, parts_on
from tests.fakes import FakeClock

NOW = builders.NOON + timedelta(days=100)
RICH = Rule(id="r", when=(Condition(field="order_value", op="at_least", value=60),), label="vip")
LIVE = Bundle(examples=(Example(id="p", question="Where is my parcel?", label="parcel"),))
OTHER = ModelChoice(name="gpt-x")


def card(base: Bundle, *operations: Operation, ages: Any = range(28), **asked: Any) -> Card:
    """Of a change, where one question was answered each of so many days ago, 28 by default."""
    store = FakeStore(builders.agent(), base)
    parts = parts_on(store, clock=FakeClock(NOW))
    for number, age in enumerate(ages):
        said = {"at": NOW - timedelta(days=age, hours=1), "question": "Where is my parcel?"} | asked
        store.append(interactions=[builders.interaction(number, **said)])
    proposal = builders.proposal(operations=operations, title="A title.")
    return card_of(parts, proposal, base=base, candidate=apply_all(base, operations))


def test_answers_that_would_differ_are_counted_where_asking_costs_nothing() -> None:
    learn = ChangeExamples(add=(Example(id="p", question="Where is my parcel?", label="delivery"),))
    told = card(LIVE, learn)
    assert (told.reach.matched, told.reach.looked_at) == (28, 28)
    assert told.reach.per_week == pytest.approx(7.0)
    said = "About 7 answers a week (28 of 28 looked at) would read differently."
    assert told.sentence == f"Label 1 question “delivery”. {said}"
    untouched = ChangeExamples(add=(Example(id="x", question="I want my money back", label="refund"),))
    assert card(LIVE, untouched).sentence.endswith("None of the 28 answers looked at would read differently.")


def test_a_rule_reaches_those_whose_facts_it_tests() -> None:
    rich = card(LIVE, SetRule(rule=RICH), context={"order_value": 103.41})
    poor = card(LIVE, SetRule(rule=RICH), context={"order_value": 12})
    assert rich.reach.per_week == pytest.approx(7.0)
    assert poor.reach.per_week == 0
    assert rich.facts == ("order_value",)


def test_an_agent_that_answers_elsewhere_is_compared_with_what_it_really_answered() -> None:
    learn = ChangeExamples(add=(Example(id="x", question="Where is my parcel?", label="parcel"),))
    assert card(Bundle(), learn, label="parcel").reach.matched == 0, "it said so already"
    assert card(Bundle(), learn, label="refund").reach.matched == 28


def test_where_asking_costs_the_footprint_says_what_it_is_about() -> None:
    base = LIVE.model_copy(update={"model": OTHER})
    assert card(base, EditInstructions(new="Be kind.")).reach.matched == 28, "every answer follows them"
    learn = ChangeExamples(add=(Example(id="x", question="Something else?", label="parcel"),))
    assert card(base, learn, label="parcel").reach.matched == 28
    assert card(base, learn, label="refund").reach.matched == 0


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    told = card(LIVE, EditInstructions(new="Be kind."), ages=(29, 40))
    assert told.reach.per_week is None
    assert told.reach.why == "Nothing was answered in the last four weeks."
    assert told.sentence == "A title. How many answers it reaches is not known."


def test_a_young_agent_is_counted_over_the_days_it_has() -> None:
    learn = ChangeExamples(add=(Example(id="p", question="Where is my parcel?", label="delivery"),))
    assert card(LIVE, learn, ages=range(10)).reach.per_week == pytest.approx(7.0, rel=0.15)
    assert card(LIVE, learn, ages=(0,)).reach.per_week == pytest.approx(7.0), "never over less than a day"


def test_a_busy_agent_is_counted_over_what_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.engine.cards.READ", 10)
    monkeypatch.setattr("loop.engine.cards.ASKED", 5)
    learn = ChangeExamples(add=(Example(id="p", question="Where is my parcel?", label="delivery"),))
    told = card(LIVE, learn, ages=[day / 10 for day in range(100)])  # ten a day
    assert told.reach.looked_at == 5
    assert told.reach.per_week == pytest.approx(70.0, rel=0.1)
    busy = card(LIVE, learn, ages=[minute / 1440 for minute in range(100)])  # the ten read came in 69 minutes
    assert busy.reach.per_week == pytest.approx(10 * 7 * 1440 / 69, rel=0.1), "they are no day"


def test_what_is_read_of_a_week_is_a_sample_of_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop.engine.cards.READ", 10)
    days = [DayAnswers((NOW - timedelta(days=age)).date().isoformat(), 0, 1_000, 0) for age in range(1, 40)]
    monkeypatch.setattr(FakeStore, "day_answers", lambda self, since="": [one for one in days if one.day >= since])
    learn = ChangeExamples(add=(Example(id="p", question="Where is my parcel?", label="delivery"),))
    told = card(LIVE, learn, ages=[minute / 1440 for minute in range(20)])  # the newest came all at once
    assert told.reach.per_week == pytest.approx(7_000.0)
    assert told.reach.low is not None
    assert 5_000 < told.reach.low < 7_000 == told.reach.high


def test_the_footprint_is_no_promise_that_answers_differ() -> None:
    told = card(LIVE.model_copy(update={"model": OTHER}), EditInstructions(new="Be kind."))
    assert told.sentence == "A title. It is on the topics of about 7 answers a week (28 of 28 looked at)."


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        (WeeklyReach(per_week=31.2, matched=9), "about 31 answers a week"),
        (
            WeeklyReach(per_week=30, low=8, high=100, matched=2, looked_at=200),
            "about 30 answers a week (2 of 200 looked at, so 8 to 100)",
        ),
        (WeeklyReach(per_week=15, low=4, high=70, matched=1, looked_at=200), "few answers a week (1 of 200 looked at)"),
        (WeeklyReach(per_week=0.0, looked_at=200), "none of the 200 answers looked at"),
        (WeeklyReach(per_week=1.0, matched=4), "about 1 answer a week"),
        (WeeklyReach(per_week=0.3, matched=1), "less than one answer a week"),
        (WeeklyReach(per_week=0.0), "no answer"),
        (WeeklyReach(per_week=None, why="x"), "how many answers it reaches is not known"),
    ],
)
def test_the_reach_in_words(reach: WeeklyReach, words: str) -> None:
    assert reach.words == words


def test_fields_a_rule_tests_are_named_also_when_the_rule_goes() -> None:
    base = LIVE.model_copy(update={"rules": (RICH,)})
    proposal = builders.proposal(operations=(RetireRule(rule_id="r"),))
    assert decisive_fields(proposal, base) == ("order_value",)


def test_counts_that_end_before_the_newest_answers_do_not_halve_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn counts days after it tests: the days since the last turn are not counted yet."""
    until = (NOW - timedelta(days=14)).date().isoformat()
    counted = [
        DayAnswers((NOW - timedelta(days=age)).date().isoformat(), 0, 1, 0)
        for age in range(60)
        if (NOW - timedelta(days=age)).date().isoformat() <= until
    ]
    monkeypatch.setattr(FakeStore, "day_answers", lambda self, since="": [one for one in counted if one.day >= since])
    learn = ChangeExamples(add=(Example(id="p", question="Where is my parcel?", label="delivery"),))
    assert card(LIVE, learn).reach.per_week == pytest.approx(7.0)
