"""Containment: which questions stand in some texts, word for word or nearly, wherever in a long text that is.

A question stands in a text when some stretch of the text, hardly longer than the question, holds most of what the
question says, in any order: its distinct words by weight (inverse document frequency among the questions). A question
of a few words is only found where it stands alone, between punctuation: its words are in every text about its subject.
Texts that are near-duplicates of a question by `loop.text.near` count too. Exact search by prefix filtering (Chaudhuri,
Ganti, Kaushik 2006): a stretch that holds enough weight holds one of the words that are rarest in the texts.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from loop.text.near import bucket_keys, near_pairs
from loop.text.spelling import COMPARED_CHARACTERS, normalise

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ENOUGH = 0.8
"""Share of a question's weight that a stretch must hold. Of 500 real support questions it finds all in another order,
.95 with a word left out, .90 with a word replaced; of 3,000 it takes .017 for one of 120 others, .065 of 600."""
STRETCH = 1.5
"""Words of a stretch for each word of the question: what may be put between its words."""
FEW_WORDS = 3
"""Words up to which a question must stand alone."""
_BREAK = re.compile(r"[\n\r]+|(?<=[.!?;:…。！？])\s*")
_ANY_BREAK = re.compile(r"[^\w\s'’%-]+|[\n\r]+")
_SEED = 0
"""Of the buckets of near-duplicates: the same texts are alike in every turn."""
_NOWHERE: Ints = np.empty(0, dtype=np.int64)


def stand_in(questions: Sequence[str], texts: Iterable[str]) -> list[bool]:
    """Whether each question stands in one of the texts. Linear in the texts; nothing without a word stands anywhere."""
    every = list(dict.fromkeys(text for text in texts if text.strip()))
    if not every or not questions:
        return [False] * len(questions)
    spelled = [normalise(question[:COMPARED_CHARACTERS]) for question in questions]
    distinct = list(dict.fromkeys(one for one in spelled if one))
    found = _alone(distinct, every)
    rest = [one for one in distinct if one not in found]
    found |= _near(rest, every)
    rest = [one for one in rest if one not in found and len(one.split()) > FEW_WORDS]
    found |= _within(rest, every, among=spelled)
    return [one in found for one in spelled]


def stand_alone(questions: Sequence[str], texts: Iterable[str]) -> list[bool]:
    """Whether each question is, word for word, a text or a sentence of one: the strict half of `stand_in`."""
    spelled = [normalise(question[:COMPARED_CHARACTERS]) for question in questions]
    found = _alone([one for one in dict.fromkeys(spelled) if one], list(dict.fromkeys(texts)))
    return [one in found for one in spelled]


def _alone(questions: Sequence[str], texts: Sequence[str]) -> set[str]:
    """Questions that are all of a text, of a sentence, or of what stands between two signs; word order aside."""
    pieces = {_sorted(normalise(piece)) for text in texts for piece in (text, *_BREAK.split(text))}
    short = {_sorted(normalise(piece)) for text in texts for piece in _ANY_BREAK.split(text) if len(piece) < 80}
    pieces |= short
    return {one for one in questions if _sorted(one) in pieces}


def _sorted(spelled: str) -> str:
    return " ".join(sorted(spelled.split()))


def _near(questions: Sequence[str], texts: Sequence[str]) -> set[str]:
    """Questions that are near-duplicates of a line or a sentence of the texts."""
    pieces = dict.fromkeys(normalise(piece[:COMPARED_CHARACTERS]) for text in texts for piece in _BREAK.split(text))
    pieces.pop("", None)
    every = [*questions, *pieces]
    keys = bucket_keys(every, seed=_SEED)
    ours = len(questions)
    asked: defaultdict[int, list[int]] = defaultdict(list)
    for row in range(ours):
        for bucket in keys[row].tolist():
            asked[bucket].append(row)
    shared = np.isin(keys[ours:], np.fromiter(asked, dtype=np.int64, count=len(asked)))
    pairs = {
        (question, ours + int(row))
        for row, band in zip(*np.nonzero(shared), strict=True)
        for question in asked[int(keys[ours + row, band])]
    }
    near = near_pairs(sorted(pairs), texts=dict(enumerate(every)))
    return {questions[question] for question, _ in near}


def _within(questions: Sequence[str], texts: Sequence[str], *, among: Sequence[str]) -> set[str]:
    """Questions whose weight stands close together somewhere in the texts."""
    if not questions:
        return set()
    spread = Counter(word for one in among for word in set(one.split()))
    weights = {word: 1 + log((1 + len(among)) / (1 + n)) for word, n in spread.items()}
    longest = max(len(one.split()) for one in questions)
    places = _Places.of(texts, words=weights, gap=_stretch(longest) + 1)
    return {one for one in questions if _holds(one, places, weights)}


@dataclass(frozen=True)
class _Places:
    """Where each word stands in the texts, as places in one long row of words with gaps between the texts."""

    by_word: dict[str, Ints]
    """Ascending."""

    @staticmethod
    def of(texts: Sequence[str], *, words: Iterable[str], gap: int) -> "_Places":
        number = {word: place for place, word in enumerate(words)}
        found: list[int] = []
        where: list[int] = []
        start = 0
        for text in texts:
            spelled = normalise(text).split()
            for place, word in enumerate(spelled, start):
                if word in number:
                    found.append(number[word])
                    where.append(place)
            start += len(spelled) + gap
        ids, places = np.array(found, dtype=np.int64), np.array(where, dtype=np.int64)
        order = np.argsort(ids, kind="stable")
        ids, places = ids[order], places[order]
        ends = np.searchsorted(ids, np.arange(len(number) + 1))
        by_word = {word: places[ends[n] : ends[n + 1]] for word, n in number.items() if ends[n] < ends[n + 1]}
        return _Places(by_word)


def _stretch(n: int) -> int:
    return ceil(STRETCH * n)


def _holds(question: str, places: _Places, weights: dict[str, float]) -> bool:
    """Whether some stretch holds ENOUGH of the question's weight."""
    words = sorted(set(question.split()), key=lambda word: (places.by_word.get(word, _NOWHERE).size, word))
    needed = ENOUGH * sum(weights[word] for word in words) - 1e-9
    spare = sum(weights[word] for word in words) - needed
    rare: list[Ints] = []
    for word in words:  # a stretch that lacks all of these lacks too much
        rare.append(places.by_word.get(word, _NOWHERE))
        spare -= weights[word]
        if spare < 0:
            break
    around = np.unique(np.concatenate(rare))
    width = _stretch(len(question.split()))
    weight, left = np.zeros(around.size), sum(weights[word] for word in words)
    for word in sorted(words, key=lambda word: -weights[word]):
        weight += weights[word] * _is_close(around, places.by_word.get(word, _NOWHERE), within=width - 1)
        left -= weights[word]
        may = weight + left >= needed
        around, weight = around[may], weight[may]
        if not around.size:
            return False
    return any(_is_tight(int(place), words, places, weights, width=width, needed=needed) for place in around)


def _is_close(around: Ints, places: Ints, *, within: int) -> Bools:
    """Whether a place of the word lies at most `within` words before or after each of some places."""
    if not places.size:
        return np.zeros(around.size, dtype=bool)
    after = np.searchsorted(places, around - within)
    close: Bools = places[np.minimum(after, places.size - 1)] <= around + within
    return close & (after < places.size)


def _is_tight(
    place: int, words: Sequence[str], places: _Places, weights: dict[str, float], *, width: int, needed: float
) -> bool:
    """Whether one stretch of `width` words around the place holds enough."""
    near: list[tuple[int, str]] = []
    for word in words:
        where = places.by_word.get(word, _NOWHERE)
        low, high = np.searchsorted(where, [place - width + 1, place + width])
        near += [(int(one), word) for one in where[low:high]]
    near.sort()
    return any(
        sum(weights[word] for word in {word for at, word in near[first:] if at < start + width}) >= needed
        for first, (start, _) in enumerate(near)
        if start <= place
    )
