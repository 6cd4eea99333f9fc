"""One of every record, and all a store can tell."""

from dataclasses import dataclass
from datetime import timedelta, timezone

from loop.ports import Arrivals
from loop.records import (
    Changes,
    Comparison,
    DailyQuality,
    Feedback,
    FeedbackKind,
    FeedbackMove,
    FeedbackState,
    Flag,
    Interaction,
    Issue,
    IssueSide,
    Measurement,
    Note,
    RowCounts,
    Score,
    Split,
    StageReport,
    Step,
    TurnReport,
)
from storage.store import AgentStore
from tests import builders


@dataclass(frozen=True)
class Arrived:
    """What comes from outside."""

    interactions: tuple[Interaction, ...]
    feedback: tuple[Feedback, ...]
    scores: tuple[Score, ...]

    def keep(self, store: Arrivals) -> RowCounts:
        """Append all of it."""
        return store.append(interactions=self.interactions, feedback=self.feedback, scores=self.scores)


def arrivals() -> Arrived:
    """One of each, no field at its default where it has one."""
    east = timezone(timedelta(hours=5, minutes=30))
    told = builders.feedback(
        1,
        kind=FeedbackKind.EDIT,
        value=0.25,
        text="Zurück an Absender 🙃\u2028",
        article_id="art",
        reason="wrong",
        seconds_to_answer=2.5,
        attributes={"nested": {"list": [1, 2.5, None, True]}},
        at=builders.at(3).astimezone(east),
    )
    answered = builders.interaction(
        1,
        position=2,
        context={"plan": "pro", "amount": 1.0, "days": 3, "vip": True, "gone": None},
        article_id="art",
        method="rule",
        confidence=0.5,
        uses=("r1", "x1"),
        version=0,
        topic="parcels",
        steps=(Step(kind="tool", name="find", input="{}", output="[]", is_error=True, attributes={"id": 7}),),
        source="import:a.csv",
        attributes={"b": 1, "a": "two"},
    )
    return Arrived(
        interactions=(answered, builders.interaction(2)),
        feedback=(told, builders.feedback(2)),
        scores=(Score(id="s1", agent="desk", interaction_id="i1", evaluator="e", value=None, at=builders.NOON),),
    )


def everything() -> Changes:
    """One of each that a step makes, about what arrived."""
    issue = Issue(
        id="issue1",
        agent="desk",
        kind="label",
        title="Parcels are refunds",
        sides=(IssueSide(correction="refund", sources=3, feedback_ids=("f1",)),),
        support=3,
        is_supported=True,
        interaction_ids=("i1",),
        first_at=builders.NOON,
        last_at=builders.at(5),
    )
    return Changes(
        flags={"f1": (Flag(feedback_id="f1", detector="d", reason="r", related=("f2",), at=builders.NOON),)},
        feedback_moves=(FeedbackMove(feedback_id="f1", was=FeedbackState.NEW, now=FeedbackState.HELD),),
        issues=(issue,),
        cases=(
            builders.case(1, context={"a": 1}, must_include=("x",), must_exclude=("y",), is_protected=True),
            builders.case(2, split=Split.DEV, author="a", feedback_id="f1", interaction_id="i1"),
        ),
        measurements=(
            Measurement(
                agent="desk", number=0, case_set_digest="c" * 64, n=10, right=7, low=0.4, high=0.9, at=builders.NOON
            ),
        ),
        comparisons=(
            Comparison(
                agent="desk",
                kind="confirmation",
                number=0,
                against=0,
                evidence=builders.evidence(),
                there=4,
                at=builders.NOON,
            ),
        ),
        daily=(
            DailyQuality(agent="desk", day="2026-06-01", number=0, n=2, good=1, low=0.1, high=0.9),
            DailyQuality(agent="desk", day="2026-06-01", number=None, n=1, good=1, low=None, high=None),
        ),
        notes=(Note(actor="engine", action="import file", subject="a.csv", at=builders.NOON),),
        turn=TurnReport(
            id="turn1",
            agent="desk",
            started_at=builders.NOON,
            ended_at=builders.at(1),
            stages=(StageReport(stage="collect", counts={"new": 2}, words=("ok",)),),
        ),
    )


def path(start: object, end: object, moves: dict) -> list[tuple]:
    """Steps from one state to another along the table."""
    routes: dict = {start: []}
    queue = [start]
    for state in queue:
        for following in sorted(moves[state]):
            if following not in routes:
                routes[following] = [*routes[state], (state, following)]
                queue.append(following)
    return routes[end]


def snapshot(store: AgentStore) -> list:
    """All a store can tell."""
    told: list[Feedback] = [item.feedback for item in store.feedback(list(FeedbackState))]
    return [
        store.feedback(list(FeedbackState)),
        store.interactions([one.interaction_id for one in told]),
        store.cases(),
        store.issues(),
        store.proposals(),
        store.decisions(),
        store.versions(),
        store.releases(),
        store.measurements(),
        store.comparisons(),
        store.signal_cells(),
        store.ledger(),
        store.last_turn(),
    ]
