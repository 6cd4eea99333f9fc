"""Dev and log cases: a list page by page, one case with what people did about it, and its protection."""

from datetime import datetime

import streamlit as st

from dashboard import navigation, session
from dashboard.components.cases import examination
from dashboard.components.elements import cards, conversation, keys, listbox, words
from dashboard.components.elements.listbox import Chip, Line, ListRow
from dashboard.components.elements.markup import show, tag
from loop import desk, roles
from loop.ports import Parts
from loop.records import CaseVerb, Split
from storage.queries import cases as query
from storage.queries.cases import CaseDetail, CaseFilter, CaseLine

QUOTED = 500
"""Characters of a question that an address carries."""
SPLITS = {"Dev": Split.DEV, "Log": Split.LOG}
_VERBS: dict[CaseVerb, str] = {
    "import": "handed it in",
    "confirm": "confirmed the answer on file",
    "replace": "gave another answer",
    "protect": "protected it",
    "unprotect": "took its protection off",
    "show": "read the question",
}


def show_list(parts: Parts) -> None:
    """The section: filters, 50 lines, and the case of the address bar."""
    del parts  # read through the scope, which knows no sealed case
    wanted = _filters()
    lines = query.list_cases(session.scope(), wanted)
    opened = st.query_params.get("case", "")
    if not lines and not opened:
        if wanted == CaseFilter(split=wanted.split):
            cards.empty("No such case yet", "Corrections by people you name become cases.")
        else:
            cards.empty("No case matches", "Other filters may find it.")
            st.button("Clear filters", key="clear-cases", on_click=_clear)
        return
    left, right = listbox.open_columns(bool(opened), shares=(3, 2))
    with left:
        _lines(lines, opened)
        _pages(lines, wanted)
    if right is not None:
        with right:
            _show_one(opened)


# the list ------------------------------------------------------------------------------------------
def _filters() -> CaseFilter:
    which, topic, author, kept = st.columns((2, 2, 2, 1), vertical_alignment="bottom")
    split = which.segmented_control(
        "Which part", list(SPLITS), default="Dev", required=True, key="split", bind="query-params"
    )
    about = topic.text_input("Topic", key="case-topic", bind="query-params", max_chars=255)
    by = author.text_input("Made by", key="case-author", bind="query-params", max_chars=255)
    protected = kept.checkbox("Protected only", key="case-protected", bind="query-params")
    return CaseFilter(
        split=SPLITS[str(split or "Dev")],
        topic=(about or "").strip(),
        author=(by or "").strip(),
        is_protected=True if protected else None,
        after=_after(st.query_params.get("after", "")),
    )


def _after(told: str) -> tuple[datetime, str] | None:
    at, tilde, case_id = told.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, case_id) if tilde and moment.tzinfo else None


def _clear() -> None:
    st.session_state.update({"case-topic": "", "case-author": "", "case-protected": False})
    st.query_params.pop("after", None)


def _lines(lines: list[CaseLine], opened: str) -> None:
    listbox.show_listbox(
        "Cases, newest first", [_row(line) for line in lines], key="case-list", opened=opened, open_row=_open
    )


def _row(line: CaseLine) -> ListRow:
    who = f"{line.vouched_by} answers for it" if line.vouched_by else f"said by {line.author}"
    protected = (Chip("protected", "hopeful"),) if line.is_protected else ()
    return ListRow(
        id=line.id,
        chips=(*protected, Chip(f"{who}, {words.clock(line.at, session.zone())}")),
        lines=(Line(words.short(line.question, 140)), Line(words.short(line.expected, 160), "rt-small")),
    )


def _pages(lines: list[CaseLine], wanted: CaseFilter) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button("Newest", key="cases-newest", disabled=wanted.after is None, on_click=_turn, args=(None,))
        st.button(
            "Older", key="cases-older", disabled=len(lines) < query.PAGE, on_click=_turn,
            args=(lines[-1] if lines else None,),
        )  # fmt: skip


def _turn(last: CaseLine | None) -> None:
    st.query_params.pop("case", None)
    if last is None:
        st.query_params.pop("after", None)
    else:
        st.query_params["after"] = f"{last.at.isoformat()}~{last.id}"


def _open(case_id: str | None) -> None:
    if case_id:
        st.query_params["case"] = case_id
    else:
        st.query_params.pop("case", None)


# one case ------------------------------------------------------------------------------------------
def _show_one(case_id: str) -> None:
    scope = session.scope()
    case = query.one(scope, case_id)
    with st.container(border=True, key=cards.OPENED):
        keys.show_button(
            "Close",
            key="close-case",
            icon=":material/close:",
            type="tertiary",
            shortcut="Esc",
            on_click=_open,
            args=(None,),
        )
        if case is None:
            cards.empty(
                "There is no case of this address to show",
                "It may be another agent's, out of use, or sealed: those are never shown.",
            )
            return
        show(
            tag(
                "div",
                cards.answer("Question", case.question),
                cards.answer("Right is", case.expected, tone="is-right"),
                css="rt-talk",
            )
        )
        conversation.show_facts(case.context)
        _more(case)
        with st.container(horizontal=True, gap="small"):
            if case.feedback_id:
                navigation.link("feedback", "What it rests on", icon=":material/arrow_forward:", f=case.feedback_id)
            navigation.link("try", "Try it", icon=":material/science:", q=case.question[:QUOTED])
        _protect(case)
        done = query.acts(scope, case_id)
        if done:
            cards.heading("What people did about it")
            zone = session.zone()
            rows = [
                (
                    words.clock(one.at, zone),
                    tag("b", one.actor),
                    _VERBS[one.verb],
                    tag("span", one.about, css="rt-text"),
                )
                for one in done
            ]
            show(cards.table(("When", "Who", "What", "Why, or where from"), rows, label="Acts on this case"))


def _more(case: CaseDetail) -> None:
    told = [f"Must say: {one}" for one in case.must_include] + [f"Must not say: {one}" for one in case.must_exclude]
    who = f"{case.vouched_by} answers for it." if case.vouched_by else f"It rests on feedback by {case.author}."
    about = f"About {case.topic}." if case.topic else "No topic is named."
    show(tag("div", [tag("div", one) for one in (*told, f"{who} {about}")], css="rt-small rt-text"))


def _protect(case: CaseDetail) -> None:
    if not roles.may(session.current_user(), "decide"):
        cards.refused("decide", "protect a case")
        return
    verb = "Take the protection off" if case.is_protected else "Protect it"
    cards.quiet(
        "Protected: one regression on it blocks a change."
        if case.is_protected
        else "A protected case blocks every change that would break it, however many others that fixes."
    )
    with keys.open_form(f"protect-{case.id}-{case.is_protected}", border=False):
        st.text_input("Why?", key=f"protect-why-{case.id}", placeholder="Kept with the case", max_chars=1_000)
        keys.show_send(
            verb,
            key=f"protect-send-{case.id}",
            icon=":material/shield:",
            send=_send_protect,
            case_id=case.id,
            is_protected=not case.is_protected,
        )


def _send_protect(case_id: str, is_protected: bool) -> None:
    def verb() -> session.Notice:
        n = desk.protect(
            session.parts(),
            [case_id],
            actor=session.current_user(),
            reason=st.session_state.get(f"protect-why-{case_id}") or "",
            is_protected=is_protected,
        )
        examination.forget()
        done = "Protected: a change that breaks it is blocked." if is_protected else "It is protected no longer."
        return session.Notice(done if n else "Somebody else did so a moment ago.")

    session.act(verb)
