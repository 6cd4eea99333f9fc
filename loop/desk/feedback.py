"""Correct an answer, and overrule the firewall on a feedback item."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from loop import collect, roles
from loop.change.texts import texts_of
from loop.desk.corrections import is_taken_back
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
    Interaction,
    JournalAction,
    Mover,
    Note,
    Record,
    derived_id,
    digest,
    may_move,
    targets,
)
from loop.text.contacts import OwnContacts
from loop.text.nonsense import gibberish

DeskDoor: TypeAlias = Literal["dashboard", "terminal", "api"]
"""Where a person sits while they correct; kept as the feedback's source."""
_ACTIONS: Mapping[FeedbackState, JournalAction] = {
    FeedbackState.RELEASED: JournalAction.RELEASE_FEEDBACK,
    FeedbackState.QUARANTINED: JournalAction.QUARANTINE_FEEDBACK,
    FeedbackState.EXCLUDED: JournalAction.EXCLUDE_FEEDBACK,
}
"""By the state a person puts feedback into."""


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

    Raises NotAllowed, InvalidInput (nothing was said, no language, or the interaction is unknown).
    """
    return correct_alike(parts, actor=actor, corrections={interaction_id: correction}, door=door)[0]


def correct_alike(
    parts: Parts, *, actor: Actor, corrections: Mapping[str, Correction], door: DeskDoor
) -> tuple[Feedback, ...]:
    """Say it of several answers at once, by interaction, in one transaction. One person stays one vote.

    Raises like `correct`.
    """
    roles.check(actor, "correct")
    known = parts.store.interactions(list(corrections))
    for interaction_id, correction in corrections.items():
        _check_correction(parts, correction, of=known.get(interaction_id))
    now = parts.clock()
    own = {key: derived_id("feedback", key, actor.name, one) for key, one in corrections.items()}
    earlier = parts.store.feedback_items(list(own.values()))
    kept = {
        key: earlier[name].feedback
        for key, name in own.items()
        if name in earlier and earlier[name].state is not FeedbackState.SUPERSEDED and not is_taken_back(earlier[name])
    }
    said = {
        key: _said(parts, key, one, actor=actor, door=door, now=now).model_copy(
            update={"id": derived_id("feedback", own[key], now) if own[key] in earlier else own[key]}
        )
        for key, one in corrections.items()
        if key not in kept
    }
    if said:
        receipt = collect.receive(
            parts.store,
            door=collect.Door(
                actor=actor,
                action="correct",
                journal=JournalAction.CORRECT_ANSWER,
                at=now,
                own=own_contacts(parts),
                keeps_raw=parts.store.agent.limits.raw_days > 0,
            ),
            feedback=tuple(said.values()),
            context=known.values(),
        )
        if receipt.refused:
            raise InvalidInput(receipt.refused[0].reason, field="text", remedy="Correct it and save again.")
        kept |= {one.interaction_id: one for one in receipt.feedback}
    return tuple(kept[key] for key in corrections)


def _check_correction(parts: Parts, correction: Correction, *, of: Interaction | None) -> None:
    text = correction.text.strip()
    if not (text or correction.label or correction.article_id):
        raise InvalidInput(
            "Nothing was corrected.", field="text", remedy="Write what it should have said, or choose a label."
        )
    if of is None:
        raise InvalidInput("This interaction is not known.", field="interaction_id", remedy="Reload the page.")
    odd = gibberish(text, known=(of.question, of.answer)) if text else ""
    if odd and gibberish(text, known=_own_texts(parts)):
        raise InvalidInput(
            f"This reads like a slip of the keyboard: “{odd[:40]}”. Nothing was kept.",
            field="text",
            remedy="Write the answer as a customer should read it.",
        )


def _said(
    parts: Parts, interaction_id: str, correction: Correction, *, actor: Actor, door: DeskDoor, now: datetime
) -> Feedback:
    text = correction.text.strip()
    return Feedback(
        id="",
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


def own_contacts(parts: Parts) -> OwnContacts:
    """The company's contact data: the operator's list, and what stands in the texts of the live version."""
    return OwnContacts(parts.store.agent.own_contacts, texts=lambda: _own_texts(parts))


def _own_texts(parts: Parts) -> Iterator[str]:
    """All texts of the live version."""
    live = parts.store.bundle(parts.store.head().digest)
    yield live.instructions
    for section in (live.rules, live.examples, live.articles, live.approaches):
        for element in section:
            yield from texts_of(element)


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
                action=_ACTIONS[to],
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
