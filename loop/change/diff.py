"""The diff of two bundles: every element that came, went, changed or moved, as words a reviewer can read."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from loop.change.sections import SECTIONS, Section
from loop.records import Bundle, Change


def changes(base: Bundle, candidate: Bundle) -> tuple[Change, ...]:
    """Every element that differs, before and after, in the order of the sections; empty exactly when nothing differs.

    Texts are complete, never shortened. Rules carry their place, because the first match wins; other
    elements carry it only when they moved.
    """
    found: list[Change] = []
    for section in SECTIONS.values():
        before, after = getattr(base, section.name), getattr(candidate, section.name)
        if isinstance(before, tuple):
            found += _compare_lists(section, before, after)
        elif before != after:
            found.append(
                Change(
                    section=section.name,
                    element_id=section.name,
                    title=section.title(after),
                    before=section.words(before),
                    after=section.words(after),
                )
            )
    return tuple(found)


def _compare_lists(section: Section[Any], before: Sequence[Any], after: Sequence[Any]) -> list[Change]:
    was = {element.id: (place, element) for place, element in enumerate(before)}
    now = {element.id: (place, element) for place, element in enumerate(after)}
    moved = find_moved([was[one][0] for one in now if one in was], ids=[one for one in now if one in was])

    def spelled(place: int, element: Any, *, of: int) -> str:
        tells_place = section.tells_place or element.id in moved
        return section.words(element) + (f"\nPlace: {place + 1} of {of}" if tells_place else "")

    found = []
    for element_id in [*now, *(gone for gone in was if gone not in now)]:
        old, new = was.get(element_id), now.get(element_id)
        if old and new and old[1] == new[1] and element_id not in moved:
            continue
        shown = new or old
        if shown is None:
            continue
        before_words = spelled(old[0], old[1], of=len(was)) if old else ""
        after_words = spelled(new[0], new[1], of=len(now)) if new else ""
        # In a reversed list the middle one moved among its neighbours but kept its place: they tell it.
        if before_words != after_words:
            found.append(
                Change(
                    section=section.name,
                    element_id=element_id,
                    title=section.title(shown[1]),
                    before=before_words,
                    after=after_words,
                )
            )
    return found


def find_moved(places: Sequence[int], *, ids: Sequence[str]) -> set[str]:
    """The fewest ids whose moving explains the new order: all but a longest increasing run of the old places."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(tails, place)
        tails[length:] = [place, *tails[length + 1 :]]
        ends[length:] = [index, *ends[length + 1 :]]
        previous.append(ends[length - 1] if length else -1)
    stays = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        stays.add(index)
        index = previous[index]
    return {one for index, one in enumerate(ids) if index not in stays}
