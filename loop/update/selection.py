"""Greedy forward selection of examples by net fixes, on a surrogate of the agent's head.

Each next example is the one that mends the most cases, minus those it would break. The surrogate scores a
class as the agent's head does, with its constants and in its vector space, but for the steps that sharpen
profiles: what they add on the base is kept as it is while examples are added. The base's real answers say
what is right before the first choice; afterwards the surrogate tracks who wins which case. It ranks
candidates and is never shown as a result: gains on the cases one chose by are about twice the gains on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from loop.text.classifier import FLOOR, PROFILE_SHARE, profiles, sum_by_class
from loop.text.spelling import normalise
from loop.text.vectors import Floats, cosines, learn

if TYPE_CHECKING:
    from scipy.sparse import csr_array

TEXT_USED = 1_000
"""Characters of one question that are compared."""
OWN_CASE = 1.0
"""Fixes counted for the candidate's own question while it is answered wrong; it is evidence like any case."""
NEAR = 0.43
"""Cosine from which a case is close enough to contradict a candidate."""
NEIGHBOURS = 7
"""Nearest cases asked whether they agree."""
LEAST_AGREEMENT = 0.1
"""Share of the near cases that must expect the class of a candidate that mends only its own question."""
FILL_AGREEMENT = 0.5
"""The same for a candidate that mends nothing and fills up. With one correction in ten wrong, the two shares kept
a third of the wrong ones out of four full bundles of real questions; the first bundle had next to none."""
SURE_LOSS = 1
"""Known cases a candidate of a reliable author may seem to break on balance: one is within what the surrogate gets
wrong, and that case may be the doubtful one."""
TIE = 1e-3
"""Weight of coming closer to a case of one's own class without winning it; only ever breaks ties."""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """What is chosen from and what it is measured on. Classes are small integers."""

    base_questions: Sequence[str]
    base_classes: Sequence[int]
    candidate_questions: Sequence[str]
    candidate_classes: Sequence[int]
    candidate_is_right: Sequence[bool]
    """Whether the base answers the candidate's own question right."""
    case_questions: Sequence[str]
    case_classes: Sequence[int]
    case_is_right: Sequence[bool]
    candidate_is_sure: Sequence[bool]
    """Whether its author is reliable: then known cases near it need not agree."""
    is_weighed_by_reliable: bool
    """Whether the cases are by reliable people only: then that its own question is answered otherwise is the word of
    its author alone, and speaks for a candidate only where that is one of them."""
    own: Sequence[tuple[int, int]]
    """(candidate, case) pairs that are the same question: a candidate earns nothing on its own case."""


@dataclass(frozen=True)
class Choice:
    """One chosen candidate."""

    candidate: int
    fixes: tuple[int, ...]
    """Cases that become right by this choice, as the proxy sees it."""
    breaks: tuple[int, ...]
    mends: bool
    """Fixes more than it breaks, or its own question was still wrong; else it only fills the bundle."""


def choose(
    field: Field, *, limit: int, caps: Sequence[int], groups: Sequence[int], start: Sequence[int] = ()
) -> list[Choice]:
    """At most `limit` candidates, best first; by authors not known to be reliable only such as lose nothing on balance.

    When nothing is left to mend, candidates that break nothing and come closest to cases of their class
    fill up: on real questions a full bundle beat a short one by 2 to 7 points, and it is easier to prove. Last
    come sure ones that known cases speak against, if not by more than SURE_LOSS: what lies between two classes
    is what there is to learn, and leaving it out cost up to 1.6 points.

    `groups` gives the author of each candidate and `caps` the most that may come from each author. The
    candidates of `start` come first, in their order. Time and memory grow with candidates × cases.
    """
    head = Surrogate(field)
    agreement = head.agreement()
    is_free = np.ones(len(field.candidate_questions), dtype=bool)
    is_sure = np.array(field.candidate_is_sure, dtype=bool)
    is_believed = is_sure | (not field.is_weighed_by_reliable)
    room = np.array(caps, dtype=np.int64)
    group = np.array(groups, dtype=np.int64)
    waiting = list(start)
    chosen: list[Choice] = []
    while len(chosen) < limit:
        after = head.after
        gain = (np.count_nonzero(after, axis=1) - np.count_nonzero(head.is_right)).astype(np.float64)
        needed = np.where(head.is_own_wrong() & is_believed, LEAST_AGREEMENT, FILL_AGREEMENT)
        is_supported = (gain > 0) | ((gain == 0) & (agreement >= needed)) | (is_sure & (gain >= -SURE_LOSS))
        may = is_free & (room[group] > 0) & is_supported
        if not may.any():
            break
        worth = np.where(may, gain + OWN_CASE * head.is_own_wrong() + TIE * head.closeness, -np.inf)
        waiting = [one for one in waiting if may[one]]
        best = waiting.pop(0) if waiting else int(worth.argmax())
        chosen.append(
            Choice(
                candidate=best,
                fixes=tuple(np.flatnonzero(after[best] & ~head.is_right).tolist()),
                breaks=tuple(np.flatnonzero(~after[best] & head.is_right).tolist()),
                mends=bool(gain[best] > 0 or head.is_own_wrong()[best]),
            )
        )
        is_free[best] = False
        room[group[best]] -= 1
        head.add(best)
    return chosen


class Surrogate:
    """Class profiles and nearest cosines against every case, updated as examples are added.

    An example changes what its class scores and who holds the cases it wins; nothing else is computed again.
    """

    def __init__(self, field: Field) -> None:
        base, new, cases = len(field.base_questions), len(field.candidate_questions), len(field.case_questions)
        learned = learn(_texts([*field.base_questions, *field.candidate_questions]))
        of_base, of_new = learned.vectors[:base], learned.vectors[base:]
        of_cases = learned.vectoriser.embed(_texts(field.case_questions))
        self._new_new = cosines(of_new, of_new)
        self._new_case = cosines(of_new, of_cases)
        for candidate, case in field.own:
            self._new_case[candidate, case] = 0
        self._class = np.array(field.candidate_classes, dtype=np.int64)
        self._expected = np.array(field.case_classes, dtype=np.int64)
        self._matches = self._class[:, None] == self._expected[None, :]
        self._own_right = np.array(field.candidate_is_right, dtype=bool)
        self.is_right: Bools = np.array(field.case_is_right, dtype=bool)
        count = 1 + max([0, *field.base_classes, *field.candidate_classes, *field.case_classes])
        self._dots = np.zeros((count, cases), dtype=np.float32)
        self._nearest = np.zeros((count, cases), dtype=np.float32)
        self._to_new = np.zeros((count, new), dtype=np.float32)
        self._square: NDArray[np.float64] = np.zeros(count)
        self._lift = np.zeros((count, cases), dtype=np.float32)
        if base:
            self._place_base(field, of_base, of_new, of_cases)
        self._scores = self._scores_with_each(np.arange(new))
        self.closeness: Floats = self._closeness(np.arange(new))
        """How much each candidate comes closer to the cases of its class, [candidates]."""
        self._rank()
        self.after: Bools = self._after(np.arange(new), np.arange(cases))
        """Whether each case would be right with one more candidate, [candidates, cases]."""

    def _place_base(self, field: Field, of_base: csr_array, of_new: csr_array, of_cases: csr_array) -> None:
        known, owner = np.unique(np.array(field.base_classes, dtype=np.int64), return_inverse=True)
        sums = sum_by_class(of_base, owner, count=known.size)
        self._square[known] = np.asarray(sums.multiply(sums).sum(axis=0)).ravel()
        self._dots[known] = (of_cases @ sums).toarray().T
        self._to_new[known] = (of_new @ sums).toarray().T
        by_class = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[by_class], np.arange(known.size))
        self._nearest[known] = np.maximum.reduceat(cosines(of_base[by_class], of_cases), starts, axis=0)
        sharpened = of_cases @ profiles(of_base, owner)
        closeness = sharpened if isinstance(sharpened, np.ndarray) else sharpened.toarray()
        norms = np.sqrt(np.maximum(self._square[known], 1e-9)).astype(np.float32)
        self._lift[known] = closeness.T - self._dots[known] / norms[:, None]

    def agreement(self) -> Floats:
        """Share of a candidate's nearest cases, weighted by likeness, that expect its class; 1 where none is near."""
        count = min(NEIGHBOURS, self._new_case.shape[1])
        if count == 0:
            return np.ones(len(self._class), dtype=np.float32)
        nearest = np.argpartition(-self._new_case, count - 1, axis=1)[:, :count]
        weights: Floats = np.take_along_axis(self._new_case, nearest, axis=1)
        same = np.take_along_axis(self._matches, nearest, axis=1)
        weights[weights < NEAR] = 0
        total = weights.sum(axis=1)
        result: Floats = np.where(total > 0, (weights * same).sum(axis=1) / np.maximum(total, 1e-9), 1)
        return result

    def is_own_wrong(self) -> Bools:
        """Whether a candidate's own question is still answered wrong, [candidates]."""
        return ~self._own_right

    def add(self, candidate: int) -> None:
        """Make one candidate part of the base."""
        one = int(self._class[candidate])
        before = self._holders()
        self._square[one] += 2 * float(self._to_new[one, candidate]) + 1
        self._dots[one] += self._new_case[candidate]
        self._nearest[one] = np.maximum(self._nearest[one], self._new_case[candidate])
        self._to_new[one] += self._new_new[candidate]
        self.is_right = self.after[candidate].copy()
        self._rank()
        self._settle_own(candidate)
        same = np.flatnonzero(self._class == one)
        self._scores[same] = self._scores_with_each(same)
        self.closeness[same] = self._closeness(same)
        moved = np.flatnonzero((before != self._holders()).any(axis=0))
        everyone, every_case = np.arange(len(self._class)), np.arange(len(self._expected))
        self.after[same] = self._after(same, every_case)
        self.after[:, moved] = self._after(everyone, moved)

    def _holders(self) -> NDArray[np.float64]:
        """Who holds each case, who is second, how firmly, and whether that is right, [5, cases]."""
        held = (self.winner, self.winning_score, self._second, self._second_score, self.is_right)
        return np.stack([one.astype(np.float64) for one in held])

    def _after(self, candidates: Ints, cases: Ints) -> Bools:
        scores = self._scores[np.ix_(candidates, cases)]
        holder = self.winner[cases][None, :] == self._class[candidates][:, None]
        rival = np.where(holder, self._second_score[cases][None, :], self.winning_score[cases][None, :])
        wins = (scores >= rival) & (scores >= FLOOR)
        second_right = (self._second == self._expected) & (self._second_score >= FLOOR)
        kept = np.where(holder, second_right[cases][None, :], self.is_right[cases][None, :])
        taken = np.where(holder, self.is_right[cases][None, :], self._matches[np.ix_(candidates, cases)])
        result: Bools = np.where(wins, taken, kept)
        return result

    def _closeness(self, candidates: Ints) -> Floats:
        gap = np.clip(self._new_case[candidates] - self._nearest[self._class[candidates]], 0, 1)
        total: Floats = (gap * self._matches[candidates]).sum(axis=1)
        return total

    def _settle_own(self, candidate: int) -> None:
        """A candidate whose question its own class now wins no longer counts as wrong."""
        same = np.flatnonzero(self._class == self._class[candidate])
        norms = np.sqrt(np.maximum(self._square, 1e-9)).astype(np.float32)
        profile = self._to_new / norms[:, None]
        winner = profile.argmax(axis=0)
        is_won = (winner[same] == self._class[same]) & (PROFILE_SHARE * profile[winner[same], same] >= FLOOR)
        self._own_right[same] |= is_won

    def _scores_with_each(self, candidates: Ints) -> Floats:
        own, of_case = self._class[candidates], self._new_case[candidates]
        square: Floats = (self._square[own] + 2 * self._to_new[own, candidates] + 1).astype(np.float32)
        length: Floats = np.sqrt(square)
        profile: Floats = (self._dots[own] + of_case) / length[:, None] + self._lift[own]
        nearest: Floats = np.maximum(self._nearest[own], of_case)
        result: Floats = PROFILE_SHARE * profile + (1 - PROFILE_SHARE) * nearest
        return result

    def _rank(self) -> None:
        norms: Floats = np.sqrt(np.maximum(self._square, 1e-9)).astype(np.float32)
        profile: Floats = self._dots / norms[:, None] + self._lift
        scores: Floats = PROFILE_SHARE * profile + (1 - PROFILE_SHARE) * self._nearest
        places = np.arange(scores.shape[1])
        top = scores.argmax(axis=0)
        self.winning_score = scores[top, places].copy()
        scores[top, places] = -1
        second = scores.argmax(axis=0)
        self._second_score = scores[second, places].copy()
        self.winner: Ints = np.where(self.winning_score >= FLOOR, top, -1)
        """Class that wins each case; −1 where none is close enough."""
        self._second: Ints = second


def _texts(questions: Sequence[str]) -> list[str]:
    return [normalise(question[:TEXT_USED]) for question in questions]
