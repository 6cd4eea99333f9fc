"""One version, whole: everything that decides how the agent answers, on one page."""

from collections.abc import Sequence

import streamlit as st

from dashboard import page_run, session
from dashboard.components.elements import cards, words
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.paging import page_of
from loop.change.sections import SECTIONS
from loop.errors import NotFound
from loop.records import Bundle, SectionName
from storage.queries.progress import ReleaseLine

PER_PAGE = 50
"""Elements of one section shown at once."""


def show_whole(lines: Sequence[ReleaseLine]) -> None:
    """The live version, or another one, section by section; only what is asked for is read and drawn."""
    cards.heading("The whole version", "All the agent answers with: its instructions, rules, examples, articles.")
    names = {words.version(line.number): line for line in lines}
    chosen = st.selectbox(
        "Version",
        list(names),
        key="whole",
        bind="query-params",
        width=200,
    )
    line = names.get(str(chosen), lines[0])
    try:
        bundle = session.parts().store.bundle(line.digest)
    except NotFound as error:
        cards.note(str(error), "bad")
        return
    _show(bundle, key=f"whole-{line.number}")


@page_run.fragment()
def _show(bundle: Bundle, *, key: str) -> None:
    filled = [name for name in SECTIONS if _elements(bundle, name)]
    if not filled:
        cards.quiet("This version holds nothing.")
        return
    counts = {name: len(_elements(bundle, name)) for name in filled}
    chosen = st.segmented_control(
        "Section",
        filled,
        default=filled[0],
        required=True,
        key=f"{key}-section",
        format_func=lambda name: _name(name, counts[name]),
        label_visibility="collapsed",
    )
    elements = _elements(bundle, chosen)
    shown = page_of(elements, size=PER_PAGE, key=f"{key}-page-{chosen}")
    show(tag("div", [_element(chosen, one) for one in shown], css="rt-rows"))


def _elements(bundle: Bundle, name: SectionName) -> tuple[object, ...]:
    """The elements of a section; a section that is one thing is one element, and one that says nothing is none."""
    found = getattr(bundle, name)
    if isinstance(found, tuple):
        return found
    return (found,) if SECTIONS[name].words(found).strip() else ()


def _name(name: SectionName, number: int) -> str:
    label = SECTIONS[name].label
    return label if number == 1 else f"{label} {number:,}"


def _element(name: SectionName, element: object) -> Markup:
    return tag("div", tag("div", SECTIONS[name].words(element), css="rt-text"), css="rt-row")
