"""A change in blocks that can be kept one by one (partial staging of a diff), identical edits folded into one.

Composing with every block kept gives the candidate, with none the base: `compose` is exact on both ends.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from loop.change.diff import find_moved
from loop.records import Bundle, Change, Record, SectionName, derived_id

_TEXTS = frozenset({"instructions"})
"""Sections that are one text: kept line by line."""


class Block(Record):
    """One piece of a change, kept or left out as a whole."""

    id: str
    """The same for the same change, whoever asks."""
    section: SectionName
    kind: Literal["add", "change", "retire"]
    title: str
    before: str
    """Of one of its members; empty when they are new."""
    after: str
    """Of the same member; empty when they go."""
    members: tuple[str, ...]
    """Ids of the elements it stands for, or of a text the 1-based lines; several where the same edit is made to all."""

    @property
    def count(self) -> int:
        """How many identical edits it stands for."""
        return len(self.members)


class _Piece(NamedTuple):
    key: str
    member: str
    section: SectionName
    title: str
    before: str
    after: str


def blocks(changes: Iterable[Change]) -> tuple[Block, ...]:
    """The blocks of a proposal's changes, in their order; identical edits are one block with its count."""
    folded: dict[str, list[_Piece]] = {}
    for one in changes:
        for piece in _pieces(one):
            folded.setdefault(piece.key, []).append(piece)
    return tuple(_block(key, some) for key, some in folded.items())


def compose(base: Bundle, candidate: Bundle, *, changes: Iterable[Change], kept: Collection[str]) -> Bundle:
    """The base with the kept blocks of the way to the candidate; `changes` are what `loop.change.diff` finds between
    them. All kept: the candidate. None: the base."""
    wanted, found = set(kept), blocks(changes)
    by_section: dict[SectionName, set[str]] = {}
    for block in found:
        if block.id in wanted:
            by_section.setdefault(block.section, set()).update(block.members)
    whole = {one.section for one in found} - {one.section for one in found if one.id not in wanted}
    update: dict[str, Any] = {}
    for name, members in by_section.items():
        was, now = getattr(base, name), getattr(candidate, name)
        if name in _TEXTS:
            update[name] = _composed_text(was, now, kept=members)
        elif isinstance(was, tuple):
            update[name] = now if name in whole else _composed_list(was, now, kept=members)
        else:
            update[name] = now
    return base.model_copy(update=update) if update else base


def _block(key: str, some: Sequence[_Piece]) -> Block:
    first = some[0]
    kind: Literal["add", "change", "retire"] = "add" if not first.before else "change" if first.after else "retire"
    return Block(
        id=derived_id("block", key),
        section=first.section,
        kind=kind,
        title=first.title,
        before=first.before,
        after=first.after,
        members=tuple(one.member for one in some),
    )


# pieces ----------------------------------------------------------------------------------------------------------
def _pieces(change: Change) -> Iterator[_Piece]:
    if change.section not in _TEXTS:
        key = "\0".join(("element", change.section, _gist(change)))
        yield _Piece(key, change.element_id, change.section, change.title, change.before, change.after)
        return
    was, now = _lines(change.before), _lines(change.after)
    for place, hunk in enumerate(_hunks(was, now)):
        before, after = "\n".join(was[hunk.i1 : hunk.i2]), "\n".join(now[hunk.j1 : hunk.j2])
        key = "\0".join(("text", change.section, _edit(before, after) or f"{place}\0{before}\0{after}"))
        yield _Piece(key, str(place), change.section, change.title, before, after)


def _gist(change: Change) -> str:
    """Equal for elements that get the same edit: the words that go and come, or what is said to other questions."""
    if change.before and change.after:
        return _edit(change.before, change.after) or change.element_id
    side = change.after or change.before
    said = "\n".join(line for line in side.splitlines() if not line.startswith(_ASKS))
    is_example = change.section == "examples" and said.strip()
    return f"{'add' if change.after else 'retire'}\0{said}" if is_example else f"{change.element_id}\0{side}"


_ASKS = ("Question: ",)


def _edit(before: str, after: str) -> str:
    """The words that go and the words that come, in order; empty where nearly all of it is another text."""
    if not before or not after:
        return ""
    was, now = before.split(), after.split()
    steps = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    same = sum(i2 - i1 for tag, i1, i2, _, _ in steps if tag == "equal")
    if 2 * same < max(len(was), len(now)):
        return ""
    return "\0".join(
        f"{' '.join(was[i1:i2])}\1{' '.join(now[j1:j2])}" for tag, i1, i2, j1, j2 in steps if tag != "equal"
    )


# texts -----------------------------------------------------------------------------------------------------------
class _Hunk(NamedTuple):
    i1: int
    i2: int
    j1: int
    j2: int


def _lines(text: str) -> list[str]:
    """Parted so that joining gives the text again, whatever it ends with."""
    return text.split("\n")


def _hunks(was: Sequence[str], now: Sequence[str]) -> list[_Hunk]:
    """What differs, line by line where as many lines come as go."""
    found: list[_Hunk] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "replace" and i2 - i1 == j2 - j1:
            found += [_Hunk(i1 + n, i1 + n + 1, j1 + n, j1 + n + 1) for n in range(i2 - i1)]
        elif tag != "equal":
            found.append(_Hunk(i1, i2, j1, j2))
    return found


def _composed_text(before: str, after: str, *, kept: Collection[str]) -> str:
    was, now = _lines(before), _lines(after)
    parts: list[str] = []
    at = 0
    for place, hunk in enumerate(_hunks(was, now)):
        parts += was[at : hunk.i1]
        parts += now[hunk.j1 : hunk.j2] if str(place) in kept else was[hunk.i1 : hunk.i2]
        at = hunk.i2
    return "\n".join([*parts, *was[at:]])


# lists -----------------------------------------------------------------------------------------------------------
def _composed_list(was: Sequence[Any], now: Sequence[Any], *, kept: Collection[str]) -> tuple[Any, ...]:
    """The base's order; what is kept and new, or moved, goes right after what it follows in the candidate."""
    old, new = {one.id: one for one in was}, {one.id: one for one in now}
    common = [one.id for one in now if one.id in old]
    places = {one.id: place for place, one in enumerate(was)}
    moved = find_moved([places[one] for one in common], ids=common)
    order = [key for key in old if not (key in kept and (key not in new or key in moved))]
    for place, element in enumerate(now):
        if element.id in order or not (element.id in kept and (element.id not in old or element.id in moved)):
            continue
        before = next((one.id for one in reversed(now[:place]) if one.id in order), None)
        order.insert(0 if before is None else order.index(before) + 1, element.id)
    return tuple(new[key] if key in kept and key in new else old[key] for key in order)
