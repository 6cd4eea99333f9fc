"""The leak guard: what is held out for examination never teaches. The only place that says what "the same" means.

A version that was taught what it is measured on would look better than it is. Held out means: the very feedback, the
very interaction, anything of the same group (customer, else episode), and any question that reads the same words.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from loop.records import EvalCase, Interaction, Limits, Split
from loop.text.spelling import normalise

HIDDEN_SPLITS = frozenset({Split.DEV, Split.SEALED})
"""What proposers must not teach: a case of these examines."""


@dataclass(frozen=True)
class HeldOut:
    """What a set of cases keeps from teaching."""

    feedback_ids: frozenset[str]
    interaction_ids: frozenset[str]
    groups: frozenset[str]
    questions: frozenset[str]
    """Normalised."""

    @classmethod
    def of(cls, cases: Iterable[EvalCase]) -> "HeldOut":
        """From all cases of an agent; those of the log hold nothing out."""
        kept = [case for case in cases if case.split in HIDDEN_SPLITS]
        return cls(
            feedback_ids=frozenset(case.feedback_id for case in kept if case.feedback_id),
            interaction_ids=frozenset(case.interaction_id for case in kept if case.interaction_id),
            groups=frozenset(case.group for case in kept if case.group),
            questions=frozenset(normalise(case.question) for case in kept) - {""},
        )

    def covers(self, feedback_id: str, interaction: Interaction) -> bool:
        """Whether what this feedback says of this interaction must not be taught."""
        return (
            feedback_id in self.feedback_ids
            or interaction.id in self.interaction_ids
            or group_of(interaction) in self.groups
            or normalise(interaction.question) in self.questions
        )


def group_of(interaction: Interaction) -> str:
    """Who asked, else the episode: everything of one group shares a split."""
    return interaction.customer or interaction.episode_id


def split_of(group: str, *, limits: Limits) -> Split:
    """SHA-256 of the group as a share of its range: sealed first, then dev, then log."""
    share = int.from_bytes(hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64
    if share < limits.sealed_share:
        return Split.SEALED
    return Split.DEV if share < limits.sealed_share + limits.dev_share else Split.LOG
