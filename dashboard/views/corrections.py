"""Corrections: an answer that went wrong, and what it should have said."""

import streamlit as st

from dashboard import session
from dashboard.components import actions, answers, cards, claims, conversation, keys, words
from dashboard.components.markup import show, tag
from loop import desk, roles
from loop.ports import Parts
from loop.records import Grading, Interaction
from storage.queries import corrections as query
from storage.queries import feedback as feedback_query
from storage.queries.corrections import ToCorrect

REASONS = ("Wrong fact", "Wrong label", "Out of date", "Incomplete", "Tone", "Not allowed", "Should hand over")
OWN_WORDS = "None of these"


def draw() -> None:
    """The page."""
    session.tell()
    cards.title("Corrections")
    parts = session.parts()
    queue = query.queue(session.scope())
    asked = st.query_params.get("c", "")
    known = parts.store.interactions([asked]) if asked else {}
    if asked and not known:
        cards.note("There is no answer of this address for this agent.", "unknown")
    if not known and not queue:
        cards.empty(
            "No answer waits to be corrected", "Badly rated answers, and those the agent was unsure of, come here."
        )
        return
    interaction = known.get(asked) or parts.store.interactions([queue[0].interaction_id])[queue[0].interaction_id]
    listed, main = st.columns((1, 2), gap="large")
    with listed:
        _list(queue, interaction.id)
    with main:
        _show(interaction, parts, queue)


def _list(queue: list[ToCorrect], shown: str) -> None:
    cards.quiet(f"{words.count(len(queue), 'answer')} to look at, the badly rated first.")
    ids = [one.interaction_id for one in queue]
    at = ids.index(shown) if shown in ids else -1
    position = actions.QueuePosition(
        next_id=ids[at + 1] if at + 1 < len(ids) else None, previous_id=ids[at - 1] if at > 0 else None
    )
    with st.container(horizontal=True, gap="small"):
        keys.show_walk(position, onwards="Next", go=_go)
    now = session.now()
    rows = [
        tag(
            "div",
            tag("div", words.short(one.question), css="rt-text"),
            tag(
                "div",
                cards.chip(one.why, "bad" if one.why == "rated low" else "unknown"),
                tag("span", words.ago(one.at, now)),
                css="rt-chips",
            ),
            css="rt-row is-this" if one.interaction_id == shown else "rt-row",
        )
        for one in queue[max(0, at - 2) : max(0, at - 2) + 9]
    ]
    show(tag("div", rows, css="rt-rows"))


def _go(interaction_id: str | None) -> None:
    if interaction_id:
        st.query_params["c"] = interaction_id
    else:
        st.query_params.pop("c", None)


def _show(interaction: Interaction, parts: Parts, queue: list[ToCorrect]) -> None:
    scope, zone = session.scope(), session.zone()
    show(
        tag(
            "div",
            answers.answer("Question", interaction.question, more=[tag("span", words.clock(interaction.at, zone))]),
            answers.answer(
                "The agent answered",
                interaction.answer,
                label=interaction.label,
                more=[tag("span", words.METHODS.get(interaction.method, interaction.method))],
                tone="is-wrong",
            ),
            css="rt-talk",
        )
    )
    conversation.show_facts(interaction.context)
    _form(interaction, parts, queue)
    said = feedback_query.on_interactions(scope, [interaction.id], limit=20)
    if said:
        cards.heading("What people said about it")
        conversation.show_feedback(said, zone=zone, shows_question=False)
        for line in said:
            claims.show_waiting(line)
    alike = query.similar(scope, interaction_id=interaction.id, question=interaction.question, topic=interaction.topic)
    if alike:
        cards.heading("Similar questions lately", "The loop needs several people to say the same before it learns it.")
        for one in alike:
            show(
                answers.answer(
                    words.short(one.question, 200), one.answer, more=[f"{words.percent(one.likeness, digits=0)} alike"]
                )
            )
    ids = feedback_query.episode(scope, interaction.id)
    if len(ids) > 1 or interaction.steps:
        with st.expander("The whole conversation", key=f"talk-{interaction.id}", on_change="rerun") as talk:
            if talk.open:
                found = parts.store.interactions(ids)
                conversation.show_conversation([found[one] for one in ids if one in found], this=interaction.id)


def _form(interaction: Interaction, parts: Parts, queue: list[ToCorrect]) -> None:
    if not roles.may(session.current_user(), "correct"):
        cards.quiet("Your role may read, not correct. Ask somebody with the role corrector or above.")
        return
    key = interaction.id
    with st.form(f"correct-{key}"):
        grading = parts.store.agent.grading
        if grading is Grading.LABEL:
            labels = query.labels(session.scope())
            st.selectbox("The right label", [OWN_WORDS, *labels], key=f"label-{key}", accept_new_options=True)
        elif grading is Grading.ARTICLE:
            bundle = parts.store.bundle(parts.store.head().digest)
            titles = {one.id: words.short(one.title, 80) for one in bundle.articles}
            st.selectbox(
                "The right article",
                [OWN_WORDS, *titles],
                format_func=lambda one: titles.get(one, one),
                key=f"article-{key}",
            )
        st.text_area(
            "What it should have said",
            key=f"text-{key}",
            height=120,
            placeholder="Write the answer as the customer should read it.",
        )
        st.pills("What was wrong?", REASONS, selection_mode="multi", key=f"reasons-{key}")
        st.radio(
            "May the agent learn from this?",
            (True, False),
            format_func=lambda teaches: "Yes, teach it" if teaches else "No, this was an exception",
            horizontal=True,
            key=f"teaches-{key}",
        )
        ids = [one.interaction_id for one in queue if one.interaction_id != key]
        following = ids[0] if ids else None
        keys.show_send("Save correction", key=f"save-{key}", send=_save, interaction_id=key, following=following)


def _save(interaction_id: str, following: str | None) -> None:
    def verb() -> session.Notice:
        state = st.session_state
        label = _chosen(state.get(f"label-{interaction_id}"))
        article = _chosen(state.get(f"article-{interaction_id}"))
        made = desk.correct(
            session.parts(),
            actor=session.current_user(),
            interaction_id=interaction_id,
            correction=desk.Correction(
                text=state.get(f"text-{interaction_id}") or "",
                label=label,
                article_id=article,
                reason=", ".join(state.get(f"reasons-{interaction_id}") or ()),
                teaches=bool(state.get(f"teaches-{interaction_id}", True)),
            ),
            door="dashboard",
        )
        learns = (
            "It teaches once enough people say the same, or somebody vouched for does."
            if made.teaches
            else "Kept as an exception."
        )
        return session.Notice(f"Correction saved. {learns}")

    if session.act(verb):
        _go(following)


def _chosen(value: str | None) -> str | None:
    return None if value in (None, "", OWN_WORDS) else value
