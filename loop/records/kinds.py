"""Closed vocabularies with what follows from each word: kinds of feedback with their traits, and proposers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["correction", "rating", "comment"]
"""What a signal is compared with: others that say what is right, others on a scale, or other words."""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What the loop may conclude from one kind of feedback; every stage asks these and no stage lists kinds."""

    family: Family
    needs: Literal["text", "value", "choice"]
    """The field without which it says nothing; `choice`: a label or an article id."""
    is_worded: bool = False
    """`text` is a better answer, which may teach and be graded against."""
    is_rewrite: bool = False
    """`text` is the given answer rewritten: what changed between the two is what was wrong."""
    shows_gap: bool = False
    """Somebody had to answer in the agent's place: knowledge was missing."""
    approves: bool = False
    """Value 1 says that the answer was right as it was given."""
    fails_alone: bool = False
    """Value 0 is a complaint without any words."""
    window_days: int = 0
    """Whole days after the answer until nothing of this kind is to be awaited any more: the signal is mature. Bad news
    comes first, so whoever decides sooner decides on bad news."""

    @property
    def corrects(self) -> bool:
        """Whether it says what the answer should have been."""
        return self.family == "correction"


class FeedbackKind(StrEnum):
    """What sort of signal."""

    EDIT = "edit"
    """Somebody rewrote the answer: `text` is what it should have said."""
    THUMBS = "thumbs"
    CSAT = "csat"
    OUTCOME = "outcome"
    TAKEOVER = "takeover"
    """A person took over: `text` is what they answered."""
    COMMENT = "comment"
    LABEL = "label"
    """The right label (or article) for the question: `label` or `article_id`."""

    @property
    def traits(self) -> Traits:
        """What follows from the kind."""
        return TRAITS[self]


TRAITS: Mapping[FeedbackKind, Traits] = {
    FeedbackKind.EDIT: Traits(family="correction", needs="text", is_worded=True, is_rewrite=True),
    FeedbackKind.THUMBS: Traits(family="rating", needs="value", approves=True),
    FeedbackKind.CSAT: Traits(family="rating", needs="value", approves=True, window_days=3),
    FeedbackKind.OUTCOME: Traits(family="rating", needs="value", fails_alone=True, window_days=7),
    FeedbackKind.TAKEOVER: Traits(family="correction", needs="text", is_worded=True, shows_gap=True),
    FeedbackKind.COMMENT: Traits(family="comment", needs="text"),
    FeedbackKind.LABEL: Traits(family="correction", needs="choice"),
}


def open_since(now: datetime) -> Mapping[FeedbackKind, str]:
    """By kind that takes time, the first day (ISO, UTC) whose answers may still get a signal of it: its outcome window.

    Windows close in the order in which the answers were given, whenever a signal came, and close for whole days.
    """
    today = now.astimezone(UTC).date()
    return {
        kind: (today - timedelta(days=traits.window_days)).isoformat()
        for kind, traits in TRAITS.items()
        if traits.window_days
    }


class Proposer(StrEnum):
    """Who drafts changes."""

    UNLEARNING = "unlearning"
    """Takes out what rests on feedback that was taken back."""
    EXAMPLES = "examples"
    """Bundles known-good examples."""
    RULES = "rules"
    """Finds a rule that corrections have in common."""
    KNOWLEDGE = "knowledge"
    """Writes articles from takeovers, and mends those that people contradict."""
    SEARCH = "search"
    """Learns from corrections which words of a question lead to its article."""
    WORDING = "wording"
    """Turns the same edit by several people into an instruction or a better example."""
    REFLECTION = "reflection"
    """Asks the language model for an edit of the instructions."""
    PERSON = "person"
    """Written by hand, whoever drafted it first."""

    @property
    def needs_support(self) -> bool:
        """Whether several people's feedback must carry its changes; otherwise they always come to the desk."""
        return self not in (Proposer.PERSON, Proposer.UNLEARNING)
