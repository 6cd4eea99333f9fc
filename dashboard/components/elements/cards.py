"""Display primitives every page is made of: titles, chips, notes, empty states, numbers."""

import html
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.words import KINDS, Saying, Tone
from loop import roles
from loop.desk import AnswererKind

Cell: TypeAlias = "str | Markup"
OPENED = "opened"
"""Key of the box beside a list that holds what was opened; on a phone it lies over the list (`style.css`)."""

_TIP = re.compile(r'<span class="rt-tip">.*?</span>')
_TAGS = re.compile(r"<[^>]*>")
MANY = 4
"""Columns from which a row stands as a list on a phone."""


def title(name: str, *chips: Cell) -> None:
    """The heading of a page or an item. The name may quote stored text."""
    show(
        tag(
            "div",
            tag("h1", name, css="rt-title"),
            tag("div", chips, css="rt-chips") if chips else None,
        )
    )


def chip(words: str, tone: Tone | None = None, *, hint: str = "") -> Markup:
    """A short word on a coloured ground."""
    css = f"rt-chip rt-{tone}" if tone else "rt-chip"
    return tag("span", words, css=css, title=hint) if hint else tag("span", words, css=css)


def saying(said: Saying) -> Markup:
    """A state as a chip with its explanation."""
    return chip(said.name, said.tone, hint=said.more)


def answered_by(who: AnswererKind) -> Markup:
    """The kind of agent, with who answers in words."""
    said = KINDS[who.kind]
    name = "Answers elsewhere, on record" if who.is_recorded else said.name
    return chip(name, said.tone, hint=f"Answers come from {who.words}. {'' if who.is_recorded else said.more}".strip())


def heading(name: str, more: str = "") -> None:
    """A heading inside a page."""
    show(tag("div", tag("h2", name, css="rt-h2"), tag("p", more, css="rt-quiet") if more else None))


def note(words: Cell, tone: Tone = "neutral") -> None:
    """One sentence that must be seen."""
    show(tag("div", tag("span", words, css="rt-plain"), css=f"rt-note rt-{tone}", role="status"))


def quiet(words: Cell) -> None:
    """One sentence that explains."""
    show(tag("p", words, css="rt-quiet"))


def refused(action: roles.Action, what: str) -> None:
    """What the reader's role does not allow, in place of the form for it, and whom to ask."""
    quiet(f"Your role may not {what}. {roles.who_may(action)}")


def empty(name: str, more: str = "") -> None:
    """Nothing to show, and why, and what happens next."""
    show(tag("div", tag("h2", name), tag("p", more, css="rt-quiet"), css="rt-empty"))


def number(name: Cell, value: str, more: str = "", *, tone: Tone | None = None) -> Markup:
    """A number with its name and what it rests on."""
    return tag(
        "div",
        tag("h2", name),
        tag("div", value, css="rt-big"),
        tag("div", chip(more, tone) if tone else tag("span", more, css="rt-small")) if more else None,
        css="rt-card",
    )


def grid(cards: Iterable[Markup]) -> None:
    """Cards side by side, as many as fit."""
    show(tag("div", list(cards), css="rt-grid"))


def table(
    columns: Sequence[Cell], rows: Iterable[Sequence[Cell]], *, numbers: Iterable[int] = (), label: str
) -> Markup:
    """A small table; `numbers` are the columns that align right. On a phone, rows of many cells stand as lists."""
    right = set(numbers)
    names = [_heard(name) for name in columns]
    head = [tag("th", name, scope="col", css="rt-num" if place in right else "") for place, name in enumerate(columns)]
    body = [
        tag(
            "tr",
            [
                tag("td", cell, css="rt-num" if place in right else "", data_head=names[place])
                for place, cell in enumerate(row)
            ],
        )
        for row in rows
    ]
    css = "rt-table rt-many" if len(columns) >= MANY else "rt-table"
    return tag("table", tag("thead", tag("tr", head)), tag("tbody", body), css=css, aria_label=label)


def _heard(name: Cell) -> str:
    """A heading without its marks and without the explanation that a term carries."""
    return html.unescape(_TAGS.sub("", _TIP.sub("", name))) if isinstance(name, Markup) else name


def answer(
    name: str, said: str | Markup, *, label: str | None = None, more: Sequence[str | Markup] = (), tone: str = ""
) -> Markup:
    """One answer with its name above it."""
    return tag(
        "div",
        tag("div", tag("b", name), more, css="rt-said-head"),
        chip(label) if label else None,
        tag("div", said, css="rt-text") if said else (None if label else tag("span", "No words.", css="rt-quiet")),
        css=f"rt-said {tone}".strip(),
    )


def row(text: str, *beside: Markup | None, is_this: bool) -> Markup:
    """One line of a list: its text, and small beside it what is known of it; `is_this`: it is the one that is open."""
    return tag(
        "div",
        tag("div", text, css="rt-text"),
        tag("div", *beside, css="rt-chips"),
        css="rt-row is-this" if is_this else "rt-row",
    )
