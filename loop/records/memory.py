"""What the data shows on its own: patterns and precedents."""

from loop.records.agents import Slug
from loop.records.identity import Moment, Record


class Pattern(Record):
    """A mined association between a condition and an outcome."""

    id: str
    agent: Slug
    condition: str
    outcome: str
    rate_with: float
    rate_without: float
    ratio: float
    ratio_low: float
    ratio_high: float
    """95 % interval."""
    n: int
    people: int
    """Distinct customers behind it."""
    q_value: float
    """Benjamini–Hochberg."""
    at: Moment


class Precedent(Record):
    """A past interaction with the resolution that worked."""

    id: str
    agent: Slug
    interaction_id: str
    resolution: str
    outcome: float | None
    """1 resolved, 0 not; None unknown."""
    at: Moment
