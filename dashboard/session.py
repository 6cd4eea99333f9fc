"""Who looks at which agent, with which parts: what every page asks for first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

import streamlit as st

from dashboard.components import words
from loop import desk, wiring
from loop.errors import NotFound, RatchetError
from loop.ports import Parts
from loop.records import Actor, Agent
from loop.settings import Settings
from storage.database import Database
from storage.queries import Scope


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


def database() -> Database:
    """The database the settings name, opened once per process. Raises StoreUnavailable."""
    return _opened(settings().database_url)


def keep_pages(pages: dict[str, st.Page]) -> None:
    """Remember the menu of this run, so that a view can link to another without importing it."""
    st.session_state["pages"] = pages


def link(path: str, label: str, *, icon: str | None = None, **params: str) -> None:
    """A link to another page, opening exactly what `params` name. The label is ours, never stored text."""
    st.page_link(st.session_state["pages"][path], label=label, icon=icon, query_params=_address(params))


def _address(params: dict[str, str]) -> dict[str, str]:
    return {"agent": str(st.session_state.get("agent", "")), **params}


def current_user() -> Actor:
    """Who acts. While sign-in is off: the single operator, and every record says so."""
    return wiring.operator(settings())


def agent() -> Agent:
    """The agent of the address bar, else the one looked at last, else the first. Raises NotFound when there is none."""
    known = {one.slug: one for one in database().agents()}
    if not known:
        raise NotFound(
            "There is no agent yet.",
            remedy="See one at work with `ratchet demo`, or make your own with `ratchet agent create NAME`.",
        )
    asked = st.query_params.get("agent") or st.session_state.get("agent")
    chosen = known.get(asked or "") or next(iter(known.values()))
    st.session_state["agent"] = chosen.slug
    return chosen


def choose_agent(slug: str) -> None:
    """Look at another agent; what the address bar held of the old one goes."""
    st.session_state["agent"] = slug
    st.query_params.from_dict({"agent": slug})


def parts() -> Parts:
    """Everything a verb needs for the chosen agent. Raises StoreUnavailable, NotFound."""
    return wiring.parts_for(settings(), database(), agent().slug)


def answering() -> desk.Answering:
    """Who answers for the chosen agent; looked up again when another version is live, and every minute."""
    chosen = parts()
    return _answering(settings().database_url, chosen.store.agent.slug, chosen.store.head().number)


@st.cache_data(ttl=60, show_spinner=False)
def _answering(url: str, slug: str, number: int) -> desk.Answering:
    del number  # part of the key
    return desk.answering(wiring.parts_for(settings(), _opened(url), slug))


def scope() -> Scope:
    """Where the chosen agent's rows are read."""
    return Scope(engine=database().engine, agent=agent().slug)


def now() -> datetime:
    """The present moment, UTC."""
    return wiring.utc_now()


def zone() -> tzinfo:
    """The viewer's time zone."""
    return words.zone_named(st.context.timezone)


def act(verb: Callable[[], Notice]) -> bool:
    """Run one verb in a callback and keep what to tell. An error changes nothing and says so."""
    try:
        st.session_state["notice"] = verb()
    except RatchetError as error:
        st.session_state["notice"] = Notice(f"{error.message} {error.remedy}".strip(), is_error=True)
        return False
    return True


def tell() -> Notice | None:
    """Show what the last act came to, once."""
    notice: Notice | None = st.session_state.pop("notice", None)
    if notice is None:
        return None
    if notice.is_error:
        st.error(_literal(notice.text), icon=":material/error:")
    else:
        st.toast(_literal(notice.text), icon=":material/check_circle:")
    return notice


def _literal(text: str) -> str:
    """Text for a Streamlit element that reads Markdown: every character that could mean something escaped."""
    return "".join(f"\\{one}" if one in r"\`*_{}[]()#+-.!|<>~:$^" else one for one in text)


def forget() -> None:
    """Drop what this process keeps between page runs: settings, database, counts. For tests and for new settings."""
    st.cache_data.clear()
    st.cache_resource.clear()
