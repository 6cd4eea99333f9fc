"""What Streamlit runs: the frame around every page."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import streamlit as st

from dashboard import menu, session
from dashboard.components import cards, held, markup, words
from dashboard.components.markup import show, tag
from loop.errors import NotFound, RatchetError
from loop.records import Mode
from storage.queries import progress

ICON = Path(__file__).with_name("icon.png")
LOGO = Path(__file__).with_name("logo.svg")

# Since the last turn that did something, before the light goes from green to amber.
LIVELY = timedelta(hours=1)
MODES = {
    Mode.MANUAL: "Every change waits for a person",
    Mode.SIMPLE: "Proved low-stakes changes ship by themselves",
    Mode.ORCHESTRATE: "A team of agents shares what is proved",
}


def main() -> None:
    """Draw the page of the address bar, or say in words why it cannot be drawn."""
    st.set_page_config(page_title="Ratchet", page_icon=str(ICON), layout="wide")
    markup.show_style()
    held.count_once()
    st.logo(str(LOGO), size="medium")
    page = st.navigation(menu.pages(_framed), position="top")
    page.run()


def _framed(screen: menu.Screen) -> Callable[[], None]:
    def draw() -> None:
        try:
            _frame()
            screen.draw()
        except NotFound as error:
            cards.empty(error.message, error.remedy)
        except RatchetError as error:
            _show_failure(error)

    draw.__name__ = screen.path or "today"
    return draw


def _frame() -> None:
    """Whose agent this is, whether it is a demo, how the loop is doing."""
    chosen = session.agent()
    agents = session.database().agents()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if len(agents) > 1:
            names = {one.slug: one.name for one in agents}
            st.session_state["agent-picker"] = chosen.slug
            st.selectbox(
                "Agent",
                list(names),
                format_func=lambda slug: f"{names[slug]} ({slug})",
                key="agent-picker",
                label_visibility="collapsed",
                width=260,
                on_change=lambda: session.choose_agent(st.session_state["agent-picker"]),
            )
            st.query_params["agent"] = chosen.slug
        _strip(len(agents) == 1)


@st.fragment(run_every="30s")
def _strip(shows_name: bool) -> None:
    chosen = session.agent()
    turn = session.parts().store.last_turn()
    waits = progress.waits(session.scope())
    heard = f"Loop: last turn {words.ago(turn.ended_at, session.now())}" if turn else "Loop: no turn yet"
    is_lively = turn is not None and session.now() - turn.ended_at < LIVELY
    show(
        tag(
            "div",
            tag("b", chosen.name) if shows_name else None,
            cards.chip("Demo data: invented people and answers", "unknown") if chosen.is_demo else None,
            cards.answered_by(session.answering()),
            tag("span", MODES[chosen.mode]),
            tag("span", tag("span", css="rt-dot" if is_lively else "rt-dot is-idle"), heard, css="rt-push"),
            tag("span", f"{waits.to_review:,} waiting"),
            tag("span", session.current_user().name),
            css="rt-frame",
        )
    )


def _show_failure(error: RatchetError) -> None:
    cards.note(f"{error.message} {error.remedy}".strip(), "bad")
    cards.quiet("Nothing you decided was lost: a decision is either stored or refused in so many words.")
    st.button("Try again", key="again", icon=":material/refresh:")


main()
