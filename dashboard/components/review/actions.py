"""Callbacks of the decision form, debounced: one press, one verb of the desk, then the next item.

A held key repeats; after each press there is a quiet time in which further ones count for nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import streamlit as st

from dashboard import session
from dashboard.components.elements import words
from dashboard.components.elements.paging import QueuePosition
from dashboard.components.review import reading
from loop import desk
from loop.errors import RatchetError
from loop.records.practice import PracticeAnswer
from storage.queries import review as query

QUIET = 0.6
"""Seconds after a press in which no other press decides."""
_DECIDED = "decided"
"""In the session: when each change was decided, by id."""
_MINUTE = 60.0
SETTLED = 0.35
"""Seconds a page must have stood before a press on it decides."""


class Doing(StrEnum):
    """What a reviewer is doing with a change: reading it, or filling in a form about it."""

    READ = "read"
    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"
    KEEP = "keep"
    COMMENT = "comment"


@dataclass(frozen=True)
class Opened:
    """A form that was opened, and the evidence that stood on the page when it was."""

    doing: Doing
    digest: str


@dataclass(frozen=True)
class Last:
    """What was decided last in this session."""

    decision_id: str
    proposal_id: str


def doing(proposal_id: str, *, digest: str) -> Doing:
    """What the reviewer is doing with this proposal.

    `digest`: of the evidence that is drawn now. A form that was opened on other evidence closes: what was read then is
    not what would be decided on, so it is shown anew (`has_moved`).
    """
    opened: Opened | None = st.session_state.get("mode", {}).get(proposal_id)
    if opened is None:
        return Doing.READ
    if opened.digest != digest:
        st.session_state["mode"] = {}
        st.session_state["moved"] = digest
        return Doing.READ
    return Doing(opened.doing)


def has_moved(digest: str) -> bool:
    """Whether this evidence took the place of what the reviewer had before them when they pressed a key."""
    return bool(st.session_state.get("moved") == digest)


def set_doing(proposal_id: str, wanted: Doing = Doing.READ, digest: str = "") -> None:
    """Open a form on what was drawn with this digest, or close it: only one is open at a time."""
    st.session_state["moved"] = None
    st.session_state["mode"] = {} if wanted is Doing.READ else {proposal_id: Opened(wanted, digest)}


def go(proposal_id: str | None) -> None:
    """Show another proposal; its id goes into the address bar. What was read till now is free for a colleague."""
    reading.leave()
    st.session_state["mode"] = {}
    st.session_state["moved"] = None
    if proposal_id is None:
        st.query_params.pop("p", None)
    else:
        st.query_params["p"] = proposal_id


def go_on(proposal_id: str | None) -> None:
    """On from what was read: to this one, or to the next after it that no colleague reads (`is_handed`)."""
    go(proposal_id)
    st.session_state["handed"] = True


def is_handed() -> bool:
    """Whether nobody asked for the item of the address by name; said once."""
    return bool(st.session_state.pop("handed", False))


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
        set_doing(proposal_id, Doing.APPROVE, digest)
    else:
        _approve(proposal_id=proposal_id, digest=digest, position=position, reason="")


def send_approve(*, proposal_id: str, digest: str, position: QueuePosition) -> None:
    """Approve with the reason of the strip."""
    reason = st.session_state.get(f"reason-{digest}") or ""
    _approve(proposal_id=proposal_id, digest=digest, position=position, reason=reason)


def _approve(*, proposal_id: str, digest: str, position: QueuePosition, reason: str) -> None:
    def verb() -> session.Notice:
        parts, actor = session.parts(), session.current_user()
        made = desk.approve(parts, proposal_id, actor=actor, seen_digest=digest, reason=reason)
        if isinstance(made, PracticeAnswer):
            return session.Notice(desk.practice_words(made))
        verdict = desk.withheld_verdict(parts, made)
        if made.verb == "endorse":
            told = "You approved it as the first of two; it waits for a second person. Press U to undo."
            return session.Notice(f"{told} {verdict}".strip(), undo=made.id)
        left = words.remaining(made.effective_at, session.now())
        when = f"It goes live in {words.took(left)}. Press U to undo." if left else "It goes live with the next turn."
        rivals = [one for one in query.undoable(session.scope()) if one.proposal_id != proposal_id]
        first = "Another approved change may go live first: then this one is drafted again and Today tells you."
        said = " ".join(filter(None, (f"Approved. {when}", verdict, first if rivals else "")))
        return session.Notice(said, undo=made.id)

    _then(verb, proposal_id=proposal_id, position=position)


def send_reject(*, proposal_id: str, digest: str, position: QueuePosition) -> None:
    """Reject with the words of the strip."""

    def verb() -> session.Notice:
        parts, actor = session.parts(), session.current_user()
        made = desk.reject(
            parts,
            proposal_id,
            actor=actor,
            seen_digest=digest,
            categories=tuple(st.session_state.get(f"categories-{digest}") or ()),
            reason=st.session_state.get(f"reason-{digest}") or "",
        )
        if isinstance(made, PracticeAnswer):
            return session.Notice(desk.practice_words(made))
        said = f"Rejected. The loop was told why. Press U to undo. {desk.withheld_verdict(parts, made)}"
        return session.Notice(said.strip(), undo=made.id)

    _then(verb, proposal_id=proposal_id, position=position)


def press_undo(decision_id: str) -> None:
    """Take one decision back and show its change again."""
    if not is_quiet():
        take_back(decision_id, then=go)


def press_take_back(number: int) -> None:
    """Take the release of one's last decision back."""
    if is_quiet():
        return

    def verb() -> session.Notice:
        made = desk.take_back(session.parts(), number, actor=session.current_user())
        st.session_state.pop("last", None)
        if made.release is not None:
            return session.Notice(f"{words.version(number)} was taken back: what was live before is live again.")
        return session.Notice(
            f"Others went live on top of {words.version(number)}, so a change that takes exactly it back is tested now."
        )

    session.act(verb)


def take_back(decision_id: str, *, then: Callable[[str], None] | None = None) -> None:
    """Take one decision back; `then` is told whose proposal it was."""

    def verb() -> session.Notice:
        made = desk.undo(session.parts(), decision_id, actor=session.current_user())
        st.session_state.pop("last", None)
        _forget_decided(made.proposal_id)
        if then is not None:
            then(made.proposal_id)
        return session.Notice("Taken back. It waits for a decision again.")

    session.act(verb)


def _own_figures() -> str:
    """How this reviewer reviews, in a sentence: practice turned down, approvals all quick; else empty."""
    me = session.current_user()
    try:
        return "".join(one.words for one in desk.reviewers(session.parts(), actor=me, person=me.name))
    except RatchetError:
        return ""


def note_decided(proposal_id: str) -> None:
    """Count it among what was decided in this session."""
    st.session_state[_DECIDED] = {**st.session_state.get(_DECIDED, {}), proposal_id: session.now()}


def decided_words() -> str:
    """Such as `you decided 7 in 12 min`, without what was taken back; empty before the first."""
    times: dict[str, datetime] = st.session_state.get(_DECIDED, {})
    if not times:
        return ""
    took = (max(times.values()) - min(times.values())).total_seconds()
    return f"you decided {len(times)}" + (f" in {words.took(took)}" if took >= _MINUTE else "")


def _forget_decided(proposal_id: str) -> None:
    times = st.session_state.get(_DECIDED, {})
    st.session_state[_DECIDED] = {key: at for key, at in times.items() if key != proposal_id}


def last_decision() -> Last | None:
    """What was decided last in this session and not taken back."""
    found: Last | None = st.session_state.get("last")
    return found


def _then(verb: Callable[[], session.Notice], *, proposal_id: str, position: QueuePosition) -> None:
    """After a decision that was kept the next item comes by itself; after one that was refused this one stays."""
    if not session.act(verb):
        return
    undo: str = st.session_state["notice"].undo
    if undo:
        st.session_state["last"] = Last(decision_id=undo, proposal_id=proposal_id)
    note_decided(proposal_id)
    st.session_state["warned"] = _own_figures()
    go_on(position.next_id)
