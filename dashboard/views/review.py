"""Review: one change, its evidence, one decision; then the next."""

from collections.abc import Sequence

import streamlit as st

from dashboard import session
from dashboard.parts import answers, cards, conversation, decision, drafting, results, words
from dashboard.parts.changes import choose_layout, show_changes
from dashboard.parts.markup import show, tag
from loop import desk, roles
from loop.autonomy import recommend
from loop.errors import NotFound
from loop.ports import Parts, ProposalItem
from loop.records import Decision, FeedbackState, ProposalState, StakesLevel
from storage.queries import feedback as feedback_query
from storage.queries import review as query
from storage.queries.review import ProposalLine

FILTERS = ("All", "High stakes", "Against the evidence", "Waiting for the test", "Set aside")
TABS = ("Results", "Answers side by side", "Feedback behind it", "Set aside as odd", "History")
SHOWN_FEEDBACK = 20
_DOUBTED = (FeedbackState.HELD, FeedbackState.QUARANTINED, FeedbackState.EXCLUDED)


def draw() -> None:
    """The page."""
    session.tell()
    parts = session.parts()
    if drafting.is_drafting():
        drafting.show_draft(parts)
        return
    wanted = _filter_row()
    queue = _queue(wanted)
    item = _item(parts, queue)
    if item is None:
        _show_empty(wanted)
        return
    _watch(item)
    _show_head(item)
    place = _place(item, queue)
    if decision.mode(item.proposal.id) == "edit" and item.state is ProposalState.WAITING:
        drafting.show_edit(item, parts=parts)
        _show_change(item)
        return
    _show_change(item)
    _show_evidence(item, parts)
    with st.bottom:
        decision.show_keys()
        _show_decision(item, place, parts)


# choosing ------------------------------------------------------------------------------------------
def _filter_row() -> str:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        wanted = st.segmented_control(
            "Which changes",
            FILTERS,
            default=FILTERS[0],
            required=True,
            key="show",
            bind="query-params",
            label_visibility="collapsed",
        )
        drafting.show_draft_button()
    return str(wanted or FILTERS[0])


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


def _place(item: ProposalItem, queue: Sequence[ProposalLine]) -> decision.Place:
    ids = [line.id for line in queue]
    if item.proposal.id not in ids:
        return decision.Place(following=ids[0] if ids else None, before=None)
    at = ids.index(item.proposal.id)
    following = ids[at + 1] if at + 1 < len(ids) else (ids[0] if at else None)
    return decision.Place(following=following, before=ids[at - 1] if at else None)


def _show_empty(wanted: str) -> None:
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
        decision.show_undo(_undoable(None))


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
        tag("span", words.PROPOSERS.get(proposal.proposer, proposal.proposer)),
        tag("span", words.waiting(proposal.created_at, session.now())),
    )
    if item.state is not ProposalState.WAITING:
        cards.note(f"{state.name}. {state.more}", state.tone)
    if item.report is not None:
        results.show_verdict(item.report, recommend(item.report, stakes=proposal.stakes))
    elif item.state is ProposalState.DRAFTED:
        cards.empty("Waiting for its test", "The loop replays it on known cases in its next turn; then you can decide.")
    show(
        tag(
            "div",
            tag("b", "Why: "),
            tag("span", proposal.rationale, css="rt-text"),
            tag("ul", [tag("li", reason) for reason in proposal.stakes.reasons]) if proposal.stakes.reasons else None,
            css="rt-rationale",
        )
    )


def _show_change(item: ProposalItem) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        cards.heading("What changes")
        layout = choose_layout(key="layout")
    show_changes(item.proposal.changes, layout=layout, key=f"changes-{item.proposal.id}")


def _show_evidence(item: ProposalItem, parts: Parts) -> None:
    drawn = st.tabs(TABS, key=f"evidence-{item.proposal.id}", on_change="rerun")
    draws = (
        lambda: _show_results(item),
        lambda: answers.show_outcomes(item.report.outcomes if item.report else (), key=f"answers-{item.proposal.id}"),
        lambda: _show_feedback(item),
        lambda: _show_doubted(item),
        lambda: _show_history(item, parts),
    )
    for tab, show_tab in zip(drawn, draws, strict=True):
        with tab:
            if tab.open:
                show_tab()


def _show_results(item: ProposalItem) -> None:
    if item.report is None:
        cards.empty("Not tested yet", "Its result appears here after the loop's next turn.")
    else:
        results.show_numbers(item.report)


def _show_feedback(item: ProposalItem) -> None:
    cited = item.proposal.evidence
    if not cited:
        cards.empty("No feedback is cited", "A person wrote this change, or it follows from the data as a whole.")
        return
    pages = -(-len(cited) // SHOWN_FEEDBACK)
    page = st.pagination(pages, key=f"cited-{item.proposal.id}") if pages > 1 else 1
    first = (min(max(page, 1), pages) - 1) * SHOWN_FEEDBACK
    _show_lines(feedback_query.lines(session.scope(), cited[first : first + SHOWN_FEEDBACK]))


def _show_doubted(item: ProposalItem) -> None:
    scope = session.scope()
    cited = [line.interaction_id for line in feedback_query.lines(scope, item.proposal.evidence[:500])]
    touched = list(dict.fromkeys([*cited, *query.issue_interactions(scope, item.proposal.issue_ids)]))
    doubted = feedback_query.on_interactions(scope, touched, states=_DOUBTED, limit=50)
    if not doubted:
        cards.empty("Nothing was set aside", "No check objected to feedback on these conversations.")
        return
    cards.quiet("Feedback on the same conversations that did not count, and why.")
    _show_lines(doubted)


def _show_lines(lines: Sequence[feedback_query.FeedbackLine]) -> None:
    zone = session.zone()
    conversation.show_feedback(lines, [words.clock(line.received_at, zone) for line in lines])


def _show_history(item: ProposalItem, parts: Parts) -> None:
    now, zone, rows = session.now(), session.zone(), []
    if item.proposal.replaces:
        session.link("review", "The change this one replaces", icon=":material/history:", p=item.proposal.replaces)
    for made in parts.store.decisions(item.proposal.id):
        reasons = [words.REJECTIONS.get(one, one) for one in made.categories]
        why = ". ".join(filter(None, [", ".join(reasons), made.reason]))
        rows.append((words.clock(made.at, zone), words.past_decision(made, now), why))
    drafted = f"Drafted, {words.PROPOSERS.get(item.proposal.proposer, item.proposal.proposer)}"
    rows.insert(0, (words.clock(item.proposal.created_at, zone), drafted, ", ".join(item.proposal.authors)))
    show(cards.table(("When", "What", "Why, or by whom"), rows, label="History of this change"))


# deciding --------------------------------------------------------------------------------------------
def _show_decision(item: ProposalItem, place: decision.Place, parts: Parts) -> None:
    proposal_id = item.proposal.id
    is_waiting = item.state is ProposalState.WAITING
    chosen = decision.mode(proposal_id) if is_waiting else "read"
    if chosen == "approve":
        decision.show_approve_strip(item, place=place)
        return
    if chosen == "reject":
        decision.show_reject_strip(item, place=place)
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
    decision.show_bar(item, place=place, undo=_undoable(parts), can_decide=can_decide)


def _undoable(parts: Parts | None) -> query.Pending | Decision | None:
    """The last decision of this session, as long as it can be taken back; else another approval of theirs about to go live."""
    pending = query.undoable(session.scope())
    last = st.session_state.get("undo_id")
    for one in pending:
        if one.decision_id == last:
            return one
    if last and parts is not None:
        made = next((one for one in parts.store.decisions() if one.id == last), None)
        if made is not None and made.verb == "reject":
            return made
    mine = session.current_user().name
    return next((one for one in pending if one.actor == mine), None)


def _bring_back(proposal_id: str) -> None:
    def verb() -> session.Notice:
        desk.bring_back(session.parts(), proposal_id, actor=session.current_user(), reason="Brought back by hand.")
        return session.Notice("It is back on the desk.")

    session.act(verb)
