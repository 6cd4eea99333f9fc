"""What Streamlit runs: the frame around every page."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import streamlit as st

from dashboard import menu, navigation, page_run, session
from dashboard.components.elements import cards, markup, router, words
from dashboard.components.elements.markup import show, tag
from dashboard.components.review import reading
from dashboard.components.setup import pulse
from loop.errors import NotFound, RatchetError, SignedOut
from loop.records import Mode
from loop.records.health import WorkerState

ICON = Path(__file__).with_name("icon.png")
LOGO = Path(__file__).with_name("logo.svg")

# Since the last turn that did something, before the light goes from green to amber.
LIVELY = timedelta(hours=1)
# Agents that are offered where an address names none that is known.
SHOWN = 8
MODES = {
    Mode.MANUAL: "Every change waits for a person",
    Mode.SIMPLE: "Proved low-stakes changes ship by themselves",
    Mode.ORCHESTRATE: "A team of agents shares what is proved",
}


def main() -> None:
    """Draw the page of the address bar, or say in words why it cannot be drawn."""
    # The icon first: else the browser asks an outside host for the one of the menu.
    st.set_page_config(page_icon=str(ICON), layout="wide")
    page = st.navigation(menu.pages(_framed), position="top")
    st.set_page_config(page_title=f"{page.title} · Ratchet")
    markup.show_style()
    router.start()
    st.logo(str(LOGO), size="medium")
    with page_run.begin():
        page.run()
    router.mount()


def _framed(screen: menu.Screen) -> Callable[[], None]:
    def draw() -> None:
        try:
            if not reading.is_by_itself():
                session.note_seen()
            session.current_user()
            _frame(screen.section)
            screen.draw()
        except SignedOut as error:
            cards.empty(error.message, error.remedy)
            # The door sees that nobody is signed in, asks, and leads back here.
            st.link_button("Sign in", navigation.here(screen.path), icon=":material/login:")
        except NotFound as error:
            cards.empty(error.message, error.remedy)
            _show_known()
        except RatchetError as error:
            _show_failure(error)

    draw.__name__ = screen.path or "today"
    return draw


def _frame(section: str) -> None:
    """Whose agent this is, whether it is a demo, how the loop is doing; the menu marks the section."""
    chosen = session.agent()
    agents = session.agents()
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
        _strip(len(agents) == 1, section)
        if session.settings().sign_in:
            st.link_button("Sign out", "/sign-out", icon=":material/logout:", type="tertiary")
    pulse.show_pulse()


@page_run.fragment(run_every="15s")
def _strip(shows_name: bool, section: str) -> None:
    me = session.current_user()
    chosen = session.agent()
    turn = session.parts().store.last_turn()
    waits = session.waits()
    heard = f"Loop: last turn {words.ago(turn.ended_at, session.now())}" if turn else "Loop: no turn yet"
    is_lively = turn is not None and session.now() - turn.ended_at < LIVELY and pulse.state() is WorkerState.ALIVE
    if chosen.limits.is_paused:
        heard, is_lively = "Loop: paused", False
    show(
        tag(
            "div",
            tag("b", chosen.name) if shows_name else None,
            cards.chip("Demo data: invented people and answers", "unknown") if chosen.is_demo else None,
            cards.answered_by(session.answering()),
            tag("span", MODES[chosen.mode]),
            tag("span", tag("span", css="rt-dot" if is_lively else "rt-dot is-idle"), heard, css="rt-push"),
            tag("span", f"{waits.to_review:,} waiting"),
            tag("span", me.name),
            css="rt-frame",
            data_section=section,
        )
    )


def _show_known() -> None:
    """Ways on from an address that leads to nothing: the agents there are."""
    agents = session.agents()
    if st.query_params.get("agent", "") in {"", *(one.slug for one in agents)}:
        return
    for one in agents[:SHOWN]:
        st.button(
            f"Open {one.slug}", key=f"open-{one.slug}", on_click=session.choose_agent, args=(one.slug,), type="tertiary"
        )


def _show_failure(error: RatchetError) -> None:
    cards.note(str(error), "bad")
    cards.quiet("Nothing you decided was lost: a decision is either stored or refused in so many words.")
    st.button("Try again", key="again", icon=":material/refresh:")


main()
