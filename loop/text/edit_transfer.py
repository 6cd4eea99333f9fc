"""Carrying an edit over: what was changed in one text, changed in another where the same words stand.

Three texts go in: how one was, how it became, and another. Nothing is guessed: a changed phrase must stand in the other
text exactly once, an inserted one must find the words it stood between.
"""

import re
from difflib import SequenceMatcher
from itertools import pairwise

_WORD = re.compile(r"\s*(?:\w+|[^\w\s])|\s+$")
LONGEST = 4_000
"""Characters of a text; a longer one is not carried."""
AROUND = 3
"""Words an insertion is found by."""


def carry_edit(before: str, after: str, *, to: str) -> str | None:
    """The other text with the same edit made; None when it does not fit, or is no edit."""
    if before == after or max(len(before), len(after), len(to)) > LONGEST:
        return None
    if to.strip() == before.strip():
        return after
    old, new = _WORD.findall(before), _WORD.findall(after)
    said = _WORD.findall(to)
    steps: list[tuple[int, int, list[str]]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        place = (
            _only(old[i1:i2], said) if i2 > i1 else _between(old[max(0, i1 - AROUND) : i1], old[i1 : i1 + AROUND], said)
        )
        if place is None:
            return None
        steps.append((place, place + (i2 - i1), new[j1:j2]))
    steps.sort(key=lambda step: step[0])
    if any(one[1] > two[0] for one, two in pairwise(steps)):
        return None
    for start, end, words in reversed(steps):
        said[start:end] = words
    return "".join(said)


def _only(phrase: list[str], words: list[str]) -> int | None:
    """Where the phrase stands, when it stands there once."""
    plain, size = [one.strip() for one in words], len(phrase)
    wanted = [one.strip() for one in phrase]
    found = [at for at in range(len(plain) - size + 1) if plain[at : at + size] == wanted]
    return found[0] if len(found) == 1 else None


def _between(left: list[str], right: list[str], words: list[str]) -> int | None:
    if left:
        at = _only(left, words)
        return None if at is None else at + len(left)
    return _only(right, words) if right else None
