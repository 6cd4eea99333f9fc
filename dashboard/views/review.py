"""Review: one change, its evidence, one decision; then the next."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import page_run, session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.paging import QueuePosition
from dashboard.components.review import (
    actions,
    answers,
    decision,
    drafting,
    evidence,
    headline,
    keeping,
    people,
    reading,
    remarks,
)
from dashboard.components.review import queue as waiting
from dashboard.components.review.actions import Doing
from dashboard.components.review.changes import choose_layout, folded, show_changes
from dashboard.components.review.queue import Filter
from loop import desk, roles
from loop.change.blocks import blocks
from loop.errors import NotFound
from loop.policy import is_withheld
from loop.ports import Parts
from loop.records import ProposalItem, ProposalState
from loop.records.remarks import Remark
from loop.records.viewing import Viewers
from storage.queries import history, outcomes
from storage.queries import review as query
from storage.queries.history import Link

HANDED = 25
"""Changes that are tried, at most, till one is free."""
_WATCHED_STATES = (ProposalState.WAITING, ProposalState.DRAFTED)


def draw() -> None:
    """The page."""
    session.tell()
    reading.touch()
    parts = session.parts()
    if drafting.is_drafting():
        drafting.show_draft(parts)
        return
    undecided = _undecided()  # before the list is read: what comes between the two is noticed, not missed
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="medium"):
        queue = waiting.choose()
        drafting.show_draft_button()
    found = _item(parts, queue)
    if found is None:
        _show_empty(queue, parts)
        return
    item, viewers = found
    rights = desk.rights(parts, item, actor=session.current_user())
    doing = _doing(item)
    with st.container(key="review-split"):
        main, beside = st.columns((7, 2), gap="medium")
    with main:
        listed = undecided if doing is Doing.READ else None  # who fills in a form is not disturbed by the list
        _watch(item, viewers, holds=queue.waits_for_me(item.proposal.id), listed=listed)
        _show_item(item, parts=parts, doing=doing, rights=rights)
    with beside:
        waiting.show_queue(queue, shown=item.proposal.id)
    with st.bottom:
        _show_decision(item, doing, parts=parts, queue=queue, viewers=viewers, rights=rights)


# choosing ------------------------------------------------------------------------------------------
def _item(parts: Parts, queue: waiting.Queue) -> tuple[ProposalItem, Viewers] | None:
    """The proposal of the address bar with who reads it; else, and on the way on, the next that no colleague reads."""
    asked, is_handed = st.query_params.get("p", ""), actions.is_handed()
    if asked and not is_handed:
        try:
            return parts.store.proposal(asked), reading.look(asked, holds=queue.waits_for_me(asked))
        except NotFound:
            cards.note("There is no change of this address for this agent. Here is the first that waits.", "unknown")
    found = _hand_out(queue, queue.free(asked))
    if found is None:
        st.query_params.pop("p", None)
        return None
    st.query_params["p"] = found[0]
    return parts.store.proposal(found[0]), found[1]


def _hand_out(queue: waiting.Queue, ids: list[str]) -> tuple[str, Viewers] | None:
    """The first that is free for this reader, else the first: of two who come at once, one is handed the next."""
    for proposal_id in ids[:HANDED]:
        viewers = reading.look(proposal_id, holds=queue.waits_for_me(proposal_id))
        if viewers.is_mine or not viewers.others:
            return proposal_id, viewers
    return (ids[0], reading.look(ids[0], holds=queue.waits_for_me(ids[0]))) if ids else None


def _doing(item: ProposalItem) -> Doing:
    """What the reviewer is doing with it, as far as its state and their role still allow."""
    doing = actions.doing(item.proposal.id, digest=item.evidence_digest)
    is_open = item.state is ProposalState.WAITING and roles.may(session.current_user(), "decide")
    return doing if is_open or doing is Doing.COMMENT else Doing.READ


def _show_empty(queue: waiting.Queue, parts: Parts) -> None:
    told = {
        Filter.ALL: (
            "Every proposed change is decided",
            "The loop drafts new ones as feedback comes in. Nothing waits for you.",
        ),
        Filter.TESTED: ("Nothing is being tested", "Drafts are tested in the loop's next turn."),
        Filter.ASIDE: (
            "Nothing is set aside",
            "Changes that were tested and did not earn your time would be kept here.",
        ),
    }
    name, more = told.get(queue.wanted, ("No change matches", "Choose “All” to see every change that waits."))
    if again := queue.retest.words:
        name = "Nothing waits right now" if queue.wanted is Filter.ALL else name
        more = f"{again[:1].upper()}{again[1:]}. Those that are worth a decision come back here by themselves."
    cards.empty(name, more)
    waiting.show_own_figures()
    _wait(_undecided(), queue.retest.words)
    with st.bottom, st.container(key="bar", horizontal=True, gap="small"):
        decision.show_way_back(decision.find_way_back(parts))
        keys.show_help_button()


@page_run.fragment(run_every="5s")
def _wait(listed: query.Undecided, retest: str) -> None:
    """Draw the page again as soon as something comes back or is new."""
    if _undecided() != listed or query.retest(session.scope()).words != retest:
        reading.draw_again()


@page_run.once
def _undecided() -> query.Undecided:
    return query.undecided(session.scope())


# what is shown --------------------------------------------------------------------------------------
def _watch(item: ProposalItem, viewers: Viewers, *, holds: bool, listed: query.Undecided | None) -> None:
    """Who else reads it; from now on the page notices when that changes, when somebody decided, or what waits does."""
    if told := reading.others(viewers):
        free = "" if viewers.is_mine else " You can read it; deciding is theirs until they go on."
        cards.note(f"{told}{free}", "unknown")
    _follow(item.proposal.id, (item.state, item.evidence_digest), viewers, holds=holds, listed=listed)


@page_run.fragment(run_every="15s")
def _follow(
    proposal_id: str, shown: tuple[ProposalState, str], viewers: Viewers, *, holds: bool, listed: query.Undecided | None
) -> None:
    scope = session.scope()
    now = query.mark(scope, proposal_id)
    is_moved = now is not None and (now.state, now.evidence_digest) != shown
    is_listed_anew = listed is not None and _undecided() != listed
    if is_moved or is_listed_anew or reading.look(proposal_id, holds=holds) != viewers:
        reading.draw_again()


def _show_item(item: ProposalItem, *, parts: Parts, doing: Doing, rights: desk.Rights) -> None:
    """Evidence first: what it says, the answers it breaks and fixes, then the words that change."""
    proposal = item.proposal
    if actions.has_moved(item.evidence_digest):
        cards.note(
            "The evidence changed before you pressed that key, so nothing was opened or decided. "
            "This is how it stands now: read it again, then decide.",
            "bad",
        )
    links = history.chain(session.scope(), proposal.id)
    _lead_on(item, links)
    hides = is_withheld(parts.store, item)
    said = history.remarks(session.scope(), [link.proposal_id for link in links])
    told = people.told(item, approvals=rights.approvals, store=parts.store)
    headline.show_headline(item, said=told, comments=len(said), is_withheld=hides)
    if doing is Doing.EDIT:
        drafting.show_edit(item, parts=parts)
        return
    if doing is Doing.KEEP:
        keeping.show_keep(item)
        return
    if item.report is not None:
        _show_answers(item, takes_digits=doing is Doing.READ)
    remarks.show_remarks([one.change for one in folded(item.proposal.changes)], said)
    _show_change(item, said)
    evidence.show_evidence(item, links=links, is_withheld=hides)


def _lead_on(item: ProposalItem, links: list[Link]) -> None:
    """From a change that was drawn again to what became of it."""
    newest = links[-1] if links else None
    if newest is None or newest.proposal_id == item.proposal.id or item.state in _WATCHED_STATES:
        return
    with st.container(key="lead", horizontal=True, vertical_alignment="center", gap="small"):
        state = words.PROPOSAL_STATES[newest.state].name.lower()
        cards.note(f"It goes on as another change, on {words.version(newest.base_number)}: {state}.", "hopeful")
        keys.show_button(
            "Open what became of it",
            key=f"lead-{newest.proposal_id}",
            shortcut="O",
            type="primary",
            on_click=actions.go,
            args=(newest.proposal_id,),
        )


@page_run.fragment()
def _show_answers(item: ProposalItem, *, takes_digits: bool) -> None:
    report = item.report
    if report is not None:
        read = partial(outcomes.outcomes, session.scope(), report.id, size=answers.PER_PAGE)
        answers.show_answers(
            report,
            key=f"answers-{item.proposal.id}",
            read=lambda kind, page: read(kind, page=page),
            takes_digits=takes_digits,
        )


@page_run.fragment()
def _show_change(item: ProposalItem, said: Sequence[Remark]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        cards.heading("What changes")
        layout = choose_layout(key="layout")
    key = f"changes-{item.proposal.id}"
    show_changes(item.proposal.changes, layout=layout, key=key, is_decided_as_one=True, remarks=said)


# deciding --------------------------------------------------------------------------------------------
def _show_decision(
    item: ProposalItem, doing: Doing, *, parts: Parts, queue: waiting.Queue, viewers: Viewers, rights: desk.Rights
) -> None:
    position = queue.position(item.proposal.id)
    match doing:
        case Doing.APPROVE:
            return decision.show_approve_strip(item, position=position)
        case Doing.REJECT:
            return decision.show_reject_strip(item, position=position)
        case Doing.COMMENT:
            return decision.show_comment_strip(item)
        case Doing.EDIT | Doing.KEEP:
            return None
        case Doing.READ:
            return _show_bar(item, parts=parts, position=position, viewers=viewers, rights=rights)


def _show_bar(
    item: ProposalItem, *, parts: Parts, position: QueuePosition, viewers: Viewers, rights: desk.Rights
) -> None:
    proposal_id, is_waiting = item.proposal.id, item.state is ProposalState.WAITING
    if item.state is ProposalState.SET_ASIDE:
        st.button("Bring it back to the desk", key=f"bring-{proposal_id}", on_click=_bring_back, args=(proposal_id,))
    is_base_live = item.proposal.base_number == parts.store.head().number
    if is_waiting and not is_base_live:
        cards.note(
            f"{words.version(item.proposal.base_number)} is no longer live. "
            "The loop draws this change up again on the live version and tests it.",
            "unknown",
        )
    me = session.current_user()
    is_theirs = bool(viewers.holder) and not viewers.is_mine
    decides = roles.may(me, "decide")
    may = is_waiting and is_base_live and decides
    if may and rights.not_approve:
        cards.quiet(rights.not_approve)
    if is_waiting and not decides:
        cards.refused("decide", "decide changes")
    standing = decision.Standing(
        position=position,
        can_decide=may and not is_theirs,
        decides=decides,
        why_not_approve=rights.not_approve if may else "",
        why_not_reject=rights.not_reject if may else "",
        parts=len(page_run.once(blocks)(item.proposal.changes)) if may else 1,
    )
    decision.show_bar(item, standing=standing, back=decision.find_way_back(parts))


def _bring_back(proposal_id: str) -> None:
    def verb() -> session.Notice:
        desk.bring_back(session.parts(), proposal_id, actor=session.current_user(), reason="Brought back by hand.")
        return session.Notice("It is back on the desk.")

    session.act(verb)
