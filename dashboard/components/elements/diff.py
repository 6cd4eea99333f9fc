"""Text diff on two levels: lines first, then the words inside the lines that changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal, TypeAlias

from diff_match_patch import diff_match_patch

Mark: TypeAlias = Literal["same", "gone", "new"]

_WORD = re.compile(r"[ \t]*\w+|[ \t]*[^\w\s]|\s+")
"""A word takes the spaces before it along, so that its neighbours are not marked with it."""
_WORD_SECONDS = 0.15
"""Longest search for the smallest difference inside one pair of lines; past it the answer is right but coarser."""
_PAIRING_CELLS = 10_000
"""Line pairs compared for likeness inside one replaced block; past it lines are paired in order."""
_ALIKE = 0.35
"""Share of words two lines have in common before one is shown as an edit of the other."""
_KEPT = 256
"""Pairs of texts whose difference is kept: every press draws the same ones again."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one line."""

    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Row:
    """One line of each side; a side without a line has number None and no pieces."""

    left_number: int | None
    right_number: int | None
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    change: int = 0
    """1-based number of the change this row belongs to; 0: unchanged."""


@dataclass(frozen=True, slots=True)
class Diff:
    """All rows of both texts; joining the left pieces gives the first text back, the right ones the second."""

    rows: tuple[Row, ...]
    changes: int
    words_added: int
    words_removed: int


@dataclass(frozen=True, slots=True)
class Fold:
    """Unchanged rows left out of the picture."""

    rows: tuple[Row, ...]


@lru_cache(maxsize=_KEPT)
def compare(before: str, after: str) -> Diff:
    """The difference between two texts. An empty text has no lines. Of the last pairs it is kept."""
    old, new = _lines(before), _lines(after)
    rows: list[Row] = []
    changes = 0
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            rows.extend(
                Row(i + 1, j + 1, (Piece(old[i], "same"),), (Piece(new[j], "same"),))
                for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
            )
            continue
        changes += 1
        rows.extend(_replaced(old[i1:i2], new[j1:j2], left_from=i1 + 1, right_from=j1 + 1, change=changes))
    return Diff(
        rows=tuple(rows),
        changes=changes,
        words_added=_count(rows, "new"),
        words_removed=_count(rows, "gone"),
    )


def fold(diff: Diff, *, around: int = 3) -> list[Row | Fold]:
    """The rows to show: every changed one, `around` unchanged ones beside it, the rest folded.

    Nothing that changed is ever folded. A fold of a single row would hide as much as it shows: it stays open.
    """
    near = {place + step for place, row in enumerate(diff.rows) if row.change for step in range(-around, around + 1)}
    shown: list[Row | Fold] = []
    hidden: list[Row] = []
    for place, row in enumerate(diff.rows):
        if place not in near and not row.change:
            hidden.append(row)
            continue
        shown.extend(_closed(hidden))
        hidden = []
        shown.append(row)
    shown.extend(_closed(hidden))
    return shown


def _closed(hidden: list[Row]) -> list[Row | Fold]:
    return list(hidden) if len(hidden) < 2 else [Fold(tuple(hidden))]


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _replaced(old: Sequence[str], new: Sequence[str], *, left_from: int, right_from: int, change: int) -> list[Row]:
    rows: list[Row] = []
    for i, j in _paired(old, new):
        if i is None and j is not None:
            rows.append(Row(None, right_from + j, (), (Piece(new[j], "new"),), change))
        elif j is None and i is not None:
            rows.append(Row(left_from + i, None, (Piece(old[i], "gone"),), (), change))
        elif i is not None and j is not None:
            left, right = _words(old[i], new[j])
            rows.append(Row(left_from + i, right_from + j, left, right, change))
    return rows


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Which old line became which new one, in order: the pairing with the most words in common."""
    if not old or not new or len(old) * len(new) > _PAIRING_CELLS:
        both = min(len(old), len(new))
        return [
            *((i, i) for i in range(both)),
            *((i, None) for i in range(both, len(old))),
            *((None, j) for j in range(both, len(new))),
        ]
    left = [frozenset(_WORD.findall(line)) for line in old]
    right = [frozenset(_WORD.findall(line)) for line in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            pair = _likeness(left[i], right[j])
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + pair if pair >= _ALIKE else 0.0)
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        pair = _likeness(left[i], right[j])
        if pair >= _ALIKE and best[i][j] == best[i + 1][j + 1] + pair:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    pairs.extend((left_over, None) for left_over in range(i, len(old)))
    pairs.extend((None, left_over) for left_over in range(j, len(new)))
    return pairs


def _likeness(left: frozenset[str], right: frozenset[str]) -> float:
    """Dice coefficient of two sets of words; two empty lines are alike."""
    if not left and not right:
        return 1.0
    return 2 * len(left & right) / (len(left) + len(right))


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces of both lines: every word becomes one character, the characters are compared."""
    codes: dict[str, str] = {}
    spelled: dict[str, str] = {}

    def coded(text: str) -> str:
        out = []
        for word in _WORD.findall(text):
            if word not in codes:
                number = 0x100 + len(codes)
                code = chr(number if number < 0xD800 else number + 0x800)
                codes[word], spelled[code] = code, word
            out.append(codes[word])
        return "".join(out)

    engine = diff_match_patch()
    engine.Diff_Timeout = _WORD_SECONDS
    steps = engine.diff_main(coded(old), coded(new), False)
    engine.diff_cleanupSemantic(steps)
    left: list[Piece] = []
    right: list[Piece] = []
    for way, text in _first_word_kept([(way, "".join(spelled[one] for one in code)) for way, code in steps]):
        if way <= 0:
            left.append(Piece(text, "gone" if way else "same"))
        if way >= 0:
            right.append(Piece(text, "new" if way else "same"))
    return tuple(left), tuple(right)


def _first_word_kept(steps: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str]]:
    """Where words came or went before the first word of a line, that word stays: it only has a space before it now."""
    if [way for way, _ in steps[:2]] != [-1, 1]:
        return steps
    (_, gone), (_, come) = steps[:2]
    shorter, longer = sorted((gone, come), key=len)
    core = shorter.lstrip()
    lead = shorter[: len(shorter) - len(core)]
    if not core or not longer.startswith(lead) or not longer.endswith(core):
        return steps
    before = longer[len(lead) : len(longer) - len(core)]
    if not before.rstrip() or before.rstrip() == before:
        return steps
    said = [(0, lead), (1 if longer == come else -1, before), (0, core)]
    return [one for one in (*said, *steps[2:]) if one[1]]


def _count(rows: Sequence[Row], mark: Mark) -> int:
    return sum(
        1
        for row in rows
        for piece in (row.left if mark == "gone" else row.right)
        if piece.mark == mark
        for word in _WORD.findall(piece.text)
        if any(one.isalnum() for one in word)
    )
