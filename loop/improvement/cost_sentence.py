"""At what cost: takeovers, time of people, and money where it is known, in a sentence."""

from collections.abc import Iterator
from datetime import timedelta

from loop.improvement.costs import LATE, LATELY, Spell, TakeoverRate, spell, taken_over
from loop.improvement.facts import Facts
from loop.improvement.wording import day_words, days_back, gain_words, share
from loop.records.improvement import Gain, Sentence
from loop.stats.control import Count, overdispersion
from loop.stats.mix import adjusted_difference
from loop.stats.proportions import wilson
from loop.text.counting import count

PRICED = 0.8
"""Share of answers with a price from which the others are taken to cost the same."""
ENOUGH = 30
"""Answers or outcomes below which nothing is said of them."""


def cost(facts: Facts) -> Sentence:
    """At what cost: takeovers, time of people, money where it is known."""
    now = spell(facts, first=days_back(facts.now, LATELY - 1), last=facts.today)
    if not now.answers:
        return Sentence(
            key="cost", question="At what cost?", answer="Unknown", tone="unknown",
            text="No answers arrived in the last 28 days, so what they cost is not known.",
        )  # fmt: skip
    taken = taken_over(facts, first=days_back(facts.now, LATELY - 1), last=facts.today)
    text = _taken_over(facts, taken)
    answer = f"{_per_hundred(taken)} of 100 taken over" if taken and taken.of >= ENOUGH else "Partly unknown"
    if now.handed_over:
        text += f", the agent handed over {share(now.handed_over, of=now.answers)} by itself"
    if now.seconds:
        text += f", and what people did here took about {_time(now.seconds)} by the journal"
    else:
        text += ", and no time of people is on record"
    text += f"; {_money(now)}."
    notes = [
        f"Takeovers now and earlier compare times, not versions. The newest {LATE} days are left out, because people "
        "take over late, and so are days before the first takeover was reported.",
        "The time is an estimate, of everything people did here: what lies between acts of one person within ten "
        "minutes, breaks too, and a minute for the first of a sitting, however long they read before it. It is kept "
        "for all together, never by person.",
    ]
    if now.priced:
        notes.append(
            "Money is model calls of the agent alone: what Ratchet's own tests cost is not in it. It is told by "
            "answer; a conversation of four answers costs four times that."
        )
    return Sentence(key="cost", question="At what cost?", answer=answer, text=text, notes=tuple(notes))


# steps -------------------------------------------------------------------------------------------------------------
def _taken_over(facts: Facts, now: TakeoverRate | None) -> str:
    if now is None or now.of < ENOUGH:
        why = "too few answers were given lately" if now else "no takeover was reported"
        last = f" since {day_words(max(facts.takeovers))}" if facts.takeovers and not now else ""
        return f"How often people take over is not known, because {why}{last}"
    text = f"In the last {LATELY} days people took over {_per_hundred(now)} of 100 answers"
    for before, when in _before(facts):
        old, new = [Count(one.of, one.of - one.n) for one in (before, now)]
        told = adjusted_difference({"": old}, {"": new}, scatter=overdispersion([before.days, now.days]))
        if told is None:
            continue
        gain = Gain(effect=-told.effect, low=-told.high, high=-told.low, n=told.n)
        how = gain_words(gain) if gain.is_clear else "no difference that chance does not explain"
        return f"{text}, against {_per_hundred(before)} {when}: {how}"
    ends = wilson(now.n, n=now.of, level=0.9)
    return text if ends is None else f"{text} (90 % interval {100 * ends.low:.1f} to {100 * ends.high:.1f})"


def _before(facts: Facts) -> Iterator[tuple[TakeoverRate, str]]:
    """The weeks before the first change, as far as takeovers were reported then; else the weeks before these."""
    spans = [(days_back(facts.now, 2 * LATELY - 1), days_back(facts.now, LATELY), f"in the {LATELY} days before")]
    if facts.deploys and facts.now - facts.deploys[0].at > timedelta(days=LATELY):
        first = facts.deploys[0].at
        spans.insert(
            0, (days_back(first, LATELY), days_back(first, 1), f"in the weeks before v{facts.deploys[0].number}")
        )
    for first_day, last_day, when in spans:
        taken = taken_over(facts, first=first_day, last=last_day)
        if taken is not None and taken.of >= ENOUGH:
            yield taken, when


def _per_hundred(some: TakeoverRate) -> str:
    return f"{100 * some.n / some.of:.1f}"


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 5400 else count(max(1, round(seconds / 60)), "minute")


def _money(some: Spell) -> str:
    """What an answer costs, and one that solved the problem, as far as prices and outcomes are reported."""
    if not some.priced:
        return "what it costs in money is not known, because no price comes with the answers"
    if some.priced < PRICED * some.answers:
        told = share(some.priced, of=some.answers)
        return f"what it costs in money is not known, because only {told} of the answers come with a price"
    each = some.money / some.priced
    text = f"an answer costs ${each:.4f} in model calls"
    if some.outcomes < ENOUGH or not some.resolved:
        why = f"only {count(some.outcomes, 'outcome')}" if some.outcomes else "no outcome"
        why = "no good outcome" if some.outcomes >= ENOUGH else why
        return f"{text}; for each one that solved the problem it is not known, because {why} was reported"
    return f"{text}, about ${each * some.outcomes / some.resolved:.4f} for each one that solved the problem"
