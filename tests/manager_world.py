"""A world with a known story, as facts: what was true is chosen here, and the four sentences must tell it.

Half a year of an agent: two changes that help, one that does nothing, one that harms and is taken back, and a season in
which people ask more about deliveries, which they are less happy with. Days scatter more than chance has them.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from loop.evaluate import fresh_evidence
from loop.evaluate.tallies import weigh
from loop.improvement import Facts
from loop.records import (
    Actor,
    Comparison,
    Decision,
    FeedbackKind,
    ProposalItem,
    ProposalState,
    Release,
    Role,
    Stakes,
    StakesLevel,
    Tally,
    Verdict,
    Version,
)
from loop.records.counts import ChangeLine, DayAnswers, DaySignal, DayWork, HourSignal
from tests import builders

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
DAYS = 180
TOPICS = {"refunds": 0.30, "deliveries": 0.20, "login": 0.25, "invoices": 0.25}
"""How often each is asked, before the season."""
BASE = {"refunds": 0.74, "deliveries": 0.60, "login": 0.82, "invoices": 0.78}
"""Share good before any change."""
A_DAY = {FeedbackKind.THUMBS: 90, FeedbackKind.CSAT: 40, FeedbackKind.OUTCOME: 60}
"""Signals a day."""
ANSWERS = 500
SCATTER = 0.02
"""Standard deviation of what a day adds to all shares."""


@dataclass(frozen=True)
class Change:
    """One change that went live, and what is true of it."""

    number: int
    day: int
    """Counted from the first one of the world."""
    title: str
    gain: float
    """True gain as a share of answers."""
    ends: int | None = None
    """Day on which it was taken back."""
    verdict: Verdict = Verdict.PROVED
    fresh: int = 800
    """Fresh cases that confirm it; 0: none yet."""


STORY = (
    Change(1, 40, "Say refunds take 5 days, not 10 to 14", 0.08),
    Change(2, 75, "Greet people by their first name", 0.0, verdict=Verdict.PROMISING),
    Change(3, 108, "Ask for the parcel number first", 0.07),
    Change(4, 136, "Answer every invoice question with the terms", -0.12, ends=141, verdict=Verdict.PROMISING, fresh=0),
)
SEASON = 150
"""Day from which deliveries are asked about more and more."""


@dataclass
class World:
    """What is true, and facts drawn from it."""

    seed: int
    changes: Sequence[Change] = STORY
    season: int | None = SEASON
    falls: float = 0.0
    """What the last seven days lose."""
    waiting: Sequence[ProposalItem] = ()
    rng: random.Random = field(init=False)

    def facts(self, **fields: Any) -> Facts:
        """Drawn anew from the same seed."""
        self.rng = random.Random(self.seed)
        signals, topics, hours = self._signals()
        versions, releases, lines = self._record()
        filled: dict[str, Any] = {
            "agent": builders.agent(),
            "now": NOW,
            "versions": versions,
            "releases": releases,
            "comparisons": [one for change in self.changes if (one := self._confirmation(change)) is not None],
            "changes": lines,
            "decisions": [_approval(change) for change in self.changes],
            "waiting": self.waiting,
            "signals": signals,
            "topics": topics,
            "hours": hours,
            "answers": [DayAnswers(self.day(n), self.live(releases, n), ANSWERS, 40) for n in range(DAYS)],
            "work": [DayWork(self.day(n), 6, 900.0) for n in range(0, DAYS, 3)],
            "looks": 25,
        }
        return Facts(**filled | fields)

    def day(self, n: int) -> str:
        """ISO."""
        return self.at(n).date().isoformat()

    def at(self, n: int) -> datetime:
        """Noon of that day."""
        return NOW - timedelta(days=DAYS - 1 - n)

    def live(self, releases: Sequence[Release], n: int) -> int:
        """The version that answers that day, the one of a release from the same day on."""
        return [one.number for one in releases if one.at <= self.at(n)][-1]

    def gain_on(self, n: int) -> float:
        """What is live adds to the share of good answers."""
        return sum(one.gain for one in self.changes if one.day <= n and (one.ends is None or n < one.ends))

    def total(self) -> float:
        """True gain of what is in force."""
        return sum(one.gain for one in self.changes if one.ends is None)

    def asked(self, n: int) -> Mapping[str, float]:
        """How often each topic is asked that day."""
        if self.season is None or n < self.season:
            return TOPICS
        grown = min(1.0, (n - self.season) / 14) * 0.45
        return {name: share * (1 - grown) + (grown if name == "deliveries" else 0.0) for name, share in TOPICS.items()}

    # steps ---------------------------------------------------------------------------------------------------
    def _signals(self) -> tuple[list[DaySignal], list[DaySignal], list[HourSignal]]:
        whole, topics, hours = [], [], []
        for n in range(DAYS):
            day, shock = self.day(n), self.rng.gauss(0, SCATTER)
            lost = self.falls if n >= DAYS - 7 else 0.0
            for kind, many in A_DAY.items():
                is_open = n >= DAYS - kind.traits.window_days
                total = [0, 0]
                for topic, share in self.asked(n).items():
                    rate = min(0.99, max(0.01, BASE[topic] + self.gain_on(n) + shock - lost))
                    some = sum(self.rng.random() < share for _ in range(many))
                    good = sum(self.rng.random() < rate for _ in range(some))
                    topics.append(_row(day, kind, topic, some, good, is_open=is_open))
                    hours.append(HourSignal("", kind.value, topic, 9 + n % 8, some, good))
                    total = [total[0] + some, total[1] + good]
                whole.append(_row(day, kind, "", *total, is_open=is_open))
            taken = round(ANSWERS * max(0.0, 0.09 - 0.3 * self.gain_on(n)))
            whole.append(DaySignal(day, FeedbackKind.TAKEOVER.value, "", 0, taken, 0, 0, 0, 0))
        return whole, topics, hours[-28 * len(A_DAY) * len(TOPICS) :]

    def _record(self) -> tuple[list[Version], list[Release], list[ChangeLine]]:
        versions = [_version(0, self.at(0))]
        releases = [_release(0, self.at(0), kind="start", before=None)]
        lines, live, number = [], 0, 0
        for change in self.changes:
            number = change.number
            versions.append(_version(number, self.at(change.day), proposal_id=f"p{number}"))
            releases.append(_release(number, self.at(change.day), kind="deploy", before=live))
            is_back = change.ends is not None
            lines.append(self._line(change, state=ProposalState.UNDONE if is_back else ProposalState.LIVE))
            if change.ends is None:
                live = number
                continue
            number += 1
            versions.append(_version(number, self.at(change.ends), restores=live))
            releases.append(_release(number, self.at(change.ends), kind="rollback", before=change.number))
            live = number
        return versions, releases, lines

    def _line(self, change: Change, *, state: ProposalState) -> ChangeLine:
        tally = self._tally(change.gain if change.verdict is Verdict.PROVED else max(change.gain, 0.01), n=300)
        found = weigh(tally)
        return ChangeLine(
            id=f"p{change.number}",
            title=change.title,
            state=state.value,
            proposer="person",
            root_id=f"p{change.number}",
            since=self.at(change.day - 1),
            verdict=change.verdict.value,
            tested_at=self.at(change.day - 1),
            effect=tally.effect,
            low=found.low,
            high=found.high,
            n=tally.n,
            expected_gain=change.gain / 2,
            moved=tally.fixed + tally.broken,
        )

    def _confirmation(self, change: Change) -> Comparison | None:
        if change.ends is not None:
            return None
        tally = self._tally(change.gain, n=change.fresh) if change.fresh else Tally()
        return Comparison(
            agent="desk",
            kind="confirmation",
            number=change.number,
            against=0,
            evidence=fresh_evidence(tally),
            fresh=change.fresh or 12,
            there=900,
            at=NOW,
        )

    def _tally(self, gain: float, *, n: int) -> Tally:
        fixed = sum(self.rng.random() < 0.03 + max(gain, 0.0) for _ in range(n))
        broken = sum(self.rng.random() < 0.03 + max(-gain, 0.0) for _ in range(n))
        right = max(0, int(0.7 * n) - broken)
        return Tally(both_right=right, fixed=fixed, broken=broken, both_wrong=max(0, n - right - fixed - broken))


def waiting_item(name: str, *, verdict: Verdict, gain: float | None, days: int = 1) -> ProposalItem:
    """A tested change that waits, worth that share of answers as far as may be known."""
    drafted = NOW - timedelta(days=days)
    made = builders.proposal(
        name, title=f"Change {name}", created_at=drafted, stakes=Stakes(level=StakesLevel.LOW, reasons=())
    )
    tally = Tally(both_right=200, fixed=round(300 * max(gain or 0.0, 0.0)) + 6, broken=6, both_wrong=80)
    told = builders.report(
        made, verdict=verdict, sealed=weigh(tally if gain is not None else Tally()), expected_gain=gain, at=drafted
    )
    return ProposalItem(proposal=made, state=ProposalState.WAITING, report=told)


def _row(day: str, kind: FeedbackKind, topic: str, n: int, good: int, *, is_open: bool) -> DaySignal:
    if is_open:
        return DaySignal(day, kind.value, topic, 0, n, 0, 0, 0, n)
    return DaySignal(day, kind.value, topic, 0, n, 0, n, good, 0)


def _version(number: int, at: datetime, *, proposal_id: str | None = None, restores: int | None = None) -> Version:
    return Version(
        agent="desk", number=number, digest=f"{number:064d}", parent=number - 1 if number else None,
        proposal_id=proposal_id, restores=restores, created_at=at, released_at=at,
    )  # fmt: skip


def _release(number: int, at: datetime, *, kind: Any, before: int | None) -> Release:
    is_change = kind == "deploy"
    return Release(
        id=f"r{number}", agent="desk", kind=kind, number=number, from_number=before,
        decision_id=f"d{number}" if is_change else None, proposal_id=f"p{number}" if is_change else None,
        actor="rita", at=at,
    )  # fmt: skip


def _approval(change: Change) -> Decision:
    at = NOW - timedelta(days=DAYS - change.day)
    return Decision(
        id=f"d{change.number}", agent="desk", proposal_id=f"p{change.number}", verb="approve",
        actor=Actor(name="rita", role=Role.APPROVER), seen_digest="s", at=at, effective_at=at,
    )  # fmt: skip
