"""TF-IDF: texts as sparse vectors of hashed words and character runs, the one space in which texts are compared.

Every feature is a piece of one string of code points. A prefix sum of letter · base^position gives the polynomial
hash of any piece from its two ends, so a block of texts is hashed by a few array operations, linear in its length.
Hashes are the same in every process and fall into 2^20 buckets (the hashing trick: Weinberger et al. 2009,
arXiv:0902.2206). Vectors have at most unit length, so the product of two of them is their cosine, between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

RUNS = (3, 4)
"""Lengths of the character runs, spaces included. Runs forgive spelling and inflection; they matter most with few
examples. On 77 classes of support questions words with these runs were right more often, for the agent and for the
firewall, than word pairs or runs that stay within words."""
BUCKETS = 2**20
_BITS = 20
_BLOCK = 4_096
"""Texts hashed at a time: bounds the memory, not the result."""
_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 2**64)
_SPACE = ord(" ")

Floats = NDArray[np.float32]
Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """Hashed pieces of a block of texts: `hashes[i]` occurs in text `rows[i]`, as often as it is listed."""

    rows: Rows
    hashes: Hashes


def word_pieces(texts: Sequence[str]) -> Pieces:
    """Words and pairs of neighbouring words of normalised texts."""
    text = _Letters.of(texts)
    starts, ends = text.words()
    is_pair = text.row[starts[:-1]] == text.row[starts[1:]]
    return text.hashed([(starts, ends, 1), (starts[:-1][is_pair], ends[1:][is_pair], 2)])


def letter_pieces(texts: Sequence[str]) -> Pieces:
    """Words and character runs of normalised texts: the features of the vectors."""
    text = _Letters.of(texts)
    return text.hashed(text.word_and_run_spans())


def count_features(texts: Sequence[str]) -> csr_array:
    """How often each normalised text has each feature: float32 [texts, BUCKETS], columns ascending in every row."""
    from scipy.sparse import csr_array

    found = letter_pieces(texts)
    column = _bucket(found.hashes)
    counts = csr_array((np.ones(column.size, dtype=np.float32), (found.rows, column)), shape=(len(texts), BUCKETS))
    counts.sum_duplicates()
    return counts


class Term(NamedTuple):
    """One feature as a person can read it."""

    text: str
    is_run: bool
    """A run of characters, spaces at its ends included; else a whole word."""


def spell_features(texts: Sequence[str], *, buckets: Rows) -> dict[int, Term]:
    """What each bucket stands for in some normalised texts: the first that falls into it, words before runs."""
    joined = "".join(f" {text} " for text in texts)
    text = _Letters.of(texts)
    spelled: dict[int, Term] = {}
    for starts, ends, kind in text.word_and_run_spans():
        found = _bucket(text.hashed([(starts, ends, kind)]).hashes)
        first, places = np.unique(found, return_index=True)
        for place, bucket in zip(places[np.isin(first, buckets)], first[np.isin(first, buckets)], strict=True):
            term = Term(joined[starts[place] : ends[place]], is_run=kind != 1)
            spelled.setdefault(int(bucket), term)
    return spelled


def buckets_of(terms: Sequence[Term]) -> Rows:
    """The bucket of each term: int64 [terms]."""
    text = _Letters.of([term.text for term in terms])
    sizes = np.fromiter((len(term.text) for term in terms), dtype=np.int64, count=len(terms))
    starts = np.concatenate(([0], np.cumsum(sizes + 2)[:-1])).astype(np.int64)[: sizes.size] + 1
    is_run = np.fromiter((term.is_run for term in terms), dtype=bool, count=len(terms))
    kinds = np.where(is_run, sizes, 1).astype(np.uint64)
    return _bucket(text.hashed([(starts, starts + sizes, kinds)]).hashes)


@dataclass(frozen=True)
class Vectoriser:
    """Term weights of one collection of texts: (1 + ln tf) · (1 + ln((1 + N) / (1 + df))), then unit length.

    Sublinear tf and smoothed idf: Manning, Raghavan, Schütze, Introduction to Information Retrieval, 6.4.1 and 6.2.2.
    """

    column: NDArray[np.int32]
    """By hash bucket: its column, or −1 when the collection does not have it."""
    weight: Floats
    """Inverse document frequency by column."""
    unseen: float
    """Weight of a feature without a column. It counts in a text's length, as heavy as the rarest feature: a text
    full of strange words is far from everything."""

    @staticmethod
    def fit(texts: Sequence[str], *, max_features: int | None = None) -> Vectoriser:
        """From normalised texts. Beyond `max_features` the rarest features are left out."""
        spread = np.zeros(BUCKETS, dtype=np.int64)
        for _, counts in _blocks(texts):
            spread += np.bincount(counts.indices, minlength=BUCKETS)
        return _fitted(spread, size=len(texts), max_features=max_features)

    def blocks(self, texts: Sequence[str]) -> Iterator[tuple[int, csr_array]]:
        """(first row, float32 [texts, columns]) of normalised texts, block by block."""
        for start, counts in _blocks(texts):
            yield start, self.weigh(counts)

    def embed(self, texts: Sequence[str]) -> csr_array:
        """Vectors of normalised texts, float32 [texts, columns]."""
        return _stacked([block for _, block in self.blocks(texts)], columns=self.weight.size)

    def weigh(self, counts: csr_array) -> csr_array:
        """Vectors of counted texts."""
        from scipy.sparse import csr_array

        column = self.column[counts.indices]
        is_known = column >= 0
        idf = np.where(is_known, self.weight[column], np.float32(self.unseen)) if self.weight.size else self.unseen
        weight = (1 + np.log(counts.data)) * idf
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        length = np.sqrt(np.bincount(rows, weights=weight**2, minlength=counts.shape[0]))
        value = (weight / length[rows]).astype(np.float32)
        kept_before = np.concatenate(([0], np.cumsum(is_known)))
        return csr_array(
            (value[is_known], column[is_known], kept_before[counts.indptr]),
            shape=(counts.shape[0], max(self.weight.size, 1)),
        )


@dataclass(frozen=True)
class FittedVectors:
    """A space and the vectors of the texts it was learned from."""

    vectoriser: Vectoriser
    vectors: csr_array
    """float32 [texts, columns]."""


def learn(texts: Sequence[str], *, max_features: int | None = None) -> FittedVectors:
    """Fit and embed normalised texts, hashing them once."""
    counted = [counts for _, counts in _blocks(texts)]
    spread = np.zeros(BUCKETS, dtype=np.int64)
    for counts in counted:
        spread += np.bincount(counts.indices, minlength=BUCKETS)
    vectoriser = _fitted(spread, size=len(texts), max_features=max_features)
    return FittedVectors(vectoriser, _stacked(list(map(vectoriser.weigh, counted)), columns=vectoriser.weight.size))


def cosines(some: csr_array, others: csr_array) -> Floats:
    """How alike each of some vectors is to each of the others: float32 [some, others]."""
    return np.asarray((some @ others.T).toarray(), dtype=np.float32)


@dataclass(frozen=True)
class _Letters:
    """Texts in one string of code points, each framed by spaces, with prefix hashes."""

    row: Rows
    is_space: NDArray[np.bool_]
    prefix: Hashes
    unshift: Hashes

    @staticmethod
    def of(texts: Sequence[str]) -> _Letters:
        framed = [f" {text} " for text in texts]
        codes = np.frombuffer("".join(framed).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        row = np.repeat(np.arange(len(framed)), np.fromiter(map(len, framed), dtype=np.int64, count=len(framed)))
        powers = np.full(codes.size, _BASE, dtype=np.uint64)
        unshift = np.full(codes.size, _INVERSE, dtype=np.uint64)
        if codes.size:
            powers[0] = unshift[0] = 1
        np.cumprod(powers, out=powers)
        np.cumprod(unshift, out=unshift)
        prefix = np.zeros(codes.size + 1, dtype=np.uint64)
        np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers, out=prefix[1:])
        return _Letters(row, codes == _SPACE, prefix, unshift)

    def words(self) -> tuple[Rows, Rows]:
        """Starts and ends of all words, in order."""
        inside = np.concatenate(([False], ~self.is_space, [False]))
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        return edges[0::2], edges[1::2]

    def word_and_run_spans(self) -> list[tuple[Rows, Rows, int]]:
        """Starts, ends and kind of all words (1), then of all character runs (their length)."""
        starts, ends = self.words()
        spans = [(starts, ends, 1)]
        for length in RUNS:
            begin = np.arange(max(self.row.size - length + 1, 0))
            begin = begin[self.row[begin] == self.row[begin + length - 1]]
            spans.append((begin, begin + length, length))
        return spans

    def hashed(self, spans: Sequence[tuple[Rows, Rows, int | Hashes]]) -> Pieces:
        rows = np.concatenate([self.row[starts] for starts, _, _ in spans])
        found = [
            _mixed((self.prefix[ends] - self.prefix[starts]) * self.unshift[starts] + np.asarray(kind, dtype=np.uint64))
            for starts, ends, kind in spans
        ]
        return Pieces(rows, np.concatenate(found))


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, csr_array]]:
    for start in range(0, len(texts), _BLOCK):
        yield start, count_features(texts[start : start + _BLOCK])


def _fitted(spread: Rows, *, size: int, max_features: int | None) -> Vectoriser:
    known = np.flatnonzero(spread)
    if max_features is not None and known.size > max_features:
        known = np.sort(known[np.argsort(-spread[known], kind="stable")[:max_features]])
    column = np.full(BUCKETS, -1, dtype=np.int32)
    column[known] = np.arange(known.size, dtype=np.int32)
    weight = (1 + np.log((1 + size) / (1 + spread[known]))).astype(np.float32)
    return Vectoriser(column, weight, unseen=1 + float(np.log(1 + size)))


def _stacked(blocks: Sequence[csr_array], *, columns: int) -> csr_array:
    from scipy.sparse import csr_array, vstack

    if not blocks:
        return csr_array(np.zeros((0, max(columns, 1)), dtype=np.float32))
    found: csr_array = blocks[0] if len(blocks) == 1 else vstack(blocks, format="csr")
    return found


def _bucket(hashes: Hashes) -> Rows:
    """The upper bits of each hash."""
    return (hashes >> np.uint64(64 - _BITS)).astype(np.int64)


def _mixed(hashes: Hashes) -> Hashes:
    """Spread over all bits (the finaliser of splitmix64): near-alike pieces must not share a bucket."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = hashes ^ (hashes >> np.uint64(31))
    return mixed
