"""What people say in corrected answers, claim by claim, and what each claim rests on."""

from typing import Literal, NamedTuple, TypeAlias

Basis: TypeAlias = Literal["", "draft", "small talk", "own word", "vouched", "released", "peers", "article", "near"]
"""What a claim rests on. `draft`: the agent said it already, under this label. `own word`: the author is vouched for.
`vouched`: somebody vouched for said it. `released`: a person looked and let it pass. `peers`: enough distinct people
said it. `article`: it stands in an article, the instructions, an operator's example or fact. `near`: other words for
something that rests on one of these. Empty: on nothing."""

SUPPORTING: tuple[Basis, ...] = ("vouched", "released", "peers")
"""Bases by which a claim of one person carries the same claim of others."""

SayingColumn: TypeAlias = Literal["feedback_id", "claim", "person", "scope", "door"]
"""What sayings can be looked up by."""


class Saying(NamedTuple):
    """One claim in one correction: who said it, where, and what it rests on."""

    feedback_id: str
    claim: str
    """Key of the claim under its scope: equal for everybody who says the same about the same."""
    scope: str
    """The label the text rides on, article or topic without one: true under one label is not true under another."""
    person: str
    door: str
    """The source it came through."""
    conversation: str
    """Customer, else episode: three people in one conversation are one voice."""
    at: float
    """Seconds since 1970, UTC."""
    seq: int
    """Place in the log of arrivals."""
    is_vouched: bool
    """The operator vouches for the person."""
    is_released: bool
    """A person let the correction pass."""
    counts: bool
    """Nothing was found against the correction it stands in, and it is more than the draft left as it was, which only
    somebody vouched for confirms by sending it."""
    is_open: bool = False
    """It rests on nothing, so the correction waits."""
