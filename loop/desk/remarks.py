"""Comments on a change, or on one of its lines: they follow it through redraws and teach nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from loop import roles
from loop.desk.wording import checked_words
from loop.errors import InvalidInput, NotAllowed, NotFound
from loop.ports import Parts
from loop.records import Actor, Change, JournalAction, Note, Record, derived_id, digest
from loop.records.remarks import Remark

_QUOTE = 400


class Place(Record):
    """Which line a comment is about."""

    element: str
    """`section/element id` of one of the proposal's changes, as `place_of` names it."""
    is_after: bool = True
    """Of the text as proposed; False: as it is live."""
    line: int | None = None
    """1-based; None: the element as a whole."""


def place_of(section: str, element_id: str) -> str:
    """How a comment names an element."""
    return f"{section}/{element_id}"


def remark(parts: Parts, proposal_id: str, *, actor: Actor, text: str, about: Place | None = None) -> Remark:
    """Say something beside a change. Raises NotAllowed, NotFound, InvalidInput (nothing said, or no such line)."""
    roles.check(actor, "draft")
    item = parts.store.proposal(proposal_id)
    said = checked_words(text, field="text")
    if not said:
        raise InvalidInput("A comment needs words.", field="text", remedy="Write a sentence.")
    where = {} if about is None else _placed(item.proposal.changes, about)
    now = parts.clock()
    made = Remark(
        id=derived_id("remark", proposal_id, actor.name, said, now),
        agent=parts.store.agent.slug,
        proposal_id=proposal_id,
        author=actor.name,
        text=said,
        at=now,
        **where,
    )
    parts.store.keep_remark(made, note=_note(made, JournalAction.COMMENT_ON_PROPOSAL, actor=actor, at=now))
    return made


def withdraw_remark(parts: Parts, proposal_id: str, remark_id: str, *, actor: Actor) -> Remark:
    """Take a comment of one's own back; that there was one stays. Raises NotFound, NotAllowed."""
    roles.check(actor, "draft")
    made = next((one for one in parts.store.remarks([proposal_id]) if one.id == remark_id), None)
    if made is None:
        raise NotFound("There is no such comment.")
    if made.author != actor.name:
        raise NotAllowed("Only who wrote a comment takes it back.")
    now = parts.clock()
    gone = made.model_copy(update={"withdrawn_at": made.withdrawn_at or now})
    parts.store.keep_remark(gone, note=_note(gone, JournalAction.TAKE_BACK_COMMENT, actor=actor, at=now))
    return gone


def _placed(changes: Sequence[Change], about: Place) -> dict[str, Any]:
    """Its fields of the record, with the line as it stands."""
    found = next((one for one in changes if place_of(one.section, one.element_id) == about.element), None)
    if found is None:
        raise InvalidInput("The change has no such element.", field="element", remedy="Reload the page.")
    lines = (found.after if about.is_after else found.before).split("\n")
    if about.line is not None and not 1 <= about.line <= len(lines):
        raise InvalidInput("The change has no such line.", field="line", remedy="Reload the page.")
    return {
        "element": about.element,
        "side": "after" if about.is_after else "before",
        "line": about.line,
        "quote": lines[about.line - 1][:_QUOTE] if about.line is not None else "",
    }


def _note(made: Remark, action: JournalAction, *, actor: Actor, at: datetime) -> Note:
    return Note(actor=actor.name, action=action, subject=made.proposal_id, digests={"comment": digest(made)}, at=at)
