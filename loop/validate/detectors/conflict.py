"""Contradictions: the same question corrected to different things by different people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from loop.records import AuthorStanding, Finding, Judged, Vote
from loop.text.spelling import quote
from loop.validate.votes import carries
from loop.validate.work import Findings, Work, unreliable_among

_NAMED = 3
"""Sides named in a reason."""
_RELATED = 20


def weigh_groups(work: Work) -> Findings:
    """Level near. Per group of near-identical questions: who says what, one vote per author, none for unreliable ones.

    What the group comes to is kept; its rows are looked at again only when that changes.
    """
    found = Findings()
    nears = sorted({int(key) for key in work.keys})
    votes: defaultdict[int, list[Vote]] = defaultdict(list)
    for vote in work.known.votes(nears):
        votes[vote.near].append(vote)
    authors = {vote.author for some in votes.values() for vote in some}
    standings = [standing for standing, _ in work.known.standings(authors).values()]
    stored = work.known.kept("near", [str(near) for near in nears])
    changed = []
    for near in nears:
        body = _summary(work, votes.get(near, []), standings=standings)
        if body != dict(stored.get(str(near), {"sides": {}, "winner": None, "told": ""})):
            found.keep("near", str(near), body)
            changed.append(near)
    found.give("row", (row.feedback_id for row in work.known.rows("near", changed) if row.choice))
    return found


def conflict_of(row: Judged, summary: Mapping[str, Any] | None) -> Finding | None:
    """What the group's summary says of one of its rows.

    The side that carries the vote, or that an operator-named author is on alone, stands; the others are held.
    When no side carries, all are held: neither may teach before a person, or more voices, decide.
    """
    if summary is None or len(summary["sides"]) < 2:
        return None
    if row.choice == summary["winner"] or row.choice not in summary["sides"]:
        return None
    against = [one for side, some in summary["sides"].items() if side != row.choice for one in some]
    return Finding(
        "conflict",
        f"The same question is answered differently: {summary['told']}. This one says {quote(row.choice, limit=40)}.",
        tuple(sorted(against)[:_RELATED]),
    )


def _summary(work: Work, votes: Sequence[Vote], *, standings: Sequence[AuthorStanding]) -> dict[str, Any]:
    """Sides with a feedback id of each of their people, the side that stands, and both in words."""
    unreliable = unreliable_among(standings)
    latest: dict[str, Vote] = {}
    for vote in sorted(votes, key=lambda one: one.last_seq):
        latest[vote.author] = vote
    sides: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for author, vote in latest.items():
        if author not in unreliable:
            sides[vote.choice][author] = vote.feedback_id
    ranked = sorted(sides, key=lambda choice: (-len(sides[choice]), choice))
    told = ", ".join(f"{len(sides[choice])} say {quote(choice, limit=40)}" for choice in ranked[:_NAMED])
    if len(ranked) > _NAMED:
        told += f", {len(ranked) - _NAMED} more views"
    return {
        "sides": {choice: sorted(sides[choice].values())[:_RELATED] for choice in sorted(sides)},
        "winner": _winner(work, sides) if len(sides) > 1 else None,
        "told": told,
    }


def _winner(work: Work, sides: Mapping[str, Mapping[str, str]]) -> str | None:
    trusted = [choice for choice, some in sides.items() if not work.named.isdisjoint(some)]
    if len(trusted) == 1:
        return trusted[0]
    everyone = len(set().union(*sides.values()))
    best = max(sides, key=lambda choice: (len(sides[choice]), choice))
    needed = work.agent.limits.min_sources
    return best if carries(len(sides[best]), of=everyone, needed=needed) else None
