"""Erase a subject: unlearn what was theirs, then take their words and names out of everything stored."""

from collections.abc import Iterator
from typing import NamedTuple

from loop import collect, roles
from loop.desk.taint import trace
from loop.desk.unlearning import unlearn
from loop.desk.wording import checked_words
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Actor, Erasure, Taint, TaintScope
from loop.records.erasure import ErasureOrder, SubjectKind

_ROWS = {
    "interaction": "interactions with their steps",
    "feedback": "feedback items",
    "flag": "flags",
    "orphan": "items that waited for their target",
    "score": "scores",
    "eval_case": "cases",
    "answer": "kept answers",
    "proposal": "proposals",
    "bundle": "contents of versions",
    "audit": "subjects or actors in the journal",
    "telemetry": "parts of traces",
    "raw_text": "raw texts",
    "overwritten": "interactions as they were before an import",
}
"""What is reached, in words; anything else by the name of its table."""


class ErasurePreview(NamedTuple):
    """What an erasure would reach now."""

    erasure: Erasure
    taint: Taint | None
    """What their feedback led to; None without any."""


def preview_erasure(parts: Parts, what: SubjectKind, name: str, *, actor: Actor) -> ErasurePreview:
    """Dry run: nothing is written. Raises NotAllowed, InvalidInput, NotFound when nothing of them is stored."""
    made = parts.store.erase(_order(parts, what, name, actor=actor, reason=""), is_dry=True)
    return ErasurePreview(made, trace(parts, TaintScope(items=made.feedback)) if made.feedback else None)


def erase(parts: Parts, what: SubjectKind, name: str, *, actor: Actor, reason: str) -> Erasure:
    """Erase all of a subject that may be erased at once; what is live goes through the gate. Idempotent, resumable.

    Two transactions: the unlearning, then the erasure. Whoever dies between them runs it again.
    Raises NotAllowed, InvalidInput (no name, no reason), NotFound when nothing of them is, or was, stored.
    """
    order = _order(parts, what, name, actor=actor, reason=reason)
    if not order.reason:
        raise InvalidInput("Erasing needs a reason.", field="reason", remedy="Say why in a sentence.")
    told = parts.store.erase(order, is_dry=True).feedback
    if told:
        _unlearn(parts, told, actor=actor)
    parts.checkpoint("erase:unlearned")
    return parts.store.erase(order)


def erased_words(made: Erasure, *, is_dry: bool = False) -> Iterator[str]:
    """What it reached and what remains, in words."""
    for name, n in made.reached.items():
        yield f"{n:,} {_ROWS.get(name, 'rows of ' + name.replace('_', ' '))}"
    yield "Everything derived is judged again by the next turn, from what is left."
    if made.is_finished:
        yield "Nothing would remain." if is_dry else "Nothing of it remains here."
    else:
        yield (
            "The live version still holds something of it: the next turn proposes to take back what rested on it; "
            "edit by hand what only quotes it. The turn after it went live erases it from older versions too."
        )
    yield "Out of reach: backups, files that were exported, and logs of other programs."


def _order(parts: Parts, what: SubjectKind, name: str, *, actor: Actor, reason: str) -> ErasureOrder:
    roles.check(actor, "set_up")
    if not name.strip():
        raise InvalidInput("Nobody is named.", field=what, remedy="Give the name as the door knew it.")
    known = collect.stored_names(parts.store.agent.slug, what, name)
    told = checked_words(reason)
    return ErasureOrder(what=what, name=name, known_as=known, actor=actor.name, reason=told, at=parts.clock())


def _unlearn(parts: Parts, feedback: tuple[str, ...], *, actor: Actor) -> None:
    """Nothing of it may teach or examine from here on; what falls waits for the next turn."""
    try:
        unlearn(parts, TaintScope(items=feedback), actor=actor, reason="Its subject is erased.")
    except InvalidInput as nothing:
        if nothing.field != "scope":
            raise
