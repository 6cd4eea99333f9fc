"""Bodies of the API to records. What is refused is named by place and reason, never quoted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from loop.collect.api.bodies import (
    BATCH_MAX,
    Body,
    FeedbackBatch,
    FeedbackBody,
    InteractionBatch,
    InteractionBody,
    OutcomeBody,
    StepBody,
    TakeoverBody,
)
from loop.collect.deliveries import Delivery, Unfit
from loop.collect.files.objects import parse
from loop.collect.files.rows import RowError
from loop.errors import InvalidInput
from loop.ports.deliveries import EpisodeFeedback, Ticket
from loop.records import Feedback, FeedbackKind, Interaction, Moment, Step, derived_id

AHEAD = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours."""

B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a body came from."""

    agent: str
    source: str
    """The door, as the records carry it."""
    now: Moment
    ticket: Ticket | None = None
    """Names what brings no id of its own, so that the same request again makes the same records."""

    def name(self, prefix: str, place: int) -> str:
        """The id of the record at a place of the body; empty: it is made from its content."""
        if self.ticket is None:
            return ""
        return derived_id(prefix, self.agent, self.ticket.client, self.ticket.key, place)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises InvalidInput, whose `field` is the code of what is wrong."""
    match parse(body, 1):
        case RowError(code=code):
            raise InvalidInput(_WRONG.get(code, "The body cannot be read."), field=code)
        case row:
            return row.fields


def read_body(kind: type[B], fields: Mapping[str, Any]) -> B:
    """The body. Raises InvalidInput, naming the field."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        where, why = _problem(error)
        raise InvalidInput(why, field=where) from None


def read_many(kind: type[B], items: object, *, name: str) -> tuple[list[tuple[int, B]], list[Unfit]]:
    """The bodies of a batch by place, and those that are none. Raises InvalidInput when it is no batch."""
    if not isinstance(items, list) or not 1 <= len(items) <= BATCH_MAX:
        raise InvalidInput(f"{name} has to be a list of 1 to {BATCH_MAX:,} objects.", field=name)
    try:
        return list(enumerate(TypeAdapter(list[kind]).validate_python(items))), []  # type: ignore[valid-type]
    except ValidationError:
        pass
    fit: list[tuple[int, B]] = []
    unfit: list[Unfit] = []
    for place, item in enumerate(items):
        try:
            fit.append((place, kind.model_validate(item)))
        except ValidationError as error:
            where, why = _problem(error)
            unfit.append(Unfit(place, f"{where}: {why}" if where else why))
    return fit, unfit


def interactions_delivery(
    bodies: Sequence[tuple[int, InteractionBody]], origin: Origin, *, refused: Sequence[Unfit] = ()
) -> Delivery:
    """The delivery of interactions, each with its place in the request."""
    late = [Unfit(place, _AHEAD) for place, body in bodies if _is_ahead(body.at, origin)]
    kept = [(place, body) for place, body in bodies if not _is_ahead(body.at, origin)]
    return Delivery(
        agent=origin.agent,
        door=origin.source,
        interactions=[_interaction(body, origin, place) for place, body in kept],
        ticket=origin.ticket,
        places=[place for place, _ in kept],
        refused=[*refused, *late],
    )


def feedback_delivery(
    bodies: Sequence[tuple[int, FeedbackBody]], origin: Origin, *, refused: Sequence[Unfit] = ()
) -> Delivery:
    """The delivery of feedback, each with its place in the request."""
    late = [Unfit(place, _AHEAD) for place, body in bodies if _is_ahead(body.at, origin)]
    kept = [(place, body) for place, body in bodies if not _is_ahead(body.at, origin)]
    direct = [(place, body) for place, body in kept if body.interaction_id is not None]
    of_episodes = [(place, body) for place, body in kept if body.interaction_id is None]
    return Delivery(
        agent=origin.agent,
        door=origin.source,
        feedback=[_feedback(body, origin, place) for place, body in direct],
        of_episodes=[
            EpisodeFeedback(body.episode_id or "", _feedback(body, origin, place)) for place, body in of_episodes
        ],
        ticket=origin.ticket,
        places=[place for place, _ in (*direct, *of_episodes)],
        refused=[*refused, *late],
    )


def feedback_of_episode(episode_id: str, body: OutcomeBody | TakeoverBody) -> FeedbackBody:
    """An outcome or a takeover as the feedback it is."""
    match body:
        case OutcomeBody():
            return FeedbackBody(
                episode_id=episode_id, kind="outcome", value=body.value, author=body.author, reason=body.reason
            ).model_copy(update={"at": body.at})
        case TakeoverBody():
            return FeedbackBody(
                episode_id=episode_id, kind="takeover", text=body.text, author=body.author, reason=body.reason
            ).model_copy(update={"at": body.at})


def _interaction(body: InteractionBody, origin: Origin, place: int) -> Interaction:
    return Interaction(
        id=body.id or origin.name("i", place),
        agent=origin.agent,
        episode_id=body.episode_id or "",
        customer=body.customer,
        position=body.position,
        at=body.at or origin.now,
        question=body.question,
        context=body.context,
        answer=body.answer,
        label=body.label,
        article_id=body.article_id,
        method=body.method,
        confidence=body.confidence,
        version=body.version,
        bundle_digest=body.bundle_digest,
        topic=body.topic,
        steps=tuple(_step(one) for one in body.steps),
        source=origin.source,
        attributes=body.attributes,
    )


def _step(body: StepBody) -> Step:
    return Step(
        kind=body.kind,
        name=body.name,
        input=body.input,
        output=body.output,
        is_error=body.is_error,
        milliseconds=body.milliseconds,
        attributes=body.attributes,
    )


def _feedback(body: FeedbackBody, origin: Origin, place: int) -> Feedback:
    return Feedback(
        id=body.id or origin.name("f", place),
        agent=origin.agent,
        interaction_id=body.interaction_id or body.episode_id or "",
        kind=FeedbackKind(body.kind),
        value=body.value,
        text=body.text,
        label=body.label,
        article_id=body.article_id,
        reason=body.reason,
        teaches=body.teaches,
        author=body.author,
        source=origin.source,
        at=body.at or origin.now,
        received_at=origin.now,
        seconds_to_answer=body.seconds_to_answer,
        attributes=body.attributes,
    )


def _is_ahead(at: datetime | None, origin: Origin) -> bool:
    return at is not None and at > origin.now + AHEAD


def _problem(error: ValidationError) -> tuple[str, str]:
    """Where and why, in words of ours: names that the sender made up are not quoted."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(_known(first["loc"]))
    why = first["msg"].removeprefix("Value error, ").rstrip(".")
    if first["type"] == "extra_forbidden":
        why = "There is a field that is not known here"
    return where, f"{why[:1].upper()}{why[1:]}."


def _known(place: Sequence[int | str]) -> Iterator[str]:
    """The parts of a place that are ours: our fields and numbers, up to the first name that is not."""
    for part in place:
        if isinstance(part, str) and part not in _FIELDS:
            return
        yield str(part)


_FIELDS = frozenset(
    name
    for body in (InteractionBody, FeedbackBody, OutcomeBody, TakeoverBody, StepBody, InteractionBatch, FeedbackBatch)
    for name in body.model_fields
)
_AHEAD = "at: This time has not come yet."
_WRONG = {
    "broken_json": "The body is not JSON.",
    "not_utf8": "The body is not UTF-8.",
    "not_object": "The body has to be a JSON object.",
    "too_large": "A text of the body is too long.",
    "nul": "The body holds a NUL character.",
    "surrogate": "The body holds half of a surrogate pair.",
    "number": "The body holds NaN, an infinity, or a number too large to keep.",
    "depth": "The body is nested too deep.",
    "duplicate_name": "The body names a field twice.",
}
