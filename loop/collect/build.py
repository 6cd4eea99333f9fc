"""What presets share: interactions and feedback drafted from cells, and ratings turned into numbers.

Ids and times. An id comes from the file: the external id, else the content; never from the clock and
never from the file's name. A row without a time is dated by the door, whose date the caller keeps
the same between imports of one file; so the second import makes the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loop.collect.files.fields import Cells, Field, Unusable
from loop.collect.identity import interaction_id, kept_id, question_group
from loop.records import Article, Feedback, FeedbackKind, Interaction, derived_id


@dataclass(frozen=True, slots=True)
class Door:
    """Where rows come from, and what to assume where they are silent."""

    agent: str
    source: str
    """As records carry it, such as `import:chats.jsonl`."""
    author: str
    """For feedback that names none. All of it counts as one person."""
    at: datetime
    """For rows that name no time; also when everything was received."""
    low: float = 0.0
    """The worst rating on the file's scale."""
    high: float = 1.0
    """The best rating on the file's scale."""


@dataclass(frozen=True, slots=True)
class Made:
    """What one row became."""

    interactions: tuple[Interaction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    articles: tuple[Article, ...] = ()
    is_shared: bool = False
    """Other rows of the file may be about the same interaction; the first of them describes it."""


ASKED: tuple[Field, ...] = (
    Field("id", "the id of the interaction in its own system", ("interaction_id",)),
    Field("episode_id", "the conversation or task", ("episode_id", "conversation_id", "session_id", "thread_id")),
    Field("customer", "who asked", ("customer", "customer_id", "user_id")),
    Field("position", "0-based place in the conversation"),
    Field("at", "when it was asked", ("at", "created_at", "timestamp", "time")),
    Field("context", "facts beside the question, as an object"),
    Field("topic", "slice for reports"),
)
"""Read by every preset that makes one interaction of one row. A bare column `id` is often only unique within
its file, so it names an interaction only where a preset says so."""

WITHOUT_ID: tuple[Field, ...] = tuple(field for field in ASKED if field.name != "id")

RATINGS: dict[str, float] = {
    "excellent": 1.0,
    "acceptable": 2 / 3,
    "could be improved": 1 / 3,
    "bad": 0.0,
    "good": 1.0,
    "up": 1.0,
    "down": 0.0,
    "👍": 1.0,
    "👎": 0.0,
    "thumbs up": 1.0,
    "thumbs down": 0.0,
    "positive": 1.0,
    "negative": 0.0,
    "yes": 1.0,
    "no": 0.0,
    "true": 1.0,
    "false": 0.0,
}
"""Ratings in words; 0 is worst, 1 is best. The four of FeedbackQA are equal steps of an ordinal scale."""


def asked(
    cells: Cells,
    door: Door,
    *,
    question: str,
    with_answer: bool,
    is_shared: bool = False,
    identity: str | None = None,
) -> Interaction:
    """The interaction of a row. Raises Unusable.

    `with_answer`: also read what the agent answered (label, article, method, confidence, version).
    `is_shared`: the row is one of several about it; its time and its other columns belong to the feedback.
    `identity`: what else makes rows without an id different from each other.
    """
    external = cells.name_of("id")
    at = cells.moment("at")
    drafted = Interaction(
        id="",
        agent=door.agent,
        episode_id=_episode(cells, door, question),
        customer=cells.text("customer").strip(),
        position=cells.whole("position") or 0,
        at=at or door.at,
        question=question,
        context=cells.context(),
        answer=cells.text("answer"),
        topic=cells.text("topic").strip(),
        source=door.source,
        attributes={} if is_shared else cells.rest(),
    )
    if with_answer:
        drafted = drafted.model_copy(
            update={
                "label": cells.name_of("label"),
                "article_id": cells.name_of("article_id"),
                "method": cells.text("method").strip(),
                "confidence": cells.number("confidence"),
                "version": cells.whole("version"),
            }
        )
    if external:
        own = kept_id("i", door.agent, external)
    else:
        own = interaction_id(drafted, at=None if is_shared else at, identity=identity)
    return drafted.model_copy(update={"id": own})


def _episode(cells: Cells, door: Door, question: str) -> str:
    external = cells.name_of("episode_id")
    return kept_id("e", door.agent, external) if external else question_group(door.agent, question)


def said(
    door: Door,
    *,
    interaction_id: str,
    kind: FeedbackKind,
    author: str,
    at: datetime | None,
    external: str | None = None,
    **told: Any,
) -> Feedback:
    """A feedback with its id. `at`: from the file, None when it names no time. `told`: further fields."""
    author = author or door.author
    return Feedback(
        id=derived_id("f", door.agent, interaction_id, kind, author, external, at, _identity(told)),
        agent=door.agent,
        interaction_id=interaction_id,
        kind=kind,
        author=author,
        source=door.source,
        at=at or door.at,
        received_at=max(at or door.at, door.at),
        **told,
    )


def _identity(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "attributes" and value not in (None, "")}


def rating(value: object, *, door: Door, column: str) -> float:
    """A rating as a number from 0 (worst) to 1 (best): a word of RATINGS, or a number on the door's scale.

    Raises Unusable when it is neither.
    """
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        word = value.strip().casefold()
        if word in RATINGS:
            return RATINGS[word]
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise Unusable(
            "field", f"The column {column} holds a rating that is neither a number nor a known word."
        ) from None
    if not door.low <= number <= door.high:
        raise Unusable(
            "field",
            f"The column {column} holds a rating outside the scale {door.low:g} to {door.high:g}. Say the right scale.",
        )
    return (number - door.low) / (door.high - door.low)
