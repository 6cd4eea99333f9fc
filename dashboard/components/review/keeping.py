"""Keep some of a change: its pieces one by one, identical edits as one; what is kept is tested again."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import page_run, session
from dashboard.components.elements import cards, keys, marks, router, words
from dashboard.components.elements.markup import literal, show, tag
from dashboard.components.review import actions
from loop import desk
from loop.change.blocks import Block, blocks
from loop.change.sections import SECTIONS
from loop.records import ProposalItem

_KINDS = {"add": "new", "change": "changed", "retire": "goes"}


def show_keep(item: ProposalItem) -> None:
    """Every piece with its box, all kept; the digits tick and untick."""
    digest, pieces = item.evidence_digest, page_run.once(blocks)(item.proposal.changes)
    cards.note(
        "What you keep becomes a new change. It is tested like any other before anybody decides on it.", "hopeful"
    )
    with keys.open_form(f"keep-form-{digest}", takes_focus=False):
        for place, block in enumerate(pieces, start=1):
            key = f"keep-{digest}-{block.id}"
            if place <= 9:
                router.bind(str(place), key, says=f"Keep piece {place}, or not", once=False)
            st.checkbox(_name(block, place), True, key=key)
            _show_piece(block)
        keys.show_ends(
            "Send what is kept to the test",
            verb="keep",
            of=digest,
            send=partial(_send, proposal_id=item.proposal.id, digest=digest, ids=[one.id for one in pieces]),
            leave=partial(actions.set_doing, item.proposal.id),
        )


def _name(block: Block, place: int) -> str:
    label = SECTIONS[block.section].label
    many = f", {words.count(block.count, 'time')} the same" if block.count > 1 else ""
    return literal(f"Keep {place}: {label}, {_KINDS[block.kind]}{many}")


def _show_piece(block: Block) -> None:
    if not block.before or not block.after:
        name = "ins" if block.after else "del"
        show(tag("div", tag(name, block.after or block.before), css="rt-text rt-piece"))
        return
    found = marks.sides(block.before, block.after)
    show(
        tag(
            "div",
            tag("div", found.before, css="rt-said rt-text"),
            tag("div", found.after, css="rt-said rt-text"),
            css="rt-pair rt-piece",
        )
    )


def _send(*, proposal_id: str, digest: str, ids: Sequence[str]) -> None:
    def verb() -> session.Notice:
        kept = [one for one in ids if st.session_state.get(f"keep-{digest}-{one}", True)]
        made = desk.keep(session.parts(), proposal_id, actor=session.current_user(), seen_digest=digest, kept=kept)
        actions.note_decided(proposal_id)
        actions.go(made.id)
        return session.Notice(
            f"Kept {len(kept)} of {len(ids)} pieces and sent them to the test. They come back here with the result."
        )

    session.act(verb)
