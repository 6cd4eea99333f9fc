"""Saying one correction of alike answers: each with a look at what it would become, all by one press."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, keys, marks, router, words
from dashboard.components.elements.markup import Markup, show, tag
from loop import desk
from loop.records import Feedback, Interaction
from loop.text.edit_transfer import carry_edit
from storage.queries.alike import Similar

_STATE = "said"
_OPEN = "alike-open"


@dataclass(frozen=True)
class LastCorrection:
    """The last correction of this session, while it can be said of others or taken back."""

    feedback_ids: tuple[str, ...]
    interaction_id: str
    correction: desk.Correction
    together: str
    """Who says the same, in a sentence."""


@dataclass(frozen=True)
class Likely:
    """One alike answer, and what would be said of it."""

    alike: Similar
    correction: desk.Correction
    is_sure: bool
    """The very same edit fits, or the same choice was wrong: ticked from the start."""


def remember(said: LastCorrection | None) -> None:
    """Keep what was said last, for the line over the next case."""
    st.session_state[_STATE] = said
    st.session_state.pop(_OPEN, None)


def last_said() -> LastCorrection | None:
    """What was said last; None when nothing was, or it was taken back."""
    said: LastCorrection | None = st.session_state.get(_STATE)
    return said


def is_open() -> bool:
    """Whether the alike answers are looked at."""
    return bool(st.session_state.get(_OPEN))


def close() -> None:
    """Back to the cases."""
    st.session_state.pop(_OPEN, None)


def show_last(n_alike: int) -> None:
    """One line over the next case: how many say the same, and the keys that go on with it or take it back."""
    said = last_said()
    if said is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="last-said"):
        show(tag("span", tag("b", "Saved. "), said.together, css="rt-small"))
        if n_alike:
            keys.show_button(
                f"Look at {n_alike} alike",
                key=f"alike-{said.interaction_id}",
                shortcut="M",
                says="Say the same of alike answers",
                icon=":material/library_add_check:",
                on_click=_open,
            )
        keys.show_button(
            "Undo",
            key=f"undo-{said.feedback_ids[0]}",
            shortcut="U",
            says="Take your last correction back",
            icon=":material/undo:",
            on_click=_take_back,
            args=(said,),
        )


def likely(source: Interaction, said: LastCorrection, found: Sequence[Similar], *, me: str) -> list[Likely]:
    """What could be said of each alike answer; those this person corrected before are left out, and tried ones:
    nobody was answered so."""
    made = []
    for one in found:
        if me in one.corrected_by or one.is_tried:
            continue
        same_choice = one.label == source.label
        text, fits = said.correction.text, False
        if text:
            moved = carry_edit(source.answer, text, to=one.answer)
            text, fits = moved or text, moved is not None
        if text == one.answer and said.correction.label in (None, one.label):
            continue  # it says so already
        made.append(
            Likely(
                alike=one,
                correction=said.correction.model_copy(update={"text": text}),
                is_sure=fits if said.correction.text else same_choice,
            )
        )
    return made


def show_alike(source: Interaction, said: LastCorrection, some: Sequence[Likely]) -> None:
    """The form: a tick and a look for each, one press for all."""
    cards.heading(
        f"Say the same of {words.count(len(some), 'alike answer')}",
        "Ticked where your very edit fits. One person stays one vote, however many answers they correct.",
    )
    with keys.open_form(f"alike-{source.id}"):
        for place, one in enumerate(some, start=1):
            key = f"alike-tick-{source.id}-{one.alike.interaction_id}"
            st.checkbox(f"{place}. {words.percent(one.alike.likeness, digits=0)} alike", one.is_sure, key=key)
            if place <= 9:
                router.bind(str(place), key, says=f"Tick or clear answer {place}", once=False)
            show(_look(one))
        chosen = {one.alike.interaction_id: one.correction for one in some}
        with st.container(horizontal=True, gap="small"):
            keys.show_send(
                "Say it of the ticked ones", key=f"alike-send-{source.id}", send=_send, said=said, chosen=chosen
            )
            router.bind("Esc", f"alike-cancel-{source.id}", says="Back to the cases")
            st.form_submit_button("Back", key=f"alike-cancel-{source.id}", shortcut="Esc", on_click=close)


def said_before(found: Sequence[Similar], correction: desk.Correction, *, needed: int, me: str) -> str:
    """Who said the same of questions like it; who did not sign in here is counted, not named.

    Their words are alike; whether they are held, and whose votes count, is seen in the next turn (`desk.fates`).
    """
    others = {name for one in found if _says(one, correction) for name in one.agreed_by} - {me}
    named = sorted(name for name in others if not name.endswith(")"))
    rest = len(others) - len(named)
    told = [*named[:3], *([f"{len(named) - 3} more"] if len(named) > 3 else [])]
    told += [f"{words.count(rest, 'person', 'people')} who did not sign in here"] if rest else []
    who = f"Said before of alike questions by {', '.join(told)}. " if told else ""
    return f"{who}A change takes {words.count(needed, 'person', 'people')}; who counts is seen in the next turn."


def _says(one: Similar, correction: desk.Correction) -> bool:
    if correction.label and one.better_label == correction.label:
        return True
    return bool(correction.text) and one.better.strip().casefold() == correction.text.strip().casefold()


def _look(one: Likely) -> Markup:
    label = one.correction.label
    return tag(
        "div",
        tag("div", one.alike.question, css="rt-text"),
        marks.woven(one.alike.answer, one.correction.text) if one.correction.text else None,
        tag("div", cards.chip(one.alike.label or "no label"), " → ", cards.chip(label, "good")) if label else None,
        None
        if one.is_sure
        else tag("div", "Your edit does not fit word for word: this replaces all of it.", css="rt-small")
        if one.correction.text
        else None,
        css="rt-said",
    )


def _open() -> None:
    st.session_state[_OPEN] = True


def _take_back(said: LastCorrection) -> None:
    def verb() -> session.Notice:
        n = desk.withdraw_correction(session.parts(), said.feedback_ids, actor=session.current_user())
        remember(None)
        st.query_params["c"] = said.interaction_id
        return session.Notice(f"Taken back: {words.count(n, 'correction')}. Nothing is learned from it.")

    session.act(verb)


def _send(said: LastCorrection, chosen: Mapping[str, desk.Correction]) -> None:
    def verb() -> session.Notice:
        ticked = {
            key: one for key, one in chosen.items() if st.session_state.get(f"alike-tick-{said.interaction_id}-{key}")
        }
        if not ticked:
            return session.Notice("Nothing was said: tick at least one answer.", is_error=True)
        made = desk.correct_alike(session.parts(), actor=session.current_user(), corrections=ticked, door="dashboard")
        remember(LastCorrection(_ids(made, said), said.interaction_id, said.correction, said.together))
        return session.Notice(f"{words.count(len(made), 'more correction')} saved. U takes all of it back.")

    session.act(verb)


def _ids(made: Sequence[Feedback], said: LastCorrection) -> tuple[str, ...]:
    return (*said.feedback_ids, *(one.id for one in made))
