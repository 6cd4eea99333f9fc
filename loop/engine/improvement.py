"""The manager's page, kept: what it says is computed here when something changed, and read as it is."""

from datetime import datetime, timedelta

from loop import improvement, validate
from loop.engine.journal import StageTally
from loop.evaluate import about_budget, budget_left
from loop.policy import blinding_rule
from loop.ports import Parts, Store
from loop.records import Changes, Derived, ProposalState

DAYS = 400
"""Days of aggregates looked at."""
TOPIC_DAYS = 150
"""Days looked at by topic: releases further back are not adjusted any more, so they are not compared any more."""
HEAT_DAYS = 28


def tell_improvement(parts: Parts, tally: StageTally) -> None:
    """Compute the page from what is kept by now, and keep it in place of the earlier one."""
    del tally  # a page is no event
    store, ledger = parts.store, parts.store.ledger()
    told = improvement.overview(facts_of(store, now=parts.clock(), looks=len(ledger.looks)))
    words = about_budget(budget_left(ledger, limits=store.agent.limits), look=len(ledger.looks) + 1)
    budget = improvement.StoredBudget(looks=len(ledger.looks), words=words)
    kept = improvement.page_document(told), improvement.budget_document(budget)
    store.commit(Changes(derived=Derived(kept=kept)))


def facts_of(store: Store, *, now: datetime, looks: int) -> improvement.Facts:
    """Everything the page rests on: a dozen bounded reads. Nothing of changes whose verdict is withheld."""
    waiting, hides = store.proposals([ProposalState.WAITING]), blinding_rule(store)
    withheld = {one.proposal.id for one in waiting if hides(one.proposal.id, bool(one.practice))}
    unread = {"effect": None, "low": None, "high": None}
    return improvement.Facts(
        agent=store.agent,
        now=now,
        versions=store.versions(),
        releases=store.releases(),
        comparisons=store.comparisons(),
        measurements=store.measurements(),
        changes=[one.model_copy(update=unread) if one.id in withheld else one for one in store.change_lines()],
        decisions=store.decisions(),
        waiting=[one for one in waiting if one.proposal.id not in withheld],
        withheld=len(withheld),
        signals=store.day_signals(_since(now, DAYS)),
        topics=store.day_signals(_since(now, TOPIC_DAYS), by_topic=True),
        hours=store.hour_signals(_since(now, HEAT_DAYS)),
        answers=store.day_answers(_since(now, DAYS)),
        work=store.day_work(_since(now, DAYS)),
        looks=looks,
        panel=validate.stored_panel(store),
    )


def _since(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).date().isoformat()
