"""The manager's four sentences as cards, and what stands behind why, cost, next and the months."""

from collections.abc import Iterable

from dashboard import navigation, session
from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.words import Tone
from dashboard.components.improvement.charts_compare import Whisker, heat_chart, whiskers
from dashboard.components.improvement.charts_time import takeovers_chart, work_chart
from loop import improvement
from loop.records import Verdict
from loop.records.improvement import Gain, Improvement, ReleaseGain, Sentence, Worth

_STANDINGS: dict[str, tuple[str, Tone]] = {
    "confirmed": ("Confirmed on fresh cases", "good"),
    "proved": ("Proved in its test, not confirmed yet", "hopeful"),
    "no worse": ("No worse", "neutral"),
    "coincided": ("Only coincided", "unknown"),
    "no clear effect": ("No clear effect", "neutral"),
    "not known": ("Nothing can be said yet", "unknown"),
    "worse": ("Looks worse on fresh cases", "bad"),
    "taken back": ("Taken back", "bad"),
}


def sentences(told: Improvement) -> None:
    """The four of them, each with what else must be known."""
    alarms = {one.text for one in told.alarms}
    show(tag("div", [_sentence(one, without=alarms) for one in told.sentences], css="rt-four-sentences"))


def reasons(told: Improvement) -> None:
    """What each release was worth, and every test."""
    cards.heading(
        "What each release was worth",
        "By its best evidence: cases sealed after its decision where there are enough, else its test, which shows more "
        "than is to be expected of what was picked for coming out well. Filled: the interval leaves zero out.",
    )
    measured = [(one, gain) for one in reversed(told.releases) if (gain := one.gain) is not None]
    if measured:
        whiskers(
            "gains",
            [
                Whisker(
                    name=f"{words.version(one.number)} {one.title}",
                    effect=gain.effect,
                    low=gain.low,
                    high=gain.high,
                    said=_STANDINGS[one.standing][0],
                    tone=gain.direction,
                    more=f"{gain.n:,} fresh cases" if one.fresh else _of_test(gain, one.expected),
                )
                for one, gain in measured
            ],
            alt="Gain of each release with its 90 % interval",
            what="Release",
        )
    if not told.releases:
        cards.empty("No change has gone live yet", "What moves until then is not the loop's doing.")
    else:
        rows = [_release(one) for one in reversed(told.releases)]
        show(_wide(cards.table(_RELEASE_COLUMNS, rows, label="Releases"), label="Releases"))
        cards.quiet(
            "Before and after compares times, not versions, adjusted for the topics asked: a season looks the same. It "
            "is said to coincide, never to prove."
        )
    cards.heading(
        "Tests at a glance",
        "As seen in the test; less is to be expected of what was picked for coming out well. "
        "The newest tests whose totals may be read: those of most undecided changes are not shown.",
    )
    if told.tests:
        whiskers(
            "tests",
            [
                Whisker(
                    name=one.title,
                    effect=one.gain.effect,
                    low=one.gain.low,
                    high=one.gain.high,
                    said=words.VERDICTS[Verdict(one.verdict)].name,
                    tone=one.gain.direction,
                    more=f"{_of_test(one.gain, one.expected)}, {one.at:%Y-%m-%d}",
                )
                for one in told.tests
            ],
            alt="Effect of each tested change with its 90 % interval",
            what="Change",
        )
    else:
        cards.empty("No test to show yet", "Totals of undecided changes stay hidden until they are decided.")


def costs(told: Improvement) -> None:
    """Takeovers, time of people, decisions, the way from feedback to live, and the firewall."""
    cards.heading(
        "Taken over, week by week",
        "Of the answers since the first takeover was reported, those that a person had to give. The newest days are "
        "left out, because people take over late.",
    )
    if any(one.takeovers is not None for one in told.weeks):
        takeovers_chart(told.weeks)
    else:
        cards.empty("Not known", "No takeover was reported, which does not say that there was none.")
    cards.heading(
        "Time of people",
        "Estimated from the journal: what lies between acts of one person within ten minutes, breaks too. For "
        "everything people did here, all together.",
    )
    if any(one.seconds for one in told.weeks):
        work_chart(told.weeks)
    else:
        cards.empty("Nothing on record yet", "Decisions, corrections and audits count.")
    cards.grid(_cost_cards(told))
    cards.heading(
        "From draft to live",
        "Of all time, drafted by the loop or by people, approved by people or by policy. Each change once, however "
        "often it was drawn up again.",
    )
    show(_funnel(told))


def next_steps(told: Improvement) -> None:
    """What waits and what it is worth, and where most goes wrong."""
    cards.heading(
        "What waits, and what it is worth",
        "Right answers a week if its test holds. Known only where the totals of the test may be read before the "
        "decision.",
    )
    known = [one for one in told.waiting if one.week is not None]
    if known:
        whiskers(
            "worths",
            [
                Whisker(
                    name=one.title,
                    effect=one.week or 0.0,
                    low=one.low or 0.0,
                    high=one.high or 0.0,
                    said=_verdict(one),
                    tone=one.gain.direction if one.gain else "neutral",
                    more=f"waits since {one.since:%Y-%m-%d}",
                )
                for one in known
            ],
            alt="Right answers a week that each waiting decision is worth, with the interval of its test",
            what="Change",
            unit="",
            scale=1.0,
        )
    if told.waiting:
        show(
            cards.table(("Change", "Test", "Stakes", "Waits"), [_waiting(one) for one in told.waiting], label="Waiting")
        )
        navigation.link("review", "Review what waits", icon=":material/rule:", p=told.waiting[0].proposal_id)
    else:
        cards.empty("Nothing waits for a decision", "The loop brings the next change when enough people say the same.")
    cards.heading(
        "Where it goes wrong",
        f"Share of bad {improvement.kind_words(told.heat_kind) or 'signals'} by topic and hour of the question (UTC), "
        "last 28 days. Blank: fewer than 30 signals.",
    )
    if told.heat:
        heat_chart(told.heat, name=improvement.kind_words(told.heat_kind))
    else:
        cards.empty("No rated answers in the last 28 days", "")


def months(told: Improvement) -> None:
    """The numbers of every month."""
    cards.heading("Month by month")
    if not told.months:
        cards.empty("Nothing to count yet", "")
        return
    head, rows = improvement.month_table(told)
    show(_wide(cards.table(head, rows, numbers=range(1, len(head)), label="Months"), label="Months"))


# steps -------------------------------------------------------------------------------------------------------------
_RELEASE_COLUMNS = ("Release", "What is known", "On fresh cases", "In its test", "People, before and after")


def _sentence(one: Sentence, *, without: set[str]) -> Markup:
    notes = [tag("p", note, css="rt-small") for note in one.notes if note not in without]
    return tag(
        "section",
        tag("h2", one.question, css="rt-asked"),
        tag("div", tag("span", one.answer, css=f"rt-chip rt-{one.tone} rt-answer")),
        tag("p", one.text, css="rt-told"),
        tag("details", tag("summary", "What else to know"), notes) if notes else None,
        css="rt-card",
    )


def _wide(table: Markup, *, label: str) -> Markup:
    """A table of many columns: on a phone it scrolls sideways, by keyboard too."""
    return tag("div", table, css="rt-wide", tabindex="0", role="region", aria_label=f"{label}, scrolls sideways")


def _release(one: ReleaseGain) -> tuple[str | Markup, ...]:
    name, tone = _STANDINGS[one.standing]
    return (
        tag(
            "div",
            tag("b", words.version(one.number)),
            f" {one.title} ",
            tag("span", f"{one.at:%Y-%m-%d}", css="rt-small"),
        ),
        cards.chip(name, tone),
        _gain(one.fresh) if one.fresh else "too few yet",
        f"{_gain(one.tested)}{_expected(one.expected)}",
        _people(one),
    )


def _people(one: ReleaseGain) -> Markup | str:
    if not one.people:
        return "too few signals"
    return tag("div", [tag("div", improvement.people_words(gain)) for gain in one.people])


def _gain(gain: Gain | None) -> str:
    return "–" if gain is None else f"{words.points(gain.effect)} ({words.interval(gain.low, gain.high)}), n {gain.n:,}"


def _of_test(gain: Gain, expected: float | None) -> str:
    return f"{gain.n:,} cases of its test{_expected(expected)}"


def _expected(value: float | None) -> str:
    return "" if value is None else f"; {words.points(value)} to be expected"


def _verdict(one: Worth) -> str:
    return words.VERDICTS[Verdict(one.verdict)].name if one.verdict else "Not tested"


def _waiting(one: Worth) -> tuple[str | Markup, ...]:
    tone: Tone = words.VERDICTS[Verdict(one.verdict)].tone if one.verdict else "unknown"
    since = words.waiting(one.since, session.now())
    return one.title, cards.chip(_verdict(one), tone), one.stakes, since


def _cost_cards(told: Improvement) -> Iterable[Markup]:
    d = told.decided
    yield cards.number(
        "Approved as drafted",
        _part(d.approved, d.n) if d.n else "–",
        f"{d.n:,} decisions of people; {_part(d.edited, d.n)} edited, {_part(d.rejected, d.n)} rejected"
        if d.n
        else "no decision",
    )
    since = f" since {told.funnel.since}" if told.funnel.since else ""
    held = f"{told.funnel.held:,} of {told.funnel.received:,} items{since} held back"
    caught = told.caught
    if caught is None or caught.precision is None:
        yield cards.number("Firewall: false alarms", "unknown", f"{held}; draw a blind audit to know")
        return
    p, r = caught.precision, caught.recall
    yield cards.number(
        "Firewall: false alarms", words.percent(1 - p.effect, digits=0),
        f"{words.span(1 - p.high, 1 - p.low)} of what it holds, {caught.judged:,} items settled blind; {held}",
    )  # fmt: skip
    yield cards.number(
        "Firewall: caught", words.percent(r.effect, digits=0) if r else "unknown",
        f"{words.span(r.low, r.high)} of what is bad" if r else "nothing bad was found yet",
    )  # fmt: skip


def _funnel(told: Improvement) -> Markup:
    f = told.funnel
    steps = (
        ("Changes drafted", f.drafted), ("Tested", f.tested), ("Approved", f.approved), ("Went live", f.released),
        ("In force today", f.in_force),
    )  # fmt: skip
    rows = []
    for place, (name, n) in enumerate(steps):
        before = steps[place - 1][1] if place else 0
        wide = f"{100 * n / max(1, f.drafted):.1f}%"
        bar = tag("div", tag("div", css="rt-fill", amounts={"wide": wide}), css="rt-bar-box", aria_hidden="true")
        rows.append((name, f"{n:,}", f"{_part(n, before)} of the step before" if before else "", bar))
    return cards.table(
        ("Step", "Changes", "Of the step before", "Share of all drafted"),
        rows,
        numbers=(1,),
        label="From draft to live",
    )


def _part(some: float, of: float) -> str:
    return words.percent(some / of, digits=0) if of else "–"
