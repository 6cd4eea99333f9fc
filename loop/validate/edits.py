"""What an edit changed, sentence by sentence, and the few words of it that a right answer must or must not contain."""

import re
from dataclasses import dataclass

from loop.text.spelling import sentences, spelled

_FACT = re.compile(
    r"https?://[^\s)>\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<!\w)[€$£]?\d[\d.,:/-]*\d%?(?:\s+[^\W\d]+){0,2}|(?<!\w)[€$£]?\d%?(?:\s+[^\W\d]+){0,2}"
)
"""A link, an address, or a number with up to two words after it: what survives rewording."""
PIECES = 3
"""Pieces of one sort in a case, at most: every further one makes a right answer fail on wording."""
_SHORT = 12
"""Words up to which a whole sentence is a fair piece."""


@dataclass(frozen=True)
class Edit:
    """The difference between an answer and its rewriting. Sentences as written."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


def compare(answer: str, *, rewritten: str) -> Edit:
    """Sentences only one of the two has; spelling, case and spacing do not count as a change."""
    before = {spelled(sentence): sentence for sentence in sentences(answer)}
    after = {spelled(sentence): sentence for sentence in sentences(rewritten)}
    return Edit(
        added=tuple(sentence for key, sentence in after.items() if key and key not in before),
        removed=tuple(sentence for key, sentence in before.items() if key and key not in after),
    )


def must_include(edit: Edit, *, rewritten: str) -> tuple[str, ...]:
    """Facts of the added sentences, or short sentences without one; each occurs in the rewritten answer."""
    return _pieces(edit.added, avoid="", within=rewritten)


def must_exclude(edit: Edit, *, answer: str, rewritten: str) -> tuple[str, ...]:
    """What is wrong in the answer; none of it occurs in the rewritten answer.

    Facts of the removed sentences. Short sentences without a fact only where taking sentences out is all
    the edit did: whoever rewrites an answer often leaves out a greeting or a sign-off without calling it wrong.
    """
    taken_out = edit.removed if not edit.added else tuple(one for one in edit.removed if _FACT.search(one))
    return _pieces(taken_out, avoid=rewritten, within=answer)


def _pieces(changed: tuple[str, ...], *, avoid: str, within: str) -> tuple[str, ...]:
    """Facts first; pieces that the other text also contains say nothing and are left out."""
    there, elsewhere = _plain(within), _plain(avoid)
    facts = [match.group().rstrip(".,:/-") for sentence in changed for match in _FACT.finditer(sentence)]
    whole = [
        sentence.rstrip(" .!")
        for sentence in changed
        if not _FACT.search(sentence) and 2 <= len(sentence.split()) <= _SHORT
    ]
    chosen: dict[str, str] = {}
    for piece in (*facts, *whole):
        key = _plain(piece)
        if len(key) >= 2 and key in there and not (elsewhere and key in elsewhere):
            chosen.setdefault(key, piece)
    return tuple(chosen.values())[:PIECES]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
