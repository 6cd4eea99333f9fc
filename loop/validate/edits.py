"""The few words of an edit that a right answer must, or must not, contain."""

import re
from itertools import pairwise

from loop.text.edit_parts import is_manner
from loop.text.sentences import Edit, find_facts
from loop.text.spelling import fold

PIECES = 3
"""Pieces of one sort in a case, at most: every further one makes a right answer fail on wording."""
_SHORT = 12
"""Words up to which a whole sentence is a fair piece."""
_AFTER = re.compile(r"[^\W\d_]{0,3}(?:\s+[^\W\d]+){0,2}")
"""A unit written onto a number and up to two words after it: with them a fact survives rewording."""
_JOINED = frozenset("-–/:")


def must_include(edit: Edit, *, rewritten: str) -> tuple[str, ...]:
    """Facts of the added sentences, or short sentences without one; each occurs in the rewritten answer.

    Never a greeting, a signature or a courtesy: an answer without one person's style is no wrong answer.
    """
    stated = tuple(one for one in edit.added if not is_manner(one))
    return _pieces(stated, avoid="", within=rewritten)


def must_exclude(edit: Edit, *, answer: str, rewritten: str) -> tuple[str, ...]:
    """What is wrong in the answer; none of it occurs in the rewritten answer.

    Facts of the removed sentences. Short sentences without a fact only where taking sentences out is all
    the edit did: whoever rewrites an answer often leaves out a greeting or a sign-off without calling it wrong.
    """
    taken_out = edit.removed if not edit.added else tuple(one for one in edit.removed if find_facts(one))
    return _pieces(taken_out, avoid=rewritten, within=answer)


def _pieces(changed: tuple[str, ...], *, avoid: str, within: str) -> tuple[str, ...]:
    """Facts first; pieces that the other text also contains say nothing and are left out."""
    there, elsewhere = fold(within), fold(avoid)
    stated = [piece for sentence in changed for piece in _stated(sentence)]
    whole = [
        sentence.rstrip(" .!")
        for sentence in changed
        if not find_facts(sentence) and 2 <= len(sentence.split()) <= _SHORT
    ]
    chosen: dict[str, str] = {}
    for piece in (*stated, *whole):
        key = fold(piece)
        if len(key) >= 2 and key in there and not (elsewhere and key in elsewhere):
            chosen.setdefault(key, piece)
    return tuple(chosen.values())[:PIECES]


def _stated(sentence: str) -> list[str]:
    """Each fact as written, with its currency sign and what it counts; `9:30` and `3-5` are one piece."""
    found = find_facts(sentence)
    goes_on = [sentence[one.end : other.start] in _JOINED for one, other in pairwise(found)]
    pieces = []
    start = 0
    for place, fact in enumerate(found):
        if place and not goes_on[place - 1]:
            start = place
        if place < len(goes_on) and goes_on[place]:
            continue
        begin, end = found[start].start, fact.end
        begin -= begin > 0 and sentence[begin - 1] in "€$£"
        if fact.kind != "address" and (after := _AFTER.match(sentence, end)):
            end = after.end()
        pieces.append(sentence[begin:end])
    return pieces
