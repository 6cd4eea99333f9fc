"""Correct an answer, and overrule the firewall on a feedback item."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from loop import collect, roles
from loop.change.texts import texts_of
from loop.desk.wording import checked_words
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import (
    FEEDBACK_MOVES,
    Actor,
    Changes,
    Feedback,
    FeedbackItem,
    FeedbackKind,
    FeedbackMove,
    FeedbackState,
    Flag,
    Mover,
    Note,
    Record,
    derived_id,
    digest,
    may_move,
    targets,
)
from loop.text.contacts import OwnContacts

DeskDoor: TypeAlias = Literal["dashboard", "terminal", "api"]
"""Where a person sits while they correct; kept as the feedback's source."""


class Correction(Record):
    """What an answer should have been: better words, the right label or the right article."""

    text: str = ""
    """The better answer."""
    label: str | None = None
    article_id: str | None = None
    reason: str = ""
    """Why, in the person's words."""
    teaches: bool = True
    """False: an exception, do not learn from it."""


def correct(parts: Parts, *, actor: Actor, interaction_id: str, correction: Correction, door: DeskDoor) -> Feedback:
    """Say what an answer should have been. Idempotent: the same word again, as by a second press, is kept once.

    Raises NotAllowed, InvalidInput (nothing was said, or the interaction is unknown).
    """
    roles.check(actor, "correct")
    text = correction.text.strip()
    if not (text or correction.label or correction.article_id):
        raise InvalidInput(
            "Nothing was corrected.", field="text", remedy="Write what it should have said, or choose a label."
        )
    known = parts.store.interactions([interaction_id]).values()
    if not known:
        raise InvalidInput("This interaction is not known.", field="interaction_id", remedy="Reload the page.")
    now = parts.clock()
    own = derived_id("feedback", interaction_id, actor.name, correction)
    earlier = parts.store.feedback_items([own]).get(own)
    if earlier and earlier.state is not FeedbackState.SUPERSEDED:
        return earlier.feedback
    said = Feedback(
        id=derived_id("feedback", own, now) if earlier else own,
        agent=parts.store.agent.slug,
        interaction_id=interaction_id,
        kind=FeedbackKind.EDIT if text else FeedbackKind.LABEL,
        text=text,
        label=correction.label,
        article_id=correction.article_id,
        reason=checked_words(correction.reason),
        teaches=correction.teaches,
        author=actor.name,
        source=door,
        at=now,
        received_at=now,
    )
    receipt = collect.receive(
        parts.store,
        door=collect.Door(
            actor=actor,
            action="correct",
            journal="correct answer",
            at=now,
            own=own_contacts(parts),
            keeps_raw=parts.store.agent.limits.raw_days > 0,
        ),
        feedback=(said,),
        context=known,
    )
    if receipt.refused:
        raise InvalidInput(receipt.refused[0].reason, field="text", remedy="Correct it and save again.")
    return receipt.feedback[0]


def own_contacts(parts: Parts) -> OwnContacts:
    """The company's contact data: the operator's list, and what stands in the texts of the live version."""

    def texts() -> Iterator[str]:
        live = parts.store.bundle(parts.store.head().digest)
        yield live.instructions
        for section in (live.rules, live.examples, live.articles, live.approaches):
            for element in section:
                yield from texts_of(element)

    return OwnContacts(parts.store.agent.own_contacts, texts=texts)


def judge(parts: Parts, feedback_ids: Iterable[str], *, actor: Actor, to: FeedbackState, reason: str = "") -> int:
    """Release, hold back or exclude feedback by hand; the firewall respects it. Returns how many moved.

    Raises NotAllowed, InvalidInput (not a state a person may choose, or no reason given).
    """
    roles.check(actor, "judge_feedback")
    if to not in targets(FEEDBACK_MOVES, by=Mover.PERSON):
        raise InvalidInput("A person may release, quarantine or exclude feedback.", field="to", remedy="Choose one.")
    if not reason.strip():
        raise InvalidInput("Overruling the firewall needs a reason.", field="reason", remedy="Say why in a sentence.")
    items = parts.store.feedback_items(feedback_ids)
    movable = {key: item for key, item in items.items() if may_move(FEEDBACK_MOVES, item.state, to, by=Mover.PERSON)}
    if not movable:
        return 0
    now = parts.clock()
    changes = Changes(
        flags={key: _with_word(item, actor=actor, reason=reason, at=now) for key, item in movable.items()},
        feedback_moves=tuple(FeedbackMove(feedback_id=key, was=item.state, now=to) for key, item in movable.items()),
        notes=tuple(
            Note(
                actor=actor.name,
                action=f"mark feedback {to.value}",
                subject=key,
                digests={"reason": digest(reason)},
                at=now,
            )
            for key in movable
        ),
    )
    return parts.store.commit(changes).moved


def _with_word(item: FeedbackItem, *, actor: Actor, reason: str, at: datetime) -> tuple[Flag, ...]:
    said = Flag(feedback_id=item.feedback.id, detector="person", reason=f"{actor.name}: {checked_words(reason)}", at=at)
    return (*item.flags, said)
