"""The one door to HTML: every text that goes through is escaped, and only harmless tags exist.

Stored text is written by strangers. It reaches the screen through `st.text`, `st.code`,
`st.dataframe`, or from here; nothing else in the dashboard calls `st.html`.
"""

import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import streamlit as st

from loop.text.invisible import reveal

TAGS = frozenset(
    {"div", "span", "p", "b", "h1", "h2", "h3", "ul", "li", "ins", "del", "kbd", "pre", "details", "summary"}
    | {"table", "thead", "tbody", "tr", "th", "td", "section", "article"}
)
"""Nothing here loads, submits, links or runs."""
ATTRIBUTES = frozenset({"class", "role", "scope", "tabindex", "title", "colspan", "open", "id"})

_STYLE = Path(__file__).with_name("style.css")
_AMOUNT = re.compile(r"-?\d+(\.\d+)?(%|s|px)?")


class Markup(str):
    """HTML that was made here, safe to show as it is."""

    __slots__ = ()


Child: TypeAlias = "str | Markup | Iterable[str | Markup] | None"


def tag(
    name: str, /, *children: Child, css: str = "", amounts: dict[str, str] | None = None, **attributes: str
) -> Markup:
    """One element. Plain strings are escaped and their hidden characters shown; `Markup` is kept.

    `amounts`: CSS custom properties without the dashes, numbers with an optional unit only.
    `aria_label` and `data_x` are spelled with an underscore. Raises ValueError for a tag or attribute not listed.
    """
    if name not in TAGS:
        raise ValueError(f"Tag {name} is not allowed.")
    spelled: list[str] = []
    if css:
        attributes = {"class": css, **attributes}
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        if attribute not in ATTRIBUTES and not attribute.startswith(("aria-", "data-")):
            raise ValueError(f"Attribute {attribute} is not allowed.")
        spelled.append(f' {attribute}="{html.escape(value)}"')
    if amounts:
        for key, value in amounts.items():
            if not _AMOUNT.fullmatch(value) or not key.isalpha():
                raise ValueError(f"Amount {key} is not a number.")
        spelled.append(' style="' + ";".join(f"--{key}:{value}" for key, value in amounts.items()) + '"')
    return Markup(f"<{name}{''.join(spelled)}>{''.join(_flat(children))}</{name}>")


def text(value: str) -> Markup:
    """Text as text: escaped, hidden characters shown as ⟦U+XXXX⟧."""
    return Markup(html.escape(reveal(value, keep="\n\t")))


def join(parts: Iterable[str | Markup], between: str = "") -> Markup:
    """Several pieces in a row."""
    return Markup(html.escape(between).join(_flat((list(parts),))))


def show(markup: Markup) -> None:
    """Put it on the page."""
    if not isinstance(markup, Markup):
        raise TypeError("Only markup made by dashboard.components.elements.markup is shown.")
    st.html(str(markup))


def show_style() -> None:
    """Load the style sheet of every element made here; once per page run."""
    st.html(_STYLE)


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        match child:
            case None:
                continue
            case Markup():
                yield str(child)
            case str():
                yield str(text(child))
            case _:
                yield from _flat(child)


def literal(text: str) -> str:
    """Text for a Streamlit element that reads Markdown: every character that could mean something escaped."""
    return "".join(f"\\{one}" if one in r"\`*_{}[]()#+-.!|<>~:$^" else one for one in text)
