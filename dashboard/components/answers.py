"""Answers side by side: what the live version says, what the proposed one would say, what was right."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import streamlit as st

from dashboard.components import cards, words
from dashboard.components.markup import Markup, show, tag
from loop.records import Answer, CaseOutcome, Grade

Movement: TypeAlias = Literal["fixed", "broken", "both_right", "both_wrong"]

NAMES: dict[Movement, str] = {
    "broken": "Broken",
    "fixed": "Fixed",
    "both_wrong": "Still wrong",
    "both_right": "Still right",
}
PER_PAGE = 5


def show_outcomes(outcomes: Sequence[CaseOutcome], *, key: str) -> None:
    """Dev cases by what became of them, the broken ones first, a few on a page."""
    by_movement = {name: [one for one in outcomes if one.movement == name] for name in NAMES}
    present = [name for name in NAMES if by_movement[name]]
    if not present:
        cards.empty(
            "No dev cases were compared", "The test used sealed cases only, and of those only totals are shown."
        )
        return
    chosen = st.segmented_control(
        "Which answers",
        present,
        default=present[0],
        required=True,
        format_func=lambda name: f"{NAMES[name]} ({len(by_movement[name])})",
        key=f"{key}-movement",
        label_visibility="collapsed",
    )
    shown = by_movement[chosen]
    pages = -(-len(shown) // PER_PAGE)
    page = min(max(st.pagination(pages, key=f"{key}-page-{chosen}"), 1), pages) if pages > 1 else 1
    for outcome in shown[(page - 1) * PER_PAGE : page * PER_PAGE]:
        show(_outcome(outcome))


def answer(
    name: str, said: str, *, label: str | None = None, more: Sequence[str | Markup] = (), tone: str = ""
) -> Markup:
    """One answer with its name above it."""
    return tag(
        "div",
        tag("div", tag("b", name), more, css="rt-said-head"),
        cards.chip(label) if label else None,
        tag("div", said, css="rt-text") if said else (None if label else tag("span", "No words.", css="rt-quiet")),
        css=f"rt-said {tone}".strip(),
    )


def _outcome(outcome: CaseOutcome) -> Markup:
    return tag(
        "article",
        tag("h3", "Question"),
        tag("div", outcome.question, css="rt-text"),
        tag("div", tag("b", "Right answer: "), outcome.expected, css="rt-text rt-expected"),
        tag(
            "div",
            _side("Live now", outcome.base, outcome.base_grade),
            _side("Proposed", outcome.candidate, outcome.candidate_grade),
            css="rt-pair",
        ),
        css="rt-card",
    )


def _side(name: str, given: Answer, grade: Grade) -> Markup:
    more = [
        cards.chip("right", "good") if grade.is_right else cards.chip("wrong", "bad"),
        tag("span", f"by {words.METHODS[given.method]}, {words.percent(given.confidence, digits=0)} sure"),
    ]
    said = given.text or given.failure or (f"Article {given.article_id}" if given.article_id else "")
    return tag(
        "div",
        answer(name, said, label=given.label, more=more, tone="is-right" if grade.is_right else "is-wrong"),
        tag("p", grade.reason, css="rt-small"),
    )
