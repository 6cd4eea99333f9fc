"""Corrections: an answer that went wrong, and what it should have said."""

from collections.abc import Sequence

import streamlit as st

from dashboard import page_run, session
from dashboard.components.corrections import alike, claims, correcting, fates
from dashboard.components.elements import cards, conversation, editor, keys, listbox, router, words
from dashboard.components.elements.listbox import Chip, Line, ListRow
from dashboard.components.elements.markup import Markup, show, tag
from dashboard.components.elements.paging import position_in
from loop import desk, roles
from loop.ports import Parts
from loop.records import Interaction
from storage.queries import corrections as query
from storage.queries import feedback as feedback_query
from storage.queries.alike import Similar, similar
from storage.queries.corrections import ToCorrect

CASES, MINE = "Cases", "My corrections"
NAMED = 2
"""People named who corrected an alike answer, each with the door they came through where they did not sign in here."""
OFFERED = 3
"""Texts that others said or liked of alike questions, offered beside the box."""


def draw() -> None:
    """The page."""
    session.tell()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        cards.title("Corrections")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            view = st.segmented_control(
                "What to look at",
                (CASES, MINE),
                default=CASES,
                required=True,
                key="view",
                bind="query-params",
                label_visibility="collapsed",
            )
            keys.show_help_button()
    parts = session.parts()
    if view == MINE:
        fates.show_mine(parts)
        return
    said = alike.last_said()
    if said is not None and alike.is_open():
        _show_alike(parts, said)
        return
    _show_cases(parts)


# cases ---------------------------------------------------------------------------------------------
def _show_cases(parts: Parts) -> None:
    queue = query.queue(session.scope())
    asked = st.query_params.get("c", "")
    known = parts.store.interactions([asked]) if asked else {}
    if asked and not known:
        cards.note("There is no answer of this address for this agent.", "unknown")
    _show_last(parts)
    if not known and not queue:
        cards.empty(
            "No answer waits to be corrected", "Badly rated answers, and those the agent was unsure of, come here."
        )
        return
    interaction = known.get(asked) or parts.store.interactions([queue[0].interaction_id])[queue[0].interaction_id]
    found = _similar(interaction)
    listed, main, beside = st.columns((4, 8, 5), gap="medium")
    with listed:
        _list(queue, interaction.id)
    with main:
        _show(interaction, parts, queue, found)
    with beside:
        _show_beside(found)


def _show_last(parts: Parts) -> None:
    said = alike.last_said()
    if said is None:
        return
    source = parts.store.interactions([said.interaction_id]).get(said.interaction_id)
    some = _likely(source, said) if source is not None and len(said.feedback_ids) == 1 else []
    alike.show_last(len(some))


def _show_alike(parts: Parts, said: alike.LastCorrection) -> None:
    source = parts.store.interactions([said.interaction_id])[said.interaction_id]
    some = _likely(source, said)
    if not some:
        alike.close()
        cards.empty("No alike answer is left", "Others were corrected meanwhile.")
        return
    alike.show_alike(source, said, some)


def _likely(source: Interaction, said: alike.LastCorrection) -> list[alike.Likely]:
    return alike.likely(source, said, _similar(source), me=session.current_user().name)


def _similar(interaction: Interaction) -> list[Similar]:
    return page_run.once(similar)(
        session.scope(), interaction_id=interaction.id, question=interaction.question, topic=interaction.topic
    )


def _list(queue: list[ToCorrect], shown: str) -> None:
    ids = [one.interaction_id for one in queue]
    at = ids.index(shown) if shown in ids else -1
    many = f"the newest {len(ids)}" if len(ids) >= query.MOST else f"{len(ids)}"
    place = f"{at + 1} of {many}" if at >= 0 else words.count(len(ids), "answer")
    cards.quiet(f"{place} to look at, the badly rated first.")
    with st.container(horizontal=True, gap="small"):
        keys.show_walk(position_in(ids, shown), onwards="Next", go=_go)
    now = session.now()
    first = max(0, at - 2)
    rows = [
        ListRow(
            id=one.interaction_id,
            chips=(Chip(one.why, "bad" if one.why == "rated low" else "unknown"), Chip(words.ago(one.at, now))),
            lines=(Line(words.short(one.question)),),
        )
        for one in queue[first : first + 7]
    ]
    listbox.show_listbox("Answers to look at", rows, key="to-correct", opened=shown, open_row=_go, is_walked=False)


def _go(interaction_id: str | None) -> None:
    if interaction_id:
        st.query_params["c"] = interaction_id
    else:
        st.query_params.pop("c", None)


def _show(interaction: Interaction, parts: Parts, queue: list[ToCorrect], found: list[Similar]) -> None:
    scope, zone = session.scope(), session.zone()
    show(
        tag(
            "div",
            cards.answer("Question", interaction.question, more=[tag("span", words.clock(interaction.at, zone))]),
            cards.answer(
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
    _form(interaction, parts, queue, found)
    said = feedback_query.on_interactions(scope, [interaction.id], limit=20)
    if said:
        cards.heading("What people said about it")
        conversation.show_feedback(said, zone=zone, shows_question=False)
        for line in said:
            claims.show_waiting(line)
    ids = feedback_query.episode(scope, interaction.id)
    if len(ids) > 1 or interaction.steps:
        with st.expander("The whole conversation", key=f"talk-{interaction.id}", on_change="rerun") as talk:
            if talk.open:
                talked = parts.store.interactions(ids)
                conversation.show_conversation([talked[one] for one in ids if one in talked], this=interaction.id)


def _show_beside(found: Sequence[Similar]) -> None:
    """Precedents first: what others said or liked of questions like it; then the others, as they were answered."""
    precedents = [one for one in found if one.better or one.better_label or one.is_liked]
    if precedents:
        cards.heading("What others said or liked", "Of questions like this one.")
        for one in precedents[:OFFERED]:
            show(precedent(one))
    rest = [one for one in found if one not in precedents and not one.is_tried]
    if rest:
        cards.heading(f"{words.count(len(rest), 'alike question')} lately")
        for one in rest[:5]:
            show(
                cards.answer(
                    words.short(one.question, 160),
                    words.short(one.answer, 240),
                    label=one.label,
                    more=[tag("span", f"{words.percent(one.likeness, digits=0)} alike")],
                )
            )
    if not found:
        cards.quiet("No question like this one was asked lately.")


def precedent(one: Similar) -> Markup:
    """An alike question with the better answer to it, or the one that was liked, and by whom."""
    more = f" and {len(one.agreed_by) - NAMED} more" if len(one.agreed_by) > NAMED else ""
    by = f"{', '.join(one.agreed_by[:NAMED])}{more}" or "somebody"
    why = f"corrected by {by}" if one.better or one.better_label else "rated high"
    why += ", in Try it" if one.is_tried else ""
    return cards.answer(
        words.short(one.question, 160),
        one.better or ("" if one.better_label else one.answer),
        label=one.better_label or (one.label if one.is_liked else None),
        more=[tag("span", why), tag("span", f"{words.percent(one.likeness, digits=0)} alike")],
        tone="is-right",
    )


def _form(interaction: Interaction, parts: Parts, queue: list[ToCorrect], found: Sequence[Similar]) -> None:
    if not roles.may(session.current_user(), "correct"):
        cards.refused("correct", "correct, only read")
        return
    key = interaction.id
    with keys.open_form(f"correct-{key}"):
        correcting.show_choice(parts, key=key)
        correcting.show_words(key, item=key, answer=interaction.answer, offers=_offers(interaction, found))
        st.checkbox("This was an exception: do not learn from it", key=f"exception-{key}")
        router.bind("T", f"exception-{key}", says="An exception: do not learn from it", once=False)
        ids = [one.interaction_id for one in queue if one.interaction_id != key]
        at = next((place for place, one in enumerate(queue) if one.interaction_id == key), 0)
        following = ids[min(at, len(ids) - 1)] if ids else None
        keys.show_send("Save correction", key=f"save-{key}", send=_save, interaction=interaction, following=following)


def _offers(interaction: Interaction, found: Sequence[Similar]) -> list[editor.Offer]:
    texts = dict.fromkeys(one.better or (one.answer if one.is_liked else "") for one in found)
    some = [text for text in texts if text and text != interaction.answer][:OFFERED]
    return [editor.Offer(says=f"Use: {words.short(text, 60)}", text=text) for text in some]


def _save(interaction: Interaction, following: str | None) -> None:
    def verb() -> session.Notice:
        state, key = st.session_state, interaction.id
        correction = desk.Correction(
            text=correcting.read_words(key, item=key, answer=interaction.answer),
            **correcting.read_choice(key)._asdict(),
            reason=correcting.read_reasons(key),
            teaches=not state.get(f"exception-{key}"),
        )
        parts, me = session.parts(), session.current_user()
        made = desk.correct(parts, actor=me, interaction_id=key, correction=correction, door="dashboard")
        together = "Kept as an exception: nothing is learned from it."
        if made.teaches:
            needed = parts.store.agent.limits.min_sources
            together = alike.said_before(_similar(interaction), correction, needed=needed, me=me.name)
        alike.remember(alike.LastCorrection((made.id,), key, correction, together))
        return session.Notice(f"Correction saved. {together}")

    if session.act(verb):
        _go(following)
