"""When enough different people say the same: one vote each, newcomers capped, dissent counted."""

from collections.abc import Collection
from dataclasses import dataclass

from loop.records import AuthorStanding

SURE = 0.05
"""Lower tail of the posterior of the share that agrees."""
MAJORITY = 0.5


@dataclass(frozen=True)
class Electorate:
    """Whose vote counts how much."""

    needed: int
    """Distinct sources a correction needs."""
    seasoned: frozenset[str]
    """Authors who are trusted or proven."""
    unreliable: frozenset[str]
    """Authors who have no vote."""

    @property
    def newcomer_cap(self) -> int | None:
        """How many newcomers count on one side: half of the needed sources, once enough others can carry the rest.

        None: no cap. Before that a cap would only stop everything.
        """
        cap = self.needed // 2
        return cap if len(self.seasoned) >= self.needed - cap else None

    def are_backed(self, seasoned: int) -> bool:
        """Whether newcomers who say what `seasoned` seasoned authors say stand with them, not on their own."""
        return self.newcomer_cap is None or seasoned >= self.needed - self.newcomer_cap

    def votes(self, authors: Collection[str]) -> int:
        """Votes of a side: one per author, unreliable ones none, newcomers up to the cap."""
        some = set(authors) - self.unreliable
        seasoned = len(some & self.seasoned)
        newcomers = len(some) - seasoned
        return seasoned + (newcomers if self.newcomer_cap is None else min(newcomers, self.newcomer_cap))


def electorate(authors: Collection[AuthorStanding], *, needed: int) -> Electorate:
    """From the standings of the turn."""
    return Electorate(
        needed,
        frozenset(author.name for author in authors if author.standing in ("trusted", "proven")),
        frozenset(author.name for author in authors if author.standing == "unreliable"),
    )


def carries(votes: int, *, of: int, needed: int) -> bool:
    """Whether `votes` of `of` people are enough to propose a change.

    At least `needed` votes; and where anybody dissents, the share that agrees must surely be a majority: the
    5 % quantile of Beta(votes + 1, of − votes + 1), the posterior under a flat prior, is at least one half.
    """
    from scipy.special import betaincinv

    if votes < needed or votes < 1:
        return False
    return votes >= of or float(betaincinv(votes + 1, of - votes + 1, SURE)) >= MAJORITY


def is_contested(votes: int, *, against: int) -> bool:
    """Two people or more on both sides."""
    return votes >= 2 and against >= 2
