"""The leak guard: what is held out for examination never teaches. The only place that says what "the same" means.

A version that was taught what it is measured on would look better than it is. Held out means: the very feedback, the
very interaction, anything of the same group (customer, else episode), and any question that reads the same words.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from loop.limits import Shares, largest_shares, shares
from loop.records import Agent, EvalCase, Interaction, Split
from loop.text.spelling import normalise

HIDDEN_SPLITS = frozenset({Split.DEV, Split.SEALED})
"""What proposers must not teach: a case of these examines."""
SPLIT_ORDER = (Split.LOG, Split.DEV, Split.SEALED)
"""From what everybody reads to what nobody does; the last one that a group had is the one it keeps."""
GROUP_DRAW = "group"
"""What the draw that settles a group's split is for."""


@dataclass(frozen=True)
class HeldOut:
    """What a set of cases keeps from teaching."""

    feedback_ids: frozenset[str]
    interaction_ids: frozenset[str]
    groups: frozenset[str]
    questions: frozenset[str]
    """Normalised."""

    @classmethod
    def of(cls, cases: Iterable[EvalCase], *, waiting: frozenset[str] = frozenset()) -> "HeldOut":
        """From all cases of an agent; those of the log hold nothing out. `waiting`: groups that wait for a case."""
        kept = [case for case in cases if case.split in HIDDEN_SPLITS]
        return cls(
            feedback_ids=frozenset(case.feedback_id for case in kept if case.feedback_id),
            interaction_ids=frozenset(case.interaction_id for case in kept if case.interaction_id),
            groups=frozenset(case.group for case in kept if case.group) | waiting,
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


def keyed_draw(secret: bytes, purpose: str, key: str) -> float:
    """Keyed hash (BLAKE2b) as a share of its range, in [0, 1): the same for the same words, guessed by nobody without
    the secret. `purpose` keeps draws for different ends independent of each other.
    """
    words = f"{purpose}\0{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(words, key=secret, digest_size=8).digest(), "big") / 2**64


def sealed_at_most(agent: Agent) -> float:
    """The draw below which a group may ever be sealed: what judges feedback is not learned from these."""
    return largest_shares(agent.limits, is_vouched=bool(agent.trusted_authors)).sealed


def waiting_groups(
    groups: Iterable[str], *, agent: Agent, settled: Mapping[str, Split], draw: Callable[[str, str], float]
) -> frozenset[str]:
    """Groups drawn to examine in which nobody who may examine has spoken yet: they teach nobody meanwhile.

    Only where nobody is named. Where people are, a group that none of them spoke in teaches, because holding a third
    of it back would cost more than it keeps apart; their word makes it examine from then on.
    """
    if agent.trusted_authors:
        return frozenset()
    return frozenset(
        group
        for group in groups
        if group
        and group not in settled
        and split_of(draw(GROUP_DRAW, group), shares=shares(agent.limits)) in HIDDEN_SPLITS
    )


def split_of(drawn: float, *, shares: Shares) -> Split:
    """The split of a group by its draw: sealed from below, dev from above, log between.

    A group whose share of the draw examines still does when the shares grow, and in the same split.
    """
    if drawn < shares.sealed:
        return Split.SEALED
    return Split.DEV if drawn >= 1 - shares.dev else Split.LOG
