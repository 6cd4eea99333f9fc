"""Both sides of a contradiction: the same question corrected to different things, each side with who says so."""

from loop.ports import Parts
from loop.records import Record

SHOWN = 10
"""Items of a side, at most."""


class OtherSide(Record):
    """What others say of the same question, with one item of each of them."""

    choice: str
    """What they say is right."""
    feedback_ids: tuple[str, ...]
    people: int


def other_sides(parts: Parts, feedback_id: str) -> tuple[OtherSide, ...]:
    """The sides this item is not on, most people first; empty when nobody says otherwise. Two reads by key."""
    row = next(iter(parts.store.rows("feedback_id", [feedback_id])), None)
    if row is None or not row.choice or row.near <= 0:
        return ()
    sides = parts.store.kept("near", [str(row.near)]).get(str(row.near), {}).get("sides", {})
    found = [
        OtherSide(choice=choice, feedback_ids=tuple(sorted(ids)[:SHOWN]), people=len(ids))
        for choice, ids in sides.items()
        if choice != row.choice and ids
    ]
    return tuple(sorted(found, key=lambda side: (-side.people, side.choice)))
