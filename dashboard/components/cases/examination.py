"""Who examines an agent, about what, and what traffic asks that no case does; of sealed cases totals only."""

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, words
from dashboard.components.elements.glossary import term
from dashboard.components.elements.markup import Markup, show, tag
from loop import desk
from loop.ports import Parts
from loop.records import Maker
from storage.queries import cases as query
from storage.queries.cases import Composition, Coverage

SHOWN = 12
"""Lines of a table before the rest is only counted."""


def show_examination(parts: Parts) -> None:
    """The overview: read, show."""
    slug = parts.store.agent.slug
    made = _composition(slug)
    _numbers(made)
    told = desk.examiner_words(desk.examination(parts))
    show(tag("div", [tag("div", sentence) for sentence in told], css="rt-card", role="note"))
    if not (made.dev or made.sealed or made.log):
        cards.empty(
            "No case examines this agent yet",
            "Corrections by people you name become cases; a file of questions with right answers does too.",
        )
        return
    left, right = st.columns((3, 2), gap="large")
    with left:
        cards.heading("Who made them", "People whose word is on file. Sealed cases are counted, never shown.")
        show(_makers(made))
        _rest(len(made.makers), "person", "people")
    with right:
        cards.heading("What is asked, and examined", f"Topics of the newest {query.LOOKED_AT:,} answers.")
        _coverage(_covered(slug))


def _numbers(made: Composition) -> None:
    log = f"{made.log:,}{' or more' if made.is_log_cut else ''}"
    read = f"{made.sealed_shown:,} were read by somebody" if made.sealed_shown else "nobody has read one"
    cards.grid(
        [
            cards.number(term("sealed cases", "Sealed"), f"{made.sealed:,}", f"totals only; {read}"),
            cards.number(term("dev cases", "Dev"), f"{made.dev:,}", "results shown one by one"),
            cards.number(term("log cases", "Log"), log, "proposers learn from them"),
            cards.number("Protected", f"{made.protected:,}", "one regression blocks a change"),
        ]
    )


def _makers(made: Composition) -> Markup:
    zone = session.zone()
    rows = [
        (
            tag("b", one.name or "nobody named"),
            f"{one.sealed:,}",
            f"{one.dev:,}",
            f"{one.log:,}",
            _vouched(one),
            tag("span", words.clock(one.last_at, zone).partition(",")[0] if one.last_at else "–", css="rt-once"),
        )
        for one in made.makers[:SHOWN]
    ]
    columns = ("Person", "Sealed", "Dev", "Log", "Answers for", "Last")
    table = cards.table(columns, rows, numbers=(1, 2, 3, 4), label="Who made the cases")
    return tag("div", table, css="rt-wide", tabindex="0", role="region", aria_label="Who made the cases")


def _vouched(one: Maker) -> str:
    return f"{one.vouched:,} of {one.examining:,}" if one.examining else "–"


def _coverage(found: Coverage) -> None:
    if found.covered is None:
        cards.quiet(f"Unknown: none of the newest {found.looked_at:,} answers has a topic.")
        return
    cards.quiet(
        f"{words.percent(found.covered, digits=0)} of the answers with a topic are about one that "
        f"{found.enough} cases or more examine."
    )
    rows = [
        (
            tag("span", one.name, css="rt-text"),
            f"{one.answers:,}",
            f"{one.cases:,}",
            _covered_chip(one.cases, found.enough),
        )
        for one in found.topics[:SHOWN]
    ]
    columns = ("Topic", "Asked", "Cases", "Covered")
    show(cards.table(columns, rows, numbers=(1, 2), label="Topics of the traffic and the cases about them"))
    _rest(len(found.topics), "topic", "topics")
    if found.bare:
        n, are = words.count(len(found.bare), "topic"), "is" if len(found.bare) == 1 else "are"
        cards.note(f"{n} of the traffic {are} examined by no case at all.", "unknown")
    if found.without_topic:
        cards.quiet(f"{found.without_topic:,} of the newest answers have no topic.")


def _covered_chip(n: int, enough: int) -> Markup:
    if not n:
        return cards.chip("by none", "bad")
    return cards.chip("enough", "good") if n >= enough else cards.chip("too few", "unknown")


def _rest(n: int, one: str, many: str) -> None:
    if n > SHOWN:
        cards.quiet(f"And {words.count(n - SHOWN, one, many)} more.")


@st.cache_data(ttl="60s", max_entries=32, show_spinner=False)
def _composition(agent: str) -> Composition:
    del agent  # only the key of the cache
    return query.composition(session.scope())


@st.cache_data(ttl="300s", max_entries=32, show_spinner=False)
def _covered(agent: str) -> Coverage:
    del agent
    return query.coverage(session.scope())


def forget() -> None:
    """What was counted; after somebody changed it."""
    _composition.clear()
    _covered.clear()
