"""Review: one change, its evidence, one decision; then the next."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.components import actions, cards, decision, drafting, evidence, keys, results, words
from dashboard.components.changes import choose_layout, show_changes
from dashboard.components.markup import Markup, show, tag
from loop import desk, roles
from loop.errors import NotFound
from loop.policy import recommend
from loop.ports import Parts
from loop.records import ProposalItem, ProposalState, Stakes, StakesLevel
from storage.queries import review as query
from storage.queries.review import ProposalLine

FILTERS = ("All", "High stakes", "Against the evidence", "Waiting for the test", "Set aside")


def draw() -> None:
    """The page."""
    session.tell()
    parts = session.parts()
    if drafting.is_drafting():
        drafting.show_draft(parts)
        return
    wanted, progress = _filter_row()
    queue = _queue(wanted)
    item = _item(parts, queue)
    with progress:
        _show_progress(item, queue)
    if item is None:
        _show_empty(wanted, parts)
        return
    _watch(item)
    actions.mode(item.proposal.id, digest=item.evidence_digest)
    if actions.has_moved(item.evidence_digest):
        cards.note(
            "The evidence changed before you pressed that key, so nothing was opened or decided. "
            "This is how it stands now: read it again, then decide.",
            "bad",
        )
    _show_head(item)
    position = _position(item, queue)
    if actions.mode(item.proposal.id, digest=item.evidence_digest) == "edit" and item.state is ProposalState.WAITING:
        drafting.show_edit(item, parts=parts)
        _show_change(item)
        return
    _show_change(item)
    evidence.show_evidence(item, parts=parts)
    with st.bottom:
        keys.show_keys()
        _show_decision(item, position, parts)


# choosing ------------------------------------------------------------------------------------------
def _filter_row() -> tuple[str, DeltaGenerator]:
    """The chosen filter, and the place beside it for how far the reader has come."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="medium"):
        wanted = st.segmented_control(
            "Which changes",
            FILTERS,
            default=FILTERS[0],
            required=True,
            key="show",
            bind="query-params",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            place = st.container(width="content")
            drafting.show_draft_button()
    return str(wanted or FILTERS[0]), place


def _show_progress(item: ProposalItem | None, queue: Sequence[ProposalLine]) -> None:
    ids = [line.id for line in queue]
    told = [
        f"{ids.index(item.proposal.id) + 1} of {len(ids)}" if item and item.proposal.id in ids else f"{len(ids)} here"
    ]
    if decided := int(st.session_state.get("decided", 0)):
        told.append(f"you decided {decided}")
    show(tag("span", ", ".join(told), css="rt-small rt-once"))


def _queue(wanted: str) -> list[ProposalLine]:
    states = {
        "Waiting for the test": (ProposalState.DRAFTED,),
        "Set aside": (ProposalState.SET_ASIDE,),
    }.get(wanted, (ProposalState.WAITING,))
    lines = query.listed(session.scope(), states)
    if wanted == "High stakes":
        return [line for line in lines if line.level is StakesLevel.HIGH]
    if wanted == "Against the evidence":
        return [line for line in lines if line.is_against_evidence]
    return lines


def _item(parts: Parts, queue: Sequence[ProposalLine]) -> ProposalItem | None:
    """The proposal of the address bar, else the first of the queue."""
    asked = st.query_params.get("p", "")
    if asked:
        try:
            return parts.store.proposal(asked)
        except NotFound:
            cards.note("There is no change of this address for this agent. Here is the first that waits.", "unknown")
            st.query_params.pop("p", None)
    if not queue:
        return None
    st.query_params["p"] = queue[0].id
    return parts.store.proposal(queue[0].id)


def _position(item: ProposalItem, queue: Sequence[ProposalLine]) -> actions.QueuePosition:
    ids = [line.id for line in queue]
    if item.proposal.id not in ids:
        return actions.QueuePosition(next_id=ids[0] if ids else None, previous_id=None)
    at = ids.index(item.proposal.id)
    following = ids[at + 1] if at + 1 < len(ids) else (ids[0] if at else None)
    return actions.QueuePosition(next_id=following, previous_id=ids[at - 1] if at else None)


def _show_empty(wanted: str, parts: Parts) -> None:
    told = {
        "All": (
            "Every proposed change is decided",
            "The loop drafts new ones as feedback comes in. Nothing waits for you.",
        ),
        "Waiting for the test": ("Nothing waits for its test", "Drafts are tested in the loop's next turn."),
        "Set aside": (
            "Nothing is set aside",
            "Changes that were tested and did not earn your time would be kept here.",
        ),
    }
    cards.empty(*told.get(wanted, ("No change matches", "Choose “All” to see every change that waits.")))
    with st.bottom:
        decision.show_undo(decision.find_undo(parts))


# what is shown --------------------------------------------------------------------------------------
@st.fragment(run_every="15s")
def _watch(item: ProposalItem) -> None:
    """Notice when somebody else decided, or the live version moved, while this was open."""
    now = query.mark(session.scope(), item.proposal.id)
    shown = (item.state, item.evidence_digest)
    if now is not None and (now.state, now.evidence_digest) != shown:
        st.rerun(scope="app")


def _show_head(item: ProposalItem) -> None:
    proposal = item.proposal
    state = words.PROPOSAL_STATES[item.state]
    stakes = words.STAKES[proposal.stakes.level]
    cards.title(
        proposal.title,
        *([] if item.state is ProposalState.WAITING else [cards.saying(state)]),
        cards.chip(stakes.name, stakes.tone, hint=" ".join(proposal.stakes.reasons) or stakes.more),
        cards.chip(words.where(proposal)),
        tag("span", f"on {words.version(proposal.base_number)}"),
        tag("span", words.PROPOSERS[proposal.proposer]),
        tag("span", words.waiting(proposal.created_at, session.now())),
    )
    if item.state is not ProposalState.WAITING:
        cards.note(f"{state.name}. {item.stale_reason or state.more}", state.tone)
    if item.report is not None:
        results.show_verdict(item.report, recommend(item.report, stakes=proposal.stakes))
    elif item.state is ProposalState.DRAFTED:
        cards.empty("Waiting for its test", "The loop replays it on known cases in its next turn; then you can decide.")
    show(
        tag(
            "div",
            tag("b", "Why: "),
            tag("span", proposal.rationale, css="rt-text"),
            _stakes(proposal.stakes),
            css="rt-rationale",
        )
    )


def _stakes(stakes: Stakes) -> Markup | None:
    if not stakes.reasons:
        return None
    name = f"Why the stakes are {stakes.level.value}: "
    if len(stakes.reasons) == 1:
        return tag("div", tag("b", name), stakes.reasons[0])
    return tag("div", tag("b", name), tag("ul", [tag("li", reason) for reason in stakes.reasons]))


def _show_change(item: ProposalItem) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        cards.heading("What changes")
        layout = choose_layout(key="layout")
    show_changes(item.proposal.changes, layout=layout, key=f"changes-{item.proposal.id}", is_decided_as_one=True)


# deciding --------------------------------------------------------------------------------------------
def _show_decision(item: ProposalItem, position: actions.QueuePosition, parts: Parts) -> None:
    proposal_id = item.proposal.id
    is_waiting = item.state is ProposalState.WAITING
    chosen = actions.mode(proposal_id, digest=item.evidence_digest) if is_waiting else "read"
    if chosen == "approve":
        decision.show_approve_strip(item, position=position)
        return
    if chosen == "reject":
        decision.show_reject_strip(item, position=position)
        return
    if item.state is ProposalState.SET_ASIDE:
        st.button("Bring it back to the desk", key=f"bring-{proposal_id}", on_click=_bring_back, args=(proposal_id,))
    is_base_live = item.proposal.base_number == parts.store.head().number
    if is_waiting and not is_base_live:
        cards.note(
            f"{words.version(item.proposal.base_number)} is no longer live. "
            "The loop draws this change up again on the live version and tests it.",
            "unknown",
        )
    can_decide = is_waiting and is_base_live and roles.may(session.current_user(), "decide")
    decision.show_bar(item, position=position, undo=decision.find_undo(parts), can_decide=can_decide)


def _bring_back(proposal_id: str) -> None:
    def verb() -> session.Notice:
        desk.bring_back(session.parts(), proposal_id, actor=session.current_user(), reason="Brought back by hand.")
        return session.Notice("It is back on the desk.")

    session.act(verb)
