"""Both lifecycles as state machines: every allowed move, and who may make it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar


class FeedbackState(StrEnum):
    """Where a feedback item stands with the firewall."""

    NEW = "new"
    VALID = "valid"
    """No detector objects; may teach once enough distinct sources agree."""
    HELD = "held"
    """One flag: waits for a person or for more evidence."""
    QUARANTINED = "quarantined"
    """Two flags or more: kept apart, reversible."""
    RELEASED = "released"
    """A person said it is fine; detectors no longer decide."""
    EXCLUDED = "excluded"
    """A person said: an exception, do not learn from it."""
    SUPERSEDED = "superseded"
    """The same author said something newer about the same target."""


class ProposalState(StrEnum):
    """Where a proposal stands."""

    DRAFTED = "drafted"
    WAITING = "waiting"
    """Tested; on a reviewer's desk."""
    SET_ASIDE = "set_aside"
    """Tested, not worth a person's time now; kept, can be brought back."""
    APPROVED = "approved"
    """Decided; goes live when its undo window is over."""
    LIVE = "live"
    REJECTED = "rejected"
    EDITED = "edited"
    """A reviewer's edit replaced it by a new proposal."""
    STALE = "stale"
    """Its base is no longer live; the same change is drafted anew on the new base."""
    UNDONE = "undone"
    """Was live, then rolled back."""


class Mover(StrEnum):
    """Who makes a move."""

    LOOP = "loop"
    """A stage of the turn: the firewall, the test, the rebase."""
    PERSON = "person"
    """Somebody at the desk, noted in the journal."""
    DECISION = "decision"
    """A recorded decision, bound to the digest of what was seen; an undo is one too."""
    RELEASE = "release"
    """The transaction that moves the live version."""
    AUTHOR = "author"
    """The newer word of whoever gave the feedback."""
    RELEARNING = "relearning"
    """A person who undoes an unlearning: the firewall looks again, the desk shows again what was taken off it."""


State = TypeVar("State", FeedbackState, ProposalState)
Moves: TypeAlias = Mapping[State, Mapping[State, frozenset[Mover]]]
"""From a state, the states it may move to, each with who may move it there."""

_LOOP = frozenset({Mover.LOOP})
_PERSON = frozenset({Mover.PERSON})
_EITHER = _LOOP | _PERSON
_DECISION = frozenset({Mover.DECISION})
_RELEASE = frozenset({Mover.RELEASE})
_AUTHOR = frozenset({Mover.AUTHOR})
_RELEARNING = frozenset({Mover.RELEARNING})

FEEDBACK_MOVES: Moves[FeedbackState] = {
    FeedbackState.NEW: {
        FeedbackState.VALID: _LOOP,
        FeedbackState.HELD: _LOOP,
        FeedbackState.QUARANTINED: _EITHER,
        FeedbackState.EXCLUDED: _PERSON,
        FeedbackState.SUPERSEDED: _AUTHOR,
    },
    FeedbackState.VALID: {
        FeedbackState.HELD: _LOOP,
        FeedbackState.QUARANTINED: _EITHER,
        FeedbackState.EXCLUDED: _PERSON,
        FeedbackState.SUPERSEDED: _AUTHOR,
    },
    FeedbackState.HELD: {
        FeedbackState.VALID: _LOOP,
        FeedbackState.QUARANTINED: _EITHER,
        FeedbackState.RELEASED: _PERSON,
        FeedbackState.EXCLUDED: _PERSON,
        FeedbackState.SUPERSEDED: _AUTHOR,
    },
    FeedbackState.QUARANTINED: {
        FeedbackState.VALID: _LOOP,
        FeedbackState.HELD: _LOOP,
        FeedbackState.RELEASED: _PERSON,
        FeedbackState.EXCLUDED: _PERSON,
        FeedbackState.SUPERSEDED: _AUTHOR,
    },
    FeedbackState.RELEASED: {
        FeedbackState.QUARANTINED: _PERSON,
        FeedbackState.EXCLUDED: _PERSON,
        FeedbackState.SUPERSEDED: _AUTHOR,
    },
    FeedbackState.EXCLUDED: {
        FeedbackState.NEW: _RELEARNING,
        FeedbackState.RELEASED: _PERSON | _RELEARNING,
        FeedbackState.SUPERSEDED: _AUTHOR,
    },
    FeedbackState.SUPERSEDED: {},
}
"""RELEASED and EXCLUDED are a person's word: the firewall never leaves them."""

PROPOSAL_MOVES: Moves[ProposalState] = {
    ProposalState.DRAFTED: {
        ProposalState.WAITING: _LOOP,
        ProposalState.SET_ASIDE: _LOOP,
        ProposalState.STALE: _LOOP,
    },
    ProposalState.WAITING: {
        ProposalState.APPROVED: _DECISION,
        ProposalState.REJECTED: _DECISION,
        ProposalState.EDITED: _DECISION,
        ProposalState.STALE: _LOOP,
        ProposalState.SET_ASIDE: _LOOP,
    },
    ProposalState.SET_ASIDE: {
        ProposalState.WAITING: _EITHER,
        ProposalState.STALE: _LOOP,
        ProposalState.REJECTED: _DECISION,
    },
    ProposalState.APPROVED: {
        ProposalState.LIVE: _RELEASE,
        ProposalState.WAITING: _DECISION,
        ProposalState.STALE: _LOOP | _RELEASE,
    },
    ProposalState.LIVE: {ProposalState.UNDONE: _RELEASE},
    ProposalState.REJECTED: {ProposalState.WAITING: _DECISION},
    ProposalState.EDITED: {},
    ProposalState.STALE: {
        ProposalState.DRAFTED: _RELEARNING,
        ProposalState.WAITING: _RELEARNING,
        ProposalState.SET_ASIDE: _RELEARNING,
    },
    ProposalState.UNDONE: {},
}
"""APPROVED → WAITING and REJECTED → WAITING are a reviewer's undo; what leaves STALE is what an unlearning had taken
off the desk, when the unlearning is undone."""


def may_move(moves: Moves[State], was: State, now: State, *, by: Mover) -> bool:
    """Whether this mover may make the move."""
    return by in moves[was].get(now, frozenset())


def targets(moves: Moves[State], *, by: Mover) -> frozenset[State]:
    """Every state this mover may move something to."""
    return frozenset(now for nexts in moves.values() for now, movers in nexts.items() if by in movers)


def sources(moves: Moves[State], *, by: Mover) -> frozenset[State]:
    """Every state this mover may move something from."""
    return frozenset(was for was, nexts in moves.items() if any(by in movers for movers in nexts.values()))


JUDGED_STATES = sources(FEEDBACK_MOVES, by=Mover.LOOP)
"""States the firewall decides; RELEASED and EXCLUDED belong to a person."""
STANDING_STATES = frozenset(FeedbackState) - {FeedbackState.EXCLUDED, FeedbackState.SUPERSEDED}
"""States in which an item still counts as said."""
TEACHING_STATES = frozenset({FeedbackState.VALID, FeedbackState.RELEASED})
"""States from which feedback may support an issue."""
COUNTING_STATES = TEACHING_STATES | {FeedbackState.NEW}
"""States in which a signal counts for how good the answers are: nobody objected, or nobody looked yet."""
DOUBTED_STATES = frozenset({FeedbackState.HELD, FeedbackState.QUARANTINED})
"""States that wait for a person's look."""
OPEN_STATES = frozenset(was for was, nexts in PROPOSAL_MOVES.items() if ProposalState.STALE in nexts)
"""States of a proposal that may still go live, and so becomes stale when the live version moves."""
UNDECIDED_STATES = OPEN_STATES - {ProposalState.APPROVED}
"""States in which a proposal may still get a report; later its evidence stays what was decided on."""
