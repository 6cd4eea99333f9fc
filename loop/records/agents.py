"""The agent and what decides its behaviour: bundles and versions."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from loop.records import scheme1
from loop.records.identity import Moment, Record, Scalar, body_digest, digest, unspoken_in

Slug = str
"""Lower-case letters, digits and hyphens, 2 to 40 characters; the agent's name in every row and URL."""


class Mode(StrEnum):
    """Who must decide."""

    MANUAL = "manual"
    SIMPLE = "simple"
    ORCHESTRATE = "orchestrate"


class AgentKind(StrEnum):
    """Who answers: it follows from the model of the version, and every version of an agent may differ."""

    BUILT_IN = "built-in"
    """The agent that comes with Ratchet: no key, no neural network; it answers from what its version holds."""
    MODEL = "model"
    """A language model that is told what the version holds."""
    YOURS = "yours"
    """The operator's own agent at an HTTP endpoint, called with the question and the version to use."""


class Grading(StrEnum):
    """What makes an answer right."""

    LABEL = "label"
    ARTICLE = "article"
    TEXT = "text"


class Limits(Record):
    """The thresholds an operator may move. How people read each stands in `loop.desk.setting_table`."""

    min_sources: int = Field(default=3, ge=1)
    """Distinct sources a correction needs before it may teach."""
    bundle_max: int | None = Field(default=None, ge=1)
    """Examples in one bundle, at most. None: follows from the number of classes, see `loop.limits`."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """Chance of calling a useless change proved, per sealed look."""
    min_gain: float = Field(default=0.01, ge=0, le=1)
    """Smallest share of cases gained that is worth shipping."""
    harm_margin: float = Field(default=0.03, gt=0, le=1)
    """Largest loss still called 'not worse', as a share of cases."""
    undo_seconds: int = Field(default=60, ge=0)
    """Seconds between approving a change and its going live, in which it can be taken back; high stakes: below."""
    undo_seconds_high: int = Field(default=300, ge=0)
    """The same for a change of high stakes."""
    dev_share: float | None = Field(default=None, gt=0, lt=0.5)
    """Share of the examiners' cases whose results a reviewer may see one by one. None: follows from the number of
    cases and from who makes them, see `loop.limits`."""
    sealed_share: float | None = Field(default=None, gt=0, lt=0.5)
    """Share of the examiners' cases of which only totals are ever shown. None: as for `dev_share`."""
    asks_per_day: int | None = Field(default=20_000, ge=0)
    """Budget ceiling: questions put to a model or to your own agent in one day (UTC) by tests and proposers, at most;
    each counts once, however often it is tried. Then nothing more is asked until the next day. None: no ceiling."""
    raw_days: int = Field(default=0, ge=0, le=365)
    """Days for which what arrives is also kept as it was written, with personal data, apart from everything else; who
    looks at it is on record. Secrets are never kept. 0: it is not, and what there was is deleted."""
    practice_share: float = Field(default=0.0, ge=0, le=0.5)
    """Share of the changes on the desk, at most, that are practice: known bad changes, drawn into the queue to see
    whether reviewers catch them, told after the decision and never released. 0: none."""
    is_paused: bool = False
    """The loop stands still: nothing is judged, drafted, tested, released or taken back by itself until it is resumed.
    What arrives is kept, the live version answers on, and people may still decide and take releases back."""
    detectors_off: tuple[str, ...] = ()
    """Detectors of the firewall that are switched off, by name: what they alone would hold back is let through."""


class Agent(Record):
    """The thing that learns."""

    slug: Slug = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")
    name: str = Field(min_length=1, max_length=120)
    """What people call it."""
    task: str = Field(default="", max_length=4000)
    """What it is for, in a sentence or two."""
    mode: Mode = Mode.MANUAL
    """Who must decide: `manual`: a person, always; `simple`: proved changes of low stakes ship by themselves;
    `orchestrate`: the same, and what is proved on one agent is offered to its siblings."""
    grading: Grading = Grading.LABEL
    """What makes an answer right: its label, the article it rests on, or its text."""
    trusted_authors: tuple[str, ...] = ()
    """People whose corrections examine the agent: `author`, as the desk or an API key knows them, or `door:author`.
    Empty: people with a long record, within caps."""
    stakes_words: tuple[str, ...] = ()
    """Your own words that make a change high stakes, beside those for money, law and safety in seven languages. `waiv*`
    is every word that begins so."""
    own_contacts: tuple[str, ...] = ()
    """The company's own phone numbers, e-mail addresses, domains and accounts: never masked, and nothing new in an
    answer."""
    facts: tuple[str, ...] = ()
    """What the operator knows to be true, a sentence each, such as the company's own addresses and terms: whoever says
    so in a correction needs nobody else. One setting is one fact; commas belong to it."""
    limits: Limits = Limits()
    is_demo: bool = False
    """Made by `ratchet demo`; every screen says so."""
    created_at: Moment


class Condition(Record):
    """One test of a rule. `field` is `question` (text) or the name of a context field."""

    field: str = Field(min_length=1, max_length=80)
    op: Literal["contains", "equals", "at_least", "at_most"]
    """`contains`: whole word or phrase, case ignored. `at_least`/`at_most`: numbers only."""
    value: str | float


class Rule(Record):
    """First match wins, in the order of the bundle."""

    id: str
    when: tuple[Condition, ...] = Field(min_length=1, max_length=2)
    """All must hold."""
    answer: str = ""
    """The reply; empty means the label is the reply."""
    label: str | None = None
    article_id: str | None = None
    hand_over: bool = False
    """True: do not answer, hand over to a person."""


class Example(Record):
    """A question with the answer that is known to be right."""

    id: str
    question: str
    answer: str = ""
    """The reply; empty means the label is the reply."""
    label: str | None = None
    feedback_id: str | None = None
    """The feedback it was learned from; None when a person wrote it."""


class Article(Record):
    """A piece of knowledge: what to say when no case is close."""

    id: str
    title: str
    body: str
    questions: tuple[str, ...] = ()
    """Solved questions that lead here; searched together with title and body."""


class Approach(Record):
    """One way to resolve an issue type."""

    id: str
    issue: str
    """The issue type it is for."""
    name: str
    instruction: str
    """What the agent is told when this approach is chosen."""
    is_enabled: bool = False


class ModelChoice(Record):
    """Who answers, and how. `local` is the built-in agent without a key, `yours` the operator's own agent."""

    name: str = "local"
    """`local`, `yours` (at the endpoint the operator set for the agent), or a LiteLLM model name such as
    `openai/gpt-4o-mini`."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=512, ge=1)
    examples_per_question: int = Field(default=4, ge=0, le=32)
    """Nearest examples composed into the messages of one question."""

    @property
    def is_local(self) -> bool:
        """Whether the built-in agent answers, which costs nothing."""
        return self.name == "local"

    @property
    def kind(self) -> AgentKind:
        """Who answers."""
        match self.name:
            case "local":
                return AgentKind.BUILT_IN
            case "yours":
                return AgentKind.YOURS
            case _:
                return AgentKind.MODEL

    @property
    def answered_by(self) -> str:
        """Who answers, in words, as every screen and report says it."""
        match self.kind:
            case AgentKind.BUILT_IN:
                return "the built-in agent"
            case AgentKind.YOURS:
                return "your own agent at its endpoint"
            case AgentKind.MODEL:
                return f"the model {self.name}"


class WeightsTrial(Record):
    """Cross-validated trial of learned word weights: each correction asked of weights that were learned without it."""

    untaught_won: int = 0
    """Questions found only with the weights, where nothing about their article was learned."""
    untaught_lost: int = 0
    """The same, found only without them."""
    taught_won: int = 0
    """The same where other questions about the article were learned from."""
    taught_lost: int = 0


class SearchWeights(Record):
    """Term weights of the article search, shared by all articles: how much more or less a word of a question counts.

    No weight belongs to an article, so none is favoured because somebody asked for it.
    """

    words: dict[str, float] = Field(default_factory=dict)
    """By normalised word: what is added to its weight of 1; −1: it counts for nothing."""
    runs: dict[str, float] = Field(default_factory=dict)
    """The same by run of characters, the pieces of words that forgive spelling and inflection."""
    article_ids: tuple[str, ...] = ()
    """Articles whose questions they were learned from: what they teach."""
    corrections: int = Field(default=0, ge=0)
    """Questions they were learned from."""
    strength: float = Field(default=0.0, ge=0)
    """How strongly weights were held at 1 while learning (ridge penalty)."""
    trial: WeightsTrial = WeightsTrial()

    @property
    def is_empty(self) -> bool:
        """Whether every word counts as it is."""
        return not self.words and not self.runs


SectionName: TypeAlias = Literal["instructions", "rules", "examples", "articles", "search", "approaches", "model"]
"""The field of a bundle that an element stands in."""


class Bundle(Record):
    """Everything that decides behaviour. Its digest is its identity."""

    instructions: str = ""
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()
    articles: tuple[Article, ...] = ()
    search: SearchWeights = SearchWeights()
    """Left out of body and digest while nothing was learned: older content keeps its name."""
    approaches: tuple[Approach, ...] = ()
    model: ModelChoice = ModelChoice()

    UNSPOKEN: ClassVar[frozenset[str]] = frozenset({"search"})

    @model_serializer(mode="wrap")
    def _spell(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        body: dict[str, Any] = serialise(self)
        for name in unspoken_in(self):
            body.pop(name, None)
        return body

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all its fields; of a stored bundle, the digest it was stored under, whatever was added since."""
        return digest(self)

    def named(self, digest: str) -> Self:
        """The same content under the digest it was stored with."""
        copied = self.model_copy()
        copied.__dict__["digest"] = digest
        return copied

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; with other content it has another digest."""
        copied = super().model_copy(update=update, deep=deep)
        if update:
            copied.__dict__.pop("digest", None)
        return copied


def is_body_of(digest: str, body: Mapping[str, Any]) -> bool:
    """Whether a bundle's JSON body is what was once named by this digest, under any identity scheme."""
    return digest in (body_digest(body), scheme1.bundle_digest(body))


class Version(Record):
    """A numbered bundle, immutable, with a parent: a candidate from its draft on, released once it was live."""

    agent: Slug
    number: int = Field(ge=0)
    """0 is what the agent started with. A rollback is a new number with older content.
    What was live counts upwards with gaps: candidates that were never released keep their numbers."""
    digest: str
    """Of the bundle."""
    parent: int | None
    proposal_id: str | None
    """The proposal that made it; None for version 0 and for rollbacks."""
    restores: int | None = None
    """For a rollback: the number whose content came back."""
    summary: str = ""
    created_at: Moment
    """When it got its number."""
    released_at: Moment | None = None
    """When it first went live; None: a candidate."""


ContextFields = dict[str, Scalar]
"""Typed facts beside a question: plan, region, amount, days."""
