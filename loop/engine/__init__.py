"""One turn of the loop: the five stages in order, each committed once.

A turn may die at any point and be run again: ids come from content, moves name the state they leave,
and an approval is applied only by the transaction that also moves the head.
"""

from collections.abc import Callable

from loop.engine.deploy import apply_due, release_and_measure
from loop.engine.journal import StageTally
from loop.engine.test import try_changes
from loop.engine.update import draft_changes
from loop.engine.validate import judge_feedback
from loop.ports import Parts
from loop.records import Changes, FeedbackState, StageReport, TurnReport, derived_id

__all__ = ["apply_due", "turn"]


def turn(parts: Parts) -> TurnReport:
    """Run the five stages once. Raises StoreUnavailable; a model that fails is reported in words."""
    started = parts.clock()
    stages = (
        _staged(parts, "collect", _count_arrivals),
        _staged(parts, "validate", judge_feedback),
        _staged(parts, "update", draft_changes),
        _staged(parts, "test", try_changes),
        _staged(parts, "deploy", release_and_measure),
    )
    report = TurnReport(
        id=derived_id("turn", parts.store.agent.slug, started),
        agent=parts.store.agent.slug,
        started_at=started,
        ended_at=parts.clock(),
        stages=stages,
    )
    if report.did_something:
        parts.store.commit(Changes(turn=report))
    return report


def _staged(parts: Parts, stage: str, run: Callable[[Parts, StageTally], None]) -> StageReport:
    parts.checkpoint(f"{stage}:before")
    began = parts.clock()
    tally = StageTally()
    run(parts, tally)
    parts.checkpoint(f"{stage}:after")
    return StageReport.model_validate(
        {
            "stage": stage,
            "counts": tally.counts,
            "words": tuple(tally.words),
            "seconds": max(0.0, (parts.clock() - began).total_seconds()),
        }
    )


def _count_arrivals(parts: Parts, tally: StageTally) -> None:
    """The doors write as things arrive; here we only say what is new."""
    tally.counts["new_feedback"] = len(parts.store.feedback([FeedbackState.NEW]))
