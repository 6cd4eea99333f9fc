"""Who reads what: a short lease on a change, renewed while the page is open and freed on deciding or leaving.

The lease is a courtesy (advisory lock): what keeps two decisions apart is the compare-and-swap of the store.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from loop import roles
from loop.ports import Parts
from loop.records import Actor
from loop.records.viewing import LEASE_SECONDS, Viewers, Viewing


def view(parts: Parts, proposal_id: str, *, actor: Actor) -> Viewers:
    """Take the lease on a change, or renew it; where somebody else holds it, say who. Raises NotAllowed, NotFound.

    Whoever may not decide keeps nobody from deciding: they are told who reads it, and hold nothing.
    """
    roles.check(actor, "read")
    if not roles.may(actor, "decide"):
        return viewers(parts, proposal_id, actor=actor)
    now = parts.clock()
    until = now + timedelta(seconds=LEASE_SECONDS)
    return viewers_of(parts.store.view(proposal_id, person=actor.name, now=now, until=until), me=actor.name, now=now)


def leave(parts: Parts, proposal_id: str, *, actor: Actor) -> None:
    """Free it: the reader went on to something else."""
    parts.store.end_viewing(proposal_id, person=actor.name, now=parts.clock())


def viewers(parts: Parts, proposal_id: str, *, actor: Actor) -> Viewers:
    """Who reads it now, without taking it."""
    return viewers_of(parts.store.viewings(proposal_id), me=actor.name, now=parts.clock())


def viewers_of(viewings: Iterable[Viewing], *, me: str, now: datetime) -> Viewers:
    """Of what is stored, the holder and the others: whoever's present spell began first holds it."""
    there = sorted((one for one in viewings if one.until > now), key=lambda one: (one.since, one.person))
    names = [one.person for one in there]
    return Viewers(
        holder=names[0] if names else "",
        is_mine=bool(names) and names[0] == me,
        others=tuple(name for name in names if name != me),
    )


def release_lease(parts: Parts, proposal_id: str, *, actor: Actor, verb: str) -> float | None:
    """Free the lease on deciding, and keep how long it had been held; None where nobody saw them read it."""
    now = parts.clock()
    mine = next((one for one in parts.store.viewings(proposal_id) if one.person == actor.name), None)
    seconds = (now - mine.since).total_seconds() if mine is not None and mine.until > now else None
    if mine is not None:
        parts.store.end_viewing(proposal_id, person=actor.name, now=now, verb=verb, seconds=seconds)
    return seconds
