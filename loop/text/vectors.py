"""Texts as sparse vectors without a loop over words: every feature is a piece of one byte string.

A prefix sum of byte·base^position gives the polynomial hash of any piece from its two ends, so all words, word
pairs and character n-grams of a block of texts are hashed by a few array operations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 2**64)
_BITS = 20
_BLOCK = 4_096
"""Texts hashed at a time: bounds the memory, not the result."""

Hashes = NDArray[np.uint64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """Hashed features of a block of texts: `hashes[i]` occurs in text `rows[i]`."""

    rows: Rows
    hashes: Hashes


def word_pieces(texts: Sequence[str]) -> Pieces:
    """Words and pairs of neighbouring words of spelled texts; rows count from 0 and are in order."""
    text = _Bytes.of(texts)
    starts, ends = text.words()
    same_row = text.row[starts[:-1]] == text.row[starts[1:]]
    return text.hashed([(starts, ends, 1), (starts[:-1][same_row], ends[1:][same_row], 2)])


def letter_pieces(texts: Sequence[str]) -> Pieces:
    """Words, pairs of neighbouring words, and character 3- to 5-grams within words, edges included."""
    text = _Bytes.of(texts)
    starts, ends = text.words()
    same_row = text.row[starts[:-1]] == text.row[starts[1:]]
    spans = [(starts, ends, 1), (starts[:-1][same_row], ends[1:][same_row], 2)]
    spaces = np.concatenate(([0], np.cumsum(text.is_space)))
    for length in (3, 4, 5):
        begin = np.arange(max(text.size - length + 1, 0))
        inner = spaces[begin + length - 1] - spaces[begin + 1]
        begin = begin[inner == 0]
        spans.append((begin, begin + length, 2 + length))
    return text.hashed(spans)


@dataclass(frozen=True)
class Vectoriser:
    """Term weights of one collection of texts: sublinear counts × inverse document frequency, length 1."""

    column: NDArray[np.int32]
    """By hash bucket: its column, or −1 when the collection does not have it."""
    weight: NDArray[np.float32]
    """Inverse document frequency by column."""

    @staticmethod
    def fit(texts: Sequence[str], *, max_features: int) -> "Vectoriser":
        """From spelled texts; at least one. Beyond `max_features` the rarest features are left out."""
        seen = np.zeros(2**_BITS, dtype=np.int64)
        for _, pieces in _blocks(texts):
            keys = np.sort((pieces.rows << _BITS) | _bucket(pieces.hashes))
            first = np.diff(keys, prepend=-1) != 0
            seen += np.bincount(keys[first] & (2**_BITS - 1), minlength=2**_BITS)
        known = np.flatnonzero(seen)
        if known.size > max_features:
            known = np.sort(known[np.argsort(-seen[known], kind="stable")[:max_features]])
        column = np.full(2**_BITS, -1, dtype=np.int32)
        column[known] = np.arange(known.size, dtype=np.int32)
        weight = np.log((1 + len(texts)) / (1 + seen[known])) + 1.0
        return Vectoriser(column, weight.astype(np.float32))

    def blocks(self, texts: Sequence[str]) -> Iterator[tuple[int, csr_array]]:
        """(first row, texts × columns) block by block; unknown features are left out."""
        for start, pieces in _blocks(texts):
            size = min(_BLOCK, len(texts) - start)
            columns = self.column[_bucket(pieces.hashes)]
            known = columns >= 0
            counts = csr_array(
                (np.ones(int(known.sum()), dtype=np.float32), (pieces.rows[known], columns[known])),
                shape=(size, self.weight.size),
            )
            counts.sum_duplicates()
            weighted = (1.0 + np.log(counts.data)) * self.weight[counts.indices]
            lengths = np.sqrt(np.bincount(np.repeat(np.arange(size), np.diff(counts.indptr)), weighted**2, size))
            counts.data = (weighted / np.repeat(np.maximum(lengths, 1e-9), np.diff(counts.indptr))).astype(np.float32)
            yield start, counts


@dataclass(frozen=True)
class _Bytes:
    """Texts in one byte string, each framed by spaces, with prefix hashes."""

    size: int
    row: Rows
    is_space: NDArray[np.bool_]
    prefix: Hashes
    unshift: Hashes

    @staticmethod
    def of(texts: Sequence[str]) -> "_Bytes":
        framed = [f" {text} ".encode("utf-8", "replace") for text in texts]
        marks = np.frombuffer(b"".join(framed), dtype=np.uint8)
        row = np.repeat(np.arange(len(framed)), [len(piece) for piece in framed])
        powers = np.full(marks.size, _BASE, dtype=np.uint64)
        unshift = np.full(marks.size, _INVERSE, dtype=np.uint64)
        if marks.size:
            powers[0] = unshift[0] = 1
        np.cumprod(powers, out=powers)
        np.cumprod(unshift, out=unshift)
        prefix = np.zeros(marks.size + 1, dtype=np.uint64)
        np.cumsum((marks.astype(np.uint64) + np.uint64(1)) * powers, out=prefix[1:])
        return _Bytes(marks.size, row, marks == 32, prefix, unshift)

    def words(self) -> tuple[Rows, Rows]:
        """Starts and ends of all words, in order."""
        inside = np.concatenate(([False], ~self.is_space, [False]))
        edges = np.flatnonzero(inside[1:] != inside[:-1])
        return edges[0::2], edges[1::2]

    def hashed(self, spans: Sequence[tuple[Rows, Rows, int]]) -> Pieces:
        rows = np.concatenate([self.row[starts] for starts, _, _ in spans])
        kinds = np.concatenate([np.full(starts.size, kind, dtype=np.uint64) for starts, _, kind in spans])
        begin = np.concatenate([starts for starts, _, _ in spans])
        end = np.concatenate([ends for _, ends, _ in spans])
        return Pieces(rows, _mixed((self.prefix[end] - self.prefix[begin]) * self.unshift[begin] + kinds))


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, Pieces]]:
    for start in range(0, len(texts), _BLOCK):
        yield start, letter_pieces(texts[start : start + _BLOCK])


def _mixed(hashes: Hashes) -> Hashes:
    """Spread over all bits (the finaliser of splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = hashes ^ (hashes >> np.uint64(31))
    return mixed


def _bucket(hashes: Hashes) -> Rows:
    return (hashes >> np.uint64(64 - _BITS)).astype(np.int64)
