"""What an item influenced, and the one act that takes it back: the list first, then the confirmation."""

import streamlit as st

from dashboard import navigation, session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.markup import show, tag
from loop import desk, roles
from loop.records import IMPORTED, VOUCHED, TaintScope, door_of
from loop.records.people import PULLED
from storage.queries.feedback import FeedbackLine

ITEM, PERSON, IMPORT = "This item", "Everything this person said", "The import or pull that brought it"


def show_influence(line: FeedbackLine) -> None:
    """Closed until somebody asks; what is followed then is bounded."""
    with st.expander("What it influenced", key=f"influence-{line.id}", on_change="rerun") as influence:
        if influence.open:
            _show(line)


def _show(line: FeedbackLine) -> None:
    is_imported = line.source.startswith((IMPORTED, VOUCHED, PULLED))
    chosen = st.segmented_control(
        "Of what",
        [ITEM, PERSON, *([IMPORT] if is_imported else [])],
        default=ITEM,
        required=True,
        key=f"influence-of-{line.id}",
        label_visibility="collapsed",
    )
    scope = _scope(line, str(chosen or ITEM))
    if scope is None:
        cards.quiet(
            "This import was made before it was kept what an import brings: look at everything through its door."
        )
        return
    found = desk.trace(session.parts(), scope, limit=desk.SHOWN)
    for head, lines in desk.taint_paragraphs(found):
        cards.quiet(head)
        if lines:
            show(tag("ul", [tag("li", one) for one in lines], css="rt-why"))
    known = next((one for one in session.parts().store.unlearnings() if one.scope == scope), None)
    if known is not None and known.undone_at is None:
        cards.note(f"Unlearned by {known.actor}: {known.reason}")
        st.button("Undo the unlearning", key=f"relearn-{known.id}", on_click=_undo, args=(known.id,))
        if found.clean is not None:
            navigation.link("releases", f"Go back to version {found.clean}")
        return
    if not roles.may(session.current_user(), "judge_feedback"):
        return
    if found.is_cut:
        cards.quiet("This is too much for a page: use `ratchet unlearn` in the terminal.")
        return
    seen = desk.seen_digest(found)
    with keys.open_form(f"unlearn-{line.id}"):
        cards.quiet("Unlearning excludes these items, retires their cases and proposes to take back what falls.")
        st.text_input("Your reason", key=f"unlearn-why-{line.id}", max_chars=1000)
        st.checkbox("I have read the list above", key=f"unlearn-sure-{line.id}")
        keys.show_send(
            "Unlearn all of this",
            key=f"unlearn-{line.id}-press",
            send=_unlearn,
            is_beside=True,
            scope=scope,
            seen=seen,
            line_id=line.id,
        )


def _scope(line: FeedbackLine, chosen: str) -> TaintScope | None:
    """None: the import that brought it was not noted."""
    if chosen == PERSON:
        return TaintScope(author=line.author, door=door_of(line.source) or line.source)
    if chosen == ITEM:
        return TaintScope(items=(line.id,))
    store = session.parts().store
    told = store.told_by([line.id])
    brought = next((one for one in store.imports() if line.id in told and one.covers(told[line.id].seq)), None)
    return None if brought is None else TaintScope(import_id=brought.id)


def _unlearn(scope: TaintScope, seen: str, line_id: str) -> None:
    if not st.session_state.get(f"unlearn-sure-{line_id}"):
        st.session_state["notice"] = session.Notice(
            "Nothing was changed: tick that you have read the list.", is_error=True
        )
        return

    def verb() -> session.Notice:
        reason = st.session_state.get(f"unlearn-why-{line_id}") or ""
        made = desk.unlearn(session.parts(), scope, actor=session.current_user(), reason=reason, seen=seen)
        st.cache_data.clear()
        return session.Notice(desk.unlearned_words(made))

    session.act(verb)


def _undo(unlearning_id: str) -> None:
    def verb() -> session.Notice:
        made = desk.undo_unlearning(session.parts(), unlearning_id, actor=session.current_user())
        st.cache_data.clear()
        return session.Notice(f"Undone: {words.count(len(made.moved), 'item')} are looked at again.")

    session.act(verb)
