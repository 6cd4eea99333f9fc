"""Who says what about an answer: staff who check it, customers who rate it, and what became of it.

Everything here follows from the truth and the answer that was really given; nothing knows what the loop
hopes to learn. Staff make mistakes at their own rate, one never reads, and most customers say nothing.
"""

from datetime import datetime, timedelta
from random import Random

from loop.demo.company import HAND_OVER, Truth, company, topics
from loop.demo.people import Colleague, cast
from loop.records import Answer, Feedback, FeedbackKind, Interaction, Scalar, derived_id

SOURCE = "demo"
CHECKED = 0.68
"""Share of the answers a colleague looks at."""
TAKEN_OVER = 0.85
"""Share of the handed-over questions that a colleague answers before the customer leaves."""
RATED = 0.34
"""Share of the customers who rate."""
FOLLOWED_UP = 0.3
"""Share of the conversations whose outcome is known some days later."""

_OTTO_SIDE = ("otto-lead", "cyril", "emre", "gustavo", "ilir", "kaito", "nils")
"""Who agrees with Otto where the two leads disagree."""


def is_right(answer: Answer, *, truth: Truth) -> bool:
    """Whether the customer was told what is true."""
    if truth.hands_over or answer.method == "handover":
        return truth.hands_over and answer.method == "handover"
    said = " ".join(answer.text.casefold().split())
    return all(fact.casefold() in said for fact in truth.facts)


def react(interaction: Interaction, *, answer: Answer, truth: Truth, draws: Random) -> tuple[Feedback, ...]:
    """Everything said about one answer, by staff and by the customer."""
    good = is_right(answer, truth=truth)
    made: list[Feedback] = []
    looked = TAKEN_OVER if answer.method == "handover" and not truth.hands_over else 0.9 if truth.disputed else CHECKED
    if draws.random() < looked:
        made += _staff(interaction, answer=answer, truth=truth, good=good, draws=draws)
    if draws.random() < RATED:
        made.append(_rating(interaction, answer=answer, truth=truth, good=good, draws=draws))
    if draws.random() < FOLLOWED_UP:
        made.append(_outcome(interaction, good=good or answer.method == "handover", draws=draws))
    return tuple(made)


def _staff(interaction: Interaction, *, answer: Answer, truth: Truth, good: bool, draws: Random) -> list[Feedback]:
    who = _colleague(draws)
    at = interaction.at + timedelta(minutes=draws.uniform(4, 300))
    seconds = round(draws.lognormvariate(3.4, 0.5), 1)
    if who.is_hasty:
        return [_said(interaction, FeedbackKind.THUMBS, who.name, at=at, value=1.0, seconds=draws.uniform(0.6, 1.9))]
    believed = _believed(truth, answer=answer, who=who, draws=draws)
    reason = draws.choice(cast().comments.reasons)
    if believed.hands_over:
        if answer.method == "handover":
            return [_said(interaction, FeedbackKind.LABEL, who.name, at=at, label=HAND_OVER, seconds=seconds)]
        return [
            _said(
                interaction, FeedbackKind.LABEL, who.name, at=at, label=HAND_OVER, seconds=seconds,
                reason="Privacy requests go to a person.",
            )
        ]  # fmt: skip
    if answer.method == "handover":
        return _took_over(interaction, who, believed, at=at, seconds=seconds, draws=draws)
    if answer.label == believed.label:
        if believed == truth and not good:
            return [_edited(interaction, who, believed, answer=answer, at=at, seconds=seconds, draws=draws)]
        if draws.random() < 0.8:
            return [_said(interaction, FeedbackKind.LABEL, who.name, at=at, label=believed.label, seconds=seconds)]
        return [_said(interaction, FeedbackKind.THUMBS, who.name, at=at, value=1.0, seconds=seconds)]
    made = [
        _said(interaction, FeedbackKind.LABEL, who.name, at=at, label=believed.label, seconds=seconds, reason=reason)
    ]
    if draws.random() < 0.6:
        made.append(_edited(interaction, who, believed, answer=answer, at=at, seconds=seconds, draws=draws))
    return made


def _believed(truth: Truth, *, answer: Answer, who: Colleague, draws: Random) -> Truth:
    """What this colleague takes the question for."""
    if truth.disputed:
        other = next(topic for topic in topics() if topic.label == truth.disputed and not topic.disputed)
        return other if who.name in _OTTO_SIDE else truth
    if draws.random() < who.reliability:
        return truth
    if answer.label and answer.label != truth.label and draws.random() < 0.5:  # waves the agent's mistake through
        return next((one for one in _known() if one.label == answer.label), truth)
    return draws.choice(_known())


def _known() -> list[Truth]:
    plain: list[Truth] = [topic for topic in topics() if not topic.disputed and not topic.hands_over]
    return plain + [topic.variant for topic in topics() if topic.variant is not None]


def _took_over(
    interaction: Interaction, who: Colleague, believed: Truth, *, at: datetime, seconds: float, draws: Random
) -> list[Feedback]:
    text = draws.choice((believed.reply, *believed.edits))
    made = [_said(interaction, FeedbackKind.TAKEOVER, who.name, at=at, text=text, seconds=seconds)]
    if draws.random() < 0.75:
        made.append(_said(interaction, FeedbackKind.LABEL, who.name, at=at, label=believed.label, seconds=seconds))
    return made


def _edited(
    interaction: Interaction,
    who: Colleague,
    believed: Truth,
    *,
    answer: Answer,
    at: datetime,
    seconds: float,
    draws: Random,
) -> Feedback:
    """Staff correct the wrong words of a draft, or paste the desk's own wording over a draft on something else."""
    stale = company().stale_replies.get(believed.label, "")
    if answer.label == believed.label and stale and "10 to 14 business days" in answer.text:
        text = answer.text.replace("10 to 14 business days", "5 business days")
    else:
        text = draws.choice((believed.reply, believed.reply, believed.reply, *believed.edits))
    return _said(interaction, FeedbackKind.EDIT, who.name, at=at, text=text, label=believed.label, seconds=seconds)


def _rating(interaction: Interaction, *, answer: Answer, truth: Truth, good: bool, draws: Random) -> Feedback:
    comments = cast().comments
    waited = answer.method == "handover"
    happy = draws.random() < (0.9 if good and not waited else 0.55 if waited else 0.2)
    at = interaction.at + timedelta(minutes=draws.uniform(5, 1600))
    words = comments.good if happy else comments.unanswered if waited else comments.bad
    if not happy and truth.label == "refund_time" and answer.label == "refund_time":
        words = comments.wrong_fact
    text = draws.choice(words) if draws.random() < 0.35 else ""
    kind = draws.choice((FeedbackKind.CSAT, FeedbackKind.CSAT, FeedbackKind.THUMBS))
    value = float(happy) if kind is FeedbackKind.THUMBS else draws.choice((0.75, 1.0, 1.0) if happy else (0.0, 0.25))
    if text and draws.random() < 0.2:
        return _said(interaction, FeedbackKind.COMMENT, interaction.customer, at=at, text=text)
    return _said(interaction, kind, interaction.customer, at=at, value=value, text=text)


def _outcome(interaction: Interaction, *, good: bool, draws: Random) -> Feedback:
    """Three days without a new message count as resolved."""
    solved = draws.random() < (0.92 if good else 0.35)
    at = interaction.at + timedelta(days=3 if solved else draws.uniform(0.4, 2.5))
    return _said(
        interaction,
        FeedbackKind.OUTCOME,
        "help-centre",
        at=at,
        value=float(solved),
        reason="No new message for three days." if solved else "The customer wrote again.",
    )


def _colleague(draws: Random) -> Colleague:
    staff = cast().staff
    return draws.choices(staff, [one.share for one in staff])[0]


def _said(
    interaction: Interaction,
    kind: FeedbackKind,
    author: str,
    *,
    at: datetime,
    value: float | None = None,
    text: str = "",
    label: str | None = None,
    reason: str = "",
    seconds: float | None = None,
    attributes: dict[str, Scalar] | None = None,
) -> Feedback:
    return Feedback(
        id=derived_id("f", interaction.id, kind.value, author, at),
        agent=interaction.agent,
        interaction_id=interaction.id,
        kind=kind,
        value=value,
        text=text,
        label=label,
        reason=reason,
        author=author,
        source=SOURCE,
        at=at,
        received_at=at,
        seconds_to_answer=seconds,
        attributes=attributes or {},
    )
