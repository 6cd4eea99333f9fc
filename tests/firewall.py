"""The firewall in one go, in memory: feedback in, and what it comes to out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from loop.heldout import GROUP_DRAW, split_of
from loop.limits import shares
from loop.records import (
    Agent,
    AuthorStanding,
    EvalCase,
    FeedbackItem,
    FeedbackMove,
    FeedbackState,
    Flag,
    Interaction,
    Issue,
    Judged,
    Limits,
    Moment,
    Split,
)
from loop.validate import MemoryKnowledge, Work, settle
from loop.validate.facts import row_of
from tests.builders import agent, feedback


@dataclass(frozen=True)
class ValidationWork:
    """All feedback of an agent, in the order received."""

    agent: Agent
    items: tuple[FeedbackItem, ...]
    interactions: Mapping[str, Interaction]
    cases: tuple[EvalCase, ...]
    now: Moment
    seed: int = 0


@dataclass
class ValidationOutcome:
    """What the firewall decided, and what valid feedback amounts to."""

    flags: Mapping[str, tuple[Flag, ...]]
    moves: tuple[FeedbackMove, ...]
    issues: tuple[Issue, ...]
    cases: tuple[EvalCase, ...]
    retired_cases: tuple[str, ...]
    authors: tuple[AuthorStanding, ...]
    states: Mapping[str, FeedbackState] = field(default_factory=dict)


def judge(work: ValidationWork) -> ValidationOutcome:
    """Everything at once, as a first turn would."""
    known = MemoryKnowledge(
        items={
            item.feedback.id: item.model_copy(update={"seq": place}) for place, item in enumerate(work.items, start=1)
        },
        asked=dict(work.interactions),
        cases={case.id: case for case in work.cases},
    )
    for key in known.items:
        known.list_of["facts"][key] = 1
    settle(known, work.agent, now=work.now, seed=work.seed)
    before = {item.feedback.id: item for item in work.items}
    return ValidationOutcome(
        flags={key: item.flags for key, item in known.items.items() if item.flags != before[key].flags},
        moves=tuple(
            FeedbackMove(feedback_id=key, was=before[key].state, now=item.state)
            for key, item in known.items.items()
            if item.state is not before[key].state
        ),
        issues=tuple(
            sorted(known.issues.values(), key=lambda issue: (not issue.is_supported, -issue.support, issue.id))
        ),
        cases=tuple(case for key, case in known.cases.items() if key not in {one.id for one in work.cases}),
        retired_cases=tuple(sorted(known.retired)),
        authors=tuple(one for _, (one, _) in sorted(known.standing_of.items())),
        states={key: item.state for key, item in known.items.items()},
    )


def group_in(split: Split) -> str:
    """A customer whom the draw puts there, at the shares every agent begins with."""
    draw, wanted = MemoryKnowledge().draw, shares(Limits())
    names = (f"c{number}" for number in range(999))
    return next(name for name in names if split_of(draw(GROUP_DRAW, name), shares=wanted) is split)


def judged_row(feedback_id: str, *, author: str, at: datetime) -> Judged:
    """A row that is nothing but somebody's word of a moment."""
    said = feedback(1, id=feedback_id, author=author, at=at)
    item = FeedbackItem(feedback=said, state=FeedbackState.NEW)
    return row_of(Work(agent=agent(), known=MemoryKnowledge(), now=at, keys=()), item, None, question="")


def standing(name: str, *, judged: int, proven: bool = True) -> AuthorStanding:
    """A record of some length."""
    return AuthorStanding(
        name=name, given=judged, judged=judged, agreement=0.95, low=0.9, high=1.0,
        standing="proven" if proven else "unreliable", reason="Agrees.",
    )  # fmt: skip
