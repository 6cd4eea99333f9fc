"""The one decision form: keys on the buttons, one press one decision, and always the digest that was shown.

A click reruns the page from the top, and by then the database may hold another text. So every button
carries the digest of what was drawn, in its arguments and in its key: a press on an older picture is
refused by the desk or reaches nothing at all.
"""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import streamlit as st

from dashboard import session
from dashboard.components import actions, cards, keys, words
from dashboard.components.markup import show, tag
from loop import desk
from loop.ports import Parts
from loop.records import Decision, ProposalItem
from storage.queries import review as query
from storage.queries.review import Pending


def show_bar(
    item: ProposalItem, *, position: actions.QueuePosition, undo: Pending | Decision | None, can_decide: bool
) -> None:
    """The keys of an item that is being read."""
    proposal, digest = item.proposal, item.evidence_digest
    asks = desk.needs_reason(item) if can_decide else ""
    mine = {"proposal_id": proposal.id, "digest": digest, "position": position}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Approve",
            key=f"approve-{digest}",
            type="primary",
            icon=":material/check:",
            shortcut="A",
            disabled=not can_decide,
            on_click=actions.press_approve,
            kwargs={**mine, "asks": bool(asks)},
        )
        for name, mode, icon, shortcut in (
            ("Edit", "edit", ":material/edit:", "E"),
            ("Reject", "reject", ":material/close:", "X"),
        ):
            st.button(
                name,
                key=f"{mode}-{digest}",
                icon=icon,
                shortcut=shortcut,
                disabled=not can_decide,
                on_click=actions.set_mode,
                args=(proposal.id, mode, digest),
            )
        st.space("small")
        keys.show_walk(position, onwards="Later", go=actions.go)
        st.button("Keys", key="keys", icon=":material/keyboard:", shortcut="H", on_click=actions.toggle_keys)
        st.space("small")
        show_undo(undo)
    st.session_state["settled"] = time.monotonic()


def find_undo(parts: Parts) -> Pending | Decision | None:
    """The last decision of this session while it can be taken back; else another of theirs about to go live."""
    pending = query.undoable(session.scope())
    last = st.session_state.get("undo_id")
    for one in pending:
        if one.decision_id == last:
            return one
    if last:
        made = next((one for one in parts.store.decisions() if one.id == last), None)
        if made is not None and made.verb == "reject":
            return made
    mine = session.current_user().name
    return next((one for one in pending if one.actor == mine), None)


def show_undo(undo: Pending | Decision | None) -> None:
    """The undo key with the seconds that are left."""
    decision_id = "" if undo is None else undo.decision_id if isinstance(undo, Pending) else undo.id
    st.button(
        "Undo",
        key="undo",
        icon=":material/undo:",
        shortcut="U",
        disabled=not decision_id,
        on_click=actions.press_undo,
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


def show_approve_strip(item: ProposalItem, *, position: actions.QueuePosition) -> None:
    """Approving with a reason: in place of the bar, so that a held key cannot pass it."""
    digest = item.evidence_digest
    with st.form(f"approve-form-{digest}", border=False):
        cards.quiet(f"{desk.needs_reason(item)} Say why it should go live anyway; it is kept with the decision.")
        st.text_area(
            "Reason", key=f"reason-{digest}", height=80, placeholder="One sentence", label_visibility="collapsed"
        )
        _show_ends("Approve with this reason", verb="approve", send=actions.send_approve, item=item, position=position)


def show_reject_strip(item: ProposalItem, *, position: actions.QueuePosition) -> None:
    """Rejecting: why, in a word or a sentence; proposers are told."""
    digest = item.evidence_digest
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
        _show_ends("Reject", verb="reject", send=actions.send_reject, item=item, position=position)


def _show_ends(
    name: str, *, verb: str, send: Callable[..., None], item: ProposalItem, position: actions.QueuePosition
) -> None:
    proposal_id, digest = item.proposal.id, item.evidence_digest
    keys.show_ends(
        name,
        verb=verb,
        of=digest,
        send=partial(send, proposal_id=proposal_id, digest=digest, position=position),
        leave=partial(actions.set_mode, proposal_id),
    )
