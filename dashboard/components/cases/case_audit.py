"""The blind audit on the screen: answer what is asked without seeing what is on file, then settle where both differ."""

from functools import partial
from typing import Literal

import streamlit as st

from dashboard import session
from dashboard.components.cases import examination
from dashboard.components.elements import cards, conversation, keys, words
from dashboard.components.elements.markup import show, tag
from loop import desk, roles
from loop.ports import Parts
from loop.records import Agreement, CaseAudit, Grading

PAST = 10
CHOOSE = "Choose …"
_KEEPS: dict[Literal["same", "file", "lead"], tuple[str, str]] = {
    "lead": ("Mine is right", "M"),
    "file": ("The one on file is right", "F"),
    "same": ("Both say the same", "S"),
}


def show_audit(parts: Parts) -> None:
    """The section: the open audit of this person, a way to begin one, and what earlier ones found."""
    actor = session.current_user()
    cards.heading(
        "Blind audit",
        "Questions drawn at random from the cases. What is on file is shown only after you have answered all of them.",
    )
    if not roles.may(actor, "examine"):
        cards.refused("examine", "audit the cases")
    else:
        going = _going(parts, actor.name)
        if going is None:
            _begin(parts)
        else:
            _go_on(parts, going)
    _past(desk.agreements(parts, limit=PAST))


def _going(parts: Parts, name: str) -> CaseAudit | None:
    return next((one for one in parts.store.case_audits() if one.ended_at is None and one.lead == name), None)


def _begin(parts: Parts) -> None:
    due = desk.samples_due(parts)
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Begin: {desk.QUESTIONS} questions", key="audit-first", type="primary",
            on_click=partial(_draw, "first"),
        )  # fmt: skip
        if due:
            st.button(
                f"Answer {words.count(due, 'sealed case')} due", key="audit-sample", on_click=partial(_draw, "sample")
            )
    cards.quiet("Whoever is asked a sealed case has read it from then on: it is noted, and never counts as unseen.")


def _draw(kind: Literal["first", "sample"]) -> None:
    def verb() -> session.Notice:
        made = desk.begin_audit(session.parts(), actor=session.current_user(), kind=kind)
        return session.Notice(f"{words.count(len(made.case_ids), 'question')} drawn.")

    session.act(verb)


def _go_on(parts: Parts, audit: CaseAudit) -> None:
    asked = desk.next_question(parts, audit.id, actor=session.current_user())
    if asked is not None:
        _question(parts, asked)
        return
    left = desk.disagreements(parts, audit.id, actor=session.current_user())
    if left:
        _settle(audit.id, left)
        return
    cards.quiet("Nothing of your open audit is left to answer.")
    _begin(parts)


def _question(parts: Parts, asked: desk.AuditQuestion) -> None:
    st.progress((asked.place - 1) / asked.of, text=f"Question {asked.place} of {asked.of}")
    show(cards.answer("Question", asked.question))
    conversation.show_facts(asked.context)
    key = f"{asked.audit_id}-{asked.case_id}"
    with keys.open_form(f"audit-{key}", takes_focus=True):
        match parts.store.agent.grading:
            case Grading.LABEL:
                st.selectbox("Right is", [CHOOSE, *asked.choices], key=f"audit-said-{key}", accept_new_options=True)
            case Grading.ARTICLE:
                titles = {one.id: one.title for one in parts.store.bundle(parts.store.head().digest).articles}
                st.selectbox(
                    "The right article",
                    [CHOOSE, *asked.choices],
                    format_func=lambda one: words.short(titles.get(str(one), str(one)), 80),
                    key=f"audit-said-{key}",
                )
            case Grading.TEXT:
                st.text_area("Right is", key=f"audit-said-{key}", height=110)
        keys.show_send("Answer", key=f"audit-send-{key}", send=_answer, asked=asked)


def _answer(asked: desk.AuditQuestion) -> None:
    def verb() -> session.Notice:
        said = st.session_state.get(f"audit-said-{asked.audit_id}-{asked.case_id}") or ""
        said = "" if said == CHOOSE else said
        desk.answer_question(
            session.parts(),
            asked.audit_id,
            asked.case_id,
            actor=session.current_user(),
            answer=said,
            is_new_label=bool(said) and said not in asked.choices,
        )
        return session.Notice("Kept.")

    session.act(verb)


def _settle(audit_id: str, left: list[desk.Disagreement]) -> None:
    one = left[0]
    cards.quiet(f"{words.count(len(left), 'answer')} to settle: yours and the one on file differ.")
    show(
        tag(
            "div",
            cards.answer("Question", one.question),
            tag(
                "div",
                cards.answer("You said", one.answer),
                cards.answer("On file", one.expected, more=[tag("span", f"said by {one.author}")]),
                css="rt-pair",
            ),
            css="rt-talk",
        )
    )
    with st.container(horizontal=True, gap="small"):
        for keep, (name, shortcut) in _KEEPS.items():
            if keep == "same" and one.agrees is not None:
                continue
            keys.show_button(
                name, key=f"settle-{keep}-{one.case_id}", shortcut=shortcut, on_click=_send_settled,
                args=(audit_id, one.case_id, keep),
            )  # fmt: skip


def _send_settled(audit_id: str, case_id: str, keep: Literal["same", "file", "lead"]) -> None:
    def verb() -> session.Notice:
        desk.settle_answer(session.parts(), audit_id, case_id, actor=session.current_user(), keep=keep)
        examination.forget()
        return session.Notice("Settled: you answer for it from now on.")

    session.act(verb)


def _past(found: list[Agreement]) -> None:
    if not found:
        cards.quiet("No audit was made yet: how many answers on file are right is unknown.")
        return
    zone = session.zone()
    rows = [
        (
            words.clock(one.started_at, zone),
            tag("b", one.lead),
            "ended" if one.ended_at else f"{one.answered} of {one.asked} answered",
            f"{one.agreed} of {one.compared}" if one.compared else "–",
            words.span(one.low, one.high),
            f"{one.drawn_from:,}",
        )
        for one in found
    ]
    columns = ("Begun", "By", "State", "Agreed with what is on file", "Of all, between (95 %)", "Drawn from")
    show(cards.table(columns, rows, numbers=(3, 4, 5), label="Blind audits of the cases"))
