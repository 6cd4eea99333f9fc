"""A list walked by keyboard: moving in it asks nothing of the server, Enter opens, Space ticks, O takes the ticked.

What is opened comes back as an id, never as a place in the list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.elements import router
from loop.text.invisible import reveal

_SCRIPT = Path(__file__).with_suffix(".js")


@dataclass(frozen=True)
class Chip:
    """A short word over a row."""

    text: str
    tone: str | None = None
    """As in `words.Tone`; empty: grey ground; None: plain words."""


@dataclass(frozen=True)
class Line:
    """One text of a row, whole."""

    text: str
    css: str = ""


@dataclass(frozen=True)
class ListRow:
    """One row."""

    id: str
    chips: tuple[Chip, ...]
    lines: tuple[Line, ...]
    css: str = ""
    """Of what stands in it, such as `rt-act`: chips and text beside each other."""


def open_columns(has_opened: bool, *, shares: tuple[int, int]) -> tuple[DeltaGenerator, DeltaGenerator | None]:
    """Where a list stands, and beside it what was opened of it: the list keeps its place on the page with and without,
    so the browser keeps where one was in it."""
    if has_opened:
        left, right = st.columns(shares, gap="medium")
        return left, right
    return st.columns(1)[0], None


def show_listbox(
    label: str,
    rows: Sequence[ListRow],
    *,
    key: str,
    opened: str,
    open_row: Callable[[str], None],
    take: Callable[[tuple[str, ...]], None] | None = None,
    is_walked: bool = True,
) -> None:
    """The list; `open_row` is called with the id of the row opened, `take` with the ticked ones.

    J, K, Enter, T and O from anywhere on the page; in the list also arrows, Home, End and Space. `is_walked`: where it
    is not, J and K are the page's own, and the list is for the mouse and for the arrows alone.
    """
    known = frozenset(row.id for row in rows)
    _component()(
        key=key,
        data={"label": label, "rows": [_drawn(row) for row in rows], "open": opened, "canTick": take is not None},
        on_asked_change=partial(_answer, key, known, open_row, take),
    )
    moves = (
        ("J", "next", "Down the list"),
        ("K", "previous", "Up the list"),
        ("Enter", "open", "Open what is marked"),
    )
    for shortcut, value, says in moves if is_walked else ():
        router.bind(shortcut, key, says=says, act="move", value=value)
    if take is not None:
        router.bind("T", key, says="Tick what is marked", act="move", value="tick")
        router.bind("O", key, says="Judge the ticked ones together", act="move", value="together")


def _answer(
    key: str,
    known: frozenset[str],
    open_row: Callable[[str], None],
    take: Callable[[tuple[str, ...]], None] | None,
) -> None:
    """What the browser asked for, as far as it was drawn."""
    state = st.session_state.get(key)
    asked = state.get("asked") if isinstance(state, Mapping) else None
    if not isinstance(asked, Mapping) or not isinstance(asked.get("ids"), list):
        return
    ids = tuple(one for one in asked["ids"] if one in known)
    if not ids:
        return
    if asked.get("act") == "open":
        open_row(ids[0])
    elif take is not None:
        take(ids)


def _drawn(row: ListRow) -> dict[str, Any]:
    drawn = asdict(row)
    for one in (*drawn["chips"], *drawn["lines"]):
        one["text"] = reveal(one["text"], keep="\n\t")
    return drawn


@cache
def _component() -> Any:
    return st.components.v2.component("listbox", js=_SCRIPT.read_text(encoding="utf-8"), isolate_styles=False)
