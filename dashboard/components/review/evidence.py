"""The tabs under a change: the feedback it rests on, what was left out, and its history."""

from collections.abc import Callable

import streamlit as st

from dashboard import page_run, session
from dashboard.components.corrections import claims
from dashboard.components.elements import cards, conversation, words
from dashboard.components.elements.markup import show, tag
from dashboard.components.elements.paging import page_of
from loop.evaluate import confirmation_words, fresh_words
from loop.records import DOUBTED_STATES, FeedbackState, ProposalItem
from storage.queries import feedback as feedback_query
from storage.queries import history, progress
from storage.queries import review as query
from storage.queries.history import Link

SHOWN_FEEDBACK = 20
"""Items on one page."""
SHOWN_DOUBTED = 50
"""Items that did not count, at most."""
_READ = 500
"""Cited items whose conversations are looked at for what did not count."""
_LEFT_OUT = (*sorted(DOUBTED_STATES), FeedbackState.EXCLUDED)


@page_run.fragment()
def show_evidence(item: ProposalItem, *, links: list[Link], is_withheld: bool = False) -> None:
    """Tabs under a change; only the open one is read and drawn, and only this part of the page again."""
    drawn = st.tabs(tabs(item), key=f"evidence-{item.proposal.id}", on_change="rerun")
    draws: tuple[Callable[[], None], ...] = (
        lambda: _show_feedback(item),
        lambda: _show_doubted(item),
        lambda: _show_history(links, is_withheld=is_withheld),
    )
    for tab, show_tab in zip(drawn, draws, strict=True):
        with tab:
            if tab.open:
                show_tab()


def tabs(item: ProposalItem) -> tuple[str, str, str]:
    """Their names; what a change cites never changes, so the first can say how much that is."""
    return (f"Feedback behind it {len(item.proposal.evidence):,}", "Set aside as odd", "History")


def _show_feedback(item: ProposalItem) -> None:
    cited = item.proposal.evidence
    if not cited:
        cards.empty("No feedback is cited", "A person wrote this change, or it follows from the data as a whole.")
        return
    shown = page_of(cited, size=SHOWN_FEEDBACK, key=f"cited-{item.proposal.id}")
    lines = feedback_query.lines(session.scope(), shown)
    conversation.show_feedback(lines, zone=session.zone(), behind=claims.behind([line.id for line in lines]))


def _show_doubted(item: ProposalItem) -> None:
    scope = session.scope()
    cited = [line.interaction_id for line in feedback_query.lines(scope, item.proposal.evidence[:_READ])]
    touched = list(dict.fromkeys([*cited, *query.issue_interactions(scope, item.proposal.issue_ids)]))
    found = feedback_query.on_interactions(scope, touched, states=_LEFT_OUT, limit=SHOWN_DOUBTED + 1)
    doubted = found[:SHOWN_DOUBTED]
    if not doubted:
        cards.empty("Nothing was set aside", "No check objected to feedback on these conversations.")
        return
    is_part = len(found) > len(doubted) or len(touched) > _READ
    many = f"The newest {len(doubted):,} pieces" if is_part else words.count(len(doubted), "piece")
    cards.quiet(f"{many} of feedback on the same conversations that did not count, and why.")
    conversation.show_feedback(doubted, zone=session.zone())


def _show_history(links: list[Link], *, is_withheld: bool) -> None:
    """Everything that happened to this change, whatever it was drawn as; not what its tests found while withheld."""
    now, zone, rows = session.now(), session.zone(), []
    for one in history.history(session.scope(), links):
        reasons = [words.REJECTIONS.get(name, name) for name in one.categories]
        said = "" if is_withheld and one.kind == "tested" else one.words
        told = ". ".join(filter(None, [", ".join(reasons), said]))
        number = f" as {words.version(one.number)}" if one.number is not None else ""
        when = tag("span", words.clock(one.at, zone), title=words.ago(one.at, now))
        what = f"{one.kind[:1].upper()}{one.kind[1:]}{number}"
        rows.append((when, what, one.who or "the loop", tag("span", told, css="rt-text")))
    for link in links:
        if (found := progress.confirmation(session.scope(), link.proposal_id)) is not None:
            told = f"{words.version(found.number)} is {confirmation_words(found)}. {fresh_words(found)}"
            rows.append((tag("span", words.clock(found.at, zone)), "Measured", "the loop", tag("span", told)))
    show(cards.table(("When", "What", "Who", "Why"), rows, label="History of this change"))
