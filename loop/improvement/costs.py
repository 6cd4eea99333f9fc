"""What it costs: takeovers, time of people, what was decided, what the firewall caught, by week and by month."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from loop.improvement.facts import Facts
from loop.improvement.wording import days_back
from loop.records import (
    Decision,
    Estimate,
    FeedbackKind,
    ProposalState,
    Role,
)
from loop.records.days import shift_day
from loop.records.improvement import Caught, CostWeek, DecisionCounts, Funnel, Gain, Month
from loop.stats.control import Count

LATELY = 28
"""Days of the sentence."""
LATE = 3
"""Newest days of which takeovers are not counted yet: people take over hours or days after the answer."""
WEEKS = 26
_WENT_LIVE = frozenset({ProposalState.LIVE.value, ProposalState.UNDONE.value})


class Spell(NamedTuple):
    """Some weeks in a row, counted."""

    answers: int
    handed_over: int
    seconds: float
    priced: int
    """Answers that came with what the model call cost."""
    money: float
    """US dollars, of these."""
    outcomes: int
    resolved: int
    """Of these outcomes, good ones."""


class TakeoverRate(NamedTuple):
    """Takeovers of some days on which they are known."""

    n: int
    of: int
    """Answers of these days."""
    days: tuple[Count, ...]
    """By day; good is what nobody took over."""


def spell(facts: Facts, *, first: str, last: str) -> Spell:
    """From day to day, both included."""
    answers = [one for one in facts.answers if first <= one.day <= last]
    outcomes = [row for row in facts.signals if row.kind == FeedbackKind.OUTCOME.value and first <= row.day <= last]
    return Spell(
        answers=sum(one.n for one in answers),
        handed_over=sum(one.handed_over for one in answers),
        seconds=sum(one.seconds for one in facts.work if first <= one.day <= last),
        priced=sum(one.priced for one in answers),
        money=sum(one.money for one in answers),
        outcomes=sum(one.n for one in outcomes),
        resolved=sum(one.good for one in outcomes),
    )


def taken_over(facts: Facts, *, first: str, last: str) -> TakeoverRate | None:
    """Takeovers from day to day, as far as they are known; None where none was reported before or in these days, or
    none in them or after. Days before the first report and the newest ones are left out."""
    told = facts.takeovers
    if not told or max(told) < first:
        return None
    begin, end = max(first, min(told)), min(last, days_back(facts.now, LATE))
    some = {day: n for day, n in facts.answers_by_day.items() if begin <= day <= end}
    if not some:
        return None
    # More takeovers than answers: answers that were not sent here.
    days = tuple(Count(n, max(0, n - told.get(day, 0))) for day, n in sorted(some.items()))
    return TakeoverRate(sum(day.n - day.good for day in days), sum(day.n for day in days), days)


def cost_weeks(facts: Facts) -> tuple[CostWeek, ...]:
    """The newest weeks, oldest first; weeks without anything are left out."""
    found: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for answered in facts.answers:
        found[_monday(answered.day)][0] += answered.n
        found[_monday(answered.day)][1] += answered.handed_over
    for day in facts.takeovers:
        found[_monday(day)][0] += 0
    for done in facts.work:
        found[_monday(done.day)][2] += done.seconds
    weeks = []
    for week, (answers, handed_over, seconds) in sorted(found.items())[-WEEKS:]:
        taken = taken_over(facts, first=week, last=shift_day(week, 6))
        weeks.append(
            CostWeek(
                week=week,
                answers=int(answers),
                takeovers=taken.n if taken else None,
                watched=taken.of if taken else 0,
                handed_over=int(handed_over),
                seconds=seconds,
            )
        )
    return tuple(weeks)


def months(facts: Facts) -> tuple[Month, ...]:
    """Every month there is anything of, oldest first."""
    names = sorted(
        {one.day[:7] for one in facts.answers}
        | {one.day[:7] for one in facts.work}
        | {day[:7] for some in facts.days.values() for day in some}
        | {one.at.date().isoformat()[:7] for one in facts.releases if one.from_number is not None}
    )
    return tuple(_month(facts, name) for name in names)


def funnel(facts: Facts) -> Funnel:
    """Each change once: proposals that were drawn up again or edited are one with what they replace."""
    root = {one.id: one.root_id for one in facts.changes}
    approved = {one.proposal_id for one in standing_decisions(facts) if one.verb == "approve"}
    live = {one.proposal_id for one in facts.deploys if one.number in facts.in_force}

    def chains(some: set[str]) -> int:
        return len({root[key] for key in some if key in root})

    return Funnel(
        received=sum(row.told for row in facts.signals),
        held=sum(row.held for row in facts.signals),
        since=min((row.day for row in facts.signals), default=""),
        drafted=len(set(root.values())),
        tested=chains({one.id for one in facts.changes if one.verdict}),
        approved=chains(approved),
        released=chains({one.id for one in facts.changes if one.state in _WENT_LIVE}),
        in_force=chains({key for key in live if key}),
    )


def standing_decisions(facts: Facts) -> list[Decision]:
    """Decisions nobody took back, oldest first."""
    undone = {one.undoes for one in facts.decisions if one.verb == "undo"}
    return [one for one in facts.decisions if one.verb != "undo" and one.id not in undone]


def count_decisions(facts: Facts) -> DecisionCounts:
    """Of people only: what the policy approves tells nothing of how good drafts are."""
    verbs = [one.verb for one in standing_decisions(facts) if one.actor.role is not Role.ENGINE]
    return DecisionCounts(approved=verbs.count("approve"), edited=verbs.count("edit"), rejected=verbs.count("reject"))


def caught(facts: Facts) -> Caught | None:
    """What blind audits found of the firewall; None before its panel was counted."""
    panel = facts.panel
    if panel is None:
        return None
    audit = panel.audit
    if audit is None or not audit.settled:
        return Caught(held=panel.held, looked_at=panel.looked_at)
    return Caught(
        held=panel.held,
        looked_at=panel.looked_at,
        judged=audit.settled,
        precision=_gain(audit.precision, n=audit.settled),
        recall=_gain(audit.recall, n=audit.settled),
        missed=_gain(audit.missed, n=audit.settled),
    )


# steps -------------------------------------------------------------------------------------------------------------
def _month(facts: Facts, name: str) -> Month:
    answers = [one for one in facts.answers if one.day.startswith(name)]
    moved = [one for one in facts.releases if one.from_number is not None and one.at.date().isoformat()[:7] == name]
    taken = taken_over(facts, first=f"{name}-01", last=f"{name}-31")
    good = []
    for kind, days in facts.days.items():
        rows = [row for day, row in days.items() if day.startswith(name) and row.n]
        if rows:
            good.append((kind, sum(row.n for row in rows), sum(row.good for row in rows)))
    return Month(
        month=name,
        answers=sum(one.n for one in answers),
        takeovers=taken.n if taken else None,
        watched=taken.of if taken else 0,
        released=len({one.number for one in moved if one.kind == "deploy"}),
        taken_back=sum(one.kind == "rollback" for one in moved),
        seconds=sum(one.seconds for one in facts.work if one.day.startswith(name)),
        good=tuple(good),
    )


def _gain(found: Estimate | None, *, n: int) -> Gain | None:
    return None if found is None else Gain(effect=found.value, low=found.low, high=found.high, n=n)


def _monday(day: str) -> str:
    return shift_day(day, -date.fromisoformat(day).weekday())
