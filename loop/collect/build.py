"""Record builders that presets share: a row's cells become interactions and feedback, ratings become numbers.

Deterministic, so that an import is idempotent. An id comes from the file: the external id, else the content;
never from the clock and never from the file's name. A row without a time is dated by `RowDefaults.at`,
which the caller keeps the same between imports of one file; so the second import makes the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loop.collect.files.fields import Cells, Field, Unusable
from loop.collect.identity import interaction_id, question_group, stable_id
from loop.records import Article, Feedback, FeedbackKind, Interaction, derived_id, vouched_source


@dataclass(frozen=True, slots=True)
class RowDefaults:
    """What to assume where a row is silent."""

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
    vouched: frozenset[str] = frozenset()
    """Authors in the file who are who it says, on the operator's word."""


@dataclass(frozen=True, slots=True)
class RowRecords:
    """What one row became."""

    interactions: tuple[Interaction, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    articles: tuple[Article, ...] = ()
    is_shared: bool = False
    """Other rows of the file may be about the same interaction; the first of them describes it."""


INTERACTION_FIELDS: tuple[Field, ...] = (
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

WITHOUT_ID: tuple[Field, ...] = tuple(field for field in INTERACTION_FIELDS if field.name != "id")

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


def interaction_from_row(
    cells: Cells,
    defaults: RowDefaults,
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
        agent=defaults.agent,
        episode_id=_episode(cells, defaults, question),
        customer=cells.text("customer").strip(),
        position=cells.whole("position") or 0,
        at=at or defaults.at,
        question=question,
        context=cells.context(),
        answer=cells.text("answer"),
        topic=cells.text("topic").strip(),
        source=defaults.source,
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
        own = stable_id("i", defaults.agent, external)
    else:
        own = interaction_id(drafted, at=None if is_shared else at, identity=identity)
    return drafted.model_copy(update={"id": own})


def _episode(cells: Cells, defaults: RowDefaults, question: str) -> str:
    external = cells.name_of("episode_id")
    return stable_id("e", defaults.agent, external) if external else question_group(defaults.agent, question)


def feedback_from_row(
    defaults: RowDefaults,
    *,
    interaction_id: str,
    kind: FeedbackKind,
    author: str,
    at: datetime | None,
    external: str | None = None,
    **fields: Any,
) -> Feedback:
    """A feedback with its id. `at`: from the file, None when it names no time. `fields`: further ones."""
    author = author or defaults.author
    return Feedback(
        id=derived_id("f", defaults.agent, interaction_id, kind, author, external, at, _identity(fields)),
        agent=defaults.agent,
        interaction_id=interaction_id,
        kind=kind,
        author=author,
        source=vouched_source(defaults.source) if author in defaults.vouched else defaults.source,
        at=at or defaults.at,
        received_at=defaults.at,
        **fields,
    )


def _identity(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "attributes" and value not in (None, "")}


def rating(value: object, *, defaults: RowDefaults, column: str) -> float:
    """A rating as a number from 0 (worst) to 1 (best): a word of RATINGS, or a number on the file's scale.

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
    if not defaults.low <= number <= defaults.high:
        raise Unusable(
            "field",
            f"The column {column} holds a rating outside the scale {defaults.low:g} to {defaults.high:g}."
            " Say the right scale.",
        )
    return (number - defaults.low) / (defaults.high - defaults.low)
