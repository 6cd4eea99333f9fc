"""What judgements are about: each finds its trace, its answer or its conversation, or waits for them. Pure.

An evaluation may come before what it evaluates. One that names an answer waits until a span tells of that answer; the
span beside it counts only where it is one that talked, since whoever judges later stands in a trace of their own.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from loop.collect.otlp.judgements import Unclear, check_of, feedback_of, is_feedback
from loop.collect.otlp.parts import Judgement, Part
from loop.records import Feedback


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose words these are, as the door knows them."""

    agent: str
    source: str
    """As records carry it, such as `otlp:helpdesk`."""
    author: str
    """For judgements that name nobody; all of them are one person's."""
    received_at: datetime


@dataclass(frozen=True, slots=True)
class TargetOutcome:
    """What became of judgements."""

    feedback: tuple[Feedback, ...] = ()
    of_sessions: tuple[tuple[str, Feedback], ...] = ()
    """Each with the conversation it is about."""
    checks: tuple[Part, ...] = ()
    """A machine's opinions, as parts of the trace they are about."""
    waiting: tuple[Judgement, ...] = ()
    settled: tuple[Judgement, ...] = ()
    """Those that wait no longer, the refused ones among them."""
    refused: tuple[str, ...] = ()
    """Reasons, in words that quote nothing."""


def resolve_targets(
    judgements: Iterable[Judgement],
    *,
    responses: Mapping[str, str],
    talked: Collection[tuple[str, str]],
    sender: Sender,
) -> TargetOutcome:
    """`responses`: by the provider's id of an answer, its interaction. `talked`: spans (trace and span) that talked."""
    feedback: list[Feedback] = []
    of_sessions: list[tuple[str, Feedback]] = []
    checks: list[Part] = []
    waiting: list[Judgement] = []
    settled: list[Judgement] = []
    refused: list[str] = []
    for judgement in judgements:
        target = _target(judgement, responses, talked)
        if not target:
            waiting.append(judgement)
            continue
        settled.append(judgement)
        try:
            if is_feedback(judgement):
                made = feedback_of(
                    judgement,
                    agent=sender.agent,
                    interaction=target,
                    author=sender.author,
                    source=sender.source,
                    received_at=sender.received_at,
                )
                if judgement.session:
                    of_sessions.append((judgement.session, made))
                else:
                    feedback.append(made)
            elif judgement.session or len(target) != _TRACE:
                refused.append("A machine's opinion is kept as a step of a trace; this one is about no trace.")
            else:
                checks.append(check_of(judgement.model_copy(update={"trace": target})))
        except Unclear as unclear:
            refused.append(str(unclear))
    return TargetOutcome(
        tuple(feedback), tuple(of_sessions), tuple(checks), tuple(waiting), tuple(settled), tuple(refused)
    )


_TRACE = 32


def _target(judgement: Judgement, responses: Mapping[str, str], talked: Collection[tuple[str, str]]) -> str:
    """The interaction, or the conversation of a judgement about one; empty: not known yet."""
    if judgement.session:
        return judgement.session
    if judgement.response:
        beside = judgement.trace if (judgement.trace, judgement.span) in talked else ""
        return responses.get(judgement.response, beside)
    return judgement.trace
