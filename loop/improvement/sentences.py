"""The four sentences: better? why? at what cost? what next? Each says no more than its evidence carries."""

from collections.abc import Sequence

from loop.improvement.costs import LATELY
from loop.improvement.facts import Facts
from loop.improvement.gains import avoided_by_day
from loop.improvement.people import drift_words
from loop.improvement.waiting import WorstTopic, comparable_topics, harmful, topic_counts, worst_topic
from loop.improvement.wording import (
    duration_words,
    gain_words,
    join_words,
    kind_words,
    points,
    share,
    signed_points,
    version_title,
    whole,
)
from loop.records import Verdict
from loop.records.improvement import Alarm, Gain, ReleaseGain, Sentence, SentenceTone, Worth
from loop.text.counting import count
from loop.text.spelling import quote


def better(
    facts: Facts, *, total: Gain | None, progress: Gain | None, releases: Sequence[ReleaseGain], alarms: Sequence[Alarm]
) -> Sentence:
    """Is it getting better: fresh cases first, else the cases that chose the changes, and then it says so."""
    answer, tone, text = _better(facts, total=total, progress=progress, releases=releases)
    notes = [one.text for one in alarms]
    if alarms and tone == "good":
        tone = "neutral"
    kind = next(iter(facts.kinds), "")
    if kind and not alarms and (told := drift_words(facts, kind)):
        notes.append(told)
    if total is not None and total.low > 0 and (avoided := avoided_by_day(facts, days=7)):
        last = avoided[-1]
        told = (
            f"If what is asked is like the fresh cases, about {whole(last.total)} of the {last.answers:,} answers "
            f"since would have been wrong before ({whole(last.low)} to {whole(last.high)})."
        )
        if last.unknown:
            told += f" {last.unknown:,} more came without the version that gave them and are not counted."
        notes.append(told)
    return Sentence(
        key="better", question="Is it getting better?", answer=answer, text=text, notes=tuple(notes), tone=tone
    )


def why(*, releases: Sequence[ReleaseGain]) -> Sentence:
    """Which releases did it: what is shown apart from what only happened at the same time."""
    shown = [one for one in releases if one.standing == "confirmed"]
    tested = [one for one in releases if one.standing == "proved"]
    others = {
        name: [one for one in releases if one.standing == name]
        for name in ("no worse", "coincided", "no clear effect", "not known", "worse", "taken back")
    }
    clauses = []
    if shown:
        clauses.append(f"confirmed on fresh cases: {join_words([_named(one) for one in shown])}")
    if tested:
        lead = "also proved in its test" if len(tested) == 1 else "also proved in their tests"
        lead = lead if shown else lead.replace("also ", "")
        told = join_words([_named(one) for one in tested])
        clauses.append(f"{lead}, and not yet confirmed: {told}")
    if others["no worse"]:
        clauses.append(f"{_list(others['no worse'])} cost nothing that can be shown")
    if others["coincided"]:
        clauses.append(join_words([_coincided(one) for one in others["coincided"]], most=2))
    if others["no clear effect"]:
        clauses.append(f"{_list(others['no clear effect'])} {_shows(others['no clear effect'])} no clear effect")
    if others["not known"]:
        clauses.append(f"of {_list(others['not known'])} nothing can be said yet")
    if others["worse"]:
        clauses.append(
            f"{_list(others['worse'])} {'looks' if len(others['worse']) == 1 else 'look'} worse on fresh cases"
        )
    clauses += [_taken_back(one) for one in others["taken back"][-2:]]
    if not releases:
        return Sentence(
            key="why", question="Why?", answer="Nothing yet", tone="unknown",
            text="No change has gone live yet, so nothing that moves here is the loop's doing.",
        )  # fmt: skip
    text = "; ".join(clauses)
    notes = []
    if shown or others["worse"]:
        notes.append(
            "A change that does nothing is called confirmed at most once in twenty times, and worse as rarely, however "
            "often it is counted. The more releases there are, the likelier it is that one of them is such a case."
        )
    if others["coincided"] or any(one.people for one in releases):
        notes.append(
            "What people say before and after a release compares times, not versions: a season or a campaign looks the "
            "same. Proved is only what was compared on the same cases."
        )
    if len(others["taken back"]) > 2:
        notes.append(f"{len(others['taken back']) - 2} more were taken back earlier.")
    tone: SentenceTone = "good" if shown else "hopeful" if tested else "bad" if others["worse"] else "neutral"
    answer = count(len(shown), "change") if shown else count(len(tested), "change") if tested else "Nothing shown"
    return Sentence(
        key="why", question="Why?", answer=answer, text=f"{text[0].upper()}{text[1:]}.", notes=tuple(notes), tone=tone
    )


def what_next(facts: Facts, *, releases: Sequence[ReleaseGain], waiting: Sequence[Worth], kind: str) -> Sentence:
    """What to do next: look again at what seems to harm, else the decision worth most, else where most goes wrong."""
    worse = [one for one in releases if one.standing == "worse"]
    told = _next(facts, waiting=waiting, kind=kind)
    if not worse:
        return told
    text = (
        f"Read {_named(worse[-1])} again first: it looks worse on fresh cases, so take it back unless you know better. "
        f"{told.text}"
    )
    return told.model_copy(update={"answer": "Read one again", "text": text, "tone": "bad"})


def _next(facts: Facts, *, waiting: Sequence[Worth], kind: str) -> Sentence:
    bad = harmful(tuple(waiting))
    known = [one for one in waiting if one.week is not None and one.week > 0 and one not in bad]
    topics = topic_counts(facts, kind=kind)
    worst = worst_topic(topics)
    where = _where(worst, kind=kind) if worst is not None else ""
    notes = [where] if where else []
    if known:
        notes.append(
            "What a change is worth is less than its test saw, because it was picked for coming out well; and it takes "
            "it that what is asked is like the cases of its test."
        )
    if not waiting and facts.withheld:
        told = count(facts.withheld, "change waits", "changes wait")
        text = f"{told}; what the test found is told after the decision."
        answer = count(facts.withheld, "decision")
        return Sentence(key="next", question="What next?", answer=answer, text=text, tone="hopeful")
    if not waiting and not (facts.changes or facts.measurements or facts.looks):
        text = (
            "Nothing waits for a decision, and no case examines the agent yet, so no change could be proved: correct "
            "answers that went wrong, or hand in questions with right answers"
        )
        return Sentence(
            key="next", question="What next?", answer="Correct answers", tone="neutral",
            text=f"{text}. {where}" if where else f"{text}.",
        )  # fmt: skip
    if not waiting:
        text = "Nothing waits for a decision"
        if where:
            text += f"; {where[0].lower()}{where[1:]}"
        else:
            is_known = len(comparable_topics(topics)) > 1
            text += ", and no topic stands out." if is_known else ", and too few ratings say where answers go wrong."
        answer = "Look at a topic" if where else "Nothing waits"
        return Sentence(key="next", question="What next?", answer=answer, text=text, tone="neutral")
    rest = len(waiting) - 1 + facts.withheld
    if known:
        first = known[0]
        text = (
            f"Decide {quote(first.title, limit=70)} first: it is worth about {whole(first.week or 0.0)} right answers "
            f"a week (90 % interval {whole(first.low or 0.0)} to {whole(first.high or 0.0)}), and has waited "
            f"{duration_words(first.since, facts.now)}"
        )
    else:
        first = next((one for one in waiting if one not in bad), waiting[0])
        text = f"{'Decide' if len(bad) < len(waiting) else 'Reject'} {quote(first.title, limit=70)} first"
        if first.verdict == Verdict.PROVED and first.gain is not None:
            text += f", of which its test lets expect {gain_words(first.gain)}"
        else:
            text += "; what it is worth is not known, because its test proves nothing"
        text += f"; it has waited {duration_words(first.since, facts.now)}"
    if rest:
        more = sum(one.week or 0.0 for one in known[1:])
        text += f"; {count(rest, 'other waits', 'others wait')}"
        text += f", worth about {whole(more)} together as far as they do not overlap" if more >= 1 else ""
    if bad and len(bad) < len(waiting):
        told = "one that waits harms: reject it" if len(bad) == 1 else f"{len(bad)} that wait harm: reject them"
        text += f"; {told}"
    return Sentence(
        key="next", question="What next?", answer=count(len(waiting) + facts.withheld, "decision"), text=f"{text}.",
        notes=tuple(notes), tone="hopeful" if known else "neutral",
    )  # fmt: skip


# steps -------------------------------------------------------------------------------------------------------------
def _better(
    facts: Facts, *, total: Gain | None, progress: Gain | None, releases: Sequence[ReleaseGain]
) -> tuple[str, SentenceTone, str]:
    if total is not None:
        n = sum(one.fresh is not None and one.ended_at is None for one in releases)
        of = sum(one.ended_at is None for one in releases)
        whose = f"{n} of the {of} changes" if n < of else "the one change" if n == 1 else f"the {n} changes"
        cases = f"{total.n:,} fresh cases" if n == 1 else f"up to {total.n:,} fresh cases each"
        told = (
            f"On {cases}, {whose} in force {'makes' if n == 1 else 'together make'} answers right "
            f"{abs(100 * total.effect):.1f} points {'more' if total.effect >= 0 else 'less'} often (90 % interval "
            f"{signed_points(total.low)} to {signed_points(total.high)})"
        )
        basis = "fresh: sealed after each decision, so they played no part in approving it"
        if any(one.ended_at is not None for one in releases):
            basis += "; changes that were taken back are not in this sum"
        if total.low > 0:
            return "Yes", "good", f"{told}; {basis}."
        if total.high < 0:
            return "No, worse", "bad", f"{told}; {basis}."
        return "Not shown", "unknown", f"{told}, which chance explains; {basis}."
    fresh = sum(one.fresh for one in facts.comparisons if one.kind == "confirmation")
    if progress is not None and progress.n:
        told = f"{gain_words(progress)} since the first version on {progress.n:,} sealed cases"
        there = f"only {count(fresh, 'fresh case')} can confirm it so far" if fresh else "no fresh case confirms it yet"
        caution = f"these also chose the changes ({count(facts.looks, 'look')}), so part of it is luck, and {there}"
        if progress.low > 0:
            return "Not confirmed yet", "hopeful", f"{told}; {caution}."
        if progress.high < 0:
            return "No, worse", "bad", f"{told}; {caution}."
        return "Not shown", "unknown", f"{told}; {caution}."
    if not releases:
        return "Too early", "unknown", "No change has gone live yet, so there is nothing to compare."
    return "Too early", "unknown", "The versions have not been asked the same cases yet, so nothing compares them."


def _named(one: ReleaseGain) -> str:
    gain = one.gain
    if gain is None:
        return version_title(one.number, one.title)
    seen = "" if one.fresh else " seen"
    interval = f"{signed_points(gain.low)} to {signed_points(gain.high)}"
    told = f"{signed_points(gain.effect)} points{seen}, {interval}"
    if not one.fresh and one.expected is not None:
        told += f"; {signed_points(one.expected)} to be expected"
    return f"{version_title(one.number, one.title)} ({told})"


def _list(some: Sequence[ReleaseGain]) -> str:
    return join_words([version_title(one.number, one.title) for one in some], most=2)


def _shows(some: Sequence[ReleaseGain]) -> str:
    return "shows" if len(some) == 1 else "show"


def _coincided(one: ReleaseGain) -> str:
    gain = max((gain for gain in one.people if gain.is_clear), key=lambda gain: abs(gain.effect))
    moved = f"{kind_words(gain.kind)} moving by {points(gain.effect)}"
    return f"{version_title(one.number, one.title)} only coincided with {moved}, which proves nothing"


def _taken_back(one: ReleaseGain) -> str:
    told = f"{version_title(one.number, one.title)} was taken back"
    if one.ended_at is not None:
        told += f" after {duration_words(one.at, one.ended_at)}"
    worst = min((gain for gain in one.people if gain.is_clear), key=lambda gain: gain.effect, default=None)
    if worst is not None and worst.effect < 0:
        told += f", while {kind_words(worst.kind)} stood {abs(100 * worst.effect):.1f} points lower"
    return told


def _where(worst: WorstTopic, *, kind: str) -> str:
    bad = share(worst.here.n - worst.here.good, of=worst.here.n)
    elsewhere = share(worst.elsewhere.n - worst.elsewhere.good, of=worst.elsewhere.n)
    return (
        f"Most goes wrong in {quote(worst.topic or 'no topic', limit=40)}: {bad} of {worst.here.n:,} "
        f"{kind_words(kind)} were bad in the last {LATELY} days, {elsewhere} elsewhere."
    )
