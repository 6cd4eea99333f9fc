"""Hashed linear classifier: log-odds that a stretch of text gives orders to a machine, from words and character runs.

Features are the words of a stretch, pairs of neighbouring words, and runs of characters inside words, hashed into
BUCKETS (the hashing trick: Weinberger et al. 2009, arXiv:0902.2206). A long text is read in overlapping stretches and
counts as its worst one, so that an order does not drown in an honest page. What a word is worth is kept, which makes
a usual text cost some microseconds.
"""

import re
import unicodedata
from base64 import b85decode
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import sqrt
from typing import NamedTuple
from zlib import crc32, decompress

from loop.text.instructing.weights import BIAS, BITS, PACKED, SCALE

BUCKETS = 1 << BITS
STRETCH = 48
"""Words and marks of a stretch; the next one begins half-way."""
RUNS = (4, 5)
"""Lengths of character runs in a word that is framed by its ends."""
SHORT_RUNS = (1, 2)
"""The same in scripts whose words are not set apart, such as Han, or are short, such as Hangul."""
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[?!.:,;]")
_SAME = str.maketrans({"’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "–": "-", "—": "-"})
_DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_START = "^"


class Stretch(NamedTuple):
    """A stretch of a text and what it is worth."""

    logit: float
    """Log-odds of its being an order to a machine; the classifier's part of the score."""
    tokens: Sequence[str]

    @property
    def words(self) -> str:
        """The neighbouring words in it that count most, as they stand, folded."""
        return _telling(self.tokens)


def tokens_of(text: str) -> list[str]:
    """Words, numbers and marks of a text, folded; a number is `0`."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SAME)
    return ["0" if one.isdigit() else one for one in _TOKEN.findall(folded)]


def stretches(tokens: Sequence[str]) -> list[Sequence[str]]:
    """The overlapping stretches of a text; the whole text when it is short."""
    if len(tokens) <= STRETCH:
        return [tokens]
    return [tokens[start : start + STRETCH] for start in range(0, len(tokens) - STRETCH // 2, STRETCH // 2)]


def buckets_of(tokens: Sequence[str]) -> list[int]:
    """The features of a stretch; one that occurs twice is listed twice."""
    found = [bucket for token in tokens for bucket in word_buckets(token)]
    found += [pair_bucket(first, second) for first, second in pairwise((_START, *tokens))]
    return found


def word_buckets(token: str) -> tuple[int, ...]:
    """The features of one word: itself, and its runs."""
    if not token[0].isalpha():
        return (_bucket("w", token),)
    runs = SHORT_RUNS if _DENSE.search(token) else RUNS
    framed = token if runs is SHORT_RUNS else f"<{token}>"
    pieces = [framed[at : at + n] for n in runs for at in range(len(framed) - n + 1)]
    return (_bucket("w", token), *(_bucket("c", piece) for piece in pieces))


def pair_bucket(first: str, second: str) -> int:
    """The feature of two neighbours."""
    return _bucket("p", f"{first} {second}")


def worst_stretch(text: str) -> Stretch:
    """The stretch of a text with the highest log-odds."""
    tokens = tokens_of(text)
    if not tokens:
        return Stretch(BIAS, ())
    found = [Stretch(_logit(one), one) for one in stretches(tokens)]
    return found[0] if len(found) == 1 else max(found, key=lambda one: one.logit)


def _logit(tokens: Sequence[str]) -> float:
    words = [_word_worth(token) for token in tokens]
    total = sum(worth for worth, _ in words) + sum(map(_pair_worth, (_START, *tokens), tokens))
    return BIAS + total / sqrt(sum(features for _, features in words) + len(tokens))


def _telling(tokens: Sequence[str], *, width: int = 6) -> str:
    """The `width` neighbouring words worth most."""
    worth = [_word_worth(token)[0] + _pair_worth(before, token) for before, token in pairwise((_START, *tokens))]
    starts = range(max(1, len(tokens) - width + 1))
    at = max(starts, key=lambda start: (sum(worth[start : start + width]), -start))
    return " ".join(tokens[at : at + width])


@cache
def _weights() -> tuple[float, ...]:
    """By bucket, unpacked once."""
    packed = decompress(b85decode("".join(PACKED.split())))
    return tuple(SCALE * (byte - 256 if byte > 127 else byte) for byte in packed)


@lru_cache(maxsize=32_768)
def _word_worth(token: str) -> tuple[float, int]:
    found = word_buckets(token)
    return sum(_weights()[bucket] for bucket in found), len(found)


@lru_cache(maxsize=65_536)
def _pair_worth(first: str, second: str) -> float:
    return _weights()[pair_bucket(first, second)]


def _bucket(kind: str, piece: str) -> int:
    return crc32(f"{kind}{piece}".encode("utf-8", "surrogatepass")) & (BUCKETS - 1)
