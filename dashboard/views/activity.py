"""Activity: the journal by who, what, whom and when, whether it is as it was written, and its export."""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial

import streamlit as st

from dashboard import navigation, page_run, session
from dashboard.components.elements import cards, keys, listbox, words
from dashboard.components.elements.listbox import Chip, Line, ListRow
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.record import acts
from loop import desk
from loop.records import Actor
from loop.records.probes import RecordCheck
from loop.text.sheets import GUARD_WORDS, JSON_LINES, json_lines, sheet
from storage.queries import Scope
from storage.queries import journal as query
from storage.queries.journal import JournalFilter, JournalLine

ANY, PEOPLE = "Anybody", "People, not the loop"
ANYTHING = "Anything"
LATE = timedelta(seconds=20)
"""After which a check that nobody took says that no worker runs."""
_COLUMNS = ("number", "at", "who", "action", "subject", "title", "signed", "digests")


def draw() -> None:
    """The page."""
    session.tell()
    keys.show_title("Activity")
    cards.quiet(
        "What was decided, drafted, tested, released and set. An entry that is changed behind its back shows when the "
        "journal is checked."
    )
    _check()
    wanted = _filters()
    lines = query.list_entries(session.scope(), wanted)
    if not lines:
        _show_empty(wanted)
        return
    titles = query.titles(session.scope(), [line.subject for line in lines])
    opened = _opened(lines)
    left, right = listbox.open_columns(opened is not None, shares=(3, 2))
    with left:
        _list(lines, titles, opened)
        _pages(lines, wanted)
    if opened and right is not None:
        with right:
            _show_one(opened)
    _export(wanted)


# whether it is as it was written -------------------------------------------------------------------
@page_run.fragment(run_every="5s")
def _check() -> None:
    found = session.parts().store.record_check()
    is_waiting = found is not None and found.ended_at is None
    with st.container(border=True, horizontal=True, vertical_alignment="center", wrap=True):
        show(_standing(found))
        st.button(
            "Checking …" if is_waiting else "Check it now",
            key="check-record",
            icon=":material/verified:",
            disabled=is_waiting,
            on_click=_ask_check,
        )
    if found is not None and found.faults:
        show(acts.faults(found))
        if found.n_faults > len(found.faults):
            cards.quiet(f"And {found.n_faults - len(found.faults):,} more: ratchet audit --agent {found.agent}")
    for note in found.notes if found is not None else ():
        cards.quiet(note)


def _standing(found: RecordCheck | None) -> Markup:
    now = session.now()
    result = acts.CheckResult("Not known", "Nobody has checked this journal yet.", "unknown")
    when = ""
    if found is not None:
        result = acts.check_result(found, newest=query.last_seq(session.scope()))
        when = f"Found {words.ago(found.found_at, now)}." if found.found_at else ""
        if found.ended_at is None:
            late = now - found.asked_at > LATE
            stalled = " No worker has taken it yet: `ratchet up` or `ratchet worker` runs one." if late else ""
            when = f"{when} {found.asked_by} asked for a new check {words.ago(found.asked_at, now)}.{stalled}".strip()
    return tag(
        "div",
        tag("div", cards.chip(result.name, result.tone), tag("span", when), css="rt-chips"),
        tag("div", result.words, css="rt-small"),
        role="status",
    )


def _ask_check() -> None:
    def verb() -> session.Notice:
        desk.ask_check(session.parts(), actor=session.current_user())
        return session.Notice("A worker checks the journal and everything it vouches for.")

    session.act(verb)


# filters -------------------------------------------------------------------------------------------
def _filters() -> JournalFilter:
    agent = session.scope().agent
    who, what, whom, since, until = st.columns((2, 2, 2, 1, 1))
    actor = who.selectbox("Who", [ANY, PEOPLE, *_actors(agent)], key="who", bind="query-params", format_func=acts.who)
    action = what.selectbox(
        "What",
        [ANYTHING, *_actions(agent)],
        key="what",
        bind="query-params",
        format_func=lambda one: acts.act(one).words,
    )
    subject = whom.text_input(
        "About (an id)", key="about", bind="query-params", max_chars=255, help="Of a change, a case or an item."
    )
    first = since.date_input("From", value=None, key="from", bind="query-params")
    last = until.date_input("Until", value=None, key="until", bind="query-params")
    return JournalFilter(
        actor="" if actor in (None, ANY, PEOPLE) else str(actor),
        is_by_people=actor == PEOPLE,
        action="" if action in (None, ANYTHING) else str(action),
        subject=(subject or "").strip(),
        since=_midnight(first),
        until=_midnight(last, days=1),
        before=_number(st.query_params.get("before")),
    )


def _midnight(day: object, *, days: int = 0) -> datetime | None:
    """The beginning of a day on the viewer's clock."""
    if not isinstance(day, date):
        return None
    return datetime.combine(day + timedelta(days=days), time(), session.zone())


def _number(told: str | None) -> int | None:
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 12 else None


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def _actors(agent: str) -> list[str]:
    del agent  # only the key of the cache
    return query.actors(session.scope())


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def _actions(agent: str) -> list[str]:
    del agent
    return query.actions(session.scope())


def _show_empty(wanted: JournalFilter) -> None:
    if wanted == JournalFilter():
        cards.empty("Nothing was done yet", "The first entry is the making of the agent.")
        return
    cards.empty("No entry matches", "Other filters may find it.")
    st.button("Clear filters", key="clear", on_click=_clear)


def _clear() -> None:
    st.session_state.update({"who": ANY, "what": ANYTHING, "about": "", "from": None, "until": None})
    st.query_params.pop("before", None)


# the list ------------------------------------------------------------------------------------------
def _list(lines: list[JournalLine], titles: dict[str, str], opened: JournalLine | None) -> None:
    zone = session.zone()
    rows = [
        ListRow(
            id=str(line.seq),
            chips=(Chip(words.clock(line.at, zone)),),
            lines=(Line(acts.sentence_text(line, title=titles.get(line.subject, ""))),),
            css="rt-act",
        )
        for line in lines
    ]
    listbox.show_listbox(
        "Journal, newest first", rows, key="journal", opened=str(opened.seq) if opened else "", open_row=_open
    )


def _opened(lines: list[JournalLine]) -> JournalLine | None:
    """The entry of the address bar, on this page or not."""
    number = _number(st.query_params.get("e"))
    if number is None:
        return None
    here = next((line for line in lines if line.seq == number), None)
    return here or query.entry(session.scope(), number)


def _pages(lines: list[JournalLine], wanted: JournalFilter) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Newest", key="newest", icon=":material/first_page:", disabled=wanted.before is None,
            on_click=_turn, args=(None,),
        )  # fmt: skip
        st.button(
            "Older", key="older", icon=":material/navigate_next:", disabled=len(lines) < query.PAGE,
            on_click=_turn, args=(lines[-1].seq,),
        )  # fmt: skip


def _turn(before: int | None) -> None:
    st.query_params.pop("e", None)
    if before is None:
        st.query_params.pop("before", None)
    else:
        st.query_params["before"] = str(before)


def _open(seq: str | None) -> None:
    if seq is None:
        st.query_params.pop("e", None)
    else:
        st.query_params["e"] = seq


# one entry -----------------------------------------------------------------------------------------
def _show_one(line: JournalLine) -> None:
    known = acts.act(line.action)
    title = query.titles(session.scope(), [line.subject]).get(line.subject, "")
    with st.container(border=True, key=cards.OPENED):
        keys.show_button(
            "Close",
            key="close",
            shortcut="Esc",
            icon=":material/close:",
            type="tertiary",
            on_click=partial(_open, None),
        )
        show(
            tag(
                "div",
                tag(
                    "div",
                    cards.chip(f"Entry {line.seq:,}", known.tone),
                    tag("span", words.clock(line.at, session.zone())),
                    cards.chip("Signed", "good") if line.is_signed else cards.chip("Not signed"),
                    css="rt-chips",
                ),
                acts.sentence(line, title=title),
                tag("div", f"About: {line.subject}", css="rt-small rt-text"),
            )
        )
        with st.container(horizontal=True, gap="small"):
            if known.page:
                params = {known.param: line.subject} if known.param else {}
                navigation.link(known.page, "Open it", icon=":material/arrow_forward:", **params)
            st.button("All about this", key="same", on_click=_only, args=(line.subject,), type="tertiary")
        rows = [(tag("span", name, css="rt-text"), told) for name, told in acts.detail_rows(line)]
        if rows:
            show(cards.table(("It vouches for", "With"), rows, label="What the entry vouches for"))
        cards.quiet(
            "The journal holds fingerprints (SHA-256), not contents: with the row they name they prove that it is as "
            "it was written."
        )


def _only(subject: str) -> None:
    _clear()
    st.session_state["about"] = subject
    _open(None)


# export --------------------------------------------------------------------------------------------
def _export(wanted: JournalFilter) -> None:
    scope, whole = session.scope(), wanted.model_copy(update={"before": None})
    cards.heading("Export", f"Everything that matches the filters, at most {query.EXPORTED:,} entries, newest first.")
    with st.container(horizontal=True, gap="small"):
        for name, ending, mime, spell in (
            ("JSON Lines", "jsonl", JSON_LINES, _as_jsonl),
            ("CSV", "csv", "text/csv", _as_csv),
        ):
            st.download_button(
                name,
                data=partial(_made, spell, scope, whole, asker=session.asker()),
                file_name=f"{scope.agent}-journal.{ending}",
                mime=mime,
                key=f"export-{ending}",
                on_click="ignore",
                icon=":material/download:",
            )
    cards.quiet(f"In the CSV, {GUARD_WORDS}.")


def _made(
    spell: Callable[[Scope, JournalFilter], str], scope: Scope, wanted: JournalFilter, *, asker: Callable[[], Actor]
) -> str:
    """Made when the button is pressed, outside of any session; who presses it is asked again then."""
    asker()
    return spell(scope, wanted)


def _as_jsonl(scope: Scope, wanted: JournalFilter) -> str:
    lines = query.export_entries(scope, wanted)
    return json_lines(line.model_dump(mode="json") for line in lines)


def _as_csv(scope: Scope, wanted: JournalFilter) -> str:
    lines = list(query.export_entries(scope, wanted))
    titles = query.titles(scope, list(dict.fromkeys(line.subject for line in lines)))
    return sheet(
        _COLUMNS,
        (
            (
                line.seq, line.at.isoformat(), line.actor, line.action, line.subject, titles.get(line.subject, ""),
                "yes" if line.is_signed else "no", json.dumps(line.digests, sort_keys=True),
            )
            for line in lines
        ),
    )  # fmt: skip
