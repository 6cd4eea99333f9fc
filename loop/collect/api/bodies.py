"""Bodies of the API as programs send them, and what they are answered. Strict: nothing is coerced, nothing unknown.

`true` is no number and `"1"` neither; NaN and infinities are none; a time has a zone.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

BATCH_MAX = 1_000
"""Records in one batch."""
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _moment(given: object) -> object:
    """A time is written as text; other forms say neither their unit nor their zone."""
    if not isinstance(given, str):
        raise ValueError("a time is text such as 2026-06-01T12:00:00Z")  # noqa: TRY004 - pydantic reports ValueErrors
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise ValueError("a time is written like 2026-06-01T12:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError("a time needs its zone, such as the Z in 2026-06-01T12:00:00Z")
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        at = datetime.min.replace(tzinfo=UTC)
    if not _EARLIEST <= at <= _LATEST:
        raise ValueError("this time is before 1990 or after 2200")
    return at


Time = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=datetime)]
Key = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"\S")]
"""An id of the sender's; long or odd ones are kept as a hash."""
Label = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Word = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]


class Body(BaseModel):
    """What the API takes: strict, no field it does not know, no number that is none."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class StepBody(Body):
    """One thing the agent did on the way to its answer."""

    kind: Literal["model", "tool", "retrieval", "check", "message"]
    name: Word = ""
    input: str = ""
    """As text; JSON where it was JSON."""
    output: str = ""
    is_error: bool = False
    milliseconds: Annotated[float, Field(ge=0, le=1e12)] | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=200)


class InteractionBody(Body):
    """One request to the agent and its answer."""

    id: Key | None = None
    """Yours, such as the provider's response id; the same id again replaces it. None: made from the content."""
    episode_id: Key | None = None
    """The conversation or task. None: interactions with the same question share one."""
    customer: Word = ""
    """Who asked, by a pseudonym; addresses and numbers are replaced by one."""
    position: Count = 0
    """0-based place within the episode."""
    at: Time | None = None
    """When it was asked. None: now."""
    question: Annotated[str, Field(min_length=1)]
    context: dict[str, str | int | float | bool | None] = Field(default_factory=dict, max_length=200)
    """Facts beside the question: plan, region, amount."""
    answer: str = ""
    label: Label | None = None
    article_id: Label | None = None
    method: Word = ""
    confidence: Share | None = None
    version: Count | None = None
    """Number of the version that answered."""
    bundle_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the bundle it was answered with."""
    topic: Word = ""
    steps: list[StepBody] = Field(default_factory=list, max_length=500)
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=200)


Kind = Literal["edit", "thumbs", "csat", "outcome", "takeover", "comment", "label"]


class FeedbackBody(Body):
    """What a person or an outcome said of an interaction, or of a whole episode."""

    id: Key | None = None
    interaction_id: Key | None = None
    """The interaction by your id; it may come later than its feedback. Either this or `episode_id`."""
    episode_id: Key | None = None
    """The episode by your id: what is said goes to its last interaction."""
    kind: Kind
    """`edit` and `takeover` need `text`, `thumbs`, `csat` and `outcome` need `value`, `label` a label or an article."""
    value: Share | None = None
    """0 is worst, 1 is best."""
    text: str = ""
    """Edit or takeover: the better answer. Otherwise the words that came with it."""
    label: Label | None = None
    article_id: Label | None = None
    reason: str = ""
    teaches: bool = True
    """False: an exception, do not learn from it."""
    author: Label
    """Who says so, by a pseudonym. Later feedback of the same author, kind and target replaces the earlier one."""
    at: Time | None = None
    """When it was given. None: now."""
    seconds_to_answer: Annotated[float, Field(ge=0, le=1e9)] | None = None
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=200)

    @model_validator(mode="after")
    def _one_target(self) -> "FeedbackBody":
        if (self.interaction_id is None) == (self.episode_id is None):
            raise ValueError("feedback is about either an interaction_id or an episode_id")
        return self


class OutcomeBody(Body):
    """How an episode ended."""

    value: Share
    """0: failed; 1: solved."""
    author: Label
    reason: str = ""
    at: Time | None = None


class TakeoverBody(Body):
    """A person answered in the agent's place."""

    text: Annotated[str, Field(min_length=1, pattern=r"\S")]
    """What they answered."""
    author: Label
    reason: str = ""
    at: Time | None = None


class InteractionBatch(Body):
    """Many interactions; each is kept or refused by itself."""

    interactions: list[InteractionBody] = Field(min_length=1, max_length=BATCH_MAX)


class FeedbackBatch(Body):
    """Much feedback; each is kept or refused by itself."""

    feedback: list[FeedbackBody] = Field(min_length=1, max_length=BATCH_MAX)


class Answer(BaseModel):
    """What the API answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Kept(Answer):
    """One record is kept, durably."""

    id: str
    """Under which it is known here."""


class RefusedAnswer(Answer):
    """One record of a batch that is not kept."""

    place: int
    """0-based place in the batch."""
    reason: str


class BatchKept(Answer):
    """What became of a batch. What is kept is durable."""

    ids: list[str]
    """Of those kept, in the order of the batch."""
    refused: list[RefusedAnswer]


class VersionAnswer(Answer):
    """The live version of an agent."""

    agent: str
    number: int
    digest: str
    """SHA-256 of its content; equal for two versions that behave the same."""
    released_at: datetime | None
