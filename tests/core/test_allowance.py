"""The day's ceiling: what costs is asked up to it and never beyond, what was answered is kept, and it says so."""

from collections.abc import Mapping
from typing import Any

import pytest

from loop.agent import EndpointAgent
from loop.errors import BudgetSpent
from loop.evaluate import Allowance, AnswerMemory
from loop.evaluate.allowance import AT_ONCE
from loop.records import Bundle, ModelChoice
from tests import builders
from tests.fakes import FakeAnswers, FakeClock

YOURS = Bundle(model=ModelChoice(name="yours"))


class Counted:
    """An endpoint that counts its calls."""

    concurrency = 4

    def __init__(self) -> None:
        self.asked: list[str] = []

    def call(self, request: Mapping[str, Any], *, bundle: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(request["question"])
        return {"answer": "yes", "version": request["version"]["digest"]}


def memory(kept: FakeAnswers, endpoint: Counted, *, most: int | None, clock: FakeClock) -> AnswerMemory:
    return AnswerMemory(
        kept,
        lambda bundle: EndpointAgent(bundle, endpoint),
        allowance=lambda: Allowance(kept, most=most, slug="desk", clock=clock),
    )


def test_nothing_is_asked_beyond_the_ceiling_and_what_was_answered_is_kept() -> None:
    kept, endpoint, clock = FakeAnswers(), Counted(), FakeClock()
    with pytest.raises(BudgetSpent, match=r"ceiling of 50 questions a day.*asks_per_day"):
        memory(kept, endpoint, most=50, clock=clock).ask(YOURS, builders.short_cases(80))
    assert len(endpoint.asked) == len(set(endpoint.asked)) == 50
    assert len(kept.kept_answers) == 50
    with pytest.raises(BudgetSpent):
        memory(kept, endpoint, most=50, clock=clock).ask(YOURS, builders.short_cases(80))
    assert len(endpoint.asked) == 50


def test_asking_goes_on_the_next_day_with_what_is_missing() -> None:
    kept, endpoint, clock = FakeAnswers(), Counted(), FakeClock()
    with pytest.raises(BudgetSpent):
        memory(kept, endpoint, most=50, clock=clock).ask(YOURS, builders.short_cases(80))
    clock.pass_time(days=1)
    assert len(memory(kept, endpoint, most=50, clock=clock).ask(YOURS, builders.short_cases(80))) == 80
    assert len(endpoint.asked) == len(set(endpoint.asked)) == 80


def test_permits_that_were_not_used_are_given_back() -> None:
    kept, clock = FakeAnswers(), FakeClock()
    memory(kept, Counted(), most=1_000, clock=clock).ask(YOURS, builders.short_cases(AT_ONCE + 3))
    assert list(kept.asks.values()) == [AT_ONCE + 3]


def test_without_a_ceiling_nothing_is_counted() -> None:
    kept, endpoint = FakeAnswers(), Counted()
    assert len(memory(kept, endpoint, most=None, clock=FakeClock()).ask(YOURS, builders.short_cases(60))) == 60
    assert kept.asks == {}


def test_what_is_kept_already_costs_nothing() -> None:
    kept, endpoint, clock = FakeAnswers(), Counted(), FakeClock()
    memory(kept, endpoint, most=40, clock=clock).ask(YOURS, builders.short_cases(40))
    assert len(memory(kept, endpoint, most=40, clock=clock).ask(YOURS, builders.short_cases(40))) == 40
    assert len(endpoint.asked) == 40
