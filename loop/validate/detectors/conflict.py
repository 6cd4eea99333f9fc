"""Contradictions: the same question corrected to different things by different people."""

from collections import defaultdict
from collections.abc import Iterator

from loop.records import Flag
from loop.text.spelling import quote
from loop.validate.context import Docket
from loop.validate.votes import carries

_NAMED = 3
"""Sides named in a reason."""


def find_conflict(docket: Docket) -> Iterator[Flag]:
    """Per group of near-identical questions: who says what, one vote per author, unreliable authors not counted.

    The side that carries the vote, or that an operator-named author is on alone, stands; the others are held.
    When no side carries, all are held: neither may teach before a person, or more voices, decide.
    """
    ledger = docket.ledger
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for row in ledger.choosing:
        groups[int(ledger.near_of[row])].append(int(row))
    for rows in groups.values():
        sides: defaultdict[str, set[int]] = defaultdict(set)
        latest: dict[int, int] = {}
        for row in rows:
            latest[int(ledger.author[row])] = row
        for number, row in latest.items():
            if docket.authors[number].standing != "unreliable":
                sides[ledger.choice[row] or ""].add(number)
        if len(sides) < 2:
            continue
        winner = _winner(docket, sides)
        ranked = sorted(sides, key=lambda choice: (-len(sides[choice]), choice))
        told = ", ".join(f"{len(sides[choice])} say {quote(choice, limit=40)}" for choice in ranked[:_NAMED])
        if len(ranked) > _NAMED:
            told += f", {len(ranked) - _NAMED} more views"
        for row in rows:
            choice = ledger.choice[row] or ""
            if choice == winner or choice not in sides or not ledger.is_judged[row]:
                continue
            against = [other for other in rows if ledger.choice[other] != choice]
            yield Flag(
                feedback_id=ledger.feedback(row).id,
                detector="conflict",
                reason=f"The same question is answered differently: {told}. This one says {quote(choice, limit=40)}.",
                related=ledger.ids(against),
                at=docket.now,
            )


def _winner(docket: Docket, sides: dict[str, set[int]]) -> str | None:
    trusted = [choice for choice, some in sides.items() if any(docket.ledger.trusted[number] for number in some)]
    if len(trusted) == 1:
        return trusted[0]
    everyone = len(set().union(*sides.values()))
    best = max(sides, key=lambda choice: (len(sides[choice]), choice))
    needed = docket.agent.limits.min_sources
    return best if carries(len(sides[best]), of=everyone, needed=needed) else None
