"""Erasure by subject: what was asked for, and what it reached."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from loop.records.agents import Slug
from loop.records.identity import Moment, Record

ERASED = "⟨ERASED⟩"
"""Tombstone: stands where a subject's words stood."""

ALIAS = "erased-"
"""What stands in place of a person's name begins so; what follows is the same everywhere, and says nothing."""

SubjectKind: TypeAlias = Literal["customer", "author", "episode"]
"""Whom or what a subject is named by: who asked, who gave feedback, or one conversation."""


class ErasureOrder(Record):
    """Whose data are to go."""

    what: SubjectKind
    name: str
    """As the door knew them. Never kept."""
    known_as: tuple[str, ...] = ()
    """How else it may be stored, such as the pseudonym of an address."""
    actor: str
    reason: str
    at: Moment


class Erasure(Record):
    """One erasure: what it reached, and what it waits for. It does not name the subject."""

    id: str
    """Keyed digest of the subject: the same subject again finds it, and nobody can tell from it who it was."""
    agent: Slug
    what: SubjectKind
    actor: str
    reason: str
    at: Moment
    interactions: tuple[str, ...] = ()
    """Ids of the rows that are tombstones now."""
    feedback: tuple[str, ...] = ()
    """Ids of the rows that are tombstones now."""
    waiting: tuple[str, ...] = ()
    """The subject's words that the live version still holds: they go through the gate. Emptied when it is finished."""
    reached: Mapping[str, int] = {}
    """Rows by table, and entries of the journal as `audit`; over all runs."""
    finished_at: Moment | None = None
    """When nothing was left; None while the live version still holds something."""

    @property
    def is_finished(self) -> bool:
        """Nothing of the subject is stored any more."""
        return self.finished_at is not None
