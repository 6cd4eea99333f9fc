"""Both lifecycles allow exactly the moves, and the movers, written here a second time."""

import itertools

import pytest

from loop.records import (
    COUNTING_STATES,
    DOUBTED_STATES,
    FEEDBACK_MOVES,
    JUDGED_STATES,
    OPEN_STATES,
    PROPOSAL_MOVES,
    TEACHING_STATES,
    UNDECIDED_STATES,
    FeedbackState,
    Mover,
    ProposalState,
    may_move,
    targets,
)

PROPOSAL_PAIRS = {
    ("loop", "drafted"): "waiting set_aside stale",
    ("loop", "waiting"): "stale set_aside",
    ("loop", "set_aside"): "waiting stale",
    ("loop", "approved"): "stale",
    ("person", "set_aside"): "waiting",
    ("decision", "waiting"): "approved rejected edited",
    ("decision", "set_aside"): "rejected",
    ("decision", "approved"): "waiting",
    ("decision", "rejected"): "waiting",
    ("release", "approved"): "live stale",
    ("release", "live"): "undone",
    ("relearning", "stale"): "drafted waiting set_aside",
}
FEEDBACK_PAIRS = {
    ("loop", "new"): "valid held quarantined",
    ("loop", "valid"): "held quarantined",
    ("loop", "held"): "valid quarantined",
    ("loop", "quarantined"): "valid held",
    ("person", "new"): "quarantined excluded",
    ("person", "valid"): "quarantined excluded",
    ("person", "held"): "quarantined released excluded",
    ("person", "quarantined"): "released excluded",
    ("person", "released"): "quarantined excluded",
    ("person", "excluded"): "released",
    ("relearning", "excluded"): "new released",
    **{("author", state): "superseded" for state in ("new", "valid", "held", "quarantined", "released", "excluded")},
}


def test_every_state_says_where_it_may_go() -> None:
    assert set(PROPOSAL_MOVES) == set(ProposalState)
    assert set(FEEDBACK_MOVES) == set(FeedbackState)
    assert all(movers for moves in PROPOSAL_MOVES.values() for movers in moves.values())
    assert all(movers for moves in FEEDBACK_MOVES.values() for movers in moves.values())


@pytest.mark.parametrize("by", Mover)
def test_a_proposal_is_moved_only_by_who_may(by: Mover) -> None:
    for was, now in itertools.product(ProposalState, ProposalState):
        expected = now.value in PROPOSAL_PAIRS.get((by.value, was.value), "").split()
        assert may_move(PROPOSAL_MOVES, was, now, by=by) == expected, (was, now)


@pytest.mark.parametrize("by", Mover)
def test_feedback_is_moved_only_by_who_may(by: Mover) -> None:
    for was, now in itertools.product(FeedbackState, FeedbackState):
        expected = now.value in FEEDBACK_PAIRS.get((by.value, was.value), "").split()
        assert may_move(FEEDBACK_MOVES, was, now, by=by) == expected, (was, now)


def test_nothing_goes_live_but_through_an_approval_and_a_release() -> None:
    assert [state for state in ProposalState if ProposalState.LIVE in PROPOSAL_MOVES[state]] == [ProposalState.APPROVED]
    assert targets(PROPOSAL_MOVES, by=Mover.LOOP).isdisjoint({ProposalState.APPROVED, ProposalState.LIVE})


def test_the_firewall_never_overrules_a_person() -> None:
    assert {FeedbackState.RELEASED, FeedbackState.EXCLUDED, FeedbackState.SUPERSEDED} == (
        set(FeedbackState) - JUDGED_STATES
    )


def test_what_is_doubted_neither_teaches_nor_counts() -> None:
    assert DOUBTED_STATES.isdisjoint(COUNTING_STATES)
    assert TEACHING_STATES < COUNTING_STATES
    assert set(FeedbackState) - COUNTING_STATES - DOUBTED_STATES == {FeedbackState.EXCLUDED, FeedbackState.SUPERSEDED}


def test_a_proposal_that_may_still_go_live_becomes_stale_with_its_base() -> None:
    assert {"drafted", "waiting", "set_aside", "approved"} == OPEN_STATES
    assert {"drafted", "waiting", "set_aside"} == UNDECIDED_STATES
