"""The right label or article of a correction, chosen from those there are: wherever an answer is corrected."""

from typing import NamedTuple

import streamlit as st

from dashboard import session
from dashboard.components.elements import router, words
from loop.ports import Parts
from loop.records import Grading
from storage.queries import corrections

OWN_WORDS = "None of these"


class Choice(NamedTuple):
    """What was chosen; None: nothing."""

    label: str | None
    article_id: str | None


def show_choice(parts: Parts, *, key: str) -> None:
    """The box of what the agent is graded by; none where that is its words."""
    match parts.store.agent.grading:
        case Grading.LABEL:
            labels = corrections.labels(session.scope())
            st.selectbox("The right label", [OWN_WORDS, *labels], key=f"label-{key}", accept_new_options=True)
            router.bind("L", f"label-{key}", says="Choose the right label", act="focus")
        case Grading.ARTICLE:
            bundle = parts.store.bundle(parts.store.head().digest)
            titles = {one.id: words.short(one.title, 80) for one in bundle.articles}
            st.selectbox(
                "The right article",
                [OWN_WORDS, *titles],
                format_func=lambda one: titles.get(one, one),
                key=f"article-{key}",
            )
            router.bind("L", f"article-{key}", says="Choose the right article", act="focus")
        case Grading.TEXT:
            return


def read_choice(key: str) -> Choice:
    """What stands in the box."""
    return Choice(label=_chosen(f"label-{key}"), article_id=_chosen(f"article-{key}"))


def _chosen(name: str) -> str | None:
    value = st.session_state.get(name)
    return None if value in (None, "", OWN_WORDS) else str(value)
