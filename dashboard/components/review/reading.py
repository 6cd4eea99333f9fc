"""Who reads a change: a short lease on it, renewed while its page is open and in use, so that two do not both decide.

It is a courtesy: what keeps two decisions apart is the desk. Where it cannot be written, nothing is said of it.
"""

import time

import streamlit as st

from dashboard import page_run, session
from loop import desk
from loop.errors import RatchetError
from loop.records.viewing import Viewers

IN_USE = 300.0
"""Seconds after the last press in which a page that is open counts as read."""
_READ = "read"
_TOUCHED = "touched"
_BY_ITSELF = "drawn_by_itself"
_LAST = "drew_itself_at"
_REST = 3.0
"""Seconds between two drawings of the page by itself: whatever it sees differently, it never draws without end."""


def touch() -> None:
    """The page is drawn because its reader did something; not because it noticed something by itself (`draw_again`)."""
    if not st.session_state.pop(_BY_ITSELF, False):
        st.session_state[_TOUCHED] = time.monotonic()


def is_by_itself() -> bool:
    """Whether this drawing of the page is one that it began by itself."""
    return bool(st.session_state.get(_BY_ITSELF))


def draw_again() -> None:
    """Draw the page again by itself, unless it did so a moment ago: then at the next look."""
    now = time.monotonic()
    if now - float(st.session_state.get(_LAST, -_REST)) < _REST:
        return
    st.session_state[_LAST] = now
    st.session_state[_BY_ITSELF] = True
    st.rerun(scope="app")


@page_run.once
def look(proposal_id: str, *, holds: bool = True) -> Viewers:
    """Take or renew the lease on this change while the page is in use; who reads it.

    `holds`: False where their word does not count: a change that waits for a second person is not kept from them.
    """
    parts, actor = session.parts(), session.current_user()
    is_used = time.monotonic() - float(st.session_state.get(_TOUCHED, -IN_USE)) < IN_USE
    try:
        if st.session_state.get(_READ) != proposal_id or not holds:
            leave()
        if not is_used or not holds:
            return desk.viewers(parts, proposal_id, actor=actor)
        st.session_state[_READ] = proposal_id
        return desk.view(parts, proposal_id, actor=actor)
    except RatchetError:
        return Viewers()


def leave() -> None:
    """Free what was read last."""
    read = st.session_state.pop(_READ, None)
    if read is None:
        return
    try:
        desk.leave(session.parts(), read, actor=session.current_user())
    except RatchetError:
        return


def others(viewers: Viewers) -> str:
    """Who else reads it, in a sentence; empty: nobody."""
    if not viewers.others:
        return ""
    *some, last = viewers.others
    return f"{', '.join(some)} and {last} are looking at this change." if some else f"{last} is looking at this change."
