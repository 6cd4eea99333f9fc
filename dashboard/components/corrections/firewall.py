"""The firewall panel: what each check holds, how often rightly, what would be without it; and the blind queue."""

from functools import partial

import streamlit as st

from dashboard import navigation, session
from dashboard.components.elements import cards, conversation, keys, words
from dashboard.components.elements.markup import show, tag
from loop import desk, roles
from loop.records import FirewallPanel, Says

_COLUMNS = ("Check", "Objects to", "It alone", "Right when it objects", "Finds of all that is bad", "Only it finds")
_JUDGEMENTS: dict[Says, tuple[str, str]] = {
    "sound": ("Believe it", "Y"),
    "bad": ("Hold it back", "N"),
    "unsure": ("Cannot tell", "M"),
}


def show_firewall() -> None:
    """The section: read, show, ask. What it shows was computed by the engine, or with the last word of an audit."""
    panel = desk.firewall_panel(session.parts())
    if panel is None:
        cards.quiet("The checks are counted by the next turn.")
        return
    _show_counts(panel)
    _show_without(panel)
    _show_switches(panel)
    _show_queue()


def _show_counts(panel: FirewallPanel) -> None:
    since = f" since {words.clock(panel.since, session.zone())}" if panel.since else ""
    cards.quiet(f"{panel.held:,} of {panel.looked_at:,} items are held back{since}.")
    audit = panel.audit
    if audit is None or not audit.settled:
        cards.quiet("How rightly is unknown until somebody judges some blind. Unknown is not zero.")
    else:
        agreed = f" Two people agreed on {audit.agreed} of {audit.compared}." if audit.compared else ""
        alone = f" {audit.alone} rest on one person's word." if audit.alone else ""
        cards.quiet(
            f"Judged blind: {audit.settled} of {audit.drawn}, {audit.open} open, {audit.unclear} unclear."
            f"{agreed}{alone} "
            "Shares are weighted by how the items were drawn, with 95 % intervals."
        )
    if audit is not None and audit.missed is not None:
        cards.quiet(
            f"Bad and let through: about {audit.missed.value:,.0f} items, "
            f"between {audit.missed.low:,.0f} and {audit.missed.high:,.0f}."
        )
    rows = [
        (
            words.DETECTORS.get(one.name, one.name) + ("" if one.is_on else " (off)"),
            f"{one.flagged:,}",
            f"{one.alone:,}",
            desk.estimate_words(one.precision),
            desk.estimate_words(one.recall),
            desk.estimate_words(one.marginal),
        )
        for one in panel.detectors
    ]
    show(cards.table(_COLUMNS, rows, numbers=range(1, len(_COLUMNS)), label="The checks and how good they are"))


def _show_without(panel: FirewallPanel) -> None:
    some = [one for one in panel.detectors if one.alone]
    if not some:
        return
    cards.heading("What would have happened without each check")
    for one in some:
        show(
            tag(
                "p",
                tag("b", words.DETECTORS.get(one.name, one.name)),
                ": ",
                desk.without_words(one, needed=panel.min_sources),
            )
        )
        for reached in one.reach:
            cards.quiet(f"{reached.says}: {reached.people} people now, {reached.would_be} without the check.")
        with st.container(horizontal=True, gap="small"):
            for number, feedback_id in enumerate(one.examples, start=1):
                navigation.link("feedback", f"Read one it alone holds ({number})", f=feedback_id)


def _show_switches(panel: FirewallPanel) -> None:
    if not roles.may(session.current_user(), "set_up"):
        cards.refused("set_up", "switch a check on or off")
        return
    off = set(session.agent().limits.detectors_off)
    cards.heading(
        "Switch checks on and off",
        "A press holds from the next turn on, which judges all feedback again. It goes into the journal.",
    )
    with st.container(horizontal=True, gap="small"):
        for one in panel.detectors:
            name, is_on = words.DETECTORS.get(one.name, one.name), one.name not in off
            st.button(
                f"{'Switch off' if is_on else 'Switch on'}: {name}",
                key=f"switch-{one.name}",
                on_click=partial(_switch, one.name, name, is_on=not is_on),
            )


def _show_queue() -> None:
    actor = session.current_user()
    if not roles.may(actor, "judge_feedback"):
        return
    parts = session.parts()
    asked = desk.next_firewall_question(parts, actor=actor)
    if asked is None:
        progress = desk.audit_progress(parts, actor=actor)
        if progress is not None and progress.done:
            cards.quiet(f"You judged {words.count(progress.done, 'item')} of this audit; none waits for you.")
        st.button("Draw items to judge blind", key="draw-audit", on_click=_draw)
        return
    cards.heading(
        f"Judge blind: {asked.place} of {asked.of}",
        "Drawn at random from what is held and what is not. What the checks say, and who it is from, is not shown.",
    )
    show(
        tag(
            "div",
            cards.answer("Question", asked.question),
            cards.answer("The agent answered", asked.answer),
            cards.answer(words.FEEDBACK_KINDS[asked.kind], _said(asked)),
            css="rt-talk",
        )
    )
    conversation.show_facts(asked.context)
    with st.container(horizontal=True, gap="small"):
        for says, (label, key) in _JUDGEMENTS.items():
            keys.show_button(
                label,
                key=f"blind-{says}",
                shortcut=key,
                on_click=_judge,
                args=(asked.audit_id, asked.feedback_id, says),
            )


def _said(asked: desk.FirewallQuestion) -> str:
    rated = "" if asked.value is None else f"{asked.value:g}"
    return " · ".join(filter(None, (rated, asked.said, asked.reason)))


def _draw() -> None:
    def verb() -> session.Notice:
        audit = desk.draw_firewall_audit(session.parts(), actor=session.current_user())
        return session.Notice(f"{words.count(len(audit.order), 'item')} drawn. Two people judge each.")

    session.act(verb)


def _judge(audit_id: str, feedback_id: str, says: Says) -> None:
    def verb() -> session.Notice:
        desk.judge_blind(session.parts(), audit_id, feedback_id, actor=session.current_user(), says=says)
        return session.Notice("Kept.")

    session.act(verb)


def _switch(detector: str, name: str, *, is_on: bool) -> None:
    def verb() -> session.Notice:
        desk.switch_detector(session.database(), session.parts(), detector, actor=session.current_user(), is_on=is_on)
        return session.Notice(f"{name} is {'on' if is_on else 'off'}. The next turn judges all feedback again.")

    session.act(verb)
