"""What is wrong and what could change: issues, typed operations, proposals."""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from loop.records.agents import Approach, Article, Example, ModelChoice, Rule, Slug
from loop.records.identity import Moment, Record


class IssueSide(Record):
    """One correction that several people may share."""

    correction: str
    """What the answer should have been: a label, an article id or a text."""
    sources: int = Field(ge=0)
    """Distinct authors, one vote each."""
    feedback_ids: tuple[str, ...]


class Issue(Record):
    """Validated feedback that says the same thing."""

    id: str
    agent: Slug
    kind: Literal["label", "article", "answer", "knowledge", "complaint"]
    """`label`/`article`: the wrong one was chosen. `answer`: the wording is wrong.
    `knowledge`: people had to take over. `complaint`: low ratings without a correction."""
    title: str
    """In words; built by us, quoting at most a short piece of a question."""
    topic: str = ""
    sides: tuple[IssueSide, ...]
    """Strongest first; more than one strong side is a conflict."""
    support: int = Field(ge=0)
    """Distinct sources behind the strongest side."""
    is_supported: bool
    """Enough distinct sources for a machine to propose a change."""
    conflict: str = ""
    """In words when two sides are both strong, else empty."""
    interaction_ids: tuple[str, ...]
    first_at: Moment
    last_at: Moment


class EditInstructions(Record):
    """Replace one piece of the instructions that is quoted exactly."""

    kind: Literal["edit_instructions"] = "edit_instructions"
    old: str = ""
    """Must occur exactly once; empty: append `new` as the last line."""
    new: str = ""
    """Empty: the quoted piece is removed."""


class ChangeExamples(Record):
    """Add, replace and retire known-good examples as one bundle."""

    kind: Literal["change_examples"] = "change_examples"
    add: tuple[Example, ...] = ()
    """An id already present is replaced."""
    remove: tuple[str, ...] = ()
    """Example ids."""
    positions: tuple[int, ...] = ()
    """0-based places of `add` in the result, one each; empty: replaced ones keep their place, new ones go last."""


class SetRule(Record):
    """Add a rule, or replace the one with the same id in its place."""

    kind: Literal["set_rule"] = "set_rule"
    rule: Rule
    before: str | None = None
    """Rule id to stand before; None: a replaced rule keeps its place, a new one goes last."""


class RetireRule(Record):
    """Take a rule out."""

    kind: Literal["retire_rule"] = "retire_rule"
    rule_id: str


class UpsertArticle(Record):
    """Add an article, or replace the one with the same id."""

    kind: Literal["upsert_article"] = "upsert_article"
    article: Article
    before: str | None = None
    """Article id to stand before; None: a replaced one keeps its place, a new one goes last."""


class RetireArticle(Record):
    """Take an article out."""

    kind: Literal["retire_article"] = "retire_article"
    article_id: str


class SetApproach(Record):
    """Add an approach, or replace (enable, disable) the one with the same id."""

    kind: Literal["set_approach"] = "set_approach"
    approach: Approach
    before: str | None = None
    """Approach id to stand before; None: a replaced one keeps its place, a new one goes last."""


class RetireApproach(Record):
    """Take an approach out."""

    kind: Literal["retire_approach"] = "retire_approach"
    approach_id: str


class SetModel(Record):
    """Choose another model or other parameters."""

    kind: Literal["set_model"] = "set_model"
    model: ModelChoice


Operation: TypeAlias = Annotated[
    EditInstructions
    | ChangeExamples
    | SetRule
    | RetireRule
    | UpsertArticle
    | RetireArticle
    | SetApproach
    | RetireApproach
    | SetModel,
    Field(discriminator="kind"),
]
"""One typed change."""


class Change(Record):
    """One element before and after: what a diff shows."""

    section: Literal["instructions", "rules", "examples", "articles", "approaches", "model"]
    element_id: str
    title: str
    before: str
    """Text of the element; empty when it is new."""
    after: str
    """Text of the element; empty when it goes."""


class StakesLevel(StrEnum):
    """How much a wrong decision would cost."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Stakes(Record):
    """Computed, never typed in."""

    level: StakesLevel
    reasons: tuple[str, ...]
    """In words; why not lower."""


class ProposalState(StrEnum):
    """Where a proposal stands."""

    DRAFTED = "drafted"
    WAITING = "waiting"
    """Tested; on a reviewer's desk."""
    SET_ASIDE = "set_aside"
    """Tested, not worth a person's time now; kept, can be brought back."""
    APPROVED = "approved"
    """Decided; goes live when its undo window is over."""
    LIVE = "live"
    REJECTED = "rejected"
    EDITED = "edited"
    """A reviewer's edit replaced it by a new proposal."""
    STALE = "stale"
    """Its base is no longer live; the same change is drafted anew on the new base."""
    UNDONE = "undone"
    """Was live, then rolled back."""


PROPOSAL_MOVES: dict[ProposalState, frozenset[ProposalState]] = {
    ProposalState.DRAFTED: frozenset({ProposalState.WAITING, ProposalState.SET_ASIDE, ProposalState.STALE}),
    ProposalState.WAITING: frozenset(
        {
            ProposalState.APPROVED,
            ProposalState.REJECTED,
            ProposalState.EDITED,
            ProposalState.STALE,
            ProposalState.SET_ASIDE,
        }
    ),
    ProposalState.SET_ASIDE: frozenset({ProposalState.WAITING, ProposalState.STALE, ProposalState.REJECTED}),
    ProposalState.APPROVED: frozenset({ProposalState.LIVE, ProposalState.WAITING, ProposalState.STALE}),
    ProposalState.LIVE: frozenset({ProposalState.UNDONE}),
    ProposalState.REJECTED: frozenset({ProposalState.WAITING}),
    ProposalState.EDITED: frozenset(),
    ProposalState.STALE: frozenset(),
    ProposalState.UNDONE: frozenset(),
}
"""From a state, the states it may move to. REJECTED → WAITING and APPROVED → WAITING are a reviewer's undo."""


class Proposal(Record):
    """One concrete change on one base version."""

    id: str
    agent: Slug
    base_number: int
    base_digest: str
    candidate_digest: str
    """Digest of the bundle that would go live."""
    operations: tuple[Operation, ...] = Field(min_length=1)
    changes: tuple[Change, ...]
    """The elements before and after, as a diff shows them; derived from base and operations."""
    title: str
    """In words, what changes."""
    rationale: str
    """In words, why. Written by a proposer or a person; untrusted text."""
    evidence: tuple[str, ...] = ()
    """Feedback ids it cites."""
    issue_ids: tuple[str, ...] = ()
    expected_fixes: tuple[str, ...] = ()
    """Log case ids the proposer expects to fix."""
    proposer: str
    """`examples`, `rules`, `knowledge`, `reflection` or `person`."""
    authors: tuple[str, ...] = ()
    """People who wrote or edited it; none of them may approve it when roles are on."""
    stakes: Stakes
    replaces: str | None = None
    """The proposal a reviewer edited, or the stale one this redraws."""
    created_at: Moment
