"""The typed operations: what a proposal does to a version, as stored. `loop.change` says what each means."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from loop.records.agents import Approach, Article, Example, ModelChoice, Rule, SearchWeights
from loop.records.identity import Record


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


class SetSearchWeights(Record):
    """Weigh the words of questions anew in the search of articles."""

    kind: Literal["set_search_weights"] = "set_search_weights"
    weights: SearchWeights
    """Empty: every word counts as it is again."""


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
    | SetSearchWeights
    | SetApproach
    | RetireApproach
    | SetModel,
    Field(discriminator="kind"),
]
"""One typed change."""
