"""Today leads everybody to the one thing that is best done next, and that their role may do."""

import pytest

from loop.desk import Desk, next_step
from loop.records import Actor, Role

ALL = Desk(high=("h1", "h2"), waiting=("h1", "h2", "l1", "l2"), to_correct=("c1", "c2"), held=3)


@pytest.mark.parametrize(
    ("role", "thing", "subject"),
    [
        (Role.ADMIN, "decide_high", "h1"),
        (Role.APPROVER, "decide_high", "h1"),
        (Role.REVIEWER, "decide", "l1"),
        (Role.CORRECTOR, "correct", "c1"),
        (Role.VIEWER, "watch", ""),
    ],
)
def test_each_role_is_led_to_what_it_may_do(role: Role, thing: str, subject: str) -> None:
    step = next_step(Actor(name="ana", role=role), ALL)
    assert (step.thing, step.subject) == (thing, subject)


@pytest.mark.parametrize(
    ("lying", "thing", "subject"),
    [
        (Desk(high=("h1",), waiting=("h1",), to_correct=("c1",), held=3), "decide", "h1"),
        (Desk(to_correct=("c1",), held=3), "judge", ""),
        (Desk(to_correct=("c1",)), "correct", "c1"),
        (Desk(), "nothing", ""),
    ],
)
def test_what_is_left_comes_in_order_until_nothing_is(lying: Desk, thing: str, subject: str) -> None:
    step = next_step(Actor(name="ana", role=Role.REVIEWER), lying)
    assert (step.thing, step.subject) == (thing, subject)


def test_a_reviewer_hears_who_may_approve_what_they_may_not() -> None:
    step = next_step(Actor(name="ana", role=Role.REVIEWER), Desk(high=("h1",), waiting=("h1",)))
    assert "role approver" in step.says
    assert step.verb == "Read it"


def test_the_others_are_counted() -> None:
    assert (
        next_step(Actor(name="ana", role=Role.ADMIN), ALL).says
        == "A change of high stakes waits to be decided, and 3 more."
    )
    assert next_step(Actor(name="ana", role=Role.REVIEWER), ALL).says == "A change waits to be decided, and 1 more."


def test_what_waits_for_somebody_else_is_told_and_not_offered() -> None:
    ana = Actor(name="ana", role=Role.APPROVER)
    step = next_step(ana, Desk(for_others=1))
    assert (step.thing, step.says) == (
        "nothing",
        "Nothing waits for you. 1 change waits for somebody else. The loop looks again by itself.",
    )
    assert next_step(ana, Desk(for_others=2, held=3)).says.startswith("2 changes wait for somebody else. The firewall")


def test_a_loop_that_stands_still_is_not_said_to_look_again() -> None:
    idle = next_step(Actor(name="ana", role=Role.REVIEWER), Desk(idle="it is paused")).says
    assert idle == "Nothing waits for you. The loop does not look for more: it is paused."
    assert "looks again by itself" in next_step(Actor(name="ana", role=Role.REVIEWER), Desk()).says
