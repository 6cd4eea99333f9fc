"""The one next best thing for a person: what their role may do, what nobody else can, and what waits longest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loop.records import Actor
from loop.roles import may
from loop.text.counting import count

Thing = Literal["decide_high", "decide", "judge", "correct", "watch", "nothing"]


@dataclass(frozen=True)
class Desk:
    """What lies on the desk now."""

    high: Sequence[str] = ()
    """Ids of changes of high stakes that wait for this person, the most urgent first."""
    waiting: Sequence[str] = ()
    """Ids of all changes that wait for this person, the most urgent first."""
    for_others: int = 0
    """Changes that wait for somebody else: this person wrote them, or approved them first of two."""
    to_correct: Sequence[str] = ()
    """Ids of answers that wait for a correction."""
    held: int = 0
    """Feedback items that are held back."""
    idle: str = ""
    """Why the loop does not go on by itself, as `no worker runs`; empty: it does."""


@dataclass(frozen=True)
class NextStep:
    """What to do now, and why it is this."""

    thing: Thing
    subject: str
    """Id of the change or answer; empty: none in particular."""
    says: str
    verb: str
    """On the button."""


def next_step(actor: Actor, desk: Desk) -> NextStep:
    """For a person with this role. Changes of high stakes go to who may approve them; the others to reviewers."""
    low = [one for one in desk.waiting if one not in set(desk.high)]
    if desk.high and may(actor, "decide_high"):
        more = _others(len(desk.waiting) - 1)
        return NextStep("decide_high", desk.high[0], f"A change of high stakes waits to be decided{more}.", "Decide it")
    if low and may(actor, "decide"):
        return NextStep("decide", low[0], f"A change waits to be decided{_others(len(low) - 1)}.", "Decide it")
    if desk.high and may(actor, "decide"):
        who = "Only somebody with the role approver may approve what is of high stakes; you may read it and reject it."
        return NextStep("decide", desk.high[0], who, "Read it")
    if desk.held and may(actor, "judge_feedback"):
        n = f"{desk.held:,} {'item' if desk.held == 1 else 'items'}"
        return NextStep(
            "judge",
            "",
            f"{_for_others(desk)} The firewall holds {n} of feedback back until somebody looks.",
            "Look at them",
        )
    if desk.to_correct and may(actor, "correct"):
        waits = "One answer" if len(desk.to_correct) == 1 else f"{len(desk.to_correct)} answers"
        return NextStep(
            "correct", desk.to_correct[0], f"{waits} could be better. Say what one should have said.", "Correct it"
        )
    if may(actor, "correct"):
        loop = f"The loop does not look for more: {desk.idle}." if desk.idle else "The loop looks again by itself."
        waits = f" {_for_others(desk)}" if desk.for_others else ""
        return NextStep("nothing", "", f"Nothing waits for you.{waits} {loop}", "See how it is going")
    return NextStep("watch", "", "Your role may look at everything and decide nothing.", "See how it is going")


def _for_others(desk: Desk) -> str:
    if not desk.for_others:
        return "No change waits."
    return f"{count(desk.for_others, 'change')} {'waits' if desk.for_others == 1 else 'wait'} for somebody else."


def _others(n: int) -> str:
    return "" if n < 1 else f", and {n:,} more"
