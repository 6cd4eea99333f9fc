"""Try it: ask any version, or two side by side; see what each answer rests on; correct it on the spot."""

from datetime import timedelta

import streamlit as st

from dashboard import page_run, session
from dashboard.components.corrections import correcting
from dashboard.components.elements import cards, conversation, keys, listbox, router, words
from dashboard.components.elements.listbox import Chip, Line, ListRow
from dashboard.components.elements.markup import show, tag
from dashboard.components.elements.paging import position_in
from dashboard.components.record import tried
from loop import desk, roles
from loop.desk.probing import QUESTION_MAX
from loop.records import AgentKind
from loop.records.days import day_of
from loop.records.probes import SIDES_MAX, Probe, ProbeAnswer
from storage.queries import trying as query
from storage.queries.trying import VersionChoice

HISTORY = 20
ALONE = "nothing"
LATE = timedelta(seconds=20)
"""After which a question that nobody took says that no worker runs."""
_STANDING = {"live": "live", "before": "before", "waits": "waits for a decision"}


def draw() -> None:
    """The page."""
    session.tell()
    keys.show_title("Try it")
    cards.quiet("Ask any version, or two side by side. Nothing asked here counts as traffic, and no customer sees it.")
    choices = query.choices(session.scope())
    if len(choices) == 1 and _is_empty(choices[0]):
        cards.note("This agent's version holds nothing yet, so it hands every question over.", "unknown")
    asked, past = st.columns((3, 1), gap="large")
    with asked:
        _ask_form(choices)
        opened = st.query_params.get("t", "")
        if opened:
            _show(opened, choices)
    with past:
        _history(opened)


# asking --------------------------------------------------------------------------------------------
def _ask_form(choices: list[VersionChoice]) -> None:
    if not roles.may(session.current_user(), "draft"):
        cards.refused("draft", "ask, only read what was tried")
        return
    names = {f"v{one.number}": _name(one) for one in choices}
    router.bind("Q", "try-question", says="Write a question", act="focus")
    with keys.open_form("try-it", takes_focus=not st.query_params.get("t")):
        st.text_area(
            "What would a customer ask?",
            value=st.query_params.get("q", "")[:QUESTION_MAX],
            key="try-question",
            height=90,
            max_chars=QUESTION_MAX,
            placeholder="Where is my refund?",
        )
        first, second = st.columns(2)
        for place, label, key, options in (
            (first, "Ask", "v", list(names)),
            (second, "and beside it", "w", [ALONE, *names]),
        ):
            wanted = st.query_params.get(key)
            place.selectbox(
                label,
                options,
                index=options.index(wanted) if wanted in options else 0,
                format_func=lambda one: names.get(one, one),
                key=f"try-{key}",
            )
        st.text_input(
            "Facts beside the question",
            key="try-facts",
            placeholder="plan: pro, order_value: 103.41",
            help="As your agent sends them: name, colon, value; parted by commas. Rules may test them.",
            max_chars=2_000,
        )
        keys.show_send("Ask", key="try-send", send=_send)
    _budget(choices)


def _name(one: VersionChoice) -> str:
    return f"{words.version(one.number)}, {_STANDING[one.standing]}: {words.short(one.title, 60)}"


def _budget(choices: list[VersionChoice]) -> None:
    """What asking costs, where it costs anything."""
    picked = [st.session_state.get("try-v"), st.session_state.get("try-w")]
    agent = session.agent()
    kinds = [_kind(agent.slug, one.digest) for one in choices if f"v{one.number}" in picked]
    if all(kind is AgentKind.BUILT_IN for kind in kinds):
        cards.quiet("The built-in agent answers: that costs nothing.")
        return
    store = session.parts().store
    most, used = agent.limits.asks_per_day, store.asks_on(day_of(session.now()))
    of = f" of {most:,}" if most is not None else ""
    cards.quiet(f"Each version asked counts as one question: {used:,}{of} were asked today (UTC), by tests too.")


@st.cache_data(max_entries=256, show_spinner=False)
def _kind(agent: str, digest: str) -> AgentKind:
    """Content never changes, so neither does who answers with it."""
    del agent  # only the key of the cache
    return session.parts().store.bundle(digest).model.kind


def _is_empty(one: VersionChoice) -> bool:
    bundle = session.parts().store.bundle(one.digest)
    return not (bundle.instructions or bundle.rules or bundle.examples or bundle.articles)


def _send() -> None:
    def verb() -> session.Notice:
        state = st.session_state
        numbers = [int(one[1:]) for one in (state.get("try-v"), state.get("try-w")) if one and one != ALONE]
        made = desk.ask_versions(
            session.parts(),
            actor=session.current_user(),
            question=state.get("try-question") or "",
            numbers=numbers[:SIDES_MAX],
            context=desk.facts_in(state.get("try-facts") or ""),
        )
        st.query_params["t"] = made.id
        return session.Notice("Asked.")

    session.act(verb)


# what came of it -----------------------------------------------------------------------------------
def _show(probe_id: str, choices: list[VersionChoice]) -> None:
    probe = session.parts().store.probe(probe_id)
    if probe is None:
        cards.empty("This question is not here", "Only the newest ones are kept, and each agent has its own.")
        return
    if probe.state == "waits":
        _wait(probe_id)
        return
    _question(probe)
    if probe.state == "failed":
        cards.note(f"It could not be answered. {probe.reason}", "bad")
        return
    known = {one.number: _name(one) for one in choices}
    names = [known.get(number, words.version(number)) for number in probe.numbers]
    tried.show_answers(probe, names=names)
    _correct(probe, names)


@page_run.fragment(run_every="1s")
def _wait(probe_id: str) -> None:
    """Until a worker has answered; then the whole page is drawn again."""
    probe = session.parts().store.probe(probe_id)
    if probe is None or probe.state != "waits":
        st.rerun()
    _question(probe)
    late = session.now() - probe.asked_at > LATE
    words_of = "No worker has answered yet: `ratchet up` or `ratchet worker` runs one." if late else "Being answered …"
    show(tag("div", tag("div", css="rt-pulse"), tag("div", words_of), css="rt-waiting", role="status"))


def _question(probe: Probe) -> None:
    show(
        tag(
            "div",
            tag("div", probe.question, css="rt-text"),
            tag("div", f"{probe.actor} asked {words.ago(probe.asked_at, session.now())}", css="rt-small"),
            css="rt-turn is-asked",
        )
    )
    conversation.show_facts(probe.context)


# correcting ----------------------------------------------------------------------------------------
def _correct(probe: Probe, names: list[str]) -> None:
    answered = [one for one in probe.answers if one.answer.method != "failed"]
    if not answered:
        return
    if not roles.may(session.current_user(), "correct"):
        cards.refused("correct", "correct, only read")
        return
    cards.heading(
        "Correct it", "It takes the road of any other correction: it teaches once enough people say the same."
    )
    by_name = dict(zip(probe.numbers, names, strict=True))
    number = answered[0].number
    if len(answered) > 1:
        number = st.radio(
            "Which answer?",
            [one.number for one in answered],
            format_func=lambda one: by_name[one],
            horizontal=True,
            key=f"try-which-{probe.id}",
        )
    _correct_form(probe, next(one for one in answered if one.number == number))


def _correct_form(probe: Probe, said: ProbeAnswer) -> None:
    key = f"{probe.id}-{said.number}"
    with keys.open_form(f"try-correct-{key}"):
        correcting.show_choice(session.parts(), key=key)
        correcting.show_words(key, item=key, answer=said.answer.text)
        st.checkbox("This was an exception: do not learn from it", key=f"exception-{key}")
        router.bind("T", f"exception-{key}", says="An exception: do not learn from it", once=False)
        keys.show_send("Save correction", key=f"try-save-{key}", send=_save, probe=probe, said=said, is_beside=True)


def _save(probe: Probe, said: ProbeAnswer) -> None:
    def verb() -> session.Notice:
        key = f"{probe.id}-{said.number}"
        made = desk.correct_probe(
            session.parts(),
            probe.id,
            said.number,
            actor=session.current_user(),
            correction=desk.Correction(
                text=correcting.read_words(key, item=key, answer=said.answer.text),
                **correcting.read_choice(key)._asdict(),
                reason=correcting.read_reasons(key),
                teaches=not st.session_state.get(f"exception-{key}"),
            ),
            door="dashboard",
        )
        if not made.teaches:
            return session.Notice("Correction saved as an exception: nothing is learned from it.")
        needed = words.count(session.agent().limits.min_sources, "person says", "people say")
        return session.Notice(f"Correction saved. It teaches once {needed} the same; My corrections tells its fate.")

    session.act(verb)


# what was asked before -----------------------------------------------------------------------------
def _history(opened: str) -> None:
    probes = session.parts().store.probes(limit=HISTORY)
    cards.heading("Asked before")
    if not probes:
        cards.quiet("Questions that were tried appear here.")
        return
    with st.container(horizontal=True, gap="small"):
        keys.show_walk(position_in([one.id for one in probes], opened), onwards="Next", go=_open, of="try")
    now = session.now()
    rows = [
        ListRow(
            id=one.id,
            chips=(
                *((Chip("failed", "bad"),) if one.state == "failed" else ()),
                *((Chip("waits", "unknown"),) if one.state == "waits" else ()),
                Chip(f"{', '.join(map(words.version, one.numbers))}, {one.actor}, {words.ago(one.asked_at, now)}"),
            ),
            lines=(Line(words.short(one.question, 90)),),
        )
        for one in probes
    ]
    listbox.show_listbox(
        "Questions tried before, newest first", rows, key="tried", opened=opened, open_row=_open, is_walked=False
    )


def _open(probe_id: str | None) -> None:
    if probe_id:
        st.query_params["t"] = probe_id
