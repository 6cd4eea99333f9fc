"""Authorship: who wrote a change, and so may not approve it: drafters, editors, and who carried what it rests on."""

from collections.abc import Collection, Mapping

from loop.change.stakes import CONCENTRATED
from loop.records.lineage import TracedItem


def authors_of(
    written: Collection[str], *, evidence: Collection[str], told: Mapping[str, TracedItem]
) -> tuple[str, ...]:
    """`written`: its drafters and editors; `told`: what is known of the feedback it cites.

    With them whoever gave more than half of that feedback, or let it through. One person's word is theirs through any
    door.
    """
    known = [told[key] for key in evidence if key in told]
    said: dict[str, int] = {}
    for one in known:
        for name in {one.author, one.released_by} - {""}:
            said[name] = said.get(name, 0) + 1
    carriers = (name for name, n in said.items() if n > CONCENTRATED * len(known))
    return tuple(dict.fromkeys((*written, *carriers)))
