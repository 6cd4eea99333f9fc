"""Who says what about an answer: staff who check it, customers who rate it, and what became of it.

Everything here follows from the truth and the answer that was really given; nothing knows what the loop
hopes to learn. Staff make mistakes at their own rate, one never reads, and most customers say nothing.
"""

from datetime import datetime, timedelta
from random import Random

from loop.demo.company import HAND_OVER, HELPDESK, WIDGET, Truth, topics
from loop.demo.people import Colleague, cast
from loop.records import Answer, Feedback, FeedbackKind, Interaction, derived_id
from loop.text.spelling import fold

CHECKED = 0.9
"""Share of the answers a colleague looks at."""
TAKEN_OVER = 0.85
"""Share of the handed-over questions that a colleague answers before the customer leaves."""
RATED = 0.34
"""Share of the customers who rate."""
FOLLOWED_UP = 0.3
"""Share of the conversations whose outcome is known some days later."""

THUMBED = 0.08
"""Share of the drafts to which a colleague who is no lead only gives a thumb, up or down."""
SORTED_ONLY = 0.08
"""Share of the wrong answers that a colleague only sorts into the right topic, without writing a better one."""
SORTED_BY_CUSTOMER = 0.03
"""Share of the wrong answers to which the customer picks the right topic from the list in the chat."""
REWORDED = 0.06
"""Share of the corrections in a colleague's own words; the others paste the desk's wording."""
DISPUTED = 0.8
"""Share of the disputed questions on which each side speaks up."""
SIGN_OFF = "Your Fernwhistle garden team"
STALE = "10 to 14 business days"
"""What the starting version says of refunds."""

_OTTO_SIDE = ("otto-lead", "cyril", "emre", "gustavo", "ilir", "kaito", "nils")
"""Who agrees with Otto where the two leads disagree."""


def is_right(answer: Answer, *, truth: Truth) -> bool:
    """Whether the customer was told what is true."""
    if truth.hands_over or answer.method == "handover":
        return truth.hands_over and answer.method == "handover"
    said = fold(answer.text)
    return all(fold(fact) in said for fact in truth.facts)


def react(interaction: Interaction, *, answer: Answer, truth: Truth, draws: Random) -> tuple[Feedback, ...]:
    """Everything said about one answer, by staff and by the customer."""
    good = is_right(answer, truth=truth)
    made: list[Feedback] = []
    if truth.disputed:
        made += _both_sides(interaction, truth=truth, draws=draws)
    elif draws.random() < (TAKEN_OVER if answer.method == "handover" else CHECKED):
        made += _checked(interaction, _colleague(draws), answer=answer, truth=truth, good=good, draws=draws)
    if draws.random() < RATED:
        made.append(_rating(interaction, answer=answer, truth=truth, good=good, draws=draws))
    if truth.label != answer.label and not truth.hands_over and draws.random() < SORTED_BY_CUSTOMER:
        at = interaction.at + timedelta(minutes=draws.uniform(1, 20))
        made.append(_said(interaction, FeedbackKind.LABEL, interaction.customer, at=at, label=truth.label))
    if draws.random() < FOLLOWED_UP:
        made.append(_outcome(interaction, good=good and answer.method != "handover", draws=draws))
    return tuple(made)


def _checked(
    interaction: Interaction, who: Colleague, *, answer: Answer, truth: Truth, good: bool, draws: Random
) -> list[Feedback]:
    """A colleague reads the draft and sends it: as it is, corrected, or rewritten."""
    at = interaction.at + timedelta(minutes=draws.uniform(4, 300))
    seconds = round(draws.lognormvariate(3.4, 0.5), 1)
    if who.is_hasty:
        hasty = round(draws.uniform(0.6, 1.9), 1)
        return [_said(interaction, FeedbackKind.THUMBS, who.name, at=at, value=1.0, seconds=hasty)]
    believed = _believed(truth, answer=answer, who=who, draws=draws)
    if believed.hands_over:
        return [
            _said(
                interaction,
                FeedbackKind.EDIT,
                who.name,
                at=at,
                text=HAND_OVER,
                reason="Privacy requests go to a person.",
                seconds=seconds,
            )
        ]
    if answer.method == "handover":
        text = _own_words(believed, draws=draws)
        return [
            _said(interaction, FeedbackKind.TAKEOVER, who.name, at=at, text=text, label=believed.label, seconds=seconds)
        ]
    is_content = good if believed == truth else answer.label == believed.label
    if not who.is_lead and draws.random() < THUMBED:
        value = float(is_content)
        return [_said(interaction, FeedbackKind.THUMBS, who.name, at=at, value=value, seconds=seconds)]
    if believed.label != answer.label and not who.is_lead and draws.random() < SORTED_ONLY:
        reason = draws.choice(cast().comments.reasons)
        return [
            _said(
                interaction, FeedbackKind.LABEL, who.name, at=at, label=believed.label, seconds=seconds, reason=reason
            )
        ]
    text = answer.text if is_content else _corrected(answer, believed, draws=draws)
    reason = "" if is_content else draws.choice(cast().comments.reasons)
    return [
        _said(
            interaction,
            FeedbackKind.EDIT,
            who.name,
            at=at,
            text=text,
            label=believed.label,
            seconds=seconds,
            reason=reason,
        )
    ]


def _both_sides(interaction: Interaction, *, truth: Truth, draws: Random) -> list[Feedback]:
    """Somebody answers, and somebody of the other opinion corrects it."""
    made = []
    minutes = draws.uniform(10, 90)
    others = [one for one in cast().staff if not one.is_hasty]
    for side, text, label in (
        (False, truth.reply, truth.label),
        (True, truth.other_reply, truth.disputed),
    ):
        if draws.random() < DISPUTED:
            who = draws.choice([one for one in others if (one.name in _OTTO_SIDE) is side])
            at = interaction.at + timedelta(minutes=minutes + 40 * side)
            made.append(
                _said(interaction, FeedbackKind.EDIT, who.name, at=at, text=signed(text), label=label, seconds=40.0)
            )
    return made


def _believed(truth: Truth, *, answer: Answer, who: Colleague, draws: Random) -> Truth:
    """What this colleague takes the question for."""
    if draws.random() < who.reliability:
        return truth
    if answer.label and answer.label != truth.label and draws.random() < 0.5:  # waves the agent's mistake through
        return next((one for one in _known() if one.label == answer.label), truth)
    return draws.choice(_known())


def _known() -> list[Truth]:
    plain: list[Truth] = [topic for topic in topics() if not topic.disputed and not topic.hands_over]
    return plain + [topic.variant for topic in topics() if topic.variant is not None]


def _corrected(answer: Answer, believed: Truth, *, draws: Random) -> str:
    """Staff mend the wrong words of a draft, or write their own over a draft on something else."""
    if answer.label == believed.label and STALE in answer.text:
        return answer.text.replace(STALE, believed.facts[0])
    return _own_words(believed, draws=draws)


def _own_words(believed: Truth, *, draws: Random) -> str:
    """The desk's wording, which most colleagues paste, or how one of them puts it; signed as the desk signs."""
    words = draws.choice(believed.edits) if believed.edits and draws.random() < REWORDED else believed.reply
    return signed(words)


def signed(words: str) -> str:
    """With the sign-off every answer of the desk carries."""
    return f"{words}\n\n{SIGN_OFF}"


def _rating(interaction: Interaction, *, answer: Answer, truth: Truth, good: bool, draws: Random) -> Feedback:
    comments = cast().comments
    waited = answer.method == "handover"
    happy = draws.random() < (0.25 if waited else 0.9 if good else 0.2)
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
        interaction.customer,
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
) -> Feedback:
    return Feedback(
        id=derived_id("f", interaction.id, kind.value, author),
        agent=interaction.agent,
        interaction_id=interaction.id,
        kind=kind,
        value=value,
        text=text,
        label=label,
        reason=reason,
        author=author,
        source=WIDGET if author == interaction.customer else HELPDESK,
        at=at,
        received_at=at,
        seconds_to_answer=seconds,
    )
