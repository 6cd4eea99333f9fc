"""Improvement: better? why? at what cost? what next? Four sentences, and the charts behind the one you choose."""

from collections.abc import Callable

import streamlit as st

from dashboard import session
from dashboard.components.elements import cards, words
from dashboard.components.improvement.charts_time import avoided_chart, control_chart, levels_chart
from dashboard.components.improvement.improving import costs, months, next_steps, reasons, sentences
from loop import desk, improvement
from loop.records.improvement import Improvement
from loop.text.sheets import JSON_LINES

_FILES = {
    "html": ("Report to print", "text/html", ":material/print:"),
    "csv": ("Numbers (CSV)", "text/csv", ":material/table:"),
    "jsonl": ("Numbers (JSONL)", JSON_LINES, ":material/data_object:"),
}


def draw() -> None:
    """The page: everything on it was computed by the last turn."""
    session.tell()
    told = improvement.stored_page(session.parts().store)
    if told is None:
        cards.title("Improvement")
        cards.empty("Nothing was counted yet", "The first turn of the loop does; then four sentences stand here.")
        return
    cards.title("Improvement", f"As of {words.ago(told.at, session.now())}")
    for alarm in told.alarms:
        cards.note(alarm.text, "bad")
    sentences(told)
    chosen = st.segmented_control(
        "What stands behind it",
        list(_BEHIND),
        default="Better",
        required=True,
        key="behind",
        bind="query-params",
    )
    _BEHIND[chosen or "Better"](told)
    _export(told)


def _better(told: Improvement) -> None:
    cards.heading(
        "What people say, day by day",
        "Each kind of signal by itself, once its outcome window is closed. The limits begin anew at every release: "
        "a day within them is an ordinary day.",
    )
    if not told.signals:
        cards.empty("No rated answers yet", "The first point appears after the first day with ratings or outcomes.")
    else:
        kinds = {improvement.kind_words(chart.kind).capitalize(): chart for chart in told.signals}
        kind = next(iter(kinds))
        if len(kinds) > 1:
            chosen = st.segmented_control(
                "Kind of signal",
                list(kinds),
                default=kind,
                required=True,
                key="signal",
                bind="query-params",
            )
            kind = chosen if chosen in kinds else kind
        control_chart(kinds[kind], name=kind, releases=told.releases, back=told.rollbacks)
    cards.heading(
        "Bad answers avoided",
        "The gain of each change in force on fresh cases, times the answers that versions with it gave, against the "
        "version before it. As if what is asked every day were like the fresh cases.",
    )
    if told.avoided:
        avoided_chart(told.avoided)
    else:
        cards.empty("Not known yet", "It takes a change that is live and enough cases sealed after its decision.")
    cards.heading(
        "Right answers on the sealed cases",
        f"From when each version went live. These cases also chose the changes ({told.looks:,} looks so far), so "
        "they flatter; the first chart and the fresh cases do not.",
    )
    if told.levels:
        levels_chart(told.levels)
    else:
        cards.empty("Not measured yet", "Each version is measured on the sealed cases once there are some.")


_BEHIND: dict[str, Callable[[Improvement], None]] = {
    "Better": _better,
    "Why": reasons,
    "Cost": costs,
    "Next": next_steps,
    "Months": months,
}
"""By the word that the address bar holds too."""


def _export(told: Improvement) -> None:
    agent = session.agent()
    with st.container(horizontal=True, gap="small", key="export"):
        for how, (label, mime, icon) in _FILES.items():
            st.download_button(
                label,
                data=_file(told, how),
                file_name=f"{agent.slug}-improvement-{told.at:%Y-%m-%d}.{how}",
                mime=mime,
                icon=icon,
                key=f"export-{how}",
                on_click="ignore",
            )


def _file(told: Improvement, how: str) -> Callable[[], str]:
    """Made when somebody asks for it, not in every page run."""
    agent = session.agent()
    return lambda: desk.improvement_report(told, agent=agent, how=how)
