"""What an answer should have been: its words, its label or article, and why, wherever an answer is corrected."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import session
from dashboard.components.elements import editor, router, words
from loop.ports import Parts
from loop.records import Grading
from storage.queries import corrections

OWN_WORDS = "None of these"
REASONS = ("Wrong fact", "Wrong label", "Out of date", "Incomplete", "Tone", "Not allowed", "Should hand over")


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


def show_words(key: str, *, item: str, answer: str, offers: Sequence[editor.Offer] = ()) -> None:
    """The box filled with the answer, its changes marked while one types, and why it was wrong: by keyboard."""
    editor.show_editor(
        "What it should have said",
        key=f"text-{key}",
        item=item,
        value=answer,
        offers=offers,
        look={"placeholder": "Write the answer as the customer should read it.", "unchanged": "As it was answered"},
    )
    router.bind("E", f"text-{key}", says="Correct the words", act="focus")
    st.pills("What was wrong?", REASONS, selection_mode="multi", key=f"reasons-{key}")
    router.bind_digits(f"reasons-{key}", REASONS)


def read_words(key: str, *, item: str, answer: str) -> str:
    """The better words; empty where nobody changed the answer, as when only its label was wrong. Raises Conflict."""
    text = editor.read_text(f"text-{key}", item=item, value=answer)
    return "" if text.strip() == answer.strip() else text


def read_reasons(key: str) -> str:
    """What was wrong, as chosen."""
    return ", ".join(st.session_state.get(f"reasons-{key}") or ())


def read_choice(key: str) -> Choice:
    """What stands in the box."""
    return Choice(label=_chosen(f"label-{key}"), article_id=_chosen(f"article-{key}"))


def _chosen(name: str) -> str | None:
    value = st.session_state.get(name)
    return None if value in (None, "", OWN_WORDS) else str(value)
