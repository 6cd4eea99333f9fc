"""Answers side by side: what the live version says, what the proposed one would say, where the words differ.

Answers that change in the same way are one card with their number, so that ten alike are read once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import streamlit as st

from dashboard.components.elements import cards, router, words
from dashboard.components.elements.marks import Sides, sides
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.paging import choose_page
from loop.records import Answer, CaseOutcome, Report, Tally
from loop.records.cards import Fact
from loop.records.trials import Movement

View: TypeAlias = Literal["first", "broken", "fixed", "both_right", "both_wrong"]

NAMES: dict[Movement, str] = {
    "broken": "Breaks",
    "fixed": "Fixes",
    "both_right": "Still right",
    "both_wrong": "Still wrong",
}
VIEWS: tuple[View, ...] = ("first", *NAMES)
"""In the order of their digits."""
FIRST = 3
"""Cards of each kind on the first look."""
PER_PAGE = 20
"""Cases on one page; those that change alike are one card."""
Reader: TypeAlias = Callable[[Movement, int], Sequence[CaseOutcome]]


@dataclass(frozen=True)
class Alike:
    """Cases whose answer changes by the same words."""

    outcomes: tuple[CaseOutcome, ...]
    shown: Sides


def show_answers(report: Report, *, key: str, read: Reader, takes_digits: bool = True) -> None:
    """The broken and the fixed first; then every case that may be shown, by what became of it.

    `takes_digits`: 1 to 5 choose what is shown, while no form is open that has digits of its own.

    `read`: one page of one kind, for all that were tried; empty where only some were kept in the report.
    """
    by_movement = {name: [one for one in report.outcomes if one.movement == name] for name in NAMES}
    counts = _counts(report, by_movement)
    if not sum(counts.values()):
        cards.empty(
            "No answers to read", "The test used only cases that nobody reads one by one; of those totals are shown."
        )
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        cards.heading("Answers")
        if takes_digits:
            router.bind_digits(f"{key}-view", ["First look", *NAMES.values()], opens_empty=False)
        chosen: View = st.segmented_control(
            "Which answers",
            VIEWS,
            default=VIEWS[0],
            required=True,
            format_func=lambda name: "First look" if name == "first" else f"{NAMES[name]} {counts[name]:,}",
            key=f"{key}-view",
            label_visibility="collapsed",
        )
    if chosen == "first":
        _show_first(by_movement, counts)
    else:
        _show_all(by_movement[chosen], chosen, key=key, there=counts[chosen], read=read)


def alike(outcomes: Iterable[CaseOutcome]) -> list[Alike]:
    """Cases whose answers change by the same words, together; the largest group first, else in their order."""
    groups: dict[tuple[object, ...], list[CaseOutcome]] = {}
    shown: dict[tuple[object, ...], Sides] = {}
    for one in outcomes:
        found = sides(_said(one.base), _said(one.candidate))
        same = found.signature or (_said(one.base), _said(one.candidate))
        kind = (one.base.label, one.candidate.label, *same)
        groups.setdefault(kind, []).append(one)
        shown.setdefault(kind, found)
    made = [Alike(outcomes=tuple(group), shown=shown[kind]) for kind, group in groups.items()]
    return sorted(made, key=lambda one: -len(one.outcomes))


# what is drawn -----------------------------------------------------------------------------------
def _counts(report: Report, listed: dict[Movement, list[CaseOutcome]]) -> dict[Movement, int]:
    """Complete, whatever of it is listed."""
    tally: Tally = report.dev.tally
    told = {name: int(getattr(tally, name)) for name in NAMES}
    return {name: max(told[name], len(listed[name])) for name in NAMES}


def _show_first(by_movement: dict[Movement, list[CaseOutcome]], counts: dict[Movement, int]) -> None:
    """Up to FIRST cards of what breaks and of what is fixed."""
    drawn: list[Markup] = []
    for name in ("broken", "fixed"):
        some = alike(by_movement[name])
        is_part = len(by_movement[name]) < counts[name]
        drawn += [_group(one, is_part=is_part) for one in some[:FIRST]]
        if left := counts[name] - sum(len(one.outcomes) for one in some[:FIRST]):
            more = words.count(left, "more answer")
            drawn.append(tag("p", f"{more} under “{NAMES[name]}”.", css="rt-quiet"))
    if not counts["broken"]:
        drawn.insert(0, tag("p", "It breaks no answer that may be shown.", css="rt-quiet"))
    if not counts["fixed"]:
        drawn.append(tag("p", "It fixes no answer that may be shown.", css="rt-quiet"))
    show(tag("div", drawn, css="rt-stack"))


def _show_all(kept: Sequence[CaseOutcome], chosen: Movement, *, key: str, there: int, read: Reader) -> None:
    if not there:
        cards.quiet(f"{NAMES[chosen]}: none.")
        return
    is_complete = bool(read(chosen, 1))
    of = there if is_complete else len(kept)
    page = choose_page(of, size=PER_PAGE, key=f"{key}-page-{chosen}")
    some = read(chosen, page) if is_complete else kept[(page - 1) * PER_PAGE : page * PER_PAGE]
    drawn = [_group(one, is_part=len(some) < there) for one in alike(some)]
    if of < there:
        drawn.insert(0, tag("p", f"{of:,} of {there:,} were kept to be read.", css="rt-quiet"))
    show(tag("div", drawn, css="rt-stack"))


def _group(group: Alike, *, is_part: bool) -> Markup:
    """One card. `is_part`: it was made from a part of them, so more may change alike."""
    one, *others = group.outcomes
    beside = []
    if others:
        questions = [tag("li", other.question, _facts(other.facts)) for other in others]
        head = f"The same in {words.count(len(others), 'more answer')}{' of those shown here' if is_part else ''}"
        beside.append(tag("details", tag("summary", head), tag("ul", questions, css="rt-text"), css="rt-more"))
    if known := [fact for fact in one.facts if not fact.is_decisive]:
        chips = tag("div", [_fact(fact) for fact in known], css="rt-chips")
        head = words.count(len(known), "fact") + " beside the question"
        beside.append(tag("details", tag("summary", head), chips, css="rt-more"))
    more = tag("div", beside, css="rt-mores") if beside else None
    return tag("article", _outcome(one, group.shown), more, css=f"rt-card rt-case is-{one.movement}")


def _outcome(outcome: CaseOutcome, shown: Sides) -> Markup:
    base, candidate = outcome.base, outcome.candidate
    is_same = (_said(base), base.label) == (_said(candidate), candidate.label)
    if is_same:
        body = _side("Both say", base, shown.before, is_right=outcome.base_grade.is_right)
    else:
        body = tag(
            "div",
            _side("Live now", base, shown.before, is_right=outcome.base_grade.is_right),
            _side("Proposed", candidate, shown.after, is_right=outcome.candidate_grade.is_right),
            css="rt-pair",
        )
    asked = tag("h3", outcome.question, css="rt-asked")
    return tag("div", asked, _facts(outcome.facts), body, _right(outcome))


def _facts(facts: Sequence[Fact]) -> Markup | None:
    """What a rule of the change tests, and no wording of the question says."""
    decisive = [_fact(one) for one in facts if one.is_decisive]
    return tag("div", decisive, css="rt-chips rt-facts") if decisive else None


def _fact(one: Fact) -> Markup:
    value = "not known" if one.value is None else str(one.value)
    if not one.is_decisive:
        return cards.chip(f"{one.name} {value}")
    return cards.chip(f"{one.name} {value}", "hopeful", hint="A rule of this change tests it.")


def _side(name: str, given: Answer, said: Markup, *, is_right: bool) -> Markup:
    mark = cards.chip("right", "good") if is_right else cards.chip("wrong", "bad")
    source = tag("span", words.METHODS[given.method], title=f"{words.percent(given.confidence, digits=0)} sure")
    label = [cards.chip(given.label)] if given.label else []
    tone = "is-right" if is_right else "is-wrong"
    if not said and given.label:
        said = tag("span", "No words beside the label.", css="rt-quiet")
    return cards.answer(name, said, more=[mark, *label, source], tone=tone)


def _right(outcome: CaseOutcome) -> Markup:
    """What is right, where no side of the card says it word for word; and why the proposed one is graded as it is."""
    told = {_said(outcome.base), outcome.base.label, _said(outcome.candidate), outcome.candidate.label}
    known = None
    if outcome.expected not in told:
        known = tag("div", tag("b", "Right answer: "), outcome.expected, css="rt-text")
    why = outcome.candidate_grade.reason
    reason = f"Proposed, beside the right answer: {why[:1].lower()}{why[1:]}" if why else None
    return tag("div", known, tag("div", reason, css="rt-small"), css="rt-known")


def _said(given: Answer) -> str:
    return given.text or given.failure or (f"Article {given.article_id}" if given.article_id else "")
