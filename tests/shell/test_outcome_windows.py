"""What went wrong is heard at once, what went well a week later: only closed outcome windows decide anything."""

from dataclasses import replace
from datetime import timedelta

import pytest

from loop import deploy, engine, wiring
from loop.ports import Parts
from loop.records import Bundle, FeedbackKind, Limits, Mode, Release, VersionSignals, open_since
from loop.settings import Settings
from storage.database import Database
from storage.queries import Scope, progress
from tests import builders
from tests.builders import NOON
from tests.shell import desk_world

DAY = timedelta(days=1)


@pytest.fixture
def parts(database: Database) -> Parts:
    """The agent `desk`: of ten answers on one day, four were reopened on the next and six were rated at once."""
    database.create_agent(desk_world.agent(), Bundle(), now=NOON, actor="olga")
    made = wiring.parts_for(Settings(), database, "desk", clock=lambda: NOON + DAY)
    kinds = [FeedbackKind.OUTCOME] * 4 + [FeedbackKind.THUMBS] * 6
    made.store.append(
        interactions=[builders.interaction(number, version=0, at=NOON) for number in range(10)],
        feedback=[
            builders.feedback(
                number,
                kind=kind,
                label=None,
                value=0.0 if kind is FeedbackKind.OUTCOME else 1.0,
                at=NOON + DAY,
            )
            for number, kind in enumerate(kinds)
        ],
    )
    return made


def on(parts: Parts, day: int) -> Parts:
    return replace(parts, clock=lambda: NOON + day * DAY)


def test_each_kind_of_signal_says_when_it_is_mature() -> None:
    windows = {kind: kind.traits.window_days for kind in FeedbackKind}
    assert (windows[FeedbackKind.OUTCOME], windows[FeedbackKind.CSAT], windows[FeedbackKind.THUMBS]) == (7, 3, 0)
    assert open_since(NOON) == {FeedbackKind.OUTCOME: "2026-05-25", FeedbackKind.CSAT: "2026-05-29"}


@pytest.mark.parametrize(("day", "n", "good", "waiting"), [(0, 6, 6, 4), (7, 6, 6, 4), (8, 10, 6, 0)])
def test_a_version_is_watched_on_closed_windows_alone(parts: Parts, day: int, n: int, good: int, waiting: int) -> None:
    engine.turn(parts)
    found = parts.store.signals_on(0, now=NOON + day * DAY)
    assert (found.n, found.good, found.waiting) == (n, good, waiting)
    assert (found.unhappy_people, found.matured) == ((4, 1.0) if not waiting else (0, 0.6))
    assert parts.store.signals_on(0).n == 10, "without a moment every window counts as closed"


def test_a_day_is_counted_again_when_its_windows_close_although_nothing_arrives(
    parts: Parts, database: Database
) -> None:
    for _ in range(3):
        engine.turn(parts)
    scope = Scope(engine=database.engine, agent="desk")
    (first,) = progress.daily(scope)
    assert (first.n, first.good, first.waiting, first.matured) == (6, 6, 4, 0.6)
    assert parts.store.waiting_days() == [first.day]
    for day in (7, 8):
        for _ in range(2):
            engine.turn(on(parts, day))
    (after,) = progress.daily(scope)
    assert (after.n, after.good, after.waiting, after.matured) == (10, 6, 0, 1.0)
    assert parts.store.waiting_days() == []
    assert engine.recheck(on(parts, 8)) == ()


def test_the_alarm_says_how_much_has_matured() -> None:
    release = Release(
        id="r1", agent="desk", kind="deploy", number=4, from_number=3, decision_id="d", proposal_id="p", actor="a",
        at=NOON,
    )  # fmt: skip

    def alarm(since: VersionSignals) -> deploy.Alarm:
        return deploy.should_roll_back(
            release, before=VersionSignals(n=1000, good=850), since=since, mode=Mode.SIMPLE, limits=Limits(),
            rolled_back_at=(), now=NOON + 9 * DAY,
        )  # fmt: skip

    assert "62% matured; 38 wait" in alarm(VersionSignals(n=62, good=50, waiting=38)).reason
    early = alarm(VersionSignals(n=12, good=0, waiting=80, unhappy_people=12))
    assert (early.action, "12 of 50; 80 more wait" in early.reason) == ("none", True)
