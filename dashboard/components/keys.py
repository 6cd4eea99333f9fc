"""The keys of the screens: the list of them, and the buttons that carry the same key on every page."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.components.actions import QueuePosition
from dashboard.components.markup import show, tag

KEYS = (
    ("A", "Approve"),
    ("E", "Edit"),
    ("X", "Reject"),
    ("J", "Later: the next one"),
    ("K", "Back: the one before"),
    ("U", "Undo your last decision"),
    ("H", "Show or hide these keys"),
    ("Ctrl+Enter", "Send the form you are in"),
    ("Esc", "Leave the form"),
)


def show_keys() -> None:
    """All keys, when asked for."""
    if st.session_state.get("shows_keys"):
        keys = [tag("div", tag("kbd", key, css="rt-key"), " ", name) for key, name in KEYS]
        show(tag("div", keys, css="rt-card rt-keys", role="note", aria_label="Keys"))


def show_walk(position: QueuePosition, *, onwards: str, go: Callable[[str], None]) -> None:
    """J to the next item of a queue, K to the one before; `onwards` is the word on the first."""
    for name, key, icon, shortcut, item_id in (
        (onwards, "later", ":material/skip_next:", "J", position.next_id),
        ("Back", "back", ":material/skip_previous:", "K", position.previous_id),
    ):
        st.button(name, key=key, icon=icon, shortcut=shortcut, disabled=item_id is None, on_click=go, args=(item_id,))


def show_send(name: str, *, key: str, send: Callable[..., None], **arguments: Any) -> None:
    """Ctrl+Enter sends the form; `send` is called with the arguments as they were drawn."""
    st.form_submit_button(name, key=key, type="primary", shortcut="Ctrl+Enter", on_click=send, kwargs=arguments)


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
        st.form_submit_button("Cancel", key=f"{verb}-cancel-{of}", shortcut="Esc", on_click=leave)
    return wants_look
