"""The pages, as data: what the menu shows, what the address is, which view draws it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import navigation
from dashboard.views import (
    activity,
    cases,
    connect,
    corrections,
    feedback,
    improvement,
    looping,
    people,
    releases,
    review,
    today,
    trying,
)


@dataclass(frozen=True)
class Screen:
    """One page."""

    section: str
    """Heading in the menu; empty: beside the headings."""
    title: str
    path: str
    """Last part of the address; empty: the page at `/`, which has no other address."""
    icon: str
    draw: Callable[[], None]


SCREENS: tuple[Screen, ...] = (
    Screen("", "Today", "", ":material/wb_sunny:", today.draw),
    Screen("Decide", "Review", "review", ":material/rule:", review.draw),
    Screen("Decide", "Feedback", "feedback", ":material/inbox:", feedback.draw),
    Screen("Decide", "Corrections", "corrections", ":material/edit_note:", corrections.draw),
    Screen("Watch", "Try it", "try", ":material/science:", trying.draw),
    Screen("Watch", "Improvement", "improvement", ":material/trending_up:", improvement.draw),
    Screen("Watch", "Releases", "releases", ":material/history:", releases.draw),
    Screen("Record", "Cases", "cases", ":material/fact_check:", cases.draw),
    Screen("Record", "Activity", "activity", ":material/receipt_long:", activity.draw),
    Screen("Set up", "Loop", "loop", ":material/tune:", looping.draw),
    Screen("Set up", "Connect", "connect", ":material/cable:", connect.draw),
    Screen("Set up", "People", "people", ":material/group:", people.draw),
)


def pages(draw: Callable[[Screen], Callable[[], None]]) -> dict[str, list[st.Page]]:
    """The menu for Streamlit; `draw` wraps a screen into what a page run calls."""
    menu: dict[str, list[st.Page]] = {}
    for screen in SCREENS:
        page = st.Page(
            draw(screen),
            title=screen.title,
            icon=screen.icon,
            url_path=screen.path or None,
            default=not screen.path,
        )
        menu.setdefault(screen.section, []).append(page)
    navigation.keep_pages({page.url_path: page for group in menu.values() for page in group})
    return menu
