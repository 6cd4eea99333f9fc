"""Edit mining: a draft against what was sent, split into fact, number, policy, missing step, tone and personal style.

By sentence: one that became another is one part, what was put in or taken out is one each. What a sentence is about is
seen by its facts first, then by words of policy, of doing and of manner (`loop.text.manner_words`).
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

from loop.records.anatomy import EditPart, PartKind
from loop.text.manner_words import COURTESIES, EXCEPTIONS, GREETINGS, POLICIES, SIGN_OFFS, SOFTENERS, STEPS
from loop.text.sentences import Fact, compare, find_facts, sentences
from loop.text.spelling import normalise

PARTS = 12
"""Parts of one edit, at most: past it, it is another answer."""
COMPARED = 40
"""Sentences of each side that are paired, at most: pairing is quadratic."""
SHOWN = 300
"""Characters of a sentence that are kept."""
_ALIKE = 0.5
"""Share of words in common from which a sentence is another one's rewriting."""
_SIGNATURE = 6
"""Words of a signature or a greeting without anything else, at most."""
_COURTESY = 12
"""Words of a courtesy, at most: a longer sentence says something besides."""
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")


def split_edit(draft: str, *, sent: str) -> tuple[EditPart, ...]:
    """What the edit changed, in the order of what was sent; empty when nothing but case, spacing or punctuation."""
    edit = compare(draft, rewritten=sent)
    gone, came = list(edit.removed[:COMPARED]), list(edit.added[:COMPARED])
    is_new_answer = not edit.kept
    parts: list[EditPart] = []
    sent_last, draft_last = sentences(sent)[-1:], sentences(draft)[-1:]
    for sentence in came:
        was = _closest(sentence, gone)
        if was:
            gone.remove(was)
            is_new_answer = False
        parts.append(_part(was, sentence, is_last=(sentence,) == sent_last))
    if not is_new_answer or not came:
        parts += [_part(sentence, "", is_last=(sentence,) == draft_last) for sentence in gone]
    return tuple(parts[:PARTS])


def is_manner(sentence: str) -> bool:
    """Whether a sentence is a greeting, a signature, a courtesy or decoration, and says nothing about what is so."""
    return _manner(sentence, is_last=False) is not None


def granted_exception(text: str, *, draft: str = "") -> str:
    """The words by which a text grants an exception, as in the list; empty when it grants none, or the draft did."""
    words, before = f" {normalise(text)} ", f" {normalise(draft)} "
    return next((one for one in _phrases(EXCEPTIONS) if f" {one} " in words and f" {one} " not in before), "")


# steps -------------------------------------------------------------------------------------------------------------
def _closest(sentence: str, others: Sequence[str]) -> str:
    """The sentence it is a rewriting of; empty when none is alike."""
    words = normalise(sentence).split()
    best, found = _ALIKE, ""
    for other in others:
        likeness = SequenceMatcher(a=words, b=normalise(other).split(), autojunk=False).ratio()
        if likeness >= best and (likeness > best or not found):
            best, found = likeness, other
    return found


def _part(was: str, now: str, *, is_last: bool) -> EditPart:
    return EditPart(kind=_kind(was, now, is_last=is_last), was=was[:SHOWN], now=now[:SHOWN])


def _kind(was: str, now: str, *, is_last: bool) -> PartKind:
    old, new = find_facts(was), find_facts(now)
    if _values(old, "number") != _values(new, "number"):
        return "number" if _is_rest_same(old, new, "number") else "fact"
    if _values(old) != _values(new):
        return "fact"
    changed = " ".join(_other_words(was, now))
    if _holds(changed, POLICIES):
        return "policy"
    if was and now:
        return "tone" if _are_manners(changed) else "fact"
    sentence = was or now
    manner = _manner(sentence, is_last=is_last)
    if manner is not None:
        return manner
    return "missing step" if now and (_ITEM.match(now) or _holds(normalise(now), STEPS)) else "fact"


def _is_rest_same(old: Sequence[Fact], new: Sequence[Fact], kind: str) -> bool:
    """Whether numbers are all that differs; a date or link that changed as well makes it a fact."""
    return {one.value for one in old if one.kind != kind} == {one.value for one in new if one.kind != kind}


def _values(some: Sequence[Fact], kind: str = "") -> frozenset[str]:
    return frozenset(one.value for one in some if not kind or one.kind == kind)


def _other_words(was: str, now: str) -> list[str]:
    """Words that only one of the two has."""
    old, new = normalise(was).split(), normalise(now).split()
    found: list[str] = []
    for move, start, end, new_start, new_end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if move != "equal":
            found += [*old[start:end], *new[new_start:new_end]]
    return found


def _manner(sentence: str, *, is_last: bool) -> PartKind | None:
    words = normalise(sentence)
    count = len(words.split())
    if find_facts(sentence) or _holds(words, POLICIES):
        return None
    if _begins(words, SIGN_OFFS) and count <= _SIGNATURE:
        return "personal style"
    if _begins(words, GREETINGS) and count <= _SIGNATURE:
        return "personal style" if count > 1 and sentence[-1:] in ",!" else "tone"
    if is_last and count <= 3 and all(word[:1].isupper() for word in sentence.split()):
        return "personal style"  # a name below the answer
    if count <= _COURTESY and _holds(words, COURTESIES) and not _holds(words, STEPS):
        return "tone"
    return None


def _are_manners(words: str) -> bool:
    """Whether words that changed are courtesies, or too short to say anything."""
    rest = _pattern((*COURTESIES, *SOFTENERS, *GREETINGS)).sub(" ", words)
    return all(len(word) <= 3 and not word.isdigit() for word in rest.split())


def _holds(words: str, phrases: Sequence[str]) -> bool:
    return bool(_pattern(tuple(phrases)).search(words))


def _begins(words: str, phrases: Sequence[str]) -> bool:
    return bool(_pattern(tuple(phrases)).match(words))


@cache
def _phrases(phrases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(normalise(one) + ("*" if one.endswith("*") else "") for one in phrases)


@cache
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    some = (re.escape(one.rstrip("*")) + (r"\S*" if one.endswith("*") else "") for one in _phrases(phrases))
    return re.compile(rf"(?<!\S)(?:{'|'.join(some)})(?!\S)")
