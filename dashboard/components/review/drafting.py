"""Wording a change: a reviewer's edit of a proposal, or a draft of one's own. Both are tested before a decision."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from uuid import uuid4

import streamlit as st
from pydantic import ValidationError

from dashboard import session
from dashboard.components.elements import cards, keys, words
from dashboard.components.review import actions, operation
from dashboard.components.review.changes import show_changes
from loop import desk, roles
from loop.change.diff import changes
from loop.change.operations import apply_all
from loop.change.rewording import edits_between
from loop.change.sections import SECTIONS
from loop.errors import InvalidInput
from loop.ports import Parts
from loop.records import Bundle, Operation, ProposalItem

DRAFTED = {row.noun.capitalize(): row.draft for row in SECTIONS.values() if row.draft}
"""What a person may draft by hand, as a choice, with its blank form."""
INSTRUCTIONS = SECTIONS["instructions"].noun.capitalize()


# editing a proposal --------------------------------------------------------------------------------
def show_edit(item: ProposalItem, *, parts: Parts) -> None:
    """The proposal's own wording in fields. Sending makes a new proposal that is tested again."""
    proposal, digest = item.proposal, item.evidence_digest
    cards.note(
        "Your wording becomes a new change. It is tested like any other before anybody decides on it.", "hopeful"
    )
    with keys.open_form(f"edit-form-{digest}", takes_focus=True):
        cards.quiet("What you type is compared with the proposal, word by word.")
        for place, one in enumerate(proposal.operations):
            operation.draw(one, key=f"edit-{digest}-{place}")
        st.text_input("Why you changed it (kept with the decision)", key=f"edit-why-{digest}")
        wants_look = keys.show_ends(
            "Send back to the test",
            verb="edit",
            of=digest,
            send=partial(_send_edit, item=item),
            leave=partial(actions.set_doing, proposal.id),
            has_look=True,
        )
    if wants_look:
        _show_preview(lambda: _read_edit(item), parts=parts)


def _read_edit(item: ProposalItem) -> tuple[Operation, ...]:
    digest = item.evidence_digest
    return _validate(
        operation.read(one, key=f"edit-{digest}-{place}") for place, one in enumerate(item.proposal.operations)
    )


def _send_edit(*, item: ProposalItem) -> None:
    def verb() -> session.Notice:
        made = desk.edit(
            session.parts(),
            item.proposal.id,
            actor=session.current_user(),
            seen_digest=item.evidence_digest,
            operations=_read_edit(item),
            reason=st.session_state.get(f"edit-why-{item.evidence_digest}") or "",
        )
        actions.note_decided(item.proposal.id)
        actions.go(made.id)
        return session.Notice("Sent to the test. It comes back here with its result.")

    session.act(verb)


# drafting one's own --------------------------------------------------------------------------------
def show_draft_button() -> None:
    """Opens the form, for whoever may draft."""
    if not roles.may(session.current_user(), "draft"):
        return
    st.button("Draft a change", key="draft-open", icon=":material/add:", on_click=_open)


def is_drafting() -> bool:
    """Whether the form is open."""
    return bool(st.session_state.get("drafting"))


def show_draft(parts: Parts) -> None:
    """A change written by hand; it takes the same road as any other: tested, then decided."""
    form_id = str(st.session_state["drafting"])
    cards.heading("Draft a change", "It is tested on the same cases as any other, then somebody decides.")
    kinds = list(DRAFTED)
    kind = st.segmented_control(
        "What do you want to change?", kinds, default=kinds[0], required=True, key=f"kind-{form_id}"
    )
    key = f"draft-{form_id}-{kind}"
    with keys.open_form(f"draft-form-{form_id}", takes_focus=True):
        if kind == INSTRUCTIONS:
            live = _live(parts).instructions
            operation.draw_text("The instructions as they are live: change what is to change", live, key=f"{key}-whole")
        else:
            operation.draw(_blank(kind, form_id), key=key)
        st.text_input("In one sentence, what changes?", key=f"{key}-what")
        st.text_area("Why?", key=f"{key}-why", height=80)
        wants_look = keys.show_ends(
            "Send to the test",
            verb="draft",
            of=f"{form_id}-{kind}",
            send=partial(_send_draft, kind=kind, form_id=form_id),
            leave=_close,
            has_look=True,
        )
    if wants_look:
        _show_preview(lambda: _read_draft(kind, form_id), parts=parts)


def _open() -> None:
    st.session_state["drafting"] = uuid4().hex[:12]
    st.session_state["mode"] = {}


def _close() -> None:
    st.session_state.pop("drafting", None)


def _live(parts: Parts) -> Bundle:
    return parts.store.bundle(parts.store.head().digest)


def _blank(kind: str, form_id: str) -> Operation:
    return DRAFTED[kind](form_id)


def _read_draft(kind: str, form_id: str) -> tuple[Operation, ...]:
    key = f"draft-{form_id}-{kind}"
    if kind != INSTRUCTIONS:
        return _validate([operation.read(_blank(kind, form_id), key=key)])
    live = _live(session.parts()).instructions
    edits = edits_between(live, operation.read_text(f"{key}-whole", live))
    if not edits:
        raise InvalidInput("Nothing was changed.", field="new", remedy="Change the instructions, then send them.")
    return _validate(edits)


def _send_draft(*, kind: str, form_id: str) -> None:
    key = f"draft-{form_id}-{kind}"

    def verb() -> session.Notice:
        desk.draft(
            session.parts(),
            actor=session.current_user(),
            operations=_read_draft(kind, form_id),
            title=st.session_state.get(f"{key}-what") or "",
            rationale=st.session_state.get(f"{key}-why") or "",
        )
        _close()
        return session.Notice("Sent to the test. It waits under Review until its result is there.")

    session.act(verb)


def _validate(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The operations with every field validated. Raises InvalidInput naming the field, not what is in it."""
    try:
        return tuple(type(one).model_validate(one.model_dump()) for one in operations)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in found["loc"])
        raise InvalidInput(f"The field {field} cannot be used: {found['msg'].lower()}.", field=field) from None


def _show_preview(wording: Callable[[], Sequence[Operation]], *, parts: Parts) -> None:
    """What the wording would change, as the same picture a reviewer sees."""
    base = _live(parts)
    try:
        worded = changes(base, apply_all(base, wording()))
    except InvalidInput as refused:
        cards.note(str(refused), "bad")
        return
    cards.heading("Your changes", words.count(len(worded), "element"))
    show_changes(worded, layout="Side by side", key="preview", right="Your wording")
