"""Evaluations and annotations → feedback where a person or an outcome speaks, a check of the trace where a machine
does.

OpenInference tells three scopes (span, trace, session) in two words (annotations, evaluations), inline or on a carrier
span that links to what it judges; the GenAI conventions have one event, beside the span or with the answer's id.
A score says nothing about its scale, so one that is not between 0 and 1 needs `min` and `max` in its metadata.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from loop.collect.files.ratings import RATINGS
from loop.collect.otlp.parts import RESPONSE_MAX, Judgement, Part
from loop.collect.otlp.values import Attributes, as_text, list_under, mapping, number, text
from loop.collect.otlp.wire import Event, Span
from loop.records import Feedback, FeedbackKind

EVALUATION = "gen_ai.evaluation.result"
"""The event's name."""

KINDS: Mapping[str, FeedbackKind] = {
    **{kind.value: kind for kind in FeedbackKind},
    **dict.fromkeys(("thumb", "thumbs_up", "user_feedback", "feedback", "user_score", "helpful"), FeedbackKind.THUMBS),
    **dict.fromkeys(("rating", "stars", "star_rating", "satisfaction", "user_rating"), FeedbackKind.CSAT),
    **dict.fromkeys(
        ("resolved", "resolution", "success", "task_success", "goal_completion", "reward"), FeedbackKind.OUTCOME
    ),
    **dict.fromkeys(("correction", "corrected", "rewrite", "better_answer", "expected_output"), FeedbackKind.EDIT),
    **dict.fromkeys(("human_takeover", "handover"), FeedbackKind.TAKEOVER),
    **dict.fromkeys(("note", "remark"), FeedbackKind.COMMENT),
    **dict.fromkeys(("category", "intent", "right_label"), FeedbackKind.LABEL),
}
"""Criteria that are a person's word or an outcome, by what they are called in use."""

_NEEDS_SCALE = frozenset({"csat", "rating", "stars", "star_rating", "satisfaction", "user_rating", "nps"})
"""Criteria whose 1 may be the best of 0 to 1 or the worst of 1 to 5: without a scale it is neither."""
_USER = ("user.id", "enduser.id")
_WORDS = re.compile(r"[^a-z0-9]+")
_FAILED = (
    "fail",
    "failed",
    "incorrect",
    "wrong",
    "unresolved",
    "unhelpful",
    "not_helpful",
    "thumbs_down",
    "thumbs-down",
)
_PASSED = ("pass", "passed", "correct", "right", "resolved", "helpful", "thumbs_up", "thumbs-up", "success")
_VERDICTS = {**RATINGS, **dict.fromkeys(_PASSED, 1.0), **dict.fromkeys(_FAILED, 0.0)}


class Unclear(ValueError):
    """The judgement cannot be taken; the message says why, and never quotes it."""


def judged_on(span: Span, *, session: str, user: str) -> list[Judgement]:
    """What a span's attributes say about itself, or about what it links to."""
    attributes = span.attributes
    if not any("annotation." in name or "evaluation." in name or "reward" in name for name in attributes) and not any(
        name.startswith("agentops.") and name.endswith(".output") for name in attributes
    ):
        return []
    linked = span.links[0] if len(span.links) == 1 else (span.trace, span.span)
    found: dict[str, Judgement] = {}
    for scope in ("", "trace.", "session."):
        about = {
            "": {"trace": linked[0], "span": linked[1]},
            "trace.": {"trace": linked[0]},
            "session.": {"session": session},
        }[scope]
        if scope == "session." and not session:
            continue
        for word in ("annotation", "evaluation"):
            for fields in list_under(attributes, f"{scope}{word}s"):
                plain = {name.removeprefix(f"{word}."): value for name, value in fields.items()}
                one = _judgement(plain, at=span.ended, user=user, about=about)
                if one is not None:
                    found[one.id] = one
    for one in _rewards(span, linked[0]):
        found[one.id] = one
    return list(found.values())


def judgement_of_event(event: Event, *, target: tuple[str, str]) -> Iterator[Judgement]:
    """The GenAI event; what it is about is the span it stands beside, else the answer it names."""
    attributes = event.attributes
    if isinstance(event.body, dict):
        attributes = {**event.body, **attributes}
    prefix = "gen_ai.evaluation."
    plain = {name.removeprefix(prefix): value for name, value in attributes.items() if name.startswith(prefix)}
    plain = {
        "score": plain.get("score.value"),
        "label": plain.get("score.label"),
        **{name: value for name, value in plain.items() if not name.startswith("score.")},
    }
    for name in ("annotator_kind", "identifier", "metadata"):
        plain.setdefault(name, attributes.get(name, attributes.get(f"annotation.{name}")))
    response = text(attributes, "gen_ai.response.id")[:RESPONSE_MAX]
    # It may stand beside what it judges, or in the judge's own trace and name the answer: both are kept, and tried.
    about = {"response": response, "trace": target[0], "span": target[1]}
    one = _judgement(plain, at=event.at, user=text(attributes, *_USER), about=about)
    if one is not None and (one.trace or one.response):
        yield one


def is_feedback(judgement: Judgement) -> bool:
    """Whether a person or an outcome speaks; else a machine's opinion, which is never mixed up with it."""
    kind = KINDS.get(_plain(judgement.name))
    match judgement.annotator.upper():
        case "LLM":
            return False
        case "CODE":
            return kind is FeedbackKind.OUTCOME
        case "HUMAN":
            return True
        case _:
            return kind is not None


def feedback_of(
    judgement: Judgement, *, agent: str, interaction: str, author: str, source: str, received_at: datetime
) -> Feedback:
    """`author`: for a judgement that names none. Raises Unclear."""
    kind = KINDS.get(_plain(judgement.name)) or _kind_by_content(judgement)
    at = moment(judgement.at)
    metadata = judgement.metadata
    worded = text(metadata, "text", "answer", "correction", "better_answer")
    needs = kind.traits.needs
    return Feedback(
        id=judgement.id,
        agent=agent,
        interaction_id=interaction,
        kind=kind,
        value=_value(judgement, is_needed=needs == "value"),
        text=worded if worded and needs == "text" else judgement.explanation if needs != "choice" else "",
        label=(judgement.label or None) if needs == "choice" else None,
        article_id=text(metadata, "article_id") or None,
        reason=judgement.explanation if needs == "choice" or (worded and needs == "text") else "",
        author=judgement.author or text(metadata, "author", "annotator", "user_id") or author,
        source=source,
        at=at,
        received_at=max(at, received_at),
        attributes=_said(judgement),
    )


def check_of(judgement: Judgement) -> Part:
    """A machine's opinion as a step of the trace it is about."""
    said = {"score": judgement.score, "evaluator": judgement.identifier, "annotator": judgement.annotator}
    return Part(
        trace=judgement.trace,
        span=judgement.id.removeprefix("f_")[:16],
        parent=judgement.span,
        origin="judgement",
        kind="check",
        name=judgement.name,
        began=judgement.at,
        ended=judgement.at,
        answered="\n".join(one for one in (judgement.label, judgement.explanation) if one),
        attributes={name: value for name, value in said.items() if value not in (None, "")},
    )


def moment(nanoseconds: int) -> datetime:
    """Aware, UTC, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)


def _judgement(plain: Attributes, *, at: int, user: str, about: Mapping[str, str]) -> Judgement | None:
    """None for what has no name or no result: it is not complete."""
    name, label, explanation = text(plain, "name")[:200], text(plain, "label"), text(plain, "explanation")
    score = number(plain, "score")
    if not name or (score is None and not label and not explanation):
        return None
    metadata = mapping(plain.get("metadata"))
    return Judgement(
        name=name,
        score=score,
        label=label,
        explanation=explanation,
        annotator=text(plain, "annotator_kind")[:40],
        identifier=text(plain, "identifier")[:200],
        author=(user or text(metadata, "author", "annotator", "user_id"))[:200],
        metadata=metadata,
        at=at,
        **about,
    )


def _rewards(span: Span, trace: str) -> Iterator[Judgement]:
    """Rewards as Agent Lightning and AgentOps emit them."""
    for fields in list_under(span.attributes, "agentlightning.reward"):
        value = number(fields, "value")
        if value is not None:
            named = text(fields, "name") or "reward"
            yield Judgement(trace=trace, name=named, score=value, annotator="CODE", at=span.ended)
    for name, value in span.attributes.items():
        if name.startswith("agentops.") and name.endswith(".output"):
            said = mapping(value)
            score = number(said, "value")
            if said.get("type") == "reward" and score is not None:
                yield Judgement(trace=trace, name="reward", score=score, annotator="CODE", at=span.ended)


def _kind_by_content(judgement: Judgement) -> FeedbackKind:
    """For a person's word on a criterion of their own."""
    is_rated = judgement.score is not None or _word(judgement.label) in _VERDICTS
    if not is_rated and not judgement.explanation:
        raise Unclear(
            "A person's annotation has a label that is no known rating, and neither a score nor an explanation."
        )
    return FeedbackKind.THUMBS if is_rated else FeedbackKind.COMMENT


def _value(judgement: Judgement, *, is_needed: bool) -> float | None:
    """From 0 (worst) to 1 (best)."""
    if not is_needed:
        return None
    low, high = number(judgement.metadata, "min"), number(judgement.metadata, "max")
    score, word = judgement.score, _word(judgement.label)
    if score is None:
        if word in _VERDICTS:
            return _VERDICTS[word]
        raise Unclear("An evaluation has neither a score nor a label that is a known rating.")
    if low is not None and high is not None and low < high:
        if not low <= score <= high:
            raise Unclear("A score lies outside the scale its metadata names.")
        return (score - low) / (high - low)
    if word in _VERDICTS and not 0 <= score <= 1:
        return _VERDICTS[word]
    if not 0 <= score <= 1 or (_plain(judgement.name) in _NEEDS_SCALE and score in (0, 1)):
        raise Unclear("A score does not say its scale: name `min` and `max` in the metadata.")
    return float(score)


def _said(judgement: Judgement) -> dict[str, Any]:
    said = {
        "criterion": judgement.name,
        "score": judgement.score,
        "label": judgement.label,
        "annotator": judgement.annotator,
        "identifier": judgement.identifier,
        "span": judgement.span,
        "metadata": judgement.metadata,
    }
    return {name: value for name, value in said.items() if value not in (None, "", {})}


def _plain(name: str) -> str:
    return _WORDS.sub("_", name.casefold()).strip("_")


def _word(label: str) -> str:
    return as_text(label).strip().casefold()
