"""The evidence tabs of a change: results, answers, the feedback it rests on, what was left out, and its history."""

from collections.abc import Callable

import streamlit as st

from dashboard import session
from dashboard.components import answers, cards, claims, conversation, results, words
from dashboard.components.markup import show
from loop.evaluate import confirmation_words, fresh_words
from loop.ports import Parts
from loop.records import DOUBTED_STATES, FeedbackState, ProposalItem, ProposalState
from storage.queries import feedback as feedback_query
from storage.queries import progress
from storage.queries import review as query

TABS = ("Results", "Answers side by side", "Feedback behind it", "Set aside as odd", "History")
SHOWN_FEEDBACK = 20
"""Items on one page."""
_LEFT_OUT = (*sorted(DOUBTED_STATES), FeedbackState.EXCLUDED)


def show_evidence(item: ProposalItem, *, parts: Parts) -> None:
    """Tabs under a change; only the open one is read and drawn."""
    drawn = st.tabs(TABS, key=f"evidence-{item.proposal.id}", on_change="rerun")
    draws: tuple[Callable[[], None], ...] = (
        lambda: _show_results(item),
        lambda: answers.show_outcomes(item.report.outcomes if item.report else (), key=f"answers-{item.proposal.id}"),
        lambda: _show_feedback(item),
        lambda: _show_doubted(item),
        lambda: _show_history(item, parts),
    )
    for tab, show_tab in zip(drawn, draws, strict=True):
        with tab:
            if tab.open:
                show_tab()


def _show_results(item: ProposalItem) -> None:
    if item.report is None:
        cards.empty("Not tested yet", "Its result appears here after the loop's next turn.")
    else:
        results.show_numbers(item.report)


def _show_feedback(item: ProposalItem) -> None:
    cited = item.proposal.evidence
    if not cited:
        cards.empty("No feedback is cited", "A person wrote this change, or it follows from the data as a whole.")
        return
    pages = -(-len(cited) // SHOWN_FEEDBACK)
    page = st.pagination(pages, key=f"cited-{item.proposal.id}") if pages > 1 else 1
    first = (min(max(page, 1), pages) - 1) * SHOWN_FEEDBACK
    lines = feedback_query.lines(session.scope(), cited[first : first + SHOWN_FEEDBACK])
    conversation.show_feedback(lines, zone=session.zone(), behind=claims.behind([line.id for line in lines]))


def _show_doubted(item: ProposalItem) -> None:
    scope = session.scope()
    cited = [line.interaction_id for line in feedback_query.lines(scope, item.proposal.evidence[:500])]
    touched = list(dict.fromkeys([*cited, *query.issue_interactions(scope, item.proposal.issue_ids)]))
    doubted = feedback_query.on_interactions(scope, touched, states=_LEFT_OUT, limit=50)
    if not doubted:
        cards.empty("Nothing was set aside", "No check objected to feedback on these conversations.")
        return
    cards.quiet("Feedback on the same conversations that did not count, and why.")
    conversation.show_feedback(doubted, zone=session.zone())


def _show_history(item: ProposalItem, parts: Parts) -> None:
    now, zone, rows = session.now(), session.zone(), []
    if item.proposal.replaces:
        session.link("review", "The change this one replaces", icon=":material/history:", p=item.proposal.replaces)
    for made in parts.store.decisions(item.proposal.id):
        reasons = [words.REJECTIONS.get(one, one) for one in made.categories]
        why = ". ".join(filter(None, [", ".join(reasons), made.reason]))
        rows.append((words.clock(made.at, zone), words.past_decision(made, now), why))
    if item.state is ProposalState.STALE:
        rows.append(("", "It did not go live", item.stale_reason))
        if again := query.successor(session.scope(), item.proposal.id):
            session.link("review", "The same change, drafted again", icon=":material/update:", p=again)
    if (found := progress.confirmation(session.scope(), item.proposal.id)) is not None:
        said = f"{words.version(found.number)} is {confirmation_words(found)}."
        rows.append((words.clock(found.at, zone), said, fresh_words(found)))
    drafted = f"Drafted, {words.PROPOSERS[item.proposal.proposer]}"
    rows.insert(0, (words.clock(item.proposal.created_at, zone), drafted, ", ".join(item.proposal.authors)))
    show(cards.table(("When", "What", "Why, or by whom"), rows, label="History of this change"))
