"""The one decision form: keys on the buttons, one press one decision, and always the digest that was shown.

A click reruns the page from the top, and by then the database may hold another text. So every button
carries the digest of what was drawn, in its arguments and in its key: a press on an older picture is
refused by the desk or reaches nothing at all. A held key repeats; after each press there is a quiet
time in which further ones count for nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dashboard import session
from dashboard.parts import cards, words
from dashboard.parts.markup import show, tag
from loop import desk
from loop.ports import ProposalItem
from loop.records import Decision
from storage.queries.review import Pending

QUIET = 0.6
"""Seconds after a press in which no other press decides."""
SETTLED = 0.35
"""Seconds a page must have stood before a press on it decides."""

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


@dataclass(frozen=True)
class Place:
    """Where an item stands in the queue."""

    following: str | None
    before: str | None


def mode(proposal_id: str) -> str:
    """What the reviewer is doing with this proposal: `read`, `approve`, `reject` or `edit`."""
    return str(st.session_state.get("mode", {}).get(proposal_id, "read"))


def set_mode(proposal_id: str, wanted: str) -> None:
    """Open or close a form; only one is open at a time."""
    st.session_state["mode"] = {proposal_id: wanted}


def go(proposal_id: str | None) -> None:
    """Show another proposal; its id goes into the address bar."""
    st.session_state["mode"] = {}
    if proposal_id is None:
        st.query_params.pop("p", None)
    else:
        st.query_params["p"] = proposal_id


def show_bar(item: ProposalItem, *, place: Place, undo: Pending | Decision | None, can_decide: bool) -> None:
    """The keys of an item that is being read."""
    proposal, digest = item.proposal, item.evidence_digest
    asks = desk.needs_reason(item) if can_decide else ""
    mine = {"proposal_id": proposal.id, "digest": digest, "place": place}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Approve",
            key=f"approve-{digest}",
            type="primary",
            icon=":material/check:",
            shortcut="A",
            disabled=not can_decide,
            on_click=_press_approve,
            kwargs={**mine, "asks": bool(asks)},
        )
        st.button(
            "Edit",
            key=f"edit-{digest}",
            icon=":material/edit:",
            shortcut="E",
            disabled=not can_decide,
            on_click=set_mode,
            args=(proposal.id, "edit"),
        )
        st.button(
            "Reject",
            key=f"reject-{digest}",
            icon=":material/close:",
            shortcut="X",
            disabled=not can_decide,
            on_click=set_mode,
            args=(proposal.id, "reject"),
        )
        st.space("small")
        st.button(
            "Later",
            key="later",
            icon=":material/skip_next:",
            shortcut="J",
            disabled=place.following is None,
            on_click=go,
            args=(place.following,),
        )
        st.button(
            "Back",
            key="back",
            icon=":material/skip_previous:",
            shortcut="K",
            disabled=place.before is None,
            on_click=go,
            args=(place.before,),
        )
        st.button("Keys", key="keys", icon=":material/keyboard:", shortcut="H", on_click=_toggle_keys)
        st.space("small")
        show_undo(undo)
    st.session_state["settled"] = time.monotonic()


def show_undo(undo: Pending | Decision | None) -> None:
    """The undo key with the seconds that are left."""
    decision_id = "" if undo is None else undo.decision_id if isinstance(undo, Pending) else undo.id
    st.button(
        "Undo",
        key="undo",
        icon=":material/undo:",
        shortcut="U",
        disabled=not decision_id,
        on_click=_press_undo,
        args=(decision_id,),
    )
    if isinstance(undo, Pending):
        show_countdown(undo.effective_at, before="live in ")


def show_countdown(until: datetime, *, before: str) -> None:
    """Seconds running down in the browser; the server is not asked."""
    left = words.remaining(until, session.now())
    if left:
        clock = tag("span", css="rt-clock", amounts={"secs": str(left), "span": f"{left}s"})
        show(tag("span", before, clock, css="rt-small", role="timer", aria_label=f"{before}{left} seconds"))


def show_keys() -> None:
    """All keys, when asked for."""
    if st.session_state.get("shows_keys"):
        keys = [tag("div", tag("kbd", key, css="rt-key"), " ", name) for key, name in KEYS]
        show(tag("div", keys, css="rt-card rt-keys", role="note", aria_label="Keys"))


def show_approve_strip(item: ProposalItem, *, place: Place) -> None:
    """Approving with a reason: in place of the bar, so that a held key cannot pass it."""
    proposal, digest = item.proposal, item.evidence_digest
    with st.form(f"approve-form-{digest}", border=False):
        cards.quiet(f"{desk.needs_reason(item)} Say why it should go live anyway; it is kept with the decision.")
        st.text_area(
            "Reason", key=f"reason-{digest}", height=80, placeholder="One sentence", label_visibility="collapsed"
        )
        _form_keys(
            "Approve with this reason",
            key=f"approve-send-{digest}",
            send=_send_approve,
            proposal_id=proposal.id,
            digest=digest,
            place=place,
        )


def show_reject_strip(item: ProposalItem, *, place: Place) -> None:
    """Rejecting: why, in a word or a sentence; proposers are told."""
    proposal, digest = item.proposal, item.evidence_digest
    with st.form(f"reject-form-{digest}", border=False):
        st.pills(
            "Why not?",
            desk.REJECTION_CATEGORIES,
            selection_mode="multi",
            format_func=lambda one: words.REJECTIONS.get(one, one),
            key=f"categories-{digest}",
        )
        st.text_area(
            "In your words",
            key=f"reason-{digest}",
            height=80,
            placeholder="In your words, if you like. The loop reads it before it drafts again.",
            label_visibility="collapsed",
        )
        _form_keys(
            "Reject",
            key=f"reject-send-{digest}",
            send=_send_reject,
            proposal_id=proposal.id,
            digest=digest,
            place=place,
        )


def _form_keys(name: str, *, key: str, send: Callable[..., None], proposal_id: str, digest: str, place: Place) -> None:
    with st.container(horizontal=True, gap="small"):
        st.form_submit_button(
            name,
            key=key,
            type="primary",
            shortcut="Ctrl+Enter",
            on_click=send,
            kwargs={"proposal_id": proposal_id, "digest": digest, "place": place},
        )
        st.form_submit_button(
            "Cancel", key=f"cancel-{key}", shortcut="Esc", on_click=set_mode, args=(proposal_id, "read")
        )


# presses -----------------------------------------------------------------------------------------
def is_quiet() -> bool:
    """Whether this press comes too soon after another, or on a page that was only just drawn; restarts the quiet time."""
    now = time.monotonic()
    last = float(st.session_state.get("pressed", -QUIET))
    drawn = float(st.session_state.get("settled", -SETTLED))
    st.session_state["pressed"] = now
    return now - last < QUIET or now - drawn < SETTLED


def _press_approve(*, proposal_id: str, digest: str, place: Place, asks: bool) -> None:
    if is_quiet():
        return
    if asks:
        set_mode(proposal_id, "approve")
    else:
        _approve(proposal_id=proposal_id, digest=digest, place=place, reason="")


def _send_approve(*, proposal_id: str, digest: str, place: Place) -> None:
    reason = st.session_state.get(f"reason-{digest}") or ""
    _approve(proposal_id=proposal_id, digest=digest, place=place, reason=reason)


def _approve(*, proposal_id: str, digest: str, place: Place, reason: str) -> None:
    def verb() -> session.Notice:
        made = desk.approve(
            session.parts(), proposal_id, actor=session.current_user(), seen_digest=digest, reason=reason
        )
        left = words.remaining(made.effective_at, session.now())
        when = f"It goes live in {left} s. Press U to undo." if left else "It goes live with the loop's next turn."
        return session.Notice(f"Approved. {when}", undo=made.id)

    _then(verb, place)


def _send_reject(*, proposal_id: str, digest: str, place: Place) -> None:
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

    _then(verb, place)


def _press_undo(decision_id: str) -> None:
    if is_quiet():
        return

    def verb() -> session.Notice:
        made = desk.undo(session.parts(), decision_id, actor=session.current_user())
        st.session_state.pop("undo_id", None)
        go(made.proposal_id)
        return session.Notice("Taken back. It waits for a decision again.")

    session.act(verb)


def _then(verb: Callable[[], session.Notice], place: Place) -> None:
    """After a decision that was kept the next item comes by itself; after one that was refused this one stays."""
    if session.act(verb):
        st.session_state["undo_id"] = st.session_state["notice"].undo
        st.session_state["decided"] = int(st.session_state.get("decided", 0)) + 1
        go(place.following)


def _toggle_keys() -> None:
    st.session_state["shows_keys"] = not st.session_state.get("shows_keys", False)
