"""Feedback: what people said, what the checks think of it, and a person's last word."""

from functools import partial
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.components import cards, claims, conversation, firewall, influence, raw, tables, words
from loop import desk, roles
from loop.records import DOUBTED_STATES, FEEDBACK_MOVES, TEACHING_STATES, FeedbackKind, FeedbackState, Mover, may_move
from storage.queries import feedback as query
from storage.queries.feedback import FeedbackFilter, FeedbackLine

SHOWN: dict[str, tuple[FeedbackState, ...]] = {
    "Everything": (),
    "Needs a look": tuple(sorted(DOUBTED_STATES)),
    "Teaches": tuple(sorted(TEACHING_STATES)),
    "New": (FeedbackState.NEW,),
    "Excluded": (FeedbackState.EXCLUDED,),
}
ANY = "Any"
VERBS: dict[FeedbackState, tuple[str, str]] = {
    FeedbackState.RELEASED: ("Release", "Released: it may teach."),
    FeedbackState.QUARANTINED: ("Hold back", "Held back: it does not teach."),
    FeedbackState.EXCLUDED: ("Exclude", "Excluded as an exception: the loop does not learn from it."),
}


def draw() -> None:
    """The page."""
    session.tell()
    cards.title("Feedback")
    with st.expander("How good are the checks?", key="firewall", on_change="rerun") as checks:
        if checks.open:
            firewall.show_firewall()
    wanted = _filters()
    matches = _matching(session.scope().agent, wanted)
    if not matches.ids:
        _show_empty(wanted)
        return
    opened = st.query_params.get("f", "")
    left, right = st.columns((3, 2), gap="medium") if opened else (st.container(), None)
    with left:
        chosen = _list(wanted, matches)
    if right is not None:
        with right:
            _show_one(opened)
    if chosen:
        _judge_form([line.id for line in chosen], chosen, key="many")


# filters -------------------------------------------------------------------------------------------
def _filters() -> FeedbackFilter:
    scope = session.scope()
    shown = st.segmented_control(
        "Which feedback",
        list(SHOWN),
        default="Everything",
        required=True,
        key="state",
        bind="query-params",
        label_visibility="collapsed",
    )
    kind, topic, detector, author, text = st.columns((2, 2, 2, 2, 3))
    kinds = {words.FEEDBACK_KINDS[one]: one for one in FeedbackKind}
    chosen_kind = kind.selectbox("Kind", [ANY, *kinds], key="kind", bind="query-params")
    chosen_topic = topic.selectbox("Topic", [ANY, *_topics(scope.agent)], key="topic", bind="query-params")
    chosen_check = detector.selectbox("Check", [ANY, *_detectors(scope.agent)], key="check", bind="query-params")
    by = author.text_input("Author", key="author", bind="query-params", max_chars=200)
    words_in = text.text_input(
        "Text",
        key="text",
        type="search",
        bind="query-params",
        max_chars=200,
        help=f"Looked for in words, labels and questions of the newest {query.SEARCHED:,} items of each state.",
    )
    return FeedbackFilter(
        states=SHOWN[str(shown or "Everything")],
        kind=kinds.get(str(chosen_kind)),
        topic="" if chosen_topic in (None, ANY) else str(chosen_topic),
        detector="" if chosen_check in (None, ANY) else str(chosen_check),
        author=(by or "").strip(),
        text=(words_in or "").strip(),
    )


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def _topics(agent: str) -> list[str]:
    del agent  # only the key of the cache
    return query.topics(session.scope())


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def _detectors(agent: str) -> list[str]:
    del agent
    return query.detectors(session.scope())


@st.cache_data(ttl="10s", max_entries=128, show_spinner=False)
def _matching(agent: str, wanted: FeedbackFilter) -> query.Matches:
    del agent
    return query.matching(session.scope(), wanted)


def _show_empty(wanted: FeedbackFilter) -> None:
    if wanted == FeedbackFilter():
        cards.empty(
            "No feedback yet", "Connect an agent, or import a file: ratings, edits, comments and outcomes appear here."
        )
        return
    cards.empty("No feedback matches", "Other filters may find it.")
    st.button("Clear filters", key="clear", on_click=_clear)


def _clear() -> None:
    st.session_state.update({"state": "Everything", "kind": ANY, "topic": ANY, "check": ANY, "author": "", "text": ""})


# the list ------------------------------------------------------------------------------------------
def _list(wanted: FeedbackFilter, matches: query.Matches) -> list[FeedbackLine]:
    """One page of rows; returns the lines whose boxes are ticked."""
    pages = -(-len(matches.ids) // query.PAGE)
    first = (min(max(int(st.session_state.get("page", 1) or 1), 1), pages) - 1) * query.PAGE
    lines = query.lines(session.scope(), matches.ids[first : first + query.PAGE])
    # A selection is a row position: the key changes with everything that moves rows, and positions become ids at once.
    seen = hash((wanted, tuple((line.id, line.state) for line in lines)))
    key = f"rows-{seen}"
    table: Any = st.dataframe(
        tables.feedback_frame(lines, zone=session.zone()),
        key=key,
        on_select=partial(_open_single, key, tuple(line.id for line in lines)),
        selection_mode="multi-row",
        hide_index=True,
        column_order=tables.column_order(wanted.states),
        column_config=tables.column_config(),
        alt="Feedback, newest first",
    )
    total = f"{len(matches.ids):,}{' or more' if matches.is_more else ''}"
    st.pagination(pages, key="page", bind="query-params")
    st.caption(f"{total} items, newest first. Tick one row to read its conversation, several to judge them together.")
    chosen = [lines[place] for place in table.selection.rows if place < len(lines)]
    return chosen if len(chosen) > 1 else []


def _open_single(key: str, ids: tuple[str, ...]) -> None:
    """One ticked row opens its conversation; none or several close it."""
    rows = st.session_state[key].selection.rows
    if len(rows) == 1 and rows[0] < len(ids):
        st.query_params["f"] = ids[rows[0]]
    else:
        _close()


# one item ------------------------------------------------------------------------------------------
def _show_one(feedback_id: str) -> None:
    scope = session.scope()
    lines = query.lines(scope, [feedback_id])
    with st.container(border=True):
        st.button("Close", key="close", icon=":material/close:", type="tertiary", on_click=_close)
        if not lines:
            cards.empty("This feedback does not exist", "It may belong to another agent.")
            return
        line = lines[0]
        conversation.show_feedback([line], zone=session.zone())
        raw.show_raw(line.id, line.interaction_id)
        claims.show_waiting(line)
        _judge_form([line.id], [line], key=line.id)
        influence.show_influence(line)
        cards.heading("The conversation")
        ids = query.episode(scope, line.interaction_id)
        known = session.parts().store.interactions(ids)
        if not known:
            cards.quiet("The conversation has not arrived yet; feedback may come first.")
            return
        interactions = [known[one] for one in ids if one in known]
        this = next((one for one in interactions if one.id == line.interaction_id), interactions[0])
        conversation.show_facts(this.context)
        conversation.show_conversation(interactions, this=line.interaction_id)


def _close() -> None:
    st.query_params.pop("f", None)


def _judge_form(ids: list[str], lines: list[FeedbackLine], *, key: str) -> None:
    """A person's word over the checks. Ids are read again when it is sent; a moved one is left alone."""
    if not roles.may(session.current_user(), "judge_feedback"):
        cards.quiet("Only a reviewer may release or exclude feedback.")
        return
    possible = [
        state for state in VERBS if any(may_move(FEEDBACK_MOVES, line.state, state, by=Mover.PERSON) for line in lines)
    ]
    if not possible:
        return
    with st.form(f"judge-{key}", border=len(ids) > 1):
        if len(ids) > 1:
            cards.quiet(f"{words.count(len(ids), 'item')} chosen.")
        st.text_input(
            "Your reason", key=f"judge-why-{key}", placeholder="Why? It is kept with the item.", max_chars=1000
        )
        with st.container(horizontal=True, gap="small"):
            for state in possible:
                st.form_submit_button(
                    VERBS[state][0], key=f"judge-{state.value}-{key}", on_click=_judge, args=(tuple(ids), state, key)
                )


def _judge(ids: tuple[str, ...], state: FeedbackState, key: str) -> None:
    def verb() -> session.Notice:
        moved = desk.judge(
            session.parts(),
            ids,
            actor=session.current_user(),
            to=state,
            reason=st.session_state.get(f"judge-why-{key}") or "",
        )
        _matching.clear()
        if not moved:
            return session.Notice("Nothing was changed: these items have moved meanwhile.", is_error=True)
        return session.Notice(f"{words.count(moved, 'item')}: {VERBS[state][1]}")

    session.act(verb)
