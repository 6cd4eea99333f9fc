"""Cases: the examination of the agent. Who made it and what it leaves out, every dev and log case, audits and files."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import session
from dashboard.components.cases import case_audit, case_files, case_list, examination
from dashboard.components.elements import keys
from loop.ports import Parts

LIST = "Cases"
SECTIONS: Mapping[str, Callable[[Parts], None]] = {
    "Who examines": examination.show_examination,
    LIST: case_list.show_list,
    "Blind audit": case_audit.show_audit,
    "Import and export": case_files.show_files,
}


def draw() -> None:
    """The page."""
    session.tell()
    keys.show_title("Cases")
    names = list(SECTIONS)
    section = st.segmented_control(
        "Which part",
        names,
        default=LIST if st.query_params.get("case") else names[0],
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    SECTIONS[str(section or names[0])](session.parts())
