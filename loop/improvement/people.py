"""What people say, kind by kind: control charts from release to release, before and after each, and the last days."""

from collections.abc import Sequence

from loop.improvement.facts import Facts, window_days
from loop.improvement.wording import day_words, join_words, kind_words, share, signed_points
from loop.records.days import shift_day
from loop.records.improvement import Alarm, PeopleGain, SignalChart, SignalDay
from loop.stats.control import RUN, Count, Usual, add_counts, limits, overdispersion, usual_of
from loop.stats.mix import adjusted_difference, split_change, z_of
from loop.stats.proportions import wilson
from loop.text.spelling import quote

SHOWN = 182
"""Days on a chart."""
AROUND = 14
"""Days before and after a release that are compared."""
LEAST_SIGNALS = 50
"""Signals on either side of a release below which nothing is said."""
CLEAR = 2.58
"""Standard deviations from which weeks are said to differ: it is asked every turn, so two would often be chance."""
LAST_DAYS = 7
"""Days that may have fallen."""
BASELINE = 56
"""Days before these that they are compared with."""
OWN_DAYS, OWN_SIGNALS = 14, 200
"""Days and signals since the last release from which these alone are the baseline."""
LEAST_LAST = 30
"""Signals of the last days below which there is no alarm."""
CHANCE = 0.001
"""How often the last days of all kinds together may look so bad by chance, once."""


def signal_charts(facts: Facts) -> tuple[SignalChart, ...]:
    """One chart for each kind, with limits made anew in each phase from release to release."""
    charts = []
    since = shift_day(facts.today, -SHOWN)
    for kind in facts.kinds:
        days = [_signal_day(facts, kind, day) for day in facts.days[kind] if day >= since]
        if days:
            charts.append(SignalChart(kind=kind, n=sum(day.n for day in days), days=_with_limits(facts, days)))
    return tuple(charts)


def around(facts: Facts, day: str, *, until: str | None = None) -> tuple[PeopleGain, ...]:
    """Each kind before and after a release, adjusted for topics and for scatter from day to day.

    `day`: of the release, which belongs to neither side; nor do days beyond the release before and the one after.
    `until`: the last day it was live, when it was taken back. Intervals are 90 % over all kinds together.
    """
    turns = facts.turning_days
    first = max([shift_day(day, -AROUND), *(shift_day(one, 1) for one in turns if one < day)])
    last = min([shift_day(day, AROUND), facts.today, *(shift_day(one, -1) for one in turns if one > day)])
    last = min(last, until or last)
    found = []
    for kind in facts.kinds:
        sides = [
            (facts.by_topic(kind, first=begin, last=end), facts.counts(kind, first=begin, last=end))
            for begin, end in ((first, shift_day(day, -1)), (shift_day(day, 1), last))
        ]
        (before, old), (since, new) = sides
        n_old, n_new = sum(one.n for one in old), sum(one.n for one in new)
        if min(n_old, n_new) < LEAST_SIGNALS:
            continue
        level = 1 - 0.1 / len(facts.kinds)
        told = adjusted_difference(before, since, scatter=overdispersion([old, new]), level=level)
        if told is not None:
            found.append(
                PeopleGain(
                    kind=kind,
                    effect=told.effect,
                    low=told.low,
                    high=told.high,
                    n=told.n,
                    before=sum(one.good for one in old) / n_old,
                    since=sum(one.good for one in new) / n_new,
                )
            )
    return tuple(found)


def alarms(facts: Facts) -> tuple[Alarm, ...]:
    """Kinds whose last days fell by more than chance and usual scatter explain, and by more than the harm margin."""
    found = (_alarm(facts, kind) for kind in facts.kinds)
    return tuple(one for one in found if one is not None)


def drift_words(facts: Facts, kind: str, *, days: int = 28) -> str:
    """How a kind moved in the last weeks, and how much of it is because other things are asked; empty while unclear."""
    end = shift_day(facts.today, -window_days(kind))
    first, middle = shift_day(end, -2 * days + 1), shift_day(end, -days + 1)
    bad = facts.regretted_days
    before = facts.by_topic(kind, first=first, last=shift_day(middle, -1), without=bad)
    since = facts.by_topic(kind, first=middle, last=end, without=bad)
    old = facts.counts(kind, first=first, last=shift_day(middle, -1), without=bad)
    new = facts.counts(kind, first=middle, last=end, without=bad)
    if min(sum(one.n for one in old), sum(one.n for one in new)) < LEAST_SIGNALS:
        return ""
    z = z_of(add_counts(new), add_counts(old), scatter=overdispersion([old, new]))
    split = split_change(before, since)
    if split is None or abs(z) < CLEAR:
        return ""
    told = f"In the {days} days to {day_words(end)} {kind_words(kind)} {'rose' if split.total > 0 else 'fell'} by "
    told += f"{abs(100 * split.total):.1f} points"
    if abs(split.mix) >= abs(split.total) / 4 and split.mix * split.total > 0:
        told += f"; other things were asked ({_grown(before, since)}), which by itself makes {signed_points(split.mix)}"
    if any(first <= day <= end for day in bad):
        told += "; days of what was taken back are left out"
    return f"{told}. A season looks like this, so no change is credited with it or blamed for it."


# steps -------------------------------------------------------------------------------------------------------------
def _signal_day(facts: Facts, kind: str, day: str) -> SignalDay:
    row = facts.days[kind][day]
    interval = wilson(row.good, n=row.n)
    return SignalDay(
        day=day,
        n=row.n,
        good=row.good,
        waiting=row.waiting,
        low=_rounded(interval.low if interval else None),
        high=_rounded(interval.high if interval else None),
    )


def _with_limits(facts: Facts, days: Sequence[SignalDay]) -> tuple[SignalDay, ...]:
    """The days of each phase against what is usual in it; a day on which something went live belongs to none."""
    phases: dict[int, list[SignalDay]] = {}
    for day in days:
        if day.day not in facts.turning_days:
            phases.setdefault(sum(one < day.day for one in facts.turning_days), []).append(day)
    told: dict[str, SignalDay] = {}
    for some in phases.values():
        usual = usual_of([Count(day.n, day.good) for day in some])
        if usual is not None:
            told |= {day.day: day for day in _marked(some, usual)}
    return tuple(told.get(day.day, day) for day in days)


def _marked(days: Sequence[SignalDay], usual: Usual) -> list[SignalDay]:
    found, side, run = [], 0, 0
    for day in days:
        if not day.n:
            found.append(day)
            continue
        rate, bounds = day.good / day.n, limits(usual, n=day.n)
        here = (rate > usual.centre) - (rate < usual.centre)
        run = run + 1 if here and here == side else 1
        side = here
        is_outside = not bounds.low <= rate <= bounds.high
        found.append(
            day.model_copy(
                update={
                    "centre": _rounded(usual.centre),
                    "lower": _rounded(bounds.low),
                    "upper": _rounded(bounds.high),
                    "mark": "outside" if is_outside else "run" if here and run >= RUN else "",
                }
            )
        )
    return found


def _alarm(facts: Facts, kind: str) -> Alarm | None:
    from scipy.special import ndtr

    days = [day for day, row in facts.days[kind].items() if row.n]
    end = shift_day(facts.today, -window_days(kind))
    if not days:
        return None
    if max(days) < shift_day(end, -LAST_DAYS):
        return _silence(facts, kind, last=max(days), end=end)
    last = max(days)
    first = shift_day(last, 1 - LAST_DAYS)
    begin = shift_day(first, -BASELINE)
    turned = [one for one in facts.turning_days if one < first]
    own = facts.counts(kind, first=shift_day(turned[-1], 1), last=shift_day(first, -1)) if turned else []
    if len(own) >= OWN_DAYS and sum(one.n for one in own) >= OWN_SIGNALS:
        begin = max(begin, shift_day(turned[-1], 1))
    old = facts.counts(kind, first=begin, last=shift_day(first, -1))
    new = facts.counts(kind, first=first, last=last)
    before, now = add_counts(old), add_counts(new)
    if before.n < OWN_SIGNALS or now.n < LEAST_LAST:
        return None
    drop = before.good / before.n - now.good / now.n
    z = z_of(now, before, scatter=overdispersion([old]))
    if drop < facts.agent.limits.harm_margin or float(ndtr(z)) > CHANCE / max(1, len(facts.kinds)):
        return None
    text = (
        f"{kind_words(kind).capitalize()} fell: {share(now.good, of=now.n)} good in the {LAST_DAYS} days to "
        f"{day_words(last)} (n {now.n:,}), {share(before.good, of=before.n)} in the {len(old)} days before. "
        f"{_coincides(facts, first=first, last=last)}{_where(facts, kind, begin=begin, first=first, last=last)}"
    )
    return Alarm(kind=kind, since=first, text=text)


def _silence(facts: Facts, kind: str, *, last: str, end: str) -> Alarm | None:
    """Signals that stopped while answers went on."""
    begin = shift_day(last, 1 - BASELINE)
    before = facts.counts(kind, first=begin, last=last)
    answers = sum(n for day, n in facts.answers_by_day.items() if last < day <= end)
    if last < shift_day(end, -BASELINE) or len(before) < OWN_DAYS or add_counts(before).n < OWN_SIGNALS or not answers:
        return None
    text = (
        f"{kind_words(kind).capitalize()} stopped: none since {day_words(last)}, "
        f"{add_counts(before).n:,} in the {BASELINE} days before, "
        f"while {answers:,} answers were given. See whether they still reach Ratchet."
    )
    return Alarm(kind=kind, since=last, text=text)


def _coincides(facts: Facts, *, first: str, last: str) -> str:
    near = [
        f"version {one.number} went live on {day_words(one.at.date().isoformat())}"
        for one in facts.releases
        if one.from_number is not None and shift_day(first, -3) <= one.at.date().isoformat() <= last
    ]
    if near:
        told = join_words(near)
        return f"{told[0].upper()}{told[1:]}: look there first; the days alone do not show that it is the cause."
    return "Nothing went live around it, so look outside of the agent first."


def _where(facts: Facts, kind: str, *, begin: str, first: str, last: str) -> str:
    """The topic that lost most, where one did."""
    before = facts.by_topic(kind, first=begin, last=shift_day(first, -1))
    now = facts.by_topic(kind, first=first, last=last)
    lost = {
        name: one.n * (before[name].good / before[name].n - one.good / one.n)
        for name, one in now.items()
        if name in before and one.n >= 10
    }
    worst = max(lost, key=lambda name: lost[name], default=None)
    if worst is None or lost[worst] < max(3.0, 0.4 * sum(max(0.0, value) for value in lost.values())):
        return ""
    old, new = before[worst], now[worst]
    fell = signed_points(new.good / new.n - old.good / old.n)
    return f" Most of it is in {quote(worst or 'no topic', limit=40)}: {fell} points there."


def _grown(before: dict[str, Count], since: dict[str, Count]) -> str:
    totals = sum(one.n for one in before.values()), sum(one.n for one in since.values())
    grown = {name: one.n / totals[1] - before.get(name, Count(0, 0)).n / totals[0] for name, one in since.items()}
    most = max(grown, key=lambda name: grown[name])
    old, new = before.get(most, Count(0, 0)).n, since[most].n
    return f"{quote(most or 'no topic', limit=40)} went from {share(old, of=totals[0])} to {share(new, of=totals[1])}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
