"""The leak guard: what is held out for examination never teaches. The only place that says what "the same" means.

A version that was taught what it is measured on would look better than it is. Held out means: the very feedback, the
very interaction, anything of the same group (customer, else episode), and any question that reads the same words.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from loop.records import Agent, EvalCase, Interaction, Limits, Split
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


def widened(limits: Limits, *, others: float) -> Limits:
    """The dev and sealed shares of what named people say, in the proportion of the agent's own.

    Alone they teach as well as examine, so the agent's shares hold. `others`: groups that only others correct, for
    each that named people correct. The more the others teach, the more the named examine; from 1 on, with all they say.
    """
    both = limits.dev_share + limits.sealed_share
    times = 1 + (1 / both - 1) * min(others, 1.0) if both < 1 else 1 / both
    shares = {"dev_share": limits.dev_share * times, "sealed_share": limits.sealed_share * times}
    return limits.model_copy(update=shares)


def sealed_at_most(agent: Agent) -> float:
    """The draw below which a group may ever be sealed: what judges feedback is not learned from these."""
    return widened(agent.limits, others=1.0 if agent.trusted_authors else 0.0).sealed_share


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
        if group and group not in settled and split_of(draw(GROUP_DRAW, group), limits=agent.limits) in HIDDEN_SPLITS
    )


def split_of(share: float, *, limits: Limits) -> Split:
    """The split of a group by its draw: sealed from below, dev from above, log between.

    A group whose share of the draw examines still does when the shares grow, and in the same split.
    """
    if share < limits.sealed_share:
        return Split.SEALED
    return Split.DEV if share >= 1 - limits.dev_share else Split.LOG
