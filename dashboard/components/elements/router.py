"""The key router: one listener in the browser presses the buttons of the page, each press once.

A page says, while it is drawn, which key presses which button (`bind`), which box takes the focus when a form opens
(`focus`); at the end of the run the router is told all of it (`mount`). Streamlit's own `shortcut=` stays on the
buttons as the hint and for the moment before the router is there; the router stops the event first.

Once pressed, a key is locked until the page has been drawn again. Letters pressed in between press nothing; where the
key opens a box they are kept and typed into it.
"""

import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import streamlit as st

Act: TypeAlias = Literal["press", "focus", "move"]

_SCRIPT = Path(__file__).with_suffix(".js")
_STATE = "router"


@dataclass(frozen=True)
class Binding:
    """One key, and what it does on the page as drawn."""

    combo: str
    """As the browser names it, small letters: `a`, `1`, `?`, `Enter`, `Escape`; `Mod+Enter` is Ctrl or Cmd."""
    key: str
    """Class of the element it acts on, without `st-key-`."""
    shown: str
    """The key as a person reads it."""
    says: str = ""
    """What it does, in the list of keys; empty: not listed."""
    act: Act = "press"
    """`press` a button or tick a box; `focus` a box; `move` in a list."""
    nth: int = 1
    """Which of the buttons inside, from 1."""
    once: bool = True
    """Nothing else is pressed until the page has been drawn again."""
    opens: bool = False
    """A box is about to take the focus: letters typed meanwhile are for it."""
    inEmpty: bool = False  # noqa: N815 - read by the script
    """Also while the focus is in a box that is still empty."""
    value: str = ""
    """What a `move` is told: `next`, `previous`, `open`."""


@dataclass
class _Run:
    """What this session's page run has bound so far."""

    token: int
    bindings: dict[tuple[str, str, int], Binding]
    focus: str = ""


def start() -> None:
    """A page run begins: nothing is bound yet."""
    was: _Run | None = st.session_state.get(_STATE)
    st.session_state[_STATE] = _Run(token=was.token + 1 if was else 1, bindings={})


def bind(shortcut: str, key: str, **fields: Any) -> None:
    """This key acts on the element of this Streamlit key. `shortcut` as Streamlit spells it: `A`, `Ctrl+Enter`, `Esc`.

    The first binding of a key that is on the screen counts. `Ctrl+Enter` and `Esc` go to the form the focus is in;
    from outside, `Ctrl+Enter` goes to the only form there is.
    """
    run: _Run | None = st.session_state.get(_STATE)
    if run is None:
        return
    made = Binding(combo=_combo(shortcut), key=_css(key), shown=shortcut, **fields)
    run.bindings.setdefault((made.combo, made.key, made.nth), made)


def bind_digits(key: str, names: list[str] | tuple[str, ...], *, opens_empty: bool = True) -> None:
    """1, 2, 3 … press the pills of this key, up to nine; also while the box beside them is still empty."""
    for place, name in enumerate(names[:9], start=1):
        bind(str(place), key, says=name, nth=place, once=False, inEmpty=opens_empty)


def focus(key: str) -> None:
    """The box of this Streamlit key takes the focus once, when it first appears. The key names the item it is for."""
    run: _Run | None = st.session_state.get(_STATE)
    if run is not None:
        run.focus = _css(key)


def bound() -> tuple[Binding, ...]:
    """What the last page run bound, in order."""
    run: _Run | None = st.session_state.get(_STATE)
    return tuple(run.bindings.values()) if run else ()


def mount() -> None:
    """Tell the router what this run bound; the last thing a page run does."""
    run: _Run = st.session_state[_STATE]
    _component()(
        key="router",
        height=0,
        data={"token": run.token, "keys": [asdict(one) for one in run.bindings.values()], "focus": run.focus},
    )


@cache
def _component() -> Any:
    return st.components.v2.component("router", js=_SCRIPT.read_text(encoding="utf-8"))


def _combo(shortcut: str) -> str:
    return {"Ctrl+Enter": "Mod+Enter", "Esc": "Escape"}.get(
        shortcut, shortcut.lower() if len(shortcut) == 1 else shortcut
    )


def _css(key: str) -> str:
    """The class Streamlit makes of a key: what a class may not hold becomes a dash."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
