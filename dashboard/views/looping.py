"""Loop: whether it runs, and every setting of the agent with what a change of it does, told before it is saved."""

from functools import partial

import streamlit as st

from dashboard import navigation, session
from dashboard.components.elements import cards, keys, words
from dashboard.components.elements.markup import show, tag
from dashboard.components.review import operation
from dashboard.components.setup import pulse, settings
from loop import desk, improvement, roles
from loop.llm import checked_name
from loop.ports import Parts
from loop.records import SetModel, digest
from loop.records.days import day_of
from loop.records.health import WorkerState

MODEL = "Model"


def draw() -> None:
    """The page."""
    session.tell()
    parts = session.parts()
    cards.title("Loop")
    _state(parts)
    names = [*(group.name for group in desk.SETTING_GROUPS), MODEL]
    part = st.segmented_control(
        "Which settings", names, default=names[0], required=True, key="part", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if part == MODEL:
        _model(parts)
        return
    _group(parts, settings.group_named(str(part)))


def _may_set() -> bool:
    return roles.may(session.current_user(), "set_up")


# whether it runs -----------------------------------------------------------------------------------
def _state(parts: Parts) -> None:
    store, now = parts.store, session.now()
    is_paused, turn = store.agent.limits.is_paused, store.last_turn()
    waits = session.waits()
    heard = f"Last turn {words.ago(turn.ended_at, now)}." if turn else "No turn yet."
    goes_on = not is_paused and pulse.state() is WorkerState.ALIVE
    told = (
        f"It collects, judges, drafts, tests and releases by itself. {heard}"
        if goes_on
        else "Nothing is judged, drafted, tested, released or taken back by itself. What arrives is kept, and the live "
        f"version answers on.{'' if is_paused else f' {heard}'}"
    )
    state = cards.chip("Paused", "bad") if is_paused else cards.chip("Running", "good")
    if not is_paused and not goes_on:
        state = cards.chip("Should run; no worker is heard", "bad")
    rows = [
        ("Waiting for a decision", f"{waits.to_review:,}"),
        ("Questions asked today", _asked(parts)),
    ]
    budget = improvement.stored_budget(store)
    if budget is not None:
        rows.append(("Times sealed cases were asked", f"{budget.looks:,}"))
    with st.container(border=True):
        show(
            tag(
                "div",
                tag(
                    "div",
                    state,
                    tag("span", told),
                    css="rt-chips",
                ),
                settings.facts_of(rows),
                role="status",
            )
        )
        if budget is not None:
            with st.expander("Numbers: what it takes to be proved"):
                cards.quiet(budget.words)
        _brake(is_paused)


def _asked(parts: Parts) -> str:
    most, used = parts.store.agent.limits.asks_per_day, parts.store.asks_on(day_of(session.now()))
    return f"{used:,} of {most:,}" if most is not None else f"{used:,}, no ceiling"


def _brake(is_paused: bool) -> None:
    """Whoever may take a release back may stop everything; going on takes an admin."""
    actor = session.current_user()
    if not roles.may(actor, "set_up" if is_paused else "roll_back"):
        cards.quiet("Ask an admin to resume it." if is_paused else "A reviewer, or somebody above, may pause the loop.")
        return
    verb = "Resume the loop" if is_paused else "Pause the loop"
    with (
        keys.open_form(f"brake-{is_paused}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        st.text_input("Why?", key=f"brake-why-{is_paused}", placeholder="Kept in the journal", max_chars=1_000)
        keys.show_send(
            verb,
            key=f"brake-send-{is_paused}",
            icon=":material/play_arrow:" if is_paused else ":material/pause:",
            send=_send_brake,
            is_beside=True,
            is_paused=is_paused,
        )


def _send_brake(is_paused: bool) -> None:
    def verb() -> session.Notice:
        act = desk.resume_loop if is_paused else desk.pause_loop
        moved = act(
            session.database(),
            session.parts(),
            actor=session.current_user(),
            reason=st.session_state.get(f"brake-why-{is_paused}") or "",
        )
        done = "The loop goes on with its next turn." if is_paused else "The loop is paused."
        return session.Notice(done if moved else "Somebody else did so a moment ago.")

    session.act(verb)


# one group -----------------------------------------------------------------------------------------
def _group(parts: Parts, group: desk.SettingGroup) -> None:
    cards.heading(group.name, group.about)
    agent = parts.store.agent
    explained = {one.key: one for one in desk.explained_settings(agent)}
    in_force = desk.limits_in_force(parts) if {"bundle_max", "dev_share", "sealed_share"} & set(group.keys) else {}
    found: tuple[tuple[str, ...], desk.Forecast] | None = st.session_state.get(_kept(group))
    if found is not None:
        _save_form(group, *found)
    if not _may_set():
        rows = [(settings.named(key), explained[key].value) for key in group.keys]
        show(tag("div", settings.facts_of(rows), css="rt-card"))
        cards.refused("set_up", "change this, only read it")
        return
    mark = _mark(parts)
    with keys.open_form(f"settings-{group.name}-{mark}"):
        for key in group.keys:
            settings.draw(
                explained[key],
                in_force=in_force.get(key, ""),
                items=_items(parts, key),
                key=f"set-{key}-{mark}",
            )
        keys.show_send(
            "See what this changes",
            key=f"foresee-{group.name}-{mark}",
            send=_foresee,
            group=group,
            mark=mark,
        )
    navigation.link("activity", "Who set what, and when", icon=":material/receipt_long:", what="set agent")


def _mark(parts: Parts) -> str:
    """Differs when the settings do, so that a form never holds what somebody else changed meanwhile."""
    return digest(parts.store.agent)[:12]


def _items(parts: Parts, key: str) -> tuple[str, ...]:
    agent = parts.store.agent
    found = getattr(agent, key, None)
    found = getattr(agent.limits, key, None) if found is None else found
    return found if isinstance(found, tuple) else ()


def _kept(group: desk.SettingGroup) -> str:
    return f"foreseen-{session.agent().slug}-{group.name}"


def _foresee(group: desk.SettingGroup, mark: str) -> None:
    def verb() -> session.Notice:
        parts = session.parts()
        explained = {one.key: one for one in desk.explained_settings(parts.store.agent)}
        wanted = [
            setting
            for key in group.keys
            for setting in settings.requested(
                explained[key], st.session_state.get(f"set-{key}-{mark}"), items=_items(parts, key)
            )
        ]
        found = desk.foresee_settings(parts, actor=session.current_user(), settings=tuple(wanted))
        if not found.changed:
            st.session_state.pop(_kept(group), None)
            return session.Notice("Nothing would change: it is so already.")
        st.session_state[_kept(group)] = (tuple(wanted), found)
        return session.Notice("Read what this changes, then save it.")

    session.act(verb)


def _save_form(group: desk.SettingGroup, wanted: tuple[str, ...], found: desk.Forecast) -> None:
    """Not saved yet: what was shown is what is saved, or nothing."""
    cards.note("Not saved yet. This is what would change:", "hopeful")
    settings.show_foreseen(found)
    with st.container(horizontal=True, gap="small"):
        keys.show_button(
            "Save it", key=f"save-{group.name}", type="primary", shortcut="S", on_click=_save,
            args=(group, wanted, found),
        )  # fmt: skip
        keys.show_button(
            "Leave it as it is", key=f"leave-{group.name}", shortcut="Esc", on_click=partial(_leave, group)
        )


def _leave(group: desk.SettingGroup) -> None:
    st.session_state.pop(_kept(group), None)


def _save(group: desk.SettingGroup, wanted: tuple[str, ...], found: desk.Forecast) -> None:
    def verb() -> session.Notice:
        _leave(group)
        changed = desk.change_settings(
            session.database(), session.parts(), actor=session.current_user(), settings=wanted, shown=found.changed
        )
        return session.Notice(f"Saved: {', '.join(map(settings.named, changed))}.")

    session.act(verb)


# who answers ---------------------------------------------------------------------------------------
def _model(parts: Parts) -> None:
    who = session.answering()
    cards.heading("Who answers", "A part of every version: another model is a change, tested and approved like any.")
    choice = parts.store.bundle(parts.store.head().digest).model
    drafting = session.settings().model
    rows = [
        ("Answers come from", who.words),
        ("Temperature", f"{choice.temperature:g}"),
        ("Longest reply", f"{choice.max_tokens:,} tokens"),
        ("Examples per question", f"{choice.examples_per_question}"),
        ("Instruction edits are drafted by", drafting or "nobody: RATCHET_MODEL names no model"),
    ]
    show(tag("div", settings.facts_of(rows), css="rt-card"))
    navigation.link("try", "Try it", icon=":material/science:")
    if not roles.may(session.current_user(), "draft"):
        cards.refused("draft", "propose another model")
        return
    cards.heading(
        "Propose another model", "It is high stakes: it changes every answer. It is tested before a decision."
    )
    cards.quiet("local: the built-in agent; yours: your own agent at its endpoint; else a LiteLLM name.")
    number = parts.store.head().number
    with keys.open_form(f"model-{number}"):
        operation.draw(SetModel(model=choice), key=f"model-{number}")
        st.text_input("Why?", key=f"model-why-{number}", max_chars=1_000)
        keys.show_send("Send to the test", key=f"model-send-{number}", send=_propose_model, number=number)


def _propose_model(number: int) -> None:
    def verb() -> session.Notice:
        parts = session.parts()
        now = parts.store.bundle(parts.store.head().digest).model
        wanted = operation.read(SetModel(model=now), key=f"model-{number}")
        assert isinstance(wanted, SetModel)
        name = checked_name(wanted.model.name)
        desk.draft(
            parts,
            actor=session.current_user(),
            operations=(SetModel.model_validate(wanted.model_dump()),),
            title=f"Answer with {name}",
            rationale=st.session_state.get(f"model-why-{number}") or "",
        )
        return session.Notice("Sent to the test. It waits under Review until its result is there.")

    session.act(verb)
