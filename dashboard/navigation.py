"""Ways from page to page: links that open exactly what they name, and the address of what is on the screen."""

from urllib.parse import urlencode

import streamlit as st


def keep_pages(pages: dict[str, st.Page]) -> None:
    """Remember the menu of this run, so that a view can link to another without importing it."""
    st.session_state["pages"] = pages


def link(path: str, label: str, *, icon: str | None = None, **params: str) -> None:
    """A link to another page, opening exactly what `params` name. The label is ours, never stored text."""
    st.page_link(st.session_state["pages"][path], label=label, icon=icon, query_params=_address(params))


def go(path: str, **params: str) -> None:
    """Show another page, opening exactly what `params` name. Not in a callback: it ends the page run."""
    st.switch_page(st.session_state["pages"][path], query_params=_address(params))


def here(path: str) -> str:
    """Address of this page with what the address bar holds, for the browser to load anew."""
    held = urlencode([(name, one) for name in st.query_params for one in st.query_params.get_all(name)])
    return f"/{path}?{held}" if held else f"/{path}"


def _address(params: dict[str, str]) -> dict[str, str]:
    return {"agent": str(st.session_state.get("agent", "")), **params}
