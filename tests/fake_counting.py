"""The port `Counting` in memory: from the log what the log says, and the aggregates that commits kept, day by day."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from loop.ports.counting import Arrivals
from loop.records import COUNTING_STATES, DOUBTED_STATES, Changes, FeedbackState, Note, ProposalItem
from loop.records.access import is_persons
from loop.records.counts import ChangeLine, DayAnswers, DaySignal, DayWork, HourSignal, SignalCell, WorkEntry
from loop.records.days import day_of
from loop.records.probes import PROBE_SOURCE
from loop.validate import MemoryKnowledge


class FakeCounting:
    """Plain loops over what is known, noted and committed."""

    known: MemoryKnowledge
    notes: list[Note]
    commits: list[Changes]
    drafts: dict[str, ProposalItem]

    def waiting_days(self) -> list[str]:
        """None: every signal counts at once, `signal_cells` leaves none waiting."""
        return []

    def signal_cells(self, days: Iterable[str] | None = None, *, now: datetime | None = None) -> list[SignalCell]:
        cells: Counter[tuple[Any, ...]] = Counter()
        for item in self.known.items.values():
            asked = self.known.asked.get(item.feedback.interaction_id)
            if item.state is FeedbackState.SUPERSEDED or asked is None:
                continue
            day, said = day_of(asked.at), item.feedback
            if days is None or day in set(days):
                counts = said.value is not None and item.state in COUNTING_STATES
                key = (day, said.kind.value, asked.topic or asked.label or "", asked.at.hour, asked.version)
                cells += Counter({(*key, "told"): 1, (*key, "n"): int(counts)})
                cells += Counter({(*key, "good"): int(counts and (said.value or 0) >= 0.5)})
                cells += Counter({(*key, "held"): int(item.state in DOUBTED_STATES)})
        keys = sorted({key[:-1] for key in cells}, key=str)
        return [SignalCell(*key, *(cells[*key, name] for name in ("told", "held", "n", "good")), 0) for key in keys]

    def answered_since(self, seq: int) -> Arrivals:
        n = len(self.known.asked)
        return Arrivals(tuple(sorted({day_of(one.at) for one in self.known.asked.values()} if n > seq else ())), n)

    def answer_counts(self, days: Iterable[str] | None = None) -> list[DayAnswers]:
        asked = (one for one in self.known.asked.values() if one.source != PROBE_SOURCE)
        found = Counter((day_of(one.at), one.version) for one in asked)
        return [DayAnswers(*key, n, 0) for key, n in found.items() if days is None or key[0] in set(days)]

    def work_since(self, seq: int) -> list[WorkEntry]:
        entries = (WorkEntry(n, one.actor, one.spelling, one.at) for n, one in enumerate(self.notes, start=1))
        return [one for one in entries if one.seq > seq and is_persons(one.actor)]

    def day_signals(self, since: str = "", *, by_topic: bool = False) -> list[DaySignal]:
        rows = self._newest(lambda one: (one.signal_days, one.signals), since)
        if by_topic:
            return rows
        sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 5)
        for day, kind, _, number, *counts in rows:
            sums[day, kind, "", number] = [a + b for a, b in zip(sums[day, kind, "", number], counts, strict=True)]
        return [DaySignal(*key, *counts) for key, counts in sums.items()]

    def hour_signals(self, since: str = "", *, by_day: bool = False) -> list[HourSignal]:
        rows = self._newest(lambda one: (one.signal_days, one.hours), since)
        if by_day:
            return rows
        sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        for _, kind, topic, hour, *counts in rows:
            sums["", kind, topic, hour] = [a + b for a, b in zip(sums["", kind, topic, hour], counts, strict=True)]
        return [HourSignal(*key, *counts) for key, counts in sums.items()]

    def day_answers(self, since: str = "") -> list[DayAnswers]:
        return self._newest(lambda one: (one.answer_days, one.answers), since)

    def day_work(self, since: str = "") -> list[DayWork]:
        return self._newest(lambda one: ([row.day for row in one.work], one.work), since)

    def change_lines(self) -> list[ChangeLine]:
        """Without what the sealed cases found: as if no total could be read yet."""
        items = sorted(self.drafts.values(), key=lambda one: (one.proposal.created_at, one.proposal.id))
        return [
            ChangeLine(
                id=one.proposal.id,
                title=one.proposal.title,
                state=one.state,
                proposer=one.proposal.proposer,
                root_id=self._root(one.proposal.id),
                since=one.waits_since or one.proposal.created_at,
                verdict=one.report.verdict if one.report else "",
                tested_at=one.report.at if one.report else None,
            )
            for one in items
        ]

    def _root(self, proposal_id: str) -> str:
        """The first of its line of redraws and edits."""
        before = self.drafts[proposal_id].proposal.replaces
        return self._root(before) if before in self.drafts else proposal_id

    def _newest(self, part: Any, since: str) -> list[Any]:
        """Each day as it was counted last, oldest first. `part`: the days a commit counted anew, and their rows."""
        by_day: dict[str, list[Any]] = {}
        for changes in self.commits:
            if changes.counted is not None:
                days, rows = part(changes.counted)
                by_day |= {day: [row for row in rows if row.day == day] for day in days}
        return [row for day, rows in sorted(by_day.items()) if day >= since for row in rows]
