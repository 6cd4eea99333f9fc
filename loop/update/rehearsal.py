"""Rehearsal: a change to articles tried on log cases before it is drafted, for what it does to those it is not about.

Whoever makes one article easier to find takes questions from the others. The log cases a change was drawn from flatter
it, so they prove nothing; what they show of all the others is enough to leave a change undrafted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from loop.change.footprint import is_taught
from loop.change.operations import apply_all, footprint_of
from loop.errors import OperationRefused
from loop.records import Answer, EvalCase, Operation
from loop.update.teaching import UpdateWork

CASES_REHEARSED = 600
"""Newest log cases asked."""
PAID_CASES_REHEARSED = 40
"""The same where every answer costs a model call."""


@dataclass(frozen=True)
class Rehearsal:
    """What a change did to log cases."""

    fixed: int
    broken: int
    lost_elsewhere: tuple[Answer, ...]
    """What is answered now to cases that were right and that the change is not about."""
    won_elsewhere: int
    """Cases it is not about that became right."""

    @property
    def is_harmless(self) -> bool:
        """Whether nothing it is not about was lost on balance, nor anything at all."""
        return len(self.lost_elsewhere) <= self.won_elsewhere and self.broken <= self.fixed

    def in_words(self) -> str:
        """As a sentence of a rationale."""
        return (
            f"Tried on log cases: {self.fixed} become right and {self.broken} wrong; of those it is not about, "
            f"{self.won_elsewhere} and {len(self.lost_elsewhere)}."
        )


def rehearse(work: UpdateWork, operations: Sequence[Operation]) -> Rehearsal | None:
    """What the change does to the newest log cases; None when it does not fit the base."""
    try:
        candidate = apply_all(work.bundle, operations)
    except OperationRefused:
        return None
    cases = _asked(work)
    answers = work.ask(candidate, cases) if cases else {}
    by = footprint_of(operations, work.bundle)
    fixed = broken = won = 0
    lost: list[Answer] = []
    for case in cases:
        was, now = work.survey.right[case.id], work.grade(case, answers[case.id]).is_right
        if was == now:
            continue
        fixed, broken = fixed + now, broken + was
        if not is_taught(case, by=by):
            won += now
            lost += [answers[case.id]] if was else []
    return Rehearsal(fixed=fixed, broken=broken, lost_elsewhere=tuple(lost), won_elsewhere=won)


def _asked(work: UpdateWork) -> Sequence[EvalCase]:
    most = CASES_REHEARSED if work.bundle.model.is_local else PAID_CASES_REHEARSED
    return work.survey.cases[-most:]
