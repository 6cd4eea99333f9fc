"""What became of a correction is followed over stored links; whoever said it may take it back, and nobody else."""

from datetime import timedelta

import pytest

from loop import desk, engine
from loop.errors import InvalidInput, NotAllowed
from loop.ports import Parts
from loop.records import Actor, Changes, FeedbackMove, FeedbackState, Flag, Role, SetRule
from storage.database import Database
from storage.queries import Scope
from storage.queries import corrections as query
from storage.queries.corrections import AnswersSince, Live
from tests import builders
from tests.shell import real_desk
from tests.shell.test_taint import ITEMS, OTHER, RULE, drafted, shipped

ANN, BEN, CID, DOT = (Actor(name=name, role=Role.CORRECTOR) for name in ("ann", "ben", "cid", "dot"))
VERA = Actor(name="vera", role=Role.VIEWER)
BETTER = desk.Correction(text="Your refund is on its way and arrives within four days.")


@pytest.fixture
def parts(sqlite_database: Database) -> Parts:
    """Eight corrections by eight people, validated."""
    store = sqlite_database.create_agent(
        builders.agent(), builders.bundle(instructions="Be kind."), now=builders.NOON, actor="rita"
    )
    store.append(
        interactions=[builders.interaction(number) for number in ITEMS],
        feedback=[builders.feedback(number) for number in ITEMS],
    )
    moves = [FeedbackMove(feedback_id=f"f{n}", was=FeedbackState.NEW, now=FeedbackState.VALID) for n in ITEMS]
    store.commit(Changes(feedback_moves=tuple(moves)))
    return real_desk.parts_after(sqlite_database)


def said(parts: Parts, actor: Actor, number: int, correction: desk.Correction = BETTER) -> str:
    made = desk.correct(parts, actor=actor, interaction_id=f"i{number}", correction=correction, door="dashboard")
    return made.id


def fate(parts: Parts, feedback_id: str) -> desk.Fate:
    return desk.fates(parts, [feedback_id])[feedback_id]


def test_what_was_just_said_waits_for_the_next_turn(parts: Parts) -> None:
    assert fate(parts, said(parts, ANN, 1)).stage == "new"


def test_what_is_held_says_why(parts: Parts) -> None:
    key = said(parts, ANN, 1)
    parts.store.commit(
        Changes(
            flags={
                key: (Flag(feedback_id=key, detector="claim", reason="Nobody else says so yet.", at=builders.NOON),)
            },
            feedback_moves=(FeedbackMove(feedback_id=key, was=FeedbackState.NEW, now=FeedbackState.HELD),),
        )
    )
    assert (fate(parts, key).stage, fate(parts, key).reasons) == ("held", ("Nobody else says so yet.",))


def test_the_change_that_came_furthest_is_told_and_the_version_it_made(parts: Parts) -> None:
    waiting = drafted(parts, SetRule(rule=OTHER), evidence=("f1", "f2", "f3"), title="First")
    assert (fate(parts, "f1").stage, fate(parts, "f1").proposal_id) == ("proposed", waiting.id)
    live = shipped(parts, SetRule(rule=RULE), evidence=("f1", "f2", "f3"), title="Second")
    told = fate(parts, "f1")
    assert (told.stage, told.proposal_id, told.proposal) == ("live", live.id, "Second")
    assert told.number == parts.store.head().number
    assert told.since is not None
    assert fate(parts, "f7").stage != "live"


def answered(parts: Parts, first: int, n: int, **fields: object) -> None:
    """That many answers about refunds, a day later."""
    filled = {"topic": "refunds", "version": 1, "at": builders.NOON + timedelta(days=2)}
    parts.store.append(interactions=[builders.interaction(first + k, **(filled | fields)) for k in range(n)])  # type: ignore[arg-type]


def test_who_asked_since_is_counted_for_each_correction_from_when_its_own_version_is_live(
    parts: Parts, sqlite_database: Database
) -> None:
    scope = Scope(engine=sqlite_database.engine, agent="desk")
    answered(parts, 100, 4, customer="c1")
    answered(parts, 110, 3, customer="c2", version=2, at=builders.NOON + timedelta(days=5))
    answered(parts, 120, 5, version=0, customer="c3")
    answered(parts, 130, 6, version=None, customer="c4")
    answered(parts, 140, 2, version=2, customer="c5", source="probe", at=builders.NOON + timedelta(days=5))
    early = Live("refunds", 1, builders.NOON + timedelta(days=1))
    late = Live("refunds", 2, builders.NOON + timedelta(days=4))
    found = query.answers_since(scope, [early, late, early])
    assert found == {early: AnswersSince(7, 7, 2, is_more=False), late: AnswersSince(3, 3, 1, is_more=False)}
    answered(parts, 150, 2, version=2, customer="", at=builders.NOON + timedelta(days=6))
    assert query.answers_since(scope, [late])[late] == AnswersSince(5, 3, 1, is_more=False)


def test_colleagues_who_say_the_same_are_named_and_counted(parts: Parts) -> None:
    refund = desk.Correction(label="refund")
    keys = [said(parts, actor, number, refund) for number, actor in enumerate((ANN, BEN, CID, DOT), start=1)]
    engine.turn(parts)
    became = desk.fates(parts, keys)
    counted = [one for one in became.values() if one.issue_id]
    assert counted, "at least one of them is in an open issue"
    for one in counted:
        assert one.needed == parts.store.agent.limits.min_sources
        assert one.people >= 4
        mine = parts.store.feedback_items([one.feedback_id])[one.feedback_id].feedback.author
        assert mine not in one.colleagues
        assert {"ann", "ben", "cid", "dot"} - {mine} <= set(one.colleagues)
        assert one.votes == parts.store.issues_by_id([one.issue_id])[0].support, "of the side that leads"


def test_one_takes_back_ones_own_and_may_say_it_again(parts: Parts) -> None:
    key = said(parts, ANN, 1)
    with pytest.raises(NotAllowed):
        desk.withdraw_correction(parts, [key], actor=BEN)
    assert desk.withdraw_correction(parts, [key], actor=ANN) == 1
    assert parts.store.feedback_items([key])[key].state is FeedbackState.EXCLUDED
    assert fate(parts, key).stage == "taken back"
    with pytest.raises(InvalidInput):
        desk.withdraw_correction(parts, [key], actor=ANN)
    again = said(parts, ANN, 1)
    assert again != key
    assert parts.store.feedback_items([again])[again].state is FeedbackState.NEW


def test_a_second_press_keeps_one(parts: Parts) -> None:
    assert said(parts, ANN, 1) == said(parts, ANN, 1)


def test_a_corrected_answer_leaves_the_queue_and_comes_back_when_it_is_taken_back(
    parts: Parts, sqlite_database: Database
) -> None:
    scope = Scope(engine=sqlite_database.engine, agent="desk")
    key = said(parts, ANN, 1)
    assert [one.feedback_id for one in query.mine(scope, author="ann")] == [key]
    assert query._corrected(scope, ["i1"]) == {"i1"}
    desk.withdraw_correction(parts, [key], actor=ANN)
    others = {one for one in ("f1",) if parts.store.feedback_items([one])}
    desk.judge(parts, others, actor=Actor(name="rita", role=Role.REVIEWER), to=FeedbackState.EXCLUDED, reason="Odd.")
    assert query._corrected(scope, ["i1"]) == set()


def test_alike_answers_are_corrected_together_and_stay_one_vote(parts: Parts) -> None:
    made = desk.correct_alike(
        parts, actor=ANN, corrections={f"i{number}": BETTER for number in (1, 2, 3)}, door="dashboard"
    )
    assert [one.interaction_id for one in made] == ["i1", "i2", "i3"]
    assert {one.author for one in made} == {"ann"}
    assert desk.withdraw_correction(parts, [one.id for one in made], actor=ANN) == 3


def test_a_slip_of_the_keyboard_is_refused_and_leaves_nothing(parts: Parts) -> None:
    before = len(parts.store.feedback())
    with pytest.raises(InvalidInput, match="slip of the keyboard"):
        said(parts, ANN, 1, desk.Correction(text="asdf ksjdhf"))
    assert len(parts.store.feedback()) == before


def test_who_may_not_correct_may_not_take_back(parts: Parts) -> None:
    with pytest.raises(NotAllowed):
        desk.withdraw_correction(parts, [said(parts, ANN, 1)], actor=VERA)
