"""People who say the same are not votes: nothing is promised that the engine has not counted."""

from typing import Any

import pytest

from dashboard.components.corrections import alike, fates
from dashboard.views import corrections
from loop import desk
from storage.queries.alike import Similar
from tests import builders
from tests.screens.reading import words


def told(**fields: Any) -> str:
    return fates.sentence(desk.Fate(feedback_id="f1", needed=3, **fields), helped=None, topic="refunds")


@pytest.mark.parametrize(
    ("fate", "sentence"),
    [
        ({"people": 0}, "It takes 3 people who say the same; not counted yet."),
        ({"people": 1, "votes": 1}, "1 person says so; 3 are needed."),
        (
            {"people": 4, "votes": 2},
            "4 people say so, 2 of their votes count (of newcomers only some do); 3 are needed.",
        ),
        (
            {"people": 4, "votes": 1},
            "4 people say so, 1 of their votes counts (of newcomers only some do); 3 are needed.",
        ),
        (
            {"people": 4, "votes": 4},
            "4 people say so, and 3 are needed: others say otherwise, or nobody with a record says it.",
        ),
        ({"people": 2}, "2 people say so; 3 are needed."),
    ],
)
def test_waiting_for_more_people_never_says_that_there_are_enough(fate: dict[str, Any], sentence: str) -> None:
    assert told(stage="too few", **fate) == sentence


def test_enough_people_are_no_promise_of_a_change() -> None:
    assert told(stage="agreed", people=4, votes=4) == (
        "4 people say so: enough for a change. One of the next turns drafts it, where it fits what else is taught."
    )


def test_after_a_correction_those_who_said_so_are_named_and_nothing_is_counted() -> None:
    found = [
        Similar.model_construct(better="In 4 days.", better_label=None, agreed_by=(name, "customer (7)"))
        for name in ("ben", "ann")
    ]
    said = alike.said_before(found, desk.Correction(text="in 4 days. "), needed=3, me="ann")
    assert said == (
        "Said before of alike questions by ben, 1 person who did not sign in here. "
        "A change takes 3 people; who counts is seen in the next turn."
    )
    assert alike.said_before([], desk.Correction(text="x"), needed=3, me="ann").startswith("A change takes 3 people")


def test_what_was_tried_is_never_corrected_as_if_somebody_had_been_answered_so() -> None:
    """A precedent it is, and says so."""
    source = builders.interaction(1, answer="In 9 days.")
    alike_ones = [
        Similar(interaction_id=f"i{n}", question="When?", answer="In 9 days.", label=None, at=builders.at(n),
                likeness=0.9, is_tried=n == 2, better="In 4 days.", agreed_by=("bea (helpdesk)", "ann", "cyril"))
        for n in (2, 3)
    ]  # fmt: skip
    said = alike.LastCorrection(("f1",), source.id, desk.Correction(text="In 4 days."), "")
    assert [one.alike.interaction_id for one in alike.likely(source, said, alike_ones, me="dana")] == ["i3"]
    assert "corrected by bea (helpdesk), ann and 1 more, in Try it" in words(str(corrections.precedent(alike_ones[0])))
    assert "in Try it" not in words(str(corrections.precedent(alike_ones[1])))
