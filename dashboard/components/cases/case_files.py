"""Cases as files: hand cases in after a look at what was understood, take them out, and keep named sets."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard import session
from dashboard.components.cases import examination
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.markup import show, tag
from loop import collect, desk, roles
from loop.ports import Parts
from loop.records import Actor, CaseDraft, EvalCase, Split
from loop.text.sheets import GUARD_WORDS, JSON_LINES, json_lines, sheet
from storage.queries import cases as query

PREVIEWED = 5
REFUSED_SHOWN = 20
EXPORTED = 20_000
"""Cases of one download, at most; the terminal takes any number."""
_COLUMNS = ("id", "split", "question", "expected", "topic", "group", "author", "vouched_by", "is_protected", "at")


@dataclass(frozen=True)
class _Read:
    """A file as it was understood, in this person's session only."""

    agent: str
    name: str
    drafts: tuple[CaseDraft, ...]
    refused: tuple[tuple[int, str], ...]
    """Line and reason."""


def show_files(parts: Parts) -> None:
    """The section."""
    left, right = st.columns(2, gap="large")
    with left:
        _import(parts)
    with right:
        _export(parts)
        _sets(parts)


# in ------------------------------------------------------------------------------------------------
def _import(parts: Parts) -> None:
    cards.heading(
        "Hand cases in",
        "A file with a question and what is right in each row: CSV, JSON Lines, JSON or Parquet. You answer for them; "
        "chance decides which examine and which teach.",
    )
    if not roles.may(session.current_user(), "set_up"):
        cards.refused("set_up", "hand cases in")
        return
    slug = parts.store.agent.slug
    st.file_uploader(
        "File with cases", type=["csv", "tsv", "jsonl", "ndjson", "json", "parquet"], key=f"cases-file-{slug}",
        on_change=partial(_read, slug), label_visibility="collapsed",
    )  # fmt: skip
    cards.quiet("Columns: question, expected; also topic, group, context, must_include, must_exclude.")
    found: _Read | None = st.session_state.get("cases-read")
    if found is None or found.agent != slug:
        _told(slug)
        return
    cards.note(
        f"{found.name}: {words.count(len(found.drafts), 'case')} understood, "
        f"{words.count(len(found.refused), 'row')} refused. Nothing is stored yet.",
        "hopeful" if found.drafts else "bad",
    )
    rows = [
        (
            str(one.line),
            tag("div", words.short(one.question, 120), css="rt-text"),
            tag("div", words.short(one.expected, 120), css="rt-text"),
        )
        for one in found.drafts[:PREVIEWED]
    ]
    if rows:
        show(cards.table(("Line", "Question", "Right is"), rows, numbers=(0,), label="The first rows, as understood"))
    _refused(found.refused)
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Hand in {words.count(len(found.drafts), 'case')}: I answer for them", key="cases-send", type="primary",
            disabled=not found.drafts, on_click=_send,
        )  # fmt: skip
        keys.show_button("Leave it", key="cases-leave", shortcut="Esc", on_click=_leave)


def _read(slug: str) -> None:
    """Once, when the file comes; not in every page run."""

    def verb() -> session.Notice:
        st.session_state.pop("cases-read", None)
        file = st.session_state.get(f"cases-file-{slug}")
        if file is None:
            return session.Notice("The file was put away.")
        rows = list(collect.read_cases(io.BytesIO(file.getvalue()), name=file.name, agent=slug))
        drafts = tuple(row for row in rows if isinstance(row, CaseDraft))
        refused = tuple((row.line, row.reason) for row in rows if not isinstance(row, CaseDraft))
        st.session_state["cases-read"] = _Read(slug, file.name, drafts, refused)
        return session.Notice(f"{words.count(len(drafts), 'case')} understood.")

    session.act(verb)


def _leave() -> None:
    st.session_state.pop("cases-read", None)


def _send() -> None:
    def verb() -> session.Notice:
        found: _Read = st.session_state["cases-read"]
        done = desk.hand_in(
            session.parts(), list(found.drafts), actor=session.current_user(), source=f"dashboard: {found.name}"
        )
        _leave()
        examination.forget()
        drawn = ", ".join(f"{n:,} {split.value}" for split, n in done.by_split.items())
        told = (
            f"{done.new:,} new ({drawn}), {done.confirmed:,} confirmed, {done.replaced:,} replaced, "
            f"{done.known:,} known before."
        )
        refused = tuple((one.line, one.reason) for one in done.refused)
        st.session_state["cases-told"] = (found.agent, told, refused)
        return session.Notice(told)

    session.act(verb)


def _told(slug: str) -> None:
    """What the last file came to, until another one comes."""
    agent, told, refused = st.session_state.get("cases-told", ("", "", ()))
    if agent == slug:
        cards.note(told, "good")
        _refused(refused)


def _refused(rows: Iterable[tuple[int, str]]) -> None:
    some = list(rows)
    if not some:
        return
    told = [(str(line), tag("span", reason, css="rt-text")) for line, reason in some[:REFUSED_SHOWN]]
    show(cards.table(("Line", "Why it was refused"), told, numbers=(0,), label="Rows that were refused"))
    if len(some) > REFUSED_SHOWN:
        cards.quiet(f"And {words.count(len(some) - REFUSED_SHOWN, 'row')} more.")


# out -----------------------------------------------------------------------------------------------
def _export(parts: Parts) -> None:
    cards.heading("Take cases out", "Dev and log cases as JSON Lines or CSV.")
    slug = parts.store.agent.slug
    with st.container(horizontal=True, gap="small"):
        for split in (Split.DEV, Split.LOG):
            n = parts.store.count_cases(split)
            for ending, mime, spell in (("jsonl", JSON_LINES, _as_jsonl), ("csv", "text/csv", _as_csv)):
                st.download_button(
                    f"{split.value.capitalize()}, {ending.upper()}",
                    data=partial(_rows, parts, session.asker(), split, spell),
                    file_name=f"{slug}-{split.value}-cases.{ending}",
                    mime=mime,
                    key=f"cases-{split.value}-{ending}",
                    on_click="ignore",
                    disabled=not 0 < n <= EXPORTED,
                    icon=":material/download:",
                )
    cards.quiet(f"More than {EXPORTED:,}: ratchet cases export --agent {slug} --split log. In the CSV, {GUARD_WORDS}.")
    _burn(slug)


def _rows(parts: Parts, asker: Callable[[], Actor], split: Split, spell: Callable[[list[EvalCase]], str]) -> str:
    """Made when the button is pressed, outside of any session; who presses it is asked again then."""
    return spell(desk.case_rows(parts, [split], actor=asker()))


def _burn(slug: str) -> None:
    """Sealed cases leave only when somebody says that their secrecy may go."""
    if not roles.may(session.current_user(), "set_up"):
        return
    with st.expander("Sealed cases", key="burn", on_change="rerun") as place:
        if not place.open:
            return
        ready: tuple[str, str] | None = st.session_state.get("burnt")
        if ready is not None and ready[0] == slug:
            st.download_button(
                "Download the sealed cases", data=ready[1], file_name=f"{slug}-sealed-cases.jsonl",
                mime=JSON_LINES, key="burnt-file", on_click=_forget_burnt,
            )  # fmt: skip
            return
        cards.note(
            "Whoever reads them can no longer be examined on them, and you are noted as having read each.", "bad"
        )
        with keys.open_form("burn-form"):
            st.text_input("Why?", key="burn-why", placeholder="Kept in the journal", max_chars=1_000)
            st.checkbox("Yes, their secrecy may go", key="burn-sure")
            keys.show_send("Make the file", key="burn-send", send=_send_burn, is_beside=True)


def _send_burn() -> None:
    def verb() -> session.Notice:
        parts = session.parts()
        cases = desk.case_rows(
            parts,
            [Split.SEALED],
            actor=session.current_user(),
            is_burning=bool(st.session_state.get("burn-sure")),
            reason=st.session_state.get("burn-why") or "",
        )
        st.session_state["burnt"] = (parts.store.agent.slug, _as_jsonl(cases))
        examination.forget()
        return session.Notice(f"{words.count(len(cases), 'sealed case')} ready; the journal says who took them.")

    session.act(verb)


def _forget_burnt() -> None:
    st.session_state.pop("burnt", None)


def _as_jsonl(cases: list[EvalCase]) -> str:
    return json_lines(case.model_dump(mode="json", exclude={"agent"}) for case in cases)


def _as_csv(cases: list[EvalCase]) -> str:
    return sheet(_COLUMNS, ([_cell(case, name) for name in _COLUMNS] for case in cases))


def _cell(case: EvalCase, name: str) -> str:
    value = getattr(case, name)
    return value.isoformat() if name == "at" else "yes" if value is True else "no" if value is False else str(value)


# named sets ----------------------------------------------------------------------------------------
def _sets(parts: Parts) -> None:
    cards.heading("Named sets", "Which cases examined on a day: numbers compare only on the same ones.")
    kept = parts.store.case_sets()
    if kept:
        now = query.examining_ids(session.scope())
        zone = session.zone()
        rows = []
        for one in kept[:20]:
            held = {case_id for some in one.case_ids.values() for case_id in some}
            moved = f"{len(now - held):,} came, {len(held - now):,} went" if now != held else "the same cases"
            rows.append((tag("b", one.name), f"{len(held):,}", moved, f"{one.actor}, {words.clock(one.at, zone)}"))
        show(cards.table(("Name", "Cases", "Since then", "Kept by"), rows, numbers=(1,), label="Named sets of cases"))
    if not roles.may(session.current_user(), "examine"):
        cards.refused("examine", "keep a set")
        return
    with keys.open_form("keep-set", border=False):
        st.text_input("Name", key="set-name", placeholder="2026-spring", max_chars=80)
        keys.show_send("Keep which cases examine now", key="set-send", send=_send_set, is_beside=True)


def _send_set() -> None:
    def verb() -> session.Notice:
        made = desk.keep_set(session.parts(), st.session_state.get("set-name") or "", actor=session.current_user())
        return session.Notice(f"Kept {made.name}.")

    session.act(verb)
