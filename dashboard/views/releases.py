"""Releases: what went live, what it was worth, how any two versions differ, and the way back."""

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.glossary import term
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.record import whole
from dashboard.components.review.changes import choose_layout, show_changes
from loop import desk, roles
from loop.change.diff import changes
from loop.evaluate import confirmation_words, fresh_words
from loop.records import Bundle, Change, ProposalState
from storage.queries import progress
from storage.queries.progress import ReleaseLine


def draw() -> None:
    """The page."""
    session.tell()
    cards.title("Releases")
    lines = progress.releases(session.scope())
    if not lines:
        cards.empty("Nothing is live yet", "The agent's first version appears here.")
        return
    if len(lines) == 1:
        cards.note("Only the version the agent started with. Approved changes appear above it.")
    _list(lines)
    _roll_back(lines)
    whole.show_whole(lines)
    _difference(lines)


def _list(lines: list[ReleaseLine]) -> None:
    zone = session.zone()
    rows = [
        (
            tag("b", words.version(line.number)),
            _state(line),
            tag(
                "div",
                _what(line),
                tag("div", line.reason, css="rt-small") if line.reason else None,
                _confirmed(line),
            ),
            line.actor,
            words.clock(line.at, zone),
            _measured(line, live=lines[0]),
        )
        for line in lines
    ]
    right = term("sealed cases", "Right on sealed cases")
    show(cards.table(("Version", "State", "What", "By", "When", right), rows, label="Releases"))


def _state(line: ReleaseLine) -> Markup:
    if line.is_live:
        return cards.chip("Live", "good")
    if line.proposal_state is ProposalState.UNDONE:
        return cards.chip("Undone", "bad")
    return cards.chip("Before")


def _what(line: ReleaseLine) -> str:
    match line.kind:
        case "rollback":
            return f"Back to {words.version(line.restores)}"
        case "start":
            return "What the agent started with"
        case _:
            return line.title


def _confirmed(line: ReleaseLine) -> Markup | None:
    """What was found after it went live, on cases nobody could have seen when it was decided."""
    found = line.confirmation
    if found is None:
        return None
    said = confirmation_words(found)
    return tag("div", f"{said[:1].upper()}{said[1:]}.", css="rt-small", title=fresh_words(found))


def _measured(line: ReleaseLine, *, live: ReleaseLine) -> Markup | str:
    if line.share is None:
        return tag("span", "not measured", css="rt-small")
    return tag(
        "div",
        tag("b", words.percent(line.share)),
        tag("div", f"{words.span(line.low, line.high)}, n {line.n:,}", css="rt-small"),
        None if line.case_set == live.case_set else tag("div", "on other cases than the live version", css="rt-small"),
        tag("div", words.since(line.progress), css="rt-small") if line.progress else None,
    )


# the way back --------------------------------------------------------------------------------------
def _roll_back(lines: list[ReleaseLine]) -> None:
    live = lines[0]
    others = [line for line in lines[1:] if line.digest != live.digest]
    if not others:
        return
    cards.heading(
        "Undo this release", "What was live before comes back at once, as a new version. No approval is needed."
    )
    if not roles.may(session.current_user(), "roll_back"):
        cards.refused("roll_back", "roll back")
        return
    names = {line.number: f"{words.version(line.number)}, {words.clock(line.at, session.zone())}" for line in others}
    target = next((line.number for line in others if line.proposal_state is not ProposalState.UNDONE), others[0].number)
    with keys.open_form(f"back-{live.number}"):
        st.selectbox(
            f"{words.version(live.number)} is live. Go back to",
            list(names),
            index=list(names).index(target),
            format_func=lambda number: names[number],
            key=f"back-to-{live.number}",
        )
        st.text_input("Why?", key=f"back-why-{live.number}", placeholder="Kept with the release", max_chars=1000)
        st.checkbox("Yes, change what the agent answers with now", key=f"back-sure-{live.number}")
        keys.show_send(
            "Undo this release",
            key=f"back-send-{live.number}",
            icon=":material/undo:",
            send=_send_back,
            live=live.number,
        )


def _send_back(live: int) -> None:
    def verb() -> session.Notice:
        state = st.session_state
        if not state.get(f"back-sure-{live}"):
            return session.Notice("Nothing was changed: tick the box to confirm.", is_error=True)
        parts = session.parts()
        if parts.store.head().number != live:
            return session.Notice(
                "Another version went live meanwhile. Nothing was changed; look again.", is_error=True
            )
        made = desk.roll_back(
            parts,
            actor=session.current_user(),
            to_number=int(state[f"back-to-{live}"]),
            reason=state.get(f"back-why-{live}") or "",
        )
        return session.Notice(f"{words.version(made.number)} is live: {words.version(live)} was undone.")

    session.act(verb)


# any two versions ----------------------------------------------------------------------------------
def _difference(lines: list[ReleaseLine]) -> None:
    if len(lines) < 2:
        return
    cards.heading("Compare two versions")
    names = {words.version(line.number): line for line in lines}
    options = list(names)
    first, second, layout_place = st.columns((1, 1, 2), vertical_alignment="bottom")
    older = first.selectbox("From", options, index=1, key="from", bind="query-params")
    newer = second.selectbox("To", options, index=0, key="to", bind="query-params")
    with layout_place:
        layout = choose_layout(key="release-layout")
    left, right = names[older or options[1]], names[newer or options[0]]
    show_changes(
        _changes(session.scope().agent, left.digest, right.digest),
        layout=layout,
        key=f"versions-{left.number}-{right.number}",
        left=words.version(left.number),
        right=words.version(right.number),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _changes(agent: str, older: str, newer: str) -> tuple[Change, ...]:
    """Bundles never change, so neither does their difference."""
    del agent  # only the key of the cache
    store = session.parts().store
    before: Bundle = store.bundle(older)
    return changes(before, store.bundle(newer))
