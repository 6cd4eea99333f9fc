"""Comments of reviewers beside a change: where one may stand, how it is written, and how it is shown."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import session
from dashboard.components.elements import words
from dashboard.components.elements.diff import Row, compare
from dashboard.components.elements.markup import Markup, literal, show, tag
from loop import desk
from loop.change.sections import SECTIONS
from loop.records import Change
from loop.records.remarks import Remark

WHOLE = "The change as a whole"
PLACES = 60
"""Lines that can be chosen, at most."""


def places(changes: Sequence[Change]) -> dict[str, desk.Place | None]:
    """What a comment may be about, as a choice: the whole, or a changed line."""
    found: dict[str, desk.Place | None] = {WHOLE: None}
    for change in changes:
        element = desk.place_of(change.section, change.element_id)
        for row in compare(change.before, change.after).rows:
            if not row.change or len(found) > PLACES:
                continue
            line = row.left_number if row.right_number is None else row.right_number
            name = f"{SECTIONS[change.section].label} · line {line}: {words.short(_text(row), 80)}"
            while name in found:
                name += " "
            found[name] = desk.Place(element=element, is_after=row.right_number is not None, line=line)
    return found


def send(*, proposal_id: str, digest: str, places: Mapping[str, desk.Place | None]) -> None:
    """Keep the comment of the strip."""

    def verb() -> session.Notice:
        about = places.get(st.session_state.get(f"comment-on-{digest}") or WHOLE)
        desk.remark(
            session.parts(),
            proposal_id,
            actor=session.current_user(),
            text=st.session_state.get(f"comment-{digest}") or "",
            about=about,
        )
        return session.Notice("Your comment is kept beside the change.")

    if session.act(verb):
        st.session_state["mode"] = {}


def show_own(proposal_id: str) -> None:
    """Their own comments on this change, each to be taken back; that there was one stays in the journal."""
    me = session.current_user().name
    own = [one for one in session.parts().store.remarks([proposal_id]) if one.author == me and not one.withdrawn_at]
    for one in own:
        st.button(
            literal(f"Take back: {words.short(one.text, 60)}"),
            key=f"withdraw-{one.id}",
            type="tertiary",
            on_click=_withdraw,
            args=(proposal_id, one.id),
        )


def _withdraw(proposal_id: str, remark_id: str) -> None:
    def verb() -> session.Notice:
        desk.withdraw_remark(session.parts(), proposal_id, remark_id, actor=session.current_user())
        return session.Notice("Your comment is taken back.")

    session.act(verb)


def beside(remarks: Sequence[Remark], change: Change) -> dict[tuple[str, int], list[Markup]]:
    """Comments on lines of this element, by side and line; whoever drew it again elsewhere finds the same words."""
    element = desk.place_of(change.section, change.element_id)
    found: dict[tuple[str, int], list[Markup]] = {}
    for one in remarks:
        lines = (change.after if one.side == "after" else change.before).split("\n")
        is_there = one.element == element and one.line is not None and one.line <= len(lines)
        if is_there and one.line is not None and lines[one.line - 1].startswith(one.quote[:400]):
            found.setdefault((one.side, one.line), []).append(remark(one))
    return found


def show_remarks(changes: Sequence[Change], remarks: Sequence[Remark]) -> None:
    """Those that stand beside no line of these changes, which are the ones that are drawn line by line."""
    placed = {id_ for change in changes for one in remarks if beside([one], change) for id_ in (one.id,)}
    loose = [remark(one, quotes=bool(one.quote)) for one in remarks if one.id not in placed]
    if loose:
        show(tag("section", loose, css="rt-stack rt-remarks", aria_label="Comments"))


def remark(one: Remark, *, quotes: bool = False) -> Markup:
    """One comment with who wrote it and when."""
    return tag(
        "div",
        tag("div", tag("b", one.author), tag("span", words.ago(one.at, session.now())), css="rt-said-head"),
        tag("div", f"On “{one.quote}”", css="rt-small rt-text") if quotes else None,
        tag("div", one.text, css="rt-text"),
        css="rt-remark",
    )


def _text(row: Row) -> str:
    return "".join(piece.text for piece in (row.right if row.right_number is not None else row.left))
