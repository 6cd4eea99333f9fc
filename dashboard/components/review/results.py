"""The test report as a reviewer reads it: the verdict in one line; the numbers behind it when asked for."""

from dashboard.components.elements import cards, words
from dashboard.components.elements.glossary import explained, term
from dashboard.components.elements.markup import Markup, show, tag
from loop.policy import Recommendation
from loop.records import HIDDEN, Evidence, Report, SliceResult, Split

_GROUPS = (
    "A dot with its interval. Filled: it leaves zero out, as one group of ten does by chance. "
    "“Worse” is said only of what stands when all groups are taken together."
)
_RECOMMENDED = {
    "approve": "Evidence: approve",
    "reject": "Evidence: reject",
    "wait": "Yours to judge",
}


def show_verdict(report: Report, recommended: Recommendation) -> None:
    """The verdict in one line of plain words, and what it did to the answers that may be read."""
    said = words.VERDICTS[report.verdict]
    show(
        tag(
            "section",
            tag("span", said.name, css="rt-verdict-name"),
            tag("span", moved(report), css="rt-plain"),
            tag("span", _RECOMMENDED[recommended.verb], css="rt-push", title=recommended.reason),
            css=f"rt-verdict rt-verdict-top rt-{said.tone}",
            aria_label=f"Verdict: {said.name}",
        )
    )


def show_withheld() -> None:
    """In place of the verdict, where it is told after the decision."""
    said = words.WITHHELD
    show(
        tag(
            "section",
            tag("span", said.name, css="rt-verdict-name"),
            tag("span", said.more, css="rt-plain"),
            css=f"rt-verdict rt-verdict-top rt-{said.tone}",
            aria_label=said.name,
        )
    )


def moved(report: Report) -> str:
    """What it did, in answers: `Fixes 2 and breaks none of 157 answers that may be read.`"""
    tally = report.dev.tally
    if not tally.n:
        return "Tested only on answers that nobody reads one by one."
    broken = f"{tally.broken:,}" if tally.broken else "none"
    fixed = f"{tally.fixed:,}" if tally.fixed else "none"
    told = f"Fixes {fixed} and breaks {broken} of {words.count(tally.n, 'answer')} that may be read."
    gain = _gain(report) if report.sealed.tally.n else None
    if gain is None:
        return told
    if not round(abs(100 * gain), 1):
        return f"{told} Expect as many right as now."
    change = f"{abs(100 * gain):.1f} of 100 answers more"
    return f"{told} Expect {change} {'right' if gain >= 0 else 'wrong'} than now."


def show_numbers(report: Report) -> None:
    """The statistics in full: the reasons, both sets as 2×2 tables, the groups, and how it was measured."""
    said = words.VERDICTS[report.verdict]
    show(
        tag(
            "section",
            tag("p", tag("b", f"{said.name}: "), explained(_behind(report))),
            tag("p", said.more),
            tag("ul", [tag("li", explained(reason)) for reason in report.words]) if report.words else None,
            tag(
                "div",
                _sealed(report),
                _four(term("dev cases", "Dev cases"), "Read one by one under “Answers”.", report.dev, name="Dev cases"),
                css="rt-pair",
            ),
            [
                tag("h3", term("group", "By group"), css="rt-h2"),
                tag("p", explained(_GROUPS), css="rt-quiet"),
                _slices(report.slices),
            ]
            if report.slices
            else None,
            tag("p", explained(_method(report)), css="rt-small"),
            css="rt-card rt-numbers",
            aria_label="Numbers behind the verdict",
        )
    )


def _gain(report: Report) -> float | None:
    """What is to be expected; of reports of earlier releases, what was seen."""
    return report.sealed.tally.effect if report.expected_gain is None else report.expected_gain


def _behind(report: Report) -> str:
    tally, cases = report.sealed.tally, words.count(report.sealed_heard, "sealed case")
    if tally.n:
        seen = f"seen {words.points(tally.effect)}, interval {words.interval(report.sealed.low, report.sealed.high)}"
        return f"{words.points(_gain(report))} to be expected; {seen}, on {cases}."
    if not report.sealed_heard:
        return "No sealed cases yet."
    return f"{cases} asked, totals after the decision." if report.is_sealed_asked else f"{cases} not asked."


def _sealed(report: Report) -> Markup:
    name = "Sealed cases"
    if report.sealed.tally.n or not report.sealed_heard:
        return _four(term(name), "Nobody, and no proposer, sees these one by one.", report.sealed, name=name)
    why = HIDDEN if report.is_sealed_asked else "Not asked: dev does not support the change enough."
    return tag("div", tag("h3", term(name)), tag("p", why, css="rt-quiet"), css="rt-card")


def _four(heading: Markup, more: str, evidence: Evidence, *, name: str) -> Markup:
    tally = evidence.tally
    if not tally.n:
        return tag("div", tag("h3", heading), tag("p", "None used in this test.", css="rt-quiet"), css="rt-card")
    rates = (
        f"Right: {words.percent(tally.base_rate)} live, {words.percent(tally.candidate_rate)} proposed. "
        f"Difference {words.points(tally.effect)} ({words.interval(evidence.low, evidence.high)})."
    )
    square = tag(
        "div",
        tag("div", "", css="rt-head"),
        tag("div", "Proposed right", css="rt-head"),
        tag("div", "Proposed wrong", css="rt-head"),
        tag("div", "Live right", css="rt-head"),
        tag("div", tag("b", f"{tally.both_right:,}"), " stay right"),
        tag("div", tag("b", f"{tally.broken:,}"), " broken", css="rt-bad" if tally.broken else ""),
        tag("div", "Live wrong", css="rt-head"),
        tag("div", tag("b", f"{tally.fixed:,}"), " fixed", css="rt-good" if tally.fixed else ""),
        tag("div", tag("b", f"{tally.both_wrong:,}"), " stay wrong"),
        css="rt-four",
        role="img",
        aria_label=(
            f"{name}: {tally.both_right} stay right, {tally.fixed} fixed, "
            f"{tally.broken} broken, {tally.both_wrong} stay wrong"
        ),
    )
    return tag("div", tag("h3", heading), tag("p", rates), square, tag("p", more, css="rt-small"), css="rt-card")


def _slices(slices: tuple[SliceResult, ...]) -> Markup:
    reach = max(
        (abs(end) for one in slices for end in (one.evidence.low, one.evidence.high) if end is not None), default=0.01
    )
    rows = [
        (
            one.name or "no topic",
            "sealed" if one.split is Split.SEALED else "dev",
            f"{one.evidence.tally.n:,}",
            words.points(one.evidence.tally.effect),
            _whisker(one.evidence, reach=max(reach, 0.01)),
            _direction(one),
        )
        for one in sorted(slices, key=lambda one: (one.split is not Split.SEALED, -one.evidence.tally.n))
    ]
    return cards.table(
        ("Group", "Cases", "n", "Effect", "Interval", "In words"), rows, numbers=(2, 3), label="Effect by group"
    )


def _direction(one: SliceResult) -> Markup | str:
    """In words: a group whose interval alone lies below zero is no harm found, and is not called worse."""
    if one.is_harmed:
        return cards.chip("worse", "bad")
    said = words.effect(one.evidence)
    return "points down, not sure" if said == "worse" else said


def _whisker(evidence: Evidence, *, reach: float) -> Markup:
    effect = evidence.tally.effect
    if effect is None or evidence.low is None or evidence.high is None:
        return tag("span", "not measured", css="rt-small")

    def place(value: float) -> str:
        return f"{50 + 46 * value / reach:.2f}%"

    state = {"better": "is-good is-clear", "worse": "is-bad is-clear"}.get(words.effect(evidence), "is-open")
    return tag(
        "div",
        tag("div", css="rt-zero", amounts={"zero": "50%"}),
        tag(
            "div",
            css="rt-bar",
            amounts={"from": place(evidence.low), "wide": f"{46 * (evidence.high - evidence.low) / reach:.2f}%"},
        ),
        tag("div", css="rt-at", amounts={"at": place(effect)}),
        css=f"rt-whisker {state}",
        role="img",
        aria_label=f"{words.points(effect)}, {words.interval(evidence.low, evidence.high)}",
    )


def _method(report: Report) -> str:
    told = [report.method.rstrip(".") + "."]
    if report.power is not None and (report.level is not None or not report.is_sealed_asked):
        told.append(
            f"A gain of {words.points(report.power_for)} would be proved {words.percent(report.power, digits=0)} "
            "of the time."
        )
    if report.cases_needed:
        told.append(f"{words.count(report.cases_needed, 'sealed case')} would make that 80 %.")
    if report.expected_hits is not None:
        told.append(f"Of the fixes it was drafted for, {report.expected_hits} happened.")
    if report.model_failures:
        told.append(f"{words.count(report.model_failures, 'answer')} could not be had and count as wrong.")
    told.append(f"{_charged(report)}; seed {report.seed}.")
    return " ".join(told)


def _charged(report: Report) -> str:
    """What it cost of the budget of error, and the level it is judged at."""
    if report.level is not None:
        return f"Look {report.sealed_looks} at the sealed cases"
    if report.carried_level is not None:
        return f"No look was charged: judged at the level of the test before, {report.carried_level:.3g}"
    return "No look was charged"
