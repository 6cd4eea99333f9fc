"""The one decision form: keys on the buttons, one press one decision, and always the digest that was shown.

A click reruns the page from the top, and by then the database may hold another text. So every button
carries the digest of what was drawn, in its arguments and in its key: a press on an older picture is
refused by the desk or reaches nothing at all.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, keys, router, words
from dashboard.components.elements.markup import show, tag
from dashboard.components.elements.paging import QueuePosition
from dashboard.components.review import actions, headline, remarks
from dashboard.components.review.actions import Doing
from dashboard.components.review.changes import folded
from loop import desk, roles
from loop.errors import NotFound
from loop.ports import Parts
from loop.records import ProposalItem, ProposalState
from storage.queries import review as query

_TITLE = 30
"""Characters of the title beside the undo key."""


@dataclass(frozen=True)
class Standing:
    """What the reviewer may do with the item on the page."""

    position: QueuePosition
    can_decide: bool
    """It waits on the live version, and nobody else reads it."""
    decides: bool = True
    """Whether their role decides at all: where it does not, no key of deciding is drawn."""
    why_not_approve: str = ""
    """In words; empty: they may."""
    why_not_reject: str = ""
    """The same for rejecting, editing and keeping a part."""
    parts: int = 1
    """Pieces that could be kept one by one."""

    @property
    def may_approve(self) -> bool:
        """Here and now."""
        return self.can_decide and not self.why_not_approve

    @property
    def may_reject(self) -> bool:
        """Or edit, or keep a part."""
        return self.can_decide and not self.why_not_reject


@dataclass(frozen=True)
class WayBack:
    """How the last decision is undone: before it goes live, or after."""

    name: str
    """On the button."""
    says: str
    """In the list of keys."""
    press: Callable[..., None]
    of: str | int
    """The decision, or the version that went live."""
    title: str
    """Of the change it is about."""
    until: datetime | None = None
    """When it goes live; None: it does not, or is."""


def show_bar(item: ProposalItem, *, standing: Standing, back: WayBack | None) -> None:
    """The keys of an item that is being read."""
    with st.container(key="bar", horizontal=True, gap="small", vertical_alignment="center"):
        if standing.decides:
            _show_verbs(item, standing)
        keys.show_walk(standing.position, onwards="Later", go=partial(_walk, later=standing.position.next_id))
        if standing.decides and standing.parts > 1:
            can = standing.may_reject
            _show_verb(item, "Keep some", doing=Doing.KEEP, icon="checklist", shortcut="P", can=can, kind="tertiary")
        if roles.may(session.current_user(), "draft"):
            _show_verb(
                item, "Comment", doing=Doing.COMMENT, icon="add_comment", shortcut="M", can=True, kind="tertiary"
            )
        keys.show_button(
            "Numbers",
            key="numbers",
            icon=":material/query_stats:",
            shortcut="N",
            type="tertiary",
            says="Show or hide the numbers behind the verdict",
            on_click=headline.toggle_numbers,
        )
        keys.show_help_button()
        show_way_back(back)
    st.session_state["settled"] = time.monotonic()


def _walk(proposal_id: str, *, later: str | None) -> None:
    """Later: to one that can be worked on. Back: to exactly the one before."""
    (actions.go_on if proposal_id == later else actions.go)(proposal_id)


def _show_verbs(item: ProposalItem, standing: Standing) -> None:
    """Approve, edit, reject."""
    digest = item.evidence_digest
    asks = desk.needs_reason(session.parts().store, item) if standing.may_approve else ""
    keys.show_button(
        "Approve",
        key=f"approve-{digest}",
        shortcut="A",
        opens=bool(asks),
        type="primary",
        icon=":material/check:",
        disabled=not standing.may_approve,
        help=standing.why_not_approve or None,
        on_click=actions.press_approve,
        kwargs={
            "proposal_id": item.proposal.id,
            "digest": digest,
            "position": standing.position,
            "asks": bool(asks),
        },
    )
    _show_verb(item, "Edit", doing=Doing.EDIT, icon="edit", shortcut="E", can=standing.may_reject)
    _show_verb(item, "Reject", doing=Doing.REJECT, icon="close", shortcut="X", can=standing.may_reject)


def _show_verb(
    item: ProposalItem,
    name: str,
    *,
    doing: Doing,
    icon: str,
    shortcut: str,
    can: bool,
    kind: Literal["secondary", "tertiary"] = "secondary",
) -> None:
    """A key that opens a form on what is drawn."""
    digest = item.evidence_digest
    keys.show_button(
        name,
        key=f"{doing}-{digest}",
        shortcut=shortcut,
        opens=True,
        type=kind,
        icon=f":material/{icon}:",
        disabled=not can,
        on_click=actions.set_doing,
        args=(item.proposal.id, doing, digest),
    )


def find_way_back(parts: Parts) -> WayBack | None:
    """Of the last decision of this session: undo it, or take its release back; else undo another about to go live."""
    pending = query.undoable(session.scope())
    last = actions.last_decision()
    waits = next((one for one in pending if last and one.decision_id == last.decision_id), None)
    if waits is None and last is not None and (found := _way_back_of(parts, last)) is not None:
        return found
    mine = session.current_user().name
    waits = waits or next((one for one in pending if one.actor == mine), None)
    return None if waits is None else _undo(waits.decision_id, title=waits.title, until=waits.effective_at)


def _way_back_of(parts: Parts, last: actions.Last) -> WayBack | None:
    try:
        item = parts.store.proposal(last.proposal_id)
    except NotFound:
        return None
    if item.state is ProposalState.LIVE and item.number is not None:
        name = f"Take {words.version(item.number)} back"
        says = "Take the release of your last decision back"
        return WayBack(name, says, actions.press_take_back, item.number, item.proposal.title)
    made = parts.store.decisions(last.proposal_id)
    is_last = bool(made) and made[-1].id == last.decision_id
    stands = (
        (made[-1].verb == "reject" and item.state is ProposalState.REJECTED)
        or (made[-1].verb == "endorse" and item.state is ProposalState.WAITING)
        if is_last
        else False
    )
    return _undo(last.decision_id, title=item.proposal.title) if stands else None


def _undo(decision_id: str, *, title: str, until: datetime | None = None) -> WayBack:
    return WayBack("Undo", "Undo your last decision", actions.press_undo, decision_id, title, until=until)


def show_way_back(back: WayBack | None) -> None:
    """The undo key with the seconds that are left; after it the key that takes the release back."""
    keys.show_button(
        back.name if back else "Undo",
        key="undo",
        shortcut="U",
        says=back.says if back else "",
        icon=":material/undo:",
        type="tertiary",
        disabled=back is None,
        on_click=back.press if back else None,
        args=(back.of,) if back else None,
    )
    if back is not None:
        with st.container(key="way-back", gap=None, width="content"):
            show(tag("div", f"“{words.short(back.title, _TITLE)}”", css="rt-small", title=back.title))
            if back.until is not None:
                show_countdown(back.until, before="live in ")


def show_countdown(until: datetime, *, before: str) -> None:
    """Seconds running down in the browser; the server is not asked."""
    left = words.remaining(until, session.now())
    if left:
        clock = tag("span", css="rt-clock", amounts={"secs": str(left), "span": f"{left}s"})
        show(tag("span", before, clock, css="rt-small", role="timer", aria_label=f"{before}{left} seconds"))


def show_approve_strip(item: ProposalItem, *, position: QueuePosition) -> None:
    """Approving with a reason: in place of the bar, so that a held key cannot pass it."""
    digest = item.evidence_digest
    with keys.open_form(f"approve-form-{digest}", border=False):
        router.focus(f"reason-{digest}")
        why = desk.needs_reason(session.parts().store, item)
        cards.quiet(f"{why} Say why it should go live; it is kept with the decision.")
        st.text_area(
            "Reason", key=f"reason-{digest}", height=80, placeholder="One sentence", label_visibility="collapsed"
        )
        _show_ends("Approve with this reason", verb="approve", send=actions.send_approve, item=item, position=position)


def show_reject_strip(item: ProposalItem, *, position: QueuePosition) -> None:
    """Rejecting: why, in a word or a sentence; proposers are told."""
    digest = item.evidence_digest
    why = desk.needs_reason(session.parts().store, item, verb="reject")
    asked = f"{why} Say in a sentence why it should not go live." if why else ""
    with keys.open_form(f"reject-form-{digest}", border=False):
        router.focus(f"reason-{digest}")
        router.bind_digits(
            f"categories-{digest}", [words.REJECTIONS.get(one, one) for one in desk.REJECTION_CATEGORIES]
        )
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
            placeholder=asked or "In your words, if you like. The loop reads it before it drafts again.",
            label_visibility="collapsed",
        )
        _show_ends("Reject", verb="reject", send=actions.send_reject, item=item, position=position)


def show_comment_strip(item: ProposalItem) -> None:
    """A comment on the change, or on one of its lines; it teaches nothing and follows the change."""
    digest = item.evidence_digest
    with keys.open_form(f"comment-form-{digest}", border=False):
        router.focus(f"comment-{digest}")
        places = remarks.places([one.change for one in folded(item.proposal.changes)])
        st.selectbox("About", list(places), key=f"comment-on-{digest}")
        st.text_area(
            "Comment", key=f"comment-{digest}", height=80, placeholder="For your colleagues; it decides nothing.",
            label_visibility="collapsed",
        )  # fmt: skip
        keys.show_ends(
            "Comment",
            verb="comment",
            of=digest,
            send=partial(remarks.send, proposal_id=item.proposal.id, digest=digest, places=places),
            leave=partial(actions.set_doing, item.proposal.id),
        )
    remarks.show_own(item.proposal.id)


def _show_ends(name: str, *, verb: str, send: Callable[..., None], item: ProposalItem, position: QueuePosition) -> None:
    proposal_id, digest = item.proposal.id, item.evidence_digest
    keys.show_ends(
        name,
        verb=verb,
        of=digest,
        send=partial(send, proposal_id=proposal_id, digest=digest, position=position),
        leave=partial(actions.set_doing, proposal_id),
    )
