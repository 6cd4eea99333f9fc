"""Dev cases as a reviewer reads them: all of them page by page, a sample in the report, facts beside each question."""

from collections.abc import Iterable, Sequence

import numpy as np

from loop.records import CaseOutcome, EvalCase
from loop.records.cards import Fact
from loop.records.trials import Movement

SAMPLE = 20
"""Dev cases a report holds beside the fixed and broken ones."""
MOST_FACTS = 8
"""Facts shown beside a question."""
_ORDER: tuple[Movement, ...] = ("broken", "fixed", "both_wrong", "both_right")


def in_order(outcomes: Iterable[CaseOutcome]) -> tuple[CaseOutcome, ...]:
    """Broken first, then fixed, then what stays wrong, then what stays right; each in the order of the cases."""
    return tuple(sorted(outcomes, key=lambda outcome: _ORDER.index(outcome.movement)))


def sample(outcomes: Sequence[CaseOutcome], *, seed: int) -> tuple[CaseOutcome, ...]:
    """Every broken and fixed one, and a sample of the rest."""
    moved = [outcome for outcome in outcomes if outcome.movement in {"broken", "fixed"}]
    rest = [outcome for outcome in outcomes if outcome.movement in {"both_right", "both_wrong"}]
    if len(rest) > SAMPLE:
        chosen = np.random.default_rng(seed).choice(len(rest), size=SAMPLE, replace=False)
        rest = [rest[int(index)] for index in sorted(chosen)]
    return (*moved, *rest)


def facts_of(case: EvalCase, *, decisive: Sequence[str]) -> tuple[Fact, ...]:
    """What decides first, also where it is not known; then what else is known beside the question."""
    first = [Fact(name=name, value=case.context.get(name), is_decisive=True) for name in decisive]
    rest = [Fact(name=name, value=value) for name, value in case.context.items() if name not in decisive]
    return tuple((first + rest)[:MOST_FACTS])
