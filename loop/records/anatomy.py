"""What a person changed in an answer, and why they had to: the anatomy of an edit or a takeover."""

from typing import Literal

from loop.records.identity import Record

PartKind = Literal["fact", "number", "policy", "missing step", "tone", "personal style"]
"""`policy`: what is allowed, owed or forbidden. `tone`: manners that several people may share. `personal style`: a
greeting or a signature of one person's own, which is never a rule."""

Cause = Literal["", "missing fact", "wrong rule", "tool failure", "tone", "exception"]
"""Why a person had to take over; empty for an edit that is no exception. `exception`: granted, not to be learned."""

MANNERS: frozenset[PartKind] = frozenset({"tone", "personal style"})
"""Parts that say nothing about what is so."""


class EditPart(Record):
    """One thing an edit changed."""

    kind: PartKind
    was: str
    """In the draft; empty: it was put in."""
    now: str
    """As it was sent; empty: it was taken out."""


class Anatomy(Record):
    """One edit or takeover, taken apart. Follows from the feedback and the answer it is about, and nothing else."""

    parts: tuple[EditPart, ...]
    cause: Cause = ""
    why: str = ""
    """What the cause was seen by, in words."""
    last_step: str = ""
    """What the agent did last, with whether it failed; empty when no step is known."""
    seconds: float | None = None
    """From the agent's answer to the person's; None when the order of the two makes no sense."""
    position: int = 0
    """0-based place of the answer within its conversation."""
    resolution: str = ""
    """What the person answered, in short."""

    @property
    def is_manner(self) -> bool:
        """Whether manners are all that changed."""
        return bool(self.parts) and all(part.kind in MANNERS for part in self.parts)
