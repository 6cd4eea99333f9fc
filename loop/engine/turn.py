"""One turn of the loop: five stages in order, each committed by itself, each behind a bulkhead.

Idempotent: a turn may die at any point and be run again. Ids come from content, moves name the state they leave
(optimistic concurrency), and an approval is applied only by the transaction that also moves the head
(compare-and-swap). What one stage cannot do is said in its words; the stages after it run all the same, so that
a bad release is taken back even while nothing can be drafted or tested.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from loop.engine.collect import count_arrivals
from loop.engine.deploy import release_and_watch
from loop.engine.idleness import is_settled, mark, settle
from loop.engine.journal import StageTally
from loop.engine.test import try_changes
from loop.engine.update import draft_changes
from loop.engine.validate import judge_feedback
from loop.errors import RatchetError, StoreUnavailable
from loop.ports import Parts
from loop.records import Changes, StageName, StageReport, TurnReport, derived_id

Stage = Callable[[Parts, StageTally], None]
"""Does what the stage has to do, commits it, and counts it. Idempotent."""

STAGES: dict[StageName, Stage] = {
    "collect": count_arrivals,
    "validate": judge_feedback,
    "update": draft_changes,
    "test": try_changes,
    "deploy": release_and_watch,
}
"""In the order they run."""


APPLY_ONLY: tuple[StageName, ...] = ("deploy",)
"""What an idle turn runs: nothing changed since a turn found nothing to do, but an undo window may have closed."""


class Begun(NamedTuple):
    """What a turn starts from."""

    stages: tuple[StageName, ...]
    """To be run, in order."""
    seen: str
    """What the turn depends on, as it was before the first stage."""


def turn(parts: Parts) -> TurnReport:
    """Run the five stages once and record what they did; a turn that found nothing to do leaves no record.

    An idle turn costs nothing: while nothing changed since a turn that found nothing to do, only what time alone
    brings about is looked at.

    Raises StoreUnavailable and BrokenChain at once: without a store, or on a live version that nobody released, no
    stage can work. Any error that is not one of ours is a
    defect: it is raised after the remaining stages have run.
    """
    started = parts.clock()
    defects: list[Exception] = []
    begun = begin(parts)
    stages = [run_stage(parts, name, defects=defects) for name in begun.stages]
    report = end(parts, begun, started=started, stages=stages)
    if defects:
        raise defects[0]
    return report


def begin(parts: Parts) -> Begun:
    """Which stages a turn that starts now has to run: all, of an idle agent only those that time alone moves, of a
    paused one none. What somebody has a right to, erasure and an end of retention, does not wait for the loop.

    Raises BrokenChain when the live version does not follow from the record: nothing is built on it.
    """
    parts.store.check_head()
    parts.store.finish_erasures(parts.clock())
    parts.store.drop_raw(parts.clock())
    agent = parts.store.agent
    seen = mark(parts, agent)
    if agent.limits.is_paused:
        return Begun(stages=(), seen=seen)
    return Begun(stages=APPLY_ONLY if is_settled(parts, seen=seen) else tuple(STAGES), seen=seen)


def end(
    parts: Parts, begun: Begun, *, started: datetime, stages: Sequence[StageReport], is_complete: bool = True
) -> TurnReport:
    """Keep the report of a turn that did something; after one that found nothing to do the agent is idle.

    `is_complete`: nothing of this turn goes on elsewhere or waits to be tried again.
    """
    slug = parts.store.agent.slug
    report = TurnReport(
        id=derived_id("turn", slug, started),
        agent=slug,
        started_at=started,
        ended_at=max(started, parts.clock()),
        stages=tuple(stages),
    )
    if report.did_something:
        parts.store.commit(Changes(turn=report))
    elif is_complete and begun.stages not in ((), APPLY_ONLY):
        settle(parts, seen=begun.seen)
    return report


def run_stage(parts: Parts, name: StageName, *, defects: list[Exception]) -> StageReport:
    """One stage behind its bulkhead: an error of ours becomes words, any other goes to `defects`.

    Raises StoreUnavailable.
    """
    parts.checkpoint(f"{name}:before")
    began = parts.clock()
    tally = StageTally()
    try:
        STAGES[name](parts, tally)
    except StoreUnavailable:
        raise
    except RatchetError as error:
        tally.words.append(f"The stage {name} stopped early. {error}")
    except Exception as error:
        tally.words.append(f"The stage {name} met a defect ({type(error).__name__}); the others went on.")
        defects.append(error)
    parts.checkpoint(f"{name}:after")
    return StageReport(
        stage=name,
        counts=tally.counts,
        words=tuple(tally.words),
        why=tuple(tally.why),
        seconds=max(0.0, (parts.clock() - began).total_seconds()),
    )
