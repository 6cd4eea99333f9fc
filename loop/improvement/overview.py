"""The whole of it: from facts to the page, once a turn."""

from loop.improvement.cost_sentence import cost
from loop.improvement.costs import caught, cost_weeks, count_decisions, funnel, months
from loop.improvement.facts import Facts
from loop.improvement.gains import avoided_by_day, levels, progress_gain, release_gains, rollbacks, total_gain
from loop.improvement.people import SHOWN, alarms, signal_charts
from loop.improvement.sentences import better, what_next, why
from loop.improvement.waiting import heat, trial_lines, worths
from loop.records.improvement import Improvement


def overview(facts: Facts) -> Improvement:
    """Four sentences and the numbers behind them. Pure: the same facts give the same page."""
    releases, total, progress = release_gains(facts), total_gain(facts), progress_gain(facts)
    fell, waiting = alarms(facts), worths(facts)
    kind, cells = heat(facts)
    return Improvement(
        agent=facts.agent.slug,
        at=facts.now,
        sentences=(
            better(facts, total=total, progress=progress, releases=releases, alarms=fell),
            why(releases=releases),
            cost(facts),
            what_next(facts, releases=releases, waiting=waiting, kind=kind),
        ),
        alarms=fell,
        total=total,
        progress=progress,
        looks=facts.looks,
        releases=releases,
        rollbacks=rollbacks(facts),
        levels=levels(facts),
        signals=signal_charts(facts),
        avoided=avoided_by_day(facts, days=SHOWN),
        tests=trial_lines(facts),
        heat_kind=kind,
        heat=cells,
        weeks=cost_weeks(facts),
        months=months(facts),
        waiting=waiting,
        funnel=funnel(facts),
        decided=count_decisions(facts),
        caught=caught(facts),
    )
