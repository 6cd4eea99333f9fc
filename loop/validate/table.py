"""The feedback of one turn as columns, so that detectors count with arrays and no pair is looked at twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from loop.records import JUDGED_STATES, Feedback, FeedbackItem, FeedbackState, Interaction
from loop.records.kinds import Family
from loop.text.near import near_groups
from loop.text.spelling import COMPARED_CHARACTERS, normalise
from loop.validate.work import ValidationWork

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ledger:
    """One row per feedback item that still counts as said (excluded and superseded ones do not)."""

    items: tuple[FeedbackItem, ...]
    interactions: tuple[Interaction | None, ...]
    """Of each row; None when unknown."""
    author: Ints
    """Index into `authors`."""
    authors: tuple[str, ...]
    trusted: NDArray[np.bool_]
    """By author: named by the operator."""
    is_judged: NDArray[np.bool_]
    """Whether the firewall decides about the row."""
    at: Floats
    """Seconds since 1970, UTC."""
    family: tuple[Family, ...]
    question: Ints
    """Index into `questions`; −1 when the interaction is unknown or asks nothing."""
    questions: tuple[str, ...]
    """Distinct normalised questions."""
    choice: tuple[str | None, ...]
    """The label or article id a row says is right; None for other rows."""
    text: tuple[str, ...]
    """The row's own words, normalised."""
    seed: int

    @cached_property
    def near(self) -> Ints:
        """By distinct question: its group of near-identical questions."""
        return near_groups(self.questions, seed=self.seed)

    @cached_property
    def near_of(self) -> Ints:
        """By row: group of near-identical questions; −1 without a question."""
        if not self.questions:
            return np.full(len(self.items), -1, dtype=np.int64)
        return np.where(self.question >= 0, self.near[np.maximum(self.question, 0)], -1)

    @cached_property
    def choosing(self) -> Ints:
        """Rows that say which label or article is right, for a known question."""
        return np.array(
            [row for row, choice in enumerate(self.choice) if choice and self.question[row] >= 0], dtype=np.int64
        )

    def feedback(self, row: int) -> Feedback:
        """The record of a row."""
        return self.items[row].feedback

    def ids(self, rows: Sequence[int] | Ints, *, limit: int = 20) -> tuple[str, ...]:
        """Feedback ids of some rows, at most `limit`."""
        return tuple(self.items[row].feedback.id for row in rows[:limit])

    def is_trusted(self, row: int) -> bool:
        """Whether the row's author was named by the operator."""
        return bool(self.trusted[self.author[row]])


def choice_of(feedback: Feedback) -> str | None:
    """The label or article id a feedback says is right; None when it says none."""
    return feedback.label if feedback.label is not None else feedback.article_id


def correction_pair(feedback: Feedback, interaction: Interaction) -> tuple[str, str, str] | None:
    """(`label` or `article`, what is right, what the agent chose); None when nothing is chosen or nothing is wrong."""
    choice = choice_of(feedback)
    kind, answered = ("label", interaction.label) if feedback.label is not None else ("article", interaction.article_id)
    return None if not choice or choice == answered else (kind, choice, answered or "")


def open_ledger(work: ValidationWork) -> Ledger:
    """Columns of everything that still counts as said, oldest received first."""
    items = tuple(item for item in work.items if item.state not in (FeedbackState.EXCLUDED, FeedbackState.SUPERSEDED))
    interactions = tuple(work.interactions.get(item.feedback.interaction_id) for item in items)
    names = tuple(sorted({item.feedback.author for item in items}))
    index = {name: number for number, name in enumerate(names)}
    spellings: dict[str, str] = {}
    numbers: dict[str, int] = {}
    question = np.full(len(items), -1, dtype=np.int64)
    for row, interaction in enumerate(interactions):
        if interaction is None:
            continue
        asked = interaction.question[:COMPARED_CHARACTERS]
        words = spellings.get(asked)
        if words is None:
            words = spellings[asked] = normalise(asked)
        if words:
            question[row] = numbers.setdefault(words, len(numbers))
    chosen = frozenset(work.agent.trusted_authors)
    return Ledger(
        items=items,
        interactions=interactions,
        author=np.array([index[item.feedback.author] for item in items], dtype=np.int64),
        authors=names,
        trusted=np.array([name in chosen for name in names], dtype=np.bool_),
        is_judged=np.array([item.state in JUDGED_STATES for item in items], dtype=np.bool_),
        at=np.array([item.feedback.at.timestamp() for item in items], dtype=np.float64),
        family=tuple(_family(item.feedback) for item in items),
        question=question,
        questions=tuple(numbers),
        choice=tuple(choice_of(item.feedback) for item in items),
        text=tuple(normalise(item.feedback.text[:COMPARED_CHARACTERS]) for item in items),
        seed=work.seed,
    )


def _family(feedback: Feedback) -> Family:
    if feedback.kind.traits.corrects:
        return "correction"
    return "rating" if feedback.value is not None else "comment"
