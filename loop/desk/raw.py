"""Look at raw text, what somebody wrote before it was masked: for a few roles, and the journal says who looked."""

from collections.abc import Collection

from loop import roles
from loop.ports import Parts
from loop.records import Actor, JournalAction, Note
from loop.records.raw import RawText


def raw_kept(parts: Parts, ids: Collection[str], *, actor: Actor) -> frozenset[str]:
    """Of these interactions and feedback items, those whose raw text the actor could be shown now."""
    if not roles.may(actor, "read_raw"):
        return frozenset()
    return parts.store.raw_kept(ids, now=parts.clock())


def show_raw(parts: Parts, ids: Collection[str], *, actor: Actor) -> list[RawText]:
    """Raw text of these interactions and feedback items, each noted in the journal before it is given out.

    Raises NotAllowed; NotFound when there is none, or its retention is over.
    """
    roles.check(actor, "read_raw")
    note = Note(actor=actor.name, action=JournalAction.READ_RAW_TEXT, subject="", at=parts.clock())
    return parts.store.read_raw(ids, note=note)
