"""Turn texts into TF-IDF vectors of words and character runs, all in array operations.

A text is reduced to its words (case folded, punctuation dropped). Each word and each run of 3 or 4
characters, spaces included, is a feature, named by a 64-bit hash that is the same in every process.
Vectors have at most unit length, so the product of two of them is their cosine, between 0 and 1.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Keys: TypeAlias = NDArray[np.uint64]

RUNS = (3, 4)
"""Lengths of the character runs. Runs forgive spelling and inflection; they matter most with few examples."""

_WORD = re.compile(r"\w+")
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MIXER = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True)
class Counts:
    """The features of a batch of texts: one entry per distinct feature of each text, ordered by text."""

    rows: Ints
    """Place of the text in the batch."""
    keys: Keys
    """Hash of the feature."""
    counts: Floats
    """How often the text has it."""


@dataclass(frozen=True)
class Space:
    """The features of the texts it was learned from, each with its weight."""

    size: int
    """Texts."""
    keys: Keys
    """Hashes of the features, ascending."""
    weights: Floats
    """Inverse document frequency of each."""
    unseen: float
    """Weight of a feature no text had."""


@dataclass(frozen=True)
class Learned:
    """A space and the vectors of the texts it was learned from."""

    space: Space
    vectors: csr_array
    """float32 [texts, features]; rows have unit length, or none for a text without words."""


def normalise(text: str) -> str:
    """The words of a text, case folded, joined by single spaces. Texts that agree here are the same question."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def count_features(texts: Sequence[str]) -> Counts:
    """Every word and character run of every normalised text, hashed and counted."""
    padded = [f" {text} " for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    rows = np.repeat(np.arange(len(texts)), np.fromiter(map(len, padded), dtype=np.int64, count=len(texts)))
    found = [_words(codes, rows), *(_runs(codes, rows, length) for length in RUNS)]
    return _tally(np.concatenate([rows for rows, _ in found]), np.concatenate([keys for _, keys in found]))


def learn(texts: Sequence[str]) -> Learned:
    """A space from normalised texts, and their vectors.

    A feature weighs (1 + ln tf) · (1 + ln((1 + N) / (1 + df))): sublinear tf, smoothed idf
    (Manning, Raghavan, Schütze: Introduction to Information Retrieval, 6.4.1 and 6.2.2).
    """
    found = count_features(texts)
    keys, spread = np.unique(found.keys, return_counts=True)
    weights = (1 + np.log((1 + len(texts)) / (1 + spread))).astype(np.float32)
    space = Space(size=len(texts), keys=keys, weights=weights, unseen=1 + float(np.log(1 + len(texts))))
    return Learned(space=space, vectors=_weigh(found, space, len(texts)))


def embed(texts: Sequence[str], *, space: Space) -> csr_array:
    """Vectors of normalised texts in a space, float32 [texts, features].

    What the space has never seen still counts in a text's length, as heavy as the rarest feature:
    a text full of strange words is far from everything.
    """
    return _weigh(count_features(texts), space, len(texts))


def _weigh(found: Counts, space: Space, size: int) -> csr_array:
    if not space.keys.size:
        return csr_array(np.zeros((size, 1), dtype=np.float32))
    column = np.minimum(np.searchsorted(space.keys, found.keys), space.keys.size - 1)
    is_known = space.keys[column] == found.keys
    weight = (1 + np.log(found.counts)) * np.where(is_known, space.weights[column], np.float32(space.unseen))
    length = np.sqrt(np.bincount(found.rows, weights=weight**2, minlength=size))
    value = (weight / length[found.rows]).astype(np.float32)
    places = (found.rows[is_known], column[is_known])
    return csr_array((value[is_known], places), shape=(size, space.keys.size))


def _words(codes: Keys, rows: Ints) -> tuple[Ints, Keys]:
    """A word's hash is the sum of its letters times powers of a prime, by place."""
    places = np.flatnonzero(codes != ord(" "))
    if not places.size:
        return rows[:0], codes[:0]
    starts = np.flatnonzero(np.diff(places, prepend=-2) > 1)
    lengths = np.diff(np.append(starts, places.size))
    powers = np.cumprod(np.full(int(lengths.max()), _PRIME))
    depth = np.arange(places.size) - np.repeat(starts, lengths)
    return rows[places[starts]], _mixed(np.add.reduceat(codes[places] * powers[depth], starts))


def _runs(codes: Keys, rows: Ints, length: int) -> tuple[Ints, Keys]:
    last = max(codes.size - length + 1, 0)
    keys = np.full(last, length, dtype=np.uint64)
    for step in range(length):
        keys = keys * _PRIME + codes[step : step + last]
    is_inside = rows[:last] == rows[length - 1 : length - 1 + last]
    return rows[:last][is_inside], _mixed(keys[is_inside])


def _mixed(keys: Keys) -> Keys:
    """Spread every bit over all others (from the finisher of SplitMix64): near-alike texts must not collide."""
    keys = (keys ^ (keys >> np.uint64(30))) * _MIXER
    return keys ^ (keys >> np.uint64(27))


def _tally(rows: Ints, keys: Keys) -> Counts:
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    is_first = np.ones(rows.size, dtype=bool)
    is_first[1:] = (np.diff(rows) > 0) | (keys[1:] != keys[:-1])
    starts = np.flatnonzero(is_first)
    counts = np.diff(np.append(starts, rows.size)).astype(np.float32)
    return Counts(rows=rows[starts], keys=keys[starts], counts=counts)
