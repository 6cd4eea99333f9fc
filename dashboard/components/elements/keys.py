"""Buttons and forms with keys: what every page draws them with, so that one press is one request.

No form sends itself on Enter or by a box's own Ctrl+Enter: only its button does, pressed by the key router.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.elements import cards, router
from dashboard.components.elements.paging import QueuePosition


def show_button(name: str, *, key: str, shortcut: str, says: str = "", opens: bool = False, **drawn: Any) -> bool:
    """A button with a key. `opens`: it opens a form whose box takes the focus (`router.focus`), letters wait for it.

    `says`: what the list of keys says; else the name on the button.
    """
    if not drawn.get("disabled"):
        router.bind(shortcut, key, says=says or name, opens=opens)
    return st.button(name, key=key, shortcut=shortcut, **drawn)


def open_form(key: str, *, border: bool = True, takes_focus: bool = False) -> DeltaGenerator:
    """A form that only its buttons send: `with keys.open_form(...)`, and `show_send` or `show_ends` inside.

    `takes_focus`: its first box does, once, when the form appears.
    """
    place = f"in-{key}"
    if takes_focus:
        router.focus(place)
    return st.container(key=place).form(key, enter_to_submit=False, border=border)


def show_title(name: str) -> None:
    """The title of a page that is worked by keyboard, and beside it the list of its keys."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        cards.title(name)
        show_help_button()


def show_help_button() -> None:
    """Opens the list of keys; in the browser alone, the server is not asked."""
    st.button("Keys", key="keys", icon=":material/keyboard:")


def show_walk(
    position: QueuePosition, *, onwards: str, go: Callable[[str], None], back: str = "Back", of: str = ""
) -> None:
    """J to the next item of a list, K to the one before. On the buttons: `onwards`, `back`; in their keys: `of`."""
    ahead, behind = (f"{of}-next", f"{of}-back") if of else ("later", "back")
    for name, key, icon, shortcut, item_id, says in (
        (onwards, ahead, ":material/skip_next:", "J", position.next_id, "The next one"),
        (back, behind, ":material/skip_previous:", "K", position.previous_id, "The one before"),
    ):
        show_button(
            name,
            key=key,
            shortcut=shortcut,
            says=says,
            icon=icon,
            disabled=item_id is None,
            on_click=go,
            args=(item_id,),
        )


def show_send(
    name: str,
    *,
    key: str,
    send: Callable[..., None],
    icon: str | None = None,
    is_beside: bool = False,
    **arguments: Any,
) -> None:
    """Ctrl+Enter or Cmd+Enter sends the form; `send` is called with the arguments as they were drawn.

    `is_beside`: another form of the page may be meant as well, so it does so only while the focus is in this one.
    """
    router.bind("Ctrl+Enter", key, says=name)
    shortcut = None if is_beside else "Ctrl+Enter"
    st.form_submit_button(name, key=key, type="primary", icon=icon, shortcut=shortcut, on_click=send, kwargs=arguments)


def show_ends(
    name: str, *, verb: str, of: str, send: Callable[[], None], leave: Callable[[], None], has_look: bool = False
) -> bool:
    """The ways out of a form: send, a look at the changes where there is one, cancel (Esc). Whether a look is wanted.

    `verb` and `of` make the keys of the buttons: what is done, to what as it was drawn.
    """
    wants_look = False
    with st.container(horizontal=True, gap="small"):
        show_send(name, key=f"{verb}-send-{of}", send=send)
        if has_look:
            wants_look = st.form_submit_button("Show my changes", key=f"{verb}-look-{of}", icon=":material/difference:")
        cancel = f"{verb}-cancel-{of}"
        router.bind("Esc", cancel, says="Leave the form")
        st.form_submit_button("Cancel", key=cancel, shortcut="Esc", on_click=leave)
    return wants_look
