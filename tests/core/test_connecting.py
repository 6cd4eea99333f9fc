"""Capture health in words: nothing is lost in silence, and silence is told from a weekend."""

import ast
from datetime import date, timedelta
from typing import Any

import pytest

from loop import desk
from loop.errors import InvalidInput
from loop.ports.deliveries import Capture
from loop.records import VERBS
from loop.serve.app import ENDPOINTS
from tests import builders
from tests.builders import NOON

TODAY = date(2026, 6, 15)  # a Monday


def days(*ago: int) -> tuple[str, ...]:
    return tuple((TODAY - timedelta(days=one)).isoformat() for one in sorted(ago, reverse=True))


def health(**fields: Any) -> desk.DoorHealth:
    (found,) = desk.capture_health([Capture("api:shop", **fields)], now=NOON)
    return found


@pytest.mark.parametrize(
    ("ago", "silent"),
    [
        (range(2, 12), 2),  # every day until the day before yesterday
        (range(1, 12), 0),  # it still spoke yesterday
        (range(12), 0),
        ([3, 4, 5, 6, 7, 10, 11, 12, 13, 14], 0),  # Monday to Friday: Monday is not over
        ([4, 5, 6, 7, 10, 11, 12, 13, 14], 4),  # it rests at weekends, and Friday is missing too
        (range(3, 7), 0),  # known for too short a time
        ([3, 10, 17], 0),  # once a week says nothing about a day
        ([], 0),
    ],
)
def test_a_door_that_spoke_regularly_and_stopped_is_told_from_one_that_rests(ago: Any, silent: int) -> None:
    assert desk.silent_days(Capture("api:shop", days=days(*ago)), today=TODAY) == silent


def test_what_is_refused_is_said_with_its_reasons_in_words() -> None:
    found = health(calls=4, rejected={"no_messages": 1, "The question is empty.": 3})
    assert (found.condition, found.needs_look) == ("nothing kept", True)
    assert found.rejected == [(3, "The question is empty."), (1, "The call carried no messages.")]


def test_what_is_lost_comes_before_everything_else() -> None:
    found = health(calls=9, stored=5, dropped=4, rejected={"depth": 1})
    assert found.condition == "losing"
    assert "4 were lost" in found.says


def test_the_doors_that_need_a_look_come_first() -> None:
    well = Capture("api:a", calls=3, stored=3, with_outcome=1, last_at=NOON)
    bad = Capture("api:b", calls=3, rejected={"depth": 3}, last_at=NOON - timedelta(days=1))
    assert [one.capture.door for one in desk.capture_health([well, bad], now=NOON)] == ["api:b", "api:a"]


def test_missing_outcomes_and_lost_targets_are_said() -> None:
    assert any("No answer has an outcome" in one for one in health(calls=3, stored=3).missing)
    assert any("2 feedback wait" in one for one in health(feedback=2, stored=2, orphans=2).missing)
    assert health(calls=3, stored=3, with_outcome=1).missing == []


def test_what_came_is_counted_from_when_one_began_to_watch() -> None:
    before = {"api:a": Capture("api:a", calls=5, stored=4, rejected={"depth": 1}, last_at=NOON)}
    same = Capture("api:a", calls=5, stored=4, rejected={"depth": 1}, last_at=NOON)
    assert desk.came_since(before, [same]) == []
    more = Capture("api:a", calls=7, stored=5, rejected={"depth": 2}, last_at=NOON)
    (came,) = desk.came_since(before, [more])
    assert (came.calls, came.refused, came.kept) == (2, [(1, "The body was nested too deep.")], True)


def test_an_event_of_which_nothing_was_kept_is_no_arrival() -> None:
    (came,) = desk.came_since({}, [Capture("gateway:a", calls=2, rejected={"defect": 2})])
    assert (came.kept, came.name) == (False, "the gateway (a)")


def test_what_was_understood_names_what_it_lacks_and_quotes_nothing() -> None:
    said = desk.understood(builders.interaction(1, answer="", label=None, customer=""))
    assert "It has no answer yet." in said
    assert any("who asked" in one for one in said)
    assert not any("parcel" in one for one in said)


@pytest.mark.parametrize("recipe", desk.RECIPES, ids=lambda one: one.how)
def test_the_lines_name_the_agent_or_its_key_and_leave_no_gap(recipe: desk.Recipe) -> None:
    blocks = recipe.filled(address="http://desk.example/", agent="shop", key="rk_1")
    text = "\n".join(one for _, one in blocks)
    assert "{" not in text.replace('{"', "").replace("'{", "")
    assert "desk.example//" not in text
    assert ("rk_1" if recipe.takes_key else "shop") in text
    assert set(recipe.verbs) <= set(VERBS)
    for language, block in blocks:
        if language == "python":
            ast.parse(block)


def test_without_a_key_the_lines_say_where_it_goes() -> None:
    (first, *_) = desk.recipe_named("openai").filled(address="http://a", agent="shop")
    assert first[1] == "export OPENAI_BASE_URL=http://a/k/YOUR_KEY/v1"


def test_an_unknown_way_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.recipe_named("pigeon")
    assert "openai" in str(refused.value)


def test_the_plain_request_goes_to_an_address_there_is() -> None:
    ((_, text),) = desk.recipe_named("api").filled(address="http://a", agent="shop", key="k")
    path = text.split()[1].removeprefix("http://a").replace("/shop/", "/{agent}/")
    assert path in {one.path for one in ENDPOINTS}
