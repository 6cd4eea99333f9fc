"""What happened: interactions with their steps, feedback, scores and flags."""

from typing import Any, Literal

from pydantic import Field

from loop.records.agents import ContextFields, Slug
from loop.records.identity import Moment, Record
from loop.records.kinds import FeedbackKind


class Question(Record):
    """What the agent is asked."""

    text: str
    context: ContextFields = Field(default_factory=dict)


class Answer(Record):
    """What a version answered, and what it used to do so."""

    text: str = ""
    label: str | None = None
    article_id: str | None = None
    method: Literal["rule", "case", "head", "article", "handover", "model", "yours", "failed"]
    """Which step of the agent answered; `yours`: the operator's own agent."""
    confidence: float = Field(default=0.0, ge=0, le=1)
    """The agent's own confidence; higher is surer; not a probability unless calibrated."""
    uses: tuple[str, ...] = ()
    """Ids of the rules, examples and articles the answer rests on."""
    obeyed: tuple[str, ...] = ()
    """Instruction lines that changed the answer."""
    failure: str = ""
    """Why there is no answer; empty when there is one."""


class Step(Record):
    """One thing the agent did on the way to its answer."""

    kind: Literal["model", "tool", "retrieval", "check", "message"]
    name: str = ""
    input: str = ""
    """As text; JSON where it was JSON."""
    output: str = ""
    is_error: bool = False
    milliseconds: float | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    """Whatever the source said and no field holds, such as a tool call id."""


class Interaction(Record):
    """One request to the agent and its answer."""

    id: str
    agent: Slug
    episode_id: str
    """Groups the interactions of one task or conversation."""
    customer: str = ""
    """Pseudonym of the person who asked; the unit of assignment and of splitting."""
    position: int = 0
    """0-based place within the episode."""
    at: Moment
    question: str
    context: ContextFields = Field(default_factory=dict)
    answer: str = ""
    label: str | None = None
    article_id: str | None = None
    method: str = ""
    confidence: float | None = None
    uses: tuple[str, ...] = ()
    version: int | None = None
    """Number of the version that answered; None when unknown."""
    bundle_digest: str | None = Field(default=None, min_length=64, max_length=64)
    """Of the bundle it was answered with, as the one who answered says; None when unknown."""
    experiment_id: str | None = None
    """The live experiment that assigned it; None outside of one."""
    arm: str | None = None
    """Name of the arm it was assigned to."""
    probability: float | None = Field(default=None, gt=0, le=1)
    """Chance with which it was assigned to this arm (propensity)."""
    topic: str = ""
    """Slice for reports and filters; empty when unknown."""
    steps: tuple[Step, ...] = ()
    source: str = ""
    """The door it came through, such as `import:chats.jsonl`."""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """Unmapped fields of the source, kept verbatim."""


class Feedback(Record):
    """A human or outcome signal on an interaction. Append-only; `supersedes` points to the older one."""

    id: str
    agent: Slug
    interaction_id: str
    kind: FeedbackKind
    value: float | None = Field(default=None, ge=0, le=1)
    """0 is worst, 1 is best; None when the signal has no number."""
    text: str = ""
    """Edit or takeover: the better answer. Comment, thumbs, csat: the words that came with it."""
    label: str | None = None
    article_id: str | None = None
    reason: str = ""
    """Why the person says so."""
    teaches: bool = True
    """False: an exception, do not learn from it."""
    author: str
    """Pseudonym of who gave it; the unit of support."""
    source: str
    """The door it came through, such as `dashboard` or `import:ratings.csv`."""
    at: Moment
    """When it was given."""
    received_at: Moment
    """When we got it."""
    seconds_to_answer: float | None = Field(default=None, ge=0)
    """How long the author looked before judging; None when unknown."""
    supersedes: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class Score(Record):
    """An evaluator's number on an interaction. Never mixed up with feedback."""

    id: str
    agent: Slug
    interaction_id: str
    evaluator: str
    value: float | None
    """None: tried and could not. Unknown is not zero."""
    explanation: str = ""
    at: Moment


class Flag(Record):
    """One detector's finding on one feedback item."""

    feedback_id: str
    detector: str
    """Key of the detector, such as `duplicate` or `conflict`."""
    reason: str
    """In words, with the numbers: what a reviewer reads."""
    related: tuple[str, ...] = ()
    """Other feedback ids the finding rests on."""
    at: Moment
