"""What became of a person's corrections: who says the same, what they wait for, what they changed. Reads stored links.

And the way back: whoever corrected an answer may take their own word back.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from loop import roles
from loop.errors import InvalidInput, NotAllowed
from loop.ports import Parts
from loop.records import (
    FEEDBACK_MOVES,
    SEPARATOR,
    TEACHING_STATES,
    Actor,
    Changes,
    FeedbackItem,
    FeedbackMove,
    FeedbackState,
    Flag,
    Issue,
    JournalAction,
    Moment,
    Mover,
    Note,
    ProposalItem,
    ProposalState,
    Record,
    Version,
    door_of,
    may_move,
)

Stage: TypeAlias = Literal[
    "new", "held", "set apart", "taken back", "exception", "too few", "agreed", "disputed", "proposed", "rejected",
    "live", "undone", "replaced",
]  # fmt: skip
FOLLOWED = 200
"""Corrections followed at once, at most."""
SIDE_READ = 60
"""Items of a side whose people are named or counted."""


class Fate(Record):
    """What became of one correction."""

    feedback_id: str
    stage: Stage
    people: int = 0
    """Distinct people who say the same, its author with them; 0 while it is not counted."""
    votes: int | None = None
    """Their votes that count: newcomers' up to a cap, unreliable people's not; None: not known of this side."""
    needed: int = 0
    """Votes it takes before a change is drafted."""
    colleagues: tuple[str, ...] = ()
    """Others who say the same, by name: those who signed in here."""
    issue_id: str = ""
    issue: str = ""
    """Title of the issue it counts in; empty while it counts in none."""
    conflict: str = ""
    """Who says otherwise, in words."""
    reasons: tuple[str, ...] = ()
    """Why it is held, in the words of each check."""
    proposal_id: str = ""
    """The change that rests on it and came furthest."""
    proposal: str = ""
    """Its title."""
    number: int | None = None
    """The version that has it, once it was live."""
    since: Moment | None = None
    """Since when that version was live."""


def fates(parts: Parts, feedback_ids: Sequence[str]) -> dict[str, Fate]:
    """By id, of those that exist. Follows stored links, a few reads for all together. Raises StoreUnavailable."""
    store = parts.store
    items = store.feedback_items(list(feedback_ids)[:FOLLOWED])
    changes = _changes(parts, list(items))
    issues = _issues(parts, list(items))
    colleagues = _colleagues(parts, issues, items)
    return {
        key: _fate(
            item,
            issue=issues.get(key),
            others=colleagues.get(key, ()),
            change=changes.get(key),
            needed=store.agent.limits.min_sources,
        )
        for key, item in items.items()
    }


def withdraw_correction(parts: Parts, feedback_ids: Iterable[str], *, actor: Actor) -> int:
    """Take one's own corrections back: nothing is learned from them any more. Returns how many were.

    Raises NotAllowed for somebody else's, InvalidInput when none of them can be.
    """
    roles.check(actor, "correct")
    items = parts.store.feedback_items(feedback_ids)
    for item in items.values():
        if item.feedback.author != actor.name or door_of(item.feedback.source):
            raise NotAllowed("This is not your correction.", remedy="A reviewer may exclude it under Feedback.")
    movable = {
        key: item
        for key, item in items.items()
        if may_move(FEEDBACK_MOVES, item.state, FeedbackState.EXCLUDED, by=Mover.PERSON)
    }
    if not movable:
        raise InvalidInput("There is nothing left to take back.", field="feedback_ids", remedy="Reload the page.")
    now = parts.clock()
    return parts.store.commit(
        Changes(
            flags={
                key: (*item.flags, Flag(feedback_id=key, detector="person", reason=taken_back_by(actor.name), at=now))
                for key, item in movable.items()
            },
            feedback_moves=tuple(
                FeedbackMove(feedback_id=key, was=item.state, now=FeedbackState.EXCLUDED)
                for key, item in movable.items()
            ),
            notes=tuple(
                Note(actor=actor.name, action=JournalAction.TAKE_CORRECTION_BACK, subject=key, at=now)
                for key in movable
            ),
        )
    ).moved


def taken_back_by(name: str) -> str:
    """The reason kept with a correction its author took back."""
    return f"{name}: took it back."


def is_taken_back(item: FeedbackItem) -> bool:
    """Whether its own author took it back, and nobody has spoken since."""
    said = item.flags[-1].reason if item.flags else ""
    return item.state is FeedbackState.EXCLUDED and said == taken_back_by(item.feedback.author)


# following ---------------------------------------------------------------------------------------------------------
class _Side(NamedTuple):
    """What one item says in an issue, with who else does."""

    issue: Issue
    is_lead: bool
    """It is the side whose votes the issue counts."""
    sources: int
    feedback_ids: tuple[str, ...]


class _Change(NamedTuple):
    item: ProposalItem
    version: Version | None


_FURTHEST = (
    ProposalState.LIVE,
    ProposalState.APPROVED,
    ProposalState.WAITING,
    ProposalState.DRAFTED,
    ProposalState.UNDONE,
    ProposalState.SET_ASIDE,
    ProposalState.REJECTED,
    ProposalState.EDITED,
    ProposalState.STALE,
)


def _changes(parts: Parts, ids: Sequence[str]) -> dict[str, _Change]:
    """By correction, the change resting on it that came furthest; of equals the newest."""
    resting = parts.store.proposals_from("feedback", ids) if ids else {}
    found = {item.proposal.id: item for item in parts.store.proposals_by_id(sorted(resting))}
    versions = {one.proposal_id: one for one in parts.store.versions_of(proposal_ids=sorted(found))}
    best: dict[str, ProposalItem] = {}
    for proposal_id, keys in resting.items():
        item = found.get(proposal_id)
        for key in keys if item else ():
            if item and (key not in best or _rank(item) < _rank(best[key])):
                best[key] = item
    return {key: _Change(item=item, version=versions.get(item.proposal.id)) for key, item in best.items()}


def _rank(item: ProposalItem) -> tuple[int, float]:
    return _FURTHEST.index(item.state), -item.proposal.created_at.timestamp()


def _issues(parts: Parts, ids: Sequence[str]) -> dict[str, _Side]:
    """By correction, the side of the open issue it speaks on."""
    store = parts.store
    rows = {row.feedback_id: row for row in store.rows("feedback_id", ids)} if ids else {}
    keys = sorted({key for row in rows.values() for key in (row.theme, row.matter) if key})
    kept = store.kept("theme", keys) if keys else {}
    issues = {
        one.id: one for one in store.issues_by_id(sorted({one for body in kept.values() for one in body["issues"]}))
    }
    found: dict[str, _Side] = {}
    for key, row in rows.items():
        chosen = row.theme.split(SEPARATOR)[1] if row.theme else ""
        for theme in (row.theme, row.matter):
            for issue in (issues[one] for one in kept.get(theme, {}).get("issues", ()) if one in issues):
                for side in issue.sides:
                    if key in side.feedback_ids or (chosen and theme == row.theme and side.correction == chosen):
                        one = _Side(
                            issue=issue,
                            is_lead=side == issue.sides[0],
                            sources=side.sources,
                            feedback_ids=side.feedback_ids,
                        )
                        found.setdefault(key, one)
    return found


def _colleagues(
    parts: Parts, sides: Mapping[str, _Side], items: Mapping[str, FeedbackItem]
) -> dict[str, tuple[str, ...]]:
    """By correction, who else says the same and signed in here; a customer is counted, never named."""
    wanted = {one for side in sides.values() for one in side.feedback_ids[-SIDE_READ:]}
    told = parts.store.told_by(sorted(wanted)) if wanted else {}
    found: dict[str, tuple[str, ...]] = {}
    for key, side in sides.items():
        names = {told[one].author for one in side.feedback_ids if one in told and not door_of(told[one].source)}
        found[key] = tuple(sorted(names - {items[key].feedback.author}))
    return found


def _fate(
    item: FeedbackItem, *, issue: _Side | None, others: tuple[str, ...], change: _Change | None, needed: int
) -> Fate:
    made = Fate(
        feedback_id=item.feedback.id,
        stage=_stage(item, issue=issue, change=change),
        people=issue.sources if issue else 0,
        votes=issue.issue.support if issue and issue.is_lead else None,
        needed=needed,
        colleagues=others,
        issue_id=issue.issue.id if issue else "",
        issue=issue.issue.title if issue else "",
        conflict=issue.issue.conflict if issue else "",
        reasons=tuple(flag.reason for flag in item.flags),
    )
    if change is None:
        return made
    live = change.version if change.version and change.version.released_at else None
    return made.model_copy(
        update={
            "proposal_id": change.item.proposal.id,
            "proposal": change.item.proposal.title,
            "number": live.number if live else None,
            "since": live.released_at if live else None,
        }
    )


def _stage(item: FeedbackItem, *, issue: _Side | None, change: _Change | None) -> Stage:
    match item.state:
        case FeedbackState.EXCLUDED:
            return "taken back" if is_taken_back(item) else "exception"
        case FeedbackState.SUPERSEDED:
            return "replaced"
        case _:
            pass
    if change is not None:
        match change.item.state:
            case ProposalState.LIVE:
                return "live"
            case ProposalState.UNDONE:
                return "undone"
            case ProposalState.REJECTED:
                return "rejected"
            case ProposalState.DRAFTED | ProposalState.WAITING | ProposalState.APPROVED | ProposalState.SET_ASIDE:
                return "proposed"
            case _:
                pass  # drawn up again: what counts is where the words stand
    match item.state:
        case FeedbackState.HELD:
            return "disputed" if issue and issue.issue.conflict else "held"
        case FeedbackState.QUARANTINED:
            return "set apart"
        case _:
            pass
    if not item.feedback.teaches:
        return "exception"
    if issue is not None:
        if issue.issue.conflict:
            return "disputed"
        return "agreed" if issue.issue.is_supported else "too few"
    return "too few" if item.state in TEACHING_STATES else "new"
