"""Feedback: what people said, what the checks think of it, and a person's last word."""

import streamlit as st

from dashboard import navigation, session
from dashboard.components.corrections import claims, firewall, influence
from dashboard.components.elements import cards, conversation, keys, listbox, raw, router, words
from dashboard.components.elements.listbox import Chip, Line, ListRow
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
    keys.show_title("Feedback")
    with st.expander("How good are the checks?", key="firewall", on_change="rerun") as checks:
        if checks.open:
            firewall.show_firewall()
    wanted = _filters()
    matches = _matching(session.scope().agent, wanted)
    if not matches.ids:
        _show_empty(wanted)
        return
    opened = st.query_params.get("f", "")
    left, right = listbox.open_columns(bool(opened), shares=(1, 1))
    with left:
        chosen = _list(wanted, matches, opened)
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
    return query.find_matches(session.scope(), wanted)


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
def _list(wanted: FeedbackFilter, matches: query.Matches, opened: str) -> list[FeedbackLine]:
    """One page of rows, each with its whole reasons; returns the lines that are judged together."""
    pages = -(-len(matches.ids) // query.PAGE)
    first = (min(max(int(st.session_state.get("page", 1) or 1), 1), pages) - 1) * query.PAGE
    lines = query.lines(session.scope(), matches.ids[first : first + query.PAGE])
    total = f"{len(matches.ids):,}{' or more' if matches.is_more else ''}"
    cards.quiet(f"{total} items, newest first. Enter opens one; T ticks, O judges the ticked ones together.")
    is_doubted = bool(wanted.states) and set(wanted.states) <= DOUBTED_STATES
    listbox.show_listbox(
        "Feedback, newest first",
        [_row(line, reasons_first=is_doubted) for line in lines],
        key="feedback-list",
        opened=opened,
        open_row=_open,
        take=_take,
    )
    st.pagination(pages, key="page", bind="query-params")
    taken = set(st.session_state.get("taken", ()))
    return [line for line in lines if line.id in taken]


def _row(line: FeedbackLine, *, reasons_first: bool) -> ListRow:
    state = words.FEEDBACK_STATES[line.state]
    reasons = [Line(one, "rt-reason") for one in line.reasons]
    said = [Line(line.said)] if line.said else []
    about = [Line(f"On: {words.short(line.question, 160)}", "rt-small")] if line.question else []
    return ListRow(
        id=line.id,
        chips=(
            Chip(state.name, state.tone),
            Chip(words.signal(line.kind, line.value)),
            Chip(f"{line.author}, {words.clock(line.received_at, session.zone())}"),
        ),
        lines=tuple((*reasons, *said, *about) if reasons_first else (*said, *about, *reasons)),
    )


def _open(feedback_id: str) -> None:
    st.session_state.pop("taken", None)
    st.query_params["f"] = feedback_id


def _take(ids: tuple[str, ...]) -> None:
    _close()
    st.session_state["taken"] = ids


# one item ------------------------------------------------------------------------------------------
def _show_one(feedback_id: str) -> None:
    scope = session.scope()
    lines = query.lines(scope, [feedback_id])
    with st.container(border=True, key=cards.OPENED):
        keys.show_button(
            "Close", key="close", shortcut="Esc", icon=":material/close:", type="tertiary", on_click=_close
        )
        if not lines:
            cards.empty("This feedback does not exist", "It may belong to another agent.")
            return
        line = lines[0]
        conversation.show_feedback([line], zone=session.zone())
        raw.show_raw(line.id, line.interaction_id)
        claims.show_waiting(line)
        _show_other_sides(line)
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


def _show_other_sides(line: FeedbackLine) -> None:
    """Who says otherwise of the same question, each a press away; from either side."""
    sides = desk.other_sides(session.parts(), line.id)
    if not sides:
        return
    cards.heading("Others say otherwise", "The same question, corrected to something else.")
    for side in sides:
        about = query.lines(session.scope(), side.feedback_ids)
        cards.quiet(f"{words.count(side.people, 'person', 'people')} say: {words.short(side.choice, 80)}")
        conversation.show_feedback(about, zone=session.zone(), shows_question=False)
        with st.container(horizontal=True, gap="small"):
            for place, one in enumerate(about, start=1):
                navigation.link("feedback", f"Open the other side ({place})", f=one.id)


def _close() -> None:
    st.query_params.pop("f", None)


def _judge_form(ids: list[str], lines: list[FeedbackLine], *, key: str) -> None:
    """A person's word over the checks. Ids are read again when it is sent; a moved one is left alone."""
    if not roles.may(session.current_user(), "judge_feedback"):
        cards.refused("judge_feedback", "release or exclude feedback")
        return
    possible = [
        state for state in VERBS if any(may_move(FEEDBACK_MOVES, line.state, state, by=Mover.PERSON) for line in lines)
    ]
    if not possible:
        return
    with keys.open_form(f"judge-{key}", border=len(ids) > 1):
        if len(ids) > 1:
            cards.quiet(f"{words.count(len(ids), 'item')} chosen.")
        st.pills("Your word over the checks", possible, format_func=lambda one: VERBS[one][0], key=f"judge-to-{key}")
        router.bind_digits(f"judge-to-{key}", [VERBS[one][0] for one in possible])
        st.text_input(
            "Your reason", key=f"judge-why-{key}", placeholder="Why? It is kept with the item.", max_chars=1000
        )
        router.bind("E", f"judge-why-{key}", says="Write your reason", act="focus")
        keys.show_send("Keep my word", key=f"judge-send-{key}", send=_judge, ids=tuple(ids), of=key)


def _judge(ids: tuple[str, ...], of: str) -> None:
    def verb() -> session.Notice:
        state: FeedbackState | None = st.session_state.get(f"judge-to-{of}")
        if state is None:
            return session.Notice("Nothing was changed: choose what to do with it.", is_error=True)
        moved = desk.judge(
            session.parts(),
            ids,
            actor=session.current_user(),
            to=state,
            reason=st.session_state.get(f"judge-why-{of}") or "",
        )
        _matching.clear()
        st.session_state.pop("taken", None)
        if not moved:
            return session.Notice("Nothing was changed: these items have moved meanwhile.", is_error=True)
        return session.Notice(f"{words.count(moved, 'item')}: {VERBS[state][1]}")

    session.act(verb)
