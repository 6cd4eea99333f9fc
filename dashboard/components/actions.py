"""Callbacks of the decision form, debounced: one press, one verb of the desk, then the next item.

A held key repeats; after each press there is a quiet time in which further ones count for nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.components import words
from loop import desk
from storage.queries import review as query

QUIET = 0.6
"""Seconds after a press in which no other press decides."""
SETTLED = 0.35
"""Seconds a page must have stood before a press on it decides."""


@dataclass(frozen=True)
class QueuePosition:
    """Where an item stands in the queue."""

    next_id: str | None
    previous_id: str | None


@dataclass(frozen=True)
class Opened:
    """A form that was opened, and the evidence that stood on the page when it was."""

    mode: str
    """`approve`, `reject` or `edit`."""
    digest: str


def mode(proposal_id: str, *, digest: str) -> str:
    """What the reviewer is doing with this proposal: `read`, `approve`, `reject` or `edit`.

    `digest`: of the evidence that is drawn now. A form that was opened on other evidence closes: what was read then is
    not what would be decided on, so it is shown anew (`has_moved`).
    """
    opened: Opened | None = st.session_state.get("mode", {}).get(proposal_id)
    if opened is None:
        return "read"
    if opened.digest != digest:
        st.session_state["mode"] = {}
        st.session_state["moved"] = digest
        return "read"
    return opened.mode


def has_moved(digest: str) -> bool:
    """Whether this evidence took the place of what the reviewer had before them when they pressed a key."""
    return bool(st.session_state.get("moved") == digest)


def set_mode(proposal_id: str, wanted: str = "read", digest: str = "") -> None:
    """Open a form on what was drawn with this digest, or close it: only one is open at a time."""
    st.session_state["moved"] = None
    st.session_state["mode"] = {} if wanted == "read" else {proposal_id: Opened(wanted, digest)}


def go(proposal_id: str | None) -> None:
    """Show another proposal; its id goes into the address bar."""
    st.session_state["mode"] = {}
    st.session_state["moved"] = None
    if proposal_id is None:
        st.query_params.pop("p", None)
    else:
        st.query_params["p"] = proposal_id


def is_quiet() -> bool:
    """Whether this press comes too soon after another, or on a page only just drawn; restarts the quiet time."""
    now = time.monotonic()
    last = float(st.session_state.get("pressed", -QUIET))
    drawn = float(st.session_state.get("settled", -SETTLED))
    st.session_state["pressed"] = now
    return now - last < QUIET or now - drawn < SETTLED


def press_approve(*, proposal_id: str, digest: str, position: QueuePosition, asks: bool) -> None:
    """Approve what was drawn with this digest, or open the strip that asks for a reason."""
    if is_quiet():
        return
    if asks:
        set_mode(proposal_id, "approve", digest)
    else:
        _approve(proposal_id=proposal_id, digest=digest, position=position, reason="")


def send_approve(*, proposal_id: str, digest: str, position: QueuePosition) -> None:
    """Approve with the reason of the strip."""
    reason = st.session_state.get(f"reason-{digest}") or ""
    _approve(proposal_id=proposal_id, digest=digest, position=position, reason=reason)


def _approve(*, proposal_id: str, digest: str, position: QueuePosition, reason: str) -> None:
    def verb() -> session.Notice:
        made = desk.approve(
            session.parts(), proposal_id, actor=session.current_user(), seen_digest=digest, reason=reason
        )
        left = words.remaining(made.effective_at, session.now())
        when = f"It goes live in {left} s. Press U to undo." if left else "It goes live with the loop's next turn."
        rivals = [one for one in query.undoable(session.scope()) if one.proposal_id != proposal_id]
        first = "Another approved change may go live first: then this one is drafted again and Today tells you."
        return session.Notice(f"Approved. {when} {first if rivals else ''}".strip(), undo=made.id)

    _then(verb, position)


def send_reject(*, proposal_id: str, digest: str, position: QueuePosition) -> None:
    """Reject with the words of the strip."""

    def verb() -> session.Notice:
        made = desk.reject(
            session.parts(),
            proposal_id,
            actor=session.current_user(),
            seen_digest=digest,
            categories=tuple(st.session_state.get(f"categories-{digest}") or ()),
            reason=st.session_state.get(f"reason-{digest}") or "",
        )
        return session.Notice("Rejected. The loop was told why. Press U to undo.", undo=made.id)

    _then(verb, position)


def press_undo(decision_id: str) -> None:
    """Take one decision back and show its change again."""
    if not is_quiet():
        take_back(decision_id, then=go)


def take_back(decision_id: str, *, then: Callable[[str], None] | None = None) -> None:
    """Take one decision back; `then` is told whose proposal it was."""

    def verb() -> session.Notice:
        made = desk.undo(session.parts(), decision_id, actor=session.current_user())
        st.session_state.pop("undo_id", None)
        if then is not None:
            then(made.proposal_id)
        return session.Notice("Taken back. It waits for a decision again.")

    session.act(verb)


def _then(verb: Callable[[], session.Notice], position: QueuePosition) -> None:
    """After a decision that was kept the next item comes by itself; after one that was refused this one stays."""
    if session.act(verb):
        st.session_state["undo_id"] = st.session_state["notice"].undo
        st.session_state["decided"] = int(st.session_state.get("decided", 0)) + 1
        go(position.next_id)


def toggle_keys() -> None:
    """Show or hide the list of keys."""
    st.session_state["shows_keys"] = not st.session_state.get("shows_keys", False)
