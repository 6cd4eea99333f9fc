"""Record builders that shapes share: a row's cells become interactions and feedback.

Deterministic, so that an import is idempotent. An id comes from the file: the external id, else the content;
never from the clock and never from the file's name. A row without a time is dated by `RowDefaults.at`,
which the caller keeps the same between imports of one file; so the second import makes the same records.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loop.collect.files.fields import Cells, Field
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
    Field("id", "the id of the interaction in its own system"),
    Field("episode_id", "the conversation or task"),
    Field("customer", "who asked"),
    Field("position", "0-based place in the conversation"),
    Field("at", "when it was asked"),
    Field("context", "facts beside the question, as an object"),
    Field("topic", "slice for reports"),
)
"""Read by every shape that makes one interaction of one row. A bare column `id` is often only unique within
its file, so it names an interaction only where an importer says so."""

WITHOUT_ID: tuple[Field, ...] = tuple(field for field in INTERACTION_FIELDS if field.name != "id")


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
