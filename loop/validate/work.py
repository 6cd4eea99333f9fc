"""What the firewall is handed and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from loop.records import Agent, EvalCase, FeedbackItem, FeedbackMove, Flag, Interaction, Issue, Moment, Record

Standing = Literal["trusted", "proven", "new", "unreliable"]
"""`trusted`: named by the operator. `proven`: agrees with others or the reference more often than not, surely.
`new`: too little is known. `unreliable`: surely wrong more often than the worst an honest person would be."""


@dataclass(frozen=True)
class ValidationWork:
    """One turn's view of one agent's feedback."""

    agent: Agent
    items: tuple[FeedbackItem, ...]
    """All but superseded, in the order received."""
    interactions: Mapping[str, Interaction]
    """By id; feedback on an unknown interaction is judged on its own words only."""
    cases: tuple[EvalCase, ...]
    """Not retired, all splits. Sealed ones only say which interactions and groups are taken."""
    now: Moment
    seed: int = 0


class AuthorStanding(Record):
    """How far one author has earned belief."""

    name: str
    """Pseudonym."""
    given: int
    """Feedback items still standing."""
    judged: int
    """Of these, items on which something independent had a view."""
    agreement: float | None
    """Share of judged items that agree, 0 to 1; None when nothing was judged."""
    low: float | None
    high: float | None
    """Jeffreys 90 % interval: each end is a one-sided 95 % bound."""
    standing: Standing
    reason: str
    """In words, with the numbers."""


@dataclass(frozen=True)
class ValidationOutcome:
    """What the firewall decided, and what valid feedback amounts to."""

    flags: Mapping[str, tuple[Flag, ...]]
    """By feedback id: all its flags from now on; only items whose flags changed."""
    moves: tuple[FeedbackMove, ...]
    issues: tuple[Issue, ...]
    """All open issues, best supported first."""
    cases: tuple[EvalCase, ...]
    """New ones."""
    retired_cases: tuple[str, ...]
    authors: tuple[AuthorStanding, ...]
    """By name."""
    words: tuple[str, ...]
    """What each detector found, a sentence each, and how good the trusted reference is."""
