"""Connect: how an agent is built, its key, three lines to copy, and the first event as it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import streamlit as st

from dashboard import navigation, page_run, session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.markup import show, tag
from dashboard.components.setup import capture
from loop import desk, roles, wiring
from loop.errors import RatchetError
from loop.ports.deliveries import Capture
from loop.records import ApiKey, Interaction
from loop.serve.upstreams import addresses_of
from storage.queries import arrived

NEW = "new"
SHOWN_FOR = timedelta(minutes=15)
"""How long a new key stays on the page of the person who made it, unless they put it away."""
HASTE = timedelta(minutes=10)
"""How long the page looks every few seconds for what it waits for; then less often."""


@dataclass(frozen=True)
class _Made:
    """A key that was just made, in this person's session only."""

    agent: str
    id: str
    text: str
    at: datetime


@dataclass(frozen=True)
class _Watch:
    """What had come before this person began to wait."""

    since: datetime
    before: Mapping[str, Capture]


def draw() -> None:
    """The page."""
    session.tell()
    chosen = session.agent()
    cards.title("Connect")
    if chosen.is_demo:
        cards.note(
            "This agent is a demo. What you connect here is mixed with invented data; for your own, "
            "run: ratchet agent create NAME",
            "unknown",
        )
    steps, seen = st.columns((3, 2), gap="large")
    with steps:
        recipe = _choose()
        key = _key(recipe) if recipe.takes_key else ""
        _lines(recipe, key)
    with seen:
        _watch()


@page_run.once
def _captures() -> list[Capture]:
    return session.database().run_store(session.agent()).captures()


@page_run.once
def _keys() -> list[tuple[ApiKey, datetime | None]]:
    return session.database().api_keys()


# 1 how it is built ---------------------------------------------------------------------------------
def _choose() -> desk.Recipe:
    cards.heading("1 · How is your agent built?")
    titles = {one.how: one.title for one in desk.RECIPES}
    asked = st.query_params.get("how", "")
    how = asked if asked in titles else desk.RECIPES[0].how
    st.session_state["how"] = how
    st.radio(
        "How is your agent built?",
        list(titles),
        format_func=lambda one: titles[one],
        horizontal=True,
        key="how",
        on_change=_keep_how,
        label_visibility="collapsed",
    )
    recipe = desk.recipe_named(how)
    cards.quiet(recipe.says)
    return recipe


def _keep_how() -> None:
    """The address bar holds it."""
    st.query_params["how"] = st.session_state["how"]


# 2 its key -----------------------------------------------------------------------------------------
def _key(recipe: desk.Recipe) -> str:
    """The key that goes into the lines; empty while there is none to show."""
    cards.heading("2 · Its key", "A program is known by its key. It opens this agent alone, and decides nothing.")
    slug, now = session.agent().slug, session.now()
    keys = [(one, used) for one, used in _keys() if one.agent == slug and one.is_live(now)]
    may_make = roles.may(session.current_user(), "set_up")
    if not may_make:
        cards.refused("set_up", "make keys")
    if not keys and not may_make:
        return ""
    names = {one.id: f"{one.client}, {_used(used)}" for one, used in keys}
    options = [*names, NEW] if may_make else list(names)
    choice = f"connect-key-{slug}"
    if st.session_state.get(choice) not in options:
        fits = [one.id for one, _ in keys if set(recipe.verbs) <= set(one.verbs)]
        st.session_state[choice] = [*fits, *options[::-1]][0]
    if keys:
        st.selectbox(
            "Which key?", options, format_func=lambda one: names.get(one, "Make a new one"), key=choice, width=420
        )
    picked = st.session_state[choice]
    if picked == NEW:
        _make(slug, recipe)
        return ""
    return _shown(next(one for one, _ in keys if one.id == picked), recipe)


def _make(slug: str, recipe: desk.Recipe) -> None:
    with keys.open_form(f"make-key-{slug}"):
        st.text_input("Which program gets it?", value=slug, key=f"client-{slug}", max_chars=60)
        keys.show_send(
            "Make a key", key=f"make-{slug}", icon=":material/key:", send=_send_order, slug=slug, how=recipe.how
        )


def _send_order(slug: str, how: str) -> None:
    def verb() -> session.Notice:
        order = desk.KeyOrder(
            client=st.session_state.get(f"client-{slug}") or "", agents=[slug], verbs=desk.recipe_named(how).verbs
        )
        made = desk.create_key(
            session.database(),
            order,
            actor=session.current_user(),
            clock=wiring.utc_now,
            chance=wiring.key_chance(),
        )
        st.session_state["connect-made"] = _Made(slug, made.keys[0].id, made.text, session.now())
        st.session_state[f"connect-key-{slug}"] = made.keys[0].id
        return session.Notice("The key is made. It is shown this once.")

    session.act(verb)


def _shown(key: ApiKey, recipe: desk.Recipe) -> str:
    """The key whole, where it was made just now; else what to do without it."""
    lacks = [verb for verb in recipe.verbs if verb not in key.verbs]
    if lacks:
        cards.note(f"This key may not do what this way needs: {', '.join(lacks)}. Make another one.", "bad")
    made: _Made | None = st.session_state.get("connect-made")
    if made is not None and session.now() - made.at > SHOWN_FOR:
        made = st.session_state["connect-made"] = None
    if made is None or (made.agent, made.id) != (key.agent, key.id):
        cards.quiet(
            f"A key is shown once, when it is made. Put yours where {desk.KEY_HERE} stands; where it is lost, make a "
            "new one and revoke this one."
        )
        return ""
    cards.note("Copy it now: it is shown this once, and nobody can look it up again.", "hopeful")
    st.code(made.text, language=None)
    st.button("I have it, put it away", key="put-away", on_click=_put_away, icon=":material/visibility_off:")
    return made.text


def _put_away() -> None:
    st.session_state["connect-made"] = None


def _used(used: datetime | None) -> str:
    return f"last used {words.ago(used, session.now())}" if used else "never used"


# 3 the lines ---------------------------------------------------------------------------------------
def _lines(recipe: desk.Recipe, key: str) -> None:
    number = 3 if recipe.takes_key else 2
    cards.heading(f"{number} · Copy these lines")
    for language, text in recipe.filled(address=_address(), agent=session.agent().slug, key=key):
        st.code(text, language=language, wrap_lines=True)
    cards.quiet(recipe.then)
    if "models:call" in recipe.verbs:
        named = ", ".join(f"{name} ({address})" for name, address in addresses_of(session.settings()))
        cards.quiet(f"Calls go on to their provider: {named}. RATCHET_UPSTREAMS says which.")


def _address() -> str:
    """Where this page was opened: the doors for programs are beside the screens."""
    parts = urlsplit(st.context.url or "")
    if parts.scheme and parts.netloc:
        return f"{parts.scheme}://{parts.netloc}"
    return f"http://{session.settings().host}:{session.settings().port}"


# 4 what comes --------------------------------------------------------------------------------------
def _watch() -> None:
    """Waiting, and then what came; it looks again by itself."""
    slug = session.agent().slug
    watch: _Watch | None = st.session_state.get(f"connect-watch-{slug}")
    if watch is None:
        before = {one.door: one for one in _captures()}
        watch = st.session_state[f"connect-watch-{slug}"] = _Watch(session.now(), before)
    is_hasty = not st.session_state.get(f"connect-came-{slug}") and session.now() - watch.since < HASTE
    page_run.fragment(run_every="3s" if is_hasty else "20s")(_look)(slug)


def _look(slug: str) -> None:
    cards.heading("Watch it arrive")
    watch: _Watch = st.session_state[f"connect-watch-{slug}"]
    try:
        captures = _captures()
        came = desk.came_since(watch.before, captures)
        if came:
            last, said = _last(came[0])
            capture.show_came(came[0], last=last, said=said, now=session.now(), zone=session.zone())
            if last is not None:
                navigation.link(
                    "corrections", "Say what it should have answered", icon=":material/edit_note:", c=last.id
                )
            for other in came[1:]:
                cards.quiet(f"Also through {other.name}.")
            st.button(
                "Wait for the next one", key="watch-again", icon=":material/replay:", on_click=_again, args=(slug,)
            )
        else:
            _wait(slug, watch, is_first=not captures)
        _health(captures)
    except RatchetError as error:
        cards.note(f"{error.message} This page looks again by itself.", "bad")
        return
    if bool(came) != bool(st.session_state.get(f"connect-came-{slug}")):
        st.session_state[f"connect-came-{slug}"] = bool(came)
        st.rerun()


def _wait(slug: str, watch: _Watch, *, is_first: bool) -> None:
    name = "first" if is_first else "next"
    since = words.clock(watch.since, session.zone())
    show(
        tag(
            "div",
            tag("span", css="rt-pulse"),
            tag(
                "div",
                tag("b", f"Waiting for the {name} event"),
                tag("div", f"Since {since}. Start your agent; this page looks again by itself.", css="rt-small"),
            ),
            css="rt-waiting",
            role="status",
        )
    )
    used = [at for key, at in _keys() if key.agent == slug and at is not None and at >= watch.since]
    if used:
        cards.note(
            f"A key of this agent was used {words.ago(max(used), session.now())}, and nothing to keep came with it.",
            "unknown",
        )
    else:
        cards.quiet("If nothing comes: a wrong key is answered with 401, a wrong address with 404, and both say why.")


def _again(slug: str) -> None:
    st.session_state.pop(f"connect-watch-{slug}", None)
    st.session_state.pop(f"connect-came-{slug}", None)


def _last(came: desk.Came) -> tuple[Interaction | None, arrived.LastFeedback | None]:
    scope = session.scope()
    last = arrived.last_interaction(scope, came.door) if came.calls else None
    found = session.parts().store.interactions([last]) if last else {}
    return found.get(last or ""), arrived.last_feedback(scope, came.door) if came.feedback else None


def _health(captures: list[Capture]) -> None:
    cards.heading("What comes through each door", "Nothing is lost in silence: what was refused is counted, with why.")
    doors = desk.capture_health(captures, now=session.now())
    if not doors:
        cards.empty("Nothing has come yet", "Each door appears here with its first call.")
        return
    for one in doors:
        if one.condition == "silent":
            last = words.ago(one.capture.last_at, session.now()) if one.capture.last_at else "long ago"
            cards.note(
                f"{one.name} has fallen silent: its last event was {last}. Is the agent still running?", "unknown"
            )
    capture.show_doors(doors, now=session.now())
