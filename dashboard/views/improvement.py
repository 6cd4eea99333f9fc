"""Improvement: is the agent getting better, and what did the loop do for it?"""

import streamlit as st

from dashboard import session
from dashboard.components import cards, charts, words
from dashboard.components.markup import Markup
from loop.evaluate import confirmation_words
from loop.records import Comparison, DailyQuality
from storage.queries import progress
from storage.queries.progress import FunnelStep, ReleaseLine

RECENT = 28
"""Days in the number of good answers."""


def draw() -> None:
    """The page."""
    session.tell()
    cards.title("Improvement")
    slug = session.scope().agent
    releases = progress.releases(session.scope())
    days = _daily(slug)
    cards.grid(_numbers(releases, days))
    cards.heading(
        "Right answers, version by version",
        "On the sealed cases that nothing was learned from. The line across a dot is its 95 % interval. Only versions "
        "measured on the same cases are joined; hollow dots were measured on others and compare with nothing here.",
    )
    if any(one.share is not None for one in releases):
        charts.versions_chart(releases)
    else:
        cards.empty("Not measured yet", "Each version is measured on the sealed cases once there are some.")
    cards.heading(
        "What people said, day by day",
        "Of the answers with a rating or an outcome that the checks did not hold back. Each kind of signal counts once "
        "its window is closed: satisfaction after 3 days, an outcome after 7.",
    )
    if any(one.n for one in days):
        charts.daily_chart(days, releases)
    else:
        cards.empty("No rated answers yet", "The first point appears after the first day with ratings or outcomes.")
    cards.heading("From feedback to live changes")
    steps = _funnel(slug)
    if any(step.n for step in steps):
        charts.funnel_chart(steps)
    else:
        cards.empty("Nothing has come in yet", "Feedback starts it all.")


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def _daily(agent: str) -> list[DailyQuality]:
    del agent  # only the key of the cache
    return progress.daily(session.scope())


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def _funnel(agent: str) -> list[FunnelStep]:
    del agent
    return progress.funnel(session.scope())


def _numbers(releases: list[ReleaseLine], days: list[DailyQuality]) -> list[Markup]:
    waits = progress.waits(session.scope())
    shipped = sum(1 for one in releases if one.kind == "deploy")
    undone = sum(1 for one in releases if one.kind == "rollback")
    return [
        _right_now(releases),
        _confirmed(releases),
        _good_lately(days),
        cards.number("Changes shipped", f"{shipped:,}", f"{undone} taken back" if undone else "none taken back"),
        cards.number("Waiting for a decision", f"{waits.to_review:,}", words.oldest(waits.oldest, session.now())),
    ]


def _right_now(releases: list[ReleaseLine]) -> Markup:
    name = "Right on sealed cases"
    live = next((one for one in releases if one.share is not None), None)
    if live is None:
        return cards.number(name, "–", "not measured yet")
    said = words.percent(live.share)
    if live.progress is None:
        return cards.number(name, said, f"{words.version(live.number)}, n {live.n:,}")
    return cards.number(name, said, f"n {live.n:,}; {words.since(live.progress)}", tone=_tone(live.progress))


def _tone(found: Comparison) -> words.Tone:
    """Good or bad only where the interval leaves zero out."""
    match words.effect(found.evidence):
        case "better":
            return "good"
        case "worse":
            return "bad"
        case _:
            return "neutral"


def _confirmed(releases: list[ReleaseLine]) -> Markup:
    """How the changes that are live did on cases sealed after their decisions."""
    name = "Changes confirmed"
    found = [one.confirmation for one in releases if one.confirmation is not None]
    if not found:
        return cards.number(name, "–", "no change is live yet")
    counted = [one for one in found if one.evidence.tally.n]
    sure = sum(one.is_confirmed for one in counted)
    newest = f"{words.version(found[0].number)} is {confirmation_words(found[0])}"
    more = f"{len(found) - len(counted)} wait for fresh cases. {newest}." if len(found) > len(counted) else f"{newest}."
    return cards.number(name, f"{sure:,} of {len(counted):,}", more)


def _good_lately(days: list[DailyQuality]) -> Markup:
    lately = sorted({one.day for one in days})[-RECENT:]
    n = sum(one.n for one in days if one.day in lately)
    good = sum(one.good for one in days if one.day in lately)
    waiting = sum(one.waiting for one in days if one.day in lately)
    matured = f", {words.percent(n / (n + waiting), digits=0)} matured" if waiting else ""
    if not n:
        more = f"{words.count(waiting, 'signal')} wait for their outcome window" if waiting else "no ratings yet"
        return cards.number("People said: good", "–", more)
    return cards.number(
        "People said: good", words.percent(good / n), f"last {words.count(len(lately), 'day')}, {n:,} rated{matured}"
    )
