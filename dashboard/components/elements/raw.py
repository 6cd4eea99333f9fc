"""Raw text of an item behind a button: shown once for each look, and each look is in the journal."""

import json

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards
from dashboard.components.elements.markup import show, tag
from loop import desk
from loop.records.raw import RawText

_SHOWN = "raw-shown"


def show_raw(*ids: str) -> None:
    """Nothing where nothing was masked, where it is not kept, and for whom the role does not allow it."""
    if not desk.raw_kept(session.parts(), ids, actor=session.current_user()):
        return
    looked: tuple[tuple[str, ...], list[RawText]] = st.session_state.pop(_SHOWN, ((), []))
    if looked[0] == ids:
        cards.heading("As it was written")
        for one in looked[1]:
            for name, said in one.said.items():
                text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
                show(tag("div", tag("div", f"{name.capitalize()}, {one.kind}", css="rt-small"),
                         tag("div", text, css="rt-text")))  # fmt: skip
        cards.quiet("It is hidden again with your next step.")
        return
    st.button(
        "Show as it was written",
        key=f"raw-{ids[0]}",
        icon=":material/visibility:",
        help="Personal data was masked here. Who looks is noted in the journal.",
        on_click=_look,
        args=(ids,),
    )


def _look(ids: tuple[str, ...]) -> None:
    def verb() -> session.Notice:
        st.session_state[_SHOWN] = ids, desk.show_raw(session.parts(), ids, actor=session.current_user())
        return session.Notice("That you looked is in the journal.")

    session.act(verb)
