"""Contradictions: the same question corrected to different things by different people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from loop.records import AuthorStanding, Finding, Judged, Vote
from loop.stats.agreement import RaterModel
from loop.text.spelling import quote
from loop.validate.panels import choosers
from loop.validate.votes import carries
from loop.validate.work import Findings, Work, unreliable_among

_NAMED = 3
"""Sides named in a reason."""
_RELATED = 20
SURE_RIGHT = 0.8
"""Chance of being right from which a majority of raters whose records are known stands; below, all sides are held."""
_SPEAKS_FOR = 0.5
"""Chance of a side, by the words of the question, from which it stands where no side has a sure majority."""


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
    raters = choosers(work)
    changed = []
    for near in nears:
        body = _summary(work, votes.get(near, []), standings=standings, raters=raters)
        if body != dict(stored.get(str(near), {"sides": {}, "leading": None, "winner": None, "told": "", "known": []})):
            found.keep("near", str(near), body)
            changed.append(near)
    found.give("row", (row.feedback_id for row in work.known.rows("near", changed) if row.choice))
    return found


def conflict_of(row: Judged, summary: Mapping[str, Any] | None) -> Finding | None:
    """What the group's summary says of one of its rows.

    The side that surely has the majority, that an operator-named author is on alone, or that the words of the question
    speak for, stands; the others are held. When no side does, all are held: neither may teach before a person, or more
    voices, decide.
    """
    if summary is None or len(summary["sides"]) < 2:
        return None
    if row.choice == summary["winner"] or row.choice not in summary["sides"]:
        return None
    is_text_for_it = row.top == row.choice and row.top_chance is not None and row.top_chance >= _SPEAKS_FOR
    if summary["winner"] is None and is_text_for_it:
        return None
    against = [one for side, some in summary["sides"].items() if side != row.choice for one in some]
    return Finding(
        "conflict",
        f"The same question is answered differently: {summary['told']}. This one says {quote(row.choice, limit=40)}.",
        tuple(sorted(against)[:_RELATED]),
    )


def _summary(
    work: Work, votes: Sequence[Vote], *, standings: Sequence[AuthorStanding], raters: RaterModel | None
) -> dict[str, Any]:
    """Sides with a feedback id of each of their people, the side that stands, both in words, and on which sides
    somebody known is.
    """
    unreliable = unreliable_among(standings)
    seasoned = work.named | {one.name for one in standings if one.standing == "proven"}
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
    lead = _lead(work, sides, raters=raters) if len(sides) > 1 else _Lead(None, is_sure=False)
    return {
        "sides": {choice: sorted(sides[choice].values())[:_RELATED] for choice in sorted(sides)},
        "leading": lead.choice,
        "winner": lead.choice if lead.is_sure else None,
        "told": told,
        "known": sorted(choice for choice, some in sides.items() if not seasoned.isdisjoint(some)),
    }


class _Lead(NamedTuple):
    """How a contested group stands."""

    choice: str | None
    """Most likely right; None on a tie."""
    is_sure: bool
    """It may stand."""


def _lead(work: Work, sides: Mapping[str, Mapping[str, str]], *, raters: RaterModel | None) -> _Lead:
    """The side that is most likely right, and whether anybody can be sure.

    A side that named people are on alone stands. Where enough people judged the same answers, how far each is to be
    believed is known: the side leads that is most likely right, by votes alone where telling people apart foretells
    nothing, and stands when its chance is SURE_RIGHT. Else it has to be surely a majority.
    """
    trusted = [choice for choice, some in sides.items() if not work.named.isdisjoint(some)]
    if len(trusted) == 1:
        return _Lead(trusted[0], is_sure=True)
    everyone = sorted(set().union(*sides.values()))
    needed = work.agent.limits.min_sources
    ranked = sorted(sides, key=lambda choice: (-len(sides[choice]), choice))
    most = None if len(sides[ranked[0]]) == len(sides[ranked[1]]) else ranked[0]
    voted = [(author, choice) for choice, some in sorted(sides.items()) for author in some]
    chances: Mapping[str, float] = {}
    if raters is not None and len(everyone) >= needed:
        chances = raters.consensus([choice for _, choice in voted], raters=[author for author, _ in voted])
    if raters is None or not chances:
        is_sure = most is not None and carries(len(sides[most]), of=len(everyone), needed=needed)
        return _Lead(most, is_sure=is_sure)
    best = max(sides, key=lambda choice: (chances[choice], choice)) if raters.raters else most
    return _Lead(best, is_sure=best is not None and chances[best] >= SURE_RIGHT)
