"""The page as a document (materialised view): written by the engine once a turn, read as it is."""

from typing import NamedTuple

from loop.ports import Store
from loop.records import Kept
from loop.records.improvement import Improvement

KIND, KEY = "improvement", "page"
"""The document it is kept in."""
BUDGET = "budget"
"""And the one of what proofs have cost, which other pages read."""


class StoredBudget(NamedTuple):
    """Looks at the sealed cases, and what is left of their budget of error."""

    looks: int
    words: str


def page_document(told: Improvement) -> Kept:
    """What it is kept as, in place of the earlier one."""
    return Kept(KIND, KEY, told.model_dump(mode="json"))


def budget_document(budget: StoredBudget) -> Kept:
    """The same of the budget."""
    return Kept(KIND, BUDGET, budget._asdict())


def stored_page(store: Store) -> Improvement | None:
    """As it was computed last; None before the first turn."""
    stored = store.kept(KIND, [KEY]).get(KEY)
    return None if stored is None else Improvement.model_validate(stored)


def stored_budget(store: Store) -> StoredBudget | None:
    """As of the last turn; None while nothing was asked of the sealed cases."""
    stored = store.kept(KIND, [BUDGET]).get(BUDGET)
    return StoredBudget(**stored) if stored and stored["looks"] else None
