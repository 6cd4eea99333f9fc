"""The manager's page for a seeded workspace: counted and computed as the engine does, without a turn's other stages."""

from datetime import datetime

from loop import improvement
from loop.engine.improvement import facts_of
from loop.records import Changes, Derived
from loop.records.counts import DailyCounts
from loop.records.improvement import Improvement
from storage.store import AgentStore


def tell(store: AgentStore, *, now: datetime) -> Improvement:
    """Count every day from the log and keep the page."""
    cells = store.signal_cells()
    answers = tuple(store.answer_counts())
    signals = improvement.day_rows(cells)
    store.commit(
        Changes(
            counted=DailyCounts(
                signal_days=tuple({row.day for row in signals}),
                signals=signals,
                hours=improvement.hour_rows(cells),
                answer_days=tuple({row.day for row in answers}),
                answers=answers,
            )
        )
    )
    return keep(store, improvement.overview(facts_of(store, now=now, looks=len(store.ledger().looks))))


def keep(store: AgentStore, told: Improvement) -> Improvement:
    """Keep this page, whatever it was made of."""
    own = told.model_copy(update={"agent": store.agent.slug})
    store.commit(Changes(derived=Derived(kept=(improvement.page_document(own),))))
    return own
