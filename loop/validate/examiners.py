"""Who may examine: people the operator named, else people with a long record, within caps per person and day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from statistics import median

from loop.records import AuthorStanding, Judged, Split
from loop.validate.work import Work

LONG_RECORD = 30
"""Judged items of somebody nobody named before they examine: three times what makes them proven, and some."""
SHARE_OF_USUAL = 0.5
"""Of the usual proven person's judged items, what an examiner needs: a record as long as those of honest people."""
PER_DAY = 20
"""Cases of one split that one unnamed person makes a day, at most."""
FEW = 5
"""Cases of one split that anybody with a long record may own, however few there are."""
FAIR_SHARES = 2.0
"""Fair shares of the cases of a split that one unnamed person owns, at most: among ten examiners a fifth."""
_CAP_DRAW = "cap"


@dataclass(frozen=True)
class Examiners:
    """Whose words may become dev and sealed cases."""

    names: frozenset[str]
    are_named: bool
    """The operator named them, so that no cap binds."""

    def within_caps(self, work: Work, wanted: Iterable[tuple[Judged, Split]]) -> frozenset[str]:
        """Feedback ids of the rows that may become cases of these splits.

        Which of a person's rows are left over a cap follows from the agent's draw and not from their order.
        """
        mine = [(row, split) for row, split in wanted if row.author in self.names]
        if self.are_named:
            return frozenset(row.feedback_id for row, _ in mine)
        by_split: defaultdict[Split, list[Judged]] = defaultdict(list)
        for row, split in sorted(mine, key=lambda one: work.known.draw(_CAP_DRAW, one[0].feedback_id)):
            by_split[split].append(row)
        return frozenset(key for split, rows in by_split.items() for key in self._capped(work, split, rows))

    def _capped(self, work: Work, split: Split, rows: Sequence[Judged]) -> list[str]:
        owned = work.known.made_by(sorted({row.author for row in rows}), split)
        days = Counter(owned)
        by_day = []
        for row in rows:
            day = (row.author, datetime.fromtimestamp(row.at, UTC).date().isoformat())
            days[day] += 1
            if days[day] <= PER_DAY:
                by_day.append(row)
        totals = Counter[str]()
        for (author, _), n in owned.items():
            totals[author] += n
        others = work.known.count_cases(split) - totals.total()
        most = self._most(totals + Counter(row.author for row in by_day), others=others)
        kept = []
        for row in by_day:
            totals[row.author] += 1
            if totals[row.author] <= most:
                kept.append(row.feedback_id)
        return kept

    def _most(self, wanted: Counter[str], *, others: int) -> int:
        """The largest number of cases of one person that is no more than their part of what then stands."""
        share = min(1.0, FAIR_SHARES / max(len(self.names), 1))
        most = max(wanted.values(), default=0)
        while most > FEW:
            fitting = ceil(share * (others + sum(min(n, most) for n in wanted.values())))
            if fitting >= most:
                break
            most = max(FEW, fitting)
        return max(most, FEW)


def examiners_of(work: Work) -> Examiners:
    """The operator's people, else proven people whose record is long, by itself and beside the others'.

    While nobody is either, nobody examines: what an unknown person calls right measures nothing.
    """
    if work.named:
        return Examiners(work.named, are_named=True)
    return Examiners(long_records(one for one, _ in work.known.standings().values()), are_named=False)


def long_records(standings: Iterable[AuthorStanding]) -> frozenset[str]:
    """Proven people with LONG_RECORD judged items, and SHARE_OF_USUAL of what the median proven person has."""
    proven = [one for one in standings if one.standing == "proven"]
    least = max(LONG_RECORD, SHARE_OF_USUAL * median(one.judged for one in proven)) if proven else 0
    return frozenset(one.name for one in proven if one.judged >= least)
