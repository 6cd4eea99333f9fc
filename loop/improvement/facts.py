"""What the four sentences rest on: everything as it was read, and the small views that every part takes of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from loop.records import (
    TRAITS,
    Agent,
    Comparison,
    Decision,
    FeedbackKind,
    FirewallPanel,
    Measurement,
    ProposalItem,
    Release,
    Version,
)
from loop.records.counts import ChangeLine, DayAnswers, DaySignal, DayWork, HourSignal
from loop.records.days import day_of
from loop.stats.control import Count


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One agent at one moment."""

    agent: Agent
    now: datetime
    versions: Sequence[Version]
    """Those that were live, by number; the last one is the head."""
    releases: Sequence[Release]
    """Oldest first."""
    comparisons: Sequence[Comparison] = ()
    measurements: Sequence[Measurement] = ()
    """Oldest first."""
    changes: Sequence[ChangeLine] = ()
    """Oldest first."""
    decisions: Sequence[Decision] = ()
    """Oldest first."""
    waiting: Sequence[ProposalItem] = ()
    """Those that wait for a decision, with reports as they may be read."""
    withheld: int = 0
    """Others that wait: what their test found is told after the decision."""
    signals: Sequence[DaySignal] = ()
    """By day, kind and version."""
    topics: Sequence[DaySignal] = ()
    """The same by topic, of the newest months."""
    hours: Sequence[HourSignal] = ()
    """The newest weeks together."""
    answers: Sequence[DayAnswers] = ()
    work: Sequence[DayWork] = ()
    looks: int = 0
    """Looks at the sealed cases."""
    panel: FirewallPanel | None = None

    @cached_property
    def today(self) -> str:
        """ISO, UTC."""
        return day_of(self.now)

    @cached_property
    def in_force(self) -> frozenset[int]:
        """Numbers of the deploys whose change is part of what answers now."""
        return self.carried[self.versions[-1].number] if self.versions else frozenset()

    @cached_property
    def carried(self) -> dict[int, frozenset[int]]:
        """By version, numbers of the deploys whose change is part of it: its own line of descent."""
        known = {one.number: one for one in self.versions}
        deploys = {one.number: one for one in self.releases if one.kind == "deploy"}
        return {one: _line_of(one, known=known, deploys=deploys) for one in known}

    @cached_property
    def deploys(self) -> tuple[Release, ...]:
        """Changes that went live, oldest first; each once, however it was ramped."""
        first: dict[int, Release] = {}
        for one in self.releases:
            if one.kind == "deploy" and one.from_number is not None:
                first.setdefault(one.number, one)
        return tuple(first.values())

    @cached_property
    def turning_days(self) -> tuple[str, ...]:
        """Days on which what answers changed."""
        moved = [one for one in self.releases if one.kind == "rollback" or one.from_number is not None]
        return tuple(sorted({day_of(one.at) for one in moved}))

    @cached_property
    def regretted_days(self) -> frozenset[str]:
        """Days on which something was live that was taken back later."""
        ends = [one.at for one in self.releases if one.kind == "rollback"]
        spells = [
            (one.at, end)
            for one in self.deploys
            if one.number not in self.in_force and (end := next((at for at in ends if at >= one.at), None)) is not None
        ]
        days = {row.day for row in self.signals}
        return frozenset(
            day
            for day in days
            if any(begin.date().isoformat() <= day <= end.date().isoformat() for begin, end in spells)
        )

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of signal with a value, the one with most mature signals first."""
        n: dict[str, int] = defaultdict(int)
        for row in self.signals:
            if row.n or row.waiting:
                n[row.kind] += row.n
        return tuple(sorted(n, key=lambda kind: (-n[kind], kind)))

    @cached_property
    def days(self) -> dict[str, dict[str, DaySignal]]:
        """By kind and day, versions together, in order of days."""
        found: dict[str, dict[str, DaySignal]] = {kind: {} for kind in self.kinds}
        for row in self.signals:
            if row.kind in found and (row.n or row.waiting):
                old = found[row.kind].get(row.day)
                found[row.kind][row.day] = row if old is None else together(row.day, row.kind, (old, row))
        return {kind: dict(sorted(some.items())) for kind, some in found.items()}

    @cached_property
    def answers_by_day(self) -> dict[str, int]:
        """Answers a day, versions together."""
        found: dict[str, int] = defaultdict(int)
        for row in self.answers:
            found[row.day] += row.n
        return dict(found)

    @cached_property
    def takeovers(self) -> dict[str, int]:
        """Answers a day that people took over, on days with any: of other days it is not known whether they say so."""
        found: dict[str, int] = defaultdict(int)
        for row in self.signals:
            if row.kind == FeedbackKind.TAKEOVER.value and row.told > row.held:
                found[row.day] += row.told - row.held
        return dict(found)

    def by_topic(self, kind: str, *, first: str, last: str, without: Iterable[str] = ()) -> dict[str, Count]:
        """Mature signals of one kind by topic, from day to day, both included."""
        left_out = set(without)
        found: dict[str, Count] = {}
        for row in self.topics:
            if row.kind == kind and first <= row.day <= last and row.n and row.day not in left_out:
                old = found.get(row.topic, Count(0, 0))
                found[row.topic] = Count(old.n + row.n, old.good + row.good)
        return found

    def counts(self, kind: str, *, first: str, last: str, without: Iterable[str] = ()) -> list[Count]:
        """The same by day."""
        left_out = set(without)
        return [
            Count(row.n, row.good)
            for day, row in self.days.get(kind, {}).items()
            if first <= day <= last and row.n and day not in left_out
        ]


def _line_of(start: int, *, known: Mapping[int, Version], deploys: Mapping[int, Release]) -> frozenset[int]:
    found: set[int] = set()
    seen: set[int] = set()
    number: int | None = start
    while number is not None and number not in seen:
        seen.add(number)
        version = known.get(number)
        if version is not None and version.restores is not None:
            number = version.restores
        elif number in deploys and deploys[number].from_number is not None:
            found.add(number)
            number = deploys[number].from_number
        else:
            number = None
    return frozenset(found)


def together(day: str, kind: str, rows: Iterable[DaySignal]) -> DaySignal:
    """Rows of one day and kind as one, of no version and topic in particular."""
    some = list(rows)
    return DaySignal(
        day,
        kind,
        "",
        None,
        sum(row.told for row in some),
        sum(row.held for row in some),
        sum(row.n for row in some),
        sum(row.good for row in some),
        sum(row.waiting for row in some),
    )


def window_days(kind: str) -> int:
    """Days until signals of this kind are mature."""
    return TRAITS[FeedbackKind(kind)].window_days
