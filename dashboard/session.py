"""Who looks at which agent, with which parts: what every page asks for first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial

import streamlit as st

from dashboard import page_run
from dashboard.components.elements import words
from dashboard.components.elements.markup import literal
from dashboard.door.hosts import Hosts
from loop import desk, wiring
from loop.errors import NotAllowed, NotFound, RatchetError, SignedOut
from loop.ports import Parts, Store
from loop.records import Actor, Agent
from loop.settings import Settings
from storage.database import Database
from storage.guard import Guard
from storage.health import HealthCheck
from storage.queries import Scope, progress

_SEEN_EVERY = timedelta(seconds=60)
"""How often it is written down that somebody is at work."""


@dataclass(frozen=True)
class Notice:
    """What the last act came to, told once on the next page run."""

    text: str
    is_error: bool = False
    undo: str = ""
    """Decision that can be taken back; empty: none."""


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Read once per process."""
    return Settings()


@st.cache_resource(show_spinner=False)
def _opened(url: str) -> Database:
    return wiring.open_database(settings().model_copy(update={"database_url": url}))


@st.cache_resource(show_spinner=False)
def _desks(url: str) -> wiring.Desks:
    return wiring.desks(settings(), _opened(url))


@page_run.once
def database() -> Database:
    """The database the settings name, opened once per process. Raises StoreUnavailable.

    Where people sign in, each write looks again whether whoever is signed in here still may (`storage.guard`).
    """
    opened = _opened(settings().database_url)
    if not settings().sign_in:
        return opened
    acting = st.session_state.get
    guard = Guard(_signed_in(), agent=lambda: agent().slug, acting=lambda: acting("acting"), now=now)
    return opened.guarded(guard)


def health() -> HealthCheck:
    """Of the database and those who work on it; one per process, which knows what it found once."""
    return _opened(settings().database_url).health


@page_run.once
def current_user() -> Actor:
    """Who acts, and in which role, as it is in this page run. Raises SignedOut, NotAllowed.

    While sign-in is off: the single operator, and every record says so.
    """
    if not settings().sign_in:
        return wiring.operator(settings())
    actor = _actor_of(_signed_in(), agent().slug)
    st.session_state["acting"] = actor
    return actor


def asker() -> Callable[[], Actor]:
    """Who acts, asked again by what is done later and outside of any session. Raises SignedOut, NotAllowed."""
    if not settings().sign_in:
        return current_user
    return partial(_actor_of, _signed_in(), agent().slug)


def check_fragment() -> None:
    """Whoever lost their role sees nothing anew in a page that is open: the whole page is drawn, which says so."""
    try:
        current_user()
    except NotAllowed:
        st.rerun()


page_run.before_fragments(check_fragment)


def _actor_of(digest: str, slug: str) -> Actor:
    found = _opened(settings().database_url).people.standing(digest, agent=slug)
    if found is None or found.person is None or not found.sign_in.is_open(now()):
        raise SignedOut("You are signed out.", remedy="Sign in again: you come back to this page.")
    if found.role is None or found.person.disabled_at is not None:
        raise NotAllowed(f"{found.person.name} has no role here.", remedy="Ask an admin for one.")
    return Actor(name=found.person.name, role=found.role)


def note_seen() -> None:
    """Whoever is signed in did something: the sign-in does not count as idle."""
    if settings().sign_in:
        people, token = _opened(settings().database_url).people, _signed_in()
        found = people.sign_in(token)
        if found is not None and found.is_open(now()) and now() - found.seen_at > _SEEN_EVERY:
            people.note_seen(token, at=now())


def cookie() -> str:
    """The token this browser holds; empty: none."""
    port = int(st.get_option("server.port"))
    host = str(st.context.headers.get("host", "")).lower()
    return st.context.cookies.get(Hosts.of(settings(), port=port).cookie(host, port=port), "")


def _signed_in() -> str:
    return desk.digest_of(cookie())


def agents() -> list[Agent]:
    """All there are, by slug."""
    return list(_agents())


@page_run.once
def _agents() -> tuple[Agent, ...]:
    return tuple(_opened(settings().database_url).agents())


@page_run.once
def agent() -> Agent:
    """The agent of the address bar, else the one looked at last, else the first.

    Raises NotFound when there is none, or none of the name that the address asks for: never another one instead.
    """
    known = {one.slug: one for one in _agents()}
    if not known:
        raise NotFound(
            "There is no agent yet.",
            remedy="See one at work with `ratchet demo`, or make your own with `ratchet agent create NAME`.",
        )
    asked = st.query_params.get("agent")
    if asked and asked not in known:
        raise NotFound(
            f"There is no agent {words.short(asked)} here.",
            remedy="The address may be mistyped, or the agent was deleted. These are here:",
        )
    last = st.session_state.get("agent", "")
    chosen = known[asked] if asked else known.get(last) or next(iter(known.values()))
    st.session_state["agent"] = chosen.slug
    return chosen


def choose_agent(slug: str) -> None:
    """Look at another agent; what the address bar held of the old one goes."""
    st.session_state["agent"] = slug
    st.query_params.from_dict({"agent": slug})


@page_run.once
def parts() -> Parts:
    """Everything a verb needs for the chosen agent. Raises StoreUnavailable, NotFound."""
    made, chosen = _desks(settings().database_url), agent()
    if page_run.is_on():
        store: Store = database().run_store(chosen, checkpoint=made.checkpoint)
    else:
        store = database().store(chosen.slug, checkpoint=made.checkpoint)
    return made.around(store, slug=chosen.slug)


@page_run.once
def answering() -> desk.AnswererKind:
    """Who answers for the chosen agent; looked up again when another version is live, and every minute."""
    chosen = parts()
    return _answering(settings().database_url, agent().slug, chosen.store.head().number)


@st.cache_data(ttl=60, show_spinner=False)
def _answering(url: str, slug: str, number: int) -> desk.AnswererKind:
    del number  # part of the key
    return desk.answerer_kind(_desks(url)(slug))


@page_run.once
def scope() -> Scope:
    """Where the chosen agent's rows are read."""
    return Scope(engine=database().engine, agent=agent().slug)


@page_run.once
def waits() -> progress.Waits:
    """What waits for a person, in numbers."""
    return progress.waits(scope())


def now() -> datetime:
    """The present moment, UTC."""
    return wiring.utc_now()


def zone() -> tzinfo:
    """The viewer's time zone."""
    return words.zone_named(st.context.timezone)


def act(verb: Callable[[], Notice]) -> bool:
    """Run one verb in a callback and keep what to tell. An error changes nothing and says so."""
    try:
        with page_run.afresh():
            note_seen()
            st.session_state["notice"] = verb()
    except RatchetError as error:
        st.session_state["notice"] = Notice(str(error), is_error=True)
        return False
    return True


def tell() -> Notice | None:
    """Show what the last act came to, once."""
    notice: Notice | None = st.session_state.pop("notice", None)
    if notice is None:
        return None
    if notice.is_error:
        with st.container(key="refused"):  # stays in sight where the page is scrolled down
            st.error(literal(notice.text), icon=":material/error:")
    else:
        st.toast(literal(notice.text), icon=":material/check_circle:")
    return notice


def forget() -> None:
    """Drop what this process keeps between page runs: settings, database, counts. For tests and for new settings."""
    st.cache_data.clear()
    st.cache_resource.clear()
